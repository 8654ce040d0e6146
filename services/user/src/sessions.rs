//! Use cases of sessions: starts, refreshes and ends them, and signs their tokens.

use crate::refresh_token::{ABSOLUTE_TIMEOUT, Digest, IDLE_TIMEOUT, IssuedToken, NewSession, Seed};
use crate::settings::Settings;
use crate::store::{RotateOutcome, Store};
use chassis::SystemContext;
use chassis::auth::{AccessClaims, SigningKey, TokenKind, sign_access};
use chassis::problem::{self, Problem};
use chassis::secret::SecretKey;
use contracts::user::{Account, ApiKey};
use contracts::{AccountId, Secret};
use jiff::Timestamp;
use std::sync::Arc;
use uuid::Uuid;

/// The lifetime of an access token, in seconds.
pub const ACCESS_SECONDS: i64 = 600;
/// The lifetime of a guest's token, in seconds: ninety days.
pub const GUEST_SECONDS: i64 = 90 * 24 * 3600;
/// Longer texts are rejected without hashing: no refresh token has so many bytes.
const MAX_TOKEN_LENGTH: usize = 128;

/// The tokens of a session, as a client receives them.
#[derive(Debug, Clone)]
pub struct TokenSet {
    pub account: Account,
    pub access: Secret,
    pub refresh: Secret,
    /// Seconds until the session ends unless it is refreshed.
    pub expires_in: i64,
}

/// The use cases of sessions.
#[derive(Clone)]
pub struct Sessions {
    store: Arc<dyn Store>,
    system: SystemContext,
    session_key: SigningKey,
    refresh_key: SecretKey,
}

impl Sessions {
    /// Creates the use cases over `store`.
    pub fn new(store: Arc<dyn Store>, settings: &Settings, system: SystemContext) -> Self {
        let (session_key, refresh_key) = (settings.session_key.clone(), settings.refresh_key.clone());
        Self { store, system, session_key, refresh_key }
    }

    /// Creates a session, which the caller stores.
    pub fn new_session(&self, account: AccountId, user_agent: &str) -> NewSession {
        // The seed is stored with the session, its tokens never: a leaked database contains no usable token.
        let (id, seed) = (self.system.id(), Seed::new(self.system.token::<32>()));
        let token = Digest::of(self.derive_token(id, &seed, 0).expose());
        NewSession { id, account, seed, token, user_agent: user_agent.to_owned(), at: self.system.now() }
    }

    /// Returns the first tokens of a session that was just stored.
    ///
    /// # Errors
    /// When signing fails, which indicates a bug.
    pub fn first_tokens(&self, session: &NewSession, account: Account) -> Result<TokenSet, Problem> {
        let refresh = self.derive_token(session.id, &session.seed, 0);
        self.sign_tokens(session.id, session.at, account, refresh)
    }

    /// Exchanges a refresh token for its successor. Repeating the request within [`REUSE_GRACE`] returns the same
    /// successor.
    ///
    /// # Errors
    /// 401 when the token is invalid. A token that was used before ends its session.
    ///
    /// [`REUSE_GRACE`]: crate::refresh_token::REUSE_GRACE
    pub async fn refresh(&self, presented: &str) -> Result<TokenSet, Problem> {
        let digest = Digest::of(presented);
        let issued = match presented.len() {
            0..=MAX_TOKEN_LENGTH => self.store.issued_token(&digest).await?,
            _ => None,
        };
        let IssuedToken { session, seed, sequence } = issued.ok_or_else(session_expired)?;
        // Derived before the rotation, because the store receives only the digest.
        let successor = self.derive_token(session, &seed, sequence + 1);
        match self.store.rotate(&digest, &Digest::of(successor.expose()), self.system.now()).await? {
            RotateOutcome::Rotated(live) | RotateOutcome::Repeated(live) => {
                self.sign_tokens(live.id, live.created_at, live.account, successor)
            }
            RotateOutcome::ReuseDetected(account) => {
                tracing::warn!(%account, %session, "refresh token reused; its session was revoked");
                // The response does not mention the reuse: the client may be the thief.
                Err(session_expired())
            }
            RotateOutcome::Invalid => Err(session_expired()),
        }
    }

    /// Ends the session of a refresh token. An unknown token is no error.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn end(&self, presented: &str) -> Result<(), Problem> {
        let issued = match presented.len() {
            0..=MAX_TOKEN_LENGTH => self.store.issued_token(&Digest::of(presented)).await?,
            _ => None,
        };
        if let Some(issued) = issued {
            // No account is compared: possession of the token proves that the session is the caller's.
            self.store.end_session(issued.session, None).await?;
        }
        Ok(())
    }

    /// Signs the token of a guest.
    ///
    /// # Errors
    /// When signing fails, which indicates a bug.
    pub fn guest_token(&self, guest: Uuid) -> Result<Secret, Problem> {
        let claims = AccessClaims::new(TokenKind::Guest, guest, GUEST_SECONDS, &self.system);
        sign_access(&claims, &self.session_key).map(Secret::from)
    }

    /// Signs the access token of an API key.
    ///
    /// # Errors
    /// When signing fails, which indicates a bug.
    pub fn api_key_token(&self, key: &ApiKey) -> Result<Secret, Problem> {
        let mut claims = AccessClaims::new(TokenKind::ApiKey, key.id, ACCESS_SECONDS, &self.system);
        claims.roles.clone_from(&key.roles);
        sign_access(&claims, &self.session_key).map(Secret::from)
    }

    /// Derives a refresh token from the seed and the sequence number. A repeated request therefore receives the same
    /// token although only its digest is stored, and the seed alone is useless without the service's key.
    fn derive_token(&self, session: Uuid, seed: &Seed, sequence: i64) -> Secret {
        let (session, sequence) = (session.to_string(), sequence.to_string());
        self.refresh_key.sign(&["refresh-token", &session, seed.as_str(), &sequence]).into()
    }

    fn sign_tokens(
        &self,
        session: Uuid,
        created_at: Timestamp,
        account: Account,
        refresh: Secret,
    ) -> Result<TokenSet, Problem> {
        let mut claims = AccessClaims::new(TokenKind::Access, account.id.0, ACCESS_SECONDS, &self.system);
        // The roles are those of the store now, so a revoked role disappears with the next refresh.
        claims.roles.clone_from(&account.roles);
        claims.sid = Some(session);
        let access = sign_access(&claims, &self.session_key)?.into();
        // A cookie must not outlive the absolute timeout of its session, however recently it was refreshed.
        let remaining = ABSOLUTE_TIMEOUT.as_secs() - self.system.now().duration_since(created_at).as_secs();
        Ok(TokenSet { account, access, refresh, expires_in: IDLE_TIMEOUT.as_secs().min(remaining) })
    }
}

fn session_expired() -> Problem {
    problem::UNAUTHENTICATED.detail("Your session has expired. Log in again.")
}
