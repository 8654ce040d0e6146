//! Session tokens: EdDSA-signed JWTs, verified locally by each service.

use super::keys::{KeySet, SigningKey};
use super::principal::{Principal, Role, Subject};
use crate::problem::{self, Problem};
use crate::system::SystemContext;
use axum::http::{HeaderMap, header};
use jsonwebtoken::{Algorithm, Header, Validation, decode, decode_header, encode};
use moka::sync::Cache;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use uuid::Uuid;

/// Cookie with the access token of an account.
pub const ACCESS_COOKIE: &str = "shop_access";
/// Cookie with the token of a guest session.
pub const GUEST_COOKIE: &str = "shop_guest";

const ISSUER: &str = "shopstack";

/// What a token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenKind {
    /// An account's session, ten minutes.
    Access,
    /// A guest's session, ninety days.
    Guest,
}

/// What a token says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessClaims {
    /// Always `shopstack`.
    pub iss: String,
    /// Account or guest id.
    pub sub: Uuid,
    /// What the token is for.
    pub typ: TokenKind,
    /// Roles of the account.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<Role>,
    /// Refresh family of the account's session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<Uuid>,
    /// Issued, in seconds since 1970.
    pub iat: i64,
    /// Expires, in seconds since 1970.
    pub exp: i64,
}

impl AccessClaims {
    /// Claims of the given kind, valid for `seconds` from now.
    pub fn new(kind: TokenKind, subject: Uuid, seconds: i64, system: &SystemContext) -> Self {
        let now = system.now().as_second();
        Self { iss: ISSUER.into(), sub: subject, typ: kind, roles: Vec::new(), sid: None, iat: now, exp: now + seconds }
    }
}

/// Signs the claims.
///
/// # Errors
/// When the crypto library refuses, which it has no reason to.
pub fn sign_access(claims: &AccessClaims, key: &SigningKey) -> Result<String, Problem> {
    let header = Header { kid: Some(key.kid.clone()), ..Header::new(Algorithm::EdDSA) };
    encode(&header, claims, &key.encoding).map_err(Problem::internal)
}

/// Verifies session tokens. What has been verified once is remembered, by the token's digest, until it expires.
#[derive(Clone)]
pub struct Verifier {
    keys: KeySet,
    system: SystemContext,
    seen: Cache<[u8; 32], Arc<AccessClaims>>,
}

impl Verifier {
    /// A verifier with these keys.
    pub fn new(keys: KeySet, system: SystemContext) -> Self {
        Self { keys, system, seen: Cache::new(2_000) }
    }

    /// The caller that the headers speak for: a bearer token, else the access cookie, else the guest cookie.
    ///
    /// # Errors
    /// 401 when a token is there and not good: an expired account never silently becomes a guest.
    pub async fn principal(&self, headers: &HeaderMap) -> Result<Option<Principal>, Problem> {
        let guest = match cookie(headers, GUEST_COOKIE) {
            // A guest token that is no longer good is as good as none: nothing is lost but a cart that has expired too.
            Some(token) => match self.verify(token).await {
                Ok(claims) => Some(claims).filter(|claims| claims.typ == TokenKind::Guest),
                // Nobody knows whether it is good: a new guest now would cost this one the cart.
                Err(problem) if problem.is(problem::UNAVAILABLE) => return Err(problem),
                Err(_) => None,
            },
            None => None,
        };
        let token = bearer(headers)?.or_else(|| cookie(headers, ACCESS_COOKIE));
        match token {
            Some(token) => {
                let claims = self.verify(token).await?;
                let principal = principal_of(&claims, guest.as_ref().map(|guest| guest.sub));
                Ok(Some(principal))
            }
            None => Ok(guest.map(|claims| principal_of(&claims, None))),
        }
    }

    /// The claims of a good token.
    ///
    /// # Errors
    /// 401 when it is forged, expired or of another system; 503 when the keys to judge it are away.
    pub async fn verify(&self, token: &str) -> Result<Arc<AccessClaims>, Problem> {
        let digest = crate::secret::sha256(token.as_bytes());
        let claims = match self.seen.get(&digest) {
            Some(claims) => claims,
            None => {
                let claims = Arc::new(self.check(token).await?.ok_or_else(refused)?);
                self.seen.insert(digest, Arc::clone(&claims));
                claims
            }
        };
        if claims.exp <= self.system.now().as_second() {
            self.seen.invalidate(&digest);
            return Err(problem::UNAUTHENTICATED.detail("The session's token has expired. Refresh it or log in again."));
        }
        Ok(claims)
    }

    async fn check(&self, token: &str) -> Result<Option<AccessClaims>, Problem> {
        let Some(kid) = decode_header(token).ok().and_then(|header| header.kid) else { return Ok(None) };
        let away = |_| problem::UNAVAILABLE.detail("Sessions cannot be checked for the moment. Try again shortly.");
        let Some(key) = self.keys.find(&kid).await.map_err(away)? else { return Ok(None) };
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_issuer(&[ISSUER]);
        validation.validate_aud = false;
        // Expiry is checked against our own clock, by the caller, each time.
        validation.validate_exp = false;
        Ok(decode::<AccessClaims>(token, &key, &validation).ok().map(|data| data.claims))
    }
}

fn refused() -> Problem {
    problem::UNAUTHENTICATED.detail("The session's token is not valid. Log in again.")
}

fn principal_of(claims: &AccessClaims, guest: Option<Uuid>) -> Principal {
    match claims.typ {
        TokenKind::Access => {
            Principal { subject: Subject::Account(claims.sub), roles: claims.roles.clone(), session: claims.sid, guest }
        }
        TokenKind::Guest => {
            Principal { subject: Subject::Guest(claims.sub), roles: Vec::new(), session: None, guest: None }
        }
    }
}

fn bearer(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let Some(value) = headers.get(header::AUTHORIZATION) else { return Ok(None) };
    let text = value.to_str().map_err(|_| refused())?;
    match text.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") && token.len() < 4096 => Ok(Some(token.trim())),
        _ => Err(problem::UNAUTHENTICATED.detail("The Authorization header must be: Bearer <token>.")),
    }
}

/// The value of a cookie, if the request brings it. On TLS the name carries the `__Host-` prefix.
pub fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(';'))
        .find_map(|pair| {
            let (key, value) = pair.trim().split_once('=')?;
            let key = key.strip_prefix("__Host-").unwrap_or(key);
            (key == name && !value.is_empty()).then_some(value)
        })
}
