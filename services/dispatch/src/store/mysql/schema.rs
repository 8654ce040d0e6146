//! The schema of the MySQL database.

use chassis::idempotency::mysql::SCHEMA as RESPONSES;
use chassis::mysql::Migration;
use events::inbox::mysql::SCHEMA as INBOX;
use events::outbox::mysql::SCHEMA as OUTBOX;

/// The migrations in the order in which they run.
// MySQL commits each change of a schema by itself, so a migration that stopped halfway runs again: every statement must be
// repeatable.
pub const MIGRATIONS: &[Migration] = &[
    Migration {
        version: 1,
        name: "orders and letters",
        sql: "CREATE TABLE IF NOT EXISTS orders (
                  id CHAR(36) PRIMARY KEY,
                  owner VARCHAR(100) NOT NULL,
                  status VARCHAR(20) NOT NULL,
                  due_at BIGINT,
                  fence BIGINT NOT NULL DEFAULT 0,
                  steps BIGINT NOT NULL DEFAULT 0,
                  lease_until BIGINT NOT NULL DEFAULT 0,
                  letters BIGINT NOT NULL DEFAULT 0,
                  document LONGTEXT NOT NULL,
                  KEY orders_by_owner (owner, id),
                  KEY orders_by_status (status, id),
                  KEY orders_due (due_at)
              ) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
              CREATE TABLE IF NOT EXISTS mails (
                  id VARCHAR(320) PRIMARY KEY,
                  recipient VARCHAR(320) NOT NULL,
                  subject TEXT NOT NULL,
                  body LONGTEXT NOT NULL,
                  at BIGINT NOT NULL,
                  due_at BIGINT,
                  tries BIGINT NOT NULL DEFAULT 0,
                  reason LONGTEXT,
                  KEY mails_due (due_at),
                  KEY mails_by_time (at)
              ) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;",
    },
    Migration { version: 2, name: "outbox", sql: OUTBOX },
    Migration { version: 3, name: "inbox", sql: INBOX },
    Migration { version: 4, name: "answers of requests", sql: RESPONSES },
    Migration {
        version: 5,
        name: "orders that wait for goods, and what customers took back through their banks",
        sql: "CREATE TABLE IF NOT EXISTS stock_waits (
                  sku VARCHAR(64) NOT NULL,
                  order_id CHAR(36) NOT NULL,
                  PRIMARY KEY (sku, order_id)
              ) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
              UPDATE orders SET document = JSON_SET(document, '$.record.sums.charged_back',
                  JSON_OBJECT('amount', 0, 'currency',
                      JSON_UNQUOTE(JSON_EXTRACT(document, '$.record.sums.captured.currency'))))
              WHERE JSON_EXTRACT(document, '$.record.sums.charged_back') IS NULL;",
    },
    Migration {
        version: 6,
        name: "emails that were given up",
        sql: "ALTER TABLE mails ADD KEY mails_by_tries (tries);",
    },
    // The time from which an order can be claimed: when it is due and its lease has ended. A range of it has only orders that a
    // claim takes, so that a claim locks no others. `GREATEST` is null if one of its arguments is.
    Migration {
        version: 7,
        name: "the time from which an order can be claimed",
        sql: "ALTER TABLE orders ADD COLUMN claimable_at BIGINT GENERATED ALWAYS AS (GREATEST(due_at, lease_until)) VIRTUAL;
              ALTER TABLE orders ADD KEY orders_claimable (claimable_at);",
    },
    Migration {
        version: 8,
        name: "SKUs of up to 255 characters",
        sql: "ALTER TABLE stock_waits MODIFY sku VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL;",
    },
    // Orders from before are found by their whole name instead of its words.
    Migration {
        version: 9,
        name: "the terms that orders are found by",
        sql: "CREATE TABLE IF NOT EXISTS order_terms (
                  term VARCHAR(100) NOT NULL,
                  order_id CHAR(36) NOT NULL,
                  PRIMARY KEY (term, order_id)
              ) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
              INSERT INTO order_terms (term, order_id)
              SELECT DISTINCT lower(left(term, 100)), id FROM (
                  SELECT JSON_UNQUOTE(JSON_EXTRACT(document, '$.record.order_number')) AS term, id FROM orders
                  UNION ALL SELECT JSON_UNQUOTE(JSON_EXTRACT(document, '$.record.email')), id FROM orders
                  UNION ALL SELECT JSON_UNQUOTE(JSON_EXTRACT(document, '$.record.address.name')), id FROM orders
              ) AS former WHERE term IS NOT NULL
              ON DUPLICATE KEY UPDATE order_id = order_terms.order_id;",
    },
    // The replicas of the version before claim by the index `mails_due`, so it stays.
    Migration {
        version: 10,
        name: "the channel of a message",
        sql: "ALTER TABLE mails ADD COLUMN channel VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL DEFAULT 'email',
              ADD KEY mails_due_by_channel (channel, due_at);",
    },
    // Generated columns, so that rows which replicas of the version before write during an upgrade have them too. One statement,
    // so that it is done as a whole or not at all.
    Migration {
        version: 11,
        name: "orders by date, and with returns to be received",
        sql: "ALTER TABLE orders
              ADD COLUMN placed_at VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
                  GENERATED ALWAYS AS (JSON_UNQUOTE(JSON_EXTRACT(document, '$.record.placed_at'))) VIRTUAL,
              ADD COLUMN awaits_return TINYINT
                  GENERATED ALWAYS AS (LOCATE('\"state\":{\"state\":\"requested\"}', document) > 0) VIRTUAL,
              ADD KEY orders_by_date (placed_at, id),
              ADD KEY orders_awaiting_return (awaits_return, id);",
    },
];
