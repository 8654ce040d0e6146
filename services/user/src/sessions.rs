//! Begins, refreshes and ends the sessions of accounts, and signs their tokens.

use crate::family::{ABSOLUTE, Digest, IDLE, IssuedToken, NewSession, Seed};
use crate::settings::Settings;
use crate::store::{Rotation, Store};
use chassis::SystemContext;
use chassis::auth::{AccessClaims, SigningKey, TokenKind, sign_access};
use chassis::problem::{self, Problem};
use chassis::secret::SecretKey;
use contracts::user::Account;
use contracts::{AccountId, Secret};
use jiff::Timestamp;
use std::sync::Arc;
use uuid::Uuid;

/// Seconds until an access token expires.
pub const ACCESS_SECONDS: i64 = 600;
/// Seconds until a guest's token expires: ninety days.
pub const GUEST_SECONDS: i64 = 90 * 24 * 3600;
/// No refresh token is longer.
const LONGEST_TOKEN: usize = 128;

/// What a client gets for a session.
#[derive(Debug, Clone)]
pub struct Grant {
    /// Who is logged in.
    pub account: Account,
    /// The access token.
    pub access: Secret,
    /// The refresh token.
    pub refresh: Secret,
    /// Seconds until the session ends, when it is not refreshed.
    pub lasts: i64,
}

/// The sessions of all accounts.
#[derive(Clone)]
pub struct Sessions {
    store: Arc<dyn Store>,
    system: SystemContext,
    session_key: SigningKey,
    refresh_key: SecretKey,
}

impl Sessions {
    /// The sessions kept in `store`.
    pub fn new(store: Arc<dyn Store>, settings: &Settings, system: SystemContext) -> Self {
        let (session_key, refresh_key) = (settings.session_key.clone(), settings.refresh_key.clone());
        Self { store, system, session_key, refresh_key }
    }

    /// A session to begin, still to be stored.
    pub fn draft(&self, account: AccountId, user_agent: &str) -> NewSession {
        let (id, seed) = (self.system.id(), Seed::new(self.system.token::<32>()));
        let token = Digest::of(self.token(id, &seed, 0).expose());
        NewSession { id, account, seed, token, user_agent: user_agent.to_owned(), at: self.system.now() }
    }

    /// What the client gets for a session that has just begun.
    ///
    /// # Errors
    /// When signing fails, which it has no reason to.
    pub fn grant(&self, session: &NewSession, account: Account) -> Result<Grant, Problem> {
        let refresh = self.token(session.id, &session.seed, 0);
        self.granted(session.id, session.at, account, refresh)
    }

    /// Exchanges a refresh token for the next one. The token is used up, but for twenty seconds it answers the same.
    ///
    /// # Errors
    /// 401 when the token is not good. One that was used up before ends its whole session.
    pub async fn refresh(&self, presented: &str) -> Result<Grant, Problem> {
        let digest = Digest::of(presented);
        let issued = match presented.len() {
            0..=LONGEST_TOKEN => self.store.issued_token(&digest).await?,
            _ => None,
        };
        let IssuedToken { session, seed, sequence } = issued.ok_or_else(over)?;
        let successor = self.token(session, &seed, sequence + 1);
        match self.store.rotate(&digest, &Digest::of(successor.expose()), self.system.now()).await? {
            Rotation::Rotated(live) | Rotation::Repeated(live) => {
                self.granted(live.id, live.created_at, live.account, successor)
            }
            Rotation::Reused(account) => {
                tracing::warn!(%account, %session, "a refresh token was used a second time; its session is revoked");
                Err(over())
            }
            Rotation::Unknown => Err(over()),
        }
    }

    /// Ends the session of a refresh token, if it has one.
    ///
    /// # Errors
    /// When the store refuses.
    pub async fn end(&self, presented: &str) -> Result<(), Problem> {
        let issued = match presented.len() {
            0..=LONGEST_TOKEN => self.store.issued_token(&Digest::of(presented)).await?,
            _ => None,
        };
        if let Some(issued) = issued {
            self.store.end_session(issued.session, None).await?;
        }
        Ok(())
    }

    /// A guest's token.
    ///
    /// # Errors
    /// When signing fails, which it has no reason to.
    pub fn guest_token(&self, guest: Uuid) -> Result<Secret, Problem> {
        let claims = AccessClaims::new(TokenKind::Guest, guest, GUEST_SECONDS, &self.system);
        sign_access(&claims, &self.session_key).map(Secret::from)
    }

    /// Follows from the seed and the number alone, so that a repeated question gets the same answer although the token
    /// is stored nowhere; without the service's key the seed tells nothing.
    fn token(&self, session: Uuid, seed: &Seed, sequence: i64) -> Secret {
        let (session, sequence) = (session.to_string(), sequence.to_string());
        self.refresh_key.sign(&["refresh-token", &session, seed.as_str(), &sequence]).into()
    }

    fn granted(&self, session: Uuid, began: Timestamp, account: Account, refresh: Secret) -> Result<Grant, Problem> {
        let mut claims = AccessClaims::new(TokenKind::Access, account.id.0, ACCESS_SECONDS, &self.system);
        claims.roles.clone_from(&account.roles);
        claims.sid = Some(session);
        let access = sign_access(&claims, &self.session_key)?.into();
        let at_most = ABSOLUTE.as_secs() - self.system.now().duration_since(began).as_secs();
        Ok(Grant { account, access, refresh, lasts: IDLE.as_secs().min(at_most) })
    }
}

fn over() -> Problem {
    problem::UNAUTHENTICATED.detail("The session is over. Log in again.")
}
