//! The stores of catalogue. Products and stock are separate: products are read often and rarely written, stock changes
//! with every order.
//!
//! Each method is one transaction. Implementations exist for SQLite (one process) and MongoDB (several replicas).

mod audit;
mod codec;
mod content;
mod data_migration;
mod image_folder;
mod image_queue;
mod import_runs;
mod imports;
mod levels;
mod mongo;
mod sqlite;

pub use content::{ContentStore, StorefrontSettings};
pub use image_folder::{FolderRecords, ImageFolder};
pub use image_queue::{DueImage, ImageQueue};
pub use import_runs::{ImportRun, ImportRuns, SeenHandle};
pub use imports::ImportStore;
pub use levels::{Idempotency, KeyedRequest, RECENT_HISTORY};
pub use mongo::{GridFsImages, GridFsRecords, MongoProducts, MongoRecords, MongoStock};
pub use sqlite::{SqliteProducts, SqliteStock};

use crate::product::Product;
use crate::stock::{
    Adjustment, AdjustmentOutcome, CartHoldings, CommitOutcome, Demand, Reservation, ReserveOutcome, Shortfall,
    StockLevel,
};
use async_trait::async_trait;
use chassis::StoreError;
use chassis::health::Check;
use contracts::catalogue::{
    CategoryDraft, CategoryTranslations, Oversell, ProductStatus, PromotionDraft, ReservationKey, ReservationState,
    Shop, SitemapProduct, StockChange, TaxRate, WithdrawalException,
};
use contracts::{CartId, Country, Language, ProductId, SingleLineText, Sku, TextError};
use events::Outbox;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::Arc;

/// The outcome of writing a product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WriteOutcome {
    /// The product was written.
    Done,
    /// The stored product has another version or id; nothing was changed.
    Stale,
    /// The SKU belongs to another product; nothing was changed.
    SkuTaken(Sku),
}

/// The outcome of deleting a category.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CategoryDeletion {
    /// The category was deleted.
    Done,
    /// At least one product has the category; nothing was changed.
    InUse,
    /// There is no such category.
    Unknown,
}

/// A variant with the fields of its product that pricing needs, stored per SKU.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VariantRecord {
    /// The product of the variant.
    pub product_id: ProductId,
    /// The handle of the product.
    pub handle: String,
    /// The title of the product.
    pub title: String,
    /// The image of the variant, or else the first one of the product.
    pub image: Option<contracts::catalogue::Image>,
    /// The tax class of the product.
    pub tax_class: String,
    /// The exception of the product from the right of withdrawal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawal_exception: Option<WithdrawalException>,
    pub variant: crate::product::Variant,
    /// The texts in other languages.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub translations: Vec<TranslatedVariant>,
}

/// The texts of a variant record in another language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TranslatedVariant {
    /// The language of the texts.
    pub language: Language,
    /// The title of the product.
    pub title: String,
    /// One value for each option of the product.
    pub option_values: Vec<String>,
    /// The alternative text of the image; empty without an image.
    pub image_alt: String,
}

impl VariantRecord {
    /// Builds the records of all variants of a product.
    pub fn of_product(product: &Product) -> impl Iterator<Item = Self> {
        let translated: Vec<(Language, Product)> =
            product.languages().map(|language| (language, product.clone().in_language(Some(language)))).collect();
        product.variants.iter().enumerate().map(move |(index, variant)| Self {
            product_id: product.id,
            handle: product.handle.clone(),
            title: product.title.clone(),
            image: product.image_or_first(variant).cloned(),
            tax_class: product.tax_class.clone(),
            withdrawal_exception: product.withdrawal_exception,
            variant: variant.clone(),
            translations: translated
                .iter()
                .filter_map(|(language, product)| {
                    let variant = product.variants.get(index)?;
                    Some(TranslatedVariant {
                        language: *language,
                        title: product.title.clone(),
                        option_values: variant.option_values.clone(),
                        image_alt: product.image_or_first(variant).map(|image| image.alt.clone()).unwrap_or_default(),
                    })
                })
                .collect(),
        })
    }

