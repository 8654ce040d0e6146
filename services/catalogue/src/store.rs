//! What catalogue asks of its databases. Products and stock are kept apart: one is read much and written seldom, the
//! other is written with every order.

mod levels;
mod mongo;
mod moved;
mod moved_images;
mod moved_stock;
mod image_files;
mod sqlite_imports;
mod sqlite_images;
mod sqlite_products;
mod sqlite_stock;

pub use levels::{AnswerOf, LINES_SHOWN, Once};
pub use mongo::{GridFsContents, GridFsImages, MongoContents, MongoProducts, MongoStock};
pub use image_files::{FolderContents, ImageFolder};
pub use sqlite_products::SqliteProducts;
pub use sqlite_stock::SqliteStock;

use crate::import::ImportRuns;
use crate::images::ImageQueue;
use crate::product::Product;
use crate::stock::{Adjusted, Adjustment, Committed, Demand, Level, Reservation, Reserved, Shortfall};
use async_trait::async_trait;
use chassis::StoreError;
use chassis::health::Check;
use contracts::catalogue::{
    CategoryDraft, Oversell, PromotionDraft, ReservationKey, ReservationState, Shop, StockChange, TaxRate,
};
use contracts::{Country, ProductId, Sku};
use events::Outbox;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::Arc;

/// What became of writing a product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Written {
    /// It is kept.
    Done,
    /// Another writer was faster; nothing was changed.
    Stale,
    /// A SKU belongs to another product; nothing was changed.
    SkuTaken(Sku),
}

/// What pricing needs to know of a variant, with its product.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VariantRecord {
    /// The product.
    pub product_id: ProductId,
    /// Its handle.
    pub handle: String,
    /// Its title.
    pub title: String,
    /// Its first picture, or the variant's own.
    pub image: Option<contracts::catalogue::Image>,
    /// How it is taxed.
    pub tax_class: String,
    /// The variant.
    pub variant: crate::product::Variant,
}

/// A category as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Category {
    /// Its name in addresses.
    pub handle: String,
    /// Its name.
    pub name: String,
    /// What is in it.
    pub description: String,
}

/// Products, categories, taxes, promotions, settings, with the pictures to be fetched and the runs of imports.
#[async_trait]
pub trait ProductStore: ImageQueue + ImportRuns + Check {
    /// Keeps the product in place of the version before it. A new one has version 1.
    async fn write(&self, product: &Product) -> Result<Written, StoreError>;

    /// Keeps all of these products, each as [`ProductStore::write`] does, in one unit of work: what cannot be kept keeps
    /// no other from being kept.
    async fn write_all(&self, products: &[Product]) -> Result<Vec<Written>, StoreError>;

    /// Removes the product.
    async fn remove(&self, id: ProductId) -> Result<bool, StoreError>;

    /// The product with this handle, whatever its status.
    async fn by_handle(&self, handle: &str) -> Result<Option<Product>, StoreError>;

    /// The products with these handles, in no particular order.
    async fn by_handles(&self, handles: &[String]) -> Result<Vec<Product>, StoreError>;

    /// The products with these ids, in no particular order.
    async fn by_ids(&self, ids: &[ProductId]) -> Result<Vec<Product>, StoreError>;

    /// Products after `after` in the order of ids.
    async fn after(&self, after: Option<ProductId>, limit: usize) -> Result<Vec<Product>, StoreError>;

    /// The variants with these SKUs whose products are for sale.
    async fn variants(&self, skus: &[Sku]) -> Result<Vec<VariantRecord>, StoreError>;

    /// The products these SKUs belong to.
    async fn owners(&self, skus: &[Sku]) -> Result<HashMap<Sku, ProductId>, StoreError>;

    /// Which products changed after place `sequence` of the change table, with the place reached.
    async fn changes_after(&self, sequence: i64, limit: usize) -> Result<(Vec<ProductId>, i64), StoreError>;

    /// All categories, by name.
    async fn categories(&self) -> Result<Vec<Category>, StoreError>;

    /// Keeps a category.
    async fn write_category(&self, handle: &str, draft: &CategoryDraft) -> Result<(), StoreError>;

    /// Makes categories of these handles and names, those that there are being left as they are.
    async fn make_categories(&self, categories: &[(String, String)]) -> Result<(), StoreError>;

    /// All tax rates.
    async fn tax_rates(&self) -> Result<Vec<TaxRate>, StoreError>;

    /// Puts these rates in place of all others.
    async fn write_tax_rates(&self, rates: &[TaxRate]) -> Result<(), StoreError>;

    /// The rates of a country by class.
    async fn rates_of(&self, country: Country) -> Result<HashMap<String, contracts::Rate>, StoreError>;

    /// The promotion with this code, in capitals.
    async fn promotion(&self, code: &str) -> Result<Option<PromotionDraft>, StoreError>;

    /// All promotions by code, at most `limit`, after `after`.
    async fn promotions(&self, after: &str, limit: usize) -> Result<Vec<(String, PromotionDraft)>, StoreError>;

