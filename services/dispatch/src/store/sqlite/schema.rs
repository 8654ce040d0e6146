//! The schema of the SQLite file.

use chassis::idempotency::sqlite::SCHEMA as RESPONSES;
use chassis::sqlite::Migration;
use events::inbox::sqlite::SCHEMA as INBOX;
use events::outbox::sqlite::SCHEMA as OUTBOX;

/// The migrations in the order in which they run.
pub const MIGRATIONS: &[Migration] = &[
    Migration {
        version: 1,
        name: "orders and letters",
        sql: "CREATE TABLE orders (
                  id TEXT PRIMARY KEY,
                  owner TEXT NOT NULL,
                  status TEXT NOT NULL,
                  due_at INTEGER,
                  fence INTEGER NOT NULL DEFAULT 0,
                  steps INTEGER NOT NULL DEFAULT 0,
                  lease_until INTEGER NOT NULL DEFAULT 0,
                  letters INTEGER NOT NULL DEFAULT 0,
                  document TEXT NOT NULL
              ) WITHOUT ROWID;
              CREATE INDEX orders_by_owner ON orders (owner, id);
              CREATE INDEX orders_by_status ON orders (status, id);
              CREATE INDEX orders_due ON orders (due_at) WHERE due_at IS NOT NULL;
              CREATE TABLE mails (
                  id TEXT PRIMARY KEY,
                  recipient TEXT NOT NULL,
                  subject TEXT NOT NULL,
                  body TEXT NOT NULL,
                  at INTEGER NOT NULL,
                  due_at INTEGER,
                  tries INTEGER NOT NULL DEFAULT 0,
                  reason TEXT
              ) WITHOUT ROWID;
              CREATE INDEX mails_due ON mails (due_at) WHERE due_at IS NOT NULL;
              CREATE INDEX mails_by_time ON mails (at);",
    },
    Migration { version: 2, name: "outbox", sql: OUTBOX },
    Migration { version: 3, name: "inbox", sql: INBOX },
    Migration { version: 4, name: "answers of requests", sql: RESPONSES },
    Migration {
        version: 5,
        name: "orders that wait for goods, and what customers took back through their banks",
        sql: "CREATE TABLE stock_waits (sku TEXT NOT NULL, order_id TEXT NOT NULL, PRIMARY KEY (sku, order_id)) WITHOUT ROWID;
              UPDATE orders SET document = json_set(document, '$.record.sums.charged_back',
                  json_object('amount', 0, 'currency', json_extract(document, '$.record.sums.captured.currency')))
              WHERE json_extract(document, '$.record.sums.charged_back') IS NULL;",
    },
    Migration {
        version: 6,
        name: "emails that were given up",
        sql: "CREATE INDEX mails_given_up ON mails (at, id) WHERE due_at IS NULL AND reason IS NOT NULL;",
    },
    // Orders from before are found by their whole name instead of its words.
    Migration {
        version: 7,
        name: "the terms that orders are found by",
        sql: "CREATE TABLE order_terms (term TEXT NOT NULL, order_id TEXT NOT NULL, PRIMARY KEY (term, order_id)) WITHOUT ROWID;
              INSERT INTO order_terms (term, order_id)
              SELECT DISTINCT lower(substr(term, 1, 100)), id FROM (
                  SELECT json_extract(document, '$.record.order_number') AS term, id FROM orders
                  UNION ALL SELECT json_extract(document, '$.record.email'), id FROM orders
                  UNION ALL SELECT json_extract(document, '$.record.address.name'), id FROM orders
              ) WHERE term IS NOT NULL;",
    },
    Migration {
        version: 8,
        name: "the channel of a message",
        sql: "ALTER TABLE mails ADD COLUMN channel TEXT NOT NULL DEFAULT 'email';
              CREATE INDEX mails_due_by_channel ON mails (channel, due_at) WHERE due_at IS NOT NULL;",
    },
    // Generated columns, so that rows which replicas of the version before write during an upgrade have them too.
    Migration {
        version: 9,
        name: "orders by date, and with returns to be received",
        sql: "ALTER TABLE orders ADD COLUMN placed_at TEXT
                  GENERATED ALWAYS AS (json_extract(document, '$.record.placed_at')) VIRTUAL;
              ALTER TABLE orders ADD COLUMN awaits_return INTEGER
                  GENERATED ALWAYS AS (instr(document, '\"state\":{\"state\":\"requested\"}') > 0) VIRTUAL;
              CREATE INDEX orders_by_date ON orders (placed_at, id);
              CREATE INDEX orders_awaiting_return ON orders (awaits_return, id) WHERE awaits_return = 1;",
    },
];
