//! The store in an SQLite file, for one process.

mod accounts;
mod addresses;
mod api_keys;
mod schema;
mod sessions;

use super::{Store, data_migration};
use async_trait::async_trait;
use chassis::StoreError;
use chassis::data_migration::SqliteTables;
use chassis::health::{Check, CheckError, Connections};
use chassis::sqlite::{Database, Durability, Migration, Write, moment, parse};
use contracts::user::Account;
use contracts::{AccountId, Email};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;
use std::path::Path;

/// The store of the user service in an SQLite file.
#[derive(Clone)]
pub struct SqliteStore {
    database: Database,
}

impl SqliteStore {
    /// The migrations of the schema, in order.
    pub const MIGRATIONS: &'static [Migration] = schema::MIGRATIONS;

    /// Opens the file and creates it when it is missing. Commits survive a power loss.
    ///
    /// # Errors
    /// When the file cannot be opened.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        // A lost registration or a revived session would be worse than the cost of a flush per commit.
        let database = Database::open(path, Durability::PowerLoss, schema::MIGRATIONS).await?;
        Ok(Self { database })
    }

    /// Returns all records for a data migration.
    pub fn contents(&self) -> SqliteTables {
        SqliteTables::new(self.database.clone(), data_migration::TABLES).with_transform(data_migration::transform)
    }

    /// Flushes all commits and closes the file.
    pub async fn close(&self) {
        self.database.close().await;
    }
}

#[async_trait]
impl Check for SqliteStore {
    async fn check(&self) -> Result<(), CheckError> {
        self.database.check().await
    }

    fn connections(&self) -> Option<Connections> {
        self.database.connections()
    }
}

impl Store for SqliteStore {}

/// Reads an account from a row of `accounts`.
fn account(row: &SqliteRow) -> Result<Account, StoreError> {
    Ok(Account {
        id: parse(row.get("id"))?,
        email: Email::of_stored(row.get("email")),
        name: row.get("name"),
        roles: serde_json::from_str(row.get("roles"))?,
        created_at: moment(row.get("created_at"))?,
        version: row.get("version"),
    })
}

/// Returns the account with this id within a transaction.
async fn account_in(transaction: &mut Write, id: AccountId) -> Result<Option<Account>, StoreError> {
    let row = sqlx::query("SELECT * FROM accounts WHERE id = ?")
        .bind(id.to_string())
        .fetch_optional(&mut **transaction)
        .await?;
    row.as_ref().map(account).transpose()
}

/// Converts a number of rows to the type that SQLite binds.
fn rows(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}
