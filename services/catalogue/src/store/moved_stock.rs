//! What of stock moves with a shop: everything. Lines of the history are told apart by their SKU and their place in its
//! history, as in MongoDB; a level counts them.

use crate::stock::Demand;
use async_trait::async_trait;
use chassis::StoreError;
use chassis::sqlite::Database;
use chassis::transfer::Column::{Integer, Text};
use chassis::transfer::{Contents, Page, Record, SqliteTables, Table, read_json};
use serde_json::{Value, json};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

/// Levels.
pub const LEVELS: &str = "levels";
/// Reservations, in whatever state.
pub const RESERVATIONS: &str = "reservations";
/// Uses of promotions.
pub const PROMOTION_USES: &str = "promotion_uses";
/// The history of levels.
pub const HISTORY: &str = "history";
/// Which SKUs became buyable or ceased to be, in which order.
pub const CHANGES: &str = "stock_changes";

const TABLES: &[Table] = &[
    Table {
        name: LEVELS,
        only: None,
        from: Some("(SELECT *, (SELECT count(*) FROM history WHERE history.sku = levels.sku) AS lines FROM levels)"),
        key: &["sku"],
        columns: &[("sku", Text), ("on_hand", Integer), ("reserved", Integer), ("oversell", Text), ("lines", Integer)],
    },
    Table {
        name: RESERVATIONS,
        only: None,
        from: None,
        key: &["order_id", "attempt"],
        columns: &[
            ("order_id", Text),
            ("attempt", Integer),
            ("state", Text),
            ("demand", Text),
            ("promotion", Text),
            ("expected_by", Integer),
        ],
    },
    Table {
        name: PROMOTION_USES,
        only: None,
        from: None,
        key: &["code"],
        columns: &[("code", Text), ("used", Integer)],
    },
    Table {
        name: CHANGES,
        only: None,
        from: Some("(SELECT sequence, sku AS \"of\" FROM changes)"),
        key: &["sequence"],
        columns: &[("sequence", Integer), ("of", Text)],
    },
];

fn shape(kind: &str, mut row: Value) -> Result<Value, StoreError> {
    if kind == RESERVATIONS {
        read_json::<Vec<Demand>>(&mut row, "demand")?;
    }
    Ok(row)
}

/// All that a file of stock keeps.
#[derive(Clone)]
pub struct SqliteStockContents {
    tables: SqliteTables,
    database: Database,
}

impl SqliteStockContents {
    pub(super) fn new(database: Database) -> Self {
        Self { tables: SqliteTables::new(database.clone(), TABLES).shaped(shape), database }
    }

    /// By SKU, and in the order in which it was written. The lines of a SKU are counted while they are read.
    async fn history(&self, from: Option<&str>, limit: usize) -> Result<Page, StoreError> {
        let (mut sku, mut id, mut number) = match from {
            Some(place) => serde_json::from_str(place)?,
            None => (String::new(), 0_i64, 0_i64),
        };
        let rows = sqlx::query(
            "SELECT id, sku, at, change, reason, note, author, key FROM history
             WHERE (sku, id) > (?, ?) ORDER BY sku, id LIMIT ?",
        )
        .bind(&sku)
        .bind(id)
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(&mut *self.database.read().await?)
        .await?;
        let mut page = Page::default();
        for row in &rows {
            let of: String = row.get("sku");
            number = if of == sku { number + 1 } else { 1 };
            (sku, id) = (of, row.get("id"));
            page.records.push(line(row, &sku, number));
        }
        if rows.len() >= limit {
            page.next = Some(json!([sku, id, number]).to_string());
        }
        Ok(page)
    }
}

fn line(row: &SqliteRow, sku: &str, number: i64) -> Record {
    let text = |column: &str| row.get::<String, _>(column);
    let mut value = json!({
        "sku": sku,
        "number": number,
        "at": row.get::<i64, _>("at"),
        "change": row.get::<i64, _>("change"),
        "reason": text("reason"),
        "note": text("note"),
        "author": text("author"),
    });
    if let Some(key) = row.get::<Option<String>, _>("key") {
        value["key"] = Value::from(key);
    }
    Record { key: json!([sku, number]).to_string(), value }
}

#[async_trait]
impl Contents for SqliteStockContents {
    fn kinds(&self) -> Vec<&'static str> {
        let mut kinds = self.tables.kinds();
        kinds.push(HISTORY);
        kinds
    }

    async fn page(&self, kind: &str, from: Option<&str>, limit: usize) -> Result<Page, StoreError> {
        match kind {
            HISTORY => self.history(from, limit).await,
            _ => self.tables.page(kind, from, limit).await,
        }
    }
}
