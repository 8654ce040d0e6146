//! Writes of products within a transaction: the product, its variants, its image queue and the change log.

use crate::product::Product;
use crate::store::codec::enum_name;
use crate::store::{VariantRecord, WriteOutcome};
use chassis::StoreError;
use chassis::sqlite::{Write, micros, parse};
use contracts::catalogue::ProductStatus;
use contracts::{ProductId, Sku};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

/// Reads the product of a row with its document.
pub fn product_from_row(row: &SqliteRow) -> Result<Product, StoreError> {
    Ok(serde_json::from_str(row.get("document"))?)
}

/// Writes a product unless it is stale or one of its SKUs is taken.
pub async fn write_product(transaction: &mut Write, product: &Product) -> Result<WriteOutcome, StoreError> {
    // SQLite has one writer at a time, so no other one can take the SKU before the commit.
    if let Some(sku) = taken_sku(transaction, product).await? {
        return Ok(WriteOutcome::SkuTaken(sku));
    }
    // The condition of the update is the optimistic lock: only the successor of the stored version replaces it.
    let written = sqlx::query(
        "INSERT INTO products (id, handle, version, status, document, updated_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (handle) DO UPDATE SET version = ?3, status = ?4, document = ?5, updated_at = ?6
         WHERE products.id = ?1 AND products.version = ?3 - 1",
    )
    .bind(product.id.to_string())
    .bind(&product.handle)
    .bind(product.version)
    .bind(enum_name(product.status)?)
    .bind(serde_json::to_string(product)?)
    .bind(micros(product.updated_at))
    .execute(&mut **transaction)
    .await?
    .rows_affected();
    if written == 0 {
        return Ok(WriteOutcome::Stale);
    }
    write_variants(transaction, product).await?;
    queue_images(transaction, product).await?;
    log_change(transaction, product.id).await?;
    Ok(WriteOutcome::Done)
}

/// Removes a product with its variants and queued images, and returns whether it existed.
pub async fn remove_product(transaction: &mut Write, id: ProductId) -> Result<bool, StoreError> {
    let id_text = id.to_string();
    let removed = sqlx::query("DELETE FROM products WHERE id = ?").bind(&id_text).execute(&mut **transaction).await?;
    sqlx::query("DELETE FROM variants WHERE product_id = ?").bind(&id_text).execute(&mut **transaction).await?;
    sqlx::query("DELETE FROM picture_fetches WHERE product_id = ?").bind(&id_text).execute(&mut **transaction).await?;
    log_change(transaction, id).await?;
    Ok(removed.rows_affected() == 1)
}

async fn taken_sku(transaction: &mut Write, product: &Product) -> Result<Option<Sku>, StoreError> {
    let skus: Vec<&Sku> = product.skus().collect();
    let taken: Option<String> = sqlx::query_scalar(
        "SELECT sku FROM variants WHERE sku IN (SELECT value FROM json_each(?)) AND product_id <> ? LIMIT 1",
    )
    .bind(serde_json::to_string(&skus)?)
    .bind(product.id.to_string())
    .fetch_optional(&mut **transaction)
    .await?;
    taken.as_deref().map(parse).transpose()
}

/// Replaces the variants of a product.
pub async fn write_variants(transaction: &mut Write, product: &Product) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM variants WHERE product_id = ?")
        .bind(product.id.to_string())
        .execute(&mut **transaction)
        .await?;
    let records: Vec<(Sku, VariantRecord)> =
        VariantRecord::of_product(product).map(|record| (record.variant.sku.clone(), record)).collect();
    sqlx::query(
        "INSERT INTO variants (sku, product_id, active, document)
         SELECT value ->> 0, ?, ?, value -> 1 FROM json_each(?)",
    )
    .bind(product.id.to_string())
    .bind(product.status == ProductStatus::Active)
    .bind(serde_json::to_string(&records)?)
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

/// Appends the product to the change log, which the search index follows.
pub async fn log_change(transaction: &mut Write, id: ProductId) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO changes (product_id) VALUES (?)").bind(id.to_string()).execute(&mut **transaction).await?;
    Ok(())
}

/// Queues the remote image URLs of a product and removes those that it no longer has.
async fn queue_images(transaction: &mut Write, product: &Product) -> Result<(), StoreError> {
    let urls = product.remote_image_urls();
    let url_list = serde_json::to_string(&urls)?;
    if product.version > 1 {
        // Fetched URLs stay: another product, or a later edit, can use the same URL without a download.
        sqlx::query(
            "DELETE FROM picture_fetches
             WHERE product_id = ? AND media IS NULL AND url NOT IN (SELECT value FROM json_each(?))",
        )
        .bind(product.id.to_string())
        .bind(&url_list)
        .execute(&mut **transaction)
        .await?;
    }
    if !urls.is_empty() {
        sqlx::query(
            "INSERT INTO picture_fetches (product_id, url, state, attempts, due_at)
             SELECT ?1, value, 'waiting', 0, ?2 FROM json_each(?3) WHERE true
             ON CONFLICT (product_id, url) DO UPDATE SET state = 'waiting', attempts = 0, due_at = ?2, reason = NULL",
        )
        .bind(product.id.to_string())
        .bind(micros(product.updated_at))
        .bind(&url_list)
        .execute(&mut **transaction)
        .await?;
    }
    Ok(())
}
