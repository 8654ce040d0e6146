//! Products, categories, tax rates, promotions and settings in an SQLite file.

use super::product_writes::{product_from_row, remove_product, write_product};
use super::schema;
use crate::product::Product;
use crate::store::codec::{enum_name, row_limit, upper_bound};
use crate::store::data_migration::products as migration;
use crate::store::{Category, CategoryDeletion, ProductStore, VariantRecord, WriteOutcome};
use async_trait::async_trait;
use chassis::StoreError;
use chassis::data_migration::SqliteTables;
use chassis::health::{Check, CheckError, Connections};
use chassis::sqlite::{Database, Durability, Migration, moment, parse};
use contracts::catalogue::{CategoryDraft, ProductStatus, PromotionDraft, Shop, SitemapProduct, TaxRate};
use contracts::{Country, ProductId, Rate, Sku};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;
use std::collections::HashMap;
use std::path::Path;

/// Stores products in an SQLite file.
#[derive(Clone)]
pub struct SqliteProducts(pub(super) Database);

impl SqliteProducts {
    /// The migrations of the file, in order.
    pub const MIGRATIONS: &'static [Migration] = schema::PRODUCTS;

    /// Opens the file and migrates its schema.
    ///
    /// # Errors
    /// When the file cannot be opened.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        // Products can be imported or edited again, so commits need not survive a power failure.
        Ok(Self(Database::open(path, Durability::KilledProcess, Self::MIGRATIONS).await?))
    }

    /// Returns the records of this store for a data migration.
    pub fn contents(&self) -> SqliteTables {
        SqliteTables::new(self.0.clone(), migration::TABLES).with_transform(migration::to_record)
    }
}

#[async_trait]
impl ProductStore for SqliteProducts {
    async fn write(&self, product: &Product) -> Result<WriteOutcome, StoreError> {
        let mut transaction = self.0.begin().await?;
        let written = write_product(&mut transaction, product).await?;
        transaction.commit().await?;
        Ok(written)
    }

    async fn write_all(&self, products: &[Product]) -> Result<Vec<WriteOutcome>, StoreError> {
        let mut transaction = self.0.begin().await?;
        let mut written = Vec::with_capacity(products.len());
        for product in products {
            // A product that is rejected has written nothing yet, so the transaction goes on with the next one.
            written.push(write_product(&mut transaction, product).await?);
        }
        transaction.commit().await?;
        Ok(written)
    }

    async fn remove(&self, id: ProductId) -> Result<bool, StoreError> {
        let mut transaction = self.0.begin().await?;
        let existed = remove_product(&mut transaction, id).await?;
        transaction.commit().await?;
        Ok(existed)
    }

    async fn by_handle(&self, handle: &str) -> Result<Option<Product>, StoreError> {
        let row = sqlx::query("SELECT document FROM products WHERE handle = ?")
            .bind(handle)
            .fetch_optional(&mut *self.0.read().await?)
            .await?;
        row.as_ref().map(product_from_row).transpose()
    }

    async fn by_handles(&self, handles: &[String]) -> Result<Vec<Product>, StoreError> {
        let rows = sqlx::query("SELECT document FROM products WHERE handle IN (SELECT value FROM json_each(?))")
            .bind(serde_json::to_string(handles)?)
            .fetch_all(&mut *self.0.read().await?)
            .await?;
        rows.iter().map(product_from_row).collect()
    }

    async fn by_ids(&self, ids: &[ProductId]) -> Result<Vec<Product>, StoreError> {
        let rows = sqlx::query("SELECT document FROM products WHERE id IN (SELECT value FROM json_each(?))")
            .bind(serde_json::to_string(ids)?)
            .fetch_all(&mut *self.0.read().await?)
            .await?;
        rows.iter().map(product_from_row).collect()
    }

    async fn page_after(&self, after: Option<ProductId>, limit: usize) -> Result<Vec<Product>, StoreError> {
        let rows = sqlx::query("SELECT document FROM products WHERE id > ? ORDER BY id LIMIT ?")
            // The empty text sorts before every id.
            .bind(after.map(|id| id.to_string()).unwrap_or_default())
            .bind(row_limit(limit))
            .fetch_all(&mut *self.0.read().await?)
            .await?;
        rows.iter().map(product_from_row).collect()
    }

    async fn with_status(
        &self,
        status: ProductStatus,
        before: Option<ProductId>,
        limit: usize,
    ) -> Result<Vec<Product>, StoreError> {
        let rows = sqlx::query("SELECT document FROM products WHERE status = ? AND id < ? ORDER BY id DESC LIMIT ?")
            .bind(enum_name(status)?)
            .bind(upper_bound(before))
            .bind(row_limit(limit))
            .fetch_all(&mut *self.0.read().await?)
            .await?;
        rows.iter().map(product_from_row).collect()
    }

