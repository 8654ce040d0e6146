//! Checks orders, stock and events: every order is final or in progress or needs attention, every reservation has an
//! owner, and every event is published.

use super::{Circumstances, Class, Invariant, Repair, Report};
use crate::stores::AuditStores;
use catalogue::store::ActiveReservation;
use chassis::StoreError;
use contracts::OrderId;
use contracts::catalogue::Oversell;
use contracts::events::PaymentIssueKind;
use contracts::payment::{CaptureTiming, PaymentTotals};
use dispatch::order::{Order, Workflow};
use dispatch::store::OrderFilter;
use jiff::{SignedDuration, Timestamp};
use payment::payment::{Payment, State};

const PAGE: usize = 500;
/// The number of SKUs with a problem that are read.
const MAX_FINDINGS: usize = 1000;
/// The time within which an event must arrive. Afterwards it counts as lost.
const EVENT_DEADLINE: SignedDuration = SignedDuration::from_mins(5);

pub(super) async fn read(
    stores: &AuditStores,
    circumstances: Circumstances,
    report: &mut Report,
) -> Result<(), StoreError> {
    let now = circumstances.now;
    let mut before: Option<OrderId> = None;
    loop {
        let page = stores.orders.list(&OrderFilter::default(), before, PAGE).await?;
        let Some(last) = page.last() else { break };
        // Newest first, as the store lists them.
        before = Some(last.id());
        report.orders += page.len();
        for order in &page {
            // One query for each order: the audit runs rarely, and a join across services is not possible.
            let payment = stores.payments.find_by_order(order.id()).await?;
            check_order(order, payment.as_ref(), circumstances, report);
        }
    }
    check_placed_payments(stores, now, report).await?;
    check_reservations(stores, now, report).await?;
    for detail in stores.stock.violations(MAX_FINDINGS).await? {
        report.add(Class::Violation, Invariant::Stock, "stock", detail);
    }
    for short in stores.stock.shortfalls(MAX_FINDINGS).await? {
        let detail = format!("{} reserved, {} on hand", short.reserved, short.on_hand);
        // A SKU that may be oversold waits for stock. Any other was adjusted below its reservations by staff.
        let class = if short.oversell == Oversell::Continue { Class::InProgress } else { Class::NeedsAttention };
        report.add(class, Invariant::Stock, short.sku, detail);
    }
    check_events(stores, report).await
}

fn check_order(order: &Order, payment: Option<&Payment>, circumstances: Circumstances, report: &mut Report) {
    let id = order.id();
    let Some(payment) = payment.filter(|payment| payment.state == State::Placed) else {
        report.add(Class::Violation, Invariant::Payment, id, "the order has no placed payment");
        return;
    };
    let totals = payment.totals();
    check_attention(order, report);
    match &order.workflow {
        Workflow::NeedsAttention { reason, .. } => {
            report.add_repairable(Class::NeedsAttention, Invariant::Order, id, reason.clone(), Repair::Resume(id));
        }
        Workflow::Cancelled => {
            // An authorisation that was captured completely blocks no more of the customer's money.
            let authorised = totals.authorised.amount > totals.captured.amount;
            let captured = totals.captured.amount - totals.refunded.amount - totals.charged_back.amount;
            // A refund that failed at the bank reopens the order by an event that may not have arrived yet.
            let has_issue = order.payment_issues.iter().any(dispatch::order::PaymentIssue::is_open);
            if (authorised || captured > 0) && !has_issue {
                let detail = format!("cancelled, but {} captured and {} refunded", totals.captured, totals.refunded);
                report.add(Class::Violation, Invariant::Order, id, detail);
            }
        }
        Workflow::Delivered
            if !order.captured && order.record.capture == CaptureTiming::Shipped && !is_known_to_be_unpaid(order) =>
        {
            report.add(Class::InProgress, Invariant::Ledger, id, "delivered, capture in progress");
        }
        Workflow::Delivered if totals.captured != payment.amount() && !is_known_to_be_unpaid(order) => {
            let detail = format!("delivered for {}, captured {}", payment.amount(), totals.captured);
            report.add(Class::Violation, Invariant::Ledger, id, detail);
        }
        Workflow::Delivered => check_refunds(order, &totals, report),
        Workflow::AwaitingDelivery | Workflow::Running { .. } | Workflow::Compensating { .. } => {
            report.add(Class::InProgress, Invariant::Order, id, workflow_text(&order.workflow));
        }
    }
    if let Some(due) = order.due_at().filter(|due| circumstances.is_overdue(*due)) {
        report.add(Class::Violation, Invariant::Order, id, format!("the workflow is overdue since {due}"));
    }
}

/// A workflow in progress, in words.
const fn workflow_text(workflow: &Workflow) -> &'static str {
    match workflow {
        Workflow::Running { .. } => "fulfilment in progress",
        Workflow::Compensating { .. } => "cancellation in progress",
        Workflow::AwaitingDelivery => "awaiting delivery",
        Workflow::NeedsAttention { .. } => "needs attention",
        Workflow::Cancelled => "cancelled",
        Workflow::Delivered => "delivered",
    }
}

/// Returns true if the gateway reported that the capture failed: the payment issue asks for attention, or was resolved.
fn is_known_to_be_unpaid(order: &Order) -> bool {
    !order.captured && order.payment_issues.iter().any(|issue| issue.kind == PaymentIssueKind::CaptureFailed)
}

