//! The user API: guest sessions, accounts, logins, profiles, address books and API keys.

mod api_keys;

pub use api_keys::{ApiKey, ApiKeyExchange, ApiKeySession, ApiKeys, CreatedApiKey, NewApiKey, TOO_MANY_API_KEYS};

use crate::{AccountId, Address, Email, Secret, SingleLineText};
use chassis::auth::Role;
use chassis::{ProblemKind, StatusCode};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type};
use utoipa::{PartialSchema, ToSchema};
use uuid::Uuid;

/// An account with this email address already exists.
pub const EMAIL_TAKEN: ProblemKind =
    ProblemKind::new(StatusCode::CONFLICT, "email-taken", "Email address already registered");
/// No account has this email address and password.
pub const INVALID_CREDENTIALS: ProblemKind =
    ProblemKind::new(StatusCode::UNAUTHORIZED, "invalid-credentials", "Incorrect email or password");
/// The address book has reached the largest number of addresses.
pub const ADDRESS_BOOK_FULL: ProblemKind =
    ProblemKind::new(StatusCode::CONFLICT, "address-book-full", "Address book is full");
/// The change would leave the shop without an admin.
pub const LAST_ADMIN: ProblemKind = ProblemKind::new(StatusCode::CONFLICT, "last-admin", "Last admin");
/// The shop already has an admin, so the first one cannot be created any more.
pub const ADMIN_EXISTS: ProblemKind = ProblemKind::new(StatusCode::CONFLICT, "admin-exists", "Admin already exists");

/// The way in which session tokens are delivered to the client.
///
/// - `token`: in the response body, for programs
/// - `cookie`: in HttpOnly cookies, for browsers; the response body contains no tokens
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SessionDelivery {
    /// In the response body, for programs.
    #[default]
    Token,
    /// In HttpOnly cookies, for browsers; the response body contains no tokens.
    Cookie,
}

/// A request to start a guest session, or to refresh or end a session.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "session": "token" }))]
pub struct SessionRequest {
    /// The way in which tokens are delivered. Default: `token`.
    #[serde(default)]
    pub session: SessionDelivery,
    /// The refresh token of an account's session, for programs; browsers send it as a cookie.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub refresh_token: Option<Secret>,
}

/// A session of a visitor without an account.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct GuestSession {
    /// The unique id of the guest (UUIDv7).
    pub id: Uuid,
    /// The access token for the `Authorization: Bearer` header; absent when it is delivered as a cookie.
    // A token in a cookie is not repeated in the body, where scripts could read it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub access_token: Option<Secret>,
    /// The time until the session expires, in seconds.
    pub expires_in: i64,
}

/// A request to create an account.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "email": "greta.holm@example.com",
    "password": "lantern orchid ferry",
    "name": "Greta Holm",
    "session": "token"
}))]
pub struct Registration {
    /// The email address for logging in, at most 254 bytes.
    #[serde(deserialize_with = "crate::email::new")]
    pub email: Email,
    /// The password, 10 to 256 characters. Common passwords are rejected.
    #[schema(value_type = String, format = Password, min_length = 10, max_length = 256)]
    pub password: Secret,
    /// The full name of the customer, 1 to 120 characters.
    pub name: SingleLineText<120>,
    /// The way in which tokens are delivered. Default: `token`.
    #[serde(default)]
    pub session: SessionDelivery,
}

/// A request to log in.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "email": "greta.holm@example.com",
    "password": "lantern orchid ferry",
    "session": "token"
}))]
pub struct Login {
    /// The email address of the account, regardless of case.
    // A malformed address is no `Email`, but gets the response of an unknown one.
    pub email: String,
    /// The password of the account.
    #[schema(value_type = String, format = Password)]
    pub password: Secret,
    /// The way in which tokens are delivered. Default: `token`.
    #[serde(default)]
    pub session: SessionDelivery,
}

/// A session of an account, as created by a login.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Session {
    /// The account that is logged in.
    pub account: Account,
    /// The access token for the `Authorization: Bearer` header; absent when it is delivered as a cookie.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub access_token: Option<Secret>,
    /// The refresh token, which can be used once; absent when it is delivered as a cookie.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub refresh_token: Option<Secret>,
    /// The time until the access token expires, in seconds.
    pub expires_in: i64,
}

