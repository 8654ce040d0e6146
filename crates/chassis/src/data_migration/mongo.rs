//! Export and import of a store in MongoDB.

use super::{Exporter, Importer, Page, Record, key_of};
use crate::mongo::Database;
use crate::store::{StoreError, retry_transaction};
use async_trait::async_trait;
use futures::TryStreamExt;
use mongodb::bson::oid::ObjectId;
use mongodb::bson::{Bson, Document, deserialize_from_document, doc, serialize_to_document};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The target size of a batch in bytes, half of MongoDB's limit of 16 MB for a document. When writing, a document that
/// does not fit into the batch begins a new one.
const BATCH_BYTES: usize = 8 << 20;

/// A kind of records that are documents of a collection.
#[derive(Clone, Copy)]
pub struct RecordKind {
    name: &'static str,
    collection: &'static str,
    key: &'static [&'static str],
    id: Option<&'static str>,
    value: fn(Document) -> Result<Option<Value>, StoreError>,
    document: fn(Value) -> Result<Document, StoreError>,
}

impl RecordKind {
    /// Creates the kind of the documents of type `T`, whose records are their JSON representation. The fields `key`
    /// form the key of a record. The collection must have a unique index on them, unless `T` contains the document's
    /// `_id`.
    pub const fn of<T: Serialize + DeserializeOwned>(
        name: &'static str,
        collection: &'static str,
        key: &'static [&'static str],
    ) -> Self {
        Self { name, collection, key, id: None, value: value_of::<T>, document: document_of::<T> }
    }

    /// Uses another name than `_id` for the key within records.
    #[must_use]
    pub const fn with_id(self, id: &'static str) -> Self {
        Self { id: Some(id), ..self }
    }

    /// Replaces the conversions between documents and records. `value` returns `None` for a document of another kind.
    /// Both see the field of [`Self::with_id`] under the name `_id`.
    #[must_use]
    pub const fn converted(
        self,
        value: fn(Document) -> Result<Option<Value>, StoreError>,
        document: fn(Value) -> Result<Document, StoreError>,
    ) -> Self {
        Self { value, document, ..self }
    }

    fn record(&self, document: Document) -> Result<Option<Record>, StoreError> {
        let Some(mut value) = (self.value)(document)? else { return Ok(None) };
        if let Some(id) = self.id {
            rename(&mut value, "_id", id);
        }
        Ok(Some(Record { key: key_of(self.key, &value), value }))
    }

    /// Returns the update statement that replaces or inserts a record's document.
    fn update(&self, record: &Record) -> Result<Document, StoreError> {
        let mut value = record.value.clone();
        if let Some(id) = self.id {
            rename(&mut value, id, "_id");
        }
        let document = (self.document)(value)?;
        let field = |name: &str| document.get(name).cloned().unwrap_or(Bson::Null);
        // Without a stable _id the unique key identifies the document, so that a resumed migration replaces it.
        let filter = match document.contains_key("_id") {
            true => doc! { "_id": field("_id") },
            false => self.key.iter().map(|name| ((*name).to_owned(), field(name))).collect(),
        };
        Ok(doc! { "q": filter, "u": document, "upsert": true })
    }
}

fn rename(value: &mut Value, from: &str, to: &str) {
    if let Some(fields) = value.as_object_mut()
        && let Some(kept) = fields.remove(from)
    {
        fields.insert(to.to_owned(), kept);
    }
}

/// Converts a document of type `T` to JSON.
///
/// # Errors
/// When it does not have the structure of `T`.
pub fn value_of<T: Serialize + DeserializeOwned>(document: Document) -> Result<Option<Value>, StoreError> {
    let document: T = deserialize_from_document(document).map_err(|error| unreadable(&error))?;
    Ok(Some(serde_json::to_value(document)?))
}

/// Converts JSON to a document of type `T`.
///
/// # Errors
/// When it does not have the structure of `T`.
pub fn document_of<T: Serialize + DeserializeOwned>(value: Value) -> Result<Document, StoreError> {
    let document: T = serde_json::from_value(value)?;
    serialize_to_document(&document).map_err(|error| unreadable(&error))
}

/// Collections of a MongoDB database.
#[derive(Clone)]
pub struct MongoCollections {
    database: Database,
    kinds: &'static [RecordKind],
}

impl MongoCollections {
    /// Creates the exporter and importer of these kinds of records.
    pub fn new(database: Database, kinds: &'static [RecordKind]) -> Self {
        Self { database, kinds }
    }

