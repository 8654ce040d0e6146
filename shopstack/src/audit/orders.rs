//! Orders, stock and events: each order reaches an end or waits for a person, each hold has an owner, each event has
//! gone out.

use super::{Books, Class, Repair, Report};
use catalogue::store::HeldReservation;
use chassis::StoreError;
use contracts::OrderId;
use contracts::catalogue::Oversell;
use contracts::events::PaymentIssueKind;
use contracts::payment::{CaptureTiming, PaymentTotals};
use dispatch::order::{Order, Workflow};
use jiff::{SignedDuration, Timestamp};
use payment::payment::{Payment, State};

const PAGE: usize = 500;
/// An event that has not arrived after this is lost.
const ON_ITS_WAY: SignedDuration = SignedDuration::from_mins(5);
const OVERDUE: SignedDuration = SignedDuration::from_mins(10);

pub(super) async fn read(books: &Books, now: Timestamp, report: &mut Report) -> Result<(), StoreError> {
    let mut before: Option<OrderId> = None;
    loop {
        let page = books.orders.list(None, None, before, PAGE).await?;
        let Some(last) = page.last() else { break };
        before = Some(last.id());
        report.orders += page.len();
        for order in &page {
            let payment = books.payments.of_order(order.id()).await?;
            look_at(order, payment.as_ref(), now, report);
        }
    }
    placed(books, now, report).await?;
    held(books, now, report).await?;
    for told in books.stock.violations(1000).await? {
        report.add(Class::Violation, 1, "stock", told);
    }
    for short in books.stock.shortfalls(1000).await? {
        let told = format!("{} promised, {} on hand", short.reserved, short.on_hand);
        // What may be sold ahead waits for goods; what may not was corrected below its promises by somebody.
        let class = if short.oversell == Oversell::Continue { Class::InProgress } else { Class::NeedsAttention };
        report.add(class, 1, short.sku, told);
    }
    events(books, report).await
}

fn look_at(order: &Order, payment: Option<&Payment>, now: Timestamp, report: &mut Report) {
    let id = order.id();
    let Some(payment) = payment.filter(|payment| payment.state == State::Placed) else {
        report.add(Class::Violation, 2, id, "an order without its payment");
        return;
    };
    let sums = payment.totals();
    waits(order, report);
    match &order.workflow {
        Workflow::NeedsAttention { reason, .. } => {
            report.add_with(Class::NeedsAttention, 3, id, reason.clone(), Repair::Resume(id));
        }
        Workflow::Cancelled => {
            let held = sums.authorised.amount > sums.captured.amount;
            let kept = sums.captured.amount - sums.refunded.amount - sums.charged_back.amount;
            // The event that tells dispatch of a refund that bounced may be on its way.
            let waiting = order.payment_issues.iter().any(dispatch::order::PaymentIssue::is_open);
            if (held || kept > 0) && !waiting {
                let told = format!("cancelled, but captured {} and refunded {}", sums.captured, sums.refunded);
                report.add(Class::Violation, 3, id, told);
            }
        }
        Workflow::Delivered
            if !order.taken && order.record.capture == CaptureTiming::Shipped && !is_known_to_be_unpaid(order) =>
        {
            report.add(Class::InProgress, 5, id, "delivered, and the money is being taken");
        }
        Workflow::Delivered if sums.captured != payment.amount() && !is_known_to_be_unpaid(order) => {
            let told = format!("delivered for {}, captured {}", payment.amount(), sums.captured);
            report.add(Class::Violation, 5, id, told);
        }
        Workflow::Delivered => stands(order, &sums, report),
        Workflow::AwaitingDelivery | Workflow::Running { .. } | Workflow::Compensating { .. } => {
            report.add(Class::InProgress, 3, id, format!("{:?}", order.workflow));
        }
    }
    if let Some(due) = order.due_at().filter(|due| due.saturating_add(OVERDUE).unwrap_or(*due) < now) {
        report.add(Class::Violation, 3, id, format!("its workflow should have gone on at {due}"));
    }
}

/// Whether the gateway said that taking the money came to nothing: it is a person's to look after, or they have.
fn is_known_to_be_unpaid(order: &Order) -> bool {
    !order.taken && order.payment_issues.iter().any(|concern| concern.what == PaymentIssueKind::CaptureFailed)
}

