//! What payment asks of its database.

mod mysql;
mod rows;
mod sqlite;
mod tables;

pub use mysql::MysqlPayments;
pub use sqlite::SqlitePayments;

use crate::idempotency::KeyState;
use crate::payment::{Effects, WebhookEvent, Payment, State};
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
use std::sync::Arc;

/// A change to a payment: pure, carried out in one transaction together with its effects.
pub type Change<'c> = &'c (dyn Fn(&mut Payment) -> Result<Effects, Problem> + Send + Sync);

/// What became of beginning a payment.
#[derive(Debug, Clone)]
pub enum Began {
    /// It is begun, with an order number of its own.
    New(Box<Payment>),
    /// The cart has a payment that is live or paid.
    Existing(Box<Payment>),
}

/// What the ledger says of one gateway in one currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Balance {
    /// The gateway.
    pub gateway: String,
    /// The currency.
    pub currency: Currency,
    /// Debits less credits: nothing, unless the books are wrong.
    pub difference: i64,
    /// What the gateway owes: taken, less all the others, in minor units.
    pub owed: i64,
    /// What it gave back.
    pub refunded: i64,
    /// What banks took back.
    pub charged_back: i64,
    /// What it paid out.
    pub paid_out: i64,
}

impl Balance {
    /// What it took, in minor units.
    pub const fn captured(&self) -> i64 {
        self.owed + self.refunded + self.charged_back + self.paid_out
    }
}

/// What became of recording a payout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recorded {
    /// It is recorded now.
    New,
    /// It was recorded before.
    Same,
    /// Another amount was recorded under the same reference.
    Other,
}

/// A notice as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptWebhookEvent {
    /// Whose it is.
    pub gateway: String,
    /// What it tells.
    pub webhook_event: WebhookEvent,
    /// When it came.
    pub received_at: Timestamp,
    /// How often it was tried.
    pub tries: u32,
    /// Why it could not be taken in.
    pub reason: Option<String>,
}

/// What became of taking a notice in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WebhookEventEnd {
    /// It is taken in.
    Done,
    /// It is tried again.
    Later {
        /// When.
        at: Timestamp,
        /// Why it was not.
        reason: String,
    },
    /// It is left for a person.
    GivenUp {
        /// Why.
        reason: String,
    },
    /// A person has thrown it away.
    Discarded {
        /// Why.
        reason: String,
    },
}

impl WebhookEventEnd {
    /// When it is tried again.
    pub const fn due_at(&self) -> Option<Timestamp> {
        match self {
            Self::Later { at, .. } => Some(*at),
            Self::Done | Self::GivenUp { .. } | Self::Discarded { .. } => None,
        }
    }

    /// Why it was not taken in.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Done => None,
            Self::Later { reason, .. } | Self::GivenUp { reason } | Self::Discarded { reason } => Some(reason),
        }
    }

    /// Whether it is left for a person.
    pub const fn is_given_up(&self) -> bool {
        matches!(self, Self::GivenUp { .. })
    }
}

/// Payments, idempotency keys, notices of gateways, ledger, receipts.
#[async_trait]
pub trait PaymentStore: Check {
    /// What is known of a request. One whose work was interrupted is taken over by asking.
    async fn look_up(&self, key: &IdempotentRequest, now: Timestamp) -> Result<KeyState, StoreError>;

    /// Begins a payment and its idempotency record; at most one live or paid payment per cart.
    async fn begin(&self, payment: Payment, key: &IdempotentRequest, now: Timestamp) -> Result<Began, StoreError>;

    /// Attaches a request to a payment that exists.
    async fn attach(&self, payment: PaymentId, key: &IdempotentRequest, now: Timestamp) -> Result<(), StoreError>;

    /// Lets go of a request that could not be finished, so that a retry can take it over at once.
    async fn let_go(&self, key: &IdempotencyScope) -> Result<(), StoreError>;

    /// Changes a payment. When the change refuses, nothing is changed. `None` when there is no such payment.
    async fn change(
        &self,
        id: PaymentId,
        now: Timestamp,
        change: Change<'_>,
    ) -> Result<Option<Result<Payment, Problem>>, StoreError>;

    /// A payment.
    async fn find(&self, id: PaymentId) -> Result<Option<Payment>, StoreError>;

    /// The payment of an order.
    async fn of_order(&self, id: OrderId) -> Result<Option<Payment>, StoreError>;

    /// The payment of the order with this number.
    async fn of_number(&self, number: &str) -> Result<Option<Payment>, StoreError>;

    /// Payments that stand here, after `after` in the order of ids.
    async fn in_state(&self, state: State, after: Option<PaymentId>, limit: usize) -> Result<Vec<Payment>, StoreError>;

    /// Payments somebody has to look at.
    async fn due(&self, now: Timestamp, limit: usize) -> Result<Vec<PaymentId>, StoreError>;

    /// Payments after `after` in the order of ids, for audits.
    async fn after(&self, after: Option<PaymentId>, limit: usize) -> Result<Vec<Payment>, StoreError>;

    /// The ledger's sums per gateway and currency.
    async fn balances(&self) -> Result<Vec<Balance>, StoreError>;

    /// The ledger's sums per day (UTC), gateway and currency, from a day on until before another.
    async fn days(&self, from: Date, until: Date) -> Result<Vec<(Date, Balance)>, StoreError>;

    /// Records that a gateway's payout has arrived; once per gateway and reference.
    async fn record_payout(&self, payout: &PayoutReceived, now: Timestamp) -> Result<Recorded, StoreError>;

    /// Keeps what a gateway tells, to be taken in; once per gateway and id.
    async fn store_webhook_event(&self, gateway: &str, webhook_event: &WebhookEvent, now: Timestamp) -> Result<(), StoreError>;

    /// Notices to be taken in.
    async fn notices_due(&self, now: Timestamp, limit: usize) -> Result<Vec<KeptWebhookEvent>, StoreError>;

    /// Keeps what became of taking a notice in.
    async fn end_notice(&self, gateway: &str, id: &str, end: &WebhookEventEnd) -> Result<(), StoreError>;

    /// Keeps what a person decided about a notice that was given up; false when there is none.
    async fn settle_webhook_event(&self, gateway: &str, id: &str, end: &WebhookEventEnd) -> Result<bool, StoreError>;

    /// Notices that were left for a person, the newest first.
    async fn notices_given_up(&self, limit: usize) -> Result<Vec<KeptWebhookEvent>, StoreError>;

    /// Forgets notices that came before `before` and were taken in.
    async fn forget_notices(&self, before: Timestamp) -> Result<u64, StoreError>;

    /// The outbox in the same database.
    fn outbox(&self) -> Arc<dyn Outbox>;

    /// Removes idempotency records that were made before `before` and that nobody has worked on since.
    async fn forget_keys(&self, before: Timestamp) -> Result<u64, StoreError>;
}