/// Reports what needs attention beside the workflow itself: payment issues, returns and refunds.
fn check_attention(order: &Order, report: &mut Report) {
    for issue in order.payment_issues.iter().filter(|issue| issue.is_open()) {
        report.add(Class::NeedsAttention, Invariant::Ledger, order.id(), issue.reason.clone());
    }
    for open in order.returns.iter().filter(|one| one.needs_attention()) {
        report.add_repairable(
            Class::NeedsAttention,
            Invariant::Order,
            order.id(),
            format!("return {} needs attention", open.id),
            Repair::Resume(order.id()),
        );
    }
    for reason in order.refunds.iter().filter_map(|refund| refund.attention_reason.clone()) {
        report.add_repairable(Class::NeedsAttention, Invariant::Order, order.id(), reason, Repair::Resume(order.id()));
    }
}

/// Checks that the refunds and returns of a delivered order agree with its payment.
fn check_refunds(order: &Order, totals: &PaymentTotals, report: &mut Report) {
    // The totals that the order knows lag behind the payment until its event is consumed.
    let in_progress = order.due_at().is_some() || order.record.totals != *totals;
    let refunded = order.refunds_paid();
    if refunded != totals.refunded.amount {
        let currency = totals.refunded.currency;
        let detail = format!("refunds: {} in the order, {} in the payment", currency.minor(refunded), totals.refunded);
        let class = if in_progress { Class::InProgress } else { Class::Violation };
        report.add(class, Invariant::Ledger, order.id(), detail);
    }
}

/// Checks that every placed payment has an order, or its event is still being delivered.
async fn check_placed_payments(stores: &AuditStores, now: Timestamp, report: &mut Report) -> Result<(), StoreError> {
    let mut after = None;
    loop {
        let page = stores.payments.list_after(after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = Some(last.id);
        for payment in page.iter().filter(|payment| payment.state == State::Placed) {
            if stores.orders.find(payment.order_id).await?.is_some() {
                continue;
            }
            // The event of a payment that was just placed may not have been published yet.
            let recent = payment.placed_at.is_some_and(|at| at.saturating_add(EVENT_DEADLINE).unwrap_or(at) > now);
            // A broker that does not respond may still hold the event, so it counts as pending.
            let pending =
                stores.payments.outbox().pending().await? > 0 || stores.broker.pending().await.unwrap_or(1) > 0;
            let class = if recent || pending { Class::InProgress } else { Class::Violation };
            report.add(class, Invariant::Order, payment.order_id, "paid, but dispatch has no order");
        }
    }
}

/// Checks that every reservation belongs to a payment in progress or an order that has not shipped.
async fn check_reservations(stores: &AuditStores, now: Timestamp, report: &mut Report) -> Result<(), StoreError> {
    let mut after = None;
    loop {
        let page = stores.stock.active_reservations(after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = Some(last.key);
        for reservation in &page {
            check_owner(stores, reservation, now, report).await?;
        }
    }
}

async fn check_owner(
    stores: &AuditStores,
    reservation: &ActiveReservation,
    now: Timestamp,
    report: &mut Report,
) -> Result<(), StoreError> {
    let id = reservation.key.order_id;
    let payment = stores.payments.find_by_order(id).await?;
    let order = stores.orders.find(id).await?;
    // A final order has committed or released its stock.
    let is_final =
        order.as_ref().is_some_and(|order| matches!(order.workflow, Workflow::Cancelled | Workflow::Delivered));
    let orphaned = match payment.as_ref().map(|payment| payment.state) {
        None | Some(State::Closed) => true,
        Some(State::Placed) => is_final,
        Some(_) => false,
    };
    if orphaned {
        let repair = Repair::ReleaseReservation { order: id, attempt: reservation.key.attempt };
        report.add_repairable(
            Class::Violation,
            Invariant::Order,
            id,
            "the order is final, but its stock is still reserved",
            repair,
        );
    } else if reservation.expected_by < now && order.is_none() {
        report.add(Class::InProgress, Invariant::Order, id, "stock is reserved for longer than expected");
    }
    Ok(())
}

async fn check_events(stores: &AuditStores, report: &mut Report) -> Result<(), StoreError> {
    for (service, outbox) in &stores.outboxes {
        // The relay publishes within a second, so this is rarely more than a few.
        let pending = outbox.pending().await?;
        if pending > 0 {
            report.add(Class::InProgress, Invariant::Event, service, format!("events to be published: {pending}"));
        }
    }
    match stores.broker.pending().await {
        Ok(0) => {}
        Ok(pending) => {
            report.add(Class::InProgress, Invariant::Event, "broker", format!("events to be consumed: {pending}"));
        }
        Err(error) => {
            report.add(Class::InProgress, Invariant::Event, "broker", format!("the broker is unavailable: {error}"));
        }
    }
    for failure in stores.dead_letters().await? {
        let detail = format!("{}: {}", failure.event.kind, failure.reason);
        report.add_repairable(
            Class::NeedsAttention,
            Invariant::Event,
            failure.event.id,
            detail,
            Repair::Replay(failure.event.id),
        );
    }
    Ok(())
}
