//! Answers kept for their keys in a MySQL database.

use super::{IdempotencyScope, IdempotentRequest, JsonResponse, PURGE_BATCH_SIZE, StoredResponse};
use crate::mysql::{Database, Write, micros};
use crate::store::{StoreError, is_duplicate};
use jiff::Timestamp;
use sqlx::Row;

/// The table of stored responses.
// The collation is named, since servers have different defaults. With utf8mb4_bin keys that differ in case differ.
pub const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS answers (
        owner VARCHAR(100) NOT NULL,
        operation VARCHAR(40) NOT NULL,
        request_key VARCHAR(128) NOT NULL,
        body_digest CHAR(64) NOT NULL,
        status SMALLINT UNSIGNED NOT NULL,
        body LONGBLOB NOT NULL,
        created_at BIGINT NOT NULL,
        PRIMARY KEY (owner, operation, request_key),
        KEY answers_by_age (created_at)
    ) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;";

/// The answer that was given under a key. Within the unit of work that would give another one, after what it changes is
/// locked, so that of two requests with one key about one thing the second finds what the first answered.
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

/// Keeps an answer within the unit of work of what it tells. When a request about something else has just taken the key,
/// this one is [`StoreError::Interrupted`]: run again, it finds the other's answer.
///
/// # Errors
/// When the store refuses.
pub async fn keep(
    work: &mut Write,
    key: &IdempotentRequest,
    answer: &JsonResponse,
    now: Timestamp,
) -> Result<(), StoreError> {
    let kept = sqlx::query(
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
    .await;
    // The key was inserted by a concurrent request. Running the transaction again finds its response.
    match kept {
        Ok(_) => Ok(()),
        Err(error) if is_duplicate(&error) => Err(StoreError::TransactionAborted(error.to_string())),
        Err(error) => Err(error.into()),
    }
}

/// Forgets the answers from before `before`; says how many.
///
/// # Errors
/// When the store refuses.
pub async fn purge(database: &Database, before: Timestamp) -> Result<u64, StoreError> {
    let mut all = 0;
    loop {
        // Without a transaction around the loop each batch commits by itself and holds its row locks for a moment only.
        let gone = sqlx::query("DELETE FROM answers WHERE created_at < ? ORDER BY created_at LIMIT ?")
            .bind(micros(before))
            .bind(PURGE_BATCH_SIZE)
            .execute(database.pool())
            .await?
            .rows_affected();
        all += gone;
        if gone < u64::from(PURGE_BATCH_SIZE) {
            return Ok(all);
        }
    }
}
