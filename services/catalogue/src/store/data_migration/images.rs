//! The records of images. A record contains the name and the whole content of an image, so pages are limited by size.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chassis::StoreError;
use chassis::data_migration::Record;
use serde_json::json;

/// The only kind of records.
pub const IMAGES: &str = "pictures";
/// The size from which a page is full, in bytes; its last image may exceed it.
pub const MAX_PAGE_BYTES: usize = 4 << 20;

/// Builds the record of an image.
pub fn to_record(name: &str, bytes: &[u8]) -> Record {
    // Base64, since a record is a JSON value.
    Record { key: name.to_owned(), value: json!({ "name": name, "content": STANDARD.encode(bytes) }) }
}

/// Returns the name and the content of an image from its record.
pub fn from_record(record: &Record) -> Result<(&str, Vec<u8>), StoreError> {
    let content = record.value["content"].as_str().unwrap_or_default();
    let bytes = STANDARD.decode(content);
    Ok((&record.key, bytes.map_err(|error| StoreError::Fault(format!("image {}: {error}", record.key)))?))
}