    /// Returns the record with its texts in a language, as far as they are translated. Without a language they are in the
    /// shop's own.
    pub fn in_language(mut self, language: Option<Language>) -> Self {
        let Some(index) = self.translations.iter().position(|one| Some(one.language) == language) else { return self };
        let translated = self.translations.swap_remove(index);
        self.title = translated.title;
        self.variant.option_values = translated.option_values;
        if let Some(image) = &mut self.image {
            image.alt = translated.image_alt;
        }
        self
    }
}

/// A category as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Category {
    /// The URL slug of the category.
    pub handle: String,
    /// The name shown to customers.
    pub name: String,
    /// A description of the category; may be empty.
    pub description: String,
    /// The texts in other languages.
    pub translations: CategoryTranslations,
}

impl Category {
    /// Returns the draft that the category was made from.
    ///
    /// # Errors
    /// When a stored text does not follow today's rules.
    pub fn draft(self) -> Result<CategoryDraft, TextError> {
        let (name, description) = (self.name.parse()?, self.description.parse()?);
        Ok(CategoryDraft { name, description, translations: self.translations })
    }

    /// Returns the name in a language, or else in the shop's own.
    pub fn name_in(&self, language: Option<Language>) -> &str {
        let translated = language.and_then(|language| self.translations.get(&language)?.name.as_ref());
        translated.map_or(&self.name, SingleLineText::as_str)
    }

    /// Returns the description in a language, or else in the shop's own.
    pub fn description_in(&self, language: Option<Language>) -> &str {
        let translated = language.and_then(|language| self.translations.get(&language));
        let texts = translated.map(|texts| texts.description.as_str()).filter(|text| !text.is_empty());
        texts.unwrap_or(&self.description)
    }
}

/// Stores products, categories, tax rates, promotions and shop settings, with pages, the image queue and imports.
#[async_trait]
pub trait ProductStore: ContentStore + ImageQueue + ImportRuns + ImportStore + Check {
    /// Writes a product in place of its previous version. A new product has version 1.
    async fn write(&self, product: &Product) -> Result<WriteOutcome, StoreError>;

    /// Writes several products in one transaction. A product that cannot be written does not affect the others.
    async fn write_all(&self, products: &[Product]) -> Result<Vec<WriteOutcome>, StoreError>;

    /// Removes a product and returns whether it existed.
    async fn remove(&self, id: ProductId) -> Result<bool, StoreError>;

    /// Returns the product with this handle, whatever its status.
    async fn by_handle(&self, handle: &str) -> Result<Option<Product>, StoreError>;

    /// Returns the products with these handles, in no particular order.
    async fn by_handles(&self, handles: &[String]) -> Result<Vec<Product>, StoreError>;

    /// Returns the products with these ids, in no particular order.
    async fn by_ids(&self, ids: &[ProductId]) -> Result<Vec<Product>, StoreError>;

    /// Returns the products after the id `after`, ordered by id.
    async fn page_after(&self, after: Option<ProductId>, limit: usize) -> Result<Vec<Product>, StoreError>;

    /// Returns the products with this status and an id below `before`, the newest first.
    async fn with_status(
        &self,
        status: ProductStatus,
        before: Option<ProductId>,
        limit: usize,
    ) -> Result<Vec<Product>, StoreError>;

    /// Returns the references of the active products after the id `after`, ordered by id.
    async fn references_after(&self, after: Option<ProductId>, limit: usize)
    -> Result<Vec<SitemapProduct>, StoreError>;

    /// Returns the variants with these SKUs whose products are active.
    async fn variants(&self, skus: &[Sku]) -> Result<Vec<VariantRecord>, StoreError>;

    /// Returns the products that these SKUs belong to.
    async fn owners(&self, skus: &[Sku]) -> Result<HashMap<Sku, ProductId>, StoreError>;

