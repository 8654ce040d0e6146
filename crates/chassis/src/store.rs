//! What a store answers when it cannot do what it was asked.

use crate::problem::{self, Problem};

/// Why a unit of work on a store did not happen.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database is away or too busy; nothing was changed, a later try may work.
    #[error("store unavailable: {0}")]
    Unavailable(String),
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
            StoreError::Unavailable(cause) => {
                tracing::warn!(%cause, "store unavailable");
                problem::UNAVAILABLE.detail("A database is away or too busy. Nothing was changed; try again shortly.")
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
            sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Io(_) => {
                Self::Unavailable(error.to_string())
            }
            // 5 busy, 6 locked, 10 I/O, 13 full: the statement is right, the moment is not.
            sqlx::Error::Database(database) => match database.code().and_then(|code| code.parse::<i64>().ok()) {
                Some(code) if matches!(code & 0xff, 5 | 6 | 10 | 13) => Self::Unavailable(error.to_string()),
                _ => Self::Fault(error.to_string()),
            },
            _ => Self::Fault(error.to_string()),
        }
    }
}

/// Whether `error` says that a unique key is taken.
pub fn is_duplicate(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Database(database) if database.is_unique_violation())
}
