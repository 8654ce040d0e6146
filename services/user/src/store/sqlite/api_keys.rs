//! API keys in SQLite.

use super::{SqliteStore, rows};
use crate::api_keys::MAX_API_KEYS;
use crate::refresh_token::Digest;
use crate::store::ApiKeyStore;
use async_trait::async_trait;
use chassis::StoreError;
use chassis::sqlite::{micros, moment, parse};
use contracts::user::ApiKey;
use jiff::Timestamp;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;
use uuid::Uuid;

#[async_trait]
impl ApiKeyStore for SqliteStore {
    async fn add_api_key(&self, key: &ApiKey, secret: &Digest) -> Result<bool, StoreError> {
        let mut transaction = self.database.begin().await?;
        // The count is part of the statement, so that concurrent requests cannot exceed the maximum.
        let added = sqlx::query(
            "INSERT INTO api_keys (id, digest, name, roles, created_by, created_at)
             SELECT ?, ?, ?, ?, ?, ? WHERE (SELECT COUNT(*) FROM api_keys) < ?",
        )
        .bind(key.id.to_string())
        .bind(secret.as_str())
        .bind(&key.name)
        .bind(serde_json::to_string(&key.roles)?)
        .bind(key.created_by.to_string())
        .bind(micros(key.created_at))
        .bind(rows(MAX_API_KEYS))
        .execute(&mut *transaction)
        .await?
        .rows_affected();
        transaction.commit().await?;
        Ok(added > 0)
    }

    async fn api_keys(&self) -> Result<Vec<ApiKey>, StoreError> {
        let found = sqlx::query("SELECT * FROM api_keys ORDER BY id DESC LIMIT ?")
            .bind(rows(MAX_API_KEYS))
            .fetch_all(&mut *self.database.read().await?)
            .await?;
        found.iter().map(api_key).collect()
    }

    async fn use_api_key(&self, secret: &Digest, now: Timestamp) -> Result<Option<ApiKey>, StoreError> {
        // Read without the write lock first, so that guesses do not hold up the shop.
        let known = sqlx::query("SELECT 1 FROM api_keys WHERE digest = ?")
            .bind(secret.as_str())
            .fetch_optional(&mut *self.database.read().await?)
            .await?;
        if known.is_none() {
            return Ok(None);
        }
        let mut transaction = self.database.begin().await?;
        let found = sqlx::query("UPDATE api_keys SET last_used_at = ? WHERE digest = ? RETURNING *")
            .bind(micros(now))
            .bind(secret.as_str())
            .fetch_optional(&mut *transaction)
            .await?;
        transaction.commit().await?;
        found.as_ref().map(api_key).transpose()
    }

    async fn delete_api_key(&self, id: Uuid) -> Result<bool, StoreError> {
        let mut transaction = self.database.begin().await?;
        let deleted = sqlx::query("DELETE FROM api_keys WHERE id = ?")
            .bind(id.to_string())
            .execute(&mut *transaction)
            .await?
            .rows_affected();
        transaction.commit().await?;
        Ok(deleted > 0)
    }
}

fn api_key(row: &SqliteRow) -> Result<ApiKey, StoreError> {
    Ok(ApiKey {
        id: parse(row.get("id"))?,
        name: row.get("name"),
        roles: serde_json::from_str(row.get("roles"))?,
        created_by: parse(row.get("created_by"))?,
        created_at: moment(row.get("created_at"))?,
        last_used_at: row.get::<Option<i64>, _>("last_used_at").map(moment).transpose()?,
    })
}
