//! Products, categories, taxes, promotions and settings in MongoDB.

use super::changes;
use super::document::{bounded, decode, encode, parts};
use super::moved::MongoContents;
use super::schema::{Layout, prepare};
use super::work::{ASKED, Update, Work};
use super::{imports, queue, settings, writes};
use crate::product::Product;
use crate::store::{Category, ProductStore, VariantRecord, Written};
use async_trait::async_trait;
use chassis::StoreError;
use chassis::health::Check;
use chassis::mongo::{ConnectionSettings, Database};
use chassis::store::retry_transaction;
use contracts::catalogue::{CategoryDraft, PromotionDraft, Shop, TaxRate};
use contracts::{Country, ProductId, Rate, Sku};
use futures::TryStreamExt;
use mongodb::bson::{Document, doc};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::HashMap;

/// The collection of products.
pub const PRODUCTS: &str = "products";
/// The collection of their variants, by SKU.
pub const VARIANTS: &str = "variants";
/// The feed of products that changed.
pub const FEED: &str = "product_changes";
/// The collection of categories.
pub const CATEGORIES: &str = "categories";

fn layouts() -> Vec<Layout> {
    vec![
        Layout::new(PRODUCTS).unique(doc! { "handle": 1 }),
        Layout::new(VARIANTS).index(doc! { "product_id": 1 }),
        changes::layout(FEED),
        Layout::new(CATEGORIES).index(doc! { "name": 1 }),
        Layout::new(settings::SETTINGS),
        Layout::new(settings::PROMOTIONS),
        queue::layout(),
        imports::runs(),
        imports::handles(),
    ]
}

/// Products in MongoDB.
#[derive(Clone)]
pub struct MongoProducts(pub(super) Database);

impl MongoProducts {
    /// Opens catalogue's database, and makes the collections that are missing.
    ///
    /// # Errors
    /// When the server is away, or is no replica set.
    pub async fn open(address: &ConnectionSettings) -> Result<Self, StoreError> {
        Self::over(Database::open(address, "catalogue").await?).await
    }

    /// Products in a database that is open, and perhaps used for stock too.
    ///
    /// # Errors
    /// When the server is away.
    pub async fn over(database: Database) -> Result<Self, StoreError> {
        prepare(&database, &layouts(), &[FEED]).await?;
        Ok(Self(database))
    }

    /// All that the store keeps, to be moved from or into another.
    pub fn contents(&self) -> MongoContents {
        MongoContents::of_products(self.0.clone())
    }

    /// The documents of a collection that match.
    pub(super) async fn all<T: DeserializeOwned>(
        &self,
        collection: &str,
        filter: Document,
    ) -> Result<Vec<T>, StoreError> {
        self.some(collection, filter, Document::new()).await
    }

    /// These fields, and the id, of the documents of a collection that match.
    pub(super) async fn some<T: DeserializeOwned>(
        &self,
        collection: &str,
        filter: Document,
        fields: Document,
    ) -> Result<Vec<T>, StoreError> {
        let mut found = self.0.collection::<Document>(collection).find(filter).projection(fields).await?;
        let mut some = Vec::new();
        while let Some(document) = found.try_next().await? {
            some.push(decode(document)?);
        }
        Ok(some)
    }

    /// At most `limit` documents of a collection that match, in the order of `keys`.
    pub(super) async fn page<T: DeserializeOwned>(
        &self,
        collection: &str,
        filter: Document,
        keys: Document,
        limit: usize,
    ) -> Result<Vec<T>, StoreError> {
        // To MongoDB no documents at most means all of them.
        if limit == 0 {
            return Ok(Vec::new());
        }
        let found = self.0.collection::<Document>(collection).find(filter).sort(keys).limit(bounded(limit)).await?;
        let found: Vec<Document> = found.try_collect().await?;
        found.into_iter().map(decode).collect()
    }

    /// Puts a document in place of the one with its id.
    pub(super) async fn put(&self, collection: &str, id: &str, document: Document) -> Result<(), StoreError> {
        let collection = self.0.collection::<Document>(collection);
        collection.replace_one(doc! { "_id": id }, document).upsert(true).await?;
        Ok(())
    }
}

/// A product as it is kept.
#[derive(Deserialize)]
pub struct KeptProduct {
    /// The product.
    pub document: Product,
}

fn opened(products: Vec<KeptProduct>) -> Vec<Product> {
    products.into_iter().map(|kept| kept.document).collect()
}

#[derive(Deserialize)]
struct KeptVariant {
    document: VariantRecord,
}

#[derive(Deserialize)]
struct Owned {
    #[serde(rename = "_id")]
    sku: Sku,
    product_id: ProductId,
}

#[derive(Deserialize)]
struct KeptCategory {
    #[serde(rename = "_id")]
    handle: String,
    name: String,
    description: String,
}

#[async_trait]
impl ProductStore for MongoProducts {
    async fn write(&self, product: &Product) -> Result<Written, StoreError> {
        let written = self.write_all(std::slice::from_ref(product)).await?;
        written.into_iter().next().ok_or_else(|| StoreError::Fault("nothing became of a product".to_owned()))
    }

    async fn write_all(&self, products: &[Product]) -> Result<Vec<Written>, StoreError> {
        if products.is_empty() {
            return Ok(Vec::new());
        }
        retry_transaction(|| async {
            let mut work = Work::begin(&self.0).await?;
            let written = writes::write(&mut work, products).await?;
            work.commit().await?;
            Ok(written)
        })
        .await
    }

