//! Stored responses in a MySQL database.

use super::{IdempotencyScope, IdempotentRequest, JsonResponse, PURGE_BATCH_SIZE, StoredResponse};
use crate::mysql::{Database, Write, micros};
use crate::store::{StoreError, is_duplicate};
use jiff::Timestamp;
use sqlx::Row;

/// The table of stored responses, one row per idempotency key.
// The collation is explicit, since servers have different defaults. With `utf8mb4_bin`, keys are case-sensitive.
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

/// Returns the response stored for a key. Call this in the transaction of the request, after the rows that it changes
/// are locked: then the second of two concurrent requests with one key about one object finds the response to the
/// first.
///
/// # Errors
/// When the database is unavailable or rejects the statement.
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

/// Stores a response in the transaction of the change that it reports. Returns [`StoreError::TransactionAborted`] if a
/// concurrent request about another object has just taken the key; the transaction then finds its response when it is
/// run again.
///
/// # Errors
/// When the database is unavailable or rejects the statement.
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
    // A concurrent request has inserted the key. Running the transaction again finds its response.
    match kept {
        Ok(_) => Ok(()),
        Err(error) if is_duplicate(&error) => Err(StoreError::TransactionAborted(error.to_string())),
        Err(error) => Err(error.into()),
    }
}

/// Deletes the responses stored before `before`, and returns their number.
///
/// # Errors
/// When the database is unavailable or rejects the statement.
pub async fn purge(database: &Database, before: Timestamp) -> Result<u64, StoreError> {
    let mut all = 0;
    loop {
        // There is no transaction around the loop, so each batch commits by itself and holds its row locks only
        // briefly.
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
