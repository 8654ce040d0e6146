//! The imports that people have started, in the file of products.

use super::products::SqliteProducts;
use crate::store::ImportStore;
use crate::store::codec::row_limit;
use async_trait::async_trait;
use chassis::StoreError;
use chassis::sqlite::micros;
use contracts::catalogue::ProductImport;
use jiff::Timestamp;
use uuid::Uuid;

#[async_trait]
impl ImportStore for SqliteProducts {
    async fn save_import(&self, import: &ProductImport) -> Result<(), StoreError> {
        let mut transaction = self.0.begin().await?;
        sqlx::query(
            "INSERT INTO imports (id, updated_at, document) VALUES (?1, ?2, ?3)
             ON CONFLICT (id) DO UPDATE SET updated_at = ?2, document = ?3",
        )
        .bind(import.id.to_string())
        .bind(micros(import.updated_at))
        .bind(serde_json::to_string(import)?)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await
    }

    async fn import(&self, id: Uuid) -> Result<Option<ProductImport>, StoreError> {
        let document: Option<String> = sqlx::query_scalar("SELECT document FROM imports WHERE id = ?")
            .bind(id.to_string())
            .fetch_optional(&mut *self.0.read().await?)
            .await?;
        document.map(|document| Ok(serde_json::from_str(&document)?)).transpose()
    }

    async fn imports(&self, before: Option<Uuid>, limit: usize) -> Result<Vec<ProductImport>, StoreError> {
        let documents: Vec<String> = sqlx::query_scalar(
            "SELECT json_set(document, '$.issues', json('[]')) FROM imports WHERE ?1 IS NULL OR id < ?1
             ORDER BY id DESC LIMIT ?2",
        )
        .bind(before.map(|id| id.to_string()))
        .bind(row_limit(limit))
        .fetch_all(&mut *self.0.read().await?)
        .await?;
        documents.iter().map(|document| Ok(serde_json::from_str(document)?)).collect()
    }

    async fn purge_imports(&self, before: Timestamp) -> Result<(), StoreError> {
        let mut transaction = self.0.begin().await?;
        sqlx::query("DELETE FROM imports WHERE updated_at < ?").bind(micros(before)).execute(&mut *transaction).await?;
        transaction.commit().await
    }
}
