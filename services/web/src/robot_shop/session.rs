//! Sessions of Robot Shop's clients, which know no tokens: the id of a guest contains one, and an account has a cookie.

use super::{RobotShop, Shop};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use chassis::auth::{GUEST_COOKIE, cookie};
use chassis::client::CallError;
use chassis::problem;
use contracts::user::{Account, Session, SessionDelivery, SessionRequest};
use contracts::{Email, Secret};

/// The beginning of a guest's id; the rest is the token of the guest session.
pub const GUEST_PREFIX: &str = "anonymous-";
/// The domain of the accounts of this API. No mail can be delivered to it (RFC 2606).
const DOMAIN: &str = "robot-shop.invalid";
/// The cookie with the token of the latest guest session, for operations whose path has no id.
const GUEST: &str = "robot_shop_guest";
/// The cookie with the session of an account: the second of its expiry, the access token and the refresh token.
const ACCOUNT: &str = "robot_shop_account";
/// The cookies are sent with the API only.
const PATH: &str = "/api/";
/// An access token that expires within this time is refreshed before it is used.
const REFRESH_SECONDS: i64 = 30;

/// Returns the email address of the account with this name. `None` if no account of this API can have it.
pub fn email_of(name: &str) -> Option<Email> {
    format!("{name}@{DOMAIN}").parse().ok().filter(|_| !name.contains('@'))
}

/// Returns the name of an account of this API.
fn name_of(email: &Email) -> Option<&str> {
    email.as_str().strip_suffix(DOMAIN)?.strip_suffix('@')
}

/// The account that a request is made for.
pub struct AccountSession {
    /// The name by which Robot Shop's clients know it.
    pub name: String,
    pub account: Account,
    /// The headers that authenticate its calls.
    pub headers: HeaderMap,
}

/// The session that a request is made for.
pub struct Visitor {
    /// The headers that authenticate its calls.
    pub headers: HeaderMap,
    /// The account; `None` for a guest.
    pub account: Option<AccountSession>,
}

impl RobotShop {
    /// Finds the session that the id in a path names: a guest by the token in the id, an account by its cookie. Returns
    /// `None` if the request has no session of this id. The token of a guest is checked by the service that it is sent to.
    ///
    /// # Errors
    /// When the user service does not respond.
    pub async fn visitor(&self, id: &str, request: &HeaderMap) -> Result<Option<Visitor>, CallError> {
        if let Some(token) = id.strip_prefix(GUEST_PREFIX) {
            return Ok(bearer(token).map(|headers| Visitor { headers, account: None }));
        }
        let account = self.account(request).await?.filter(|session| session.name.eq_ignore_ascii_case(id));
        Ok(account.map(|session| Visitor { headers: session.headers.clone(), account: Some(session) }))
    }

    /// Finds the account that the request's cookie belongs to.
    ///
    /// # Errors
    /// When the user service does not respond.
    pub async fn account(&self, request: &HeaderMap) -> Result<Option<AccountSession>, CallError> {
        let tokens = cookie(request, ACCOUNT).and_then(Tokens::parse);
        let Some(headers) = tokens.and_then(|tokens| bearer(&tokens.access)) else { return Ok(None) };
        let account = self.clients.user.clone().with_headers(headers.clone()).get::<Account>("/api/v1/me").await;
        let account = match account {
            Ok(account) => account,
            Err(error) if error.refused_as(problem::UNAUTHENTICATED).is_some() => return Ok(None),
            Err(error) => return Err(error),
        };
        let name = name_of(&account.email).map(str::to_owned);
        Ok(name.map(|name| AccountSession { name, account, headers }))
    }

    /// Returns the cookie that sets the session of an account.
    pub fn account_cookie(&self, session: &Session) -> Option<HeaderValue> {
        let (access, refresh) = (session.access_token.as_ref()?, session.refresh_token.as_ref()?);
        let expires = self.system.now().as_second().saturating_add(session.expires_in);
        self.cookie(ACCOUNT, &format!("{expires}:{}:{}", access.expose(), refresh.expose()))
    }

    /// Returns the cookie that sets a guest session.
    pub fn guest_cookie(&self, token: &Secret) -> Option<HeaderValue> {
        self.cookie(GUEST, token.expose())
    }

    fn cookie(&self, name: &str, value: &str) -> Option<HeaderValue> {
        let secure = if self.secure { "; Secure" } else { "" };
        // `Strict`, since some operations change data by GET, which a link from another site could request.
        let text = format!("{name}={value}; Path={PATH}; HttpOnly; SameSite=Strict{secure}");
        let mut value = HeaderValue::try_from(text).ok()?;
        // Marked as sensitive, so that no log prints it.
        value.set_sensitive(true);
        Some(value)
    }
}

