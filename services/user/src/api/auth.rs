//! Authentication: guest sessions, registration, login, refresh and logout.

use super::client::Client;
use super::responses::{ErrorResponse, no_content, private_json, with_cookies};
use super::{ApiState, SharedState};
use crate::login_rate_limiter::RateLimitKey;
use crate::refresh_token::NewSession;
use crate::sessions::{ACCESS_SECONDS, GUEST_SECONDS, TokenSet};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chassis::auth::{ACCESS_COOKIE, GUEST_COOKIE, JwkSet, OptionalPrincipal, Role, Subject, TokenKind, cookie};
use chassis::http::Json;
use chassis::problem::{self, Problem};
use contracts::user::{
    FirstAdmin, GuestSession, INVALID_CREDENTIALS, Login, Registration, Session, SessionDelivery, SessionRequest,
};
use contracts::{AccountId, Secret};
use uuid::Uuid;

/// Get the public keys that verify session tokens
#[utoipa::path(get, path = "/.well-known/jwks.json", tag = "user", operation_id = "get_signing_keys",
    responses((status = 200, body = JwkSet)))]
pub async fn get_signing_keys(State(state): SharedState) -> Response {
    // Short enough that services learn of a new key soon, long enough to spare this one.
    ([(header::CACHE_CONTROL, "public, max-age=300")], Json(&state.keys)).into_response()
}

/// Start or renew a guest session
///
/// A caller who already is a guest keeps the same id. Guest sessions are not stored.
#[utoipa::path(post, path = "/api/v1/auth/guest", tag = "user", operation_id = "start_guest_session",
    request_body(content = SessionRequest, example = json!({"session": "token"})),
    responses((status = 201, body = GuestSession),
        (status = 200, body = GuestSession, description = "The session of the same guest was renewed."),
        (status = 422, body = Problem)))]
pub async fn start_guest_session(
    State(state): SharedState,
    headers: HeaderMap,
    caller: OptionalPrincipal,
    Json(request): Json<SessionRequest>,
) -> Result<Response, Problem> {
    let known = state.known_guest(&headers, &caller).await;
    let status = if known.is_some() { StatusCode::OK } else { StatusCode::CREATED };
    let id = known.unwrap_or_else(|| state.system.id());
    let token = state.sessions.guest_token(id)?;
    let mut cookies = Vec::new();
    if request.session == SessionDelivery::Cookie {
        cookies.extend(state.cookies.guest(&token)?);
        // An expired access token would make every request fail, also those as a guest, so its cookie is removed.
        if caller.0.is_none() && cookie(&headers, ACCESS_COOKIE).is_some() {
            cookies.extend(state.cookies.clear_access()?);
        }
    }
    // A token in a cookie is not repeated in the body, where scripts could read it.
    let access_token = (request.session == SessionDelivery::Token).then_some(token);
    let body = GuestSession { id, access_token, expires_in: GUEST_SECONDS };
    Ok(with_cookies(private_json(status, body), cookies))
}

/// Register an account and log in
#[utoipa::path(post, path = "/api/v1/auth/register", tag = "user", operation_id = "register_account",
    request_body(content = Registration, example = json!({"email": "ada@example.com",
        "password": "seven lazy tortoises", "name": "Ada Lovelace", "session": "token"})),
    responses((status = 201, body = Session), (status = 409, body = Problem, description = "email-taken"),
        (status = 422, body = Problem, description = "A field is invalid, or the password too weak."),
        (status = 503, body = Problem, description = "Too many logins at the moment.")))]
pub async fn register_account(
    State(state): SharedState,
    client: Client,
    Json(request): Json<Registration>,
) -> Result<Response, Problem> {
    let Registration { email, password, name, session: delivery } = request;
    let account = state.accounts.prepare(&email, password.expose(), &name, &[Role::Customer]).await?;
    // The account and its session are stored in one transaction, so that a failure leaves neither.
    let session = state.sessions.new_session(account.id, &client.user_agent);
    let account = state.accounts.register(&account, Some(&session)).await?;
    state.session_response(StatusCode::CREATED, &state.sessions.first_tokens(&session, account)?, delivery)
}

