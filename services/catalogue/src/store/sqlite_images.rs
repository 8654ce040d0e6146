//! Pictures to be fetched, in the file of products.

use super::SqliteProducts;
use super::sqlite_products::{note_change, product_of, write_variants};
use crate::images::{DueImage, FailedImage, ImageQueue};
use crate::product::Product;
use async_trait::async_trait;
use chassis::StoreError;
use chassis::sqlite::{Write, micros, parse};
use contracts::ProductId;
use jiff::Timestamp;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;
use std::collections::{BTreeSet, HashMap};

/// Queues the remote addresses of a product that is being written, and forgets those that it has no longer.
pub(super) async fn queue_images(work: &mut Write, product: &Product) -> Result<(), StoreError> {
    let remote: BTreeSet<&str> =
        product.images.iter().map(|image| image.url.as_str()).filter(|url| !url.starts_with("/media/")).collect();
    let remote = serde_json::to_string(&remote)?;
    if product.version > 1 {
        sqlx::query(
            "DELETE FROM picture_fetches
             WHERE product_id = ? AND media IS NULL AND url NOT IN (SELECT value FROM json_each(?))",
        )
        .bind(product.id.to_string())
        .bind(&remote)
        .execute(&mut **work)
        .await?;
    }
    if remote != "[]" {
        sqlx::query(
            "INSERT INTO picture_fetches (product_id, url, state, attempts, due_at)
             SELECT ?1, value, 'waiting', 0, ?2 FROM json_each(?3) WHERE true
             ON CONFLICT (product_id, url) DO UPDATE SET state = 'waiting', attempts = 0, due_at = ?2, reason = NULL",
        )
        .bind(product.id.to_string())
        .bind(micros(product.updated_at))
        .bind(&remote)
        .execute(&mut **work)
        .await?;
    }
    Ok(())
}

/// Forgets the pictures of a product that is being removed.
pub(super) async fn forget_images(work: &mut Write, id: ProductId) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM picture_fetches WHERE product_id = ?").bind(id.to_string()).execute(&mut **work).await?;
    Ok(())
}

#[async_trait]
impl ImageQueue for SqliteProducts {
    async fn due_images(&self, now: Timestamp, limit: usize) -> Result<Vec<DueImage>, StoreError> {
        let rows = sqlx::query(
            "SELECT product_id, url, attempts,
                    (SELECT media FROM picture_fetches AS known WHERE known.url = waiting.url AND media IS NOT NULL LIMIT 1) AS known
             FROM picture_fetches AS waiting WHERE state = 'waiting' AND due_at <= ? ORDER BY due_at LIMIT ?",
        )
        .bind(micros(now))
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(&mut *self.0.read().await?)
        .await?;
        let due = |row: &SqliteRow| {
            Ok(DueImage {
                product_id: parse(row.get("product_id"))?,
                url: row.get("url"),
                attempts: row.get("attempts"),
                known: row.get("known"),
            })
        };
        rows.iter().map(due).collect()
    }

    async fn image_fetched(&self, product_id: ProductId, url: &str, media: &str) -> Result<(), StoreError> {
        let mut work = self.0.begin().await?;
        let row = sqlx::query("SELECT document FROM products WHERE id = ?")
            .bind(product_id.to_string())
            .fetch_optional(&mut *work)
            .await?;
        let Some(mut product) = row.as_ref().map(product_of).transpose()? else { return Ok(()) };
        let mut changed = false;
        for image in product.images.iter_mut().filter(|image| image.url == url) {
            media.clone_into(&mut image.url);
            changed = true;
        }
        if changed {
            sqlx::query("UPDATE products SET document = ? WHERE id = ?")
                .bind(serde_json::to_string(&product)?)
                .bind(product_id.to_string())
                .execute(&mut *work)
                .await?;
            write_variants(&mut work, &product).await?;
            note_change(&mut work, product_id).await?;
        }
        sqlx::query(
            "UPDATE picture_fetches SET state = 'done', media = ?, reason = NULL WHERE product_id = ? AND url = ?",
        )
        .bind(media)
        .bind(product_id.to_string())
        .bind(url)
        .execute(&mut *work)
        .await?;
        work.commit().await
    }

    async fn image_failed(
        &self,
        product_id: ProductId,
        url: &str,
        reason: &str,
        next: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        let mut work = self.0.begin().await?;
        sqlx::query(
            "UPDATE picture_fetches SET state = ?, attempts = attempts + 1, due_at = ?, reason = ?
             WHERE product_id = ? AND url = ? AND state = 'waiting'",
        )
        .bind(if next.is_some() { "waiting" } else { "failed" })
        .bind(next.map_or(0, micros))
        .bind(reason)
        .bind(product_id.to_string())
        .bind(url)
        .execute(&mut *work)
        .await?;
        work.commit().await
    }

    async fn known_images(&self, urls: &[String]) -> Result<HashMap<String, String>, StoreError> {
        if urls.is_empty() {
            return Ok(HashMap::new());
        }
        let rows = sqlx::query(
            "SELECT url, media FROM picture_fetches WHERE media IS NOT NULL AND url IN (SELECT value FROM json_each(?))",
        )
        .bind(serde_json::to_string(urls)?)
        .fetch_all(&mut *self.0.read().await?)
        .await?;
        Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
    }

    async fn waiting_images(&self, most: u32) -> Result<u32, StoreError> {
        let count =
            sqlx::query_scalar("SELECT count(*) FROM (SELECT 1 FROM picture_fetches WHERE state = 'waiting' LIMIT ?)")
                .bind(most)
                .fetch_one(&mut *self.0.read().await?)
                .await?;
        Ok(count)
    }

    async fn failed_images(
        &self,
        after: Option<(ProductId, String)>,
        limit: usize,
    ) -> Result<Vec<FailedImage>, StoreError> {
        let (product_id, url) = after.map(|(id, url)| (id.to_string(), url)).unwrap_or_default();
        let rows = sqlx::query(
            "SELECT product_id, url, reason, handle FROM picture_fetches JOIN products ON products.id = product_id
             WHERE state = 'failed' AND (product_id, url) > (?, ?) ORDER BY product_id, url LIMIT ?",
        )
        .bind(product_id)
        .bind(url)
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(&mut *self.0.read().await?)
        .await?;
        let failed = |row: &SqliteRow| {
            Ok(FailedImage {
                product_id: parse(row.get("product_id"))?,
                handle: row.get("handle"),
                url: row.get("url"),
                reason: row.get::<Option<String>, _>("reason").unwrap_or_default(),
            })
        };
        rows.iter().map(failed).collect()
    }

    async fn retry_images(&self, now: Timestamp) -> Result<u64, StoreError> {
        let mut work = self.0.begin().await?;
        let changed = sqlx::query(
            "UPDATE picture_fetches SET state = 'waiting', attempts = 0, due_at = ? WHERE state = 'failed'",
        )
        .bind(micros(now))
        .execute(&mut *work)
        .await?
        .rows_affected();
        work.commit().await?;
        Ok(changed)
    }
}
