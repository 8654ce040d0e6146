//! The payment store: payments, idempotency keys, webhook events, the ledger and receipts.

mod codec;
mod data_migration;
mod mysql;
mod sqlite;

pub use mysql::MysqlPayments;
pub use sqlite::SqlitePayments;

use crate::idempotency::KeyState;
use crate::payment::{Effects, Payment, State, WebhookEvent};
use async_trait::async_trait;
use chassis::health::Check;
use chassis::idempotency::IdempotencyScope;
pub use chassis::idempotency::IdempotentRequest;
use chassis::{Problem, StoreError};
use contracts::payment::PayoutReceived;
use contracts::{Currency, OrderId, PaymentId};
use events::Outbox;
use jiff::Timestamp;
use jiff::civil::Date;
use std::sync::{Arc, Mutex, PoisonError};

/// A pure change of a payment, carried out in one transaction together with its effects. It may run several times, since
/// an aborted transaction is retried.
pub type Change<'c> = &'c (dyn Fn(&mut Payment) -> Result<Effects, Problem> + Send + Sync);

/// The outcome of beginning a payment.
#[derive(Debug, Clone)]
pub enum BeginOutcome {
    /// The payment was stored, with an order number of its own.
    New(Box<Payment>),
    /// The cart already has a live or paid payment.
    Existing(Box<Payment>),
}

/// The ledger's totals of one gateway in one currency, in minor units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Balance {
    pub gateway: String,
    pub currency: Currency,
    /// Debits less credits: zero, unless the ledger is corrupt.
    pub difference: i64,
    /// The amount the gateway owes: captured less everything else.
    pub owed: i64,
    pub refunded: i64,
    pub charged_back: i64,
    pub paid_out: i64,
}

impl Balance {
    /// The captured amount, in minor units.
    pub const fn captured(&self) -> i64 {
        self.owed + self.refunded + self.charged_back + self.paid_out
    }
}

/// The outcome of recording a payout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PayoutOutcome {
    Recorded,
    AlreadyRecorded,
    /// A different amount is recorded under the same reference.
    Conflict,
}

/// A webhook event as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredWebhookEvent {
    pub gateway: String,
    pub webhook_event: WebhookEvent,
    pub received_at: Timestamp,
    /// The number of attempts to process it.
    pub tries: u32,
    /// The error of the latest attempt.
    pub reason: Option<String>,
}

/// The outcome of an attempt to process a webhook event, or a decision of staff about a failed one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WebhookEventOutcome {
    Processed,
    /// Processing is tried again at this time.
    Retry {
        at: Timestamp,
        reason: String,
    },
    /// Processing failed for good, and staff have to look at it.
    Failed {
        reason: String,
    },
    /// Staff discarded the event.
    Discarded {
        reason: String,
    },
}

impl WebhookEventOutcome {
    /// The time of the next attempt, if any.
    pub const fn due_at(&self) -> Option<Timestamp> {
        match self {
            Self::Retry { at, .. } => Some(*at),
            Self::Processed | Self::Failed { .. } | Self::Discarded { .. } => None,
        }
    }

    /// The reason why it was not processed.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Processed => None,
            Self::Retry { reason, .. } | Self::Failed { reason } | Self::Discarded { reason } => Some(reason),
        }
    }

    /// Returns true if staff have to look at the event.
    pub const fn is_failed(&self) -> bool {
        matches!(self, Self::Failed { .. })
    }
}

/// Storage of payments. Every method is one unit of work.
#[async_trait]
pub trait PaymentStore: Check {
    /// Looks up a request by its key. If its work was interrupted, the caller takes it over.
    async fn look_up(&self, key: &IdempotentRequest, now: Timestamp) -> Result<KeyState, StoreError>;

    /// Stores a new payment with its idempotency record. A cart has at most one live or paid payment.
    async fn begin(
        &self,
        payment: Payment,
        key: &IdempotentRequest,
        now: Timestamp,
    ) -> Result<BeginOutcome, StoreError>;

    /// Attaches a request to an existing payment; [`StoreError::Conflict`] when its key is taken.
    async fn attach(&self, payment: PaymentId, key: &IdempotentRequest, now: Timestamp) -> Result<(), StoreError>;

    /// Releases the lease of a request that could not be completed, so that a retry can take it over at once.
    async fn release_key(&self, key: &IdempotencyScope) -> Result<(), StoreError>;

    /// Changes a payment. Nothing is written when `change` returns a problem. `None` when there is no such payment.
    async fn change(
        &self,
        id: PaymentId,
        now: Timestamp,
        change: Change<'_>,
    ) -> Result<Option<Result<Payment, Problem>>, StoreError>;

