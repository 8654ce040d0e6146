//! The metrics of orders and emails.

use crate::order::{Action, Order, ReturnStep, Step};
use crate::store::{OpenOrders, OrderStore};
use chassis::StoreError;
use chassis::telemetry::Metrics;
use chassis::telemetry::metrics::{Counter, Gauge, Histogram};
use chassis::telemetry::schema::metrics::{
    EMAILS, MERCHANT_WEBHOOKS, ORDER_CONFIRMATION_DURATION, ORDER_STEPS, ORDERS_NEEDING_ATTENTION, ORDERS_OPEN,
    ORDERS_OPEN_OLDEST_AGE,
};
use contracts::OrderId;
use contracts::dispatch::{MessageChannel, OrderStatus};
use jiff::Timestamp;

/// The metrics of the service.
#[derive(Clone)]
pub struct DispatchMetrics {
    steps: Counter<2>,
    open: Gauge<1>,
    oldest: Gauge<1>,
    attention: Gauge<0>,
    confirmation: Histogram<0>,
    emails: Counter<1>,
    webhooks: Counter<1>,
}

impl DispatchMetrics {
    pub fn new(metrics: &Metrics) -> Self {
        Self {
            steps: metrics.counter(&ORDER_STEPS),
            open: metrics.gauge(&ORDERS_OPEN),
            oldest: metrics.gauge(&ORDERS_OPEN_OLDEST_AGE),
            attention: metrics.gauge(&ORDERS_NEEDING_ATTENTION),
            confirmation: metrics.histogram(&ORDER_CONFIRMATION_DURATION),
            emails: metrics.counter(&EMAILS).starting_with([["sent"], ["failed"]]),
            webhooks: metrics.counter(&MERCHANT_WEBHOOKS).starting_with([["sent"], ["failed"]]),
        }
    }

    /// Counts a step that was carried out.
    pub(crate) fn step_carried_out(&self, order: &Order, action: &Action, succeeded: bool, now: Timestamp) {
        self.steps.add_one([step_name(action), if succeeded { "succeeded" } else { "failed" }]);
        // The order is confirmed once its items are withdrawn from stock.
        if succeeded && matches!(action, Action::Step(Step::CommitStock)) {
            let took = now.duration_since(order.record.placed_at).as_secs_f64();
            self.confirmation.observe(took.max(0.0), []);
        }
    }

    /// Counts an attempt to send a message.
    pub(crate) fn message(&self, channel: MessageChannel, succeeded: bool) {
        let attempts = match channel {
            MessageChannel::Email => &self.emails,
            MessageChannel::Webhook => &self.webhooks,
        };
        attempts.add_one([if succeeded { "sent" } else { "failed" }]);
    }

    /// Counts the open orders of the store.
    pub(crate) async fn sample(&self, store: &dyn OrderStore, now: Timestamp) -> Result<(), StoreError> {
        self.set_open(&store.open_orders().await?, now);
        Ok(())
    }

    /// Records the open orders. A status without an order is 0, so that its series has no gaps.
    fn set_open(&self, open: &[OpenOrders], now: Timestamp) {
        let is_final = |status: OrderStatus| matches!(status, OrderStatus::Delivered | OrderStatus::Cancelled);
        for status in OrderStatus::ALL.iter().copied().filter(|status| !is_final(*status)) {
            let orders = open.iter().find(|one| one.status == status);
            let count = orders.map_or(0, |one| one.count);
            self.open.set_count(count, [status.as_str()]);
            self.oldest.set(orders.map_or(0.0, |one| age(one.oldest, now)), [status.as_str()]);
            if status == OrderStatus::Attention {
                self.attention.set_count(count, []);
            }
        }
    }
}

/// The age of an order in seconds. Its id is a UUIDv7, which begins with the time of its creation.
fn age(order: OrderId, now: Timestamp) -> f64 {
    let created = order.0.get_timestamp().map_or((0, 0), |moment| moment.to_unix());
    let created = i64::try_from(created.0).ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
    created.map_or(0.0, |created| now.duration_since(created).as_secs_f64().max(0.0))
}

/// The name of a step in metrics, spans and logs.
pub(crate) const fn step_name(action: &Action) -> &'static str {
    match action {
        Action::Step(step) => step.as_str(),
        Action::Compensate(compensation) => compensation.as_str(),
        Action::Refund(_) => "refund",
        Action::Return { step: ReturnStep::Refund, .. } => "refund_return",
        Action::Return { step: ReturnStep::Restock, .. } => "restock_return",
    }
}
