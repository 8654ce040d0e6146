//! Writes of products within a transaction.
//!
//! The stored state is read first, then each product is checked in the given order, and all accepted ones are written
//! together. Every write of a product writes its document, so that document guards everything that belongs to the product.
//! Documents are updated in place: a concurrent reader never misses a product that is being rewritten.

use super::codec::{encode, to_bson, to_bson_list};
use super::schema::{PRODUCT_CHANGES, PRODUCTS, VARIANTS};
use super::transaction::{Transaction, Update};
use super::{change_log, queued_images};
use crate::product::Product;
use crate::store::{VariantRecord, WriteOutcome};
use chassis::StoreError;
use chassis::mongo::micros;
use contracts::catalogue::ProductStatus;
use contracts::{ProductId, Sku};
use mongodb::bson::{Document, doc};
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap, HashSet};

/// A product as it is stored.
#[derive(Deserialize)]
pub struct StoredProduct {
    pub document: Product,
}

/// Writes each product unless it is stale or one of its SKUs is taken.
pub async fn write(transaction: &mut Transaction, products: &[Product]) -> Result<Vec<WriteOutcome>, StoreError> {
    let mut stored = StoredState::read(transaction, products).await?;
    let mut outcomes = Vec::with_capacity(products.len());
    // By id: of two versions of a product in one batch only the last is written, and concurrent batches write
    // products in the same order.
    let mut accepted = BTreeMap::new();
    for product in products {
        let outcome = stored.check(product)?;
        if outcome == WriteOutcome::Done {
            stored.accept(product);
            accepted.insert(product.id, product);
        }
        outcomes.push(outcome);
    }
    let accepted: Vec<&Product> = accepted.into_values().collect();
    if !accepted.is_empty() {
        replace(transaction, &accepted).await?;
        queued_images::enqueue(transaction, &accepted).await?;
        let changed: Vec<ProductId> = accepted.iter().map(|product| product.id).collect();
        change_log::append(transaction, PRODUCT_CHANGES, &changed).await?;
    }
    Ok(outcomes)
}

/// Removes a product with its variants and queued images, and returns whether it existed.
pub async fn remove(transaction: &mut Transaction, id: ProductId) -> Result<bool, StoreError> {
    let removed = transaction.delete(PRODUCTS, doc! { "_id": id.to_string() }).await?;
    transaction.delete(VARIANTS, doc! { "product_id": id.to_string() }).await?;
    queued_images::remove(transaction, id).await?;
    change_log::append(transaction, PRODUCT_CHANGES, &[id]).await?;
    Ok(removed == 1)
}

/// Writes the documents of products and their variants, and deletes variants that they no longer have.
pub async fn replace(transaction: &mut Transaction, products: &[&Product]) -> Result<(), StoreError> {
    let documents = products.iter().map(|product| {
        let document = doc! {
            "handle": &product.handle,
            "version": product.version,
            "status": to_bson(&product.status)?,
            "updated_at": micros(product.updated_at),
            "document": encode(product)?,
        };
        Ok(Update { filter: doc! { "_id": product.id.to_string() }, change: document, upsert: true })
    });
    transaction.update(PRODUCTS, documents.collect::<Result<_, StoreError>>()?).await?;
    let skus: HashSet<&Sku> = products.iter().flat_map(|product| product.skus()).collect();
    let of_these = doc! { "product_id": { "$in": to_bson_list(products.iter().map(|product| product.id))? } };
    let before: Vec<VariantOwner> = transaction.project(VARIANTS, of_these, doc! { "product_id": 1 }).await?;
    // Variants are deleted by SKU: a SKU that moved to another product of this batch must stay.
    let removed: Vec<Sku> = before.into_iter().map(|owner| owner.sku).filter(|sku| !skus.contains(sku)).collect();
    if !removed.is_empty() {
        transaction.delete(VARIANTS, doc! { "_id": { "$in": to_bson_list(removed)? } }).await?;
    }
    let mut variants = Vec::with_capacity(skus.len());
    for product in products {
        variants.extend(variant_updates(product)?);
    }
    transaction.update(VARIANTS, variants).await?;
    Ok(())
}

fn variant_updates(product: &Product) -> Result<Vec<Update>, StoreError> {
    let update = |record: VariantRecord| {
        let change = doc! {
            "product_id": product.id.to_string(),
            "active": product.status == ProductStatus::Active,
            "document": encode(&record)?,
        };
        Ok(Update { filter: doc! { "_id": record.variant.sku.as_str() }, change, upsert: true })
    };
    VariantRecord::of_product(product).map(update).collect()
}

#[derive(Deserialize)]
struct ProductHead {
    #[serde(rename = "_id")]
    id: ProductId,
    handle: String,
    version: i64,
}

#[derive(Deserialize)]
struct VariantOwner {
    #[serde(rename = "_id")]
    sku: Sku,
    product_id: ProductId,
}

/// The stored owners of the handles, ids and SKUs of the products to write.
struct StoredState {
    by_handle: HashMap<String, (ProductId, i64)>,
    handles: HashMap<ProductId, String>,
    owners: HashMap<Sku, ProductId>,
}

impl StoredState {
    async fn read(transaction: &mut Transaction, products: &[Product]) -> Result<Self, StoreError> {
        let handles: Vec<&str> = products.iter().map(|product| product.handle.as_str()).collect();
        let ids = to_bson_list(products.iter().map(|product| product.id))?;
        let filter: Document = doc! { "$or": [{ "handle": { "$in": handles } }, { "_id": { "$in": ids } }] };
        let heads: Vec<ProductHead> = transaction.project(PRODUCTS, filter, doc! { "handle": 1, "version": 1 }).await?;
        let skus = to_bson_list(products.iter().flat_map(Product::skus))?;
        let filter = doc! { "_id": { "$in": skus } };
        let owners: Vec<VariantOwner> = transaction.project(VARIANTS, filter, doc! { "product_id": 1 }).await?;
        Ok(Self {
            handles: heads.iter().map(|head| (head.id, head.handle.clone())).collect(),
            by_handle: heads.into_iter().map(|head| (head.handle, (head.id, head.version))).collect(),
            owners: owners.into_iter().map(|owner| (owner.sku, owner.product_id)).collect(),
        })
    }

    fn check(&self, product: &Product) -> Result<WriteOutcome, StoreError> {
        let is_taken = |sku: &&Sku| self.owners.get(*sku).is_some_and(|owner| *owner != product.id);
        if let Some(taken) = product.skus().find(is_taken) {
            return Ok(WriteOutcome::SkuTaken(taken.clone()));
        }
        match self.by_handle.get(&product.handle) {
            Some(stored) if *stored != (product.id, product.version - 1) => Ok(WriteOutcome::Stale),
            // Handles never change, so this product would be stored twice.
            None if self.handles.contains_key(&product.id) => {
                Err(StoreError::Fault(format!("product {} is stored under another handle", product.id)))
            }
            _ => Ok(WriteOutcome::Done),
        }
    }

    /// Applies an accepted product, so that later products of the same batch are checked against it.
    fn accept(&mut self, product: &Product) {
        self.by_handle.insert(product.handle.clone(), (product.id, product.version));
        self.handles.insert(product.id, product.handle.clone());
        // SKUs that this version gives up become free for the products after it.
        self.owners.retain(|_, owner| *owner != product.id);
        self.owners.extend(product.skus().map(|sku| (sku.clone(), product.id)));
    }
}