    async fn references_after(
        &self,
        after: Option<ProductId>,
        limit: usize,
    ) -> Result<Vec<SitemapProduct>, StoreError> {
        let rows = sqlx::query(
            "SELECT id, handle, updated_at FROM products WHERE status = 'active' AND id > ? ORDER BY id LIMIT ?",
        )
        .bind(after.map(|id| id.to_string()).unwrap_or_default())
        .bind(row_limit(limit))
        .fetch_all(&mut *self.0.read().await?)
        .await?;
        let reference = |row: &SqliteRow| {
            let updated_at = moment(row.get("updated_at"))?;
            Ok(SitemapProduct { id: parse(row.get("id"))?, handle: row.get("handle"), updated_at })
        };
        rows.iter().map(reference).collect()
    }

    async fn variants(&self, skus: &[Sku]) -> Result<Vec<VariantRecord>, StoreError> {
        let rows =
            sqlx::query("SELECT document FROM variants WHERE sku IN (SELECT value FROM json_each(?)) AND active = 1")
                .bind(serde_json::to_string(skus)?)
                .fetch_all(&mut *self.0.read().await?)
                .await?;
        rows.iter().map(|row| Ok(serde_json::from_str(row.get("document"))?)).collect()
    }

    async fn owners(&self, skus: &[Sku]) -> Result<HashMap<Sku, ProductId>, StoreError> {
        let rows = sqlx::query("SELECT sku, product_id FROM variants WHERE sku IN (SELECT value FROM json_each(?))")
            .bind(serde_json::to_string(skus)?)
            .fetch_all(&mut *self.0.read().await?)
            .await?;
        rows.iter().map(|row| Ok((parse(row.get("sku"))?, parse(row.get("product_id"))?))).collect()
    }

    async fn changes_after(&self, sequence: i64, limit: usize) -> Result<(Vec<ProductId>, i64), StoreError> {
        let rows = sqlx::query("SELECT sequence, product_id FROM changes WHERE sequence > ? ORDER BY sequence LIMIT ?")
            .bind(sequence)
            .bind(row_limit(limit))
            .fetch_all(&mut *self.0.read().await?)
            .await?;
        let reached = rows.last().map_or(sequence, |row| row.get(0));
        let ids = rows.iter().map(|row| parse(row.get(1))).collect::<Result<_, _>>()?;
        Ok((ids, reached))
    }

    async fn categories(&self) -> Result<Vec<Category>, StoreError> {
        let rows =
            sqlx::query("SELECT handle, name, description, translations FROM categories ORDER BY name LIMIT 1000")
                .fetch_all(&mut *self.0.read().await?)
                .await?;
        let category = |row: &SqliteRow| {
            let translations = serde_json::from_str(row.get("translations"))?;
            Ok(Category { handle: row.get(0), name: row.get(1), description: row.get(2), translations })
        };
        rows.iter().map(category).collect()
    }

    async fn write_category(&self, handle: &str, draft: &CategoryDraft) -> Result<(), StoreError> {
        let mut transaction = self.0.begin().await?;
        sqlx::query(
            "INSERT INTO categories (handle, name, description, translations) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (handle) DO UPDATE SET name = ?2, description = ?3, translations = ?4",
        )
        .bind(handle)
        .bind(draft.name.as_str())
        .bind(draft.description.as_str())
        .bind(serde_json::to_string(&draft.translations)?)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await
    }

    async fn delete_category(&self, handle: &str) -> Result<CategoryDeletion, StoreError> {
        let mut transaction = self.0.begin().await?;
        let is_used: bool =
            sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM products WHERE json_extract(document, '$.category') = ?)")
                .bind(handle)
                .fetch_one(&mut *transaction)
                .await?;
        if is_used {
            return Ok(CategoryDeletion::InUse);
        }
        let deleted =
            sqlx::query("DELETE FROM categories WHERE handle = ?").bind(handle).execute(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(if deleted.rows_affected() == 1 { CategoryDeletion::Done } else { CategoryDeletion::Unknown })
    }

    async fn create_categories(&self, categories: &[(String, String)]) -> Result<(), StoreError> {
        let mut transaction = self.0.begin().await?;
        // `WHERE true` tells the parser that ON CONFLICT is not a join condition.
        sqlx::query(
            "INSERT INTO categories (handle, name, description)
             SELECT value ->> 0, value ->> 1, '' FROM json_each(?) WHERE true ON CONFLICT (handle) DO NOTHING",
        )
        .bind(serde_json::to_string(categories)?)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await
    }

