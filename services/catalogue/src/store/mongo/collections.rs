//! Creates collections and indexes at start, since a transaction cannot create them.

use chassis::StoreError;
use chassis::mongo::Database;
use chassis::store::retry_transaction;
use mongodb::IndexModel;
use mongodb::bson::{Document, doc};
use mongodb::error::{Error, ErrorKind};
use mongodb::options::IndexOptions;
use std::time::Duration;

/// The collection of counters, one document per sequence.
pub const COUNTERS: &str = "counters";

const NAMESPACE_EXISTS: i32 = 48;

/// A collection with the indexes it needs besides the one on `_id`.
pub struct CollectionSpec {
    name: &'static str,
    indexes: Vec<IndexModel>,
}

impl CollectionSpec {
    /// Describes a collection without further indexes.
    pub const fn new(name: &'static str) -> Self {
        Self { name, indexes: Vec::new() }
    }

    /// Adds an index on these keys.
    pub fn index(mut self, keys: Document) -> Self {
        self.indexes.push(IndexModel::builder().keys(keys).build());
        self
    }

    /// Adds a unique index.
    pub fn unique(mut self, keys: Document) -> Self {
        let options = IndexOptions::builder().unique(true).build();
        self.indexes.push(IndexModel::builder().keys(keys).options(options).build());
        self
    }

    /// Adds an index of the documents that match `only`.
    pub fn partial(mut self, keys: Document, only: Document) -> Self {
        let options = IndexOptions::builder().partial_filter_expression(only).build();
        self.indexes.push(IndexModel::builder().keys(keys).options(options).build());
        self
    }

    /// Adds a unique index of the documents that match `only`.
    pub fn unique_partial(mut self, keys: Document, only: Document) -> Self {
        let options = IndexOptions::builder().unique(true).partial_filter_expression(only).build();
        self.indexes.push(IndexModel::builder().keys(keys).options(options).build());
        self
    }

    /// Adds an index that deletes documents once the date in `field` is older than `after`.
    pub fn expiring(mut self, field: &str, after: Duration) -> Self {
        let options = IndexOptions::builder().expire_after(after).build();
        self.indexes.push(IndexModel::builder().keys(doc! { field: 1 }).options(options).build());
        self
    }
}

/// Creates the collections, indexes and counters that are missing. Replicas may do this concurrently.
pub async fn prepare(database: &Database, collections: &[CollectionSpec], counters: &[&str]) -> Result<(), StoreError> {
    let existing = database.inner().list_collection_names().await?;
    for name in collections.iter().map(|collection| collection.name).chain([COUNTERS]) {
        if !existing.iter().any(|known| known == name) {
            create(database, name).await?;
        }
    }
    for spec in collections.iter().filter(|spec| !spec.indexes.is_empty()) {
        let collection = database.collection::<Document>(spec.name);
        // Two replicas that create the same index at once may abort each other.
        let create_indexes =
            || async { Ok(collection.create_indexes(spec.indexes.iter().cloned()).await.map(|_| ())?) };
        retry_transaction(create_indexes).await?;
    }
    let collection = database.collection::<Document>(COUNTERS);
    for counter in counters {
        let first = doc! { "$setOnInsert": { "last": 0_i64 } };
        collection.update_one(doc! { "_id": counter }, first).upsert(true).await?;
    }
    Ok(())
}

async fn create(database: &Database, name: &str) -> Result<(), StoreError> {
    match database.inner().create_collection(name).await {
        // Another replica was faster.
        Err(error) if already_exists(&error) => Ok(()),
        other => Ok(other?),
    }
}

fn already_exists(error: &Error) -> bool {
    matches!(error.kind.as_ref(), ErrorKind::Command(command) if command.code == NAMESPACE_EXISTS)
}