    /// Returns the products that changed after position `sequence` of the change log, with the new position.
    async fn changes_after(&self, sequence: i64, limit: usize) -> Result<(Vec<ProductId>, i64), StoreError>;

    /// Returns all categories, ordered by name.
    async fn categories(&self) -> Result<Vec<Category>, StoreError>;

    /// Creates or replaces a category.
    async fn write_category(&self, handle: &str, draft: &CategoryDraft) -> Result<(), StoreError>;

    /// Deletes a category that no product has, whatever its status.
    async fn delete_category(&self, handle: &str) -> Result<CategoryDeletion, StoreError>;

    /// Creates categories from pairs of handle and name; existing ones stay unchanged.
    async fn create_categories(&self, categories: &[(String, String)]) -> Result<(), StoreError>;

    /// Returns all tax rates.
    async fn tax_rates(&self) -> Result<Vec<TaxRate>, StoreError>;

    /// Replaces all tax rates.
    async fn write_tax_rates(&self, rates: &[TaxRate]) -> Result<(), StoreError>;

    /// Returns the tax rates of a country by tax class.
    async fn tax_rates_of(&self, country: Country) -> Result<HashMap<String, contracts::Rate>, StoreError>;

    /// Returns the promotion with this upper-case code.
    async fn promotion(&self, code: &str) -> Result<Option<PromotionDraft>, StoreError>;

    /// Returns the promotions after the code `after`, ordered by code.
    async fn promotions(&self, after: &str, limit: usize) -> Result<Vec<(String, PromotionDraft)>, StoreError>;

    /// Creates or replaces a promotion.
    async fn write_promotion(&self, code: &str, draft: &PromotionDraft) -> Result<(), StoreError>;

    /// Deletes a promotion and returns whether it existed.
    async fn delete_promotion(&self, code: &str) -> Result<bool, StoreError>;

    /// Returns the shop's settings, if any were written.
    async fn shop(&self) -> Result<Option<Shop>, StoreError>;

    /// Writes the settings of a new shop and returns the stored ones, which may be those of a concurrent call.
    async fn initialise_shop(&self, first: &Shop) -> Result<Shop, StoreError>;

    /// Replaces the shop's settings.
    async fn write_shop(&self, shop: &Shop) -> Result<(), StoreError>;
}

/// A SKU that needs a stock level.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSku {
    /// The SKU, which may already have a level.
    pub sku: Sku,
    /// The policy for selling more than is available.
    pub oversell: Oversell,
    /// The units on hand if the SKU is new; ignored otherwise.
    pub initial: i64,
}

/// A reservation that is neither committed nor released, for audits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActiveReservation {
    /// The order and attempt of the reservation.
    pub key: ReservationKey,
    /// The time by which it should have been committed or released.
    pub expected_by: Timestamp,
}

/// Selects the stock levels to list by their numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum StockFilter {
    /// Selects all SKUs of the shop.
    #[default]
    All,
    /// Selects SKUs whose available units have fallen to the threshold.
    Low,
    /// Selects SKUs with more units reserved than on hand.
    Shortfall,
}

/// Selects the stock levels to list. The default is all of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StockSelection {
    /// The condition on the level.
    pub filter: StockFilter,
    /// The texts of which the SKU begins with at least one; empty for every SKU.
    pub prefixes: Vec<String>,
}

impl From<StockFilter> for StockSelection {
    fn from(filter: StockFilter) -> Self {
        Self { filter, prefixes: Vec::new() }
    }
}

/// Stores stock levels, their history, reservations and uses of promotions.
///
/// Events about a change are written to the outbox in the same transaction.
#[async_trait]
pub trait StockStore: Check {
    /// Returns the outbox of this database.
    fn outbox(&self) -> Arc<dyn Outbox>;

    /// Creates the levels that are missing, with a first history entry, and sets the policy of the others.
    async fn ensure(&self, skus: &[NewSku], author: &str, now: Timestamp) -> Result<(), StoreError>;

