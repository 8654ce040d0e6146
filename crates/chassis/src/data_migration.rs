//! Data migration: copies a store into another store of the same service, and verifies it by count and checksum.
//!
//! A store is exported as kinds of records. A record is a key and a JSON value, which are the same in every database.
//! Copied records are read back from the target and compared with the source.

mod mongo;
mod mysql;
mod sqlite;

pub use mongo::{MongoCollections, RecordKind, document_of, value_of};
pub use mysql::MysqlTables;
pub use sqlite::{RecordTransform, SqliteTables, read_flag, read_json};

use crate::store::StoreError;
use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// One row, document or value of a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The key, unique among the records of its kind.
    pub key: String,
    /// The value as JSON.
    pub value: Value,
}

/// One page of the records of a kind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// The records of the page.
    pub records: Vec<Record>,
    /// The position of the next page; `None` after the last one.
    pub next: Option<String>,
}

/// A store whose records can be read.
#[async_trait]
pub trait Exporter: Send + Sync {
    /// Returns the kinds of records, in the order in which they are to be copied.
    fn kinds(&self) -> Vec<&'static str>;

    /// Returns about `limit` records of a kind, from the position that the previous page returned.
    async fn page(&self, kind: &str, from: Option<&str>, limit: usize) -> Result<Page, StoreError>;
}

/// A store into which records can be written.
#[async_trait]
pub trait Importer: Exporter {
    /// Writes these records durably. A record replaces one with the same key.
    async fn receive(&self, kind: &str, records: &[Record]) -> Result<(), StoreError>;
}

/// The number of records and a checksum over them that does not depend on their order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Summary {
    /// The number of records.
    pub records: u64,
    /// The sum of the records' SHA-256, the first 16 bytes of each, modulo 2^128.
    pub checksum: u128,
}

impl Summary {
    /// Adds a record to the summary.
    pub fn add(&mut self, record: &Record) {
        let mut text = record.key.clone();
        // No key contains a NUL, so it separates the key from the value unambiguously.
        text.push('\0');
        write_canonical(&record.value, &mut text);
        let mut first = [0; 16];
        first.copy_from_slice(&Sha256::digest(text.as_bytes())[..16]);
        self.records += 1;
        // A sum does not depend on the order. Unlike an exclusive or, it does not cancel a record that occurs twice.
        self.checksum = self.checksum.wrapping_add(u128::from_be_bytes(first));
    }
}

/// Writes JSON with the members of objects in a fixed order.
fn write_canonical(value: &Value, text: &mut String) {
    match value {
        Value::Object(fields) => {
            let mut names: Vec<&String> = fields.keys().collect();
            // serde_json sorts members by itself only while no crate of the build enables its feature preserve_order.
            names.sort_unstable();
            text.push('{');
            for name in names {
                text.push_str(&Value::from(name.as_str()).to_string());
                text.push(':');
                write_canonical(&fields[name], text);
                text.push(',');
            }
            text.push('}');
        }
        Value::Array(items) => {
            text.push('[');
            for item in items {
                write_canonical(item, text);
                text.push(',');
            }
            text.push(']');
        }
        plain => text.push_str(&plain.to_string()),
    }
}

/// The number of records per page.
pub const PAGE: usize = 500;

/// Summarises all records of a kind. `seen` is called for each page with its number of records.
///
/// # Errors
/// When the store is unavailable.
pub async fn summarise(
    contents: &dyn Exporter,
    kind: &str,
    mut seen: impl FnMut(u64) + Send,
) -> Result<Summary, StoreError> {
    let (mut summary, mut from) = (Summary::default(), None);
    loop {
        let page = contents.page(kind, from.as_deref(), PAGE).await?;
        page.records.iter().for_each(|record| summary.add(record));
        seen(page.records.len() as u64);
        match page.next {
            Some(next) => from = Some(next),
            None => return Ok(summary),
        }
    }
}

/// A column of a table that is copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    /// A signed 64-bit integer.
    Integer,
    /// A text in UTF-8.
    Text,
    /// Bytes, encoded as Base64 in a record.
    Bytes,
}

/// A table that has the same columns in several SQL databases.
#[derive(Debug, Clone, Copy)]
pub struct Table {
    /// The name of the table.
    pub name: &'static str,
    /// The SQL condition of the rows that are copied; `None` for all rows.
    pub only: Option<&'static str>,
    /// The source in SQLite when it is not a table of the same name: a query in parentheses.
    pub from: Option<&'static str>,
    /// The columns of its primary key.
    pub key: &'static [&'static str],
    /// All columns, including those of the key.
    pub columns: &'static [(&'static str, Column)],
}

