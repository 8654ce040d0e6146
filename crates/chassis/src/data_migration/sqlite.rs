//! Export of a store in an SQLite file.

use super::{Column, Exporter, Page, Table, encode};
use crate::sqlite::Database;
use crate::store::StoreError;
use async_trait::async_trait;
use futures::TryStreamExt;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

/// The size in bytes of text at which a page ends, whatever its number of rows.
const PAGE_BYTES: usize = 8 << 20;

/// Transforms the value of a record of a kind.
pub type RecordTransform = fn(&str, Value) -> Result<Value, StoreError>;

/// The exported tables of an SQLite file.
#[derive(Clone)]
pub struct SqliteTables {
    database: Database,
    tables: &'static [Table],
    transform: Option<RecordTransform>,
}

impl SqliteTables {
    /// Exports these tables of this file.
    pub fn new(database: Database, tables: &'static [Table]) -> Self {
        Self { database, tables, transform: None }
    }

    /// Transforms each record for a target without tables.
    #[must_use]
    pub fn with_transform(self, transform: RecordTransform) -> Self {
        Self { transform: Some(transform), ..self }
    }
}

#[async_trait]
impl Exporter for SqliteTables {
    fn kinds(&self) -> Vec<&'static str> {
        self.tables.iter().map(|table| table.name).collect()
    }

    async fn page(&self, kind: &str, from: Option<&str>, limit: usize) -> Result<Page, StoreError> {
        let table = Table::find(self.tables, kind)?;
        let columns: Vec<String> = table.columns.iter().map(|(name, _)| format!("\"{name}\"")).collect();
        let position = from.map(|key| table.values(key)).transpose()?.unwrap_or_default();
        // SQLite can seek in the index by a row comparison, however many columns the key has.
        let after = match position.len() {
            0 => "TRUE".to_owned(),
            columns => format!("({}) > ({})", table.order('"'), vec!["?"; columns].join(", ")),
        };
        let statement = format!(
            "SELECT {} FROM {} WHERE ({}) AND {after} ORDER BY {} LIMIT ?",
            columns.join(", "),
            table.from.unwrap_or(table.name),
            table.only.unwrap_or("TRUE"),
            table.order('"')
        );
        let mut query = sqlx::query(sqlx::AssertSqlSafe(statement)).persistent(false);
        for value in &position {
            query = match value.as_i64() {
                Some(number) => query.bind(number),
                None => query.bind(value.as_str().map(str::to_owned)),
            };
        }
        let limit_bound = i64::try_from(limit).unwrap_or(i64::MAX);
        let mut reader = self.database.read().await?;
        let (mut rows, mut bytes, mut full) = (Vec::new(), 0, limit);
        let mut found = query.bind(limit_bound).fetch(&mut *reader);
        while let Some(row) = found.try_next().await? {
            let row = values(table, &row)?;
            bytes += row.values().filter_map(Value::as_str).map(str::len).sum::<usize>();
            rows.push(row);
            // Products and carts can be large, so a page is bounded by bytes as well as by rows.
            if bytes >= PAGE_BYTES {
                full = rows.len();
                break;
            }
        }
        let mut page = table.page(rows, full);
        if let Some(transform) = self.transform {
            for record in &mut page.records {
                record.value = transform(kind, record.value.take())?;
            }
        }
        Ok(page)
    }
}

/// Replaces a column of JSON text by its parsed value of type `T`.
///
/// # Errors
/// When the text does not parse as `T`.
pub fn read_json<T: Serialize + DeserializeOwned>(row: &mut Value, column: &str) -> Result<(), StoreError> {
    let read: T = serde_json::from_str(row[column].as_str().unwrap_or_default())?;
    row[column] = serde_json::to_value(read)?;
    Ok(())
}

/// Replaces a column of 1 or 0 by a boolean.
pub fn read_flag(row: &mut Value, column: &str) {
    row[column] = Value::from(row[column] == 1);
}

fn values(table: &Table, row: &SqliteRow) -> Result<Map<String, Value>, StoreError> {
    let value = |(place, (name, column)): (usize, &(&str, Column))| {
        let value = match column {
            Column::Integer => row.try_get::<Option<i64>, _>(place).map(Value::from),
            Column::Text => row.try_get::<Option<String>, _>(place).map(Value::from),
            Column::Bytes => row.try_get::<Option<Vec<u8>>, _>(place).map(encode),
        };
        Ok(((*name).to_owned(), value?))
    };
    table.columns.iter().enumerate().map(value).collect()
}
