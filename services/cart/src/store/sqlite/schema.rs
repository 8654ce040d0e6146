//! The schema of the SQLite file.

use chassis::sqlite::Migration;
use events::inbox::sqlite::SCHEMA as INBOX;

pub const MIGRATIONS: &[Migration] = &[
    Migration {
        version: 1,
        name: "carts",
        sql: "CREATE TABLE carts (owner TEXT PRIMARY KEY, cart_id TEXT NOT NULL UNIQUE, document TEXT NOT NULL) WITHOUT ROWID;",
    },
    Migration { version: 2, name: "inbox", sql: INBOX },
    Migration { version: 3, name: "where merged carts went", sql: MERGED },
];

/// The account into whose cart a guest's cart was merged. Rows may outlive what the cart itself keeps track of.
const MERGED: &str = "
    CREATE TABLE merged (cart_id TEXT PRIMARY KEY, owner TEXT NOT NULL) WITHOUT ROWID;
    CREATE INDEX merged_by_owner ON merged (owner);";