/// An account, as shown to its owner and to staff.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Account {
    /// The unique id of the account.
    pub id: AccountId,
    /// The email address for logging in.
    pub email: Email,
    /// The full name of the owner.
    pub name: String,
    /// The roles of the account, which decide on its permissions.
    pub roles: Vec<Role>,
    /// The time when the account was created (UTC, RFC 3339).
    pub created_at: Timestamp,
    /// The version of the account, which increases with every change.
    pub version: i64,
}

/// A change of the caller's profile.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "name": "Greta Holm-Sand", "version": 1 }))]
pub struct ProfileChange {
    /// The new full name, 1 to 120 characters.
    pub name: SingleLineText<120>,
    /// The version of the account that the change is based on.
    pub version: i64,
}

/// A change of the caller's password. All other sessions of the account end.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "current": "lantern orchid ferry", "new": "granite pillow sunrise" }))]
pub struct PasswordChange {
    /// The current password of the account.
    #[schema(value_type = String, format = Password)]
    pub current: Secret,
    /// The new password, 10 to 256 characters. Common passwords are rejected.
    #[schema(value_type = String, format = Password, min_length = 10, max_length = 256)]
    pub new: Secret,
}

/// An address in the address book of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedAddress {
    /// The unique id of the saved address (UUIDv7).
    pub id: Uuid,
    /// The postal address itself.
    #[serde(flatten)]
    pub address: Address,
}

/// The schema of an address with an id. The combination of two schemas that is derived by default matches nothing, since
/// the one of addresses allows no other properties.
impl PartialSchema for SavedAddress {
    fn schema() -> RefOr<Schema> {
        let mut schema = Address::schema();
        if let RefOr::T(Schema::Object(object)) = &mut schema {
            let id = ObjectBuilder::new()
                .schema_type(Type::String)
                .format(Some(SchemaFormat::KnownFormat(KnownFormat::Uuid)))
                .description(Some("The unique id of the saved address (UUIDv7)."));
            object.properties.insert("id".to_owned(), id.into());
            object.required.push("id".to_owned());
            object.description = Some("An address in the address book of an account.".to_owned());
            object.examples.clear();
            object.example = None;
        }
        schema
    }
}

impl ToSchema for SavedAddress {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        Address::schemas(schemas);
    }
}

/// The address book of an account, with at most 50 addresses.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AddressBook {
    /// The saved addresses, the newest first.
    pub items: Vec<SavedAddress>,
}

/// A session of an account on one device.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct DeviceSession {
    /// The unique id of the session (UUIDv7).
    pub id: Uuid,
    /// The time of the login (UTC, RFC 3339).
    pub created_at: Timestamp,
    /// The time of the latest token refresh (UTC, RFC 3339).
    pub last_used_at: Timestamp,
    /// The `User-Agent` header of the login request; may be empty.
    pub user_agent: String,
    /// True if the request was made with this session.
    pub current: bool,
}

/// All active sessions of an account.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct DeviceSessions {
    /// The sessions, the most recently used first.
    pub items: Vec<DeviceSession>,
}

/// All data that the user service stores about an account, for its owner.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AccountExport {
    /// The account and its profile.
    pub account: Account,
    /// The addresses in the address book.
    pub addresses: Vec<SavedAddress>,
    /// The active sessions of the account.
    pub sessions: Vec<DeviceSession>,
}

/// The new roles of an account.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "roles": ["customer", "support"], "version": 3 }))]
pub struct RolesChange {
    /// All roles of the account; they replace the previous ones.
    pub roles: Vec<Role>,
    /// The version of the account that the change is based on.
    pub version: i64,
}

/// A request to create the first admin with the one-time code that the shop prints at its first start.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "code": "Zb3Kp0Yw7QmT1xHs9RcV5nLd2GfAe8Uj",
    "email": "owner@example.com",
    "password": "harbor violin teacup",
    "name": "Ines Okafor",
    "session": "token"
}))]
pub struct FirstAdmin {
    /// The one-time code that the shop printed at its first start.
    #[schema(value_type = String, format = Password)]
    pub code: Secret,
    /// The email address of the admin, for logging in.
    #[serde(deserialize_with = "crate::email::new")]
    pub email: Email,
    /// The password, 10 to 256 characters. Common passwords are rejected.
    #[schema(value_type = String, format = Password, min_length = 10, max_length = 256)]
    pub password: Secret,
    /// The full name of the admin, 1 to 120 characters.
    pub name: SingleLineText<120>,
    /// The way in which tokens are delivered. Default: `token`.
    #[serde(default)]
    pub session: SessionDelivery,
}
