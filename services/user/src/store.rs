//! What user asks of a database. Each method is one atomic unit of work.

pub mod mongo;
mod moved;
pub mod redis;
pub mod sqlite;

use crate::account::{Credentials, NewAccount};
use crate::family::{Digest, IssuedToken, LiveSession, NewSession};
use crate::password::StoredPassword;
use async_trait::async_trait;
use chassis::StoreError;
use chassis::auth::Role;
use chassis::health::Check;
use contracts::user::{Account, DeviceSession, SavedAddress};
use contracts::{AccountId, Address};
use jiff::Timestamp;
use uuid::Uuid;

/// Whether an account was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opening {
    /// It is, with its session.
    Opened,
    /// Somebody has the address, in whatever case.
    EmailTaken,
}

/// Whether the first admin's account was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FirstAdminOpening {
    /// It is, and the code is used up.
    Opened,
    /// Somebody has the address; the code stays good.
    EmailTaken,
    /// The code is not the one that waits.
    WrongCode,
    /// There is an admin already.
    AdminExists,
}

/// The first admin's code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AdminCode {
    /// There is an admin, so there is none.
    AdminExists,
    /// None was issued yet.
    NotIssued,
    /// This one waits to be used.
    Waiting(Digest),
}

/// What became of a change to an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// It is done.
    Changed(Account),
    /// The account has another version.
    Stale,
    /// There is no such account.
    Missing,
}

/// What became of a change of roles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RolesOutcome {
    /// As with any change.
    Settled(Change),
    /// It would leave the shop without an admin; nothing was changed.
    LastAdmin,
}

/// What became of a refresh token that was presented.
#[derive(Debug, Clone)]
pub enum Rotation {
    /// It was the newest; its successor is the newest now.
    Rotated(LiveSession),
    /// It was replaced just before; its successor stays as it is.
    Repeated(LiveSession),
    /// It was replaced a while ago; the session of this account has ended for it.
    Reused(AccountId),
    /// There is no such token, or its session is over.
    Unknown,
}

/// Where accounts are kept.
#[async_trait]
pub trait AccountStore: Send + Sync {
    /// Opens an account, with its first session if it has one.
    async fn open_account(&self, account: &NewAccount, session: Option<&NewSession>) -> Result<Opening, StoreError>;

    /// Opens the first admin's account and uses up the code, unless there is an admin.
    async fn open_first_admin(
        &self,
        code: &Digest,
        account: &NewAccount,
        session: &NewSession,
    ) -> Result<FirstAdminOpening, StoreError>;

    /// Sets the first admin's code in place of an earlier one. False, and nothing is changed, when there is an admin.
    async fn set_first_admin_code(&self, code: &Digest) -> Result<bool, StoreError>;

    /// The first admin's code.
    async fn first_admin_code(&self) -> Result<AdminCode, StoreError>;

    /// The account with this address in lower case.
    async fn credentials(&self, email: &str) -> Result<Option<Credentials>, StoreError>;

    /// Accounts whose address in lower case begins with `prefix` and comes after `after`, in its order.
    async fn accounts(&self, prefix: &str, after: &str, limit: usize) -> Result<Vec<Account>, StoreError>;

    /// Changes the name, when the version is the one given.
    async fn rename(&self, id: AccountId, name: &str, version: i64) -> Result<Change, StoreError>;

    /// Replaces the password `former` and ends all sessions but `keep`. False, and nothing is changed, when the password
    /// is another one by now.
    async fn change_password(
        &self,
        id: AccountId,
        former: &StoredPassword,
        new: &StoredPassword,
        keep: Option<Uuid>,
    ) -> Result<bool, StoreError>;

    /// Sets all roles, when the version is the one given and an admin is left.
    async fn change_roles(&self, id: AccountId, roles: &[Role], version: i64) -> Result<RolesOutcome, StoreError>;
}

/// Where sessions are kept.
#[async_trait]
pub trait SessionStore: Send + Sync {
    /// Begins a session, unless the account's password is no longer `password`, the one that was checked. Ends the
    /// session that was not used for longest when the account has too many.
    async fn begin_session(&self, session: &NewSession, password: &StoredPassword) -> Result<bool, StoreError>;

    /// Where a refresh token stands in its family, used up or not.
    async fn issued_token(&self, token: &Digest) -> Result<Option<IssuedToken>, StoreError>;

    /// Replaces the refresh token `presented` by `successor`, by the rules of `family::Standing::judge`.
    async fn rotate(&self, presented: &Digest, successor: &Digest, now: Timestamp) -> Result<Rotation, StoreError>;

    /// The account, if it exists, and so does the session, when one is named.
    async fn signed_in(
        &self,
        account: AccountId,
        session: Option<Uuid>,
        now: Timestamp,
    ) -> Result<Option<Account>, StoreError>;

    /// The account's live sessions, the most recently used first; `current` is left false.
    async fn sessions(&self, account: AccountId, now: Timestamp) -> Result<Vec<DeviceSession>, StoreError>;

    /// Ends a session, if it is the given account's. Says whether there was one.
    async fn end_session(&self, session: Uuid, account: Option<AccountId>) -> Result<bool, StoreError>;

    /// Removes at most `limit` each of expired sessions and of tokens long used up. Says how many it removed.
    async fn forget_expired(&self, now: Timestamp, limit: usize) -> Result<usize, StoreError>;
}

/// Where address books are kept.
#[async_trait]
pub trait AddressStore: Send + Sync {
    /// The account's addresses, the newest first.
    async fn addresses(&self, account: AccountId) -> Result<Vec<SavedAddress>, StoreError>;

    /// Adds an address. False, and nothing is changed, when the book is full.
    async fn add_address(&self, account: AccountId, saved: &SavedAddress, now: Timestamp) -> Result<bool, StoreError>;

    /// Replaces an address of the account. Says whether there was one.
    async fn replace_address(&self, account: AccountId, id: Uuid, address: &Address) -> Result<bool, StoreError>;

    /// Removes an address of the account. Says whether there was one.
    async fn remove_address(&self, account: AccountId, id: Uuid) -> Result<bool, StoreError>;
}

/// Everything user keeps.
#[async_trait]
pub trait Store: AccountStore + SessionStore + AddressStore + Check {}
