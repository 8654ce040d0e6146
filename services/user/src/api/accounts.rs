//! Other people's accounts, for admins.

use super::Desk;
use super::answers::private;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use chassis::auth::Principal;
use chassis::http::{Json, Path, Query};
use chassis::page::Page;
use chassis::problem::Problem;
use contracts::AccountId;
use contracts::user::{Account, RolesChange};
use serde::Deserialize;
use uuid::Uuid;

/// Which accounts to list.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AccountsQuery {
    /// What the address begins with, in whatever case.
    q: Option<String>,
    /// Where the page before ended.
    cursor: Option<String>,
    /// How many, at most 200.
    limit: Option<u32>,
}

/// Accounts by address.
#[utoipa::path(get, path = "/api/v1/accounts", tag = "user", operation_id = "list_accounts", params(AccountsQuery),
    responses((status = 200, body = Page<Account>), (status = 403, body = Problem), (status = 422, body = Problem)))]
pub async fn list(
    State(office): Desk,
    caller: Principal,
    Query(query): Query<AccountsQuery>,
) -> Result<Response, Problem> {
    office.admin(&caller).await?;
    let q = query.q.as_deref().unwrap_or_default();
    let page = office.accounts.list(q, query.cursor.as_deref(), query.limit).await?;
    Ok(private(StatusCode::OK, page))
}

/// Sets all roles of an account.
#[utoipa::path(put, path = "/api/v1/accounts/{id}/roles", tag = "user", operation_id = "change_roles",
    params(("id" = Uuid, Path, description = "The account")), request_body = RolesChange,
    responses((status = 200, body = Account), (status = 404, body = Problem), (status = 422, body = Problem),
        (status = 409, body = Problem, description = "last-admin, stale-version")))]
pub async fn change_roles(
    State(office): Desk,
    caller: Principal,
    Path(id): Path<Uuid>,
    Json(request): Json<RolesChange>,
) -> Result<Response, Problem> {
    let admin = office.admin(&caller).await?;
    let account = office.accounts.change_roles(AccountId(id), &request.roles, request.version).await?;
    tracing::info!(by = %admin.id, account = %account.id, roles = ?account.roles, "roles changed");
    Ok(private(StatusCode::OK, account))
}
