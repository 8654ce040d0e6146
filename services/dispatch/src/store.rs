//! The store of orders, their workflows and the emails about them.

mod codec;
mod data_migration;
mod mysql;
mod search;
mod sqlite;

pub use mysql::MysqlOrders;
pub use search::search_words;
pub use sqlite::SqliteOrders;

use crate::mail::{FailedMessage, Message, Notification};
use crate::order::{Effects, Order};
use async_trait::async_trait;
use chassis::health::Check;
use chassis::idempotency::{IdempotentRequest, JsonResponse};
use chassis::{Problem, StoreError};
use contracts::dispatch::{MessageChannel, OrderStatus};
use contracts::{OrderId, Sku};
use events::{Event, Outbox};
use jiff::Timestamp;
use std::sync::Arc;

/// A pure change to an order, committed in one transaction together with its effects. It may run more than once.
pub type Change<'c> = &'c (dyn Fn(&mut Order) -> Result<Effects, Problem> + Send + Sync);

/// A pure change to an order that a request asks for, with the response to it.
pub type Command<'c> = &'c (dyn Fn(&mut Order) -> Result<(Effects, JsonResponse), Problem> + Send + Sync);

/// An order that a worker has claimed. No other worker claims it while the lease lasts. The fence keeps a worker whose
/// lease has ended from saving.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The order as it was read.
    pub order: Order,
    /// The number of claims of this order, including this one.
    pub fence: i64,
    /// The number of steps of the order that were saved before.
    pub steps: i64,
    /// The end of the lease.
    pub until: Timestamp,
}

/// The open orders of one status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenOrders {
    /// The status, which is not a final one.
    pub status: OrderStatus,
    pub count: u64,
    /// The order that was placed first.
    pub oldest: OrderId,
}

/// The orders that a list contains. The default is all of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OrderFilter {
    /// List only the orders of this subject.
    pub owner: Option<String>,
    /// List only orders with this status.
    pub status: Option<OrderStatus>,
    /// List only orders of which each of these is the beginning of a search term.
    pub search: Vec<String>,
    /// List only orders of which each of these is a search term.
    pub terms: Vec<String>,
    /// List only orders that were placed at this time or later, to the second.
    pub placed_from: Option<Timestamp>,
    /// List only orders that were placed before this time, to the second.
    pub placed_before: Option<Timestamp>,
    /// List only orders with a return that the shop has neither received nor declined.
    pub awaits_return: bool,
}

/// Stores orders, their workflows and the emails about them. Each method is one unit of work.
#[async_trait]
pub trait OrderStore: Check {
    /// Adds an order, once per event and once per order id.
    async fn place(&self, event: &Event, order: &Order, effects: &Effects, now: Timestamp) -> Result<(), StoreError>;

    /// Changes an order because of an event, once per event. Returns the changed order; `None` if the event was received
    /// before.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the order does not exist yet: the event is to be retried.
    async fn on_event(
        &self,
        event: &Event,
        id: OrderId,
        now: Timestamp,
        change: Change<'_>,
    ) -> Result<Option<Order>, StoreError>;

    /// Changes an order. Returns `None` when it does not exist.
    async fn change(
        &self,
        id: OrderId,
        now: Timestamp,
        change: Change<'_>,
    ) -> Result<Option<Result<Order, Problem>>, StoreError>;

    /// Changes an order because of a request, and stores the response with the change. A repeated request returns the
    /// stored response; another request under the same key is refused. A refusal is not stored, so that the caller can
    /// correct the request under the same key. Returns `None` when the order does not exist.
    async fn command(
        &self,
        id: OrderId,
        key: &IdempotentRequest,
        now: Timestamp,
        command: Command<'_>,
    ) -> Result<Option<Result<JsonResponse, Problem>>, StoreError>;

    /// Deletes the responses that were stored before `before`, and returns their number.
    async fn purge_responses(&self, before: Timestamp) -> Result<u64, StoreError>;

    /// Records an event that changes no order, together with the email that it causes, once per event.
    async fn record_event(
        &self,
        event: &Event,
        notification: Option<&Notification>,
        now: Timestamp,
    ) -> Result<(), StoreError>;

    /// Returns orders with an id above `after` that wait for a SKU to arrive in stock, the oldest first.
    async fn orders_awaiting(
        &self,
        sku: &Sku,
        after: Option<OrderId>,
        limit: usize,
    ) -> Result<Vec<OrderId>, StoreError>;

    /// Claims orders that are due and not claimed.
    async fn claim(&self, now: Timestamp, until: Timestamp, limit: usize) -> Result<Vec<Claim>, StoreError>;

    /// Saves the result of a step of a claimed order, and returns the claim for the next one. The claim is extended to
    /// `until` if more is due at once, and ends otherwise. A step that is saved already, because the response to the first
    /// call was lost, changes nothing and returns the claim as well.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when another worker has claimed the order since.
    async fn save_step(
        &self,
        claim: &Claim,
        now: Timestamp,
        until: Timestamp,
        change: Change<'_>,
    ) -> Result<Claim, StoreError>;

    async fn find(&self, id: OrderId) -> Result<Option<Order>, StoreError>;

    /// Returns those of these orders that exist, in the order of their ids.
    async fn find_all(&self, ids: &[OrderId]) -> Result<Vec<Order>, StoreError>;

    /// Returns orders with an id below `before`, the newest first.
    async fn list(&self, filter: &OrderFilter, before: Option<OrderId>, limit: usize)
    -> Result<Vec<Order>, StoreError>;

    /// Counts the orders of each status that is not final, for metrics.
    async fn open_orders(&self) -> Result<Vec<OpenOrders>, StoreError>;

    /// Claims messages of a channel that are due. Until `until` no other worker claims them; afterwards the claiming worker is assumed to
    /// have died.
    async fn claim_messages(
        &self,
        channel: MessageChannel,
        now: Timestamp,
        until: Timestamp,
        limit: usize,
    ) -> Result<Vec<Message>, StoreError>;

    /// Records that a message was sent.
    async fn message_sent(&self, id: &str) -> Result<(), StoreError>;

    /// Records a failed attempt to send a message. The delay before the next one doubles each time, up to an hour.
    async fn message_failed(&self, id: &str, reason: &str, now: Timestamp) -> Result<(), StoreError>;

    /// Returns messages that were given up, the newest first.
    async fn failed_messages(&self, limit: usize) -> Result<Vec<FailedMessage>, StoreError>;

    /// Makes a message that was given up due at `now`, with its full number of attempts. Returns false if there is none with
    /// this id.
    async fn retry_message(&self, id: &str, now: Timestamp) -> Result<bool, StoreError>;

    /// Returns the latest emails, the newest first.
    async fn latest_emails(&self, limit: usize) -> Result<Vec<Message>, StoreError>;

    /// Returns the outbox in the same database.
    fn outbox(&self) -> Arc<dyn Outbox>;
}
