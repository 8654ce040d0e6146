//! The sandbox's ledger in one SQLite file: payments, webhooks, cards and hosted pages.

mod cards;
mod pages;
mod schema;
mod webhooks;

pub(crate) use cards::{StoreCardOutcome, Token};
pub(crate) use pages::PageState;
pub(crate) use schema::MIGRATIONS;
pub use webhooks::Delivery;
pub(crate) use webhooks::{DeliveryAttempt, NewWebhook, PendingWebhook};

use crate::payment::Payment;
use chassis::secret::SecretKey;
use chassis::sqlite::{Database, Durability, Read, Write, micros};
use chassis::{StoreError, SystemContext};
use jiff::Timestamp;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;
use std::path::Path;

/// The store of the sandbox.
#[derive(Clone)]
pub(crate) struct Store {
    database: Database,
    /// The key that signs links and hashes card numbers.
    pub secret: SecretKey,
}

fn decode_payment(row: &SqliteRow) -> Result<Payment, StoreError> {
    Ok(serde_json::from_str(row.get("body"))?)
}

pub(crate) async fn open(path: &Path) -> Result<Database, StoreError> {
    // The shop's audit compares its ledger with this one, so a payment must survive a power failure.
    Database::open(path, Durability::PowerLoss, MIGRATIONS).await
}

/// Returns payments whose reference sorts after `after`, ordered by reference: at least `limit` while there are any,
/// and always all payments with the same reference.
pub(crate) async fn payments_after(database: &Database, after: &str, limit: usize) -> Result<Vec<Payment>, StoreError> {
    let mut reader: Read = database.read().await?;
    // The subselect returns the last reference of the page, or null when fewer than `limit` payments remain.
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
    rows.iter().map(decode_payment).collect()
}

/// Sorts after every reference.
// Worldpay's references are ASCII, so the greatest code point sorts after all of them.
const LAST_REFERENCE: &str = "\u{10ffff}";

impl Store {
    pub(crate) async fn open(path: &Path, system: &SystemContext) -> Result<Self, StoreError> {
        let database = open(path).await?;
        let mut work = database.begin().await?;
        // Generated once and stored: links have to survive a restart.
        sqlx::query("INSERT INTO secrets (name, value) VALUES ('seal', ?) ON CONFLICT (name) DO NOTHING")
            .bind(system.bytes::<32>().to_vec())
            .execute(&mut *work)
            .await?;
        let bytes: Vec<u8> =
            sqlx::query_scalar("SELECT value FROM secrets WHERE name = 'seal'").fetch_one(&mut *work).await?;
        work.commit().await?;
        let bytes = bytes.try_into().map_err(|_| StoreError::Fault("the secret does not have 32 bytes".to_owned()))?;
        Ok(Self { database, secret: SecretKey::new(bytes) })
    }

    pub(crate) fn database(&self) -> &Database {
        &self.database
    }

    /// Stores a new payment and its webhooks.
    pub(crate) async fn add(&self, payment: &Payment, webhooks: &[NewWebhook]) -> Result<(), StoreError> {
        let mut work = self.database.begin().await?;
        insert(&mut work, payment, webhooks).await?;
        work.commit().await
    }

    /// Changes a payment. Scheduled events that are due are applied first, and stored even when `change` rejects.
    pub(crate) async fn change<T, E>(
        &self,
        id: &str,
        now: Timestamp,
        create_webhooks: impl Fn(&mut Payment) -> Vec<NewWebhook>,
        change: impl FnOnce(&mut Payment) -> Result<T, E>,
    ) -> Result<Option<Result<(T, Payment), E>>, StoreError> {
        let mut work = self.database.begin().await?;
        let row = sqlx::query("SELECT body FROM payments WHERE id = ?").bind(id).fetch_optional(&mut *work).await?;
        let Some(row) = row else { return Ok(None) };
        let mut payment = decode_payment(&row)?;
        let ticked = payment.tick(now);
        // Restored when the change is rejected, while the scheduled events remain applied.
        let before = payment.clone();
        let outcome = change(&mut payment);
        if outcome.is_err() {
            payment = before;
            // Dropping the transaction rolls it back. Nothing was changed, so nothing is written.
            if !ticked {
                return Ok(Some(outcome.map(|value| (value, payment))));
            }
        }
        let webhooks = create_webhooks(&mut payment);
        sqlx::query("UPDATE payments SET due_at = ?, body = ? WHERE id = ?")
            .bind(payment.due_at().map(micros))
            .bind(serde_json::to_string(&payment)?)
            .bind(id)
            .execute(&mut *work)
            .await?;
        webhooks::insert(&mut work, &webhooks).await?;
        work.commit().await?;
        Ok(Some(outcome.map(|value| (value, payment))))
    }

    /// Returns a payment with all events that are due at `now`.
    pub(crate) async fn payment(&self, id: &str, now: Timestamp) -> Result<Option<Payment>, StoreError> {
        let row = sqlx::query("SELECT body FROM payments WHERE id = ?")
            .bind(id)
            .fetch_optional(&mut *self.database.read().await?)
            .await?;
        // A read shows events that are due even before the worker has stored them.
        let mut payment = row.as_ref().map(decode_payment).transpose()?;
        if let Some(payment) = &mut payment {
            payment.tick(now);
        }
        Ok(payment)
    }

    /// Returns the payments with a reference, the oldest first, at most 100.
    pub(crate) async fn find_by_reference(&self, reference: &str) -> Result<Vec<Payment>, StoreError> {
        let rows = sqlx::query("SELECT body FROM payments WHERE reference = ? ORDER BY sequence LIMIT 100")
            .bind(reference)
            .fetch_all(&mut *self.database.read().await?)
            .await?;
        rows.iter().map(decode_payment).collect()
    }

    /// Returns the ids of payments with events that are due.
    pub(crate) async fn due(&self, now: Timestamp, limit: usize) -> Result<Vec<String>, StoreError> {
        Ok(sqlx::query_scalar("SELECT id FROM payments WHERE due_at <= ? ORDER BY due_at LIMIT ?")
            .bind(micros(now))
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .fetch_all(&mut *self.database.read().await?)
            .await?)
    }
}

async fn insert(work: &mut Write, payment: &Payment, webhooks: &[NewWebhook]) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO payments (id, reference, due_at, body) VALUES (?, ?, ?, ?)")
        .bind(&payment.id)
        .bind(&payment.reference)
        .bind(payment.due_at().map(micros))
        .bind(serde_json::to_string(payment)?)
        .execute(&mut **work)
        .await?;
    webhooks::insert(work, webhooks).await
}
