//! Products, categories, tax rates, promotions and settings in MongoDB.

use super::codec::{decode, encode, to_bson, to_bson_list};
use super::collections::prepare;
use super::data_migration::MongoRecords;
use super::queries::{find_all, find_fields, find_page, find_page_of_fields, put};
use super::schema::{self, CATEGORIES, PRODUCT_CHANGES, PRODUCTS, VARIANTS};
use super::transaction::{MAX_FILTER_VALUES, Transaction, Update};
use super::{change_log, product_writes, settings};
use crate::product::Product;
use crate::store::codec::upper_bound;
use crate::store::{Category, CategoryDeletion, ProductStore, VariantRecord, WriteOutcome};
use async_trait::async_trait;
use chassis::StoreError;
use chassis::health::{Check, CheckError, Connections};
use chassis::mongo::{ConnectionSettings, Database, moment};
use chassis::store::retry_transaction;
use contracts::catalogue::{
    CategoryDraft, CategoryTranslations, ProductStatus, PromotionDraft, Shop, SitemapProduct, TaxRate,
};
use contracts::{Country, ProductId, Rate, Sku};
use mongodb::bson::{Document, doc};
use product_writes::StoredProduct;
use serde::Deserialize;
use std::collections::HashMap;

const MAX_CATEGORIES: usize = 1000;

/// Stores products in MongoDB.
#[derive(Clone)]
pub struct MongoProducts(pub(super) Database);

impl MongoProducts {
    /// Opens the database of catalogue, and creates the collections that are missing.
    ///
    /// # Errors
    /// When the server is unavailable, or is not a replica set.
    pub async fn open(address: &ConnectionSettings) -> Result<Self, StoreError> {
        Self::over(Database::open(address, "catalogue").await?).await
    }

    /// Creates the store over an open database, which may also be used for stock.
    ///
    /// # Errors
    /// When the server is unavailable.
    pub async fn over(database: Database) -> Result<Self, StoreError> {
        prepare(&database, &schema::product_collections(), &[PRODUCT_CHANGES]).await?;
        Ok(Self(database))
    }

    /// Returns the records of this store for a data migration.
    pub fn contents(&self) -> MongoRecords {
        MongoRecords::of_products(self.0.clone())
    }
}

fn documents(products: Vec<StoredProduct>) -> Vec<Product> {
    products.into_iter().map(|stored| stored.document).collect()
}

#[derive(Deserialize)]
struct StoredVariant {
    document: VariantRecord,
}

#[derive(Deserialize)]
struct StoredReference {
    #[serde(rename = "_id")]
    id: ProductId,
    handle: String,
    updated_at: i64,
}

#[derive(Deserialize)]
struct VariantOwner {
    #[serde(rename = "_id")]
    sku: Sku,
    product_id: ProductId,
}

#[derive(Deserialize)]
struct StoredCategory {
    #[serde(rename = "_id")]
    handle: String,
    name: String,
    description: String,
    // Absent in categories of an earlier version.
    #[serde(default)]
    translations: CategoryTranslations,
}

#[async_trait]
impl ProductStore for MongoProducts {
    async fn write(&self, product: &Product) -> Result<WriteOutcome, StoreError> {
        let outcomes = self.write_all(std::slice::from_ref(product)).await?;
        outcomes.into_iter().next().ok_or_else(|| StoreError::Fault("a product write has no outcome".to_owned()))
    }

    async fn write_all(&self, products: &[Product]) -> Result<Vec<WriteOutcome>, StoreError> {
        if products.is_empty() {
            return Ok(Vec::new());
        }
        retry_transaction(|| async {
            let mut transaction = Transaction::begin(&self.0).await?;
            // Runs again after an abort, and reads the stored state again.
            let outcomes = product_writes::write(&mut transaction, products).await?;
            transaction.commit().await?;
            Ok(outcomes)
        })
        .await
    }

