//! Reads and replacements of documents outside of transactions.

use super::codec::decode;
use crate::store::codec::row_limit;
use chassis::StoreError;
use chassis::mongo::Database;
use futures::TryStreamExt;
use mongodb::bson::{Document, doc};
use serde::de::DeserializeOwned;

/// Returns all documents that match.
pub async fn find_all<T: DeserializeOwned>(
    database: &Database,
    collection: &str,
    filter: Document,
) -> Result<Vec<T>, StoreError> {
    // An empty projection returns whole documents.
    find_fields(database, collection, filter, Document::new()).await
}

/// Returns these fields and the id of all documents that match.
pub async fn find_fields<T: DeserializeOwned>(
    database: &Database,
    collection: &str,
    filter: Document,
    fields: Document,
) -> Result<Vec<T>, StoreError> {
    let mut cursor = database.collection::<Document>(collection).find(filter).projection(fields).await?;
    let mut found = Vec::new();
    while let Some(document) = cursor.try_next().await? {
        found.push(decode(document)?);
    }
    Ok(found)
}

/// Returns at most `limit` documents that match, sorted by `keys`.
pub async fn find_page<T: DeserializeOwned>(
    database: &Database,
    collection: &str,
    filter: Document,
    keys: Document,
    limit: usize,
) -> Result<Vec<T>, StoreError> {
    // An empty projection returns whole documents.
    find_page_of_fields(database, collection, filter, Document::new(), keys, limit).await
}

/// Returns these fields and the id of at most `limit` documents that match, sorted by `keys`.
pub async fn find_page_of_fields<T: DeserializeOwned>(
    database: &Database,
    collection: &str,
    filter: Document,
    fields: Document,
    keys: Document,
    limit: usize,
) -> Result<Vec<T>, StoreError> {
    // To MongoDB, a limit of 0 means no limit.
    if limit == 0 {
        return Ok(Vec::new());
    }
    let collection = database.collection::<Document>(collection);
    let found = collection.find(filter).projection(fields).sort(keys).limit(row_limit(limit)).await?;
    let found: Vec<Document> = found.try_collect().await?;
    found.into_iter().map(decode).collect()
}

/// Returns the document with this id.
pub async fn find_by_id<T: DeserializeOwned>(
    database: &Database,
    collection: &str,
    id: &str,
) -> Result<Option<T>, StoreError> {
    let found = database.collection::<Document>(collection).find_one(doc! { "_id": id }).await?;
    found.map(decode).transpose()
}

/// Inserts a document or replaces the one with this id.
pub async fn put(database: &Database, collection: &str, id: &str, document: Document) -> Result<(), StoreError> {
    let collection = database.collection::<Document>(collection);
    collection.replace_one(doc! { "_id": id }, document).upsert(true).await?;
    Ok(())
}
