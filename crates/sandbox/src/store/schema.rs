//! The schema of the ledger file. Existing migrations are never edited.

use chassis::sqlite::Migration;

pub(crate) const MIGRATIONS: &[Migration] = &[Migration {
    version: 1,
    name: "payments, webhooks, cards and pages",
    sql: "CREATE TABLE secrets (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;

          -- due_at is null while nothing is going to happen to it by itself.
          CREATE TABLE payments (
              sequence INTEGER PRIMARY KEY AUTOINCREMENT,
              id TEXT NOT NULL UNIQUE,
              reference TEXT NOT NULL,
              due_at INTEGER,
              body TEXT NOT NULL
          );
          CREATE INDEX payments_by_reference ON payments (reference, sequence);
          CREATE INDEX payments_due ON payments (due_at) WHERE due_at IS NOT NULL;

          -- A webhook, or a copy of one. due_at is null once it is not to be sent any more.
          CREATE TABLE webhooks (
              sequence INTEGER PRIMARY KEY AUTOINCREMENT,
              event_id TEXT NOT NULL,
              type TEXT NOT NULL,
              reference TEXT NOT NULL,
              body TEXT NOT NULL,
              badly_signed INTEGER NOT NULL,
              created_at INTEGER NOT NULL,
              tries INTEGER NOT NULL DEFAULT 0,
              due_at INTEGER
          );
          CREATE INDEX webhooks_due ON webhooks (due_at) WHERE due_at IS NOT NULL;
          CREATE TABLE deliveries (
              sequence INTEGER PRIMARY KEY AUTOINCREMENT,
              webhook INTEGER NOT NULL REFERENCES webhooks (sequence),
              at INTEGER NOT NULL,
              answer TEXT NOT NULL
          );

          CREATE TABLE sessions (id TEXT PRIMARY KEY, card TEXT NOT NULL, created_at INTEGER NOT NULL) WITHOUT ROWID;
          CREATE TABLE tokens (
              id TEXT PRIMARY KEY,
              namespace TEXT NOT NULL,
              fingerprint TEXT NOT NULL,
              card TEXT NOT NULL,
              expires_at INTEGER NOT NULL,
              UNIQUE (namespace, fingerprint)
          ) WITHOUT ROWID;
          -- payment_id is null until it is paid.
          CREATE TABLE pages (
              id TEXT PRIMARY KEY,
              body TEXT NOT NULL,
              created_at INTEGER NOT NULL,
              cancelled INTEGER NOT NULL DEFAULT 0,
              payment_id TEXT
          ) WITHOUT ROWID;",
}];
