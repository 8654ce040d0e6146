//! The schema of payment's MySQL database. Statements must be repeatable, since MySQL commits each schema change by itself.

use chassis::mysql::Migration;
use events::outbox::mysql::SCHEMA as OUTBOX;

/// The migrations, in order. Existing ones are never edited.
pub const MIGRATIONS: &[Migration] = &[
    Migration {
        version: 1,
        name: "payments, idempotency, ledger, receipts",
        // Closed payments have no live cart: a unique key allows any number of NULLs.
        sql: "CREATE TABLE IF NOT EXISTS payments (
                  id CHAR(36) PRIMARY KEY,
                  order_id CHAR(36) NOT NULL,
                  live_cart_id CHAR(36),
                  state VARCHAR(20) NOT NULL,
                  due_at BIGINT,
                  document LONGTEXT NOT NULL,
                  UNIQUE KEY payments_order (order_id),
                  UNIQUE KEY payments_live_cart (live_cart_id),
                  KEY payments_due (due_at)
              ) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
              CREATE TABLE IF NOT EXISTS idempotency (
                  owner VARCHAR(100) NOT NULL,
                  operation VARCHAR(40) NOT NULL,
                  `key` VARCHAR(128) NOT NULL,
                  body_digest CHAR(64) NOT NULL,
                  payment_id CHAR(36) NOT NULL,
                  lease_until BIGINT NOT NULL,
                  status SMALLINT UNSIGNED,
                  body LONGBLOB,
                  created_at BIGINT NOT NULL,
                  PRIMARY KEY (owner, operation, `key`),
                  KEY idempotency_by_age (created_at)
              ) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
              CREATE TABLE IF NOT EXISTS ledger (
                  id BIGINT PRIMARY KEY AUTO_INCREMENT,
                  source VARCHAR(64) NOT NULL,
                  order_id CHAR(36) NOT NULL,
                  account VARCHAR(20) NOT NULL,
                  amount BIGINT NOT NULL,
                  currency CHAR(3) NOT NULL,
                  at BIGINT NOT NULL,
                  UNIQUE KEY ledger_posting (source, account),
                  KEY ledger_by_order (order_id)
              ) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
              CREATE TABLE IF NOT EXISTS receipts (
                  number BIGINT PRIMARY KEY,
                  order_id CHAR(36) NOT NULL,
                  issued_at BIGINT NOT NULL,
                  UNIQUE KEY receipts_order (order_id)
              ) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
              CREATE TABLE IF NOT EXISTS sequences (
                  name VARCHAR(20) PRIMARY KEY,
                  value BIGINT NOT NULL
              ) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
              INSERT INTO sequences (name, value) VALUES ('order', 10000), ('receipt', 0)
                  ON DUPLICATE KEY UPDATE value = sequences.value;",
    },
    Migration { version: 2, name: "outbox", sql: OUTBOX },
    Migration {
        version: 3,
        name: "notices of gateways; the ledger knows gateways",
        sql: "CREATE TABLE IF NOT EXISTS notices (
                  gateway VARCHAR(40) NOT NULL,
                  id VARCHAR(100) NOT NULL,
                  body LONGTEXT NOT NULL,
                  received_at BIGINT NOT NULL,
                  due_at BIGINT,
                  tries INT UNSIGNED NOT NULL DEFAULT 0,
                  reason TEXT,
                  given_up TINYINT NOT NULL DEFAULT 0,
                  PRIMARY KEY (gateway, id),
                  KEY notices_due (due_at),
                  KEY notices_by_age (received_at)
              ) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
              ALTER TABLE ledger MODIFY COLUMN source VARCHAR(200) NOT NULL;
              ALTER TABLE ledger ADD COLUMN gateway VARCHAR(40) NOT NULL DEFAULT '';
              ALTER TABLE ledger ADD KEY ledger_by_time (at);",
    },
    Migration {
        version: 4,
        name: "payments are found by number and state",
        sql: "ALTER TABLE payments ADD COLUMN order_number VARCHAR(40)
                  GENERATED ALWAYS AS (JSON_UNQUOTE(JSON_EXTRACT(document, '$.order_number'))) VIRTUAL;
              ALTER TABLE payments ADD KEY payments_by_number (order_number);
              ALTER TABLE payments ADD KEY payments_by_state (state, id);",
    },
    Migration {
        version: 5,
        // Only the ledger has the name in a column; documents are upgraded when they are read.
        name: "manual payments are named manual",
        sql: "UPDATE ledger SET gateway = 'manual' WHERE gateway = 'by-hand';",
    },
];