/// What waits for a person although the workflow may not.
fn waits(order: &Order, report: &mut Report) {
    for concern in order.payment_issues.iter().filter(|concern| concern.is_open()) {
        report.add(Class::NeedsAttention, 5, order.id(), concern.reason.clone());
    }
    for parked in order.returns.iter().filter(|one| one.is_parked()) {
        report.add_with(
            Class::NeedsAttention,
            3,
            order.id(),
            format!("return {} waits", parked.id),
            Repair::Resume(order.id()),
        );
    }
    for waiting in order.refunds.iter().filter_map(|refund| refund.parked.clone()) {
        report.add_with(Class::NeedsAttention, 3, order.id(), waiting, Repair::Resume(order.id()));
    }
}

/// What was given back of a delivered order is what people granted: refunds, and returns.
fn stands(order: &Order, sums: &PaymentTotals, report: &mut Report) {
    let under_way = order.due_at().is_some() || order.record.totals != *sums;
    let granted = order.granted();
    if granted != sums.refunded.amount {
        let currency = sums.refunded.currency;
        let told = format!("{} were granted back, {} were given", currency.minor(granted), sums.refunded);
        let class = if under_way { Class::InProgress } else { Class::Violation };
        report.add(class, 5, order.id(), told);
    }
}

/// Every paid order is with dispatch, or on its way there.
async fn placed(books: &Books, now: Timestamp, report: &mut Report) -> Result<(), StoreError> {
    let mut after = None;
    loop {
        let page = books.payments.after(after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = Some(last.id);
        for payment in page.iter().filter(|payment| payment.state == State::Placed) {
            if books.orders.find(payment.order_id).await?.is_some() {
                continue;
            }
            let recent = payment.placed_at.is_some_and(|at| at.saturating_add(ON_ITS_WAY).unwrap_or(at) > now);
            let waiting = books.payments.outbox().waiting().await? > 0 || books.broker.waiting().await.unwrap_or(1) > 0;
            let class = if recent || waiting { Class::InProgress } else { Class::Violation };
            report.add(class, 3, payment.order_id, "paid, and not with dispatch");
        }
    }
}

/// Every hold belongs to a payment under way or an order that has not taken its goods yet.
async fn held(books: &Books, now: Timestamp, report: &mut Report) -> Result<(), StoreError> {
    let mut after = None;
    loop {
        let page = books.stock.held(after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = Some(last.key);
        for hold in &page {
            owner_of(books, hold, now, report).await?;
        }
    }
}

async fn owner_of(
    books: &Books,
    hold: &HeldReservation,
    now: Timestamp,
    report: &mut Report,
) -> Result<(), StoreError> {
    let id = hold.key.order_id;
    let payment = books.payments.of_order(id).await?;
    let order = books.orders.find(id).await?;
    let over = order.as_ref().is_some_and(|order| matches!(order.workflow, Workflow::Cancelled | Workflow::Delivered));
    let dead = match payment.as_ref().map(|payment| payment.state) {
        None | Some(State::Closed) => true,
        Some(State::Placed) => over,
        Some(_) => false,
    };
    if dead {
        let repair = Repair::ReleaseHold { order: id, attempt: hold.key.attempt };
        report.add_with(Class::Violation, 3, id, "holds stock that nobody will take or give back", repair);
    } else if hold.expected_by < now && order.is_none() {
        report.add(Class::InProgress, 3, id, "holds stock for longer than expected");
    }
    Ok(())
}

async fn events(books: &Books, report: &mut Report) -> Result<(), StoreError> {
    for (service, outbox) in &books.outboxes {
        let waiting = outbox.waiting().await?;
        if waiting > 0 {
            report.add(Class::InProgress, 4, service, format!("{waiting} events wait to be published"));
        }
    }
    match books.broker.waiting().await {
        Ok(0) => {}
        Ok(waiting) => report.add(Class::InProgress, 4, "broker", format!("{waiting} events wait to be consumed")),
        Err(error) => report.add(Class::InProgress, 4, "broker", format!("cannot be asked: {error}")),
    }
    for letter in books.dead_letters().await? {
        let told = format!("{}: {}", letter.event.kind, letter.reason);
        report.add_with(Class::NeedsAttention, 4, letter.event.id, told, Repair::Replay(letter.event.id));
    }
    Ok(())
}