    /// Keeps a promotion.
    async fn write_promotion(&self, code: &str, draft: &PromotionDraft) -> Result<(), StoreError>;

    /// The shop's settings, if they were set.
    async fn shop(&self) -> Result<Option<Shop>, StoreError>;

    /// Keeps the first settings of a shop that has none; gives those it has then.
    async fn begin_shop(&self, first: &Shop) -> Result<Shop, StoreError>;

    /// Keeps the shop's settings.
    async fn write_shop(&self, shop: &Shop) -> Result<(), StoreError>;
}

/// A SKU that must have a stock level.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSku {
    /// The SKU.
    pub sku: Sku,
    /// What happens when it is sold out.
    pub oversell: Oversell,
    /// What is on hand, if the SKU is new.
    pub initial: i64,
}

/// A reservation as audits see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldReservation {
    /// Which one.
    pub key: ReservationKey,
    /// When somebody should have looked at it.
    pub expected_by: Timestamp,
}

/// Which levels are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// All.
    All,
    /// Those of which little is left.
    Low,
    /// Those of which more is promised than is there.
    Short,
}

/// Stock, its history, reservations and uses of promotions. What others are told of a change is in the outbox with it.
#[async_trait]
pub trait StockStore: Check {
    /// The outbox in the same database.
    fn outbox(&self) -> Arc<dyn Outbox>;

    /// Gives each SKU a level if it has none, with its first count in the history, and sets its policy.
    async fn ensure(&self, skus: &[NewSku], author: &str, now: Timestamp) -> Result<(), StoreError>;

    /// The levels of these SKUs.
    async fn levels(&self, skus: &[Sku]) -> Result<HashMap<Sku, Level>, StoreError>;

    /// Levels after `after` in the order of SKUs.
    async fn list(&self, which: Which, after: Option<&Sku>, limit: usize) -> Result<Vec<(Sku, Level)>, StoreError>;

    /// The changes of a SKU before the one with the number `before`, or the latest, the newest first.
    async fn history(&self, sku: &Sku, before: Option<i64>, limit: usize) -> Result<Vec<StockChange>, StoreError>;

    /// Corrects a level; once.
    async fn adjust(&self, adjustment: &Adjustment, once: Once<'_>) -> Result<Adjusted, StoreError>;

    /// Puts goods back that customers have returned; once per key. False when there is no such SKU, and nothing is done.
    async fn restock(&self, key: &str, returned: &[Demand], now: Timestamp) -> Result<bool, StoreError>;

    /// Forgets answers to requests from before `before`; says how many.
    async fn forget_answers(&self, before: Timestamp) -> Result<u64, StoreError>;

    /// Sets the threshold of a SKU, or takes it away; the level after that, if there is such a SKU.
    async fn set_threshold(&self, sku: &Sku, low_at: Option<i64>) -> Result<Option<Level>, StoreError>;

    /// Reserves all of it or nothing; once per order and attempt.
    async fn reserve(&self, reservation: &Reservation) -> Result<Reserved, StoreError>;

    /// Takes a reservation out of stock; once.
    async fn commit(&self, key: ReservationKey, now: Timestamp) -> Result<Committed, StoreError>;

    /// Gives a reservation back, or puts back what was taken; once. An unknown one becomes a tombstone.
    async fn release(&self, key: ReservationKey, now: Timestamp) -> Result<ReservationState, StoreError>;

    /// How often promotions are used or held, by code; those never used are left out.
    async fn promotion_uses(&self, codes: &[&str]) -> Result<HashMap<String, u32>, StoreError>;

    /// Which SKUs became buyable, or ceased to be, after place `sequence` of the change table, with the place reached.
    async fn changes_after(&self, sequence: i64, limit: usize) -> Result<(Vec<Sku>, i64), StoreError>;

    /// Reservations still held, at most `limit`, after `after`.
    async fn held(&self, after: Option<ReservationKey>, limit: usize) -> Result<Vec<HeldReservation>, StoreError>;

    /// SKUs that break an invariant: a level that is not the sum of its history, a promise that is not covered although
    /// nothing was sold ahead or taken away by force, a reserved sum that is not the sum of what is held. One sentence
    /// each.
    async fn violations(&self, limit: usize) -> Result<Vec<String>, StoreError>;

    /// SKUs of which more is promised than is there, rightly: sold ahead, or taken away by force.
    async fn shortfalls(&self, limit: usize) -> Result<Vec<Shortfall>, StoreError> {
        let short = self.list(Which::Short, None, limit).await?.into_iter();
        Ok(short.map(|(sku, level)| Shortfall::of(sku, &level)).collect())
    }
}

/// Pictures, by a name that tells their content.
#[async_trait]
pub trait ImageStore: Send + Sync + 'static {
    /// Keeps a picture; what is kept under its name already is the same.
    async fn keep(&self, name: &str, bytes: &[u8]) -> Result<(), StoreError>;

    /// The picture of this name.
    async fn read(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError>;
}
