//! Authentication and authorisation: tokens, keys and the access table of a service.

mod access;
mod identity;
mod keys;
mod principal;
mod tokens;

pub use access::{Access, AccessTable, Rule, SERVICE_TOKEN};
pub use identity::{ServiceIdentity, ServiceKeys};
pub use keys::{Jwk, JwkSet, KeySet, SigningKey};
pub use principal::{Caller, OptionalPrincipal, Principal, Role, Subject};
pub use tokens::{ACCESS_COOKIE, AccessClaims, GUEST_COOKIE, TokenKind, Verifier, cookie, sign_access};
