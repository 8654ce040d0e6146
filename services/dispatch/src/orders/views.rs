//! What is shown of orders.

use crate::order::{Concern, Order, Return, ReturnState};
use contracts::cart::CartShipping;
use contracts::dispatch::{
    ConcernView, OrderPayment, OrderShipping, OrderSummary, OrderView, ReturnStatus, ReturnView, TimelineEntry,
};
use jiff::{SignedDuration, Timestamp};

/// Who looks at an order, and when.
#[derive(Debug, Clone, Copy)]
pub struct Viewer {
    /// Whether they are of the shop.
    pub staff: bool,
    /// The moment.
    pub now: Timestamp,
    /// How long after its delivery an order can be returned.
    pub return_window: SignedDuration,
}

/// What a list shows of an order.
pub fn summary(order: &Order) -> OrderSummary {
    OrderSummary {
        id: order.id(),
        number: order.record.order_number.clone(),
        status: order.status(),
        placed_at: order.record.placed_at,
        total: order.record.cart.totals.total,
        item_count: order.record.cart.lines.iter().map(|line| line.quantity.get()).sum(),
    }
}

impl Viewer {
    /// What is shown of an order; staff see why it waits for them.
    pub fn view(&self, order: Order) -> OrderView {
        let parked_reason = order.parked().filter(|_| self.staff).map(str::to_owned);
        let (status, can_cancel) = (order.status(), order.can_cancel());
        let can_return = order.can_return(self.return_window, self.now);
        let concerns = if self.staff { order.concerns.iter().map(concern).collect() } else { Vec::new() };
        let returns = order.returns.iter().map(|one| self.returned(one)).collect();
        let timeline = order.timeline.into_iter().filter_map(|entry| self.entry(entry)).collect();
        let record = order.record;
        let sums = record.sums;
        OrderView {
            id: record.order_id,
            number: record.order_number,
            status,
            placed_at: record.placed_at,
            email: record.email.as_str().to_owned(),
            address: record.address,
            lines: record.cart.lines,
            totals: record.cart.totals,
            shipping: shipping(record.cart.shipping),
            shipments: order.shipments,
            payment: OrderPayment { captured: sums.captured, refunded: sums.refunded, charged_back: sums.charged_back },
            receipt_number: record.receipt_number,
            can_cancel,
            returns,
            can_return,
            timeline,
            parked_reason,
            concerns,
        }
    }

    /// What is shown of an entry of the timeline, if it is for them.
    pub fn entry(&self, entry: TimelineEntry) -> Option<TimelineEntry> {
        if self.staff {
            return Some(entry);
        }
        (!entry.kind.is_for_staff()).then_some(TimelineEntry { remark: None, ..entry })
    }

    fn returned(&self, one: &Return) -> ReturnView {
        let (mut rejection, mut parked_reason) = (None, None);
        let status = match &one.state {
            ReturnState::Requested => ReturnStatus::Requested,
            ReturnState::Received { .. } => ReturnStatus::Received,
            ReturnState::Refunded => ReturnStatus::Refunded,
            ReturnState::Parked { reason, .. } => {
                parked_reason = self.staff.then(|| reason.clone());
                ReturnStatus::Attention
            }
            ReturnState::Rejected { reason } => {
                rejection = Some(reason.clone());
                ReturnStatus::Rejected
            }
        };
        ReturnView {
            id: one.id,
            status,
            lines: one.lines.clone(),
            accepted: one.accepted.clone(),
            reason: one.reason.clone(),
            rejection,
            refund: one.refund,
            requested_at: one.requested_at,
            parked_reason,
        }
    }
}

fn shipping(shipping: CartShipping) -> OrderShipping {
    OrderShipping { label: shipping.label, place: shipping.place.name, price: shipping.total }
}

fn concern(concern: &Concern) -> ConcernView {
    ConcernView { what: concern.what, reason: concern.reason.clone(), at: concern.at, resolved_at: concern.resolved }
}
