//! Use cases of API keys: creates and revokes them, and exchanges them for access tokens.

use crate::refresh_token::Digest;
use crate::sessions::Sessions;
use crate::store::Store;
use chassis::SystemContext;
use chassis::auth::Role;
use chassis::problem::{self, Problem};
use contracts::Secret;
use contracts::user::{Account, ApiKey, CreatedApiKey, NewApiKey, TOO_MANY_API_KEYS};
use std::sync::Arc;
use uuid::Uuid;

/// The maximum number of keys of a shop.
pub const MAX_API_KEYS: usize = 100;
/// The beginning of every secret, by which scanners of source code recognise one that was published by mistake.
const PREFIX: &str = "shopstack_";
/// Longer texts are rejected without hashing: no secret has so many bytes.
const MAX_SECRET_LENGTH: usize = 128;

/// The use cases of API keys.
#[derive(Clone)]
pub struct ApiKeys {
    store: Arc<dyn Store>,
    sessions: Sessions,
    system: SystemContext,
}

impl ApiKeys {
    /// Creates the use cases over `store`.
    pub fn new(store: Arc<dyn Store>, sessions: Sessions, system: SystemContext) -> Self {
        Self { store, sessions, system }
    }

    /// Creates a key. Its secret is returned and not stored: a leaked database contains no usable key.
    ///
    /// # Errors
    /// 422 without roles or with one that programs cannot have; 409 `too-many-api-keys`.
    pub async fn create(&self, request: &NewApiKey, admin: &Account) -> Result<CreatedApiKey, Problem> {
        let secret = format!("{PREFIX}{}", self.system.token::<32>());
        let key = ApiKey {
            id: self.system.id(),
            name: request.name.as_str().to_owned(),
            roles: roles(&request.roles)?,
            created_by: admin.id,
            created_at: self.system.now(),
            last_used_at: None,
        };
        if !self.store.add_api_key(&key, &Digest::of(&secret)).await? {
            let detail = format!("The shop has {MAX_API_KEYS} API keys. Revoke one that is not used any more first.");
            return Err(TOO_MANY_API_KEYS.detail(detail));
        }
        Ok(CreatedApiKey { key, secret: Secret::from(secret) })
    }

    /// Revokes a key. Access tokens that were exchanged for it remain valid for up to ten minutes.
    ///
    /// # Errors
    /// 404 when there is no such key.
    pub async fn revoke(&self, id: Uuid) -> Result<(), Problem> {
        match self.store.delete_api_key(id).await? {
            true => Ok(()),
            false => Err(problem::NOT_FOUND.detail("API key not found.")),
        }
    }

    /// Exchanges the secret of a key for an access token.
    ///
    /// # Errors
    /// 401 when no key has this secret.
    pub async fn exchange(&self, secret: &str) -> Result<Secret, Problem> {
        let known = match secret.len() {
            0..=MAX_SECRET_LENGTH => self.store.use_api_key(&Digest::of(secret), self.system.now()).await?,
            _ => None,
        };
        let key = known.ok_or_else(|| problem::UNAUTHENTICATED.detail("The API key is not valid, or was revoked."))?;
        self.sessions.api_key_token(&key)
    }
}

/// Returns the roles without repetitions.
fn roles(requested: &[Role]) -> Result<Vec<Role>, Problem> {
    // An admin's key could create further keys, which would outlive its own revocation.
    if requested.is_empty() || requested.iter().any(|role| matches!(role, Role::Customer | Role::Admin)) {
        return Err(Problem::invalid("/roles", "Choose at least one of warehouse, support and merchant."));
    }
    let mut roles = requested.to_vec();
    roles.sort_unstable();
    roles.dedup();
    Ok(roles)
}
