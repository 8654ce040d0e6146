//! What MongoDB keeps of what moves with a shop, and how it takes that in.

use super::answers::{ANSWERS, AnswerDocument};
use super::imports;
use super::levels::{self, HISTORY, LEVELS, LevelDocument};
use super::products::{self, CATEGORIES, PRODUCTS, VARIANTS};
use super::queue::FETCHES;
use super::reservations::{KeptReservation, PROMOTION_USES, RESERVATIONS, Uses, id};
use super::schema::COUNTERS;
use super::settings::{PROMOTIONS, SETTINGS, SHOP, TAX_RATES};
use crate::import::ImportRun;
use crate::product::Product;
use crate::store::levels::Line;
use crate::store::{VariantRecord, moved, moved_stock};
use async_trait::async_trait;
use chassis::StoreError;
use chassis::mongo::Database;
use chassis::data_migration::{Exporter, RecordKind, MongoCollections, Page, Importer, Record, document_of, value_of};
use contracts::catalogue::{ProductStatus, PromotionDraft, ReservationKey, Shop, TaxRate};
use mongodb::bson::{Bson, DateTime, Document, doc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

const OF_PRODUCTS: &[RecordKind] = &[
    RecordKind::of::<ShopDocument>(moved::SETTINGS, SETTINGS, &["name"])
        .with_id("name")
        .converted(|document| only::<ShopDocument>(SHOP, document), document_of::<ShopDocument>),
    RecordKind::of::<RatesDocument>(moved::TAX_RATES, SETTINGS, &["name"])
        .with_id("name")
        .converted(|document| only::<RatesDocument>(TAX_RATES, document), document_of::<RatesDocument>),
    RecordKind::of::<PromotionDocument>(moved::PROMOTIONS, PROMOTIONS, &["code"]).with_id("code"),
    RecordKind::of::<CategoryDocument>(moved::CATEGORIES, CATEGORIES, &["handle"]).with_id("handle"),
    RecordKind::of::<ProductDocument>(moved::PRODUCTS, PRODUCTS, &["id"]).with_id("id"),
    RecordKind::of::<VariantDocument>(moved::VARIANTS, VARIANTS, &["sku"]).with_id("sku"),
    RecordKind::of::<FetchDocument>(moved::FETCHES, FETCHES, &["product_id", "url"]),
    RecordKind::of::<RunDocument>(moved::RUNS, imports::RUNS, &["key"]).with_id("key"),
    RecordKind::of::<HandleDocument>(moved::HANDLES, imports::HANDLES, &["run", "handle"])
        .converted(value_of_handle, document_of_handle),
    RecordKind::of::<ChangeDocument>(moved::CHANGES, products::FEED, &["sequence"])
        .converted(value_of_change, document_of::<ChangeDocument>),
];

const OF_STOCK: &[RecordKind] = &[
    RecordKind::of::<LevelDocument>(moved_stock::LEVELS, LEVELS, &["sku"]).with_id("sku"),
    RecordKind::of::<KeptReservation>(moved_stock::RESERVATIONS, RESERVATIONS, &["order_id", "attempt"])
        .converted(value_of_reservation, document_of_reservation),
    RecordKind::of::<Uses>(moved_stock::PROMOTION_USES, PROMOTION_USES, &["code"]).with_id("code"),
    RecordKind::of::<ChangeDocument>(moved_stock::CHANGES, levels::FEED, &["sequence"])
        .converted(value_of_change, document_of::<ChangeDocument>),
    RecordKind::of::<Line>(moved_stock::HISTORY, HISTORY, &["sku", "number"]),
    RecordKind::of::<AnswerDocument>(moved_stock::ANSWERS, ANSWERS, &["owner", "operation", "request_key"]),
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
struct CategoryDocument {
    #[serde(rename = "_id")]
    handle: String,
    name: String,
    description: String,
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
struct FetchDocument {
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
    /// In milliseconds; in the database a date, by which it is swept.
    seen_at: i64,
}

#[derive(Serialize, Deserialize)]
struct ChangeDocument {
    sequence: i64,
    of: String,
}

/// One document of a collection that has others.
fn only<T: Serialize + serde::de::DeserializeOwned>(
    name: &str,
    document: Document,
) -> Result<Option<Value>, StoreError> {
    if document.get_str("_id").is_ok_and(|id| id == name) { value_of::<T>(document) } else { Ok(None) }
}

fn value_of_handle(mut document: Document) -> Result<Option<Value>, StoreError> {
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

/// A change that waits for its number belongs to nobody yet; who asks first numbers it after those that came.
fn value_of_change(document: Document) -> Result<Option<Value>, StoreError> {
    if document.contains_key("sequence") { value_of::<ChangeDocument>(document) } else { Ok(None) }
}

fn value_of_reservation(document: Document) -> Result<Option<Value>, StoreError> {
    let mut value = value_of::<KeptReservation>(document)?;
    if let Some(fields) = value.as_mut().and_then(Value::as_object_mut) {
        fields.remove("_id");
    }
    Ok(value)
}

fn document_of_reservation(mut value: Value) -> Result<Document, StoreError> {
    let key = ReservationKey {
        order_id: serde_json::from_value(value["order_id"].clone())?,
        attempt: serde_json::from_value(value["attempt"].clone())?,
    };
    value["_id"] = Value::from(id(key));
    document_of::<KeptReservation>(value)
}

/// All that products or stock keep in MongoDB.
#[derive(Clone)]
pub struct MongoContents {
    collections: MongoCollections,
    database: Database,
    /// The kind of records that are numbered changes, and the counter that their numbers are drawn from.
    changes: (&'static str, &'static str),
}

impl MongoContents {
    pub(super) fn of_products(database: Database) -> Self {
        let collections = MongoCollections::new(database.clone(), OF_PRODUCTS);
        Self { collections, database, changes: (moved::CHANGES, products::FEED) }
    }

    pub(super) fn of_stock(database: Database) -> Self {
        let collections = MongoCollections::new(database.clone(), OF_STOCK);
        Self { collections, database, changes: (moved_stock::CHANGES, levels::FEED) }
    }

    /// What is drawn from now on comes after the numbers of these changes.
    async fn draw_after(&self, changes: &[Record]) -> Result<(), StoreError> {
        let last = changes.iter().filter_map(|change| change.value["sequence"].as_i64()).max();
        if let Some(last) = last {
            let counters = self.database.collection::<Document>(COUNTERS);
            let raised = doc! { "$max": { "last": last } };
            counters.update_one(doc! { "_id": self.changes.1 }, raised).upsert(true).await?;
        }
        Ok(())
    }
}

#[async_trait]
impl Exporter for MongoContents {
    fn kinds(&self) -> Vec<&'static str> {
        self.collections.kinds()
    }

    async fn page(&self, kind: &str, from: Option<&str>, limit: usize) -> Result<Page, StoreError> {
        self.collections.page(kind, from, limit).await
    }
}

#[async_trait]
impl Importer for MongoContents {
    async fn receive(&self, kind: &str, records: &[Record]) -> Result<(), StoreError> {
        if kind == self.changes.0 {
            // Before they are there: two changes of one number would stop everybody who follows.
            self.draw_after(records).await?;
        }
        self.collections.receive(kind, records).await
    }
}
