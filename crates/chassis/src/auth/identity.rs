//! Service identity: a service signs short-lived tokens with its own key, each for one callee.

use super::keys::{Jwk, SigningKey};
use crate::problem::{self, Problem};
use crate::system::SystemContext;
use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation, decode, encode};
use moka::sync::Cache;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

const LIFETIME_SECONDS: i64 = 60;
const RENEW_BEFORE_SECONDS: i64 = 20;

#[derive(Debug, Clone, Serialize, Deserialize)]
struct ServiceClaims {
    iss: String,
    aud: String,
    exp: i64,
}

/// The name and signing key of a service.
#[derive(Clone)]
pub struct ServiceIdentity {
    name: &'static str,
    key: SigningKey,
    system: SystemContext,
    issued: Arc<Mutex<HashMap<&'static str, (String, i64)>>>,
}

impl ServiceIdentity {
    /// Creates the identity of the service `name`.
    pub fn new(name: &'static str, key: SigningKey, system: SystemContext) -> Self {
        Self { name, key, system, issued: Arc::default() }
    }

    /// Returns a token that identifies the caller to `callee`. It is valid for one minute and reused until 20 seconds
    /// before its expiry.
    ///
    /// # Errors
    /// When the crypto library fails, which is not expected.
    pub fn token_for(&self, callee: &'static str) -> Result<String, Problem> {
        let now = self.system.now().as_second();
        let mut issued = self.issued.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((token, expires)) = issued.get(callee)
            // Renewed early, so that a token does not expire between signing and verification.
            && *expires - RENEW_BEFORE_SECONDS > now
        {
            return Ok(token.clone());
        }
        let claims = ServiceClaims { iss: self.name.to_owned(), aud: callee.to_owned(), exp: now + LIFETIME_SECONDS };
        let header = Header { kid: Some(self.key.kid.clone()), ..Header::new(Algorithm::EdDSA) };
        let token = encode(&header, &claims, &self.key.encoding).map_err(Problem::internal)?;
        issued.insert(callee, (token.clone(), claims.exp));
        Ok(token)
    }
}

/// The public keys of the services that may call, by service name.
#[derive(Clone)]
pub struct ServiceKeys {
    keys: Arc<HashMap<String, DecodingKey>>,
    system: SystemContext,
    verified: Cache<[u8; 32], Arc<ServiceClaims>>,
}

impl ServiceKeys {
    /// Creates the keys of the given callers. A key that does not parse is skipped, so the tokens of its service are
    /// rejected.
    pub fn new(callers: impl IntoIterator<Item = (String, Jwk)>, system: SystemContext) -> Self {
        let keys = callers
            .into_iter()
            .filter_map(|(name, key)| Some((name, DecodingKey::from_ed_components(&key.x).ok()?)))
            .collect();
        Self { keys: Arc::new(keys), system, verified: Cache::new(256) }
    }

    /// Returns the name of the service that signed `token` for `callee`.
    ///
    /// # Errors
    /// 401 when it is forged, expired or meant for another callee.
    pub fn verify(&self, token: &str, callee: &str) -> Result<String, Problem> {
        let refused = || problem::UNAUTHENTICATED.detail("The service token is not valid.");
        let digest = crate::secret::sha256(token.as_bytes());
        let claims = match self.verified.get(&digest) {
            Some(claims) => claims,
            None => {
                let claims = Arc::new(self.check(token).ok_or_else(refused)?);
                self.verified.insert(digest, Arc::clone(&claims));
                claims
            }
        };
        // Checked on every use, since the cache holds only the verified signature.
        if claims.aud != callee || claims.exp <= self.system.now().as_second() {
            return Err(refused());
        }
        Ok(claims.iss.clone())
    }

    fn check(&self, token: &str) -> Option<ServiceClaims> {
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.validate_aud = false;
        validation.validate_exp = false;
        // The issuer is accepted only if its own key made the signature. There are few callers, so every key is tried
        // instead of trusting the unverified `iss`.
        self.keys.iter().find_map(|(name, key)| {
            decode::<ServiceClaims>(token, key, &validation)
                .ok()
                .map(|data| data.claims)
                .filter(|claims| claims.iss == *name)
        })
    }
}
