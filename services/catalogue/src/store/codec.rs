//! Conversions between values and rows that all databases share.

use chassis::StoreError;
use contracts::ProductId;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Converts the limit of a page to the type that databases take.
pub fn row_limit(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

/// Returns the exclusive upper bound of ids for a page that lists the newest first.
pub fn upper_bound(before: Option<ProductId>) -> String {
    // Ids are hexadecimal, so "g" sorts after all of them.
    before.map_or_else(|| "g".to_owned(), |id| id.to_string())
}

/// Returns the exclusive upper bound of the texts that begin with `prefix`.
pub fn end_of_prefix(prefix: &str) -> String {
    // The last character of Unicode sorts after every continuation.
    format!("{prefix}\u{10FFFF}")
}

/// Returns the stored name of an enum value, which is its JSON name.
pub fn enum_name(value: impl Serialize) -> Result<String, StoreError> {
    match serde_json::to_value(value)? {
        Value::String(name) => Ok(name),
        other => Err(StoreError::Fault(format!("not an enum without data: {other}"))),
    }
}

/// Parses the stored name of an enum value.
pub fn parse_enum<T: DeserializeOwned>(name: &str) -> Result<T, StoreError> {
    Ok(serde_json::from_value(Value::String(name.to_owned()))?)
}
