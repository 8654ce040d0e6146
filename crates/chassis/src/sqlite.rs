//! Embedded storage: one SQLite file per service in WAL mode, one writer and several readers.
//!
//! Time is stored as microseconds since 1970 (`INTEGER`), money as minor units and currency, documents as JSON text.

mod connections;

pub use crate::codec::{micros, moment, parse};
use crate::health::{Check, CheckError, Connections};
pub use crate::migration::Migration;
use crate::migration::Step;
use crate::store::StoreError;
use async_trait::async_trait;
use connections::{MAX_READERS, Readers, Writer};
pub use connections::{Read, Write};
use sqlx::Row;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use std::path::Path;
use std::time::Duration;
use telemetry::database::{DatabaseName, Operation};

/// The kind of failure that a commit survives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// A power failure: every commit is flushed to the disk. For payment, dispatch, stock and user.
    PowerLoss,
    /// A killed process: commits reach the operating system. For carts and data that can be rebuilt.
    KilledProcess,
}

/// An embedded database file.
#[derive(Clone)]
pub struct Database {
    writer: Writer,
    readers: Readers,
    name: DatabaseName,
}

/// The time to wait for another writer.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

impl Database {
    /// Opens the file, creates it and its folder when missing, and migrates its schema.
    ///
    /// # Errors
    /// When the file cannot be opened or written, or a migration differs from the one applied earlier.
    pub async fn open(path: &Path, durability: Durability, migrations: &[Migration]) -> Result<Self, StoreError> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)
                .map_err(|error| StoreError::Unavailable(format!("cannot create {}: {error}", folder.display())))?;
        }
        let synchronous = match durability {
            Durability::PowerLoss => SqliteSynchronous::Full,
            Durability::KilledProcess => SqliteSynchronous::Normal,
        };
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(synchronous)
            // SQLite enforces foreign keys only on connections that enable it.
            .foreign_keys(true)
            .busy_timeout(BUSY_TIMEOUT)
            // One MiB per connection: the operating system caches the file anyway, and eight services share a laptop.
            .pragma("cache_size", "-1024")
            // The WAL is truncated to this size after a checkpoint, else a large import would leave a large file for
            // good.
            .pragma("journal_size_limit", "16777216")
            // Optimising would write at shutdown, while the process is about to be killed.
            .optimize_on_close(false, None);
        let writer = Writer::open(&options).await.map_err(|error| named(path, &error))?;
        let namespace = path.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let name = DatabaseName { system: "sqlite", namespace: namespace.into(), server: None };
        let database = Self { writer, readers: Readers::new(options.pragma("query_only", "true")), name };
        database.migrate(migrations).await?;
        Ok(database)
    }

    /// Returns one of a few connections for reading. SQLite rejects a writing statement on it.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when none becomes free, or the file cannot be opened.
    pub async fn read(&self) -> Result<Read, StoreError> {
        self.readers.take(Operation::start(&self.name, "read")).await
    }

    /// Returns the connection for writing, for a single statement that needs no transaction.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the writer stays busy.
    pub async fn write(&self) -> Result<Write, StoreError> {
        self.writer.take(Operation::start(&self.name, "write")).await
    }

    /// Begins a write transaction. Only one is open at a time, so keep it short and make no calls to other services in
    /// it.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the writer stays busy.
    pub async fn begin(&self) -> Result<Write, StoreError> {
        let mut work = self.writer.take(Operation::start(&self.name, "transaction")).await?;
        work.begin().await?;
        Ok(work)
    }

    /// Flushes the write-ahead log into the file and closes all connections.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }

    async fn migrate(&self, migrations: &[Migration]) -> Result<(), StoreError> {
        // SQLite has transactional DDL, so the schema is migrated completely or not at all.
        let mut transaction = self.begin().await?;
        sqlx::query(
            "CREATE TABLE IF NOT EXISTS schema_migrations (version INTEGER PRIMARY KEY, name TEXT NOT NULL, \
             checksum TEXT NOT NULL)",
        )
        .execute(&mut *transaction)
        .await?;
        let applied: Vec<(i64, String)> =
            sqlx::query("SELECT version, checksum FROM schema_migrations ORDER BY version")
                .fetch_all(&mut *transaction)
                .await?
                .iter()
                .map(|row| (row.get(0), row.get(1)))
                .collect();
        for migration in migrations {
            if let Step::Missing { checksum } = migration.step(&applied)? {
                sqlx::raw_sql(migration.sql).execute(&mut *transaction).await?;
                sqlx::query("INSERT INTO schema_migrations (version, name, checksum) VALUES (?, ?, ?)")
                    .bind(migration.version)
                    .bind(migration.name)
                    .bind(checksum)
                    .execute(&mut *transaction)
                    .await?;
            }
        }
        transaction.commit().await
    }
}

#[async_trait]
impl Check for Database {
    async fn check(&self) -> Result<(), CheckError> {
        let mut connection = self.read().await.map_err(CheckError::new)?;
        sqlx::query("SELECT 1").execute(&mut *connection).await.map(|_| ()).map_err(CheckError::new)
    }

    /// One writer, and a few readers that are opened when they are needed.
    fn connections(&self) -> Option<Connections> {
        let writing = self.writer.is_used();
        let used = self.readers.used() + usize::from(writing);
        let idle = self.readers.idle() + usize::from(!writing);
        let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        Some(Connections { used: count(used), idle: count(idle), max: count(MAX_READERS + 1) })
    }
}

fn named(path: &Path, error: &sqlx::Error) -> StoreError {
    StoreError::Unavailable(format!("cannot open {}: {error}", path.display()))
}
