//! Accounts and sessions in an SQLite file.

mod accounts;
mod addresses;
mod sessions;

use super::Store;
use super::moved;
use async_trait::async_trait;
use chassis::StoreError;
use chassis::health::Check;
use chassis::sqlite::{Database, Durability, Migration, Write, moment, parse};
use chassis::data_migration::SqliteTables;
use contracts::AccountId;
use contracts::user::Account;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;
use std::path::Path;

/// The schema. `email_key` is the address in lower case; `admin` repeats what `roles` says, to be indexed.
const MIGRATIONS: &[Migration] = &[Migration {
    version: 1,
    name: "accounts, sessions, addresses",
    sql: "
    CREATE TABLE accounts (
        id TEXT PRIMARY KEY,
        email TEXT NOT NULL,
        email_key TEXT NOT NULL UNIQUE,
        name TEXT NOT NULL,
        password TEXT NOT NULL,
        roles TEXT NOT NULL,
        admin INTEGER NOT NULL,
        created_at BIGINT NOT NULL,
        version BIGINT NOT NULL
    );
    CREATE INDEX accounts_admin ON accounts (id) WHERE admin = 1;
    CREATE TABLE first_admin_code (
        one INTEGER PRIMARY KEY CHECK (one = 1),
        digest TEXT NOT NULL
    );
    CREATE TABLE sessions (
        id TEXT PRIMARY KEY,
        account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
        seed TEXT NOT NULL,
        sequence BIGINT NOT NULL,
        user_agent TEXT NOT NULL,
        created_at BIGINT NOT NULL,
        last_used_at BIGINT NOT NULL
    );
    CREATE INDEX sessions_account ON sessions (account_id, last_used_at);
    CREATE INDEX sessions_used ON sessions (last_used_at);
    CREATE INDEX sessions_created ON sessions (created_at);
    CREATE TABLE refresh_tokens (
        digest TEXT PRIMARY KEY,
        session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
        sequence BIGINT NOT NULL,
        issued_at BIGINT NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX refresh_tokens_session ON refresh_tokens (session_id);
    CREATE INDEX refresh_tokens_issued ON refresh_tokens (issued_at);
    CREATE TABLE addresses (
        place INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
        document TEXT NOT NULL,
        created_at BIGINT NOT NULL
    );
    CREATE INDEX addresses_account ON addresses (account_id, place);",
}];

/// The embedded store.
#[derive(Clone)]
pub struct SqliteStore {
    database: Database,
}

impl SqliteStore {
    /// The steps of its schema, in order.
    pub const MIGRATIONS: &'static [Migration] = MIGRATIONS;

    /// Opens the file, creating it when missing. What is committed survives power loss.
    ///
    /// # Errors
    /// When the file cannot be opened.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        let database = Database::open(path, Durability::PowerLoss, MIGRATIONS).await?;
        Ok(Self { database })
    }

    /// All that the store keeps, to be moved into another.
    pub fn contents(&self) -> SqliteTables {
        SqliteTables::new(self.database.clone(), moved::TABLES).with_transform(moved::shape)
    }

    /// Flushes everything and closes the file.
    pub async fn close(&self) {
        self.database.close().await;
    }
}

#[async_trait]
impl Check for SqliteStore {
    async fn check(&self) -> Result<(), String> {
        self.database.check().await
    }
}

impl Store for SqliteStore {}

/// The account in a row of `accounts`.
fn account(row: &SqliteRow) -> Result<Account, StoreError> {
    Ok(Account {
        id: parse(row.get("id"))?,
        email: parse(row.get("email"))?,
        name: row.get("name"),
        roles: serde_json::from_str(row.get("roles"))?,
        created_at: moment(row.get("created_at"))?,
        version: row.get("version"),
    })
}

/// The account with this id, as this unit of work sees it.
async fn account_in(work: &mut Write, id: AccountId) -> Result<Option<Account>, StoreError> {
    let row =
        sqlx::query("SELECT * FROM accounts WHERE id = ?").bind(id.to_string()).fetch_optional(&mut **work).await?;
    row.as_ref().map(account).transpose()
}

/// A number of rows as it is bound.
fn rows(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}
