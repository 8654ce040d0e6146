//! The collections of MongoDB as records of a data migration.

use super::collections::COUNTERS;
use super::levels::LevelDocument;
use super::reservations::{PromotionUses, ReservationDocument, reservation_id};
use super::schema;
use super::stored_responses::ResponseDocument;
use crate::product::Product;
use crate::store::content::{StoredPage, StoredSummary};
use crate::store::data_migration::{products, stock};
use crate::store::levels::HistoryEntry;
use crate::store::{ImportRun, StorefrontSettings, VariantRecord};
use async_trait::async_trait;
use chassis::StoreError;
use chassis::data_migration::{Exporter, Importer, MongoCollections, Page, Record, RecordKind, document_of, value_of};
use chassis::mongo::Database;
use contracts::catalogue::{
    CategoryTranslations, EmailTexts, ProductStatus, PromotionDraft, ReservationKey, Shop, TaxRate,
};
use mongodb::bson::{Bson, DateTime, Document, doc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

const OF_PRODUCTS: &[RecordKind] = &[
    RecordKind::of::<ShopDocument>(products::SETTINGS, schema::SETTINGS, &["name"])
        .with_id("name")
        .converted(|document| only::<ShopDocument>(schema::SHOP, document), document_of::<ShopDocument>),
    RecordKind::of::<RatesDocument>(products::TAX_RATES, schema::SETTINGS, &["name"])
        .with_id("name")
        .converted(|document| only::<RatesDocument>(schema::TAX_RATES, document), document_of::<RatesDocument>),
    RecordKind::of::<PromotionDocument>(products::PROMOTIONS, schema::PROMOTIONS, &["code"]).with_id("code"),
    RecordKind::of::<PageDocument>(products::PAGES, schema::PAGES, &["handle"]).with_id("handle"),
    RecordKind::of::<StorefrontDocument>(products::STOREFRONT, schema::STOREFRONT, &["name"]).with_id("name"),
    RecordKind::of::<EmailTextsDocument>(products::EMAIL_TEXTS, schema::EMAIL_TEXTS, &["name"]).with_id("name"),
    RecordKind::of::<CategoryDocument>(products::CATEGORIES, schema::CATEGORIES, &["handle"]).with_id("handle"),
    RecordKind::of::<ProductDocument>(products::PRODUCTS, schema::PRODUCTS, &["id"]).with_id("id"),
    RecordKind::of::<VariantDocument>(products::VARIANTS, schema::VARIANTS, &["sku"]).with_id("sku"),
    RecordKind::of::<QueuedImageDocument>(products::IMAGE_QUEUE, schema::IMAGE_QUEUE, &["product_id", "url"]),
    RecordKind::of::<RunDocument>(products::IMPORT_RUNS, schema::IMPORT_RUNS, &["key"]).with_id("key"),
    RecordKind::of::<HandleDocument>(products::IMPORT_HANDLES, schema::IMPORT_HANDLES, &["run", "handle"])
        .converted(value_of_handle, document_of_handle),
    RecordKind::of::<ChangeDocument>(products::CHANGES, schema::PRODUCT_CHANGES, &["sequence"])
        .converted(value_of_change, document_of::<ChangeDocument>),
];

const OF_STOCK: &[RecordKind] = &[
    RecordKind::of::<LevelDocument>(stock::LEVELS, schema::LEVELS, &["sku"]).with_id("sku"),
    RecordKind::of::<ReservationDocument>(stock::RESERVATIONS, schema::RESERVATIONS, &["order_id", "attempt"])
        .converted(value_of_reservation, document_of_reservation),
    RecordKind::of::<PromotionUses>(stock::PROMOTION_USES, schema::PROMOTION_USES, &["code"]).with_id("code"),
    RecordKind::of::<ChangeDocument>(stock::CHANGES, schema::STOCK_CHANGES, &["sequence"])
        .converted(value_of_change, document_of::<ChangeDocument>),
    RecordKind::of::<HistoryEntry>(stock::HISTORY, schema::HISTORY, &["sku", "number"]),
    RecordKind::of::<ResponseDocument>(stock::RESPONSES, schema::RESPONSES, &["owner", "operation", "request_key"]),
    events::outbox::mongo::KIND,
];

#[derive(Serialize, Deserialize)]
struct ShopDocument {
    #[serde(rename = "_id")]
    name: String,
    document: Shop,
}

#[derive(Serialize, Deserialize)]
struct RatesDocument {
    #[serde(rename = "_id")]
    name: String,
    rates: Vec<TaxRate>,
}

#[derive(Serialize, Deserialize)]
struct PromotionDocument {
    #[serde(rename = "_id")]
    code: String,
    document: PromotionDraft,
}

#[derive(Serialize, Deserialize)]
struct PageDocument {
    #[serde(rename = "_id")]
    handle: String,
    version: i64,
    summary: StoredSummary,
    document: StoredPage,
}

#[derive(Serialize, Deserialize)]
struct StorefrontDocument {
    #[serde(rename = "_id")]
    name: String,
    version: i64,
    document: StorefrontSettings,
}

#[derive(Serialize, Deserialize)]
struct EmailTextsDocument {
    #[serde(rename = "_id")]
    name: String,
    version: i64,
    document: EmailTexts,
}

#[derive(Serialize, Deserialize)]
struct CategoryDocument {
    #[serde(rename = "_id")]
    handle: String,
    name: String,
    description: String,
    #[serde(default)]
    translations: CategoryTranslations,
}

#[derive(Serialize, Deserialize)]
struct ProductDocument {
    #[serde(rename = "_id")]
    id: String,
    handle: String,
    version: i64,
    status: ProductStatus,
    updated_at: i64,
    document: Product,
}

#[derive(Serialize, Deserialize)]
struct VariantDocument {
    #[serde(rename = "_id")]
    sku: String,
    product_id: String,
    active: bool,
    document: VariantRecord,
}

#[derive(Serialize, Deserialize)]
struct QueuedImageDocument {
    product_id: String,
    url: String,
    state: String,
    attempts: i64,
    due_at: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    media: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct RunDocument {
    #[serde(rename = "_id")]
    key: String,
    id: String,
    updated_at: i64,
    document: ImportRun,
}

#[derive(Serialize, Deserialize)]
struct HandleDocument {
    run: String,
    handle: String,
    pass: i64,
    scattered: bool,
    /// Milliseconds in the record; a date in the database, for its TTL index.
    seen_at: i64,
}

#[derive(Serialize, Deserialize)]
struct ChangeDocument {
    sequence: i64,
    of: String,
}

/// Selects one document of a collection that also contains other kinds.
fn only<T: Serialize + serde::de::DeserializeOwned>(
    name: &str,
    document: Document,
) -> Result<Option<Value>, StoreError> {
    if document.get_str("_id").is_ok_and(|id| id == name) { value_of::<T>(document) } else { Ok(None) }
}

fn value_of_handle(mut document: Document) -> Result<Option<Value>, StoreError> {
    // Records contain only JSON values, which have no dates.
    if let Some(seen_at) = document.get_mut("seen_at")
        && let Bson::DateTime(at) = seen_at
    {
        *seen_at = Bson::Int64(at.timestamp_millis());
    }
    value_of::<HandleDocument>(document)
}

fn document_of_handle(value: Value) -> Result<Document, StoreError> {
    let mut document = document_of::<HandleDocument>(value)?;
    if let Some(seen_at) = document.get_mut("seen_at")
        && let Bson::Int64(at) = seen_at
    {
        *seen_at = Bson::DateTime(DateTime::from_millis(*at));
    }
    Ok(document)
}

/// Skips changes without a number: the next reader of the change log numbers them after the migrated ones.
fn value_of_change(document: Document) -> Result<Option<Value>, StoreError> {
    if document.contains_key("sequence") { value_of::<ChangeDocument>(document) } else { Ok(None) }
}

fn value_of_reservation(document: Document) -> Result<Option<Value>, StoreError> {
    let mut value = value_of::<ReservationDocument>(document)?;
    if let Some(fields) = value.as_mut().and_then(Value::as_object_mut) {
        // The id repeats the key fields.
        fields.remove("_id");
    }
    Ok(value)
}

fn document_of_reservation(mut value: Value) -> Result<Document, StoreError> {
    let key = ReservationKey {
        order_id: serde_json::from_value(value["order_id"].clone())?,
        attempt: serde_json::from_value(value["attempt"].clone())?,
    };
    value["_id"] = Value::from(reservation_id(key));
    document_of::<ReservationDocument>(value)
}

/// Exports and imports the collections of products or of stock.
#[derive(Clone)]
pub struct MongoRecords {
    collections: MongoCollections,
    database: Database,
    /// The kind of change log entries.
    change_kind: &'static str,
    /// The counter of the change log.
    change_counter: &'static str,
}

impl MongoRecords {
    pub(super) fn of_products(database: Database) -> Self {
        let collections = MongoCollections::new(database.clone(), OF_PRODUCTS);
        Self { collections, database, change_kind: products::CHANGES, change_counter: schema::PRODUCT_CHANGES }
    }

    pub(super) fn of_stock(database: Database) -> Self {
        let collections = MongoCollections::new(database.clone(), OF_STOCK);
        Self { collections, database, change_kind: stock::CHANGES, change_counter: schema::STOCK_CHANGES }
    }

    /// Advances the counter, so that new changes are numbered after these.
    async fn advance_counter(&self, changes: &[Record]) -> Result<(), StoreError> {
        let last = changes.iter().filter_map(|change| change.value["sequence"].as_i64()).max();
        if let Some(last) = last {
            let counters = self.database.collection::<Document>(COUNTERS);
            let advanced = doc! { "$max": { "last": last } };
            counters.update_one(doc! { "_id": self.change_counter }, advanced).upsert(true).await?;
        }
        Ok(())
    }
}

#[async_trait]
impl Exporter for MongoRecords {
    fn kinds(&self) -> Vec<&'static str> {
        self.collections.kinds()
    }

    async fn page(&self, kind: &str, from: Option<&str>, limit: usize) -> Result<Page, StoreError> {
        self.collections.page(kind, from, limit).await
    }
}

#[async_trait]
impl Importer for MongoRecords {
    async fn receive(&self, kind: &str, records: &[Record]) -> Result<(), StoreError> {
        if kind == self.change_kind {
            // Before the records are written: two changes with the same number would stop every search index.
            self.advance_counter(records).await?;
        }
        self.collections.receive(kind, records).await
    }
}
