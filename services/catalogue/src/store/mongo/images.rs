//! Pictures to be fetched, in the database of products.

use super::changes;
use super::document::micros;
use super::products::{FEED, KeptProduct, MongoProducts, PRODUCTS};
use super::queue::FETCHES;
use super::work::{Update, Work};
use super::writes;
use crate::images::{DueImage, FailedImage, ImageQueue};
use async_trait::async_trait;
use chassis::StoreError;
use chassis::store::retry_transaction;
use contracts::ProductId;
use jiff::Timestamp;
use mongodb::bson::{Document, doc};
use serde::Deserialize;
use std::collections::HashMap;

#[derive(Deserialize)]
struct Due {
    product_id: ProductId,
    url: String,
    attempts: u32,
}

#[derive(Deserialize)]
struct Known {
    url: String,
    media: String,
}

#[derive(Deserialize)]
struct Failed {
    product_id: ProductId,
    url: String,
    reason: Option<String>,
}

#[derive(Deserialize)]
struct Named {
    #[serde(rename = "_id")]
    id: ProductId,
    handle: String,
}

async fn fetched(work: &mut Work, product_id: ProductId, url: &str, media: &str) -> Result<(), StoreError> {
    let filter = doc! { "_id": product_id.to_string() };
    let Some(KeptProduct { document: mut product }) = work.one(PRODUCTS, filter).await? else { return Ok(()) };
    let mut changed = false;
    for image in product.images.iter_mut().filter(|image| image.url == url) {
        media.clone_into(&mut image.url);
        changed = true;
    }
    if changed {
        writes::replace(work, &[&product]).await?;
        changes::note(work, FEED, &[product_id]).await?;
    }
    let filter = doc! { "product_id": product_id.to_string(), "url": url };
    let change = doc! { "$set": { "state": "done", "media": media }, "$unset": { "reason": "" } };
    work.update(FETCHES, vec![Update { filter, change, make: false }]).await?;
    Ok(())
}

impl MongoProducts {
    async fn known(&self, urls: Vec<&str>) -> Result<HashMap<String, String>, StoreError> {
        let known: Vec<Known> =
            self.all(FETCHES, doc! { "url": { "$in": urls }, "media": { "$exists": true } }).await?;
        Ok(known.into_iter().map(|known| (known.url, known.media)).collect())
    }
}

#[async_trait]
impl ImageQueue for MongoProducts {
    async fn due_images(&self, now: Timestamp, limit: usize) -> Result<Vec<DueImage>, StoreError> {
        let filter = doc! { "state": "waiting", "due_at": { "$lte": micros(now) } };
        let due: Vec<Due> = self.page(FETCHES, filter, doc! { "due_at": 1 }, limit).await?;
        if due.is_empty() {
            return Ok(Vec::new());
        }
        let known = self.known(due.iter().map(|due| due.url.as_str()).collect()).await?;
        let image = |due: Due| DueImage {
            known: known.get(&due.url).cloned(),
            product_id: due.product_id,
            url: due.url,
            attempts: due.attempts,
        };
        Ok(due.into_iter().map(image).collect())
    }

    async fn image_fetched(&self, product_id: ProductId, url: &str, media: &str) -> Result<(), StoreError> {
        retry_transaction(|| async {
            let mut work = Work::begin(&self.0).await?;
            fetched(&mut work, product_id, url, media).await?;
            work.commit().await
        })
        .await
    }

    async fn image_failed(
        &self,
        product_id: ProductId,
        url: &str,
        reason: &str,
        next: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        let state = if next.is_some() { "waiting" } else { "failed" };
        let filter = doc! { "product_id": product_id.to_string(), "url": url, "state": "waiting" };
        let change = doc! {
            "$set": { "state": state, "due_at": next.map_or(0, micros), "reason": reason },
            "$inc": { "attempts": 1_i64 },
        };
        self.0.collection::<Document>(FETCHES).update_one(filter, change).await?;
        Ok(())
    }

    async fn known_images(&self, urls: &[String]) -> Result<HashMap<String, String>, StoreError> {
        if urls.is_empty() {
            return Ok(HashMap::new());
        }
        self.known(urls.iter().map(String::as_str).collect()).await
    }

    async fn waiting_images(&self, most: u32) -> Result<u32, StoreError> {
        if most == 0 {
            return Ok(0);
        }
        let fetches = self.0.collection::<Document>(FETCHES);
        let count = fetches.count_documents(doc! { "state": "waiting" }).limit(u64::from(most)).await?;
        Ok(u32::try_from(count).unwrap_or(most))
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
        let failed: Vec<Failed> = self.page(FETCHES, filter, doc! { "product_id": 1, "url": 1 }, limit).await?;
        if failed.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<String> = failed.iter().map(|one| one.product_id.to_string()).collect();
        let named: Vec<Named> = self.some(PRODUCTS, doc! { "_id": { "$in": ids } }, doc! { "handle": 1 }).await?;
        let handles: HashMap<ProductId, String> = named.into_iter().map(|one| (one.id, one.handle)).collect();
        let image = |one: Failed| {
            Some(FailedImage {
                handle: handles.get(&one.product_id)?.clone(),
                product_id: one.product_id,
                url: one.url,
                reason: one.reason.unwrap_or_default(),
            })
        };
        Ok(failed.into_iter().filter_map(image).collect())
    }

    /// Each of them by itself: there may be more than one unit of work can change, and done again it goes on.
    async fn retry_images(&self, now: Timestamp) -> Result<u64, StoreError> {
        let change = doc! { "$set": { "state": "waiting", "attempts": 0_i64, "due_at": micros(now) } };
        let fetches = self.0.collection::<Document>(FETCHES);
        Ok(fetches.update_many(doc! { "state": "failed" }, change).await?.modified_count)
    }
}
