//! What user says to the world.

use crate::{AccountId, Address, Email, Line};
use chassis::auth::Role;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// How the client keeps its session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SessionDelivery {
    /// Tokens in the answer, for programs.
    #[default]
    Token,
    /// HttpOnly cookies, for browsers; no token is in the answer.
    Cookie,
}

/// Asks for a guest session, or for a refreshed one.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SessionRequest {
    /// How the client keeps its session.
    #[serde(default)]
    pub session: SessionDelivery,
    /// The refresh token, for programs; browsers send it as a cookie.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
}

/// A guest session.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct GuestSession {
    /// The guest.
    pub id: Uuid,
    /// The token, when asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_token: Option<String>,
    /// Seconds until it expires.
    pub expires_in: i64,
}

/// Opens an account.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Registration {
    /// The address to log in with.
    pub email: Email,
    /// At least 10 characters.
    #[schema(min_length = 10, max_length = 256)]
    pub password: String,
    /// The person's name.
    pub name: Line<120>,
    /// How the client keeps its session.
    #[serde(default)]
    pub session: SessionDelivery,
}

/// Logs in.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Login {
    /// The account's address.
    pub email: String,
    /// Its password.
    pub password: String,
    /// How the client keeps its session.
    #[serde(default)]
    pub session: SessionDelivery,
}

/// A session of an account.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Session {
    /// Who is logged in.
    pub account: Account,
    /// Access token, when asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_token: Option<String>,
    /// Refresh token, when asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
    /// Seconds until the access token expires.
    pub expires_in: i64,
}

/// An account as its owner, and staff, see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// Address to log in with.
    pub email: Email,
    /// The person's name.
    pub name: String,
    /// What the account may do.
    pub roles: Vec<Role>,
    /// When it was opened.
    pub created_at: Timestamp,
    /// Grows with every change.
    pub version: i64,
}

/// Changes the profile.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProfileChange {
    /// The new name.
    pub name: Line<120>,
    /// The version that was read.
    pub version: i64,
}

/// Changes the password. All other sessions end.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordChange {
    /// The one in force.
    pub current: String,
    /// The new one, at least 10 characters.
    #[schema(min_length = 10, max_length = 256)]
    pub new: String,
}

/// An address in the address book.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SavedAddress {
    /// Its id.
    pub id: Uuid,
    /// The address.
    #[serde(flatten)]
    pub address: Address,
}

/// All saved addresses.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AddressBook {
    /// The addresses, the newest first.
    pub items: Vec<SavedAddress>,
}

/// A session on some device.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct DeviceSession {
    /// Its id.
    pub id: Uuid,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was last refreshed.
    pub last_used_at: Timestamp,
    /// What the browser called itself.
    pub user_agent: String,
    /// Whether it is the one that asks.
    pub current: bool,
}

/// All sessions of an account.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct DeviceSessions {
    /// The sessions, the most recently used first.
    pub items: Vec<DeviceSession>,
}

/// Everything user holds about an account, for its owner.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AccountExport {
    /// The account.
    pub account: Account,
    /// The address book.
    pub addresses: Vec<SavedAddress>,
    /// The sessions.
    pub sessions: Vec<DeviceSession>,
}

/// Sets the roles of an account.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RolesChange {
    /// All roles it shall have.
    pub roles: Vec<Role>,
    /// The version that was read.
    pub version: i64,
}

/// Makes the first admin, with the one-time code the shop printed at its first start.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FirstAdmin {
    /// The one-time code.
    pub code: String,
    /// The admin's address.
    pub email: Email,
    /// At least 10 characters.
    #[schema(min_length = 10, max_length = 256)]
    pub password: String,
    /// The admin's name.
    pub name: Line<120>,
}