    async fn tax_rates(&self) -> Result<Vec<TaxRate>, StoreError> {
        let rows = sqlx::query("SELECT country, class, rate FROM tax_rates ORDER BY country, class LIMIT 5000")
            .fetch_all(&mut *self.0.read().await?)
            .await?;
        let rate = |row: &SqliteRow| {
            Ok(TaxRate {
                country: parse(row.get("country"))?,
                class: parse(row.get("class"))?,
                rate: rate_from_row(row)?,
            })
        };
        rows.iter().map(rate).collect()
    }

    async fn write_tax_rates(&self, rates: &[TaxRate]) -> Result<(), StoreError> {
        let mut transaction = self.0.begin().await?;
        // The primary key rejects two rates of one class, and the transaction then keeps the old rates.
        sqlx::query("DELETE FROM tax_rates").execute(&mut *transaction).await?;
        for rate in rates {
            sqlx::query("INSERT INTO tax_rates (country, class, rate) VALUES (?, ?, ?)")
                .bind(rate.country.code())
                .bind(rate.class.as_str())
                .bind(rate.rate.millionths())
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await
    }

    async fn tax_rates_of(&self, country: Country) -> Result<HashMap<String, Rate>, StoreError> {
        let rows = sqlx::query("SELECT class, rate FROM tax_rates WHERE country = ?")
            .bind(country.code())
            .fetch_all(&mut *self.0.read().await?)
            .await?;
        rows.iter().map(|row| Ok((row.get("class"), rate_from_row(row)?))).collect()
    }

    async fn promotion(&self, code: &str) -> Result<Option<PromotionDraft>, StoreError> {
        let document: Option<String> = sqlx::query_scalar("SELECT document FROM promotions WHERE code = ?")
            .bind(code)
            .fetch_optional(&mut *self.0.read().await?)
            .await?;
        document.map(|document| Ok(serde_json::from_str(&document)?)).transpose()
    }

    async fn promotions(&self, after: &str, limit: usize) -> Result<Vec<(String, PromotionDraft)>, StoreError> {
        let rows = sqlx::query("SELECT code, document FROM promotions WHERE code > ? ORDER BY code LIMIT ?")
            .bind(after)
            .bind(row_limit(limit))
            .fetch_all(&mut *self.0.read().await?)
            .await?;
        rows.iter().map(|row| Ok((row.get(0), serde_json::from_str(row.get(1))?))).collect()
    }

    async fn write_promotion(&self, code: &str, draft: &PromotionDraft) -> Result<(), StoreError> {
        let mut transaction = self.0.begin().await?;
        sqlx::query(
            "INSERT INTO promotions (code, document) VALUES (?1, ?2) ON CONFLICT (code) DO UPDATE SET document = ?2",
        )
        .bind(code)
        .bind(serde_json::to_string(draft)?)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await
    }

    async fn delete_promotion(&self, code: &str) -> Result<bool, StoreError> {
        let mut transaction = self.0.begin().await?;
        let deleted =
            sqlx::query("DELETE FROM promotions WHERE code = ?").bind(code).execute(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(deleted.rows_affected() == 1)
    }

    async fn shop(&self) -> Result<Option<Shop>, StoreError> {
        let document: Option<String> = sqlx::query_scalar("SELECT document FROM settings WHERE name = 'shop'")
            .fetch_optional(&mut *self.0.read().await?)
            .await?;
        document.map(|document| Ok(serde_json::from_str(&document)?)).transpose()
    }

    async fn initialise_shop(&self, first: &Shop) -> Result<Shop, StoreError> {
        let mut transaction = self.0.begin().await?;
        // Read back below, since another process may have inserted its settings first.
        sqlx::query("INSERT INTO settings (name, document) VALUES ('shop', ?) ON CONFLICT (name) DO NOTHING")
            .bind(serde_json::to_string(first)?)
            .execute(&mut *transaction)
            .await?;
        let document: String = sqlx::query_scalar("SELECT document FROM settings WHERE name = 'shop'")
            .fetch_one(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(serde_json::from_str(&document)?)
    }

    async fn write_shop(&self, shop: &Shop) -> Result<(), StoreError> {
        let mut transaction = self.0.begin().await?;
        sqlx::query(
            "INSERT INTO settings (name, document) VALUES ('shop', ?1) ON CONFLICT (name) DO UPDATE SET document = ?1",
        )
        .bind(serde_json::to_string(shop)?)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await
    }
}

#[async_trait]
impl Check for SqliteProducts {
    async fn check(&self) -> Result<(), CheckError> {
        self.0.check().await
    }

    fn connections(&self) -> Option<Connections> {
        self.0.connections()
    }
}

fn rate_from_row(row: &SqliteRow) -> Result<Rate, StoreError> {
    Rate::from_millionths(row.get("rate"))
        .ok_or_else(|| StoreError::Fault("a stored tax rate is above 100 %".to_owned()))
}
