//! The outbox in a MongoDB database.
//!
//! Events have no sequence number: a counter that every transaction writes would serialise them all. Unpublished events
//! are found by a flag, whenever they were committed, and are published in the order of their ids, which is
//! chronological.

use super::Outbox;
use crate::Event;
use crate::event::first_id_of;
use async_trait::async_trait;
use chassis::StoreError;
use chassis::data_migration::RecordKind;
use chassis::mongo::{Database, TracedCollection};
use chassis::store::retry_transaction;
use contracts::EventId;
use futures::TryStreamExt;
use jiff::Timestamp;
use mongodb::bson::{Document, deserialize_from_document, doc, serialize_to_document};
use mongodb::options::IndexOptions;
use mongodb::{ClientSession, IndexModel};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use tokio::sync::Notify;

/// The collection of the outbox. Published events are retained for a while, for diagnosis.
pub const COLLECTION: &str = "outbox";

/// The outbox for data migrations; see [`super::TABLE`] for the one in SQL databases.
pub const KIND: RecordKind = RecordKind::of::<OutboxDocument>("outbox", COLLECTION, &["event_id"]).with_id("event_id");

/// The number of events that one statement deletes.
const PURGE_BATCH_SIZE: i64 = 1000;

/// The document of an event.
#[derive(Serialize, Deserialize)]
struct OutboxDocument {
    #[serde(rename = "_id")]
    event_id: String,
    /// The event as JSON.
    body: String,
    published: bool,
}

/// The outbox of one service.
#[derive(Clone)]
pub struct MongoOutbox {
    database: Database,
    added: Arc<Notify>,
}

impl MongoOutbox {
    /// Opens the outbox in `database`, and creates its collection and index if they are missing. Concurrent calls are
    /// safe.
    ///
    /// # Errors
    /// When the server is unavailable.
    pub async fn open(database: Database) -> Result<Self, StoreError> {
        let outbox = Self { database, added: Arc::default() };
        // The index is partial, so it is only as large as the backlog.
        let pending = IndexOptions::builder().partial_filter_expression(doc! { "published": false }).build();
        let index = IndexModel::builder().keys(doc! { "published": 1, "_id": 1 }).options(pending).build();
        let make = || async { Ok(outbox.collection().create_index(index.clone()).await.map(|_| ())?) };
        retry_transaction(make).await?;
        Ok(outbox)
    }

    fn collection(&self) -> TracedCollection<Document> {
        self.database.collection(COLLECTION)
    }

    /// Adds an event in the caller's transaction. Call [`Self::notify`] after the commit.
    ///
    /// # Errors
    /// When the command fails, or the event cannot be serialised.
    pub async fn add(&self, session: &mut ClientSession, event: &Event) -> Result<(), StoreError> {
        let kept =
            OutboxDocument { event_id: event.id.to_string(), body: serde_json::to_string(event)?, published: false };
        let document = serialize_to_document(&kept).map_err(|error| unreadable(&error))?;
        self.collection().insert_one(document).session(session).await?;
        Ok(())
    }

    /// Wakes the relay of this process. The relays of other processes find the event by polling.
    pub fn notify(&self) {
        self.added.notify_one();
    }
}

fn unreadable(error: &mongodb::bson::error::Error) -> StoreError {
    StoreError::Fault(format!("a stored event cannot be read or written: {error}"))
}

#[async_trait]
impl Outbox for MongoOutbox {
    async fn unpublished(&self, limit: usize) -> Result<Vec<Event>, StoreError> {
        // MongoDB treats a limit of 0 as no limit.
        if limit == 0 {
            return Ok(Vec::new());
        }
        let most = i64::try_from(limit).unwrap_or(i64::MAX);
        let outbox = self.collection();
        let found = outbox.find(doc! { "published": false }).sort(doc! { "_id": 1 }).limit(most);
        let found: Vec<Document> = found.await?.try_collect().await?;
        let event = |document| {
            let kept: OutboxDocument = deserialize_from_document(document).map_err(|error| unreadable(&error))?;
            Ok(serde_json::from_str(&kept.body)?)
        };
        found.into_iter().map(event).collect()
    }

    async fn pending(&self) -> Result<u64, StoreError> {
        Ok(self.collection().count_documents(doc! { "published": false }).await?)
    }

    async fn mark_published(&self, ids: &[EventId]) -> Result<(), StoreError> {
        let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
        let mark = doc! { "$set": { "published": true } };
        self.collection().update_many(doc! { "_id": { "$in": ids } }, mark).await?;
        Ok(())
    }

    async fn purge(&self, before: Timestamp) -> Result<u64, StoreError> {
        let old = doc! { "published": true, "_id": { "$lt": first_id_of(before) } };
        let outbox = self.collection();
        let mut all = 0;
        loop {
            // MongoDB's `deleteMany` has no limit, so the ids of a batch are read first.
            let found = outbox.find(old.clone()).sort(doc! { "_id": 1 }).limit(PURGE_BATCH_SIZE);
            let found: Vec<Document> = found.projection(doc! { "_id": 1 }).await?.try_collect().await?;
            let ids: Vec<&str> = found.iter().filter_map(|document| document.get_str("_id").ok()).collect();
            let few = ids.len() < usize::try_from(PURGE_BATCH_SIZE).unwrap_or(usize::MAX);
            if !ids.is_empty() {
                all += outbox.delete_many(doc! { "_id": { "$in": ids } }).await?.deleted_count;
            }
            if few {
                return Ok(all);
            }
        }
    }

    async fn republish(&self, since: Timestamp) -> Result<u64, StoreError> {
        let published = doc! { "published": true, "_id": { "$gte": first_id_of(since) } };
        let mark = doc! { "$set": { "published": false } };
        Ok(self.collection().update_many(published, mark).await?.modified_count)
    }

    async fn added(&self) {
        self.added.notified().await;
    }
}
