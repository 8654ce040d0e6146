//! The account of the caller: profile, password, sessions and export.

use super::SharedState;
use super::responses::{ErrorResponse, no_content, private_json};
use crate::accounts::updated_account;
use crate::login_rate_limiter::RateLimitKey;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use chassis::auth::Principal;
use chassis::http::{Json, Path};
use chassis::problem::{self, Problem};
use contracts::user::{Account, AccountExport, DeviceSession, DeviceSessions, PasswordChange, ProfileChange};
use uuid::Uuid;

/// Get the profile of the caller
#[utoipa::path(get, path = "/api/v1/me", tag = "user", operation_id = "get_profile",
    responses((status = 200, body = Account), (status = 401, body = Problem)))]
pub async fn get_profile(State(state): SharedState, caller: Principal) -> Result<Response, Problem> {
    Ok(private_json(StatusCode::OK, state.active_account(&caller).await?))
}

/// Update the profile of the caller
#[utoipa::path(patch, path = "/api/v1/me", tag = "user", operation_id = "update_profile",
    request_body(content = ProfileChange, example = json!({"name": "Ada Lovelace", "version": 1})),
    responses((status = 200, body = Account), (status = 401, body = Problem),
        (status = 409, body = Problem, description = "stale-version"), (status = 422, body = Problem)))]
pub async fn update_profile(
    State(state): SharedState,
    caller: Principal,
    Json(request): Json<ProfileChange>,
) -> Result<Response, Problem> {
    let account = state.active_account(&caller).await?;
    let update = state.store.rename(account.id, request.name.as_str(), request.version).await?;
    Ok(private_json(StatusCode::OK, updated_account(update)?))
}

/// Change the password and end all other sessions
#[utoipa::path(post, path = "/api/v1/me/password", tag = "user", operation_id = "change_password",
    request_body(content = PasswordChange,
        example = json!({"current": "seven lazy tortoises", "new": "eight busy beavers"})),
    responses((status = 204), (status = 401, body = Problem),
        (status = 422, body = Problem, description = "The current password is wrong, or the new one too weak."),
        (status = 429, body = Problem, description = "Too many failed attempts; see Retry-After.")))]
pub async fn change_password(
    State(state): SharedState,
    caller: Principal,
    Json(request): Json<PasswordChange>,
) -> Result<Response, ErrorResponse> {
    let account = state.active_account(&caller).await?;
    // The same limit as for logins: a stolen access token must not help to guess the password.
    let key = RateLimitKey::email(&account.email.normalised());
    state.check_rate_limit(&[key]).await?;
    let Some(verified) = state.accounts.authenticate(account.email.as_str(), request.current.expose()).await? else {
        state.login_rate_limiter.record_failure(&[key], state.system.now()).await;
        return Err(Problem::invalid("/current", "is not your current password").into());
    };
    state.login_rate_limiter.reset(key).await;
    let new = request.new.expose();
    // The session that changes the password stays, all others may belong to an attacker.
    state.accounts.replace_password(&verified.account, &verified.password, new, caller.session).await?;
    Ok(no_content())
}

/// List the active sessions of the caller
#[utoipa::path(get, path = "/api/v1/me/sessions", tag = "user", operation_id = "list_sessions",
    responses((status = 200, body = DeviceSessions), (status = 401, body = Problem)))]
pub async fn list_sessions(State(state): SharedState, caller: Principal) -> Result<Response, Problem> {
    let account = state.active_account(&caller).await?;
    let sessions = state.store.sessions(account.id, state.system.now()).await?;
    Ok(private_json(StatusCode::OK, DeviceSessions { items: mark_current(&caller, sessions) }))
}

/// End a session of the caller
#[utoipa::path(delete, path = "/api/v1/me/sessions/{id}", tag = "user", operation_id = "end_session",
    params(("id" = Uuid, Path, description = "The id of the session.")),
    responses((status = 204), (status = 401, body = Problem), (status = 404, body = Problem)))]
pub async fn end_session(
    State(state): SharedState,
    caller: Principal,
    Path(id): Path<Uuid>,
) -> Result<Response, Problem> {
    let account = state.active_account(&caller).await?;
    if !state.store.end_session(id, Some(account.id)).await? {
        return Err(problem::NOT_FOUND.detail("Session not found."));
    }
    Ok(no_content())
}

/// Export all personal data of the caller that this service stores
#[utoipa::path(get, path = "/api/v1/me/export", tag = "user", operation_id = "export_account",
    responses((status = 200, body = AccountExport), (status = 401, body = Problem)))]
pub async fn export_account(State(state): SharedState, caller: Principal) -> Result<Response, Problem> {
    let account = state.active_account(&caller).await?;
    let addresses = state.store.addresses(account.id).await?;
    let sessions = state.store.sessions(account.id, state.system.now()).await?;
    let body = AccountExport { account, addresses, sessions: mark_current(&caller, sessions) };
    let mut response = private_json(StatusCode::OK, body);
    // Browsers save the export as a file instead of showing it.
    let attachment = HeaderValue::from_static("attachment; filename=\"account.json\"");
    response.headers_mut().insert(header::CONTENT_DISPOSITION, attachment);
    Ok(response)
}

fn mark_current(caller: &Principal, sessions: Vec<DeviceSession>) -> Vec<DeviceSession> {
    let marked = |session: DeviceSession| DeviceSession { current: caller.session == Some(session.id), ..session };
    sessions.into_iter().map(marked).collect()
}
