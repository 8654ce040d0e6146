//! The keys of a cart in Redis, and their time to live.

use chassis::redis::Database;
use contracts::CartId;

/// The time to live of a guest's cart after its last change, in seconds: 90 days, as long as a guest's session.
const GUEST_CART_TTL: u64 = 90 * 24 * 3600;
/// The time to live of an account's cart after its last change, in seconds: one year.
const ACCOUNT_CART_TTL: u64 = 365 * 24 * 3600;

/// The key of the owner's cart.
pub fn document_key(database: &Database, owner: &str) -> String {
    database.key(&format!("document:{owner}"))
}

/// The key that leads from a cart's id to its owner.
pub fn owner_key(database: &Database, cart: CartId) -> String {
    database.key(&format!("owner:{cart}"))
}

/// The time to live of an owner's cart after its last change, in seconds.
pub fn ttl(owner: &str) -> u64 {
    if owner.starts_with("guest:") { GUEST_CART_TTL } else { ACCOUNT_CART_TTL }
}
