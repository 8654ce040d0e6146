//! The queue of pictures to be fetched, as the writing of products changes it.

use super::document::micros;
use super::schema::Layout;
use super::work::{Update, Work};
use super::writes::ids;
use crate::product::Product;
use chassis::StoreError;
use contracts::ProductId;
use mongodb::bson::doc;
use mongodb::bson::oid::ObjectId;
use serde::Deserialize;
use std::collections::{BTreeSet, HashMap};

/// The collection of pictures to be fetched, with those that were.
pub const FETCHES: &str = "picture_fetches";

/// The collection with its indexes.
pub fn layout() -> Layout {
    Layout::new(FETCHES)
        .unique(doc! { "product_id": 1, "url": 1 })
        .partial(doc! { "state": 1, "due_at": 1 }, doc! { "state": "waiting" })
        .partial(doc! { "state": 1, "product_id": 1, "url": 1 }, doc! { "state": "failed" })
        .partial(doc! { "url": 1 }, doc! { "media": { "$exists": true } })
}

/// A picture that is, or was, to be fetched.
#[derive(Deserialize)]
struct Fetch {
    #[serde(rename = "_id")]
    id: ObjectId,
    product_id: ProductId,
    url: String,
    media: Option<String>,
}

/// Queues the remote addresses of products that are being written, and forgets those that they have no longer.
pub async fn enqueue(work: &mut Work, products: &[&Product]) -> Result<(), StoreError> {
    let remote: HashMap<ProductId, BTreeSet<&str>> =
        products.iter().map(|product| (product.id, addresses(product))).collect();
    let kept: Vec<Fetch> = work.all(FETCHES, doc! { "product_id": { "$in": ids(products)? } }).await?;
    let is_gone = |fetch: &Fetch| {
        fetch.media.is_none() && !remote.get(&fetch.product_id).is_some_and(|urls| urls.contains(fetch.url.as_str()))
    };
    let gone: Vec<ObjectId> = kept.into_iter().filter(is_gone).map(|fetch| fetch.id).collect();
    if !gone.is_empty() {
        work.delete(FETCHES, doc! { "_id": { "$in": gone } }).await?;
    }
    let mut waiting = Vec::new();
    for product in products {
        let due_at = micros(product.updated_at);
        let urls = remote.get(&product.id).into_iter().flatten();
        waiting.extend(urls.map(|url| Update {
            filter: doc! { "product_id": product.id.to_string(), "url": *url },
            change: doc! {
                "$set": { "state": "waiting", "attempts": 0_i64, "due_at": due_at },
                "$unset": { "reason": "" },
            },
            make: true,
        }));
    }
    work.update(FETCHES, waiting).await?;
    Ok(())
}

/// Forgets the pictures of a product that is being removed.
pub async fn forget(work: &mut Work, id: ProductId) -> Result<(), StoreError> {
    work.delete(FETCHES, doc! { "product_id": id.to_string() }).await?;
    Ok(())
}

fn addresses(product: &Product) -> BTreeSet<&str> {
    product.images.iter().map(|image| image.url.as_str()).filter(|url| !url.starts_with("/media/")).collect()
}
