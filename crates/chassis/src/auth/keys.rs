//! Ed25519 keys: the signing keys, and the public key set (JWKS, RFC 7517 and RFC 8037) for verification.

use crate::client::ServiceClient;
use crate::store::StoreError;
use crate::system::SystemContext;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{DecodingKey, EncodingKey};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio::time::Instant;
use utoipa::ToSchema;

/// A public Ed25519 key as a JSON Web Key (RFC 7517, RFC 8037).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Jwk {
    /// The key type, always `OKP`.
    pub kty: String,
    /// The curve, always `Ed25519`.
    pub crv: String,
    /// The algorithm, always `EdDSA`.
    pub alg: String,
    /// The use of the key, always `sig`.
    #[serde(rename = "use")]
    pub purpose: String,
    /// The key id that tokens name in their header.
    pub kid: String,
    /// The public key in unpadded base64url.
    pub x: String,
}

/// A JSON Web Key Set (RFC 7517).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct JwkSet {
    /// The keys that sign sessions at present.
    pub keys: Vec<Jwk>,
}

/// An Ed25519 key that signs tokens.
#[derive(Clone)]
pub struct SigningKey {
    /// The key id, derived from the public key.
    pub kid: String,
    pub(super) encoding: EncodingKey,
    public: Vec<u8>,
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SigningKey({})", self.kid)
    }
}

impl SigningKey {
    /// Generates a new key.
    ///
    /// # Errors
    /// When the crypto library fails, which is not expected.
    pub fn generate(system: &SystemContext) -> Result<Self, StoreError> {
        Self::from_seed(&system.bytes::<32>())
    }

    /// Derives the key of a 32-byte seed.
    ///
    /// # Errors
    /// When the seed is not 32 bytes.
    pub fn from_seed(seed: &[u8]) -> Result<Self, StoreError> {
        let fault = |error: &dyn std::fmt::Display| StoreError::Fault(format!("signing key: {error}"));
        // The omitted check compares the seed with a public key, but no public key is stored with it.
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).map_err(|error| fault(&error))?;
        let document = pair.to_pkcs8().map_err(|error| fault(&error))?;
        let public = pair.public_key().as_ref().to_vec();
        // Replicas that share a key publish it under one id without having to agree on it.
        let kid = crate::secret::sha256_hex(&public).chars().take(16).collect();
        Ok(Self { kid, encoding: EncodingKey::from_ed_der(document.as_ref()), public })
    }

    /// Returns the public key.
    pub fn jwk(&self) -> Jwk {
        Jwk {
            kty: "OKP".into(),
            crv: "Ed25519".into(),
            alg: "EdDSA".into(),
            purpose: "sig".into(),
            kid: self.kid.clone(),
            x: URL_SAFE_NO_PAD.encode(&self.public),
        }
    }
}

/// The public keys that verify sessions. A remote set is fetched from the user service; while that is unavailable, a
/// stale set is used.
#[derive(Clone)]
pub struct KeySet(Arc<Inner>);

struct Inner {
    remote: Option<ServiceClient>,
    known: RwLock<Known>,
}

#[derive(Default)]
struct Known {
    keys: HashMap<String, Arc<DecodingKey>>,
    fetched: Option<Instant>,
    /// True once a set was fetched or given.
    complete: bool,
}

/// The keys were never fetched, so no token can be checked.
#[derive(Debug)]
pub struct KeysUnavailable;

const MAX_KEY_AGE: Duration = Duration::from_secs(300);
const MIN_REFRESH_INTERVAL: Duration = Duration::from_secs(2);

impl KeySet {
    /// Creates a set of keys that never changes.
    pub fn fixed(set: &JwkSet) -> Self {
        Self(Arc::new(Inner {
            remote: None,
            known: RwLock::new(Known { keys: decode(set), fetched: None, complete: true }),
        }))
    }

    /// Creates a set that is fetched from `user` when it is first needed.
    pub fn remote(user: ServiceClient) -> Self {
        Self(Arc::new(Inner { remote: Some(user), known: RwLock::default() }))
    }

    /// Returns the key with this id. An unknown id causes the set to be fetched again.
    ///
    /// # Errors
    /// [`KeysUnavailable`] when the keys were never fetched and the user service is unavailable.
    pub async fn find(&self, kid: &str) -> Result<Option<Arc<DecodingKey>>, KeysUnavailable> {
        let (found, age, complete) = {
            let known = self.0.known.read().unwrap_or_else(PoisonError::into_inner);
            (known.keys.get(kid).cloned(), known.fetched.map(|at| at.elapsed()), known.complete)
        };
        // An unknown key id may be a new key, but a forged token must not cause a request each time.
        let wanted = if found.is_some() { MAX_KEY_AGE } else { MIN_REFRESH_INTERVAL };
        match &self.0.remote {
            Some(user) if !complete || age.is_none_or(|age| age > wanted) => self.refresh(user, kid).await,
            _ => Ok(found),
        }
    }

    async fn refresh(&self, user: &ServiceClient, kid: &str) -> Result<Option<Arc<DecodingKey>>, KeysUnavailable> {
        let answer = user.get::<JwkSet>("/.well-known/jwks.json").await;
        let mut known = self.0.known.write().unwrap_or_else(PoisonError::into_inner);
        // Set also after a failure, so that requests do not each call a user service that is unavailable.
        known.fetched = Some(Instant::now());
        match answer {
            Ok(set) => (known.keys, known.complete) = (decode(&set), true),
            Err(error) if known.complete => {
                tracing::warn!(%error, "cannot fetch the key set; going on with the one known");
            }
            Err(error) => {
                tracing::warn!(%error, "cannot fetch the key set");
                return Err(KeysUnavailable);
            }
        }
        Ok(known.keys.get(kid).cloned())
    }
}

fn decode(set: &JwkSet) -> HashMap<String, Arc<DecodingKey>> {
    set.keys
        .iter()
        // A key that does not parse is skipped, so that the tokens of the other keys remain valid.
        .filter_map(|jwk| Some((jwk.kid.clone(), Arc::new(DecodingKey::from_ed_components(&jwk.x).ok()?))))
        .collect()
}
