//! What dispatch asks of its database.

mod mysql;
mod rows;
mod sqlite;
mod tables;

pub use mysql::MysqlOrders;
pub use sqlite::SqliteOrders;

use crate::mail::{Mail, Notice};
use crate::order::{Effects, Order};
use async_trait::async_trait;
use chassis::health::Check;
use chassis::idempotency::{JsonResponse, IdempotentRequest};
use chassis::{Problem, StoreError};
use contracts::dispatch::OrderStatus;
use contracts::{OrderId, Sku};
use events::{Event, Outbox};
use jiff::Timestamp;
use std::sync::Arc;

/// A change to an order: pure, carried out in one transaction together with its effects.
pub type Change<'c> = &'c (dyn Fn(&mut Order) -> Result<Effects, Problem> + Send + Sync);

/// The same because of a request, which is answered.
pub type Command<'c> = &'c (dyn Fn(&mut Order) -> Result<(Effects, JsonResponse), Problem> + Send + Sync);

/// An order claimed by a worker: until its lease is over nobody else works on it, and should it be over, the fence
/// keeps the late worker from writing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The order.
    pub order: Order,
    /// The fence.
    pub fence: i64,
    /// How many steps of the order were kept before.
    pub steps: i64,
    /// When the lease is over.
    pub until: Timestamp,
}

/// Orders, their workflows, letters.
#[async_trait]
pub trait OrderStore: Check {
    /// Begins an order, once per event; a second time changes nothing.
    async fn place(&self, event: &Event, order: &Order, effects: &Effects, now: Timestamp) -> Result<(), StoreError>;

    /// Changes an order because of an event, once per event. An order that is not there yet is a [`StoreError::Conflict`]:
    /// the event is to be tried again.
    async fn on_event(&self, event: &Event, id: OrderId, now: Timestamp, change: Change<'_>) -> Result<(), StoreError>;

    /// Changes an order because of a person. `None` when there is no such order.
    async fn change(
        &self,
        id: OrderId,
        now: Timestamp,
        change: Change<'_>,
    ) -> Result<Option<Result<Order, Problem>>, StoreError>;

    /// The same because of a request with an idempotency key: the answer is kept with the change, and given again to the
    /// same request. Another request under the same key is refused. What is refused is not kept.
    async fn command(
        &self,
        id: OrderId,
        key: &IdempotentRequest,
        now: Timestamp,
        command: Command<'_>,
    ) -> Result<Option<Result<JsonResponse, Problem>>, StoreError>;

    /// Forgets the answers of requests from before `before`; says how many.
    async fn forget_answers(&self, before: Timestamp) -> Result<u64, StoreError>;

    /// Notes that an event has taken effect, with what somebody is to be told of it, once per event.
    async fn heard(&self, event: &Event, notice: Option<&Notice>, now: Timestamp) -> Result<(), StoreError>;

    /// Orders that wait for a SKU to arrive, the oldest first, above `after`.
    async fn waiting_for(&self, sku: &Sku, after: Option<OrderId>, limit: usize) -> Result<Vec<OrderId>, StoreError>;

    /// Claims orders that are due and that nobody works on.
    async fn claim(&self, now: Timestamp, until: Timestamp, limit: usize) -> Result<Vec<Claim>, StoreError>;

    /// Keeps what a worker did to the order it claimed, and gives the claim for what comes next. When more is due at once
    /// it lives on until `until`, otherwise it is over. A step that is kept already, because the answer to the first time
    /// was lost, changes nothing and is answered all the same.
    ///
    /// [`StoreError::Conflict`] when somebody else has claimed the order since.
    async fn advance(
        &self,
        claim: &Claim,
        now: Timestamp,
        until: Timestamp,
        change: Change<'_>,
    ) -> Result<Claim, StoreError>;

    /// An order.
    async fn find(&self, id: OrderId) -> Result<Option<Order>, StoreError>;

    /// Orders, the newest first, below `before`; of one owner, or in one status, or all.
    async fn list(
        &self,
        owner: Option<&str>,
        status: Option<OrderStatus>,
        before: Option<OrderId>,
        limit: usize,
    ) -> Result<Vec<Order>, StoreError>;

    /// Takes letters to be sent. Nobody else is given them before `until`: then whoever took them is taken to be dead.
    async fn claim_mails(&self, now: Timestamp, until: Timestamp, limit: usize) -> Result<Vec<Mail>, StoreError>;

    /// A letter was sent.
    async fn mail_sent(&self, id: &str) -> Result<(), StoreError>;

    /// A letter could not be sent; it is tried again later, less and less often.
    async fn mail_failed(&self, id: &str, reason: &str, now: Timestamp) -> Result<(), StoreError>;

    /// The latest letters.
    async fn mails(&self, limit: usize) -> Result<Vec<Mail>, StoreError>;

    /// The outbox in the same database.
    fn outbox(&self) -> Arc<dyn Outbox>;
}
