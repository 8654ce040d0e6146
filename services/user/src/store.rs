//! The store of accounts, sessions, address books and API keys. Each method is one atomic unit of work.

mod data_migration;
pub mod mongo;
pub mod redis;
pub mod sqlite;

use crate::account::{Credentials, NewAccount};
use crate::password_hasher::StoredPassword;
use crate::refresh_token::{Digest, IssuedToken, LiveSession, NewSession};
use async_trait::async_trait;
use chassis::StoreError;
use chassis::auth::Role;
use chassis::health::Check;
use contracts::user::{Account, ApiKey, DeviceSession, SavedAddress};
use contracts::{AccountId, Address};
use jiff::Timestamp;
use uuid::Uuid;

/// The outcome of a registration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RegisterOutcome {
    /// The account was stored, with its session.
    Registered,
    /// Another account uses the email, in whatever case.
    EmailTaken,
}

/// The outcome of creating the first admin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BootstrapOutcome {
    /// The account was stored and the code used up.
    Created,
    /// Another account uses the email; the code remains valid.
    EmailTaken,
    /// The code is not the pending one.
    WrongCode,
    AdminExists,
}

/// The state of the first admin's one-time code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AdminCode {
    /// An admin exists, so that no code is valid.
    AdminExists,
    NotIssued,
    /// The code with this digest can be used.
    Pending(Digest),
}

/// The outcome of an update that names the version it is based on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UpdateOutcome {
    Updated(Account),
    /// The account has another version.
    Stale,
    NotFound,
}

/// The outcome of setting the roles of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SetRolesOutcome {
    Completed(UpdateOutcome),
    /// No admin would remain; nothing was changed.
    LastAdmin,
}

/// The outcome of rotating a refresh token.
#[derive(Debug, Clone)]
pub enum RotateOutcome {
    /// The token was the newest; its successor was stored.
    Rotated(LiveSession),
    /// The token was replaced within the grace period; its successor is unchanged.
    Repeated(LiveSession),
    /// An older token of this account was presented; its session was ended.
    ReuseDetected(AccountId),
    /// The token is unknown, or its session has ended.
    Invalid,
}

/// Stores accounts, passwords and roles.
#[async_trait]
pub trait AccountStore: Send + Sync {
    /// Stores a new account, with its first session if it has one.
    async fn register_account(
        &self,
        account: &NewAccount,
        session: Option<&NewSession>,
    ) -> Result<RegisterOutcome, StoreError>;

    /// Stores the first admin and uses up the code, unless there is an admin.
    async fn bootstrap_admin(
        &self,
        code: &Digest,
        account: &NewAccount,
        session: &NewSession,
    ) -> Result<BootstrapOutcome, StoreError>;

    /// Replaces the first admin's code. Returns false and changes nothing when there is an admin.
    async fn set_first_admin_code(&self, code: &Digest) -> Result<bool, StoreError>;

    /// Returns the state of the first admin's code.
    async fn first_admin_code(&self) -> Result<AdminCode, StoreError>;

    /// Returns the account with this email, which is given in lower case.
    async fn credentials(&self, email: &str) -> Result<Option<Credentials>, StoreError>;

    /// Returns the account with this id.
    async fn account(&self, id: AccountId) -> Result<Option<Account>, StoreError>;

    /// Returns accounts whose email in lower case begins with `prefix` and sorts after `after`, ordered by email.
    async fn accounts(&self, prefix: &str, after: &str, limit: usize) -> Result<Vec<Account>, StoreError>;

    /// Changes the name if the account has this version.
    async fn rename(&self, id: AccountId, name: &str, version: i64) -> Result<UpdateOutcome, StoreError>;

    /// Replaces the password `former` and ends all sessions but `keep`. Returns false and changes nothing when the
    /// stored password is another one.
    async fn change_password(
        &self,
        id: AccountId,
        former: &StoredPassword,
        new: &StoredPassword,
        keep: Option<Uuid>,
    ) -> Result<bool, StoreError>;

    /// Sets all roles if the account has this version and an admin remains.
    async fn set_roles(&self, id: AccountId, roles: &[Role], version: i64) -> Result<SetRolesOutcome, StoreError>;
}

/// Stores sessions and the digests of their refresh tokens.
#[async_trait]
pub trait SessionStore: Send + Sync {
    /// Stores a session. Returns false when the account's password is no longer `password`, the one that was verified.
    /// Ends the least recently used session when the account has too many.
    async fn begin_session(&self, session: &NewSession, password: &StoredPassword) -> Result<bool, StoreError>;

    /// Returns a refresh token that was issued, used or not.
    async fn issued_token(&self, token: &Digest) -> Result<Option<IssuedToken>, StoreError>;

    /// Replaces the refresh token `presented` by `successor` according to `FamilyState::check`.
    async fn rotate(&self, presented: &Digest, successor: &Digest, now: Timestamp)
    -> Result<RotateOutcome, StoreError>;

    /// Returns the account if it exists and, when a session is given, that session is live and belongs to it.
    async fn signed_in(
        &self,
        account: AccountId,
        session: Option<Uuid>,
        now: Timestamp,
    ) -> Result<Option<Account>, StoreError>;

    /// Returns the account's live sessions, the most recently used first. The caller sets `current`.
    async fn sessions(&self, account: AccountId, now: Timestamp) -> Result<Vec<DeviceSession>, StoreError>;

    /// Ends a session; with `account`, only a session of that account. Returns false when there was none.
    async fn end_session(&self, session: Uuid, account: Option<AccountId>) -> Result<bool, StoreError>;

    /// Deletes up to `limit` expired sessions and up to `limit` refresh tokens that are no longer needed. Returns the
    /// larger of the two numbers.
    async fn purge_expired(&self, now: Timestamp, limit: usize) -> Result<usize, StoreError>;
}

/// Stores the address books of accounts.
#[async_trait]
pub trait AddressStore: Send + Sync {
    /// Returns the account's addresses, the newest first.
    async fn addresses(&self, account: AccountId) -> Result<Vec<SavedAddress>, StoreError>;

    /// Adds an address. Returns false and changes nothing when the address book is full.
    async fn add_address(&self, account: AccountId, saved: &SavedAddress, now: Timestamp) -> Result<bool, StoreError>;

    /// Replaces an address of the account. Returns false when there was none.
    async fn replace_address(&self, account: AccountId, id: Uuid, address: &Address) -> Result<bool, StoreError>;

    /// Deletes an address of the account. Returns false when there was none.
    async fn delete_address(&self, account: AccountId, id: Uuid) -> Result<bool, StoreError>;
}

/// Stores API keys and the digests of their secrets.
#[async_trait]
pub trait ApiKeyStore: Send + Sync {
    /// Adds a key. Returns false and changes nothing when there are [`MAX_API_KEYS`].
    ///
    /// [`MAX_API_KEYS`]: crate::MAX_API_KEYS
    async fn add_api_key(&self, key: &ApiKey, secret: &Digest) -> Result<bool, StoreError>;

    /// Returns all keys, the newest first.
    async fn api_keys(&self) -> Result<Vec<ApiKey>, StoreError>;

    /// Returns the key with this secret, and records the time of its use.
    async fn use_api_key(&self, secret: &Digest, now: Timestamp) -> Result<Option<ApiKey>, StoreError>;

    /// Deletes a key. Returns false when there was none.
    async fn delete_api_key(&self, id: Uuid) -> Result<bool, StoreError>;
}

/// The complete store of the user service.
#[async_trait]
pub trait Store: AccountStore + SessionStore + AddressStore + ApiKeyStore + Check {}
