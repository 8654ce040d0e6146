//! Address books in SQLite.

use super::{SqliteStore, rows};
use crate::account::MAX_ADDRESSES;
use crate::store::AddressStore;
use async_trait::async_trait;
use chassis::StoreError;
use chassis::sqlite::{micros, parse};
use contracts::user::SavedAddress;
use contracts::{AccountId, Address};
use jiff::Timestamp;
use sqlx::Row;
use uuid::Uuid;

#[async_trait]
impl AddressStore for SqliteStore {
    async fn addresses(&self, account: AccountId) -> Result<Vec<SavedAddress>, StoreError> {
        let found = sqlx::query("SELECT id, document FROM addresses WHERE account_id = ? ORDER BY place DESC LIMIT ?")
            .bind(account.to_string())
            .bind(rows(MAX_ADDRESSES))
            .fetch_all(&mut *self.database.read().await?)
            .await?;
        let read = found.iter().map(|row| {
            Ok(SavedAddress { id: parse(row.get("id"))?, address: serde_json::from_str(row.get("document"))? })
        });
        read.collect()
    }

    async fn add_address(&self, account: AccountId, saved: &SavedAddress, now: Timestamp) -> Result<bool, StoreError> {
        let mut transaction = self.database.begin().await?;
        // The count is part of the statement, so that concurrent requests cannot exceed the maximum.
        let added = sqlx::query(
            "INSERT INTO addresses (id, account_id, document, created_at)
             SELECT ?1, ?2, ?3, ?4 WHERE (SELECT COUNT(*) FROM addresses WHERE account_id = ?2) < ?5",
        )
        .bind(saved.id.to_string())
        .bind(account.to_string())
        .bind(serde_json::to_string(&saved.address)?)
        .bind(micros(now))
        .bind(rows(MAX_ADDRESSES))
        .execute(&mut *transaction)
        .await?
        .rows_affected();
        transaction.commit().await?;
        Ok(added > 0)
    }

    async fn replace_address(&self, account: AccountId, id: Uuid, address: &Address) -> Result<bool, StoreError> {
        let mut transaction = self.database.begin().await?;
        let replaced = sqlx::query("UPDATE addresses SET document = ? WHERE id = ? AND account_id = ?")
            .bind(serde_json::to_string(address)?)
            .bind(id.to_string())
            .bind(account.to_string())
            .execute(&mut *transaction)
            .await?
            .rows_affected();
        transaction.commit().await?;
        Ok(replaced > 0)
    }

    async fn delete_address(&self, account: AccountId, id: Uuid) -> Result<bool, StoreError> {
        let mut transaction = self.database.begin().await?;
        let removed = sqlx::query("DELETE FROM addresses WHERE id = ? AND account_id = ?")
            .bind(id.to_string())
            .bind(account.to_string())
            .execute(&mut *transaction)
            .await?
            .rows_affected();
        transaction.commit().await?;
        Ok(removed > 0)
    }
}
