//! The API keys of programs.

use super::SharedState;
use super::responses::{no_content, private_json};
use crate::sessions::ACCESS_SECONDS;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use chassis::auth::Principal;
use chassis::http::{Json, Path};
use chassis::problem::Problem;
use contracts::user::{ApiKeyExchange, ApiKeySession, ApiKeys, CreatedApiKey, NewApiKey};
use uuid::Uuid;

/// List the API keys
#[utoipa::path(get, path = "/api/v1/api-keys", tag = "user", operation_id = "list_api_keys",
    responses((status = 200, body = ApiKeys), (status = 401, body = Problem), (status = 403, body = Problem)))]
pub async fn list_api_keys(State(state): SharedState, caller: Principal) -> Result<Response, Problem> {
    state.active_admin(&caller).await?;
    Ok(private_json(StatusCode::OK, ApiKeys { items: state.store.api_keys().await? }))
}

/// Create an API key
///
/// The response contains the secret of the key, which cannot be read again.
#[utoipa::path(post, path = "/api/v1/api-keys", tag = "user", operation_id = "create_api_key",
    request_body = NewApiKey,
    responses((status = 201, body = CreatedApiKey), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 409, body = Problem, description = "too-many-api-keys"), (status = 422, body = Problem)))]
pub async fn create_api_key(
    State(state): SharedState,
    caller: Principal,
    Json(request): Json<NewApiKey>,
) -> Result<Response, Problem> {
    let admin = state.active_admin(&caller).await?;
    let created = state.api_keys.create(&request, &admin).await?;
    tracing::info!(staff = %admin.id, api_key = %created.key.id, "API key created");
    Ok(private_json(StatusCode::CREATED, created))
}

/// Revoke an API key
///
/// Access tokens that were exchanged for the key remain valid until they expire, at most ten minutes.
#[utoipa::path(delete, path = "/api/v1/api-keys/{id}", tag = "user", operation_id = "revoke_api_key",
    params(("id" = Uuid, Path, description = "The id of the API key.")),
    responses((status = 204), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem)))]
pub async fn revoke_api_key(
    State(state): SharedState,
    caller: Principal,
    Path(id): Path<Uuid>,
) -> Result<Response, Problem> {
    let admin = state.active_admin(&caller).await?;
    state.api_keys.revoke(id).await?;
    tracing::info!(staff = %admin.id, api_key = %id, "API key revoked");
    Ok(no_content())
}

/// Exchange an API key for an access token
///
/// The token is valid for ten minutes, and every service accepts it.
#[utoipa::path(post, path = "/api/v1/auth/api-key", tag = "user", operation_id = "exchange_api_key",
    request_body = ApiKeyExchange,
    responses((status = 200, body = ApiKeySession),
        (status = 401, body = Problem, description = "The key is unknown or was revoked."),
        (status = 422, body = Problem)))]
pub async fn exchange_api_key(
    State(state): SharedState,
    Json(request): Json<ApiKeyExchange>,
) -> Result<Response, Problem> {
    let access_token = state.api_keys.exchange(request.secret.expose()).await?;
    Ok(private_json(StatusCode::OK, ApiKeySession { access_token, expires_in: ACCESS_SECONDS }))
}
