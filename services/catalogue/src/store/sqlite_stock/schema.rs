//! The schema of stock.

use chassis::sqlite::Migration;

/// The steps, in order.
pub const MIGRATIONS: &[Migration] = &[
    FIRST,
    SECOND,
    Migration { version: 3, name: "the outbox", sql: events::outbox::sqlite::SCHEMA },
    Migration { version: 4, name: "answers to requests", sql: chassis::idempotency::sqlite::SCHEMA },
];

const FIRST: Migration = Migration {
    version: 1,
    name: "levels, history, reservations, uses of promotions",
    sql: "CREATE TABLE levels (
              sku TEXT PRIMARY KEY,
              on_hand INTEGER NOT NULL,
              reserved INTEGER NOT NULL,
              oversell TEXT NOT NULL
          ) WITHOUT ROWID;
          CREATE TABLE history (
              id INTEGER PRIMARY KEY AUTOINCREMENT,
              sku TEXT NOT NULL,
              at INTEGER NOT NULL,
              change INTEGER NOT NULL,
              reason TEXT NOT NULL,
              note TEXT NOT NULL,
              author TEXT NOT NULL,
              key TEXT UNIQUE
          );
          CREATE INDEX history_by_sku ON history (sku, id);
          CREATE TABLE reservations (
              order_id TEXT NOT NULL,
              attempt INTEGER NOT NULL,
              state TEXT NOT NULL,
              demand TEXT NOT NULL,
              promotion TEXT,
              expected_by INTEGER,
              PRIMARY KEY (order_id, attempt)
          ) WITHOUT ROWID;
          CREATE INDEX reservations_held ON reservations (order_id, attempt) WHERE state = 'held';
          CREATE TABLE promotion_uses (code TEXT PRIMARY KEY, used INTEGER NOT NULL) WITHOUT ROWID;
          CREATE TABLE changes (sequence INTEGER PRIMARY KEY AUTOINCREMENT, sku TEXT NOT NULL);",
};

/// What was promised and is not there counts as sold ahead: until now nothing else could lead to it.
const SECOND: Migration = Migration {
    version: 2,
    name: "numbered lines with what is on hand after them, thresholds, what is short",
    sql: "ALTER TABLE history ADD COLUMN number INTEGER NOT NULL DEFAULT 0;
          ALTER TABLE history ADD COLUMN on_hand INTEGER NOT NULL DEFAULT 0;
          ALTER TABLE history ADD COLUMN kind TEXT;
          ALTER TABLE history ADD COLUMN forced INTEGER NOT NULL DEFAULT 0;
          UPDATE history SET number = counted.number, on_hand = counted.on_hand
              FROM (SELECT id, row_number() OVER lines AS number, sum(change) OVER lines AS on_hand
                    FROM history WINDOW lines AS (PARTITION BY sku ORDER BY id)) AS counted
              WHERE counted.id = history.id;
          DROP INDEX history_by_sku;
          CREATE UNIQUE INDEX history_by_number ON history (sku, number);
          ALTER TABLE levels ADD COLUMN lines INTEGER NOT NULL DEFAULT 0;
          ALTER TABLE levels ADD COLUMN ahead INTEGER NOT NULL DEFAULT 0;
          ALTER TABLE levels ADD COLUMN missing INTEGER NOT NULL DEFAULT 0;
          ALTER TABLE levels ADD COLUMN low_at INTEGER;
          ALTER TABLE levels ADD COLUMN low INTEGER NOT NULL DEFAULT 0;
          ALTER TABLE levels ADD COLUMN short INTEGER NOT NULL DEFAULT 0;
          UPDATE levels SET lines = (SELECT count(*) FROM history WHERE history.sku = levels.sku),
                            ahead = max(0, reserved - on_hand), short = reserved > on_hand,
                            low = oversell = 'deny' AND on_hand - reserved <= 5;
          CREATE INDEX levels_low ON levels (sku) WHERE low = 1;
          CREATE INDEX levels_short ON levels (sku) WHERE short = 1;",
};
