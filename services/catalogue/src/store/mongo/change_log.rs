//! The change logs that search indexes follow.
//!
//! A transaction appends its changes without a sequence number, so that writers never wait for each other. A reader first
//! numbers the changes that have none, in a transaction that increments one counter: of two concurrent readers, one
//! retries after the other. Therefore a change that becomes visible always has a higher number than all changes that
//! were visible before.

use super::codec::{decode, to_bson};
use super::transaction::{Transaction, Update};
use crate::store::codec::row_limit;
use chassis::StoreError;
use chassis::mongo::Database;
use chassis::store::retry_transaction;
use futures::TryStreamExt;
use mongodb::bson::oid::ObjectId;
use mongodb::bson::{Document, doc};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// The number of changes that are numbered in one transaction.
const NUMBERING_BATCH: usize = 5_000;

#[derive(Deserialize)]
struct Change<T> {
    sequence: i64,
    of: T,
}

#[derive(Deserialize)]
struct UnnumberedChange {
    #[serde(rename = "_id")]
    id: ObjectId,
}

/// Appends changes to a log.
pub async fn append<T: Serialize>(transaction: &mut Transaction, log: &str, changed: &[T]) -> Result<(), StoreError> {
    let documents = changed.iter().map(|of| Ok(doc! { "of": to_bson(of)?, "waiting": true }));
    transaction.insert(log, documents.collect::<Result<_, StoreError>>()?).await
}

/// Reads the changes after a position of a log, with the new position.
pub async fn read_after<T: DeserializeOwned + Send + Sync>(
    database: &Database,
    log: &str,
    sequence: i64,
    limit: usize,
) -> Result<(Vec<T>, i64), StoreError> {
    if limit == 0 {
        return Ok((Vec::new(), sequence));
    }
    let changes = database.collection::<Document>(log);
    // Most polls find nothing new, which this read recognises without a transaction.
    if changes.find_one(doc! { "waiting": true }).await?.is_some() {
        let number = || async {
            let mut transaction = Transaction::begin(database).await?;
            number_changes(&mut transaction, log).await?;
            transaction.commit().await
        };
        retry_transaction(number).await?;
    }
    let found = changes.find(doc! { "sequence": { "$gt": sequence } }).sort(doc! { "sequence": 1 });
    let found: Vec<Document> = found.limit(row_limit(limit)).await?.try_collect().await?;
    let changes: Vec<Change<T>> = found.into_iter().map(decode).collect::<Result<_, _>>()?;
    let reached = changes.last().map_or(sequence, |change| change.sequence);
    Ok((changes.into_iter().map(|change| change.of).collect(), reached))
}

async fn number_changes(transaction: &mut Transaction, log: &str) -> Result<(), StoreError> {
    let (filter, order) = (doc! { "waiting": true }, doc! { "_id": 1 });
    let unnumbered: Vec<UnnumberedChange> = transaction.ids(log, filter, order, NUMBERING_BATCH).await?;
    if unnumbered.is_empty() {
        return Ok(());
    }
    // The increment makes concurrent readers conflict on the counter, see above.
    let last = transaction.next_sequence(log, unnumbered.len()).await?;
    let updates = (last + 1..).zip(unnumbered).map(|(sequence, UnnumberedChange { id })| Update {
        filter: doc! { "_id": id },
        change: doc! { "$set": { "sequence": sequence }, "$unset": { "waiting": "" } },
        upsert: false,
    });
    transaction.update(log, updates.collect()).await?;
    Ok(())
}
