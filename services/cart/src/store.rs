//! What cart asks of its database.

mod moving;
mod redis;
mod redis_inbox;
mod sqlite;

pub use moving::RedisContents;
pub use redis::RedisCarts;
pub use redis_inbox::RedisInbox;
pub use sqlite::SqliteCarts;

use crate::cart::{Cart, Unasked};
use async_trait::async_trait;
use chassis::health::Check;
use chassis::{Problem, StoreError};
use contracts::events::OrderPlaced;
use contracts::{CartId, Sku};
use events::Event;

/// Whose cart it is: the session's subject, `guest:…` or `account:…`.
pub type Owner = str;

/// A change to a cart: pure, and carried out again on what another writer left, so that no write is lost.
pub type Change<'c> = &'c (dyn Fn(&mut Cart) -> Result<(), Problem> + Send + Sync);

/// How many of a SKU may be in a merged cart; `None` for as many as one likes.
pub type Cap<'c> = &'c (dyn Fn(&Sku) -> Result<Option<u32>, Unasked> + Send + Sync);

/// Carts, one for each session.
#[async_trait]
pub trait CartStore: Check {
    /// The owner's cart.
    async fn find(&self, owner: &Owner) -> Result<Option<Cart>, StoreError>;

    /// Changes the owner's cart, or a new one with `fresh` as its id; its version grows by one. When the change refuses,
    /// nothing is changed.
    async fn change(
        &self,
        owner: &Owner,
        fresh: CartId,
        change: Change<'_>,
    ) -> Result<Result<Cart, Problem>, StoreError>;

    /// Moves a guest's cart into an account's; once per guest cart. When `cap` does not know one of the guest's SKUs,
    /// nothing is changed.
    async fn merge(
        &self,
        guest: &Owner,
        account: &Owner,
        fresh: CartId,
        cap: Cap<'_>,
    ) -> Result<Result<Cart, Unasked>, StoreError>;

    /// Takes what was bought out of the cart it was bought from, or out of the one that was merged into, once per event:
    /// see [`Cart::after_purchase`].
    async fn close(&self, event: &Event, placed: &OrderPlaced, next: CartId) -> Result<(), StoreError>;
}
