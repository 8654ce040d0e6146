//! API keys: the credentials of programs, such as that of a warehouse.

use crate::{AccountId, Secret, SingleLineText};
use chassis::auth::Role;
use chassis::{ProblemKind, StatusCode};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// The shop has the maximum number of API keys.
pub const TOO_MANY_API_KEYS: ProblemKind =
    ProblemKind::new(StatusCode::CONFLICT, "too-many-api-keys", "Too many API keys");

/// A request to create an API key.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "name": "Warehouse Hamburg", "roles": ["warehouse"] }))]
pub struct NewApiKey {
    /// The name of the program or partner that uses the key, 1 to 80 characters.
    pub name: SingleLineText<80>,
    /// The permissions of the key: `warehouse`, `support` or `merchant`, at least one.
    #[schema(min_items = 1)]
    pub roles: Vec<Role>,
}

/// An API key, without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ApiKey {
    /// The unique id of the key (UUIDv7).
    pub id: Uuid,
    /// The name of the program or partner that uses the key.
    pub name: String,
    /// The permissions of the key.
    pub roles: Vec<Role>,
    /// The account of the admin who created the key.
    pub created_by: AccountId,
    /// The time when the key was created (UTC, RFC 3339).
    pub created_at: Timestamp,
    /// The time when the key was last exchanged for an access token (UTC, RFC 3339); absent if it never was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used_at: Option<Timestamp>,
}

/// A new API key with its secret, which is returned once.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CreatedApiKey {
    /// The key as it is listed.
    pub key: ApiKey,
    /// The secret of the key, which begins with `shopstack_`. It is not stored, and cannot be read again.
    #[schema(value_type = String)]
    pub secret: Secret,
}

/// All API keys of the shop, at most 100.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ApiKeys {
    /// The keys, the newest first.
    pub items: Vec<ApiKey>,
}

/// A request to exchange an API key for an access token.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "secret": "shopstack_Zb3Kp0Yw7QmT1xHs9RcV5nLd2GfAe8Uj4BtXo6PiMk0" }))]
pub struct ApiKeyExchange {
    /// The secret of the key.
    #[schema(value_type = String, format = Password)]
    pub secret: Secret,
}

/// The access token of an API key.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ApiKeySession {
    /// The access token for the `Authorization: Bearer` header.
    #[schema(value_type = String)]
    pub access_token: Secret,
    /// The time until the access token expires, in seconds. Exchange the key again before.
    pub expires_in: i64,
}
