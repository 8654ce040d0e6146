//! Units of work: several operations on several documents that happen together or not at all.
//!
//! A unit of work reads from one snapshot. Two that *write* the same document cannot both happen: the later one is given
//! up and begins again. So whatever a decision rests on must be among what is written, or be guarded by something that is.

use super::document::{bounded, decode};
use crate::stock::News;
use chassis::StoreError;
use chassis::mongo::{Database, commit, is_duplicate};
use futures::TryStreamExt;
use mongodb::ClientSession;
use mongodb::bson::{Bson, Document, doc};
use mongodb::options::ReturnDocument;
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// How many values one query asks for, so that it stays far below the 16 MB that a command may have.
pub const ASKED: usize = 10_000;
/// A command may have 16 MB, one document of 16 MB among them.
const COMMAND_BYTES: usize = 8 << 20;

/// What becomes of one document.
pub struct Update {
    /// Which one.
    pub filter: Document,
    /// Operators, or the document that is put in its place.
    pub change: Document,
    /// Whether it is made when there is none.
    pub make: bool,
}

/// A unit of work. Dropped before its commit it changes nothing.
pub struct Work {
    database: Database,
    session: ClientSession,
    /// What is told of it once it is done.
    pub news: Vec<News>,
}

impl Work {
    /// Begins one.
    pub async fn begin(database: &Database) -> Result<Self, StoreError> {
        Ok(Self { session: database.begin().await?, database: database.clone(), news: Vec::new() })
    }

    /// Makes it last. One that only read is ended like this too: what it saw is then known to last.
    pub async fn commit(self) -> Result<(), StoreError> {
        commit(self.session).await
    }

    /// The session, for what others write in the same unit of work.
    pub fn session(&mut self) -> &mut ClientSession {
        &mut self.session
    }

    /// All documents of a collection that match.
    pub async fn all<T: DeserializeOwned>(&mut self, collection: &str, filter: Document) -> Result<Vec<T>, StoreError> {
        self.some(collection, filter, Document::new()).await
    }

    /// These fields, and the id, of all documents of a collection that match.
    pub async fn some<T: DeserializeOwned>(
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

    /// The ids of at most `limit` documents of a collection that match, in the order of `keys`.
    pub async fn ids<T: DeserializeOwned>(
        &mut self,
        collection: &str,
        filter: Document,
        keys: Document,
        limit: usize,
    ) -> Result<Vec<T>, StoreError> {
        let collection = self.database.collection::<Document>(collection);
        let find = collection.find(filter).sort(keys).limit(bounded(limit)).projection(doc! { "_id": 1 });
        let mut found = find.session(&mut self.session).await?;
        let documents: Vec<Document> = found.stream(&mut self.session).try_collect().await?;
        documents.into_iter().map(decode).collect()
    }

    /// The document of a collection that matches.
    pub async fn one<T: DeserializeOwned>(
        &mut self,
        collection: &str,
        filter: Document,
    ) -> Result<Option<T>, StoreError> {
        let collection = self.database.collection::<Document>(collection);
        collection.find_one(filter).session(&mut self.session).await?.map(decode).transpose()
    }

    /// Adds documents.
    pub async fn insert(&mut self, collection: &str, documents: Vec<Document>) -> Result<(), StoreError> {
        if documents.is_empty() {
            return Ok(());
        }
        let collection = self.database.collection::<Document>(collection);
        collection.insert_many(documents).session(&mut self.session).await.map_err(|error| met(&error))?;
        Ok(())
    }

    /// Changes documents, each in its place, in the order given; says how many there were.
    pub async fn update(&mut self, collection: &str, updates: Vec<Update>) -> Result<u64, StoreError> {
        let mut changed = 0;
        for updates in portions(updates)? {
            let command = doc! { "update": collection, "updates": updates, "ordered": true };
            let answer = self.database.inner().run_command(command).session(&mut self.session).await?;
            let answer: Updated = decode(answer)?;
            if let Some(failure) = answer.write_errors.into_iter().next() {
                return Err(match failure.code {
                    DUPLICATE => StoreError::TransactionAborted(failure.errmsg),
                    _ => StoreError::Fault(failure.errmsg),
                });
            }
            changed += u64::try_from(answer.n).unwrap_or(0);
        }
        Ok(changed)
    }

    /// Removes documents; says how many there were.
    pub async fn delete(&mut self, collection: &str, filter: Document) -> Result<u64, StoreError> {
        let collection = self.database.collection::<Document>(collection);
        Ok(collection.delete_many(filter).session(&mut self.session).await?.deleted_count)
    }

    /// Draws `count` numbers and says the one before them. Of two units of work that draw, one comes after the other, so
    /// numbers become visible in their order.
    pub async fn draw(&mut self, counter: &str, count: usize) -> Result<i64, StoreError> {
        let count = i64::try_from(count).map_err(|error| StoreError::Fault(error.to_string()))?;
        let counters = self.database.collection::<Document>(super::schema::COUNTERS);
        let drawn = counters
            .find_one_and_update(doc! { "_id": counter }, doc! { "$inc": { "last": count } })
            .return_document(ReturnDocument::Before)
            .session(&mut self.session)
            .await?
            .ok_or_else(|| StoreError::Fault(format!("there is no counter {counter}")))?;
        decode::<Counter>(drawn).map(|counter| counter.last)
    }
}

const DUPLICATE: i64 = 11_000;

#[derive(Deserialize)]
struct Counter {
    last: i64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Updated {
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

/// A unique key that is taken although this unit of work looked before: another one was faster.
fn met(error: &mongodb::error::Error) -> StoreError {
    if is_duplicate(error) { StoreError::TransactionAborted(error.to_string()) } else { StoreError::from(error.clone()) }
}

/// Statements as one command or, if they are too large for that, as several.
fn portions(updates: Vec<Update>) -> Result<Vec<Vec<Bson>>, StoreError> {
    let (mut portions, mut portion, mut bytes) = (Vec::new(), Vec::new(), 0);
    for Update { filter, change, make } in updates {
        let statement = doc! { "q": filter, "u": change, "upsert": make };
        let size = statement.to_vec().map_err(|error| StoreError::Fault(error.to_string()))?.len();
        if bytes + size > COMMAND_BYTES && !portion.is_empty() {
            portions.push(std::mem::take(&mut portion));
            bytes = 0;
        }
        bytes += size;
        portion.push(Bson::Document(statement));
    }
    if !portion.is_empty() {
        portions.push(portion);
    }
    Ok(portions)
}
