//! Sessions: guest, registration, login, refresh, logout.

use super::answers::{Refusal, nothing, private, with_cookies};
use super::client::Client;
use super::{Desk, Office};
use crate::family::NewSession;
use crate::sessions::{ACCESS_SECONDS, GUEST_SECONDS, Grant};
use crate::throttle::Key;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chassis::auth::{ACCESS_COOKIE, GUEST_COOKIE, JwkSet, Role, Subject, TokenKind, Visitor, cookie};
use chassis::http::Json;
use chassis::problem::{self, Problem};
use contracts::user::{
    FirstAdmin, GuestSession, INVALID_CREDENTIALS, Login, Registration, Session, SessionDelivery, SessionRequest,
};
use contracts::{AccountId, Secret};
use uuid::Uuid;

/// The public keys that session tokens are verified with.
#[utoipa::path(get, path = "/.well-known/jwks.json", tag = "user", operation_id = "keys",
    responses((status = 200, body = JwkSet)))]
pub async fn keys(State(office): Desk) -> Response {
    ([(header::CACHE_CONTROL, "public, max-age=300")], Json(&office.keys)).into_response()
}

/// Starts a guest session, which nothing is stored for. Whoever is a guest already stays the same one.
#[utoipa::path(post, path = "/api/v1/auth/guest", tag = "user", operation_id = "start_guest_session",
    request_body = SessionRequest,
    responses((status = 201, body = GuestSession), (status = 200, body = GuestSession, description = "The same guest"),
        (status = 422, body = Problem)))]
pub async fn guest(
    State(office): Desk,
    headers: HeaderMap,
    visitor: Visitor,
    Json(request): Json<SessionRequest>,
) -> Result<Response, Problem> {
    let known = office.known_guest(&headers, &visitor).await;
    let status = if known.is_some() { StatusCode::OK } else { StatusCode::CREATED };
    let id = known.unwrap_or_else(|| office.system.id());
    let token = office.sessions.guest_token(id)?;
    let mut cookies = Vec::new();
    if request.session == SessionDelivery::Cookie {
        cookies.extend(office.cookies.guest(&token)?);
        // A token that is not good any more would have every request refused, the guest's too.
        if visitor.0.is_none() && cookie(&headers, ACCESS_COOKIE).is_some() {
            cookies.extend(office.cookies.without_access()?);
        }
    }
    let access_token = (request.session == SessionDelivery::Token).then_some(token);
    let body = GuestSession { id, access_token, expires_in: GUEST_SECONDS };
    Ok(with_cookies(private(status, body), cookies))
}

/// Opens an account and logs in.
#[utoipa::path(post, path = "/api/v1/auth/register", tag = "user", operation_id = "register",
    request_body = Registration,
    responses((status = 201, body = Session), (status = 409, body = Problem, description = "email-taken"),
        (status = 422, body = Problem, description = "A password that is not good enough, among others")))]
pub async fn register(
    State(office): Desk,
    client: Client,
    Json(request): Json<Registration>,
) -> Result<Response, Problem> {
    let Registration { email, password, name, session: delivery } = request;
    let account = office.accounts.prepare(&email, password.expose(), &name, &[Role::Customer]).await?;
    let session = office.sessions.draft(account.id, &client.user_agent);
    let account = office.accounts.open(&account, Some(&session)).await?;
    office.welcome(StatusCode::CREATED, &office.sessions.grant(&session, account)?, delivery)
}

/// Logs in.
#[utoipa::path(post, path = "/api/v1/auth/login", tag = "user", operation_id = "login", request_body = Login,
    responses((status = 200, body = Session), (status = 401, body = Problem, description = "invalid-credentials"),
        (status = 429, body = Problem, description = "Too many failures; Retry-After says how long to wait")))]
pub async fn login(State(office): Desk, client: Client, Json(request): Json<Login>) -> Result<Response, Refusal> {
    let Login { email, password, session: delivery } = request;
    let address = Key::address(&email.trim().to_lowercase());
    let keys: Vec<Key> = [address].into_iter().chain(client.address.map(Key::client)).collect();
    office.may_try(&keys).await?;
    let Some(known) = office.accounts.authenticate(&email, password.expose()).await? else {
        office.throttle.failed(&keys, office.system.now()).await;
        return Err(wrong_credentials().into());
    };
    office.throttle.succeeded(address).await;
    let session = office.sessions.draft(known.account.id, &client.user_agent);
    if !office.store.begin_session(&session, &known.password).await.map_err(Problem::from)? {
        return Err(wrong_credentials().into());
    }
    Ok(office.welcome(StatusCode::OK, &office.sessions.grant(&session, known.account)?, delivery)?)
}

/// Exchanges the refresh token for the next one, and for a new access token.
#[utoipa::path(post, path = "/api/v1/auth/refresh", tag = "user", operation_id = "refresh_session",
    request_body = SessionRequest,
    responses((status = 200, body = Session), (status = 401, body = Problem, description = "The session is over")))]
