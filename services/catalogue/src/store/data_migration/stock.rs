//! The records of stock: everything the store contains.

use crate::stock::Demand;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chassis::StoreError;
use chassis::data_migration::Column::{Integer, Text};
use chassis::data_migration::{Column, SqliteTables, Table, read_flag, read_json};
use chassis::sqlite::Database;
use serde_json::Value;

/// The kind of stock levels.
pub const LEVELS: &str = "levels";
/// The kind of reservations, whatever their state.
pub const RESERVATIONS: &str = "reservations";
/// The kind of usage counts of promotions.
pub const PROMOTION_USES: &str = "promotion_uses";
/// The kind of history entries.
pub const HISTORY: &str = "history";
/// The kind of entries in the change log of stock.
pub const CHANGES: &str = "stock_changes";
/// The kind of stored responses.
pub const RESPONSES: &str = chassis::idempotency::TABLE.name;
const OUTBOX: &str = events::outbox::TABLE.name;

type Columns = &'static [(&'static str, Column)];

const fn table(name: &'static str, key: &'static [&'static str], columns: Columns) -> Table {
    Table { name, only: None, from: None, key, columns }
}

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
            ("cart_id", Text),
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
    // Without the sequence number, which the outbox in MongoDB does not have.
    table(OUTBOX, &["event_id"], &[("event_id", Text), ("body", Text), ("published", Integer)]),
];

/// Converts a row into the value of its record: JSON text becomes JSON, flags become booleans.
fn to_record(kind: &str, mut row: Value) -> Result<Value, StoreError> {
    match kind {
        LEVELS => {
            read_flag(&mut row, "low");
            read_flag(&mut row, "short");
        }
        RESERVATIONS => read_json::<Vec<Demand>>(&mut row, "demand")?,
        HISTORY => {
            read_flag(&mut row, "forced");
            // The unique index in MongoDB covers only entries that have the field.
            if let Some(fields) = row.as_object_mut()
                && fields.get("key").is_some_and(Value::is_null)
            {
                fields.remove("key");
            }
        }
        // MongoDB stores the body as text, SQLite as bytes.
        RESPONSES => row["body"] = Value::from(decode_text(&row["body"])?),
        OUTBOX => read_flag(&mut row, "published"),
        _ => {}
    }
    Ok(row)
}

/// Decodes text from its Base64 form.
fn decode_text(body: &Value) -> Result<String, StoreError> {
    let bytes = STANDARD.decode(body.as_str().unwrap_or_default());
    let bytes = bytes.map_err(|error| StoreError::Fault(format!("a stored response cannot be read: {error}")))?;
    String::from_utf8(bytes).map_err(|error| StoreError::Fault(format!("a stored response cannot be read: {error}")))
}

/// Returns the tables of `stock.db`, in the order they are migrated.
pub fn tables(database: Database) -> SqliteTables {
    SqliteTables::new(database, TABLES).with_transform(to_record)
}