impl Table {
    fn find<'t>(tables: &'t [Self], name: &str) -> Result<&'t Self, StoreError> {
        let found = tables.iter().find(|table| table.name == name);
        found.ok_or_else(|| StoreError::Fault(format!("there is no table {name} to copy")))
    }

    /// Returns the condition of the rows after a key: for `(a, b)`, `a > ? OR (a = ? AND b > ?)`.
    fn after(&self, quote: char) -> String {
        // For a row comparison `(a, b) > (?, ?)` MySQL uses only the first column of an index.
        let terms = (0..self.key.len()).map(|last| {
            let equal = self.key[..last].iter().map(|name| format!("{quote}{name}{quote} = ? AND "));
            format!("({}{quote}{}{quote} > ?)", equal.collect::<String>(), self.key[last])
        });
        terms.collect::<Vec<_>>().join(" OR ")
    }

    /// Returns the condition of the rows that are copied and come after the key `from`.
    fn condition(&self, from: Option<&str>, quote: char) -> String {
        let after = from.map_or_else(|| "TRUE".to_owned(), |_| self.after(quote));
        format!("({}) AND ({after})", self.only.unwrap_or("TRUE"))
    }

    fn order(&self, quote: char) -> String {
        self.key.iter().map(|name| format!("{quote}{name}{quote}")).collect::<Vec<_>>().join(", ")
    }

    /// Parses the values of a record's key.
    fn values(&self, key: &str) -> Result<Vec<Value>, StoreError> {
        let values: Vec<Value> = serde_json::from_str(key)?;
        if values.len() != self.key.len() {
            return Err(StoreError::Fault(format!("{key} is no key of {}", self.name)));
        }
        Ok(values)
    }

    /// Returns the values to bind to the condition of [`Self::after`].
    fn position(&self, key: &str) -> Result<Vec<Value>, StoreError> {
        let values = self.values(key)?;
        Ok((0..values.len()).flat_map(|last| values[..=last].to_vec()).collect())
    }

    fn record(&self, value: serde_json::Map<String, Value>) -> Record {
        let value = Value::Object(value);
        Record { key: key_of(self.key, &value), value }
    }

    /// Creates a page of `rows`. Fewer than `limit` rows are the last page.
    fn page(&self, rows: Vec<serde_json::Map<String, Value>>, limit: usize) -> Page {
        let records: Vec<Record> = rows.into_iter().map(|row| self.record(row)).collect();
        // A full page may be the last one. Then the next page is empty, which saves a count of all rows.
        let next = if records.len() < limit { None } else { records.last().map(|record| record.key.clone()) };
        Page { records, next }
    }
}

/// Returns the key of a record: the JSON array of these fields of its value.
fn key_of(names: &[&str], value: &Value) -> String {
    // A JSON array separates the columns of a compound key, whatever characters they contain.
    names.iter().map(|name| value[*name].clone()).collect::<Value>().to_string()
}

fn encode(bytes: Option<Vec<u8>>) -> Value {
    bytes.map_or(Value::Null, |bytes| Value::from(STANDARD.encode(bytes)))
}

fn decode(value: &Value) -> Result<Option<Vec<u8>>, StoreError> {
    let told = |error| StoreError::Fault(format!("bytes cannot be read: {error}"));
    value.as_str().map(|text| STANDARD.decode(text).map_err(told)).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn summary(records: &[(&str, Value)]) -> Summary {
        let mut summary = Summary::default();
        for (key, value) in records {
            summary.add(&Record { key: (*key).to_owned(), value: value.clone() });
        }
        summary
    }

    #[test]
    fn a_summary_ignores_the_order_of_records_and_members() {
        let one = summary(&[("a", json!({"x": 1, "y": [1, {"b": 2, "a": null}]})), ("b", json!("text"))]);
        let other: Value = serde_json::from_str(r#"{"y": [1, {"a": null, "b": 2}], "x": 1}"#).expect("JSON");
        assert_eq!(one, summary(&[("b", json!("text")), ("a", other)]));
    }

    #[test]
    fn any_difference_counts() {
        let one = summary(&[("a", json!({"x": 1}))]);
        for other in [json!({"x": 2}), json!({"x": "1"}), json!({"x": null}), json!({}), json!({"y": 1})] {
            assert_ne!(one, summary(&[("a", other)]));
        }
        assert_ne!(one, summary(&[("b", json!({"x": 1}))]));
        assert_ne!(one, summary(&[("a", json!({"x": 1})), ("a", json!({"x": 1}))]));
    }
}
