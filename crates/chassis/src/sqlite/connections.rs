//! The connections to one SQLite file: one writer and a few readers.
//!
//! sqlx's pool is not used: it tests a connection each time it is returned, which here costs as much as the query.

use super::BUSY_TIMEOUT;
use crate::store::{StoreError, sqlite_code};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Connection};
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use telemetry::database::Operation;
use tokio::sync::{Mutex as AsyncMutex, OwnedMappedMutexGuard, OwnedMutexGuard, OwnedSemaphorePermit, Semaphore};

// More readers are not faster: SQLite reads at memory speed, and each connection has its own cache.
pub(super) const MAX_READERS: usize = 3;

/// The delay between two attempts to open a file that another process is opening.
const OPEN_RETRY_INTERVAL: Duration = Duration::from_millis(10);

/// SQLite's result code for a conflict with another connection.
const SQLITE_BUSY: i64 = 5;

fn closed() -> StoreError {
    StoreError::Unavailable("the database is closed".to_owned())
}

fn busy() -> StoreError {
    StoreError::Unavailable(format!("the database stayed busy for {} s", BUSY_TIMEOUT.as_secs()))
}

/// The only connection that writes.
#[derive(Clone)]
pub(super) struct Writer(Arc<AsyncMutex<Option<SqliteConnection>>>);

impl Writer {
    /// Opens the connection. SQLite waits for other writers by itself, except while it switches a new file to WAL mode
    /// and another process does the same. That fails at once, so it is retried here.
    pub(super) async fn open(options: &SqliteConnectOptions) -> Result<Self, sqlx::Error> {
        let began = Instant::now();
        loop {
            match options.connect().await {
                Ok(connection) => return Ok(Self(Arc::new(AsyncMutex::new(Some(connection))))),
                Err(error) if sqlite_code(&error) == Some(SQLITE_BUSY) && began.elapsed() < BUSY_TIMEOUT => {
                    // The other process sends no signal when it is done, so this polls.
                    tokio::time::sleep(OPEN_RETRY_INTERVAL).await;
                }
                Err(error) => return Err(error),
            }
        }
    }

    pub(super) async fn take(&self, operation: Operation) -> Result<Write, StoreError> {
        let connection =
            tokio::time::timeout(BUSY_TIMEOUT, Arc::clone(&self.0).lock_owned()).await.map_err(|_| busy())?;
        let connection = OwnedMutexGuard::try_map(connection, Option::as_mut).map_err(|_| closed())?;
        Ok(Write { connection: Some(connection), open: false, _operation: operation })
    }

    /// Returns true while a caller has the writer.
    pub(super) fn is_used(&self) -> bool {
        self.0.try_lock().is_err()
    }

    pub(super) async fn close(&self) {
        if let Some(connection) = self.0.lock().await.take() {
            connection.close().await.ok();
        }
    }
}

type WriterGuard = OwnedMappedMutexGuard<Option<SqliteConnection>, SqliteConnection>;

/// Exclusive use of the writer. A transaction that was begun is rolled back if this is dropped before its commit.
pub struct Write {
    /// `None` only while it is dropped.
    connection: Option<WriterGuard>,
    open: bool,
    _operation: Operation,
}

impl Write {
    pub(super) async fn begin(&mut self) -> Result<(), StoreError> {
        self.open = true;
        // IMMEDIATE takes the write lock at once. A deferred transaction that upgrades later can fail with SQLITE_BUSY
        // regardless of the busy timeout.
        sqlx::query("BEGIN IMMEDIATE").execute(&mut **self).await?;
        Ok(())
    }

    /// Commits the transaction.
    ///
    /// # Errors
    /// When the file cannot be written; then nothing has changed.
    pub async fn commit(mut self) -> Result<(), StoreError> {
        sqlx::query("COMMIT").execute(&mut *self).await?;
        self.open = false;
        Ok(())
    }
}

impl Deref for Write {
    type Target = SqliteConnection;

    #[expect(clippy::expect_used, reason = "held from the beginning until the drop")]
    fn deref(&self) -> &SqliteConnection {
        self.connection.as_deref().expect("the writer is held")
    }
}

impl DerefMut for Write {
    #[expect(clippy::expect_used, reason = "held from the beginning until the drop")]
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        self.connection.as_deref_mut().expect("the writer is held")
    }
}

impl Drop for Write {
    fn drop(&mut self) {
        let Some(mut connection) = self.connection.take() else { return };
        if !self.open {
            return;
        }
        // The task holds the connection until the rollback is done. Without a runtime the process is ending, and
        // closing the connection rolls back as well.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                // Fails if no transaction is open, because a commit completed although its caller was cancelled.
                sqlx::query("ROLLBACK").execute(&mut *connection).await.ok();
            });
        }
    }
}

/// The readers, which are opened when they are first needed.
#[derive(Clone)]
pub(super) struct Readers(Arc<Pool>);

struct Pool {
    options: SqliteConnectOptions,
    permits: Arc<Semaphore>,
    idle: Mutex<Vec<SqliteConnection>>,
}

impl Pool {
    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<SqliteConnection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Readers {
    pub(super) fn new(options: SqliteConnectOptions) -> Self {
        Self(Arc::new(Pool { options, permits: Arc::new(Semaphore::new(MAX_READERS)), idle: Mutex::default() }))
    }

    pub(super) async fn take(&self, operation: Operation) -> Result<Read, StoreError> {
        let waiting = Arc::clone(&self.0.permits).acquire_owned();
        let permit = tokio::time::timeout(BUSY_TIMEOUT, waiting).await.map_err(|_| busy())?.map_err(|_| closed())?;
        let idle = self.0.idle().pop();
        let connection = match idle {
            Some(connection) => connection,
            None => self.0.options.connect().await?,
        };
        Ok(Read { connection: Some(connection), pool: Arc::clone(&self.0), _permit: permit, _operation: operation })
    }

    /// The number of readers that are in use.
    pub(super) fn used(&self) -> usize {
        MAX_READERS - self.0.permits.available_permits()
    }

    /// The number of readers that are open and free.
    pub(super) fn idle(&self) -> usize {
        self.0.idle().len()
    }

    pub(super) async fn close(&self) {
        self.0.permits.close();
        let idle = std::mem::take(&mut *self.0.idle());
        for connection in idle {
            connection.close().await.ok();
        }
    }
}

/// A reader, returned to the pool when it is dropped.
pub struct Read {
    /// `None` only while it is dropped.
    connection: Option<SqliteConnection>,
    pool: Arc<Pool>,
    _permit: OwnedSemaphorePermit,
    _operation: Operation,
}

impl Deref for Read {
    type Target = SqliteConnection;

    #[expect(clippy::expect_used, reason = "there from the beginning until the drop")]
    fn deref(&self) -> &SqliteConnection {
        self.connection.as_ref().expect("a reader has its connection")
    }
}

impl DerefMut for Read {
    #[expect(clippy::expect_used, reason = "there from the beginning until the drop")]
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        self.connection.as_mut().expect("a reader has its connection")
    }
}

impl Drop for Read {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take()
            // After close() the connection is dropped instead, which closes it.
            && !self.pool.permits.is_closed()
        {
            self.pool.idle().push(connection);
        }
    }
}
