//! Responses stored under idempotency keys.

use super::codec::encode;
use super::schema::RESPONSES;
use super::transaction::Transaction;
use crate::store::codec::row_limit;
use chassis::StoreError;
use chassis::idempotency::{IdempotencyScope, IdempotentRequest, JsonResponse, StoredResponse};
use chassis::mongo::{Database, micros};
use futures::TryStreamExt;
use jiff::Timestamp;
use mongodb::bson::{Bson, Document, doc};
use serde::{Deserialize, Serialize};

/// The number of responses that one statement deletes.
const PURGE_BATCH_SIZE: usize = 1000;

/// A response as a document.
#[derive(Serialize, Deserialize)]
pub struct ResponseDocument {
    owner: String,
    operation: String,
    request_key: String,
    body_digest: String,
    status: i64,
    /// The JSON text of the response.
    body: String,
    created_at: i64,
}

/// Finds the response stored under a key.
///
/// If two transactions both store the first response of a key, the unique index aborts one of them; its retry finds the
/// response of the other one here.
pub async fn find(
    transaction: &mut Transaction,
    scope: &IdempotencyScope,
) -> Result<Option<StoredResponse>, StoreError> {
    let filter = doc! { "owner": &scope.owner, "operation": scope.operation, "request_key": &scope.key };
    let found: Option<ResponseDocument> = transaction.one(RESPONSES, filter).await?;
    Ok(found.map(|ResponseDocument { body_digest, status, body, .. }| {
        // The status was written by this service, so the fallback is never used in practice.
        let answer = JsonResponse { status: u16::try_from(status).unwrap_or(500), body: body.into_bytes() };
        StoredResponse { body_digest, answer }
    }))
}

/// Stores a response in the transaction of its effect.
pub async fn store(
    transaction: &mut Transaction,
    request: &IdempotentRequest,
    response: &JsonResponse,
    now: Timestamp,
) -> Result<(), StoreError> {
    let document = ResponseDocument {
        owner: request.scope.owner.clone(),
        operation: request.scope.operation.to_owned(),
        request_key: request.scope.key.clone(),
        body_digest: request.body_digest.clone(),
        status: i64::from(response.status),
        body: String::from_utf8(response.body.clone()).map_err(|error| StoreError::Fault(error.to_string()))?,
        created_at: micros(now),
    };
    transaction.insert(RESPONSES, vec![encode(&document)?]).await
}

/// Deletes responses stored before `before` and returns their number.
pub async fn purge(database: &Database, before: Timestamp) -> Result<u64, StoreError> {
    let responses = database.collection::<Document>(RESPONSES);
    let mut purged = 0;
    // In batches, so that no statement keeps the server busy for long.
    loop {
        let old = responses.find(doc! { "created_at": { "$lt": micros(before) } }).sort(doc! { "created_at": 1 });
        let old = old.limit(row_limit(PURGE_BATCH_SIZE)).projection(doc! { "_id": 1 });
        let old: Vec<Document> = old.await?.try_collect().await?;
        let ids: Vec<&Bson> = old.iter().filter_map(|document| document.get("_id")).collect();
        if !ids.is_empty() {
            purged += responses.delete_many(doc! { "_id": { "$in": ids } }).await?.deleted_count;
        }
        if old.len() < PURGE_BATCH_SIZE {
            return Ok(purged);
        }
    }
}
