//! The feeds that the search index follows.
//!
//! A change is noted without a number in the unit of work that made it, so that writers never wait for each other. Who
//! reads a feed first numbers what waits, in a unit of work that draws the numbers from one counter: of two that number,
//! one comes after the other. So whatever becomes visible has a higher number than all that was visible before.

use super::document::{bounded, decode, part};
use super::schema::Layout;
use super::work::{Update, Work};
use chassis::StoreError;
use chassis::mongo::Database;
use chassis::store::retry_transaction;
use futures::TryStreamExt;
use mongodb::bson::oid::ObjectId;
use mongodb::bson::{Document, doc};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// How many changes are numbered at once.
const NUMBERED: usize = 5_000;

#[derive(Deserialize)]
struct Change<T> {
    sequence: i64,
    of: T,
}

#[derive(Deserialize)]
struct Waiting {
    #[serde(rename = "_id")]
    id: ObjectId,
}

/// The collection of a feed. Its counter has the same name.
pub fn layout(feed: &'static str) -> Layout {
    Layout::new(feed)
        .unique_partial(doc! { "sequence": 1 }, doc! { "sequence": { "$exists": true } })
        .partial(doc! { "waiting": 1, "_id": 1 }, doc! { "waiting": true })
}

/// Notes changes.
pub async fn note<T: Serialize>(work: &mut Work, feed: &str, changed: &[T]) -> Result<(), StoreError> {
    let documents = changed.iter().map(|of| Ok(doc! { "of": part(of)?, "waiting": true }));
    work.insert(feed, documents.collect::<Result<_, StoreError>>()?).await
}

/// What changed after a place of a feed, with the place reached.
pub async fn after<T: DeserializeOwned + Send + Sync>(
    database: &Database,
    feed: &str,
    sequence: i64,
    limit: usize,
) -> Result<(Vec<T>, i64), StoreError> {
    if limit == 0 {
        return Ok((Vec::new(), sequence));
    }
    let changes = database.collection::<Document>(feed);
    if changes.find_one(doc! { "waiting": true }).await?.is_some() {
        let number = || async {
            let mut work = Work::begin(database).await?;
            number(&mut work, feed).await?;
            work.commit().await
        };
        retry_transaction(number).await?;
    }
    let found = changes.find(doc! { "sequence": { "$gt": sequence } }).sort(doc! { "sequence": 1 });
    let found: Vec<Document> = found.limit(bounded(limit)).await?.try_collect().await?;
    let changes: Vec<Change<T>> = found.into_iter().map(decode).collect::<Result<_, _>>()?;
    let reached = changes.last().map_or(sequence, |change| change.sequence);
    Ok((changes.into_iter().map(|change| change.of).collect(), reached))
}

async fn number(work: &mut Work, feed: &str) -> Result<(), StoreError> {
    let waiting: Vec<Waiting> = work.ids(feed, doc! { "waiting": true }, doc! { "_id": 1 }, NUMBERED).await?;
    if waiting.is_empty() {
        return Ok(());
    }
    let last = work.draw(feed, waiting.len()).await?;
    let updates = (last + 1..).zip(waiting).map(|(sequence, Waiting { id })| Update {
        filter: doc! { "_id": id },
        change: doc! { "$set": { "sequence": sequence }, "$unset": { "waiting": "" } },
        make: false,
    });
    work.update(feed, updates.collect()).await?;
    Ok(())
}
