//! Carts in an SQLite file.

mod schema;

use super::data_migration::TABLES;
use super::{CartStore, Change, Owner, StockLimit};
use crate::cart::{Cart, MissingPrice, Purchase};
use async_trait::async_trait;
use chassis::data_migration::SqliteTables;
use chassis::health::{Check, CheckError, Connections};
use chassis::sqlite::{Database, Durability, Migration, Write};
use chassis::{Problem, StoreError};
use contracts::CartId;
use events::Event;
use events::inbox::sqlite::SqliteInbox;
use sqlx::Row;
use std::path::Path;

/// The carts in an SQLite file.
#[derive(Clone)]
pub struct SqliteCarts(Database);

impl SqliteCarts {
    /// The migrations of the schema, in order.
    pub const MIGRATIONS: &'static [Migration] = schema::MIGRATIONS;

    /// Opens the file and creates it when it is missing.
    ///
    /// # Errors
    /// When the file cannot be opened.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        // A power loss may take the last seconds of a cart: acceptable, and much faster than a flush per commit.
        Ok(Self(Database::open(path, Durability::KilledProcess, schema::MIGRATIONS).await?))
    }

    /// The tables for a data migration.
    pub fn contents(&self) -> SqliteTables {
        SqliteTables::new(self.0.clone(), TABLES)
    }

    /// The inbox in the same file.
    pub fn inbox(&self) -> SqliteInbox {
        SqliteInbox::new(self.0.clone())
    }
}

async fn read(transaction: &mut Write, owner: &Owner) -> Result<Option<Cart>, StoreError> {
    let document: Option<String> = sqlx::query_scalar("SELECT document FROM carts WHERE owner = ?")
        .bind(owner)
        .fetch_optional(&mut **transaction)
        .await?;
    document.map(|document| Ok(serde_json::from_str(&document)?)).transpose()
}

async fn write(transaction: &mut Write, owner: &Owner, cart: &Cart) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO carts (owner, cart_id, document) VALUES (?1, ?2, ?3)
         ON CONFLICT (owner) DO UPDATE SET cart_id = ?2, document = ?3",
    )
    .bind(owner)
    .bind(cart.id.to_string())
    .bind(serde_json::to_string(cart)?)
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

async fn delete(transaction: &mut Write, owner: &Owner) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM carts WHERE owner = ?").bind(owner).execute(&mut **transaction).await?;
    sqlx::query("DELETE FROM merged WHERE owner = ?").bind(owner).execute(&mut **transaction).await?;
    Ok(())
}

#[async_trait]
impl CartStore for SqliteCarts {
    async fn find(&self, owner: &Owner) -> Result<Option<Cart>, StoreError> {
        let row = sqlx::query("SELECT document FROM carts WHERE owner = ?")
            .bind(owner)
            .fetch_optional(&mut *self.0.read().await?)
            .await?;
        row.map(|row| Ok(serde_json::from_str(row.get("document"))?)).transpose()
    }

    async fn change(
        &self,
        owner: &Owner,
        new_id: CartId,
        change: Change<'_>,
    ) -> Result<Result<Cart, Problem>, StoreError> {
        let mut transaction = self.0.begin().await?;
        let mut cart = read(&mut transaction, owner).await?.unwrap_or_else(|| Cart::empty(new_id));
        // Dropping the transaction rolls it back.
        if let Err(problem) = change(&mut cart) {
            return Ok(Err(problem));
        }
        cart.version += 1;
        write(&mut transaction, owner, &cart).await?;
        transaction.commit().await?;
        Ok(Ok(cart))
    }

    async fn merge(
        &self,
        guest: &Owner,
        account: &Owner,
        new_id: CartId,
        stock_limit: StockLimit<'_>,
    ) -> Result<Result<Cart, MissingPrice>, StoreError> {
        let mut transaction = self.0.begin().await?;
        let mut cart = read(&mut transaction, account).await?.unwrap_or_else(|| Cart::empty(new_id));
        let Some(guest_cart) = read(&mut transaction, guest).await? else { return Ok(Ok(cart)) };
        let guest_cart_id = guest_cart.id;
        if let Err(missing_price) = cart.merge(guest_cart, stock_limit) {
            return Ok(Err(missing_price));
        }
        cart.version += 1;
        write(&mut transaction, account, &cart).await?;
        delete(&mut transaction, guest).await?;
        sqlx::query("INSERT OR REPLACE INTO merged (cart_id, owner) VALUES (?, ?)")
            .bind(guest_cart_id.to_string())
            .bind(account)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(Ok(cart))
    }

    async fn remove_purchased(&self, event: &Event, purchase: &Purchase, next_id: CartId) -> Result<(), StoreError> {
        let mut transaction = self.0.begin().await?;
        if !SqliteInbox::accept(&mut transaction, event).await? {
            return Ok(());
        }
        // By cart, not by the order's owner: a guest may have logged in since, which moved the lines to the account.
        let row = sqlx::query(
            "SELECT owner, document FROM carts
             WHERE cart_id = ?1 OR owner = (SELECT owner FROM merged WHERE cart_id = ?1)",
        )
        .bind(purchase.cart.to_string())
        .fetch_optional(&mut *transaction)
        .await?;
        if let Some(row) = row {
            let owner: String = row.get("owner");
            let cart: Cart = serde_json::from_str(row.get("document"))?;
            // The cart may no longer keep track of that merge. The event is accepted all the same.
            if !cart.cart_ids().any(|id| id == purchase.cart) {
                return transaction.commit().await;
            }
            match cart.after_purchase(purchase, next_id) {
                Some(remaining) => write(&mut transaction, &owner, &remaining).await?,
                None => delete(&mut transaction, &owner).await?,
            }
        }
        transaction.commit().await
    }
}

#[async_trait]
impl Check for SqliteCarts {
    async fn check(&self) -> Result<(), CheckError> {
        self.0.check().await
    }

    fn connections(&self) -> Option<Connections> {
        self.0.connections()
    }
}
