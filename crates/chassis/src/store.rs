//! Errors of stores, and the retry of aborted transactions.

use crate::problem::{self, Problem};
use sqlx::mysql::MySqlDatabaseError;
use std::hash::{BuildHasher, RandomState};
use std::time::Duration;
use tokio::time::Instant;

/// The reason why a store operation failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database is unavailable or too busy; a retry may succeed. Nothing was changed, unless the response to the
    /// commit itself was lost, so a retry must use the same key or version.
    #[error("store unavailable: {0}")]
    Unavailable(String),
    /// The database aborted this transaction because of a conflict with another. Nothing was changed, and it can be run
    /// again at once; see [`retry_transaction`].
    #[error("transaction aborted by a conflict: {0}")]
    TransactionAborted(String),
    /// The row has another version than the caller read. Nothing was changed.
    #[error("the row was changed by another writer")]
    Conflict,
    /// A stored value cannot be read, or a statement is invalid. This is a bug.
    #[error("store fault: {0}")]
    Fault(String),
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(cause) | StoreError::TransactionAborted(cause) => {
                tracing::warn!(error = %cause, "store unavailable");
                problem::UNAVAILABLE.detail("The service is temporarily unavailable. Try again shortly.")
            }
            StoreError::Conflict => {
                problem::CONFLICT.detail("This was changed at the same time by another request. Try again.")
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
                    // Another transaction won: a deadlock (1213), a lock wait timeout (1205), or in MariaDB 11.8 and
                    // later a row that has changed since it was read (1020).
                    1020 | 1205 | 1213 => Self::TransactionAborted(error.to_string()),
                    // Disk or table full (1021, 1114), too many connections (1040, 1203, 1226), shutdown (1053),
                    // read-only (1290, 1836), query or connection killed (1317, 1927); in MySQL also offline mode
                    // (3032), not available yet (3168) and idle for too long (4031).
                    1021 | 1040 | 1053 | 1114 | 1203 | 1226 | 1290 | 1317 | 1836 | 1927 | 3032 | 3168 | 4031 => {
                        Self::Unavailable(error.to_string())
                    }
                    _ => Self::Fault(error.to_string()),
                }
            }
            // Busy (5), locked (6), I/O error (10) and disk full (13) are temporary; the statement itself is valid.
            sqlx::Error::Database(_) => match sqlite_code(&error) {
                Some(5 | 6 | 10 | 13) => Self::Unavailable(error.to_string()),
                _ => Self::Fault(error.to_string()),
            },
            _ => Self::Fault(error.to_string()),
        }
    }
}

/// Returns the primary result code of an SQLite error, see <https://sqlite.org/rescode.html>.
pub(crate) fn sqlite_code(error: &sqlx::Error) -> Option<i64> {
    let code: i64 = error.as_database_error()?.code()?.parse().ok()?;
    // The upper bits belong to extended codes: 261, SQLITE_BUSY_RECOVERY, is 5 in the low byte.
    Some(code & 0xff)
}

/// Returns true if `error` reports a duplicate key.
pub fn is_duplicate(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Database(database) if database.is_unique_violation())
}

/// The number of attempts that a transaction gets even after [`RETRY_TIMEOUT`]. Within that time there is no limit.
const MIN_ATTEMPTS: u32 = 5;
const RETRY_TIMEOUT: Duration = Duration::from_secs(5);
/// The maximum delay between two attempts.
const MAX_PAUSE: Duration = Duration::from_millis(100);

/// Runs a transaction, and runs all of it again while the database aborts it. MongoDB aborts at once instead of waiting
/// for a lock, so the growing delays let the other transactions finish.
///
/// # Errors
/// The error of the last attempt.
pub async fn retry_transaction<T, F>(mut attempt: impl FnMut() -> F) -> Result<T, StoreError>
where
    F: Future<Output = Result<T, StoreError>>,
{
    // Both limits must be exceeded: a slow transaction still gets its attempts, and a fast one its time.
    let began = Instant::now();
    let mut attempts = 1;
    loop {
        match attempt().await {
            Err(StoreError::TransactionAborted(cause))
                if attempts < MIN_ATTEMPTS || began.elapsed() < RETRY_TIMEOUT =>
            {
                tracing::debug!(error = cause, "retrying an aborted transaction");
            }
            other => return other,
        }
        tokio::time::sleep(pause(attempts)).await;
        attempts += 1;
    }
}

/// Returns the delay before the next attempt: a random value between 50 % and 100 % of a span that doubles with each
/// attempt, so that conflicting transactions do not collide again.
fn pause(attempts: u32) -> Duration {
    // The exponent is bounded, because a shift by 64 bits or more overflows.
    let max = MAX_PAUSE.min(Duration::from_millis(1 << attempts.min(16)));
    // The value is not security-relevant, so std's randomly seeded hasher suffices and no SystemContext is needed.
    let percent = u32::try_from(RandomState::new().hash_one(attempts) % 100).unwrap_or(0);
    max / 2 + max * percent / 200
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_pauses_grow_to_100_ms_and_vary() {
        for attempts in [1, 3, 6, 10, 40, u32::MAX] {
            let max = u128::from(100.min(1_u64 << attempts.min(16))) * 1000;
            let taken: Vec<u128> = (0..100).map(|_| pause(attempts).as_micros()).collect();
            assert!(taken.iter().all(|one| (max / 2..=max).contains(one)), "{taken:?}");
            assert!(taken.iter().any(|one| *one != taken[0]));
        }
    }
}