    /// Returns the levels of these SKUs.
    async fn levels(&self, skus: &[Sku]) -> Result<HashMap<Sku, StockLevel>, StoreError>;

    /// Lists levels after the SKU `after`, ordered by SKU.
    async fn list(
        &self,
        selection: &StockSelection,
        after: Option<&Sku>,
        limit: usize,
    ) -> Result<Vec<(Sku, StockLevel)>, StoreError>;

    /// Returns the history of a SKU before the entry number `before`, newest first.
    async fn history(&self, sku: &Sku, before: Option<i64>, limit: usize) -> Result<Vec<StockChange>, StoreError>;

    /// Adjusts a level once per idempotency key.
    async fn adjust(
        &self,
        adjustment: &Adjustment,
        idempotency: Idempotency<'_>,
    ) -> Result<AdjustmentOutcome, StoreError>;

    /// Puts returned units back into stock once per key. Returns false, without a change, if a SKU is unknown.
    async fn restock(&self, key: &str, returned: &[Demand], now: Timestamp) -> Result<bool, StoreError>;

    /// Deletes responses stored before `before` and returns their number.
    async fn purge_responses(&self, before: Timestamp) -> Result<u64, StoreError>;

    /// Sets or removes the low-stock threshold of a SKU. Returns the new level, if the SKU exists.
    async fn set_threshold(&self, sku: &Sku, low_at: Option<i64>) -> Result<Option<StockLevel>, StoreError>;

    /// Reserves the whole demand or nothing, once per order and attempt.
    async fn reserve(&self, reservation: &Reservation) -> Result<ReserveOutcome, StoreError>;

    /// Takes the reserved units out of stock, once.
    async fn commit(&self, key: ReservationKey, now: Timestamp) -> Result<CommitOutcome, StoreError>;

    /// Releases a reservation, or puts committed units back, once.
    ///
    /// An unknown reservation is stored as released, so that a delayed reserve request cannot create it afterwards.
    async fn release(&self, key: ReservationKey, now: Timestamp) -> Result<ReservationState, StoreError>;

    /// Counts the uses of promotions by code, active reservations included; unused codes are absent.
    async fn promotion_uses(&self, codes: &[&str]) -> Result<HashMap<String, u32>, StoreError>;

    /// Returns the SKUs that changed for the search index after position `sequence` of the change log, with the new
    /// position. A SKU changes for the index when its availability or policy changes.
    async fn changes_after(&self, sequence: i64, limit: usize) -> Result<(Vec<Sku>, i64), StoreError>;

    /// Returns what is reserved for a cart: by active reservations, which are not committed yet.
    async fn held_for_cart(&self, cart: CartId) -> Result<CartHoldings, StoreError>;

    /// Lists active reservations after the key `after`.
    async fn active_reservations(
        &self,
        after: Option<ReservationKey>,
        limit: usize,
    ) -> Result<Vec<ActiveReservation>, StoreError>;

    /// Describes inconsistent SKUs, one sentence each.
    ///
    /// A level is inconsistent if it is not the sum of its history, if its reserved units are not the sum of the active
    /// reservations, or if its shortfall is neither backordered nor lost.
    async fn violations(&self, limit: usize) -> Result<Vec<String>, StoreError>;

    /// Lists SKUs with a legitimate shortfall: backordered, or lost by forced adjustments.
    async fn shortfalls(&self, limit: usize) -> Result<Vec<Shortfall>, StoreError> {
        let levels = self.list(&StockFilter::Shortfall.into(), None, limit).await?.into_iter();
        Ok(levels.map(|(sku, level)| Shortfall::of(sku, &level)).collect())
    }
}

/// Stores image files under names derived from their content.
#[async_trait]
pub trait ImageStore: Send + Sync + 'static {
    /// Stores an image. A file that already has this name has the same content.
    async fn put(&self, name: &str, bytes: &[u8]) -> Result<(), StoreError>;

    /// Returns the image with this name.
    async fn get(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError>;
}
