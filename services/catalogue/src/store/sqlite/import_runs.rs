//! Import runs, in the file of products.

use super::products::SqliteProducts;
use crate::store::{ImportRun, ImportRuns, SeenHandle};
use async_trait::async_trait;
use chassis::StoreError;
use chassis::sqlite::micros;
use jiff::Timestamp;
use sqlx::Row;
use std::collections::HashMap;

#[async_trait]
impl ImportRuns for SqliteProducts {
    async fn import_run(&self, key: &str) -> Result<Option<ImportRun>, StoreError> {
        let document: Option<String> = sqlx::query_scalar("SELECT document FROM import_runs WHERE key = ?")
            .bind(key)
            .fetch_optional(&mut *self.0.read().await?)
            .await?;
        document.map(|document| Ok(serde_json::from_str(&document)?)).transpose()
    }

    async fn save_import_run(&self, run: &ImportRun, handles: &[String], now: Timestamp) -> Result<(), StoreError> {
        let mut transaction = self.0.begin().await?;
        sqlx::query(
            "INSERT INTO import_runs (key, id, document, updated_at) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (key) DO UPDATE SET id = ?2, document = ?3, updated_at = ?4",
        )
        .bind(&run.key)
        .bind(&run.id)
        .bind(serde_json::to_string(run)?)
        .bind(micros(now))
        .execute(&mut *transaction)
        .await?;
        sqlx::query(
            "INSERT INTO import_handles (run, handle, pass, scattered)
             SELECT ?1, value, ?2, 0 FROM json_each(?3) WHERE true
             ON CONFLICT (run, handle) DO UPDATE SET scattered = max(scattered, pass = excluded.pass), pass = excluded.pass",
        )
        .bind(&run.id)
        .bind(run.pass)
        .bind(serde_json::to_string(handles)?)
        .execute(&mut *transaction)
        .await?;
        // A repeated import only needs to know which handles have non-adjacent rows.
        if run.finished {
            sqlx::query("DELETE FROM import_handles WHERE run = ? AND scattered = 0")
                .bind(&run.id)
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await
    }

    async fn seen_handles(&self, id: &str, handles: &[String]) -> Result<HashMap<String, SeenHandle>, StoreError> {
        let rows = sqlx::query(
            "SELECT handle, pass, scattered FROM import_handles
             WHERE run = ? AND handle IN (SELECT value FROM json_each(?))",
        )
        .bind(id)
        .bind(serde_json::to_string(handles)?)
        .fetch_all(&mut *self.0.read().await?)
        .await?;
        Ok(rows.iter().map(|row| (row.get(0), SeenHandle { pass: row.get(1), non_adjacent: row.get(2) })).collect())
    }

    async fn purge_import_runs(&self, before: Timestamp) -> Result<(), StoreError> {
        let mut transaction = self.0.begin().await?;
        sqlx::query("DELETE FROM import_handles WHERE run IN (SELECT id FROM import_runs WHERE updated_at < ?)")
            .bind(micros(before))
            .execute(&mut *transaction)
            .await?;
        sqlx::query("DELETE FROM import_runs WHERE updated_at < ?")
            .bind(micros(before))
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await
    }
}