    /// Finds a payment by its id.
    async fn find(&self, id: PaymentId) -> Result<Option<Payment>, StoreError>;

    /// Finds the payment of an order.
    async fn find_by_order(&self, id: OrderId) -> Result<Option<Payment>, StoreError>;

    /// Finds the payment of the order with this number.
    async fn find_by_order_number(&self, number: &str) -> Result<Option<Payment>, StoreError>;

    /// Lists payments in a state, by id, starting after `after`.
    async fn list_in_state(
        &self,
        state: State,
        after: Option<PaymentId>,
        limit: usize,
    ) -> Result<Vec<Payment>, StoreError>;

    /// Lists payments that are due for processing, the longest overdue first.
    async fn list_due(&self, now: Timestamp, limit: usize) -> Result<Vec<PaymentId>, StoreError>;

    /// Lists payments that are scheduled for processing at any time, the next one first.
    async fn list_scheduled(&self, limit: usize) -> Result<Vec<Payment>, StoreError>;

    /// Lists all payments, by id, starting after `after`.
    async fn list_after(&self, after: Option<PaymentId>, limit: usize) -> Result<Vec<Payment>, StoreError>;

    /// The ledger's totals per gateway and currency.
    async fn balances(&self) -> Result<Vec<Balance>, StoreError>;

    /// The ledger's totals per day (UTC), gateway and currency, from `from` to the day before `until`.
    async fn daily_balances(&self, from: Date, until: Date) -> Result<Vec<(Date, Balance)>, StoreError>;

    /// Records a gateway's payout, once per gateway and reference.
    async fn record_payout(&self, payout: &PayoutReceived, now: Timestamp) -> Result<PayoutOutcome, StoreError>;

    /// Stores a webhook event for processing, once per gateway and event id.
    async fn store_webhook_event(
        &self,
        gateway: &str,
        webhook_event: &WebhookEvent,
        now: Timestamp,
    ) -> Result<(), StoreError>;

    /// Lists webhook events that are due for processing, the longest overdue first.
    async fn due_webhook_events(&self, now: Timestamp, limit: usize) -> Result<Vec<StoredWebhookEvent>, StoreError>;

    /// Stores the outcome of an attempt to process a webhook event.
    async fn finish_webhook_event(
        &self,
        gateway: &str,
        id: &str,
        outcome: &WebhookEventOutcome,
    ) -> Result<(), StoreError>;

    /// Stores a decision of staff about a failed webhook event; returns false when there is none.
    async fn resolve_webhook_event(
        &self,
        gateway: &str,
        id: &str,
        outcome: &WebhookEventOutcome,
    ) -> Result<bool, StoreError>;

    /// Lists failed webhook events, the newest first.
    async fn failed_webhook_events(&self, limit: usize) -> Result<Vec<StoredWebhookEvent>, StoreError>;

    /// Deletes processed webhook events received before `before`, and returns their number.
    async fn purge_webhook_events(&self, before: Timestamp) -> Result<u64, StoreError>;

    /// The outbox in the same database.
    fn outbox(&self) -> Arc<dyn Outbox>;

    /// Deletes idempotency records created before `before` that are not being worked on, and returns their number.
    async fn purge_keys(&self, before: Timestamp) -> Result<u64, StoreError>;
}

impl dyn PaymentStore {
    /// Changes a payment like [`PaymentStore::change`], and also returns the value that `change` computed.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn change_with<T: Send>(
        &self,
        id: PaymentId,
        now: Timestamp,
        change: impl Fn(&mut Payment) -> Result<(Effects, T), Problem> + Send + Sync,
    ) -> Result<Option<Result<(Payment, T), Problem>>, StoreError> {
        // A trait object has no generic methods, so the value leaves the closure by a slot. A retried transaction
        // overwrites it: the value always belongs to the run that was committed.
        let slot = Mutex::new(None);
        let run = |payment: &mut Payment| {
            let (effects, value) = change(payment)?;
            *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(value);
            Ok(effects)
        };
        let Some(changed) = self.change(id, now, &run).await? else { return Ok(None) };
        let payment = match changed {
            Ok(payment) => payment,
            Err(problem) => return Ok(Some(Err(problem))),
        };
        let value = slot.into_inner().unwrap_or_else(PoisonError::into_inner);
        let value = value.ok_or_else(|| StoreError::Fault("a change was written without having run".to_owned()))?;
        Ok(Some(Ok((payment, value))))
    }
}
