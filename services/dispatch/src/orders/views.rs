//! What is shown of orders.

use crate::order::{PaymentIssue, Order, Return, ReturnState};
use contracts::cart::CartShipping;
use contracts::dispatch::{
    PaymentIssueView, OrderPayment, OrderShipping, OrderSummary, OrderView, ReturnStatus, ReturnView, TimelineEntry,
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
        let attention_reason = order.parked().filter(|_| self.staff).map(str::to_owned);
        let (status, can_cancel) = (order.status(), order.can_cancel());
        let can_return = order.can_return(self.return_window, self.now);
        let payment_issues = if self.staff { order.payment_issues.iter().map(payment_issue).collect() } else { Vec::new() };
        let returns = order.returns.iter().map(|one| self.returned(one)).collect();
        let timeline = order.timeline.into_iter().filter_map(|entry| self.entry(entry)).collect();
        let record = order.record;
        let totals = record.totals;
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
            payment: OrderPayment { captured: totals.captured, refunded: totals.refunded, charged_back: totals.charged_back },
            receipt_number: record.receipt_number,
            can_cancel,
            returns,
            can_return,
            timeline,
            attention_reason,
            payment_issues,
        }
    }

    /// What is shown of an entry of the timeline, if it is for them.
    pub fn entry(&self, entry: TimelineEntry) -> Option<TimelineEntry> {
        if self.staff {
            return Some(entry);
        }
        (!entry.kind.is_for_staff()).then_some(TimelineEntry { staff_note: None, ..entry })
    }

    fn returned(&self, one: &Return) -> ReturnView {
        let (mut rejection, mut attention_reason) = (None, None);
        let status = match &one.state {
            ReturnState::Requested => ReturnStatus::Requested,
            ReturnState::Received { .. } => ReturnStatus::Received,
            ReturnState::Refunded => ReturnStatus::Refunded,
            ReturnState::NeedsAttention { reason, .. } => {
                attention_reason = self.staff.then(|| reason.clone());
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
            attention_reason,
        }
    }
}

fn shipping(shipping: CartShipping) -> OrderShipping {
    OrderShipping { label: shipping.label, place: shipping.place.name, price: shipping.total }
}

fn payment_issue(payment_issue: &PaymentIssue) -> PaymentIssueView {
    PaymentIssueView { kind: payment_issue.what, reason: payment_issue.reason.clone(), raised_at: payment_issue.at, resolved_at: payment_issue.resolved }
}
