//! Carts in an SQLite file.

use super::moving::MOVED;
use super::{Cap, CartStore, Change, Owner};
use crate::cart::{Cart, Unasked};
use async_trait::async_trait;
use chassis::health::Check;
use chassis::sqlite::{Database, Durability, Migration, Write};
use chassis::data_migration::SqliteTables;
use chassis::{Problem, StoreError};
use contracts::CartId;
use contracts::events::OrderPlaced;
use events::Event;
use events::inbox::sqlite::{SCHEMA as INBOX, SqliteInbox};
use sqlx::Row;
use std::path::Path;

const MIGRATIONS: &[Migration] = &[
    Migration {
        version: 1,
        name: "carts",
        sql: "CREATE TABLE carts (owner TEXT PRIMARY KEY, cart_id TEXT NOT NULL UNIQUE, document TEXT NOT NULL) WITHOUT ROWID;",
    },
    Migration { version: 2, name: "inbox", sql: INBOX },
    Migration { version: 3, name: "where merged carts went", sql: MERGED },
];

/// Which account's cart a guest's was merged into. The cart itself says whether it still knows of it.
const MERGED: &str = "
    CREATE TABLE merged (cart_id TEXT PRIMARY KEY, owner TEXT NOT NULL) WITHOUT ROWID;
    CREATE INDEX merged_by_owner ON merged (owner);";

/// Carts in an SQLite file.
#[derive(Clone)]
pub struct SqliteCarts(Database);

impl SqliteCarts {
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
        SqliteTables::new(self.0.clone(), MOVED)
    }

    /// The inbox in the same file.
    pub fn inbox(&self) -> SqliteInbox {
        SqliteInbox::new(self.0.clone())
    }
}

async fn read(work: &mut Write, owner: &Owner) -> Result<Option<Cart>, StoreError> {
    let document: Option<String> = sqlx::query_scalar("SELECT document FROM carts WHERE owner = ?")
        .bind(owner)
        .fetch_optional(&mut **work)
        .await?;
    document.map(|document| Ok(serde_json::from_str(&document)?)).transpose()
}

async fn write(work: &mut Write, owner: &Owner, cart: &Cart) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO carts (owner, cart_id, document) VALUES (?1, ?2, ?3)
         ON CONFLICT (owner) DO UPDATE SET cart_id = ?2, document = ?3",
    )
    .bind(owner)
    .bind(cart.id.to_string())
    .bind(serde_json::to_string(cart)?)
    .execute(&mut **work)
    .await?;
    Ok(())
}

async fn remove(work: &mut Write, owner: &Owner) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM carts WHERE owner = ?").bind(owner).execute(&mut **work).await?;
    sqlx::query("DELETE FROM merged WHERE owner = ?").bind(owner).execute(&mut **work).await?;
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
        fresh: CartId,
        change: Change<'_>,
    ) -> Result<Result<Cart, Problem>, StoreError> {
        let mut work = self.0.begin().await?;
        let mut cart = read(&mut work, owner).await?.unwrap_or_else(|| Cart::empty(fresh));
        if let Err(problem) = change(&mut cart) {
            return Ok(Err(problem));
        }
        cart.version += 1;
        write(&mut work, owner, &cart).await?;
        work.commit().await?;
        Ok(Ok(cart))
    }

    async fn merge(
        &self,
        guest: &Owner,
        account: &Owner,
        fresh: CartId,
        cap: Cap<'_>,
    ) -> Result<Result<Cart, Unasked>, StoreError> {
        let mut work = self.0.begin().await?;
        let mut cart = read(&mut work, account).await?.unwrap_or_else(|| Cart::empty(fresh));
        let Some(theirs) = read(&mut work, guest).await? else { return Ok(Ok(cart)) };
        let theirs_id = theirs.id;
        if let Err(unasked) = cart.merge(theirs, cap) {
            return Ok(Err(unasked));
        }
        cart.version += 1;
        write(&mut work, account, &cart).await?;
        remove(&mut work, guest).await?;
        sqlx::query("INSERT OR REPLACE INTO merged (cart_id, owner) VALUES (?, ?)")
            .bind(theirs_id.to_string())
            .bind(account)
            .execute(&mut *work)
            .await?;
        work.commit().await?;
        Ok(Ok(cart))
    }

    async fn close(&self, event: &Event, placed: &OrderPlaced, next: CartId) -> Result<(), StoreError> {
        let mut work = self.0.begin().await?;
        if !SqliteInbox::accept(&mut work, event).await? {
            return Ok(());
        }
        // By cart, not by owner: a guest who has logged in since has taken its lines along.
        let row = sqlx::query(
            "SELECT owner, document FROM carts
             WHERE cart_id = ?1 OR owner = (SELECT owner FROM merged WHERE cart_id = ?1)",
        )
        .bind(placed.cart_id.to_string())
        .fetch_optional(&mut *work)
        .await?;
        if let Some(row) = row {
            let owner: String = row.get("owner");
            let cart: Cart = serde_json::from_str(row.get("document"))?;
            if !cart.generations().any(|id| id == placed.cart_id) {
                return work.commit().await;
            }
            let bought: Vec<_> = placed.lines.iter().map(|line| (line.sku.clone(), line.quantity)).collect();
            match cart.after_purchase(placed.cart_id, &bought, next) {
                Some(rest) => write(&mut work, &owner, &rest).await?,
                None => remove(&mut work, &owner).await?,
            }
        }
        work.commit().await
    }
}

#[async_trait]
impl Check for SqliteCarts {
    async fn check(&self) -> Result<(), String> {
        self.0.check().await
    }
}
