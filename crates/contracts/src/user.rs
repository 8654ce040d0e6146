//! What user says to the world.

use crate::{AccountId, Address, Email, SingleLineText, Secret};
use chassis::auth::Role;
use chassis::{ProblemKind, StatusCode};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// An account with this address is there already.
pub const EMAIL_TAKEN: ProblemKind =
    ProblemKind::new(StatusCode::CONFLICT, "email-taken", "There is an account with this address");
/// No account with this address and this password.
pub const INVALID_CREDENTIALS: ProblemKind =
    ProblemKind::new(StatusCode::UNAUTHORIZED, "invalid-credentials", "Wrong address or password");
/// The address book has as many addresses as it can hold.
pub const ADDRESS_BOOK_FULL: ProblemKind =
    ProblemKind::new(StatusCode::CONFLICT, "address-book-full", "The address book is full");
/// The shop would be left without an admin.
pub const LAST_ADMIN: ProblemKind = ProblemKind::new(StatusCode::CONFLICT, "last-admin", "The last admin stays one");
/// The shop has an admin, so that nobody can become the first.
pub const ADMIN_EXISTS: ProblemKind =
    ProblemKind::new(StatusCode::CONFLICT, "admin-exists", "There is an admin already");

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
    #[schema(value_type = Option<String>)]
    pub refresh_token: Option<Secret>,
}

/// A guest session.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct GuestSession {
    /// The guest.
    pub id: Uuid,
    /// The token, when asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub access_token: Option<Secret>,
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
    #[schema(value_type = String, format = Password, min_length = 10, max_length = 256)]
    pub password: Secret,
    /// The person's name.
    pub name: SingleLineText<120>,
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
    #[schema(value_type = String, format = Password)]
    pub password: Secret,
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
    #[schema(value_type = Option<String>)]
    pub access_token: Option<Secret>,
    /// Refresh token, when asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub refresh_token: Option<Secret>,
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
    pub name: SingleLineText<120>,
    /// The version that was read.
    pub version: i64,
}

/// Changes the password. All other sessions end.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordChange {
    /// The one in force.
    #[schema(value_type = String, format = Password)]
    pub current: Secret,
    /// The new one, at least 10 characters.
    #[schema(value_type = String, format = Password, min_length = 10, max_length = 256)]
    pub new: Secret,
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
    #[schema(value_type = String, format = Password)]
    pub code: Secret,
    /// The admin's address.
    pub email: Email,
    /// At least 10 characters.
    #[schema(value_type = String, format = Password, min_length = 10, max_length = 256)]
    pub password: Secret,
    /// The admin's name.
    pub name: SingleLineText<120>,
    /// How the client keeps its session.
    #[serde(default)]
    pub session: SessionDelivery,
}
