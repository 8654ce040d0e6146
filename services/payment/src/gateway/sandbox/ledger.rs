//! The sandbox's own books, in a file of their own: what a real gateway would know.

use crate::attempt::AttemptKind;
use chassis::StoreError;
use chassis::sqlite::{Database, Durability, Migration, micros, parse};
use contracts::Money;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;
use std::path::Path;

const MIGRATIONS: &[Migration] = &[Migration {
    version: 1,
    name: "sessions and operations",
    sql: "CREATE TABLE sessions (id TEXT PRIMARY KEY, holder TEXT NOT NULL, last_four TEXT NOT NULL, created_at INTEGER NOT NULL) WITHOUT ROWID;
          CREATE TABLE operations (
              reference TEXT PRIMARY KEY,
              kind TEXT NOT NULL,
              target TEXT,
              amount INTEGER NOT NULL,
              currency TEXT NOT NULL,
              state TEXT NOT NULL,
              code TEXT,
              return_path TEXT NOT NULL,
              at INTEGER NOT NULL
          ) WITHOUT ROWID;
          CREATE INDEX operations_by_target ON operations (target);",
}];

/// Where an operation of the sandbox stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OperationState {
    /// Done.
    Done,
    /// Waits for the customer.
    Challenged,
    /// Refused.
    Refused,
}

/// An operation of the sandbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// The merchant's reference, which is its id as well.
    pub reference: String,
    /// What it is.
    pub kind: AttemptKind,
    /// The operation it is about.
    pub target: Option<String>,
    /// How much.
    pub amount: Money,
    /// Where it stands.
    pub state: OperationState,
    /// Why it was refused.
    pub code: Option<String>,
    /// Where a customer goes back to.
    pub return_path: String,
}

/// The sandbox's books.
#[derive(Clone)]
pub struct SandboxLedger(Database);

fn operation_of(row: &SqliteRow) -> Result<Operation, StoreError> {
    let named = |column: &str| serde_json::Value::String(row.get(column));
    Ok(Operation {
        reference: row.get("reference"),
        kind: serde_json::from_value(named("kind"))?,
        target: row.get("target"),
        amount: Money { amount: row.get("amount"), currency: parse(row.get("currency"))? },
        state: serde_json::from_value(named("state"))?,
        code: row.get("code"),
        return_path: row.get("return_path"),
    })
}

fn name(value: impl Serialize) -> Result<String, StoreError> {
    Ok(serde_json::to_value(value)?.as_str().unwrap_or_default().to_owned())
}

impl SandboxLedger {
    /// The steps of its schema, in order.
    pub const MIGRATIONS: &'static [Migration] = MIGRATIONS;

    /// Opens the file.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        Ok(Self(Database::open(path, Durability::PowerLoss, MIGRATIONS).await?))
    }

    /// Keeps a session.
    ///
    /// # Errors
    /// When the file does not answer.
    pub async fn keep_session(
        &self,
        id: &str,
        holder: &str,
        last_four: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut work = self.0.begin().await?;
        sqlx::query("INSERT INTO sessions (id, holder, last_four, created_at) VALUES (?, ?, ?, ?)")
            .bind(id)
            .bind(holder)
            .bind(last_four)
            .bind(micros(now))
            .execute(&mut *work)
            .await?;
        work.commit().await
    }

    /// The name on the card of a session.
    ///
    /// # Errors
    /// When the file does not answer.
    pub async fn holder(&self, session: &str) -> Result<Option<String>, StoreError> {
        Ok(sqlx::query_scalar("SELECT holder FROM sessions WHERE id = ?")
            .bind(session)
            .fetch_optional(&mut *self.0.read().await?)
            .await?)
    }

    /// Keeps an operation, unless one of this reference is there; answers the one that is.
    ///
    /// # Errors
    /// When the file does not answer.
    pub async fn keep(&self, operation: &Operation, now: Timestamp) -> Result<Operation, StoreError> {
        let mut work = self.0.begin().await?;
        sqlx::query(
            "INSERT INTO operations (reference, kind, target, amount, currency, state, code, return_path, at)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (reference) DO NOTHING",
        )
        .bind(&operation.reference)
        .bind(name(operation.kind)?)
        .bind(&operation.target)
        .bind(operation.amount.amount)
        .bind(operation.amount.currency.code())
        .bind(name(operation.state)?)
        .bind(&operation.code)
        .bind(&operation.return_path)
        .bind(micros(now))
        .execute(&mut *work)
        .await?;
        let row = sqlx::query("SELECT * FROM operations WHERE reference = ?")
            .bind(&operation.reference)
            .fetch_one(&mut *work)
            .await?;
        let kept = operation_of(&row)?;
        work.commit().await?;
        Ok(kept)
    }

    /// Decides about a challenged operation; once.
    ///
    /// # Errors
    /// When the file does not answer.
    pub async fn decide(&self, reference: &str, approved: bool) -> Result<Option<Operation>, StoreError> {
        let (state, code) =
            if approved { (OperationState::Done, None) } else { (OperationState::Refused, Some("challenge-denied")) };
        let mut work = self.0.begin().await?;
        sqlx::query("UPDATE operations SET state = ?, code = ? WHERE reference = ? AND state = 'challenged'")
            .bind(name(state)?)
            .bind(code)
            .bind(reference)
            .execute(&mut *work)
            .await?;
        work.commit().await?;
        self.find(reference).await
    }

    /// The operation with this reference.
    ///
    /// # Errors
    /// When the file does not answer.
    pub async fn find(&self, reference: &str) -> Result<Option<Operation>, StoreError> {
        let row = sqlx::query("SELECT * FROM operations WHERE reference = ?")
            .bind(reference)
            .fetch_optional(&mut *self.0.read().await?)
            .await?;
        row.as_ref().map(operation_of).transpose()
    }

    /// The operations that are about `target` and done.
    ///
    /// # Errors
    /// When the file does not answer.
    pub async fn about(&self, target: &str) -> Result<Vec<Operation>, StoreError> {
        let rows = sqlx::query("SELECT * FROM operations WHERE target = ? AND state = 'done' LIMIT 1000")
            .bind(target)
            .fetch_all(&mut *self.0.read().await?)
            .await?;
        rows.iter().map(operation_of).collect()
    }

    /// All operations after `after` in the order of references, for comparing both sides' books.
    ///
    /// # Errors
    /// When the file does not answer.
    pub async fn after(&self, after: &str, limit: usize) -> Result<Vec<Operation>, StoreError> {
        let rows = sqlx::query("SELECT * FROM operations WHERE reference > ? ORDER BY reference LIMIT ?")
            .bind(after)
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .fetch_all(&mut *self.0.read().await?)
            .await?;
        rows.iter().map(operation_of).collect()
    }
}
