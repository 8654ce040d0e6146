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
use telemetry::Metrics;
use telemetry::metrics::Counter;
use telemetry::schema::metrics::CACHE_REQUESTS;
use uuid::Uuid;

/// The cookie that holds an account's access token.
pub const ACCESS_COOKIE: &str = "shop_access";
/// The cookie that holds a guest session's token.
pub const GUEST_COOKIE: &str = "shop_guest";

const ISSUER: &str = "shopstack";

/// The kind of session that a token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenKind {
    /// A session of an account, valid for ten minutes.
    Access,
    /// A session of a guest, valid for ninety days.
    Guest,
    /// An exchanged API key, valid for ten minutes.
    ApiKey,
}

/// The claims of a session token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessClaims {
    /// The issuer, always `shopstack`.
    pub iss: String,
    /// The id of the account, guest or API key.
    pub sub: Uuid,
    /// The kind of session.
    pub typ: TokenKind,
    /// The roles of the account or API key.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<Role>,
    /// The refresh token family of the account's session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<Uuid>,
    /// The time of issue, in seconds since 1970.
    pub iat: i64,
    /// The time of expiry, in seconds since 1970.
    pub exp: i64,
}

impl AccessClaims {
    /// Creates claims of the given kind, valid for `seconds` from now.
    pub fn new(kind: TokenKind, subject: Uuid, seconds: i64, system: &SystemContext) -> Self {
        let now = system.now().as_second();
        Self { iss: ISSUER.into(), sub: subject, typ: kind, roles: Vec::new(), sid: None, iat: now, exp: now + seconds }
    }
}

/// Signs the claims.
///
/// # Errors
/// When the crypto library fails, which is not expected.
pub fn sign_access(claims: &AccessClaims, key: &SigningKey) -> Result<String, Problem> {
    let header = Header { kid: Some(key.kid.clone()), ..Header::new(Algorithm::EdDSA) };
    encode(&header, claims, &key.encoding).map_err(Problem::internal)
}

/// Verifies session tokens, and caches verified claims under the token's digest until they expire.
#[derive(Clone)]
pub struct Verifier {
    keys: KeySet,
    system: SystemContext,
    verified: Cache<[u8; 32], Arc<AccessClaims>>,
    lookups: Option<Counter<2>>,
}

impl Verifier {
    /// Creates a verifier with these keys.
    pub fn new(keys: KeySet, system: SystemContext) -> Self {
        // Verifying a signature takes about 50 microseconds, looking up a digest less than one.
        Self { keys, system, verified: Cache::new(2_000), lookups: None }
    }

    /// Counts the hits and misses of the cache.
    #[must_use]
    pub fn measured(self, metrics: &Metrics) -> Self {
        Self { lookups: Some(metrics.counter(&CACHE_REQUESTS)), ..self }
    }

    /// Returns the caller: from the bearer token, or else the access cookie, or else the guest cookie.
    ///
    /// # Errors
    /// 401 for an invalid token, so that an expired account session never silently becomes a guest session.
    pub async fn principal(&self, headers: &HeaderMap) -> Result<Option<Principal>, Problem> {
        let guest = match cookie(headers, GUEST_COOKIE) {
            // An expired guest token is ignored: only a cart is lost, which has expired as well.
            Some(token) => match self.verify(token).await {
                Ok(claims) => Some(claims).filter(|claims| claims.typ == TokenKind::Guest),
                // The token may be valid: starting a new guest session now would lose this one's cart.
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

    /// Returns the claims of a valid token.
    ///
    /// # Errors
    /// 401 when it is forged, expired or of another issuer; 503 when the keys are unavailable.
    pub async fn verify(&self, token: &str) -> Result<Arc<AccessClaims>, Problem> {
        let digest = crate::secret::sha256(token.as_bytes());
        let cached = self.verified.get(&digest);
        if let Some(lookups) = &self.lookups {
            lookups.add_one(["tokens", if cached.is_some() { "hit" } else { "miss" }]);
        }
        let claims = match cached {
            Some(claims) => claims,
            None => {
                let claims = Arc::new(self.check(token).await?.ok_or_else(refused)?);
                self.verified.insert(digest, Arc::clone(&claims));
                claims
            }
        };
        if claims.exp <= self.system.now().as_second() {
            self.verified.invalidate(&digest);
            return Err(problem::UNAUTHENTICATED.detail("The session has expired. Refresh it or log in again."));
        }
        Ok(claims)
    }

    async fn check(&self, token: &str) -> Result<Option<AccessClaims>, Problem> {
        let Some(kid) = decode_header(token).ok().and_then(|header| header.kid) else { return Ok(None) };
        let unavailable =
            |_| problem::UNAVAILABLE.detail("Sessions cannot be verified at the moment. Try again shortly.");
        let Some(key) = self.keys.find(&kid).await.map_err(unavailable)? else { return Ok(None) };
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_issuer(&[ISSUER]);
        // Session tokens have no audience: every service accepts them.
        validation.validate_aud = false;
        // The caller checks the expiry on every use, against the service's own clock.
        validation.validate_exp = false;
        Ok(decode::<AccessClaims>(token, &key, &validation).ok().map(|data| data.claims))
    }
}

fn refused() -> Problem {
    problem::UNAUTHENTICATED.detail("The session is not valid. Log in again.")
}

fn principal_of(claims: &AccessClaims, guest: Option<Uuid>) -> Principal {
    match claims.typ {
        TokenKind::Access => {
            Principal { subject: Subject::Account(claims.sub), roles: claims.roles.clone(), session: claims.sid, guest }
        }
        TokenKind::ApiKey => {
            Principal { subject: Subject::ApiKey(claims.sub), roles: claims.roles.clone(), session: None, guest: None }
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
        // The scheme is case-insensitive (RFC 9110, section 11.1). The shop issues no longer tokens.
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") && token.len() < 4096 => Ok(Some(token.trim())),
        _ => Err(problem::UNAUTHENTICATED.detail("The Authorization header must be: Bearer <token>.")),
    }
}

/// Returns the value of a cookie. With TLS its name has the `__Host-` prefix.
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
