//! Products, categories, taxes, promotions and settings in an SQLite file.

use super::sqlite_images::{forget_images, queue_images};
use super::{Category, ProductStore, VariantRecord, Written, moved};
use crate::product::{Product, shown};
use async_trait::async_trait;
use chassis::StoreError;
use chassis::health::Check;
use chassis::sqlite::{Database, Durability, Migration, Write, micros, parse};
use chassis::data_migration::SqliteTables;
use contracts::catalogue::{CategoryDraft, ProductStatus, PromotionDraft, Shop, TaxRate};
use contracts::{Country, ProductId, Rate, Sku};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;
use std::collections::HashMap;
use std::path::Path;

const MIGRATIONS: &[Migration] = &[FIRST, SECOND];

const FIRST: Migration = Migration {
    version: 1,
    name: "products, categories, taxes, promotions, settings",
    sql: "CREATE TABLE products (
              id TEXT PRIMARY KEY,
              handle TEXT NOT NULL UNIQUE,
              version INTEGER NOT NULL,
              status TEXT NOT NULL,
              document TEXT NOT NULL,
              updated_at INTEGER NOT NULL
          ) WITHOUT ROWID;
          CREATE TABLE variants (
              sku TEXT PRIMARY KEY,
              product_id TEXT NOT NULL,
              active INTEGER NOT NULL,
              document TEXT NOT NULL
          ) WITHOUT ROWID;
          CREATE INDEX variants_by_product ON variants (product_id);
          CREATE TABLE changes (sequence INTEGER PRIMARY KEY AUTOINCREMENT, product_id TEXT NOT NULL);
          CREATE TABLE categories (handle TEXT PRIMARY KEY, name TEXT NOT NULL, description TEXT NOT NULL) WITHOUT ROWID;
          CREATE TABLE tax_rates (
              country TEXT NOT NULL, class TEXT NOT NULL, rate INTEGER NOT NULL, PRIMARY KEY (country, class)
          ) WITHOUT ROWID;
          CREATE TABLE promotions (code TEXT PRIMARY KEY, document TEXT NOT NULL) WITHOUT ROWID;
          CREATE TABLE settings (name TEXT PRIMARY KEY, document TEXT NOT NULL) WITHOUT ROWID;",
};

const SECOND: Migration = Migration {
    version: 2,
    name: "pictures to be fetched, runs of imports",
    sql: "CREATE TABLE picture_fetches (
              product_id TEXT NOT NULL,
              url TEXT NOT NULL,
              state TEXT NOT NULL,
              attempts INTEGER NOT NULL,
              due_at INTEGER NOT NULL,
              reason TEXT,
              media TEXT,
              PRIMARY KEY (product_id, url)
          ) WITHOUT ROWID;
          CREATE INDEX picture_fetches_due ON picture_fetches (due_at) WHERE state = 'waiting';
          CREATE INDEX picture_fetches_failed ON picture_fetches (product_id, url) WHERE state = 'failed';
          CREATE INDEX picture_fetches_known ON picture_fetches (url) WHERE media IS NOT NULL;
          INSERT INTO picture_fetches (product_id, url, state, attempts, due_at)
              SELECT products.id, picture.value ->> 'url', 'waiting', 0, 0
              FROM products, json_each(products.document, '$.pictures') AS picture
              WHERE picture.value ->> 'url' LIKE 'http%' GROUP BY 1, 2;
          CREATE TABLE import_runs (
              key TEXT PRIMARY KEY, id TEXT NOT NULL, document TEXT NOT NULL, updated_at INTEGER NOT NULL
          ) WITHOUT ROWID;
          CREATE TABLE import_handles (
              run TEXT NOT NULL, handle TEXT NOT NULL, pass INTEGER NOT NULL, scattered INTEGER NOT NULL,
              PRIMARY KEY (run, handle)
          ) WITHOUT ROWID;",
};

/// Products in an SQLite file.
#[derive(Clone)]
pub struct SqliteProducts(pub(super) Database);