pub async fn refresh(
    State(office): Desk,
    headers: HeaderMap,
    Json(request): Json<SessionRequest>,
) -> Result<Response, Refusal> {
    let brought = request.refresh_token.as_ref().map(Secret::expose);
    let kept = office.cookies.refresh_token(&headers);
    let Some(token) = brought.or(kept) else {
        let problem = problem::UNAUTHENTICATED.detail("There is no session to refresh. Log in first.");
        return Err(office.turned_away(problem, &headers)?);
    };
    // What came as a cookie never leaves as text, whatever a script in the page asks for.
    let delivery = if brought.is_none() { SessionDelivery::Cookie } else { request.session };
    match office.sessions.refresh(token).await {
        Ok(grant) => Ok(office.welcome(StatusCode::OK, &grant, delivery)?),
        Err(problem) if brought.is_none() => Err(office.turned_away(problem, &headers)?),
        Err(problem) => Err(problem.into()),
    }
}

/// Ends the session that the refresh token or the access token belongs to.
#[utoipa::path(post, path = "/api/v1/auth/logout", tag = "user", operation_id = "logout",
    request_body = SessionRequest, responses((status = 204)))]
pub async fn logout(
    State(office): Desk,
    headers: HeaderMap,
    Visitor(visitor): Visitor,
    Json(request): Json<SessionRequest>,
) -> Result<Response, Problem> {
    let brought = request.refresh_token.as_ref().map(Secret::expose);
    for token in brought.into_iter().chain(office.cookies.refresh_token(&headers)) {
        office.sessions.end(token).await?;
    }
    if let Some(caller) = visitor
        && let (Subject::Account(id), Some(session)) = (caller.subject, caller.session)
    {
        office.store.end_session(session, Some(AccountId(id))).await?;
    }
    Ok(with_cookies(nothing(), office.cookies.without_any()?))
}

/// Opens the first admin's account with the one-time code that the shop printed, and logs in.
#[utoipa::path(post, path = "/api/v1/auth/first-admin", tag = "user", operation_id = "become_first_admin",
    request_body = FirstAdmin,
    responses((status = 201, body = Session), (status = 403, body = Problem, description = "Another code"),
        (status = 409, body = Problem, description = "admin-exists, email-taken"), (status = 422, body = Problem)))]
pub async fn first_admin(
    State(office): Desk,
    client: Client,
    Json(request): Json<FirstAdmin>,
) -> Result<Response, Problem> {
    let FirstAdmin { code, email, password, name, session: delivery } = request;
    let code = office.accounts.expect_first_admin(code.expose()).await?;
    let roles = [Role::Customer, Role::Admin];
    let account = office.accounts.prepare(&email, password.expose(), &name, &roles).await?;
    let session: NewSession = office.sessions.draft(account.id, &client.user_agent);
    let account = office.accounts.open_first_admin(&code, &account, &session).await?;
    office.welcome(StatusCode::CREATED, &office.sessions.grant(&session, account)?, delivery)
}

impl Office {
    /// The session, in the way the client keeps it.
    fn welcome(&self, status: StatusCode, grant: &Grant, delivery: SessionDelivery) -> Result<Response, Problem> {
        let token = |token: &Secret| (delivery == SessionDelivery::Token).then(|| token.clone());
        let body = Session {
            account: grant.account.clone(),
            access_token: token(&grant.access),
            refresh_token: token(&grant.refresh),
            expires_in: ACCESS_SECONDS,
        };
        let cookies = match delivery {
            SessionDelivery::Cookie => self.cookies.session(grant)?,
            SessionDelivery::Token => Vec::new(),
        };
        Ok(with_cookies(private(status, body), cookies))
    }

    /// The refusal to refresh a browser's session. When the session is over, its cookies go, so that the browser can go
    /// on as a guest.
    fn turned_away(&self, problem: Problem, headers: &HeaderMap) -> Result<Refusal, Problem> {
        let over = problem.is(problem::UNAUTHENTICATED);
        let brought = cookie(headers, ACCESS_COOKIE).or_else(|| self.cookies.refresh_token(headers)).is_some();
        let cookies = if over && brought { self.cookies.without_session()? } else { Vec::new() };
        Ok(Refusal::from(problem).with_cookies(cookies))
    }

    /// The guest that the caller is, even when an account's expired token came along.
    async fn known_guest(&self, headers: &HeaderMap, visitor: &Visitor) -> Option<Uuid> {
        if let Some(token) = cookie(headers, GUEST_COOKIE)
            && let Ok(claims) = self.verifier.verify(token).await
            && claims.typ == TokenKind::Guest
        {
            return Some(claims.sub);
        }
        visitor.0.as_ref().and_then(|caller| match caller.subject {
            Subject::Guest(id) => Some(id),
            Subject::Account(_) => None,
        })
    }
}

fn wrong_credentials() -> Problem {
    INVALID_CREDENTIALS.detail("There is no account with this address and this password.")
}
