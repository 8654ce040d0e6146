//! What of pictures moves with a shop: those that can be shown. A record is a picture's name with its content, so pages
//! are small.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chassis::StoreError;
use chassis::data_migration::Record;
use serde_json::json;

/// The only kind.
pub const IMAGES: &str = "pictures";
/// How much of pictures is read at once, in bytes, beside the one that exceeds it.
pub const AT_ONCE: usize = 4 << 20;

/// The record of a picture.
pub fn record(name: &str, bytes: &[u8]) -> Record {
    Record { key: name.to_owned(), value: json!({ "name": name, "content": STANDARD.encode(bytes) }) }
}

/// The name and the bytes of a picture.
pub fn image(record: &Record) -> Result<(&str, Vec<u8>), StoreError> {
    let content = record.value["content"].as_str().unwrap_or_default();
    let bytes = STANDARD.decode(content);
    Ok((&record.key, bytes.map_err(|error| StoreError::Fault(format!("picture {}: {error}", record.key)))?))
}
