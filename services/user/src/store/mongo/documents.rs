//! The documents of the collections. Times are microseconds since 1970, ids are texts.

use crate::account::{Credentials, NewAccount};
use crate::password_hasher::StoredPassword;
use crate::refresh_token::{Digest, FamilyState, NewSession};
use chassis::StoreError;
use chassis::auth::Role;
use chassis::mongo::{micros, moment, parse};
use contracts::user::{Account, ApiKey, DeviceSession, SavedAddress};
use contracts::{Address, Email};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub const ACCOUNTS: &str = "accounts";
pub const API_KEYS: &str = "api_keys";
pub const FIRST_ADMIN: &str = "first_admin";
pub const SESSIONS: &str = "sessions";
pub const TOKENS: &str = "refresh_tokens";

/// A document of `accounts`. `email_key` is the email in lower case; `admin` is derived from `roles` for its index.
#[derive(Serialize, Deserialize)]
pub(in crate::store) struct AccountDocument {
    #[serde(rename = "_id")]
    id: String,
    email: Email,
    email_key: String,
    name: String,
    password: String,
    roles: Vec<Role>,
    pub(super) admin: bool,
    created_at: i64,
    pub(super) version: i64,
    /// The number of logins. Every login increments it, so that it conflicts with a concurrent change of the password.
    logins: i64,
    /// The address book, the newest first.
    #[serde(default)]
    pub(super) addresses: Vec<AddressDocument>,
}

impl AccountDocument {
    pub(super) fn new(account: &NewAccount) -> Self {
        Self {
            id: account.id.to_string(),
            email: account.email.clone(),
            email_key: account.email.normalised(),
            name: account.name.clone(),
            password: account.password.as_str().to_owned(),
            roles: account.roles.clone(),
            admin: account.roles.contains(&Role::Admin),
            created_at: micros(account.at),
            version: 1,
            logins: 0,
            addresses: Vec::new(),
        }
    }

    pub(super) fn account(self) -> Result<Account, StoreError> {
        Ok(self.credentials()?.account)
    }

    pub(super) fn credentials(self) -> Result<Credentials, StoreError> {
        let account = Account {
            id: parse(&self.id)?,
            email: self.email,
            name: self.name,
            roles: self.roles,
            created_at: moment(self.created_at)?,
            version: self.version,
        };
        Ok(Credentials { account, password: StoredPassword::new(self.password) })
    }
}

/// An address within an account.
#[derive(Serialize, Deserialize)]
pub(in crate::store) struct AddressDocument {
    id: String,
    address: Address,
    created_at: i64,
}

impl AddressDocument {
    pub(super) fn new(saved: &SavedAddress, now: Timestamp) -> Self {
        Self { id: saved.id.to_string(), address: saved.address.clone(), created_at: micros(now) }
    }

    pub(super) fn saved(self) -> Result<SavedAddress, StoreError> {
        Ok(SavedAddress { id: parse(&self.id)?, address: self.address })
    }
}

/// The single document of `first_admin`, with the digest of the pending code. Every transaction that removes an admin or
/// creates the first one increments `turn`, so that of two concurrent ones the second is retried.
#[derive(Serialize, Deserialize)]
pub(in crate::store) struct FirstAdminDocument {
    #[serde(rename = "_id")]
    id: i32,
    pub(super) code: Option<String>,
    turn: i64,
}

/// A document of `sessions`.
#[derive(Serialize, Deserialize)]
pub(in crate::store) struct SessionDocument {
    #[serde(rename = "_id")]
    pub(super) id: String,
    pub(super) account_id: String,
    pub(super) seed: String,
    pub(super) sequence: i64,
    user_agent: String,
    created_at: i64,
    last_used_at: i64,
}

impl SessionDocument {
    pub(super) fn new(session: &NewSession) -> Self {
        Self {
            id: session.id.to_string(),
            account_id: session.account.to_string(),
            seed: session.seed.as_str().to_owned(),
            sequence: 0,
            user_agent: session.user_agent.clone(),
            created_at: micros(session.at),
            last_used_at: micros(session.at),
        }
    }

    pub(super) fn family_state(&self) -> Result<FamilyState, StoreError> {
        Ok(FamilyState {
            sequence: self.sequence,
            created_at: moment(self.created_at)?,
            last_used_at: moment(self.last_used_at)?,
        })
    }

    pub(super) fn device(self) -> Result<DeviceSession, StoreError> {
        Ok(DeviceSession {
            id: parse(&self.id)?,
            created_at: moment(self.created_at)?,
            last_used_at: moment(self.last_used_at)?,
            user_agent: self.user_agent,
            current: false,
        })
    }
}

/// A document of `refresh_tokens`. Tokens of an ended session are invalid, and are purged once they are old.
#[derive(Serialize, Deserialize)]
pub(in crate::store) struct TokenDocument {
    #[serde(rename = "_id")]
    digest: String,
    pub(super) session_id: String,
    pub(super) sequence: i64,
    issued_at: i64,
}

impl TokenDocument {
    pub(super) fn new(session_id: &str, sequence: i64, token: &Digest, at: Timestamp) -> Self {
        let (digest, session_id) = (token.as_str().to_owned(), session_id.to_owned());
        Self { digest, session_id, sequence, issued_at: micros(at) }
    }
}

/// A document of `api_keys`.
#[derive(Serialize, Deserialize)]
pub(in crate::store) struct ApiKeyDocument {
    #[serde(rename = "_id")]
    id: String,
    digest: String,
    name: String,
    roles: Vec<Role>,
    created_by: String,
    created_at: i64,
    last_used_at: Option<i64>,
}

impl ApiKeyDocument {
    pub(super) fn new(key: &ApiKey, secret: &Digest) -> Self {
        Self {
            id: key.id.to_string(),
            digest: secret.as_str().to_owned(),
            name: key.name.clone(),
            roles: key.roles.clone(),
            created_by: key.created_by.to_string(),
            created_at: micros(key.created_at),
            last_used_at: key.last_used_at.map(micros),
        }
    }

    pub(super) fn api_key(self) -> Result<ApiKey, StoreError> {
        Ok(ApiKey {
            id: parse(&self.id)?,
            name: self.name,
            roles: self.roles,
            created_by: parse(&self.created_by)?,
            created_at: moment(self.created_at)?,
            last_used_at: self.last_used_at.map(moment).transpose()?,
        })
    }
}