/// Log in with email and password
#[utoipa::path(post, path = "/api/v1/auth/login", tag = "user", operation_id = "log_in",
    request_body(content = Login, example = json!({"email": "ada@example.com", "password": "seven lazy tortoises"})),
    responses((status = 200, body = Session), (status = 401, body = Problem, description = "invalid-credentials"),
        (status = 422, body = Problem),
        (status = 429, body = Problem, description = "Too many failed attempts; see Retry-After."),
        (status = 503, body = Problem, description = "Too many logins at the moment.")))]
pub async fn log_in(
    State(state): SharedState,
    client: Client,
    Json(request): Json<Login>,
) -> Result<Response, ErrorResponse> {
    let Login { email, password, session: delivery } = request;
    // Both keys count: one stops many passwords for one email, the other one password for many emails.
    let email_key = RateLimitKey::email(&email.trim().to_lowercase());
    let keys: Vec<RateLimitKey> = [email_key].into_iter().chain(client.address.map(RateLimitKey::client)).collect();
    if let Err(limited) = state.check_rate_limit(&keys).await {
        state.logins.add_one(["limited"]);
        return Err(limited);
    }
    let Some(verified) = state.accounts.authenticate(&email, password.expose()).await? else {
        state.logins.add_one(["failed"]);
        state.login_rate_limiter.record_failure(&keys, state.system.now()).await;
        return Err(invalid_credentials().into());
    };
    // Only the email is reset: an attacker must not clear the failures of a client address by logging in as themselves.
    state.login_rate_limiter.reset(email_key).await;
    let session = state.sessions.new_session(verified.account.id, &client.user_agent);
    // The password may have been changed since it was verified, so the store compares it once more.
    if !state.store.begin_session(&session, &verified.password).await.map_err(Problem::from)? {
        return Err(invalid_credentials().into());
    }
    state.logins.add_one(["succeeded"]);
    let tokens = state.sessions.first_tokens(&session, verified.account)?;
    Ok(state.session_response(StatusCode::OK, &tokens, delivery)?)
}

/// Exchange a refresh token for new tokens
///
/// Each refresh token is used once. Repeating the request within 20 seconds returns the same new refresh token; a later
/// use ends the session.
#[utoipa::path(post, path = "/api/v1/auth/refresh", tag = "user", operation_id = "refresh_session",
    request_body = SessionRequest,
    responses((status = 200, body = Session),
        (status = 401, body = Problem, description = "The session has expired or was ended."),
        (status = 422, body = Problem)))]
pub async fn refresh_session(
    State(state): SharedState,
    headers: HeaderMap,
    Json(request): Json<SessionRequest>,
) -> Result<Response, ErrorResponse> {
    let from_body = request.refresh_token.as_ref().map(Secret::expose);
    let from_cookie = state.cookies.refresh_token(&headers);
    let Some(token) = from_body.or(from_cookie) else {
        let problem = problem::UNAUTHENTICATED.detail("There is no session to refresh. Log in first.");
        return Err(state.refresh_rejected(problem, &headers)?);
    };
    // A token from an HttpOnly cookie is never returned in a body, where scripts could read it.
    let delivery = if from_body.is_none() { SessionDelivery::Cookie } else { request.session };
    match state.sessions.refresh(token).await {
        Ok(tokens) => Ok(state.session_response(StatusCode::OK, &tokens, delivery)?),
        Err(problem) if from_body.is_none() => Err(state.refresh_rejected(problem, &headers)?),
        Err(problem) => Err(problem.into()),
    }
}

/// End the session of the refresh token or access token
#[utoipa::path(post, path = "/api/v1/auth/logout", tag = "user", operation_id = "log_out",
    request_body = SessionRequest, responses((status = 204), (status = 422, body = Problem)))]