impl SqliteProducts {
    /// The steps of its schema, in order.
    pub const MIGRATIONS: &'static [Migration] = MIGRATIONS;

    /// Opens the file.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        Ok(Self(Database::open(path, Durability::KilledProcess, MIGRATIONS).await?))
    }

    /// All that the store keeps, to be moved into another.
    pub fn contents(&self) -> SqliteTables {
        SqliteTables::new(self.0.clone(), moved::TABLES).with_transform(moved::shape)
    }
}

pub(super) fn product_of(row: &SqliteRow) -> Result<Product, StoreError> {
    Ok(serde_json::from_str(row.get("document"))?)
}

fn bounded(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

async fn taken_sku(work: &mut Write, product: &Product) -> Result<Option<Sku>, StoreError> {
    let skus: Vec<&Sku> = product.skus().collect();
    let taken: Option<String> = sqlx::query_scalar(
        "SELECT sku FROM variants WHERE sku IN (SELECT value FROM json_each(?)) AND product_id <> ? LIMIT 1",
    )
    .bind(serde_json::to_string(&skus)?)
    .bind(product.id.to_string())
    .fetch_optional(&mut **work)
    .await?;
    taken.as_deref().map(parse).transpose()
}

pub(super) async fn write_variants(work: &mut Write, product: &Product) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM variants WHERE product_id = ?").bind(product.id.to_string()).execute(&mut **work).await?;
    let images = shown(&product.images);
    let rows: Vec<(&Sku, VariantRecord)> = product
        .variants
        .iter()
        .map(|variant| {
            let own = variant.image.and_then(|place| product.images.get(place as usize)).cloned();
            let record = VariantRecord {
                product_id: product.id,
                handle: product.handle.clone(),
                title: product.title.clone(),
                image: own.filter(|image| image.url.starts_with("/media/")).or_else(|| images.first().cloned()),
                tax_class: product.tax_class.clone(),
                variant: variant.clone(),
            };
            (&variant.sku, record)
        })
        .collect();
    sqlx::query(
        "INSERT INTO variants (sku, product_id, active, document)
         SELECT value ->> 0, ?, ?, value -> 1 FROM json_each(?)",
    )
    .bind(product.id.to_string())
    .bind(product.status == ProductStatus::Active)
    .bind(serde_json::to_string(&rows)?)
    .execute(&mut **work)
    .await?;
    Ok(())
}

pub(super) async fn note_change(work: &mut Write, id: ProductId) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO changes (product_id) VALUES (?)").bind(id.to_string()).execute(&mut **work).await?;
    Ok(())
}

async fn write_product(work: &mut Write, product: &Product) -> Result<Written, StoreError> {
    if let Some(sku) = taken_sku(work, product).await? {
        return Ok(Written::SkuTaken(sku));
    }
    let written = sqlx::query(
        "INSERT INTO products (id, handle, version, status, document, updated_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (handle) DO UPDATE SET version = ?3, status = ?4, document = ?5, updated_at = ?6
         WHERE products.id = ?1 AND products.version = ?3 - 1",
    )
    .bind(product.id.to_string())
    .bind(&product.handle)
    .bind(product.version)
    .bind(format!("{:?}", product.status).to_lowercase())
    .bind(serde_json::to_string(product)?)
    .bind(micros(product.updated_at))
    .execute(&mut **work)
    .await?
    .rows_affected();
    if written == 0 {
        return Ok(Written::Stale);
    }
    write_variants(work, product).await?;
    queue_images(work, product).await?;
    note_change(work, product.id).await?;
    Ok(Written::Done)
}

#[async_trait]
impl ProductStore for SqliteProducts {
    async fn write(&self, product: &Product) -> Result<Written, StoreError> {
        let mut work = self.0.begin().await?;
        let written = write_product(&mut work, product).await?;
        work.commit().await?;
        Ok(written)
    }

