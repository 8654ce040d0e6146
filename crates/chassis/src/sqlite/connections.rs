//! The connections to one SQLite file: one that writes, a few that read.
//!
//! Not the library's pool: that tests a connection each time it is given back, which here costs as much as the query.

use super::BUSY;
use crate::store::{StoreError, sqlite_code};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Connection};
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{Mutex as AsyncMutex, OwnedMappedMutexGuard, OwnedMutexGuard, OwnedSemaphorePermit, Semaphore};

const READERS: usize = 3;

/// Between two attempts to open a file that others are opening.
const PAUSE: Duration = Duration::from_millis(10);

/// SQLite's result code for what is refused because of another connection.
const SQLITE_BUSY: i64 = 5;

fn closed() -> StoreError {
    StoreError::Unavailable("the database is closed".to_owned())
}

fn busy() -> StoreError {
    StoreError::Unavailable(format!("the database stayed busy for {} s", BUSY.as_secs()))
}

/// The one connection that writes.
#[derive(Clone)]
pub(super) struct Writer(Arc<AsyncMutex<Option<SqliteConnection>>>);

impl Writer {
    /// SQLite waits by itself while others write, save for one step: turning a new file to WAL mode while another
    /// process does the same. It is then refused at once, and tried again here.
    pub(super) async fn open(options: &SqliteConnectOptions) -> Result<Self, sqlx::Error> {
        let began = Instant::now();
        loop {
            match options.connect().await {
                Ok(connection) => return Ok(Self(Arc::new(AsyncMutex::new(Some(connection))))),
                Err(error) if sqlite_code(&error) == Some(SQLITE_BUSY) && began.elapsed() < BUSY => {
                    // Another process is what is waited for: it gives no sign.
                    tokio::time::sleep(PAUSE).await;
                }
                Err(error) => return Err(error),
            }
        }
    }

    pub(super) async fn take(&self) -> Result<Write, StoreError> {
        let held = tokio::time::timeout(BUSY, Arc::clone(&self.0).lock_owned()).await.map_err(|_| busy())?;
        let held = OwnedMutexGuard::try_map(held, Option::as_mut).map_err(|_| closed())?;
        Ok(Write { held: Some(held), open: false })
    }

    pub(super) async fn close(&self) {
        if let Some(connection) = self.0.lock().await.take() {
            connection.close().await.ok();
        }
    }
}

type Held = OwnedMappedMutexGuard<Option<SqliteConnection>, SqliteConnection>;

/// The connection that writes, held by one unit of work. Dropped before its commit, the work is rolled back.
pub struct Write {
    /// There until the drop.
    held: Option<Held>,
    open: bool,
}

impl Write {
    pub(super) async fn begin(&mut self) -> Result<(), StoreError> {
        self.open = true;
        sqlx::query("BEGIN IMMEDIATE").execute(&mut **self).await?;
        Ok(())
    }

    /// Makes the unit of work last.
    ///
    /// # Errors
    /// When the file cannot be written: then nothing of it has taken effect.
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
        self.held.as_deref().expect("the writer is held")
    }
}

impl DerefMut for Write {
    #[expect(clippy::expect_used, reason = "held from the beginning until the drop")]
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        self.held.as_deref_mut().expect("the writer is held")
    }
}

impl Drop for Write {
    fn drop(&mut self) {
        let Some(mut held) = self.held.take() else { return };
        if !self.open {
            return;
        }
        // Nobody else gets the connection before it is rolled back. Without a runtime the process is ending, and
        // closing the connection rolls back as well.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                // Refused when there is no transaction any more: a commit whose caller did not wait for its end.
                sqlx::query("ROLLBACK").execute(&mut *held).await.ok();
            });
        }
    }
}

/// The connections that read, opened when first needed.
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
        Self(Arc::new(Pool { options, permits: Arc::new(Semaphore::new(READERS)), idle: Mutex::default() }))
    }

    pub(super) async fn take(&self) -> Result<Read, StoreError> {
        let waiting = Arc::clone(&self.0.permits).acquire_owned();
        let permit = tokio::time::timeout(BUSY, waiting).await.map_err(|_| busy())?.map_err(|_| closed())?;
        let idle = self.0.idle().pop();
        let connection = match idle {
            Some(connection) => connection,
            None => self.0.options.connect().await?,
        };
        Ok(Read { connection: Some(connection), pool: Arc::clone(&self.0), _permit: permit })
    }

    pub(super) async fn close(&self) {
        self.0.permits.close();
        let idle = std::mem::take(&mut *self.0.idle());
        for connection in idle {
            connection.close().await.ok();
        }
    }
}

/// A connection that reads, given back when dropped.
pub struct Read {
    /// There until the drop.
    connection: Option<SqliteConnection>,
    pool: Arc<Pool>,
    _permit: OwnedSemaphorePermit,
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
            && !self.pool.permits.is_closed()
        {
            self.pool.idle().push(connection);
        }
    }
}
