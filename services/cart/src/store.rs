//! The storage of carts.

mod data_migration;
mod redis;
mod sqlite;

pub use data_migration::RedisDataMigration;
pub use redis::RedisCarts;
pub use sqlite::SqliteCarts;

use crate::cart::{Cart, MissingPrice, Purchase};
use async_trait::async_trait;
use chassis::health::Check;
use chassis::{Problem, StoreError};
use contracts::{CartId, Sku};
use events::Event;

/// The owner of a cart: the session's subject, `guest:…` or `account:…`.
pub type Owner = str;

/// A change to a cart. It must be pure: after a conflict with another writer it runs again on that writer's result.
pub type Change<'c> = &'c (dyn Fn(&mut Cart) -> Result<(), Problem> + Send + Sync);

/// The number of units of a SKU that a merged cart may contain; `None` when its stock is not limited.
pub type StockLimit<'c> = &'c (dyn Fn(&Sku) -> Result<Option<u32>, MissingPrice> + Send + Sync);

/// The store of carts, one per owner. Each method is one transaction.
#[async_trait]
pub trait CartStore: Check {
    /// Returns the owner's cart.
    async fn find(&self, owner: &Owner) -> Result<Option<Cart>, StoreError>;

    /// Changes the owner's cart, or a new one with the id `new_id`, and increments its version. When `change` fails,
    /// nothing is written.
    async fn change(
        &self,
        owner: &Owner,
        new_id: CartId,
        change: Change<'_>,
    ) -> Result<Result<Cart, Problem>, StoreError>;

    /// Merges a guest's cart into an account's cart, once per guest cart. When `stock_limit` does not know one of the
    /// guest's SKUs, nothing is written.
    async fn merge(
        &self,
        guest: &Owner,
        account: &Owner,
        new_id: CartId,
        stock_limit: StockLimit<'_>,
    ) -> Result<Result<Cart, MissingPrice>, StoreError>;

    /// Removes what was ordered from the cart it was ordered from, or from the cart which that one was merged into, once
    /// per event. See [`Cart::after_purchase`].
    async fn remove_purchased(&self, event: &Event, purchase: &Purchase, next_id: CartId) -> Result<(), StoreError>;
}