    async fn remove(&self, id: ProductId) -> Result<bool, StoreError> {
        retry_transaction(|| async {
            let mut work = Work::begin(&self.0).await?;
            let gone = writes::remove(&mut work, id).await?;
            work.commit().await?;
            Ok(gone)
        })
        .await
    }

    async fn by_handle(&self, handle: &str) -> Result<Option<Product>, StoreError> {
        let found = self.0.collection::<Document>(PRODUCTS).find_one(doc! { "handle": handle }).await?;
        found.map(|document| Ok(decode::<KeptProduct>(document)?.document)).transpose()
    }

    async fn by_handles(&self, handles: &[String]) -> Result<Vec<Product>, StoreError> {
        Ok(opened(self.all(PRODUCTS, doc! { "handle": { "$in": handles } }).await?))
    }

    async fn by_ids(&self, ids: &[ProductId]) -> Result<Vec<Product>, StoreError> {
        Ok(opened(self.all(PRODUCTS, doc! { "_id": { "$in": parts(ids)? } }).await?))
    }

    async fn after(&self, after: Option<ProductId>, limit: usize) -> Result<Vec<Product>, StoreError> {
        let after = after.map(|id| id.to_string()).unwrap_or_default();
        Ok(opened(self.page(PRODUCTS, doc! { "_id": { "$gt": after } }, doc! { "_id": 1 }, limit).await?))
    }

    async fn variants(&self, skus: &[Sku]) -> Result<Vec<VariantRecord>, StoreError> {
        let mut records = Vec::with_capacity(skus.len());
        for skus in skus.chunks(ASKED) {
            let kept: Vec<KeptVariant> =
                self.all(VARIANTS, doc! { "_id": { "$in": parts(skus)? }, "active": true }).await?;
            records.extend(kept.into_iter().map(|kept| kept.document));
        }
        Ok(records)
    }

    async fn owners(&self, skus: &[Sku]) -> Result<HashMap<Sku, ProductId>, StoreError> {
        let mut owners = HashMap::with_capacity(skus.len());
        for skus in skus.chunks(ASKED) {
            let filter = doc! { "_id": { "$in": parts(skus)? } };
            let owned: Vec<Owned> = self.some(VARIANTS, filter, doc! { "product_id": 1 }).await?;
            owners.extend(owned.into_iter().map(|variant| (variant.sku, variant.product_id)));
        }
        Ok(owners)
    }

    async fn changes_after(&self, sequence: i64, limit: usize) -> Result<(Vec<ProductId>, i64), StoreError> {
        changes::after(&self.0, FEED, sequence, limit).await
    }

    async fn categories(&self) -> Result<Vec<Category>, StoreError> {
        let kept: Vec<KeptCategory> = self.page(CATEGORIES, doc! {}, doc! { "name": 1 }, 1000).await?;
        let category =
            |kept: KeptCategory| Category { handle: kept.handle, name: kept.name, description: kept.description };
        Ok(kept.into_iter().map(category).collect())
    }

    async fn write_category(&self, handle: &str, draft: &CategoryDraft) -> Result<(), StoreError> {
        self.put(CATEGORIES, handle, encode(draft)?).await
    }

    async fn make_categories(&self, categories: &[(String, String)]) -> Result<(), StoreError> {
        retry_transaction(|| async {
            let mut work = Work::begin(&self.0).await?;
            let made = categories.iter().map(|(handle, name)| Update {
                filter: doc! { "_id": handle },
                change: doc! { "$setOnInsert": { "name": name, "description": "" } },
                make: true,
            });
            work.update(CATEGORIES, made.collect()).await?;
            work.commit().await
        })
        .await
    }

    async fn tax_rates(&self) -> Result<Vec<TaxRate>, StoreError> {
        self.kept_rates(None).await
    }

    async fn write_tax_rates(&self, rates: &[TaxRate]) -> Result<(), StoreError> {
        self.keep_rates(rates).await
    }

    async fn rates_of(&self, country: Country) -> Result<HashMap<String, Rate>, StoreError> {
        let rates = self.kept_rates(Some(country)).await?;
        Ok(rates.into_iter().map(|rate| (rate.class.into_string(), rate.rate)).collect())
    }

    async fn promotion(&self, code: &str) -> Result<Option<PromotionDraft>, StoreError> {
        self.kept_promotion(code).await
    }

    async fn promotions(&self, after: &str, limit: usize) -> Result<Vec<(String, PromotionDraft)>, StoreError> {
        self.kept_promotions(after, limit).await
    }

    async fn write_promotion(&self, code: &str, draft: &PromotionDraft) -> Result<(), StoreError> {
        self.put(settings::PROMOTIONS, code, doc! { "document": encode(draft)? }).await
    }

    async fn shop(&self) -> Result<Option<Shop>, StoreError> {
        self.kept_shop().await
    }

    async fn begin_shop(&self, first: &Shop) -> Result<Shop, StoreError> {
        self.keep_first_shop(first).await?;
        self.kept_shop().await?.ok_or_else(|| StoreError::Fault("the shop's settings are gone".to_owned()))
    }

    async fn write_shop(&self, shop: &Shop) -> Result<(), StoreError> {
        self.put(settings::SETTINGS, settings::SHOP, doc! { "document": encode(shop)? }).await
    }
}

#[async_trait]
impl Check for MongoProducts {
    async fn check(&self) -> Result<(), String> {
        self.0.check().await
    }
}
