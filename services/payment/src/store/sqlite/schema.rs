//! The schema of payment's SQLite file.

use chassis::sqlite::Migration;
use events::outbox::sqlite::SCHEMA as OUTBOX;

/// The migrations, in order. Existing ones are never edited.
pub const MIGRATIONS: &[Migration] = &[
    Migration {
        version: 1,
        name: "payments, idempotency, ledger, receipts",
        sql: "CREATE TABLE payments (
                  id TEXT PRIMARY KEY,
                  order_id TEXT NOT NULL UNIQUE,
                  live_cart_id TEXT UNIQUE,
                  state TEXT NOT NULL,
                  due_at INTEGER,
                  document TEXT NOT NULL
              ) WITHOUT ROWID;
              CREATE INDEX payments_due ON payments (due_at) WHERE due_at IS NOT NULL;
              CREATE TABLE idempotency (
                  owner TEXT NOT NULL,
                  operation TEXT NOT NULL,
                  key TEXT NOT NULL,
                  body_digest TEXT NOT NULL,
                  payment_id TEXT NOT NULL,
                  lease_until INTEGER NOT NULL,
                  status INTEGER,
                  body BLOB,
                  created_at INTEGER NOT NULL,
                  PRIMARY KEY (owner, operation, key)
              ) WITHOUT ROWID;
              CREATE INDEX idempotency_by_age ON idempotency (created_at);
              CREATE TABLE ledger (
                  id INTEGER PRIMARY KEY AUTOINCREMENT,
                  source TEXT NOT NULL,
                  order_id TEXT NOT NULL,
                  account TEXT NOT NULL,
                  amount INTEGER NOT NULL,
                  currency TEXT NOT NULL,
                  at INTEGER NOT NULL,
                  UNIQUE (source, account)
              );
              CREATE INDEX ledger_by_order ON ledger (order_id);
              CREATE TABLE receipts (number INTEGER PRIMARY KEY, order_id TEXT NOT NULL UNIQUE, issued_at INTEGER NOT NULL);
              CREATE TABLE sequences (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
              INSERT INTO sequences (name, value) VALUES ('order', 10000), ('receipt', 0);",
    },
    Migration { version: 2, name: "outbox", sql: OUTBOX },
    Migration {
        version: 3,
        name: "notices of gateways; the ledger knows gateways",
        sql: "CREATE TABLE notices (
                  gateway TEXT NOT NULL,
                  id TEXT NOT NULL,
                  body TEXT NOT NULL,
                  received_at INTEGER NOT NULL,
                  due_at INTEGER,
                  tries INTEGER NOT NULL DEFAULT 0,
                  reason TEXT,
                  given_up INTEGER NOT NULL DEFAULT 0,
                  PRIMARY KEY (gateway, id)
              ) WITHOUT ROWID;
              CREATE INDEX notices_due ON notices (due_at) WHERE due_at IS NOT NULL;
              CREATE INDEX notices_by_age ON notices (received_at);
              ALTER TABLE ledger ADD COLUMN gateway TEXT NOT NULL DEFAULT '';
              CREATE INDEX ledger_by_time ON ledger (at);",
    },
    Migration {
        version: 4,
        name: "payments are found by number and state",
        sql: "CREATE INDEX payments_by_number ON payments (json_extract(document, '$.order_number'));
              CREATE INDEX payments_by_state ON payments (state, id);",
    },
    Migration {
        version: 5,
        // Only the ledger has the name in a column; documents are upgraded when they are read.
        name: "manual payments are named manual",
        sql: "UPDATE ledger SET gateway = 'manual' WHERE gateway = 'by-hand';",
    },
];
