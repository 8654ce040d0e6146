//! Collections and indexes. They are there before the first unit of work, which cannot make them.

use chassis::StoreError;
use chassis::mongo::Database;
use chassis::store::retry_transaction;
use mongodb::IndexModel;
use mongodb::bson::{Document, doc};
use mongodb::error::{Error, ErrorKind};
use mongodb::options::IndexOptions;
use std::time::Duration;

/// Where numbers are drawn from.
pub const COUNTERS: &str = "counters";

const NAMESPACE_EXISTS: i32 = 48;

/// A collection with its indexes, besides the one by `_id` that each has.
pub struct Layout {
    /// Its name.
    pub name: &'static str,
    /// Its indexes.
    pub indexes: Vec<IndexModel>,
}

impl Layout {
    /// A collection.
    pub const fn new(name: &'static str) -> Self {
        Self { name, indexes: Vec::new() }
    }

    /// With an index.
    pub fn index(mut self, keys: Document) -> Self {
        self.indexes.push(IndexModel::builder().keys(keys).build());
        self
    }

    /// With an index of keys that exist once.
    pub fn unique(mut self, keys: Document) -> Self {
        let options = IndexOptions::builder().unique(true).build();
        self.indexes.push(IndexModel::builder().keys(keys).options(options).build());
        self
    }

    /// With an index of those documents that match `only`.
    pub fn partial(mut self, keys: Document, only: Document) -> Self {
        let options = IndexOptions::builder().partial_filter_expression(only).build();
        self.indexes.push(IndexModel::builder().keys(keys).options(options).build());
        self
    }

    /// With an index of keys that exist once among the documents that match `only`.
    pub fn unique_partial(mut self, keys: Document, only: Document) -> Self {
        let options = IndexOptions::builder().unique(true).partial_filter_expression(only).build();
        self.indexes.push(IndexModel::builder().keys(keys).options(options).build());
        self
    }

    /// Swept of documents whose `field` is older than this.
    pub fn swept(mut self, field: &str, after: Duration) -> Self {
        let options = IndexOptions::builder().expire_after(after).build();
        self.indexes.push(IndexModel::builder().keys(doc! { field: 1 }).options(options).build());
        self
    }
}

/// Makes what is missing. Several may do this at once.
pub async fn prepare(database: &Database, layouts: &[Layout], counters: &[&str]) -> Result<(), StoreError> {
    let there = database.inner().list_collection_names().await?;
    for name in layouts.iter().map(|layout| layout.name).chain([COUNTERS]) {
        if !there.iter().any(|known| known == name) {
            make(database, name).await?;
        }
    }
    for layout in layouts.iter().filter(|layout| !layout.indexes.is_empty()) {
        let collection = database.collection::<Document>(layout.name);
        let index = || async { Ok(collection.create_indexes(layout.indexes.iter().cloned()).await.map(|_| ())?) };
        retry_transaction(index).await?;
    }
    let collection = database.collection::<Document>(COUNTERS);
    for counter in counters {
        let first = doc! { "$setOnInsert": { "last": 0_i64 } };
        collection.update_one(doc! { "_id": counter }, first).upsert(true).await?;
    }
    Ok(())
}

async fn make(database: &Database, name: &str) -> Result<(), StoreError> {
    match database.inner().create_collection(name).await {
        Err(error) if is_there(&error) => Ok(()),
        other => Ok(other?),
    }
}

fn is_there(error: &Error) -> bool {
    matches!(error.kind.as_ref(), ErrorKind::Command(command) if command.code == NAMESPACE_EXISTS)
}