    async fn remove(&self, id: ProductId) -> Result<bool, StoreError> {
        retry_transaction(|| async {
            let mut transaction = Transaction::begin(&self.0).await?;
            let existed = product_writes::remove(&mut transaction, id).await?;
            transaction.commit().await?;
            Ok(existed)
        })
        .await
    }

    async fn by_handle(&self, handle: &str) -> Result<Option<Product>, StoreError> {
        let found = self.0.collection::<Document>(PRODUCTS).find_one(doc! { "handle": handle }).await?;
        found.map(|document| Ok(decode::<StoredProduct>(document)?.document)).transpose()
    }

    async fn by_handles(&self, handles: &[String]) -> Result<Vec<Product>, StoreError> {
        Ok(documents(find_all(&self.0, PRODUCTS, doc! { "handle": { "$in": handles } }).await?))
    }

    async fn by_ids(&self, ids: &[ProductId]) -> Result<Vec<Product>, StoreError> {
        Ok(documents(find_all(&self.0, PRODUCTS, doc! { "_id": { "$in": to_bson_list(ids)? } }).await?))
    }

    async fn page_after(&self, after: Option<ProductId>, limit: usize) -> Result<Vec<Product>, StoreError> {
        let after = after.map(|id| id.to_string()).unwrap_or_default();
        let filter = doc! { "_id": { "$gt": after } };
        Ok(documents(find_page(&self.0, PRODUCTS, filter, doc! { "_id": 1 }, limit).await?))
    }

    async fn with_status(
        &self,
        status: ProductStatus,
        before: Option<ProductId>,
        limit: usize,
    ) -> Result<Vec<Product>, StoreError> {
        let filter = doc! { "status": to_bson(&status)?, "_id": { "$lt": upper_bound(before) } };
        Ok(documents(find_page(&self.0, PRODUCTS, filter, doc! { "_id": -1 }, limit).await?))
    }

    async fn references_after(
        &self,
        after: Option<ProductId>,
        limit: usize,
    ) -> Result<Vec<SitemapProduct>, StoreError> {
        let after = after.map(|id| id.to_string()).unwrap_or_default();
        let filter = doc! { "status": to_bson(&ProductStatus::Active)?, "_id": { "$gt": after } };
        let fields = doc! { "handle": 1, "updated_at": 1 };
        let found: Vec<StoredReference> =
            find_page_of_fields(&self.0, PRODUCTS, filter, fields, doc! { "_id": 1 }, limit).await?;
        let reference = |stored: StoredReference| {
            let updated_at = moment(stored.updated_at)?;
            Ok(SitemapProduct { id: stored.id, handle: stored.handle, updated_at })
        };
        found.into_iter().map(reference).collect()
    }

    async fn variants(&self, skus: &[Sku]) -> Result<Vec<VariantRecord>, StoreError> {
        // In chunks, since the filter of one command is limited in size.
        let mut records = Vec::with_capacity(skus.len());
        for skus in skus.chunks(MAX_FILTER_VALUES) {
            let filter = doc! { "_id": { "$in": to_bson_list(skus)? }, "active": true };
            let stored: Vec<StoredVariant> = find_all(&self.0, VARIANTS, filter).await?;
            records.extend(stored.into_iter().map(|stored| stored.document));
        }
        Ok(records)
    }

    async fn owners(&self, skus: &[Sku]) -> Result<HashMap<Sku, ProductId>, StoreError> {
        // In chunks, since the filter of one command is limited in size.
        let mut owners = HashMap::with_capacity(skus.len());
        for skus in skus.chunks(MAX_FILTER_VALUES) {
            let filter = doc! { "_id": { "$in": to_bson_list(skus)? } };
            let found: Vec<VariantOwner> = find_fields(&self.0, VARIANTS, filter, doc! { "product_id": 1 }).await?;
            owners.extend(found.into_iter().map(|owner| (owner.sku, owner.product_id)));
        }
        Ok(owners)
    }

    async fn changes_after(&self, sequence: i64, limit: usize) -> Result<(Vec<ProductId>, i64), StoreError> {
        change_log::read_after(&self.0, PRODUCT_CHANGES, sequence, limit).await
    }

