//! The image queue, in the file of products.

use super::product_writes::{log_change, product_from_row, write_variants};
use super::products::SqliteProducts;
use crate::store::codec::row_limit;
use crate::store::{DueImage, ImageQueue};
use async_trait::async_trait;
use chassis::StoreError;
use chassis::sqlite::{micros, parse};
use contracts::ProductId;
use contracts::catalogue::FailedImage;
use jiff::Timestamp;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;
use std::collections::HashMap;

#[async_trait]
impl ImageQueue for SqliteProducts {
    async fn due_images(&self, now: Timestamp, limit: usize) -> Result<Vec<DueImage>, StoreError> {
        // The subquery finds the URL among the images of all products.
        let rows = sqlx::query(
            "SELECT product_id, url, attempts,
                    (SELECT media FROM picture_fetches AS known WHERE known.url = waiting.url AND media IS NOT NULL LIMIT 1) AS known
             FROM picture_fetches AS waiting WHERE state = 'waiting' AND due_at <= ? ORDER BY due_at LIMIT ?",
        )
        .bind(micros(now))
        .bind(row_limit(limit))
        .fetch_all(&mut *self.0.read().await?)
        .await?;
        let due = |row: &SqliteRow| {
            Ok(DueImage {
                product_id: parse(row.get("product_id"))?,
                url: row.get("url"),
                attempts: row.get("attempts"),
                fetched_url: row.get("known"),
            })
        };
        rows.iter().map(due).collect()
    }

    async fn replace_image_url(&self, product_id: ProductId, url: &str, local_url: &str) -> Result<(), StoreError> {
        let mut transaction = self.0.begin().await?;
        let row = sqlx::query("SELECT document FROM products WHERE id = ?")
            .bind(product_id.to_string())
            .fetch_optional(&mut *transaction)
            .await?;
        // The product may have been removed during the download.
        let Some(mut product) = row.as_ref().map(product_from_row).transpose()? else { return Ok(()) };
        if product.replace_image_url(url, local_url) {
            sqlx::query("UPDATE products SET document = ? WHERE id = ?")
                .bind(serde_json::to_string(&product)?)
                .bind(product_id.to_string())
                .execute(&mut *transaction)
                .await?;
            // Carts show the images in the variant records.
            write_variants(&mut transaction, &product).await?;
            log_change(&mut transaction, product_id).await?;
        }
        sqlx::query(
            "UPDATE picture_fetches SET state = 'done', media = ?, reason = NULL WHERE product_id = ? AND url = ?",
        )
        .bind(local_url)
        .bind(product_id.to_string())
        .bind(url)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await
    }

    async fn record_image_failure(
        &self,
        product_id: ProductId,
        url: &str,
        reason: &str,
        next: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        let mut transaction = self.0.begin().await?;
        // Only while it waits: the product may have dropped the image during the download.
        sqlx::query(
            "UPDATE picture_fetches SET state = ?, attempts = attempts + 1, due_at = ?, reason = ?
             WHERE product_id = ? AND url = ? AND state = 'waiting'",
        )
        .bind(if next.is_some() { "waiting" } else { "failed" })
        .bind(next.map_or(0, micros))
        .bind(reason)
        .bind(product_id.to_string())
        .bind(url)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await
    }

    async fn fetched_images(&self, urls: &[String]) -> Result<HashMap<String, String>, StoreError> {
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

    async fn pending_images(&self, max: u32) -> Result<u32, StoreError> {
        let count =
            // The inner limit bounds the work, which would otherwise grow with the queue.
            sqlx::query_scalar("SELECT count(*) FROM (SELECT 1 FROM picture_fetches WHERE state = 'waiting' LIMIT ?)")
                .bind(max)
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
        .bind(row_limit(limit))
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
        let mut transaction = self.0.begin().await?;
        let changed = sqlx::query(
            "UPDATE picture_fetches SET state = 'waiting', attempts = 0, due_at = ? WHERE state = 'failed'",
        )
        .bind(micros(now))
        .execute(&mut *transaction)
        .await?
        .rows_affected();
        transaction.commit().await?;
        Ok(changed)
    }
}
