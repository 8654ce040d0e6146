//! Answers kept for their keys.

use super::document::{bounded, encode, micros};
use super::work::Work;
use chassis::StoreError;
use chassis::idempotency::{JsonResponse, StoredResponse, IdempotencyScope, IdempotentRequest};
use chassis::mongo::Database;
use futures::TryStreamExt;
use jiff::Timestamp;
use mongodb::bson::{Bson, Document, doc};
use serde::{Deserialize, Serialize};

/// The collection of answers.
pub const ANSWERS: &str = "answers";
/// How many answers are forgotten in one statement.
const FORGOTTEN_AT_ONCE: usize = 1000;

/// An answer as a document.
#[derive(Serialize, Deserialize)]
pub struct AnswerDocument {
    owner: String,
    operation: String,
    request_key: String,
    body_digest: String,
    status: i64,
    /// JSON.
    body: String,
    created_at: i64,
}

/// The answer that was given under a key. Of two units of work that would both give the first, one is run again and
/// finds what the other answered.
pub async fn find(work: &mut Work, scope: &IdempotencyScope) -> Result<Option<StoredResponse>, StoreError> {
    let asked = doc! { "owner": &scope.owner, "operation": scope.operation, "request_key": &scope.key };
    let found: Option<AnswerDocument> = work.one(ANSWERS, asked).await?;
    Ok(found.map(|AnswerDocument { body_digest, status, body, .. }| {
        let answer = JsonResponse { status: u16::try_from(status).unwrap_or(500), body: body.into_bytes() };
        StoredResponse { body_digest, answer }
    }))
}

/// Keeps an answer within the unit of work of what it tells.
pub async fn keep(work: &mut Work, request: &IdempotentRequest, answer: &JsonResponse, now: Timestamp) -> Result<(), StoreError> {
    let kept = AnswerDocument {
        owner: request.scope.owner.clone(),
        operation: request.scope.operation.to_owned(),
        request_key: request.scope.key.clone(),
        body_digest: request.body_digest.clone(),
        status: i64::from(answer.status),
        body: String::from_utf8(answer.body.clone()).map_err(|error| StoreError::Fault(error.to_string()))?,
        created_at: micros(now),
    };
    work.insert(ANSWERS, vec![encode(&kept)?]).await
}

/// Forgets the answers from before `before`; says how many.
pub async fn forget(database: &Database, before: Timestamp) -> Result<u64, StoreError> {
    let answers = database.collection::<Document>(ANSWERS);
    let mut all = 0;
    loop {
        let old = answers.find(doc! { "created_at": { "$lt": micros(before) } }).sort(doc! { "created_at": 1 });
        let old = old.limit(bounded(FORGOTTEN_AT_ONCE)).projection(doc! { "_id": 1 });
        let old: Vec<Document> = old.await?.try_collect().await?;
        let ids: Vec<&Bson> = old.iter().filter_map(|document| document.get("_id")).collect();
        if !ids.is_empty() {
            all += answers.delete_many(doc! { "_id": { "$in": ids } }).await?.deleted_count;
        }
        if old.len() < FORGOTTEN_AT_ONCE {
            return Ok(all);
        }
    }
}