    async fn categories(&self) -> Result<Vec<Category>, StoreError> {
        let stored: Vec<StoredCategory> =
            find_page(&self.0, CATEGORIES, doc! {}, doc! { "name": 1 }, MAX_CATEGORIES).await?;
        let category = |stored: StoredCategory| Category {
            handle: stored.handle,
            name: stored.name,
            description: stored.description,
            translations: stored.translations,
        };
        Ok(stored.into_iter().map(category).collect())
    }

    async fn write_category(&self, handle: &str, draft: &CategoryDraft) -> Result<(), StoreError> {
        put(&self.0, CATEGORIES, handle, encode(draft)?).await
    }

    // A product that is written at the same time can keep the category: it is shown like one whose category never existed.
    async fn delete_category(&self, handle: &str) -> Result<CategoryDeletion, StoreError> {
        let products = self.0.collection::<Document>(PRODUCTS);
        let user = products.find_one(doc! { "document.category": handle }).projection(doc! { "_id": 1 }).await?;
        if user.is_some() {
            return Ok(CategoryDeletion::InUse);
        }
        let deleted = self.0.collection::<Document>(CATEGORIES).delete_one(doc! { "_id": handle }).await?;
        Ok(if deleted.deleted_count == 1 { CategoryDeletion::Done } else { CategoryDeletion::Unknown })
    }

    async fn create_categories(&self, categories: &[(String, String)]) -> Result<(), StoreError> {
        retry_transaction(|| async {
            let mut transaction = Transaction::begin(&self.0).await?;
            let updates = categories.iter().map(|(handle, name)| Update {
                filter: doc! { "_id": handle },
                // Nothing is set on a match: the name of an existing category stays.
                change: doc! { "$setOnInsert": { "name": name, "description": "", "translations": {} } },
                upsert: true,
            });
            transaction.update(CATEGORIES, updates.collect()).await?;
            transaction.commit().await
        })
        .await
    }

    async fn tax_rates(&self) -> Result<Vec<TaxRate>, StoreError> {
        settings::read_tax_rates(&self.0, None).await
    }

    async fn write_tax_rates(&self, rates: &[TaxRate]) -> Result<(), StoreError> {
        settings::write_tax_rates(&self.0, rates).await
    }

    async fn tax_rates_of(&self, country: Country) -> Result<HashMap<String, Rate>, StoreError> {
        let rates = settings::read_tax_rates(&self.0, Some(country)).await?;
        Ok(rates.into_iter().map(|rate| (rate.class.into_string(), rate.rate)).collect())
    }

    async fn promotion(&self, code: &str) -> Result<Option<PromotionDraft>, StoreError> {
        settings::read_promotion(&self.0, code).await
    }

    async fn promotions(&self, after: &str, limit: usize) -> Result<Vec<(String, PromotionDraft)>, StoreError> {
        settings::read_promotions(&self.0, after, limit).await
    }

    async fn write_promotion(&self, code: &str, draft: &PromotionDraft) -> Result<(), StoreError> {
        settings::write_promotion(&self.0, code, draft).await
    }

    async fn delete_promotion(&self, code: &str) -> Result<bool, StoreError> {
        settings::delete_promotion(&self.0, code).await
    }

    async fn shop(&self) -> Result<Option<Shop>, StoreError> {
        settings::read_shop(&self.0).await
    }

    async fn initialise_shop(&self, first: &Shop) -> Result<Shop, StoreError> {
        settings::insert_shop(&self.0, first).await?;
        let stored = settings::read_shop(&self.0).await?;
        stored.ok_or_else(|| StoreError::Fault("the shop's settings have disappeared".to_owned()))
    }

    async fn write_shop(&self, shop: &Shop) -> Result<(), StoreError> {
        settings::write_shop(&self.0, shop).await
    }
}

#[async_trait]
impl Check for MongoProducts {
    async fn check(&self) -> Result<(), CheckError> {
        self.0.check().await
    }

    fn connections(&self) -> Option<Connections> {
        self.0.connections()
    }
}