    async fn write_all(&self, products: &[Product]) -> Result<Vec<Written>, StoreError> {
        let mut work = self.0.begin().await?;
        let mut written = Vec::with_capacity(products.len());
        for product in products {
            // What cannot be written is refused before anything of it is.
            written.push(write_product(&mut work, product).await?);
        }
        work.commit().await?;
        Ok(written)
    }

    async fn remove(&self, id: ProductId) -> Result<bool, StoreError> {
        let mut work = self.0.begin().await?;
        let gone = sqlx::query("DELETE FROM products WHERE id = ?").bind(id.to_string()).execute(&mut *work).await?;
        sqlx::query("DELETE FROM variants WHERE product_id = ?").bind(id.to_string()).execute(&mut *work).await?;
        forget_images(&mut work, id).await?;
        note_change(&mut work, id).await?;
        work.commit().await?;
        Ok(gone.rows_affected() == 1)
    }

    async fn by_handle(&self, handle: &str) -> Result<Option<Product>, StoreError> {
        let row = sqlx::query("SELECT document FROM products WHERE handle = ?")
            .bind(handle)
            .fetch_optional(&mut *self.0.read().await?)
            .await?;
        row.as_ref().map(product_of).transpose()
    }

    async fn by_handles(&self, handles: &[String]) -> Result<Vec<Product>, StoreError> {
        let rows = sqlx::query("SELECT document FROM products WHERE handle IN (SELECT value FROM json_each(?))")
            .bind(serde_json::to_string(handles)?)
            .fetch_all(&mut *self.0.read().await?)
            .await?;
        rows.iter().map(product_of).collect()
    }

    async fn by_ids(&self, ids: &[ProductId]) -> Result<Vec<Product>, StoreError> {
        let rows = sqlx::query("SELECT document FROM products WHERE id IN (SELECT value FROM json_each(?))")
            .bind(serde_json::to_string(ids)?)
            .fetch_all(&mut *self.0.read().await?)
            .await?;
        rows.iter().map(product_of).collect()
    }

    async fn after(&self, after: Option<ProductId>, limit: usize) -> Result<Vec<Product>, StoreError> {
        let rows = sqlx::query("SELECT document FROM products WHERE id > ? ORDER BY id LIMIT ?")
            .bind(after.map(|id| id.to_string()).unwrap_or_default())
            .bind(bounded(limit))
            .fetch_all(&mut *self.0.read().await?)
            .await?;
        rows.iter().map(product_of).collect()
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
            .bind(bounded(limit))
            .fetch_all(&mut *self.0.read().await?)
            .await?;
        let reached = rows.last().map_or(sequence, |row| row.get(0));
        let ids = rows.iter().map(|row| parse(row.get(1))).collect::<Result<_, _>>()?;
        Ok((ids, reached))
    }

    async fn categories(&self) -> Result<Vec<Category>, StoreError> {
        let rows = sqlx::query("SELECT handle, name, description FROM categories ORDER BY name LIMIT 1000")
            .fetch_all(&mut *self.0.read().await?)
            .await?;
        let category = |row: &SqliteRow| Category { handle: row.get(0), name: row.get(1), description: row.get(2) };
        Ok(rows.iter().map(category).collect())
    }

    async fn write_category(&self, handle: &str, draft: &CategoryDraft) -> Result<(), StoreError> {
        let mut work = self.0.begin().await?;
        sqlx::query(
            "INSERT INTO categories (handle, name, description) VALUES (?1, ?2, ?3)
             ON CONFLICT (handle) DO UPDATE SET name = ?2, description = ?3",
        )
        .bind(handle)
        .bind(draft.name.as_str())
        .bind(draft.description.as_str())
        .execute(&mut *work)
        .await?;
        work.commit().await
    }

    async fn make_categories(&self, categories: &[(String, String)]) -> Result<(), StoreError> {
        let mut work = self.0.begin().await?;
        sqlx::query(
            "INSERT INTO categories (handle, name, description)
             SELECT value ->> 0, value ->> 1, '' FROM json_each(?) WHERE true ON CONFLICT (handle) DO NOTHING",
        )
        .bind(serde_json::to_string(categories)?)
        .execute(&mut *work)
        .await?;
        work.commit().await
    }

