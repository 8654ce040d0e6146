//! The image queue, in the database of products.

use super::change_log;
use super::product_writes::{self, StoredProduct};
use super::products::MongoProducts;
use super::queries::{find_all, find_fields, find_page};
use super::schema::{IMAGE_QUEUE, PRODUCT_CHANGES, PRODUCTS};
use super::transaction::{Transaction, Update};
use crate::store::{DueImage, ImageQueue};
use async_trait::async_trait;
use chassis::StoreError;
use chassis::mongo::{Database, micros};
use chassis::store::retry_transaction;
use contracts::ProductId;
use contracts::catalogue::FailedImage;
use jiff::Timestamp;
use mongodb::bson::{Document, doc};
use serde::Deserialize;
use std::collections::HashMap;

#[derive(Deserialize)]
struct StoredDueImage {
    product_id: ProductId,
    url: String,
    attempts: u32,
}

#[derive(Deserialize)]
struct FetchedImage {
    url: String,
    media: String,
}

#[derive(Deserialize)]
struct StoredFailure {
    product_id: ProductId,
    url: String,
    reason: Option<String>,
}

#[derive(Deserialize)]
struct ProductHandle {
    #[serde(rename = "_id")]
    id: ProductId,
    handle: String,
}

async fn replace_url(
    transaction: &mut Transaction,
    product_id: ProductId,
    url: &str,
    local_url: &str,
) -> Result<(), StoreError> {
    let filter = doc! { "_id": product_id.to_string() };
    // The product may have been removed during the download.
    let Some(StoredProduct { document: mut product }) = transaction.one(PRODUCTS, filter).await? else { return Ok(()) };
    let is_used = product.replace_image_url(url, local_url);
    // The version stays, see the trait; the change is logged, since lists show the first image.
    if is_used {
        product_writes::replace(transaction, &[&product]).await?;
        change_log::append(transaction, PRODUCT_CHANGES, &[product_id]).await?;
    }
    let filter = doc! { "product_id": product_id.to_string(), "url": url };
    let change = doc! { "$set": { "state": "done", "media": local_url }, "$unset": { "reason": "" } };
    transaction.update(IMAGE_QUEUE, vec![Update { filter, change, upsert: false }]).await?;
    Ok(())
}

async fn fetched_urls(database: &Database, urls: Vec<&str>) -> Result<HashMap<String, String>, StoreError> {
    let filter = doc! { "url": { "$in": urls }, "media": { "$exists": true } };
    let fetched: Vec<FetchedImage> = find_all(database, IMAGE_QUEUE, filter).await?;
    Ok(fetched.into_iter().map(|image| (image.url, image.media)).collect())
}

#[async_trait]
impl ImageQueue for MongoProducts {
    async fn due_images(&self, now: Timestamp, limit: usize) -> Result<Vec<DueImage>, StoreError> {
        let filter = doc! { "state": "waiting", "due_at": { "$lte": micros(now) } };
        let due: Vec<StoredDueImage> = find_page(&self.0, IMAGE_QUEUE, filter, doc! { "due_at": 1 }, limit).await?;
        if due.is_empty() {
            return Ok(Vec::new());
        }
        let fetched = fetched_urls(&self.0, due.iter().map(|due| due.url.as_str()).collect()).await?;
        let image = |due: StoredDueImage| DueImage {
            fetched_url: fetched.get(&due.url).cloned(),
            product_id: due.product_id,
            url: due.url,
            attempts: due.attempts,
        };
        Ok(due.into_iter().map(image).collect())
    }

    async fn replace_image_url(&self, product_id: ProductId, url: &str, local_url: &str) -> Result<(), StoreError> {
        retry_transaction(|| async {
            let mut transaction = Transaction::begin(&self.0).await?;
            replace_url(&mut transaction, product_id, url, local_url).await?;
            transaction.commit().await
        })
        .await
    }

    async fn record_image_failure(
        &self,
        product_id: ProductId,
        url: &str,
        reason: &str,
        next: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        let state = if next.is_some() { "waiting" } else { "failed" };
        // Only while it waits: the product may have dropped the image during the download.
        let filter = doc! { "product_id": product_id.to_string(), "url": url, "state": "waiting" };
        let change = doc! {
            "$set": { "state": state, "due_at": next.map_or(0, micros), "reason": reason },
            "$inc": { "attempts": 1_i64 },
        };
        self.0.collection::<Document>(IMAGE_QUEUE).update_one(filter, change).await?;
        Ok(())
    }

    async fn fetched_images(&self, urls: &[String]) -> Result<HashMap<String, String>, StoreError> {
        if urls.is_empty() {
            return Ok(HashMap::new());
        }
        fetched_urls(&self.0, urls.iter().map(String::as_str).collect()).await
    }

    async fn pending_images(&self, max: u32) -> Result<u32, StoreError> {
        // To MongoDB, a limit of 0 means no limit.
        if max == 0 {
            return Ok(0);
        }
        let queue = self.0.collection::<Document>(IMAGE_QUEUE);
        let count = queue.count_documents(doc! { "state": "waiting" }).limit(u64::from(max)).await?;
        Ok(u32::try_from(count).unwrap_or(max))
    }

    async fn failed_images(
        &self,
        after: Option<(ProductId, String)>,
        limit: usize,
    ) -> Result<Vec<FailedImage>, StoreError> {
        let mut filter = doc! { "state": "failed" };
        if let Some((product_id, url)) = after {
            let id = product_id.to_string();
            filter.insert("product_id", doc! { "$gte": &id });
            filter.insert("$or", [doc! { "product_id": { "$gt": &id } }, doc! { "url": { "$gt": url } }].as_slice());
        }
        let order = doc! { "product_id": 1, "url": 1 };
        let failed: Vec<StoredFailure> = find_page(&self.0, IMAGE_QUEUE, filter, order, limit).await?;
        if failed.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<String> = failed.iter().map(|failure| failure.product_id.to_string()).collect();
        let filter = doc! { "_id": { "$in": ids } };
        let found: Vec<ProductHandle> = find_fields(&self.0, PRODUCTS, filter, doc! { "handle": 1 }).await?;
        let handles: HashMap<ProductId, String> = found.into_iter().map(|one| (one.id, one.handle)).collect();
        let image = |failure: StoredFailure| {
            // A product that was removed since the first query has no failures to report.
            Some(FailedImage {
                handle: handles.get(&failure.product_id)?.clone(),
                product_id: failure.product_id,
                url: failure.url,
                reason: failure.reason.unwrap_or_default(),
            })
        };
        Ok(failed.into_iter().filter_map(image).collect())
    }

    async fn retry_images(&self, now: Timestamp) -> Result<u64, StoreError> {
        // Outside a transaction, which could not update that many documents. An interrupted call can be repeated.
        let change = doc! { "$set": { "state": "waiting", "attempts": 0_i64, "due_at": micros(now) } };
        let queue = self.0.collection::<Document>(IMAGE_QUEUE);
        Ok(queue.update_many(doc! { "state": "failed" }, change).await?.modified_count)
    }
}
