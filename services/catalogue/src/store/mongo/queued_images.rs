//! Changes of the image queue within the transaction that writes products.

use super::codec::to_bson_list;
use super::schema::IMAGE_QUEUE;
use super::transaction::{Transaction, Update};
use crate::product::Product;
use chassis::StoreError;
use chassis::mongo::micros;
use contracts::ProductId;
use mongodb::bson::doc;
use mongodb::bson::oid::ObjectId;
use serde::Deserialize;
use std::collections::{BTreeSet, HashMap};

/// A queued or fetched image.
#[derive(Deserialize)]
struct QueuedImage {
    #[serde(rename = "_id")]
    id: ObjectId,
    product_id: ProductId,
    url: String,
    media: Option<String>,
}

/// Queues the remote image URLs of products and removes those that they no longer have.
pub async fn enqueue(transaction: &mut Transaction, products: &[&Product]) -> Result<(), StoreError> {
    let remote: HashMap<ProductId, BTreeSet<&str>> =
        products.iter().map(|product| (product.id, product.remote_image_urls())).collect();
    let ids = to_bson_list(products.iter().map(|product| product.id))?;
    let stored: Vec<QueuedImage> = transaction.all(IMAGE_QUEUE, doc! { "product_id": { "$in": ids } }).await?;
    // Fetched URLs stay: another product, or a later edit, can use the same URL without a download.
    let is_unused = |image: &QueuedImage| {
        image.media.is_none() && !remote.get(&image.product_id).is_some_and(|urls| urls.contains(image.url.as_str()))
    };
    let unused: Vec<ObjectId> = stored.into_iter().filter(is_unused).map(|image| image.id).collect();
    if !unused.is_empty() {
        transaction.delete(IMAGE_QUEUE, doc! { "_id": { "$in": unused } }).await?;
    }
    let mut updates = Vec::new();
    for product in products {
        // Due at once; a URL that failed before gets a new chance with every edit.
        let due_at = micros(product.updated_at);
        let urls = remote.get(&product.id).into_iter().flatten();
        updates.extend(urls.map(|url| Update {
            filter: doc! { "product_id": product.id.to_string(), "url": *url },
            change: doc! {
                "$set": { "state": "waiting", "attempts": 0_i64, "due_at": due_at },
                "$unset": { "reason": "" },
            },
            upsert: true,
        }));
    }
    transaction.update(IMAGE_QUEUE, updates).await?;
    Ok(())
}

/// Removes the images of a product that is being removed.
pub async fn remove(transaction: &mut Transaction, id: ProductId) -> Result<(), StoreError> {
    transaction.delete(IMAGE_QUEUE, doc! { "product_id": id.to_string() }).await?;
    Ok(())
}
