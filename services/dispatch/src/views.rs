//! The public views of orders.

use crate::messages;
use crate::order::{Order, PaymentIssue, Return, ReturnState, TimelineRecord};
use contracts::cart::{CartLine, CartShipping};
use contracts::dispatch::{
    OrderCustomer, OrderPayment, OrderShipping, OrderSummary, OrderView, PackingLine, PackingList, PaymentIssueView,
    ReturnStatus, ReturnView, TimelineEntry, WorkflowSummary,
};
use contracts::payment::OrderRecord;
use jiff::{SignedDuration, Timestamp};

/// The reader of an order, which decides how much of it is shown.
#[derive(Debug, Clone, Copy)]
pub struct Viewer {
    /// True for staff, who see reasons, notes and payment issues.
    pub staff: bool,
    /// True if documents can name the seller.
    pub has_seller: bool,
    /// The time at which the order is read.
    pub now: Timestamp,
    /// The time after the delivery within which an order can be returned.
    pub return_window: SignedDuration,
}

/// Returns the entry of an order in a list, with its customer if `for_staff`.
pub fn summary(order: &Order, for_staff: bool) -> OrderSummary {
    let record = &order.record;
    let customer =
        || OrderCustomer { name: record.address.name.as_str().to_owned(), email: record.email.as_str().to_owned() };
    OrderSummary {
        id: order.id(),
        number: order.record.order_number.clone(),
        status: order.status(),
        placed_at: order.record.placed_at,
        total: order.record.cart.totals.total,
        item_count: order.record.cart.lines.iter().map(|line| line.quantity.get()).sum(),
        customer: for_staff.then(customer),
    }
}

/// Returns the entry of an order in the list of workflows.
pub fn workflow_summary(order: &Order) -> WorkflowSummary {
    WorkflowSummary {
        order_id: order.id(),
        order_number: order.record.order_number.clone(),
        status: order.status(),
        step: order.workflow.step_name().to_owned(),
        tries: order.tries,
        reason: order.review_reason().map(str::to_owned).or_else(|| order.last_failure.clone()),
        due_at: order.due_at(),
    }
}

/// Returns the packing list of an order.
pub fn packing_list(order: Order) -> PackingList {
    let (status, withdrawn) = (order.status(), order.withdrawn_units());
    let OrderRecord { order_id, order_number, placed_at, address, cart, .. } = order.record;
    let weight = |line: &CartLine| u64::from(line.weight_grams) * u64::from(line.quantity.get());
    PackingList {
        order_id,
        order_number,
        status,
        placed_at,
        address,
        shipping_option: cart.shipping.label,
        weight_grams: cart.lines.iter().map(weight).sum(),
        lines: cart.lines.into_iter().map(packing_line).collect(),
        withdrawn,
        shipments: order.shipments,
    }
}

fn packing_line(line: CartLine) -> PackingLine {
    let CartLine { sku, title, option_values, quantity, weight_grams, .. } = line;
    PackingLine { sku, title, option_values, quantity, weight_grams }
}

impl Viewer {
    /// Returns the view of an order.
    pub fn view(&self, order: Order) -> OrderView {
        let attention_reason = order.attention_reason().filter(|_| self.staff).map(str::to_owned);
        // Computed before the order is taken apart below.
        let (status, can_cancel) = (order.status(), order.can_cancel());
        let can_capture = self.staff && order.can_capture();
        let can_return = order.can_return(self.return_window, self.now);
        let withdrawal = order.withdrawal_right(self.now);
        let payment_issues =
            if self.staff { order.payment_issues.iter().map(payment_issue).collect() } else { Vec::new() };
        let returns = order.returns.iter().map(|one| self.return_view(one)).collect();
        let timeline = order.timeline.into_iter().filter_map(|record| self.timeline_entry(record)).collect();
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
            payment: OrderPayment {
                captured: totals.captured,
                refunded: totals.refunded,
                charged_back: totals.charged_back,
            },
            has_invoice: self.has_seller && record.receipt_number.is_some(),
            receipt_number: record.receipt_number,
            can_cancel,
            returns,
            can_return,
            withdrawal,
            timeline,
            attention_reason,
            can_capture,
            payment_issues,
        }
    }

    /// Returns the view of a timeline entry, or `None` if only staff may see it.
    pub fn timeline_entry(&self, record: TimelineRecord) -> Option<TimelineEntry> {
        if !self.staff && record.kind.is_for_staff() {
            return None;
        }
        let TimelineRecord { number, at, kind, data, status, staff_note } = record;
        let text = messages::current().timeline(kind, &data);
        Some(TimelineEntry { number, at, kind, status, data, text, staff_note: staff_note.filter(|_| self.staff) })
    }

    fn return_view(&self, one: &Return) -> ReturnView {
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
            is_withdrawal: one.is_withdrawal,
            rejection,
            refund: one.refund,
            requested_at: one.requested_at,
            attention_reason,
        }
    }
}

fn shipping(shipping: CartShipping) -> OrderShipping {
    let CartShipping { label, place, estimated_days, total, .. } = shipping;
    OrderShipping { label, place: place.name, estimated_days, price: total }
}

fn payment_issue(issue: &PaymentIssue) -> PaymentIssueView {
    PaymentIssueView {
        kind: issue.kind,
        reason: issue.reason.clone(),
        raised_at: issue.raised_at,
        resolved_at: issue.resolved_at,
    }
}