    fn find(&self, name: &str) -> Result<&'static RecordKind, StoreError> {
        let found = self.kinds.iter().find(|kind| kind.name == name);
        found.ok_or_else(|| StoreError::Fault(format!("there are no {name} to copy")))
    }

    /// Runs update statements on a collection, in the given order and durably.
    async fn write(&self, collection: &str, updates: &[Document]) -> Result<(), StoreError> {
        let durably = doc! { "w": "majority", "j": true };
        // In order, because a later record of the same key must win.
        let command = doc! { "update": collection, "updates": updates, "ordered": true, "writeConcern": durably };
        let answer = self.database.inner().run_command(command).await?;
        let Written { write_errors, write_concern_error } =
            deserialize_from_document(answer).map_err(|error| unreadable(&error))?;
        if let Some(failure) = write_errors.first() {
            return Err(StoreError::Fault(format!("cannot be kept in {collection}: {}", failure.errmsg)));
        }
        match write_concern_error {
            // The write was applied but not yet acknowledged by a majority, so the batch is repeated.
            Some(failure) => Err(StoreError::Unavailable(failure.errmsg)),
            None => Ok(()),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Written {
    #[serde(default)]
    write_errors: Vec<Failure>,
    write_concern_error: Option<Failure>,
}

#[derive(Deserialize)]
struct Failure {
    #[serde(default)]
    errmsg: String,
}

#[async_trait]
impl Exporter for MongoCollections {
    fn kinds(&self) -> Vec<&'static str> {
        self.kinds.iter().map(|kind| kind.name).collect()
    }

    /// Returns documents in the order of `_id`, on which every collection has an index.
    async fn page(&self, kind: &str, from: Option<&str>, limit: usize) -> Result<Page, StoreError> {
        let kind = self.find(kind)?;
        let filter = match from {
            Some(place) => doc! { "_id": { "$gt": decode_position(place)? } },
            None => Document::new(),
        };
        let collection = self.database.collection::<Document>(kind.collection);
        // MongoDB treats a limit of 0 as no limit.
        let most = i64::try_from(limit.max(1)).unwrap_or(i64::MAX);
        let mut found = collection.find(filter).sort(doc! { "_id": 1 }).limit(most).await?;
        let (mut page, mut documents, mut bytes) = (Page::default(), 0, 0);
        while let Some(document) = found.try_next().await? {
            // Documents of other kinds count as well, so that a page is bounded by what it reads.
            documents += 1;
            bytes += size(&document)?;
            let place = encode_position(document.get("_id"))?;
            page.records.extend(kind.record(document)?);
            if documents >= limit || bytes >= BATCH_BYTES {
                page.next = Some(place);
                break;
            }
        }
        Ok(page)
    }
}

#[async_trait]
impl Importer for MongoCollections {
    async fn receive(&self, kind: &str, records: &[Record]) -> Result<(), StoreError> {
        let kind = self.find(kind)?;
        let (mut updates, mut bytes) = (Vec::new(), 0);
        for record in records {
            let update = kind.update(record)?;
            let size = size(&update)?;
            if bytes + size > BATCH_BYTES && !updates.is_empty() {
                retry_transaction(|| self.write(kind.collection, &updates)).await?;
                updates.clear();
                bytes = 0;
            }
            bytes += size;
            updates.push(update);
        }
        match updates.is_empty() {
            true => Ok(()),
            false => retry_transaction(|| self.write(kind.collection, &updates)).await,
        }
    }
}

fn size(document: &Document) -> Result<usize, StoreError> {
    Ok(document.to_vec().map_err(|error| unreadable(&error))?.len())
}

/// Encodes an `_id` as the position of a page.
fn encode_position(id: Option<&Bson>) -> Result<String, StoreError> {
    Ok(match id {
        Some(Bson::String(text)) => Value::from(text.as_str()).to_string(),
        Some(Bson::Int32(number)) => Value::from(*number).to_string(),
        // The array distinguishes an ObjectId from a text of the same digits.
        Some(Bson::ObjectId(id)) => json!([id.to_hex()]).to_string(),
        _ => return Err(StoreError::Fault("a document has an id that is neither text, number nor ObjectId".into())),
    })
}

fn decode_position(place: &str) -> Result<Bson, StoreError> {
    let wrong = || StoreError::Fault(format!("{place} is not a position in a collection"));
    let value: Value = serde_json::from_str(place)?;
    match &value {
        Value::String(text) => Ok(Bson::String(text.clone())),
        // MongoDB compares numbers by value, so an id that is stored with 32 bits is found as well.
        Value::Number(number) => Ok(Bson::Int64(number.as_i64().ok_or_else(wrong)?)),
        _ => {
            let id = value[0].as_str().and_then(|text| ObjectId::parse_str(text).ok());
            Ok(Bson::ObjectId(id.ok_or_else(wrong)?))
        }
    }
}

fn unreadable(error: &mongodb::bson::error::Error) -> StoreError {
    StoreError::Fault(format!("a stored document cannot be read or written: {error}"))
}
