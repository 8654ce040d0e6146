//! The management of accounts by admins.

use super::SharedState;
use super::responses::private_json;
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

/// The filter and the page of a list of accounts.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AccountsQuery {
    /// The beginning of the email, in any case.
    q: Option<String>,
    /// The `next_cursor` of the previous page.
    cursor: Option<String>,
    /// The maximum number of accounts, 1 to 200; 50 by default.
    limit: Option<u32>,
}

/// List accounts by email
#[utoipa::path(get, path = "/api/v1/accounts", tag = "user", operation_id = "list_accounts", params(AccountsQuery),
    responses((status = 200, body = Page<Account>), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 422, body = Problem)))]
pub async fn list_accounts(
    State(state): SharedState,
    caller: Principal,
    Query(query): Query<AccountsQuery>,
) -> Result<Response, Problem> {
    state.active_admin(&caller).await?;
    let q = query.q.as_deref().unwrap_or_default();
    let page = state.accounts.list(q, query.cursor.as_deref(), query.limit).await?;
    Ok(private_json(StatusCode::OK, page))
}

/// Get an account
#[utoipa::path(get, path = "/api/v1/accounts/{id}", tag = "user", operation_id = "get_account",
    params(("id" = Uuid, Path, description = "The id of the account.")),
    responses((status = 200, body = Account), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem)))]
pub async fn get_account(
    State(state): SharedState,
    caller: Principal,
    Path(id): Path<Uuid>,
) -> Result<Response, Problem> {
    state.active_admin(&caller).await?;
    let account = state.accounts.get(AccountId(id)).await?;
    Ok(private_json(StatusCode::OK, account))
}

/// Set the roles of an account
#[utoipa::path(put, path = "/api/v1/accounts/{id}/roles", tag = "user", operation_id = "set_account_roles",
    params(("id" = Uuid, Path, description = "The id of the account.")),
    request_body(content = RolesChange, example = json!({"roles": ["customer", "support"], "version": 1})),
    responses((status = 200, body = Account), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem, description = "last-admin, stale-version"),
        (status = 422, body = Problem)))]
pub async fn set_account_roles(
    State(state): SharedState,
    caller: Principal,
    Path(id): Path<Uuid>,
    Json(request): Json<RolesChange>,
) -> Result<Response, Problem> {
    let admin = state.active_admin(&caller).await?;
    let account = state.accounts.change_roles(AccountId(id), &request.roles, request.version).await?;
    tracing::info!(staff = %admin.id, account = %account.id, roles = ?account.roles, "roles changed");
    Ok(private_json(StatusCode::OK, account))
}
