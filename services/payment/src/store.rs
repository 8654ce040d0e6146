//! What payment asks of its database.

mod mysql;
mod rows;
mod sqlite;
mod tables;

pub use mysql::MysqlPayments;
pub use sqlite::SqlitePayments;

use crate::idempotency::{KeyScope, KeyState};
use crate::payment::{Effects, Payment};
use async_trait::async_trait;
use chassis::health::Check;
use chassis::{Problem, StoreError};
use contracts::{Currency, OrderId, PaymentId};
use jiff::Timestamp;

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

/// A request with its key and the digest of its body.
#[derive(Debug, Clone)]
pub struct KeyUse {
    /// Which request.
    pub scope: KeyScope,
    /// SHA-256 of the raw body.
    pub body_digest: String,
}

/// What the ledger says, per currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Balance {
    /// The currency.
    pub currency: Currency,
    /// Debits less credits: nothing, unless the books are wrong.
    pub difference: i64,
    /// All that was taken, in minor units.
    pub captured: i64,
    /// All that was given back, in minor units.
    pub refunded: i64,
}

/// Payments, idempotency keys, ledger, receipts.
#[async_trait]
pub trait PaymentStore: Check {
    /// What is known of a request. One whose work was interrupted is taken over by asking.
    async fn look_up(&self, key: &KeyUse, now: Timestamp) -> Result<KeyState, StoreError>;

    /// Begins a payment and its idempotency record; at most one live or paid payment per cart.
    async fn begin(&self, payment: Payment, key: &KeyUse, now: Timestamp) -> Result<Began, StoreError>;

    /// Attaches a request to a payment that exists.
    async fn attach(&self, payment: PaymentId, key: &KeyUse, now: Timestamp) -> Result<(), StoreError>;

    /// Lets go of a request that could not be finished, so that a retry can take it over at once.
    async fn let_go(&self, key: &KeyScope) -> Result<(), StoreError>;

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

    /// Payments somebody has to look at.
    async fn due(&self, now: Timestamp, limit: usize) -> Result<Vec<PaymentId>, StoreError>;

    /// Payments after `after` in the order of ids, for audits.
    async fn after(&self, after: Option<PaymentId>, limit: usize) -> Result<Vec<Payment>, StoreError>;

    /// The ledger's sums.
    async fn balances(&self) -> Result<Vec<Balance>, StoreError>;

    /// How many events wait to be published.
    async fn unpublished(&self) -> Result<i64, StoreError>;

    /// Removes idempotency records that were made before `before` and that nobody has worked on since.
    async fn forget_keys(&self, before: Timestamp) -> Result<u64, StoreError>;
}
