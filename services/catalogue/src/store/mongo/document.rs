//! Between values and BSON.

use chassis::StoreError;
use jiff::Timestamp;
use mongodb::bson::{Bson, Document, deserialize_from_document, serialize_to_bson, serialize_to_document};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A value as a document.
pub fn encode(value: &impl Serialize) -> Result<Document, StoreError> {
    serialize_to_document(value).map_err(|error| unreadable(&error))
}

/// A value as part of a document.
pub fn part(value: &impl Serialize) -> Result<Bson, StoreError> {
    serialize_to_bson(value).map_err(|error| unreadable(&error))
}

/// Values as parts of a document.
pub fn parts<T: Serialize>(values: impl IntoIterator<Item = T>) -> Result<Vec<Bson>, StoreError> {
    values.into_iter().map(|value| part(&value)).collect()
}

/// A value out of a document.
pub fn decode<T: DeserializeOwned>(document: Document) -> Result<T, StoreError> {
    deserialize_from_document(document).map_err(|error| unreadable(&error))
}

/// The stored moment of what is compared and sorted by time.
pub fn micros(at: Timestamp) -> i64 {
    at.as_microsecond()
}

/// A stored moment.
pub fn moment(micros: i64) -> Result<Timestamp, StoreError> {
    Timestamp::from_microsecond(micros).map_err(|error| StoreError::Fault(error.to_string()))
}

/// A number of documents, as MongoDB takes it.
pub fn bounded(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

fn unreadable(error: &mongodb::bson::error::Error) -> StoreError {
    StoreError::Fault(format!("a stored document cannot be read or written: {error}"))
}
