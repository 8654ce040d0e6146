//! Stored responses in an SQLite file.

use super::{IdempotencyScope, IdempotentRequest, JsonResponse, PURGE_BATCH_SIZE, StoredResponse};
use crate::sqlite::{Database, Write, micros};
use crate::store::StoreError;
use jiff::Timestamp;
use sqlx::Row;

/// The table of stored responses, one row per idempotency key.
pub const SCHEMA: &str = "
    CREATE TABLE answers (
        owner TEXT NOT NULL,
        operation TEXT NOT NULL,
        request_key TEXT NOT NULL,
        body_digest TEXT NOT NULL,
        status INTEGER NOT NULL,
        body BLOB NOT NULL,
        created_at INTEGER NOT NULL,
        PRIMARY KEY (owner, operation, request_key)
    ) WITHOUT ROWID;
    CREATE INDEX answers_by_age ON answers (created_at);";

/// Returns the response stored for a key. Call this in the write transaction of the request: then the second of two
/// concurrent requests with one key finds the response to the first.
///
/// # Errors
/// When the file cannot be read or written, or the writer stays busy.
pub async fn find(work: &mut Write, scope: &IdempotencyScope) -> Result<Option<StoredResponse>, StoreError> {
    let row = sqlx::query(
        "SELECT body_digest, status, body FROM answers WHERE owner = ? AND operation = ? AND request_key = ?",
    )
    .bind(&scope.owner)
    .bind(scope.operation)
    .bind(&scope.key)
    .fetch_optional(&mut **work)
    .await?;
    Ok(row.map(|row| StoredResponse {
        body_digest: row.get("body_digest"),
        answer: JsonResponse { status: row.get("status"), body: row.get("body") },
    }))
}

/// Stores a response in the transaction of the change that it reports.
///
/// # Errors
/// When the file cannot be read or written, or the writer stays busy.
pub async fn keep(
    work: &mut Write,
    key: &IdempotentRequest,
    answer: &JsonResponse,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO answers (owner, operation, request_key, body_digest, status, body, created_at)
         VALUES (?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(&key.scope.owner)
    .bind(key.scope.operation)
    .bind(&key.scope.key)
    .bind(&key.body_digest)
    .bind(answer.status)
    .bind(&answer.body)
    .bind(micros(now))
    .execute(&mut **work)
    .await?;
    Ok(())
}

/// Deletes the responses stored before `before`, and returns their number.
///
/// # Errors
/// When the file cannot be read or written, or the writer stays busy.
pub async fn purge(database: &Database, before: Timestamp) -> Result<u64, StoreError> {
    let mut all = 0;
    loop {
        let gone = sqlx::query(
            "DELETE FROM answers WHERE (owner, operation, request_key) IN (
                 SELECT owner, operation, request_key FROM answers WHERE created_at < ? ORDER BY created_at LIMIT ?)",
        )
        .bind(micros(before))
        .bind(i64::from(PURGE_BATCH_SIZE))
        // Each batch acquires the writer again, so that requests can write in between.
        .execute(&mut *database.write().await?)
        .await?
        .rows_affected();
        all += gone;
        if gone < u64::from(PURGE_BATCH_SIZE) {
            return Ok(all);
        }
    }
}
