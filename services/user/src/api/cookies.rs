//! The cookies of browsers. No script can read them, and other sites' forms do not bring them.

use crate::sessions::{GUEST_SECONDS, Grant};
use axum::http::{HeaderMap, HeaderValue};
use chassis::auth::{ACCESS_COOKIE, GUEST_COOKIE, cookie};
use chassis::problem::Problem;
use contracts::Secret;

/// Cookie with the refresh token. Only the operations below its path ever see it.
const REFRESH_COOKIE: &str = "shop_refresh";
const REFRESH_PATH: &str = "/api/v1/auth";

/// How cookies are written here.
#[derive(Debug, Clone, Copy)]
pub struct Cookies {
    secure: bool,
}

impl Cookies {
    /// Cookies for browsers that come by TLS, or not.
    pub fn new(secure: bool) -> Self {
        Self { secure }
    }

    /// The refresh token that a browser brings.
    pub fn refresh_token<'h>(&self, headers: &'h HeaderMap) -> Option<&'h str> {
        cookie(headers, &self.refresh_name())
    }

    /// Sets the cookie of a guest.
    pub fn guest(&self, token: &Secret) -> Result<Vec<HeaderValue>, Problem> {
        Ok(vec![self.everywhere(GUEST_COOKIE, token.expose(), GUEST_SECONDS)?])
    }

    /// Sets the cookies of an account's session. That of the access token lasts as long as the session, so that an
    /// expired token is refused, and refreshed, rather than forgotten.
    pub fn session(&self, grant: &Grant) -> Result<Vec<HeaderValue>, Problem> {
        Ok(vec![
            self.everywhere(ACCESS_COOKIE, grant.access.expose(), grant.lasts)?,
            self.below_auth(grant.refresh.expose(), grant.lasts)?,
        ])
    }

    /// Removes the cookie of the access token.
    pub fn without_access(&self) -> Result<Vec<HeaderValue>, Problem> {
        Ok(vec![self.everywhere(ACCESS_COOKIE, "", 0)?])
    }

    /// Removes the cookies of an account's session.
    pub fn without_session(&self) -> Result<Vec<HeaderValue>, Problem> {
        Ok(vec![self.everywhere(ACCESS_COOKIE, "", 0)?, self.below_auth("", 0)?])
    }

    /// Removes all three cookies.
    pub fn without_any(&self) -> Result<Vec<HeaderValue>, Problem> {
        let mut cookies = self.without_session()?;
        cookies.push(self.everywhere(GUEST_COOKIE, "", 0)?);
        Ok(cookies)
    }

    /// `__Host-` would demand the path `/`, so this one has the prefix that leaves the path open.
    fn refresh_name(&self) -> String {
        if self.secure { format!("__Secure-{REFRESH_COOKIE}") } else { REFRESH_COOKIE.to_owned() }
    }

    fn everywhere(&self, name: &str, value: &str, seconds: i64) -> Result<HeaderValue, Problem> {
        let (prefix, secure) = if self.secure { ("__Host-", "; Secure") } else { ("", "") };
        written(format!("{prefix}{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}"))
    }

    fn below_auth(&self, value: &str, seconds: i64) -> Result<HeaderValue, Problem> {
        let (name, secure) = (self.refresh_name(), if self.secure { "; Secure" } else { "" });
        written(format!("{name}={value}; Path={REFRESH_PATH}; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}"))
    }
}

fn written(text: String) -> Result<HeaderValue, Problem> {
    let mut value = HeaderValue::try_from(text).map_err(Problem::internal)?;
    value.set_sensitive(true);
    Ok(value)
}