/// The tokens in the cookie of an account.
struct Tokens {
    expires: i64,
    access: String,
    refresh: String,
}

impl Tokens {
    fn parse(cookie: &str) -> Option<Self> {
        let mut parts = cookie.splitn(3, ':');
        let (expires, access, refresh) = (parts.next()?.parse().ok()?, parts.next()?, parts.next()?);
        Some(Self { expires, access: access.to_owned(), refresh: refresh.to_owned() })
    }
}

/// Returns the headers that authenticate with a token, if it can be one.
fn bearer(token: &str) -> Option<HeaderMap> {
    let mut value = HeaderValue::try_from(format!("Bearer {token}")).ok().filter(|_| !token.is_empty())?;
    value.set_sensitive(true);
    Some(HeaderMap::from_iter([(header::AUTHORIZATION, value)]))
}

/// Returns the token of the guest session in the request's cookie.
pub fn guest_token(request: &HeaderMap) -> Option<&str> {
    cookie(request, GUEST)
}

/// Returns the headers of the guest session in the request's cookie.
pub fn guest_headers(request: &HeaderMap) -> Option<HeaderMap> {
    guest_token(request).and_then(bearer)
}

/// Adds the guest session with this token to the headers of an account, as a browser with both cookies would.
pub fn with_guest(mut headers: HeaderMap, token: &str) -> Option<HeaderMap> {
    let mut value = HeaderValue::try_from(format!("{GUEST_COOKIE}={token}")).ok()?;
    value.set_sensitive(true);
    headers.insert(header::COOKIE, value);
    Some(headers)
}

/// Returns the headers that identify the client's device to the user service, which limits and lists logins by them.
pub fn device_headers(request: &HeaderMap) -> HeaderMap {
    let names = [HeaderName::from_static("x-real-ip"), header::USER_AGENT];
    names.into_iter().filter_map(|name| Some((name.clone(), request.get(&name)?.clone()))).collect()
}

/// Replaces an account's tokens that are about to expire, before the request is handled and in the browser's cookie.
pub async fn refresh(State(shop): State<Shop>, mut request: Request, next: Next) -> Response {
    let due = shop.system.now().as_second().saturating_add(REFRESH_SECONDS);
    let tokens = cookie(request.headers(), ACCOUNT).and_then(Tokens::parse).filter(|tokens| tokens.expires <= due);
    let Some(tokens) = tokens else { return next.run(request).await };
    let body = SessionRequest { session: SessionDelivery::Token, refresh_token: Some(Secret::from(tokens.refresh)) };
    let renewed: Result<Session, CallError> = shop.clients.user.post("/api/v1/auth/refresh", &body).await;
    // Without new tokens the request goes on as if nobody had logged in.
    let cookie = renewed.ok().and_then(|session| shop.account_cookie(&session));
    if let Some(cookie) = &cookie {
        replace_cookies(request.headers_mut(), cookie);
    }
    let mut response = next.run(request).await;
    if let Some(cookie) = cookie {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

/// Puts the pair of a `Set-Cookie` header in front of the request's cookies, where it is found first.
fn replace_cookies(headers: &mut HeaderMap, set: &HeaderValue) {
    let pair = set.to_str().ok().and_then(|text| text.split(';').next()).unwrap_or_default();
    let others = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let all: Vec<&str> = std::iter::once(pair).chain(others).collect();
    if let Ok(value) = HeaderValue::try_from(all.join("; ")) {
        headers.insert(header::COOKIE, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_without_a_domain_have_an_account() {
        assert_eq!(email_of("stan").as_ref().and_then(name_of), Some("stan"));
        assert_eq!(email_of("partner-57").as_ref().and_then(name_of), Some("partner-57"));
        for name in ["", "a b", "stan@example.com", "stan@robot-shop.invalid", "a\r\nb", "..", "\"x\""] {
            assert_eq!(email_of(name), None, "{name}");
        }
    }

    #[test]
    fn new_tokens_are_found_before_old_ones() {
        let mut headers =
            HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_static("x=1; robot_shop_account=1:a:b"))]);
        replace_cookies(&mut headers, &HeaderValue::from_static("robot_shop_account=9:c:d; Path=/api/; HttpOnly"));
        let tokens = cookie(&headers, ACCOUNT).and_then(Tokens::parse).expect("tokens");
        assert_eq!((tokens.expires, tokens.access.as_str(), tokens.refresh.as_str()), (9, "c", "d"));
        assert_eq!(cookie(&headers, "x"), Some("1"));
    }
}
