//! What of stock moves with a shop: everything.

use crate::stock::Demand;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chassis::StoreError;
use chassis::sqlite::Database;
use chassis::data_migration::Column::{Integer, Text};
use chassis::data_migration::{SqliteTables, Table, read_flag, read_json};
use serde_json::Value;

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
/// Answers kept for their keys.
pub const ANSWERS: &str = chassis::idempotency::TABLE.name;
const OUTBOX: &str = events::outbox::TABLE.name;

const fn table(name: &'static str, key: &'static [&'static str], columns: Columns) -> Table {
    Table { name, only: None, from: None, key, columns }
}

type Columns = &'static [(&'static str, chassis::data_migration::Column)];

const TABLES: &[Table] = &[
    table(
        LEVELS,
        &["sku"],
        &[
            ("sku", Text),
            ("on_hand", Integer),
            ("reserved", Integer),
            ("oversell", Text),
            ("lines", Integer),
            ("ahead", Integer),
            ("missing", Integer),
            ("low_at", Integer),
            ("low", Integer),
            ("short", Integer),
        ],
    ),
    table(
        RESERVATIONS,
        &["order_id", "attempt"],
        &[
            ("order_id", Text),
            ("attempt", Integer),
            ("state", Text),
            ("demand", Text),
            ("promotion", Text),
            ("expected_by", Integer),
        ],
    ),
    table(PROMOTION_USES, &["code"], &[("code", Text), ("used", Integer)]),
    Table {
        from: Some("(SELECT sequence, sku AS \"of\" FROM changes)"),
        ..table(CHANGES, &["sequence"], &[("sequence", Integer), ("of", Text)])
    },
    table(
        HISTORY,
        &["sku", "number"],
        &[
            ("sku", Text),
            ("number", Integer),
            ("at", Integer),
            ("change", Integer),
            ("on_hand", Integer),
            ("reason", Text),
            ("kind", Text),
            ("forced", Integer),
            ("note", Text),
            ("author", Text),
            ("key", Text),
        ],
    ),
    chassis::idempotency::TABLE,
    // Without the sequence, which there is none of in MongoDB.
    table(OUTBOX, &["event_id"], &[("event_id", Text), ("body", Text), ("published", Integer)]),
];

fn shape(kind: &str, mut row: Value) -> Result<Value, StoreError> {
    match kind {
        LEVELS => {
            read_flag(&mut row, "low");
            read_flag(&mut row, "short");
        }
        RESERVATIONS => read_json::<Vec<Demand>>(&mut row, "demand")?,
        HISTORY => {
            read_flag(&mut row, "forced");
            // A line that has no key has no such field, so that an index of keys is one of those that there are.
            if let Some(fields) = row.as_object_mut()
                && fields.get("key").is_some_and(Value::is_null)
            {
                fields.remove("key");
            }
        }
        // In MongoDB it stands as the text that it is.
        ANSWERS => row["body"] = Value::from(read_text(&row["body"])?),
        OUTBOX => read_flag(&mut row, "published"),
        _ => {}
    }
    Ok(row)
}

/// The text that stands in Base64 in a record.
fn read_text(body: &Value) -> Result<String, StoreError> {
    let bytes = STANDARD.decode(body.as_str().unwrap_or_default());
    let bytes = bytes.map_err(|error| StoreError::Fault(format!("an answer cannot be read: {error}")))?;
    String::from_utf8(bytes).map_err(|error| StoreError::Fault(format!("an answer cannot be read: {error}")))
}

/// All that a file of stock keeps.
pub fn contents(database: Database) -> SqliteTables {
    SqliteTables::new(database, TABLES).with_transform(shape)
}
