//! Session cookies of browsers: `HttpOnly`, so scripts cannot read them, and `SameSite`, so other sites cannot send them.

use crate::sessions::{GUEST_SECONDS, TokenSet};
use axum::http::{HeaderMap, HeaderValue};
use chassis::auth::{ACCESS_COOKIE, GUEST_COOKIE, cookie};
use chassis::problem::Problem;
use contracts::Secret;

/// The cookie with the refresh token. Its path restricts it to the authentication operations.
const REFRESH_COOKIE: &str = "shop_refresh";
const REFRESH_PATH: &str = "/api/v1/auth";

/// Writes and reads session cookies.
#[derive(Debug, Clone, Copy)]
pub struct Cookies {
    secure: bool,
}

impl Cookies {
    /// Creates cookies for browsers that connect over TLS if `secure` is set.
    pub fn new(secure: bool) -> Self {
        Self { secure }
    }

    /// Returns the refresh token that a browser sent.
    pub fn refresh_token<'h>(&self, headers: &'h HeaderMap) -> Option<&'h str> {
        cookie(headers, &self.refresh_name())
    }

    /// Returns the cookie that sets a guest session.
    pub fn guest(&self, token: &Secret) -> Result<Vec<HeaderValue>, Problem> {
        Ok(vec![self.host_cookie(GUEST_COOKIE, token.expose(), GUEST_SECONDS)?])
    }

    /// Returns the cookies that set a session. The cookie of the access token lasts as long as the session, so that an
    /// expired token is rejected and then refreshed, instead of the browser silently becoming a guest.
    pub fn session(&self, tokens: &TokenSet) -> Result<Vec<HeaderValue>, Problem> {
        Ok(vec![
            self.host_cookie(ACCESS_COOKIE, tokens.access.expose(), tokens.expires_in)?,
            self.refresh_cookie(tokens.refresh.expose(), tokens.expires_in)?,
        ])
    }

    /// Returns the cookie that removes the access token.
    pub fn clear_access(&self) -> Result<Vec<HeaderValue>, Problem> {
        // A browser removes a cookie only if name and path match those it was set with.
        Ok(vec![self.host_cookie(ACCESS_COOKIE, "", 0)?])
    }

    /// Returns the cookies that remove a session.
    pub fn clear_session(&self) -> Result<Vec<HeaderValue>, Problem> {
        Ok(vec![self.host_cookie(ACCESS_COOKIE, "", 0)?, self.refresh_cookie("", 0)?])
    }

    /// Returns the cookies that remove all three.
    pub fn clear_all(&self) -> Result<Vec<HeaderValue>, Problem> {
        let mut cookies = self.clear_session()?;
        cookies.push(self.host_cookie(GUEST_COOKIE, "", 0)?);
        Ok(cookies)
    }

    /// Returns the cookie's name. `__Host-` would require the path `/`, so the weaker prefix is used here.
    fn refresh_name(&self) -> String {
        if self.secure { format!("__Secure-{REFRESH_COOKIE}") } else { REFRESH_COOKIE.to_owned() }
    }

    fn host_cookie(&self, name: &str, value: &str, seconds: i64) -> Result<HeaderValue, Problem> {
        let (prefix, secure) = if self.secure { ("__Host-", "; Secure") } else { ("", "") };
        // `Lax`: a link from another site opens the shop logged in, but a form from there cannot act for the user.
        header_value(format!("{prefix}{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}"))
    }

    fn refresh_cookie(&self, value: &str, seconds: i64) -> Result<HeaderValue, Problem> {
        let (name, secure) = (self.refresh_name(), if self.secure { "; Secure" } else { "" });
        header_value(format!(
            // `Strict`: no link from another site ever needs to send the refresh token.
            "{name}={value}; Path={REFRESH_PATH}; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}"
        ))
    }
}

fn header_value(text: String) -> Result<HeaderValue, Problem> {
    let mut value = HeaderValue::try_from(text).map_err(Problem::internal)?;
    // Marked as sensitive, so that no log prints it.
    value.set_sensitive(true);
    Ok(value)
}
