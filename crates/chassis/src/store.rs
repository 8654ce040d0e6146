//! What a store answers when it cannot do what it was asked.

use crate::problem::{self, Problem};
use sqlx::mysql::MySqlDatabaseError;
use std::hash::{BuildHasher, RandomState};
use std::time::Duration;
use tokio::time::Instant;

/// Why a unit of work on a store did not happen.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database is away or too busy; a later try may work. Nothing was changed, unless the answer to the commit
    /// itself was lost: so whoever tries again does so under the same key or version.
    #[error("store unavailable: {0}")]
    Unavailable(String),
    /// The database gave this unit of work up in favour of another; nothing was changed, and trying again at once is
    /// right. See [`retried`].
    #[error("interrupted by another writer: {0}")]
    TransactionAborted(String),
    /// The row has another version than the caller read; nothing was changed.
    #[error("lost a race with another writer")]
    Conflict,
    /// The store holds something that cannot be read back, or a statement is wrong: a fault of ours.
    #[error("store fault: {0}")]
    Fault(String),
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(cause) | StoreError::TransactionAborted(cause) => {
                tracing::warn!(%cause, "store unavailable");
                problem::UNAVAILABLE.detail("A database is away or too busy. Try again shortly.")
            }
            StoreError::Conflict => {
                problem::CONFLICT.detail("Somebody else changed this at the same moment. Try again.")
            }
            StoreError::Fault(cause) => Problem::internal(cause),
        }
    }
}

impl From<serde_json::Error> for StoreError {
    fn from(error: serde_json::Error) -> Self {
        Self::Fault(format!("a stored document cannot be read or written: {error}"))
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Io(_) | sqlx::Error::Tls(_) => {
                Self::Unavailable(error.to_string())
            }
            sqlx::Error::Database(database) if database.try_downcast_ref::<MySqlDatabaseError>().is_some() => {
                match database.downcast_ref::<MySqlDatabaseError>().number() {
                    // A deadlock, and a lock that was waited for in vain: another unit of work came first.
                    1205 | 1213 => Self::TransactionAborted(error.to_string()),
                    // Too many connections, shutting down, read-only, killed, disk full, not yet open; in MySQL also
                    // offline, and a connection that was silent for too long.
                    1021 | 1040 | 1053 | 1114 | 1203 | 1226 | 1290 | 1317 | 1836 | 1927 | 3032 | 3168 | 4031 => {
                        Self::Unavailable(error.to_string())
                    }
                    _ => Self::Fault(error.to_string()),
                }
            }
            // 5 busy, 6 locked, 10 I/O, 13 full: the statement is right, the moment is not.
            sqlx::Error::Database(_) => match sqlite_code(&error) {
                Some(5 | 6 | 10 | 13) => Self::Unavailable(error.to_string()),
                _ => Self::Fault(error.to_string()),
            },
            _ => Self::Fault(error.to_string()),
        }
    }
}

/// The primary result code of an error of SQLite's. <https://sqlite.org/rescode.html>
pub(crate) fn sqlite_code(error: &sqlx::Error) -> Option<i64> {
    let code: i64 = error.as_database_error()?.code()?.parse().ok()?;
    Some(code & 0xff)
}

/// Whether `error` says that a unique key is taken.
pub fn is_duplicate(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Database(database) if database.is_unique_violation())
}

/// How often a unit of work is begun at least, and how long it is tried at most after that, before its caller is told
/// that the database is too busy.
const ATTEMPTS: u32 = 5;
const PATIENCE: Duration = Duration::from_secs(5);
/// The longest pause between two attempts.
const LONGEST_PAUSE: Duration = Duration::from_millis(100);

/// Runs a unit of work, and runs all of it again while the database gives it up in favour of others. MongoDB does so at
/// once instead of letting it wait, so there are growing pauses in between, in which the others come to their end.
///
/// # Errors
/// That of the last attempt.
pub async fn retry_transaction<T, F>(mut attempt: impl FnMut() -> F) -> Result<T, StoreError>
where
    F: Future<Output = Result<T, StoreError>>,
{
    let began = Instant::now();
    let mut attempts = 1;
    loop {
        match attempt().await {
            Err(StoreError::TransactionAborted(cause)) if attempts < ATTEMPTS || began.elapsed() < PATIENCE => {
                tracing::debug!(cause, "a unit of work is run again");
            }
            other => return other,
        }
        tokio::time::sleep(pause(attempts)).await;
        attempts += 1;
    }
}

/// Between half and all of a span that doubles with each attempt, so that those who met do not meet again.
fn pause(attempts: u32) -> Duration {
    let most = LONGEST_PAUSE.min(Duration::from_millis(1 << attempts.min(16)));
    let chance = u32::try_from(RandomState::new().hash_one(attempts) % 100).unwrap_or(0);
    most / 2 + most * chance / 200
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_tenth_of_a_second_and_differ() {
        for attempts in [1, 3, 6, 10, 40, u32::MAX] {
            let most = u128::from(100.min(1_u64 << attempts.min(16))) * 1000;
            let taken: Vec<u128> = (0..100).map(|_| pause(attempts).as_micros()).collect();
            assert!(taken.iter().all(|one| (most / 2..=most).contains(one)), "{taken:?}");
            assert!(taken.iter().any(|one| *one != taken[0]));
        }
    }
}
