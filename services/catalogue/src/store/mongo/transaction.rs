//! Transactions on several documents.
//!
//! A transaction reads from one snapshot. If two transactions *write* the same document, the later one is aborted and
//! retried. Reads are not checked (write skew), so every document that a decision depends on must also be written, or be
//! guarded by a document that is written.

use super::codec::decode;
use super::collections::COUNTERS;
use crate::stock::StockEvent;
use crate::store::codec::row_limit;
use chassis::StoreError;
use chassis::mongo::{Database, commit, is_duplicate};
use futures::TryStreamExt;
use mongodb::ClientSession;
use mongodb::bson::{Bson, Document, doc};
use mongodb::options::ReturnDocument;
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// The maximum number of values in the filter of a query, far below the command limit of 16 MB.
pub const MAX_FILTER_VALUES: usize = 10_000;
/// A command may have 16 MB besides one document of up to 16 MB.
const MAX_COMMAND_BYTES: usize = 8 << 20;

/// The update of one document.
pub struct Update {
    /// Selects the document to update.
    pub filter: Document,
    /// Contains update operators, or the document that replaces it.
    pub change: Document,
    /// Inserts the document if none matches.
    pub upsert: bool,
}

/// A transaction that is aborted when dropped before its commit.
pub struct Transaction {
    database: Database,
    session: ClientSession,
    /// The events to publish with the commit.
    pub events: Vec<StockEvent>,
}

impl Transaction {
    pub async fn begin(database: &Database) -> Result<Self, StoreError> {
        Ok(Self { session: database.begin().await?, database: database.clone(), events: Vec::new() })
    }

    /// Commits the transaction. A read-only one is committed too: only then is its snapshot known to be durable.
    pub async fn commit(self) -> Result<(), StoreError> {
        commit(self.session).await
    }

    /// Returns the session, for writes of other components in the same transaction.
    pub fn session(&mut self) -> &mut ClientSession {
        &mut self.session
    }

    /// Returns all documents that match.
    pub async fn all<T: DeserializeOwned>(&mut self, collection: &str, filter: Document) -> Result<Vec<T>, StoreError> {
        self.project(collection, filter, Document::new()).await
    }

    /// Returns these fields and the id of all documents that match.
    pub async fn project<T: DeserializeOwned>(
        &mut self,
        collection: &str,
        filter: Document,
        fields: Document,
    ) -> Result<Vec<T>, StoreError> {
        let collection = self.database.collection::<Document>(collection);
        let mut found = collection.find(filter).projection(fields).session(&mut self.session).await?;
        let documents: Vec<Document> = found.stream(&mut self.session).try_collect().await?;
        documents.into_iter().map(decode).collect()
    }

    /// Returns the ids of at most `limit` documents that match, sorted by `keys`.
    pub async fn ids<T: DeserializeOwned>(
        &mut self,
        collection: &str,
        filter: Document,
        keys: Document,
        limit: usize,
    ) -> Result<Vec<T>, StoreError> {
        let collection = self.database.collection::<Document>(collection);
        let find = collection.find(filter).sort(keys).limit(row_limit(limit)).projection(doc! { "_id": 1 });
        let mut found = find.session(&mut self.session).await?;
        let documents: Vec<Document> = found.stream(&mut self.session).try_collect().await?;
        documents.into_iter().map(decode).collect()
    }

    /// Returns the document that matches.
    pub async fn one<T: DeserializeOwned>(
        &mut self,
        collection: &str,
        filter: Document,
    ) -> Result<Option<T>, StoreError> {
        let collection = self.database.collection::<Document>(collection);
        collection.find_one(filter).session(&mut self.session).await?.map(decode).transpose()
    }

    /// Inserts documents into a collection.
    pub async fn insert(&mut self, collection: &str, documents: Vec<Document>) -> Result<(), StoreError> {
        if documents.is_empty() {
            return Ok(());
        }
        let collection = self.database.collection::<Document>(collection);
        collection.insert_many(documents).session(&mut self.session).await.map_err(|error| insert_error(&error))?;
        Ok(())
    }

    /// Updates documents in the given order and returns the number of matches.
    pub async fn update(&mut self, collection: &str, updates: Vec<Update>) -> Result<u64, StoreError> {
        let mut changed = 0;
        // The raw command applies many updates in one round trip; the driver's methods apply one each.
        for updates in command_batches(updates)? {
            let command = doc! { "update": collection, "updates": updates, "ordered": true };
            let response = self.database.inner().run_command(command).session(&mut self.session).await?;
            let response: UpdateResponse = decode(response)?;
            if let Some(failure) = response.write_errors.into_iter().next() {
                return Err(match failure.code {
                    // An upsert that lost a race against another transaction; the retry will find its document.
                    DUPLICATE_KEY => StoreError::TransactionAborted(failure.errmsg),
                    _ => StoreError::Fault(failure.errmsg),
                });
            }
            changed += u64::try_from(response.n).unwrap_or(0);
        }
        Ok(changed)
    }

    /// Deletes the documents that match and returns their number.
    pub async fn delete(&mut self, collection: &str, filter: Document) -> Result<u64, StoreError> {
        let collection = self.database.collection::<Document>(collection);
        Ok(collection.delete_many(filter).session(&mut self.session).await?.deleted_count)
    }

    /// Takes the next `count` numbers of a sequence and returns the number before them.
    ///
    /// Concurrent transactions conflict on the counter, so numbers become visible in ascending order.
    pub async fn next_sequence(&mut self, counter: &str, count: usize) -> Result<i64, StoreError> {
        let count = i64::try_from(count).map_err(|error| StoreError::Fault(error.to_string()))?;
        let counters = self.database.collection::<Document>(COUNTERS);
        let before = counters
            .find_one_and_update(doc! { "_id": counter }, doc! { "$inc": { "last": count } })
            .return_document(ReturnDocument::Before)
            .session(&mut self.session)
            .await?
            .ok_or_else(|| StoreError::Fault(format!("counter {counter} does not exist")))?;
        decode::<Counter>(before).map(|counter| counter.last)
    }
}

const DUPLICATE_KEY: i64 = 11_000;

#[derive(Deserialize)]
struct Counter {
    last: i64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct UpdateResponse {
    n: i64,
    #[serde(default)]
    write_errors: Vec<WriteFailure>,
}

#[derive(Deserialize)]
struct WriteFailure {
    code: i64,
    #[serde(default)]
    errmsg: String,
}

/// Maps a duplicate key to an aborted transaction: this one checked the key before, so a concurrent one inserted it.
fn insert_error(error: &mongodb::error::Error) -> StoreError {
    if is_duplicate(error) {
        StoreError::TransactionAborted(error.to_string())
    } else {
        StoreError::from(error.clone())
    }
}

/// Splits updates into commands below the size limit.
fn command_batches(updates: Vec<Update>) -> Result<Vec<Vec<Bson>>, StoreError> {
    let (mut batches, mut batch, mut bytes) = (Vec::new(), Vec::new(), 0);
    for Update { filter, change, upsert } in updates {
        let statement = doc! { "q": filter, "u": change, "upsert": upsert };
        let size = statement.to_vec().map_err(|error| StoreError::Fault(error.to_string()))?.len();
        // An update that exceeds the limit alone still becomes a batch of its own.
        if bytes + size > MAX_COMMAND_BYTES && !batch.is_empty() {
            batches.push(std::mem::take(&mut batch));
            bytes = 0;
        }
        bytes += size;
        batch.push(Bson::Document(statement));
    }
    if !batch.is_empty() {
        batches.push(batch);
    }
    Ok(batches)
}
