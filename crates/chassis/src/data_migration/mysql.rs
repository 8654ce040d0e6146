//! Export and import of a store in MySQL.

use super::{Column, Exporter, Importer, Page, Record, Table, decode, encode};
use crate::mysql::Database;
use crate::store::{StoreError, retry_transaction};
use async_trait::async_trait;
use serde_json::{Map, Value};
use sqlx::mysql::MySqlRow;
use sqlx::{MySql, QueryBuilder, Row};

/// The target size of a statement in bytes of JSON, well below the default `max_allowed_packet` of the servers.
const BATCH_BYTES: usize = 1 << 20;

/// The exported or imported tables of a MySQL database.
#[derive(Clone)]
pub struct MysqlTables {
    database: Database,
    tables: &'static [Table],
}

impl MysqlTables {
    /// Creates the exporter and importer of these tables.
    pub fn new(database: Database, tables: &'static [Table]) -> Self {
        Self { database, tables }
    }

    async fn write(&self, table: &Table, records: &[Record]) -> Result<(), StoreError> {
        let columns: Vec<String> = table.columns.iter().map(|(name, _)| format!("`{name}`")).collect();
        let mut rows = Vec::with_capacity(records.len());
        for record in records {
            rows.push(fields(table, &record.value)?);
        }
        let mut statement =
            // REPLACE makes a repeated batch idempotent, which a resumed migration needs.
            QueryBuilder::<MySql>::new(format!("REPLACE INTO {} ({}) ", table.name, columns.join(", ")));
        statement.push_values(rows, |mut row, fields| {
            for field in fields {
                match field {
                    Field::Integer(value) => row.push_bind(value),
                    Field::Text(value) => row.push_bind(value),
                    Field::Bytes(value) => row.push_bind(value),
                };
            }
        });
        // Batches differ in their number of rows, so a prepared statement would rarely be used again.
        statement.build().persistent(false).execute(self.database.pool()).await?;
        Ok(())
    }
}

enum Field {
    Integer(Option<i64>),
    Text(Option<String>),
    Bytes(Option<Vec<u8>>),
}

fn fields(table: &Table, value: &Value) -> Result<Vec<Field>, StoreError> {
    let field = |(name, column): &(&str, Column)| {
        let value = &value[*name];
        Ok(match column {
            Column::Integer => Field::Integer(value.as_i64()),
            Column::Text => Field::Text(value.as_str().map(str::to_owned)),
            Column::Bytes => Field::Bytes(decode(value)?),
        })
    };
    table.columns.iter().map(field).collect()
}

#[async_trait]
impl Exporter for MysqlTables {
    fn kinds(&self) -> Vec<&'static str> {
        self.tables.iter().map(|table| table.name).collect()
    }

    async fn page(&self, kind: &str, from: Option<&str>, limit: usize) -> Result<Page, StoreError> {
        let table = Table::find(self.tables, kind)?;
        // The casts return integers of any width as 64 bits, and texts as UTF-8 even if their column is binary.
        let column = |(name, column): &(&str, Column)| match column {
            Column::Integer => format!("CAST(`{name}` AS SIGNED)"),
            Column::Text => format!("CONVERT(`{name}` USING utf8mb4)"),
            Column::Bytes => format!("`{name}`"),
        };
        let columns: Vec<String> = table.columns.iter().map(column).collect();
        let position = from.map(|key| table.position(key)).transpose()?.unwrap_or_default();
        let condition = table.condition(from, '`');
        let statement = format!(
            "SELECT {} FROM {} WHERE {condition} ORDER BY {} LIMIT ?",
            columns.join(", "),
            table.name,
            table.order('`')
        );
        let mut query = sqlx::query(sqlx::AssertSqlSafe(statement)).persistent(false);
        for value in &position {
            // MySQL does not use the index of a text column that is compared with a number.
            query = match value.as_i64() {
                Some(number) => query.bind(number),
                None => query.bind(value.as_str().map(str::to_owned)),
            };
        }
        let rows = query.bind(i64::try_from(limit).unwrap_or(i64::MAX)).fetch_all(self.database.pool()).await?;
        let rows: Result<Vec<_>, _> = rows.iter().map(|row| values(table, row)).collect();
        Ok(table.page(rows?, limit))
    }
}

fn values(table: &Table, row: &MySqlRow) -> Result<Map<String, Value>, StoreError> {
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

#[async_trait]
impl Importer for MysqlTables {
    async fn receive(&self, kind: &str, records: &[Record]) -> Result<(), StoreError> {
        let table = Table::find(self.tables, kind)?;
        let mut rest = records;
        while !rest.is_empty() {
            let mut bytes = 0;
            let fits = rest.iter().take_while(|record| {
                bytes += record.value.to_string().len();
                bytes <= BATCH_BYTES
            });
            // A record that is larger than the limit is sent alone, so that the loop always advances.
            let (now, later) = rest.split_at(fits.count().max(1));
            retry_transaction(|| self.write(table, now)).await?;
            rest = later;
        }
        Ok(())
    }
}
