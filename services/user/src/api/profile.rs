//! The caller's own account.

use super::Desk;
use super::answers::{Refusal, nothing, private};
use crate::accounts::settled;
use crate::throttle::Key;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use chassis::auth::Principal;
use chassis::http::{Json, Path};
use chassis::problem::{self, Problem};
use contracts::user::{Account, AccountExport, DeviceSession, DeviceSessions, PasswordChange, ProfileChange};
use uuid::Uuid;

/// Who is logged in.
#[utoipa::path(get, path = "/api/v1/me", tag = "user", operation_id = "read_profile",
    responses((status = 200, body = Account), (status = 401, body = Problem)))]
pub async fn read(State(office): Desk, caller: Principal) -> Result<Response, Problem> {
    Ok(private(StatusCode::OK, office.owner(&caller).await?))
}

/// Changes the profile.
#[utoipa::path(patch, path = "/api/v1/me", tag = "user", operation_id = "change_profile",
    request_body = ProfileChange,
    responses((status = 200, body = Account), (status = 409, body = Problem, description = "stale-version")))]
pub async fn change(
    State(office): Desk,
    caller: Principal,
    Json(request): Json<ProfileChange>,
) -> Result<Response, Problem> {
    let owner = office.owner(&caller).await?;
    let change = office.store.rename(owner.id, request.name.as_str(), request.version).await?;
    Ok(private(StatusCode::OK, settled(change)?))
}

/// Changes the password. All other sessions end.
#[utoipa::path(post, path = "/api/v1/me/password", tag = "user", operation_id = "change_password",
    request_body = PasswordChange,
    responses((status = 204), (status = 422, body = Problem, description = "A wrong or a weak password"),
        (status = 429, body = Problem)))]
pub async fn change_password(
    State(office): Desk,
    caller: Principal,
    Json(request): Json<PasswordChange>,
) -> Result<Response, Refusal> {
    let owner = office.owner(&caller).await?;
    let key = Key::address(&owner.email.normalised());
    office.may_try(&[key]).await?;
    let Some(known) = office.accounts.authenticate(owner.email.as_str(), request.current.expose()).await? else {
        office.throttle.failed(&[key], office.system.now()).await;
        return Err(Problem::invalid("/current", "is not your password").into());
    };
    office.throttle.succeeded(key).await;
    let new = request.new.expose();
    office.accounts.replace_password(&known.account, &known.password, new, caller.session).await?;
    Ok(nothing())
}

/// Where the account is logged in.
#[utoipa::path(get, path = "/api/v1/me/sessions", tag = "user", operation_id = "list_sessions",
    responses((status = 200, body = DeviceSessions)))]
pub async fn sessions(State(office): Desk, caller: Principal) -> Result<Response, Problem> {
    let owner = office.owner(&caller).await?;
    let found = office.store.sessions(owner.id, office.system.now()).await?;
    Ok(private(StatusCode::OK, DeviceSessions { items: seen_from(&caller, found) }))
}

/// Ends a session.
#[utoipa::path(delete, path = "/api/v1/me/sessions/{id}", tag = "user", operation_id = "end_session",
    params(("id" = Uuid, Path, description = "The session")),
    responses((status = 204), (status = 404, body = Problem)))]
pub async fn end_session(State(office): Desk, caller: Principal, Path(id): Path<Uuid>) -> Result<Response, Problem> {
    let owner = office.owner(&caller).await?;
    if !office.store.end_session(id, Some(owner.id)).await? {
        return Err(problem::NOT_FOUND.detail("You have no such session."));
    }
    Ok(nothing())
}

/// Everything that user holds about the account.
#[utoipa::path(get, path = "/api/v1/me/export", tag = "user", operation_id = "export_account",
    responses((status = 200, body = AccountExport)))]
pub async fn export(State(office): Desk, caller: Principal) -> Result<Response, Problem> {
    let account = office.owner(&caller).await?;
    let addresses = office.store.addresses(account.id).await?;
    let found = office.store.sessions(account.id, office.system.now()).await?;
    let body = AccountExport { account, addresses, sessions: seen_from(&caller, found) };
    let mut response = private(StatusCode::OK, body);
    let attachment = HeaderValue::from_static("attachment; filename=\"account.json\"");
    response.headers_mut().insert(header::CONTENT_DISPOSITION, attachment);
    Ok(response)
}

fn seen_from(caller: &Principal, sessions: Vec<DeviceSession>) -> Vec<DeviceSession> {
    let marked = |session: DeviceSession| DeviceSession { current: caller.session == Some(session.id), ..session };
    sessions.into_iter().map(marked).collect()
}
