//! The records of a data migration: all data, also expired sessions, which the next purge deletes.
//!
//! A record is the document of MongoDB, with its id under the name of the SQLite column. The record of an account
//! includes its address book, like its document. Counters that only MongoDB stores are left out and start at 0 again.

use super::mongo::documents::{
    ACCOUNTS, API_KEYS, AccountDocument, AddressDocument, ApiKeyDocument, FIRST_ADMIN, FirstAdminDocument, SESSIONS,
    SessionDocument, TOKENS, TokenDocument,
};
use chassis::StoreError;
use chassis::auth::Role;
use chassis::data_migration::Column::{Integer, Text};
use chassis::data_migration::{RecordKind, Table, document_of, read_flag, read_json, value_of};
use serde_json::Value;

/// The tables of the SQLite file. There is always one record of the first admin, with the pending code if any.
pub const TABLES: &[Table] = &[
    Table {
        name: ACCOUNTS,
        only: None,
        from: Some(
            "(SELECT accounts.*, (SELECT json_group_array(
                  json_object('id', id, 'address', json(document), 'created_at', created_at) ORDER BY place DESC)
              FROM addresses WHERE account_id = accounts.id) AS addresses FROM accounts)",
        ),
        key: &["id"],
        columns: &[
            ("id", Text),
            ("email", Text),
            ("email_key", Text),
            ("name", Text),
            ("password", Text),
            ("roles", Text),
            ("admin", Integer),
            ("created_at", Integer),
            ("version", Integer),
            ("addresses", Text),
        ],
    },
    Table {
        name: SESSIONS,
        only: None,
        from: None,
        key: &["id"],
        columns: &[
            ("id", Text),
            ("account_id", Text),
            ("seed", Text),
            ("sequence", Integer),
            ("user_agent", Text),
            ("created_at", Integer),
            ("last_used_at", Integer),
        ],
    },
    Table {
        name: TOKENS,
        only: None,
        from: None,
        key: &["digest"],
        columns: &[("digest", Text), ("session_id", Text), ("sequence", Integer), ("issued_at", Integer)],
    },
    Table {
        name: API_KEYS,
        only: None,
        from: None,
        key: &["id"],
        columns: &[
            ("id", Text),
            ("digest", Text),
            ("name", Text),
            ("roles", Text),
            ("created_by", Text),
            ("created_at", Integer),
            ("last_used_at", Integer),
        ],
    },
    Table {
        name: FIRST_ADMIN,
        only: None,
        from: Some("(SELECT 1 AS one, (SELECT digest FROM first_admin_code) AS code)"),
        key: &["one"],
        columns: &[("one", Integer), ("code", Text)],
    },
];

/// Converts a row to its record: columns with JSON text become JSON values.
pub fn transform(kind: &str, mut row: Value) -> Result<Value, StoreError> {
    if kind == ACCOUNTS {
        read_json::<Vec<Role>>(&mut row, "roles")?;
        read_json::<Vec<AddressDocument>>(&mut row, "addresses")?;
        read_flag(&mut row, "admin");
    }
    if kind == API_KEYS {
        read_json::<Vec<Role>>(&mut row, "roles")?;
    }
    Ok(row)
}

/// The collections of MongoDB.
pub const RECORD_KINDS: &[RecordKind] = &[
    RecordKind::of::<AccountDocument>(ACCOUNTS, ACCOUNTS, &["id"]).with_id("id").converted(
        |document| without(value_of::<AccountDocument>(document)?, "logins"),
        |value| document_of::<AccountDocument>(with_zero(value, "logins")),
    ),
    RecordKind::of::<SessionDocument>(SESSIONS, SESSIONS, &["id"]).with_id("id"),
    RecordKind::of::<TokenDocument>(TOKENS, TOKENS, &["digest"]).with_id("digest"),
    RecordKind::of::<ApiKeyDocument>(API_KEYS, API_KEYS, &["id"]).with_id("id"),
    RecordKind::of::<FirstAdminDocument>(FIRST_ADMIN, FIRST_ADMIN, &["one"]).with_id("one").converted(
        |document| without(value_of::<FirstAdminDocument>(document)?, "turn"),
        |value| document_of::<FirstAdminDocument>(with_zero(value, "turn")),
    ),
];

/// Removes a counter that only MongoDB stores.
fn without(mut value: Option<Value>, count: &str) -> Result<Option<Value>, StoreError> {
    if let Some(fields) = value.as_mut().and_then(Value::as_object_mut) {
        // Removed instead of compared: SQLite has no such counter, and the copies must be equal.
        fields.remove(count);
    }
    Ok(value)
}

fn with_zero(mut value: Value, count: &str) -> Value {
    value[count] = Value::from(0);
    value
}
