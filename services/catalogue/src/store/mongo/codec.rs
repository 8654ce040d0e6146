//! Conversions between values and BSON.

use chassis::StoreError;
use mongodb::bson::{Bson, Document, deserialize_from_document, serialize_to_bson, serialize_to_document};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Converts a value into a document.
pub fn encode(value: &impl Serialize) -> Result<Document, StoreError> {
    serialize_to_document(value).map_err(|error| conversion_error(&error))
}

/// Converts a value into a part of a document.
pub fn to_bson(value: &impl Serialize) -> Result<Bson, StoreError> {
    serialize_to_bson(value).map_err(|error| conversion_error(&error))
}

/// Converts values into parts of a document.
pub fn to_bson_list<T: Serialize>(values: impl IntoIterator<Item = T>) -> Result<Vec<Bson>, StoreError> {
    values.into_iter().map(|value| to_bson(&value)).collect()
}

/// Converts a document into a value.
pub fn decode<T: DeserializeOwned>(document: Document) -> Result<T, StoreError> {
    deserialize_from_document(document).map_err(|error| conversion_error(&error))
}

fn conversion_error(error: &mongodb::bson::error::Error) -> StoreError {
    StoreError::Fault(format!("a stored document cannot be read or written: {error}"))
}
