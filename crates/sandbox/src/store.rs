//! The sandbox's books, in one file: payments, webhooks, cards and hosted pages.

mod cards;
mod pages;
mod webhooks;

pub(crate) use cards::{KeptCard, Token};
pub(crate) use pages::PageState;
pub use webhooks::Delivery;
pub(crate) use webhooks::{Outgoing, Sent, Waiting};

use crate::payment::Payment;
use chassis::secret::SecretKey;
use chassis::sqlite::{Database, Durability, Migration, Read, Write, micros};
use chassis::{SystemContext, StoreError};
use jiff::Timestamp;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;
use std::path::Path;

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

/// The books.
#[derive(Clone)]
pub(crate) struct Store {
    database: Database,
    /// Seals links, and tells cards apart.
    pub secret: SecretKey,
}

fn payment_of(row: &SqliteRow) -> Result<Payment, StoreError> {
    Ok(serde_json::from_str(row.get("body"))?)
}

pub(crate) async fn open(path: &Path) -> Result<Database, StoreError> {
    Database::open(path, Durability::PowerLoss, MIGRATIONS).await
}

/// All payments whose reference comes after `after`, in the order of references: at least `limit` while there are any,
/// and never some of those that share a reference without the others.
pub(crate) async fn payments_after(database: &Database, after: &str, limit: usize) -> Result<Vec<Payment>, StoreError> {
    let mut reader: Read = database.read().await?;
    let rows = sqlx::query(
        "SELECT body FROM payments WHERE reference > ?1 AND reference <= coalesce(
             (SELECT reference FROM payments WHERE reference > ?1 ORDER BY reference LIMIT 1 OFFSET ?2), ?3)
         ORDER BY reference, sequence",
    )
    .bind(after)
    .bind(i64::try_from(limit.max(1) - 1).unwrap_or(i64::MAX))
    .bind(LAST_REFERENCE)
    .fetch_all(&mut *reader)
    .await?;
    rows.iter().map(payment_of).collect()
}

/// Comes after every reference.
const LAST_REFERENCE: &str = "\u{10ffff}";

impl Store {
    pub(crate) async fn open(path: &Path, system: &SystemContext) -> Result<Self, StoreError> {
        let database = open(path).await?;
        let mut work = database.begin().await?;
        sqlx::query("INSERT INTO secrets (name, value) VALUES ('seal', ?) ON CONFLICT (name) DO NOTHING")
            .bind(system.bytes::<32>().to_vec())
            .execute(&mut *work)
            .await?;
        let bytes: Vec<u8> =
            sqlx::query_scalar("SELECT value FROM secrets WHERE name = 'seal'").fetch_one(&mut *work).await?;
        work.commit().await?;
        let bytes = bytes.try_into().map_err(|_| StoreError::Fault("the seal has not 32 bytes".to_owned()))?;
        Ok(Self { database, secret: SecretKey::new(bytes) })
    }

    pub(crate) fn database(&self) -> &Database {
        &self.database
    }

    /// Keeps a new payment, and what is to be told of it.
    pub(crate) async fn add(&self, payment: &Payment, outgoing: &[Outgoing]) -> Result<(), StoreError> {
        let mut work = self.database.begin().await?;
        insert(&mut work, payment, outgoing).await?;
        work.commit().await
    }

    /// Changes a payment. What was due by now happens first, and is kept even when `change` refuses.
    ///
    /// `announce` makes webhooks of the news.
    pub(crate) async fn change<T, E>(
        &self,
        id: &str,
        now: Timestamp,
        announce: impl Fn(&mut Payment) -> Vec<Outgoing>,
        change: impl FnOnce(&mut Payment) -> Result<T, E>,
    ) -> Result<Option<Result<(T, Payment), E>>, StoreError> {
        let mut work = self.database.begin().await?;
        let row = sqlx::query("SELECT body FROM payments WHERE id = ?").bind(id).fetch_optional(&mut *work).await?;
        let Some(row) = row else { return Ok(None) };
        let mut payment = payment_of(&row)?;
        let passed = payment.pass(now);
        let before = payment.clone();
        let outcome = change(&mut payment);
        if outcome.is_err() {
            payment = before;
            if !passed {
                return Ok(Some(outcome.map(|value| (value, payment))));
            }
        }
        let outgoing = announce(&mut payment);
        sqlx::query("UPDATE payments SET due_at = ?, body = ? WHERE id = ?")
            .bind(payment.due_at().map(micros))
            .bind(serde_json::to_string(&payment)?)
            .bind(id)
            .execute(&mut *work)
            .await?;
        webhooks::insert(&mut work, &outgoing).await?;
        work.commit().await?;
        Ok(Some(outcome.map(|value| (value, payment))))
    }

    /// The payment as it stands at `now`.
    pub(crate) async fn payment(&self, id: &str, now: Timestamp) -> Result<Option<Payment>, StoreError> {
        let row = sqlx::query("SELECT body FROM payments WHERE id = ?")
            .bind(id)
            .fetch_optional(&mut *self.database.read().await?)
            .await?;
        let mut payment = row.as_ref().map(payment_of).transpose()?;
        if let Some(payment) = &mut payment {
            payment.pass(now);
        }
        Ok(payment)
    }

    /// The payments of a reference, the oldest first.
    pub(crate) async fn of_reference(&self, reference: &str) -> Result<Vec<Payment>, StoreError> {
        let rows = sqlx::query("SELECT body FROM payments WHERE reference = ? ORDER BY sequence LIMIT 100")
            .bind(reference)
            .fetch_all(&mut *self.database.read().await?)
            .await?;
        rows.iter().map(payment_of).collect()
    }

    /// The payments to which something happens by now.
    pub(crate) async fn due(&self, now: Timestamp, limit: usize) -> Result<Vec<String>, StoreError> {
        Ok(sqlx::query_scalar("SELECT id FROM payments WHERE due_at <= ? ORDER BY due_at LIMIT ?")
            .bind(micros(now))
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .fetch_all(&mut *self.database.read().await?)
            .await?)
    }
}

async fn insert(work: &mut Write, payment: &Payment, outgoing: &[Outgoing]) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO payments (id, reference, due_at, body) VALUES (?, ?, ?, ?)")
        .bind(&payment.id)
        .bind(&payment.reference)
        .bind(payment.due_at().map(micros))
        .bind(serde_json::to_string(payment)?)
        .execute(&mut **work)
        .await?;
    webhooks::insert(work, outgoing).await
}