pub async fn log_out(
    State(state): SharedState,
    headers: HeaderMap,
    OptionalPrincipal(caller): OptionalPrincipal,
    Json(request): Json<SessionRequest>,
) -> Result<Response, Problem> {
    let from_body = request.refresh_token.as_ref().map(Secret::expose);
    // A browser can hold another session in its cookie than the one in the body; both end.
    for token in from_body.into_iter().chain(state.cookies.refresh_token(&headers)) {
        state.sessions.end(token).await?;
    }
    // A client that has lost its refresh token can still log out with its access token.
    if let Some(caller) = caller
        && let (Subject::Account(id), Some(session)) = (caller.subject, caller.session)
    {
        state.store.end_session(session, Some(AccountId(id))).await?;
    }
    Ok(with_cookies(no_content(), state.cookies.clear_all()?))
}

/// Create the first admin with the one-time code and log in
#[utoipa::path(post, path = "/api/v1/auth/first-admin", tag = "user", operation_id = "create_first_admin",
    request_body(content = FirstAdmin, example = json!({"code": "Xb3…", "email": "grace@example.com",
        "password": "seven lazy tortoises", "name": "Grace Hopper"})),
    responses((status = 201, body = Session), (status = 403, body = Problem, description = "The code is wrong."),
        (status = 409, body = Problem, description = "admin-exists, email-taken"), (status = 422, body = Problem)))]
pub async fn create_first_admin(
    State(state): SharedState,
    client: Client,
    Json(request): Json<FirstAdmin>,
) -> Result<Response, Problem> {
    let FirstAdmin { code, email, password, name, session: delivery } = request;
    // Checked before hashing, so that guessing codes does not occupy the password hasher.
    let code = state.accounts.check_first_admin_code(code.expose()).await?;
    let roles = [Role::Customer, Role::Admin];
    let account = state.accounts.prepare(&email, password.expose(), &name, &roles).await?;
    let session: NewSession = state.sessions.new_session(account.id, &client.user_agent);
    let account = state.accounts.create_first_admin(&code, &account, &session).await?;
    state.session_response(StatusCode::CREATED, &state.sessions.first_tokens(&session, account)?, delivery)
}

impl ApiState {
    /// Creates the response with a session's tokens, in the body or as cookies.
    fn session_response(
        &self,
        status: StatusCode,
        tokens: &TokenSet,
        delivery: SessionDelivery,
    ) -> Result<Response, Problem> {
        let in_body = |token: &Secret| (delivery == SessionDelivery::Token).then(|| token.clone());
        let body = Session {
            account: tokens.account.clone(),
            access_token: in_body(&tokens.access),
            refresh_token: in_body(&tokens.refresh),
            expires_in: ACCESS_SECONDS,
        };
        let cookies = match delivery {
            SessionDelivery::Cookie => self.cookies.session(tokens)?,
            SessionDelivery::Token => Vec::new(),
        };
        Ok(with_cookies(private_json(status, body), cookies))
    }

    /// Creates the error response to a browser's refresh. The cookies of an expired session are removed, so that the
    /// browser can continue as a guest.
    fn refresh_rejected(&self, problem: Problem, headers: &HeaderMap) -> Result<ErrorResponse, Problem> {
        let expired = problem.is(problem::UNAUTHENTICATED);
        let has_cookies = cookie(headers, ACCESS_COOKIE).or_else(|| self.cookies.refresh_token(headers)).is_some();
        let cookies = if expired && has_cookies { self.cookies.clear_session()? } else { Vec::new() };
        Ok(ErrorResponse::from(problem).with_cookies(cookies))
    }

    /// Returns the guest id of the caller, even when an expired access token was sent along.
    async fn known_guest(&self, headers: &HeaderMap, caller: &OptionalPrincipal) -> Option<Uuid> {
        // The cookie comes first: next to an account's token the principal would be the account.
        if let Some(token) = cookie(headers, GUEST_COOKIE)
            && let Ok(claims) = self.verifier.verify(token).await
            && claims.typ == TokenKind::Guest
        {
            return Some(claims.sub);
        }
        caller.0.as_ref().and_then(|caller| match caller.subject {
            Subject::Guest(id) => Some(id),
            Subject::Account(_) | Subject::ApiKey(_) => None,
        })
    }
}

fn invalid_credentials() -> Problem {
    INVALID_CREDENTIALS.detail("Incorrect email or password.")
}
