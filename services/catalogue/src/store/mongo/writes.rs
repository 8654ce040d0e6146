//! Writing products: what is kept is read, judged in the order given, and written in one unit of work.
//!
//! Every write of a product writes its document, which guards all that belongs to it. Documents are changed in their
//! place: a reader never finds a product gone that is being rewritten.

use super::changes;
use super::document::{encode, micros, part, parts};
use super::products::{FEED, PRODUCTS, VARIANTS};
use super::queue;
use super::work::{Update, Work};
use crate::product::{Product, shown};
use crate::store::{VariantRecord, Written};
use chassis::StoreError;
use contracts::catalogue::ProductStatus;
use contracts::{ProductId, Sku};
use mongodb::bson::{Document, doc};
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap, HashSet};

/// Writes products, each unless it is refused.
pub async fn write(work: &mut Work, products: &[Product]) -> Result<Vec<Written>, StoreError> {
    let mut kept = Kept::read(work, products).await?;
    let mut written = Vec::with_capacity(products.len());
    let mut accepted = BTreeMap::new();
    for product in products {
        let outcome = kept.judge(product)?;
        if outcome == Written::Done {
            kept.accept(product);
            accepted.insert(product.id, product);
        }
        written.push(outcome);
    }
    let accepted: Vec<&Product> = accepted.into_values().collect();
    if !accepted.is_empty() {
        replace(work, &accepted).await?;
        queue::enqueue(work, &accepted).await?;
        let changed: Vec<ProductId> = accepted.iter().map(|product| product.id).collect();
        changes::note(work, FEED, &changed).await?;
    }
    Ok(written)
}

/// Removes a product with all that belongs to it; says whether it was there.
pub async fn remove(work: &mut Work, id: ProductId) -> Result<bool, StoreError> {
    let gone = work.delete(PRODUCTS, doc! { "_id": id.to_string() }).await?;
    work.delete(VARIANTS, doc! { "product_id": id.to_string() }).await?;
    queue::forget(work, id).await?;
    changes::note(work, FEED, &[id]).await?;
    Ok(gone == 1)
}

/// Puts products and their variants in place of what is kept of them.
pub async fn replace(work: &mut Work, products: &[&Product]) -> Result<(), StoreError> {
    let documents = products.iter().map(|product| {
        let id = product.id.to_string();
        let document = doc! {
            "handle": &product.handle,
            "version": product.version,
            "status": part(&product.status)?,
            "updated_at": micros(product.updated_at),
            "document": encode(product)?,
        };
        Ok(Update { filter: doc! { "_id": id }, change: document, make: true })
    });
    work.update(PRODUCTS, documents.collect::<Result<_, StoreError>>()?).await?;
    let skus: HashSet<&Sku> = products.iter().flat_map(|product| product.skus()).collect();
    let of_these = doc! { "product_id": { "$in": ids(products)? } };
    let before: Vec<Variant> = work.some(VARIANTS, of_these, doc! { "product_id": 1 }).await?;
    let gone: Vec<Sku> = before.into_iter().map(|variant| variant.sku).filter(|sku| !skus.contains(sku)).collect();
    if !gone.is_empty() {
        work.delete(VARIANTS, doc! { "_id": { "$in": parts(gone)? } }).await?;
    }
    let mut variants = Vec::with_capacity(skus.len());
    for product in products {
        variants.extend(records(product)?);
    }
    work.update(VARIANTS, variants).await?;
    Ok(())
}

/// The ids of products.
pub fn ids(products: &[&Product]) -> Result<Vec<mongodb::bson::Bson>, StoreError> {
    parts(products.iter().map(|product| product.id))
}

fn records(product: &Product) -> Result<Vec<Update>, StoreError> {
    let images = shown(&product.images);
    let record = |variant: &crate::product::Variant| {
        let own = variant.image.and_then(|place| product.images.get(place as usize)).cloned();
        let record = VariantRecord {
            product_id: product.id,
            handle: product.handle.clone(),
            title: product.title.clone(),
            image: own.filter(|image| image.url.starts_with("/media/")).or_else(|| images.first().cloned()),
            tax_class: product.tax_class.clone(),
            variant: variant.clone(),
        };
        let change = doc! {
            "product_id": product.id.to_string(),
            "active": product.status == ProductStatus::Active,
            "document": encode(&record)?,
        };
        Ok(Update { filter: doc! { "_id": variant.sku.as_str() }, change, make: true })
    };
    product.variants.iter().map(record).collect()
}

#[derive(Deserialize)]
struct Head {
    #[serde(rename = "_id")]
    id: ProductId,
    handle: String,
    version: i64,
}

#[derive(Deserialize)]
struct Variant {
    #[serde(rename = "_id")]
    sku: Sku,
    product_id: ProductId,
}

/// What is kept under the names that products to be written want.
struct Kept {
    by_handle: HashMap<String, (ProductId, i64)>,
    handles: HashMap<ProductId, String>,
    owners: HashMap<Sku, ProductId>,
}

impl Kept {
    async fn read(work: &mut Work, products: &[Product]) -> Result<Self, StoreError> {
        let handles: Vec<&str> = products.iter().map(|product| product.handle.as_str()).collect();
        let ids = parts(products.iter().map(|product| product.id))?;
        let filter: Document = doc! { "$or": [{ "handle": { "$in": handles } }, { "_id": { "$in": ids } }] };
        let heads: Vec<Head> = work.some(PRODUCTS, filter, doc! { "handle": 1, "version": 1 }).await?;
        let skus = parts(products.iter().flat_map(Product::skus))?;
        let filter = doc! { "_id": { "$in": skus } };
        let owners: Vec<Variant> = work.some(VARIANTS, filter, doc! { "product_id": 1 }).await?;
        Ok(Self {
            handles: heads.iter().map(|head| (head.id, head.handle.clone())).collect(),
            by_handle: heads.into_iter().map(|head| (head.handle, (head.id, head.version))).collect(),
            owners: owners.into_iter().map(|variant| (variant.sku, variant.product_id)).collect(),
        })
    }

    fn judge(&self, product: &Product) -> Result<Written, StoreError> {
        let others = |sku: &&Sku| self.owners.get(*sku).is_some_and(|owner| *owner != product.id);
        if let Some(taken) = product.skus().find(others) {
            return Ok(Written::SkuTaken(taken.clone()));
        }
        match self.by_handle.get(&product.handle) {
            Some(kept) if *kept != (product.id, product.version - 1) => Ok(Written::Stale),
            None if self.handles.contains_key(&product.id) => {
                Err(StoreError::Fault(format!("product {} is kept under another handle", product.id)))
            }
            _ => Ok(Written::Done),
        }
    }

    fn accept(&mut self, product: &Product) {
        self.by_handle.insert(product.handle.clone(), (product.id, product.version));
        self.handles.insert(product.id, product.handle.clone());
        self.owners.retain(|_, owner| *owner != product.id);
        self.owners.extend(product.skus().map(|sku| (sku.clone(), product.id)));
    }
}
