//! Pages and the settings of the storefront, in the file of products.

use super::products::SqliteProducts;
use crate::store::content::{StoredPage, StoredSummary};
use crate::store::{ContentStore, StorefrontSettings};
use async_trait::async_trait;
use chassis::StoreError;
use contracts::catalogue::{EmailTexts, Page, PageSummary};
use serde::de::DeserializeOwned;

#[async_trait]
impl ContentStore for SqliteProducts {
    async fn page_summaries(&self) -> Result<Vec<PageSummary>, StoreError> {
        let rows: Vec<(String, String)> = sqlx::query_as("SELECT handle, summary FROM pages ORDER BY handle")
            .fetch_all(&mut *self.0.read().await?)
            .await?;
        let summary = |(handle, summary): (String, String)| {
            let stored: StoredSummary = serde_json::from_str(&summary)?;
            Ok(stored.into_summary(handle))
        };
        rows.into_iter().map(summary).collect()
    }

    async fn page(&self, handle: &str) -> Result<Option<Page>, StoreError> {
        let document: Option<String> = sqlx::query_scalar("SELECT document FROM pages WHERE handle = ?")
            .bind(handle)
            .fetch_optional(&mut *self.0.read().await?)
            .await?;
        let Some(document) = document else { return Ok(None) };
        let stored: StoredPage = serde_json::from_str(&document)?;
        Ok(Some(stored.into_page(handle.to_owned())))
    }

    async fn write_page(&self, page: &Page) -> Result<bool, StoreError> {
        let statement = if page.version == 1 {
            "INSERT INTO pages (handle, version, summary, document) VALUES (?1, ?2, ?3, ?4) ON CONFLICT (handle) DO NOTHING"
        } else {
            "UPDATE pages SET version = ?2, summary = ?3, document = ?4 WHERE handle = ?1 AND version = ?2 - 1"
        };
        let mut transaction = self.0.begin().await?;
        let written = sqlx::query(statement)
            .bind(&page.handle)
            .bind(page.version)
            .bind(serde_json::to_string(&StoredSummary::from(page))?)
            .bind(serde_json::to_string(&StoredPage::from(page))?)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(written.rows_affected() == 1)
    }

    async fn delete_page(&self, handle: &str) -> Result<bool, StoreError> {
        let mut transaction = self.0.begin().await?;
        let deleted = sqlx::query("DELETE FROM pages WHERE handle = ?").bind(handle).execute(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(deleted.rows_affected() == 1)
    }

    async fn storefront(&self) -> Result<Option<StorefrontSettings>, StoreError> {
        self.read_settings("SELECT document FROM storefront WHERE name = 'storefront'").await
    }

    async fn write_storefront(&self, settings: &StorefrontSettings) -> Result<bool, StoreError> {
        let statement = if settings.version == 1 {
            "INSERT INTO storefront (name, version, document) VALUES ('storefront', ?1, ?2) ON CONFLICT (name) DO NOTHING"
        } else {
            "UPDATE storefront SET version = ?1, document = ?2 WHERE version = ?1 - 1"
        };
        self.write_settings(statement, settings.version, serde_json::to_string(settings)?).await
    }

    async fn email_texts(&self) -> Result<Option<EmailTexts>, StoreError> {
        self.read_settings("SELECT document FROM email_texts WHERE name = 'email_texts'").await
    }

    async fn write_email_texts(&self, texts: &EmailTexts) -> Result<bool, StoreError> {
        let statement = if texts.version == 1 {
            "INSERT INTO email_texts (name, version, document) VALUES ('email_texts', ?1, ?2) ON CONFLICT (name) DO NOTHING"
        } else {
            "UPDATE email_texts SET version = ?1, document = ?2 WHERE version = ?1 - 1"
        };
        self.write_settings(statement, texts.version, serde_json::to_string(texts)?).await
    }
}

impl SqliteProducts {
    /// Reads the document of a table with a single row.
    async fn read_settings<T: DeserializeOwned>(&self, statement: &'static str) -> Result<Option<T>, StoreError> {
        let document: Option<String> = sqlx::query_scalar(statement).fetch_optional(&mut *self.0.read().await?).await?;
        document.map(|document| Ok(serde_json::from_str(&document)?)).transpose()
    }

    /// Writes a version of a document. Returns false, without a change, if another version is stored.
    async fn write_settings(
        &self,
        statement: &'static str,
        version: i64,
        document: String,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.0.begin().await?;
        let written = sqlx::query(statement).bind(version).bind(document).execute(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(written.rows_affected() == 1)
    }
}