    async fn tax_rates(&self) -> Result<Vec<TaxRate>, StoreError> {
        let rows = sqlx::query("SELECT country, class, rate FROM tax_rates ORDER BY country, class LIMIT 5000")
            .fetch_all(&mut *self.0.read().await?)
            .await?;
        let rate = |row: &SqliteRow| {
            Ok(TaxRate { country: parse(row.get("country"))?, class: parse(row.get("class"))?, rate: rate_of(row)? })
        };
        rows.iter().map(rate).collect()
    }

    async fn write_tax_rates(&self, rates: &[TaxRate]) -> Result<(), StoreError> {
        let mut work = self.0.begin().await?;
        sqlx::query("DELETE FROM tax_rates").execute(&mut *work).await?;
        for rate in rates {
            sqlx::query("INSERT INTO tax_rates (country, class, rate) VALUES (?, ?, ?)")
                .bind(rate.country.code())
                .bind(rate.class.as_str())
                .bind(rate.rate.millionths())
                .execute(&mut *work)
                .await?;
        }
        work.commit().await
    }

    async fn rates_of(&self, country: Country) -> Result<HashMap<String, Rate>, StoreError> {
        let rows = sqlx::query("SELECT class, rate FROM tax_rates WHERE country = ?")
            .bind(country.code())
            .fetch_all(&mut *self.0.read().await?)
            .await?;
        rows.iter().map(|row| Ok((row.get("class"), rate_of(row)?))).collect()
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
            .bind(bounded(limit))
            .fetch_all(&mut *self.0.read().await?)
            .await?;
        rows.iter().map(|row| Ok((row.get(0), serde_json::from_str(row.get(1))?))).collect()
    }

    async fn write_promotion(&self, code: &str, draft: &PromotionDraft) -> Result<(), StoreError> {
        let mut work = self.0.begin().await?;
        sqlx::query(
            "INSERT INTO promotions (code, document) VALUES (?1, ?2) ON CONFLICT (code) DO UPDATE SET document = ?2",
        )
        .bind(code)
        .bind(serde_json::to_string(draft)?)
        .execute(&mut *work)
        .await?;
        work.commit().await
    }

    async fn shop(&self) -> Result<Option<Shop>, StoreError> {
        let document: Option<String> = sqlx::query_scalar("SELECT document FROM settings WHERE name = 'shop'")
            .fetch_optional(&mut *self.0.read().await?)
            .await?;
        document.map(|document| Ok(serde_json::from_str(&document)?)).transpose()
    }

    async fn begin_shop(&self, first: &Shop) -> Result<Shop, StoreError> {
        let mut work = self.0.begin().await?;
        sqlx::query("INSERT INTO settings (name, document) VALUES ('shop', ?) ON CONFLICT (name) DO NOTHING")
            .bind(serde_json::to_string(first)?)
            .execute(&mut *work)
            .await?;
        let document: String =
            sqlx::query_scalar("SELECT document FROM settings WHERE name = 'shop'").fetch_one(&mut *work).await?;
        work.commit().await?;
        Ok(serde_json::from_str(&document)?)
    }

    async fn write_shop(&self, shop: &Shop) -> Result<(), StoreError> {
        let mut work = self.0.begin().await?;
        sqlx::query(
            "INSERT INTO settings (name, document) VALUES ('shop', ?1) ON CONFLICT (name) DO UPDATE SET document = ?1",
        )
        .bind(serde_json::to_string(shop)?)
        .execute(&mut *work)
        .await?;
        work.commit().await
    }
}

#[async_trait]
impl Check for SqliteProducts {
    async fn check(&self) -> Result<(), String> {
        self.0.check().await
    }
}

fn rate_of(row: &SqliteRow) -> Result<Rate, StoreError> {
    Rate::from_millionths(row.get("rate")).ok_or_else(|| StoreError::Fault("a tax rate above 100%".to_owned()))
}
