//! Answers kept for their keys in an SQLite file.

use super::{IdempotencyScope, IdempotentRequest, JsonResponse, PURGE_BATCH_SIZE, StoredResponse};
use crate::sqlite::{Database, Write, micros};
use crate::store::StoreError;
use jiff::Timestamp;
use sqlx::Row;

/// The table of stored responses.
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

/// The answer that was given under a key. Within the unit of work that would give another one, so that of two requests
/// with one key the second finds what the first answered.
///
/// # Errors
/// When the store refuses.
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

/// Keeps an answer within the unit of work of what it tells.
///
/// # Errors
/// When the store refuses.
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

/// Forgets the answers from before `before`; says how many.
///
/// # Errors
/// When the store refuses.
pub async fn purge(database: &Database, before: Timestamp) -> Result<u64, StoreError> {
    let mut all = 0;
    loop {
        let gone = sqlx::query(
            "DELETE FROM answers WHERE (owner, operation, request_key) IN (
                 SELECT owner, operation, request_key FROM answers WHERE created_at < ? ORDER BY created_at LIMIT ?)",
        )
        .bind(micros(before))
        .bind(i64::from(PURGE_BATCH_SIZE))
        // The writer is taken for each batch anew, so that requests can write in between.
        .execute(&mut *database.write().await?)
        .await?
        .rows_affected();
        all += gone;
        if gone < u64::from(PURGE_BATCH_SIZE) {
            return Ok(all);
        }
    }
}
