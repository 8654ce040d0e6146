//! Money: every authorisation and capture belongs to one order, and the ledger adds up.

use super::gateway::{Theirs, compare};
use super::{Books, Class, Repair, Report};
use chassis::StoreError;
use contracts::{Currency, PaymentId};
use jiff::{SignedDuration, Timestamp};
use payment::attempt::{PaymentOperation, OperationKind, OperationState};
use payment::payment::{Outcome, Payment, State};
use std::collections::{BTreeMap, HashMap, HashSet};

const PAGE: usize = 500;
/// What is due for longer than this is not being looked after.
const OVERDUE: SignedDuration = SignedDuration::from_mins(10);
/// How many notices of gateways are looked at.
const NOTICES: usize = 1000;

/// What payments say was taken, given back and charged back, per currency.
type Sums = BTreeMap<Currency, [i64; 3]>;

pub(super) async fn read(books: &Books, now: Timestamp, report: &mut Report) -> Result<(), StoreError> {
    // The ledger first: what is written while this reads is in the payments, which are read after it.
    let posted = books.payments.balances().await?;
    let theirs = match &books.gateway {
        Some(gateway) => gateway.read().await?,
        None => Theirs::new(),
    };
    let (mut known, mut carts, mut sums) = (HashSet::new(), HashMap::new(), Sums::new());
    let mut after: Option<PaymentId> = None;
    loop {
        let page = books.payments.after(after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        report.payments += page.len();
        for payment in &page {
            look_at(payment, now, report);
            compare(payment, &theirs, report);
            add(payment, &mut sums);
            known.extend(payment.operations.iter().map(|attempt| attempt.reference.clone()));
            if payment.state == State::Placed
                && let Some(other) = carts.insert(payment.cart.cart_id, payment.order_id)
            {
                let told = format!("its cart was paid for by order {other} as well");
                report.add(Class::Violation, 2, payment.order_id, told);
            }
        }
    }
    for reference in theirs.keys().filter(|reference| !known.contains(*reference)) {
        report.add(Class::Violation, 2, reference, "the gateway knows of it, no payment does");
    }
    balance(&posted, &sums, report);
    for kept in books.payments.notices_given_up(NOTICES).await? {
        let told = kept.reason.unwrap_or_else(|| "it could not be taken in".to_owned());
        report.add(Class::NeedsAttention, 2, format!("{} {}", kept.gateway, kept.webhook_event.id), told);
    }
    Ok(())
}

/// The ledger adds up, and says the same as the payments.
fn balance(posted: &[payment::store::Balance], sums: &Sums, report: &mut Report) {
    let mut ledger = Sums::new();
    for balance in posted {
        if balance.difference != 0 {
            let told = format!("{}: debits and credits differ by {}", balance.gateway, balance.difference);
            report.add(Class::Violation, 5, balance.currency.code(), told);
        }
        let all = ledger.entry(balance.currency).or_default();
        all[0] += balance.captured();
        all[1] += balance.refunded;
        all[2] += balance.charged_back;
    }
    for (currency, ours) in sums {
        let theirs = ledger.get(currency).copied().unwrap_or_default();
        for (what, (here, there)) in ["captured", "refunded", "charged back"].iter().zip(ours.iter().zip(theirs)) {
            // More in the payments than in the ledger, which was read before, may have come in between; both readings
            // then differ.
            if *here != there {
                let told =
                    format!("payments say {what} {}, the ledger {}", currency.minor(*here), currency.minor(there));
                report.add(Class::Violation, 5, currency.code(), told);
            }
        }
    }
}

fn add(payment: &Payment, sums: &mut Sums) {
    let all = sums.entry(payment.amount().currency).or_default();
    let done = |kind| {
        let done = payment.operations.iter().filter(|one| one.kind == kind && one.state == OperationState::Succeeded);
        done.map(|one| one.amount.amount).sum::<i64>()
    };
    all[0] += done(OperationKind::Capture);
    all[1] += done(OperationKind::Refund);
    all[2] += payment
        .facts
        .iter()
        .filter_map(|fact| match &fact.outcome {
            Outcome::ChargedBack { amount, .. } => Some(amount.amount),
            _ => None,
        })
        .sum::<i64>();
}

fn look_at(payment: &Payment, now: Timestamp, report: &mut Report) {
    let sums = payment.totals();
    let back = sums.refunded.amount + sums.charged_back.amount;
    if sums.refunded.amount > sums.captured.amount || sums.captured.amount > sums.authorised.amount {
        let told = format!("authorised {}, captured {}, refunded {}", sums.authorised, sums.captured, sums.refunded);
        // What the gateway did against our books waits for a person, and is told as that.
        let class = if payment.discrepancies.is_empty() { Class::Violation } else { Class::NeedsAttention };
        report.add(class, 5, payment.order_id, told);
    } else if back > sums.captured.amount {
        let told =
            format!("captured {}, refunded {} and charged back {}", sums.captured, sums.refunded, sums.charged_back);
        report.add(Class::NeedsAttention, 5, payment.order_id, told);
    }
    for contradiction in &payment.discrepancies {
        report.add(Class::NeedsAttention, 2, payment.order_id, contradiction.clone());
    }
    for parked in payment.operations.iter().filter(|attempt| attempt.state == OperationState::NeedsAttention) {
        report.add(Class::NeedsAttention, 2, payment.order_id, format!("{}: {}", parked.reference, parked.to_be_done()));
    }
    orphaned(payment, report);
    match (payment.state, payment.due_at()) {
        (State::Placed | State::Closed, None) => {}
        (_, Some(due)) if due.saturating_add(OVERDUE).unwrap_or(due) < now => {
            let told = format!("it should have been looked after at {due}");
            report.add_with(Class::Violation, 2, payment.order_id, told, Repair::LookAfter(payment.id));
        }
        (State::Placed | State::Closed, Some(_)) => {}
        _ => report.add(Class::InProgress, 2, payment.order_id, format!("{:?}", payment.state)),
    }
}

/// An authorisation that belongs to no order has to be let go.
fn orphaned(payment: &Payment, report: &mut Report) {
    let held = |attempt: &&PaymentOperation| {
        attempt.kind == OperationKind::Authorise
            && attempt.state == OperationState::Succeeded
            && payment.placed_by != Some(attempt.number)
    };
    for attempt in payment.operations.iter().filter(held) {
        let number = attempt.number;
        let letting_go = |one: &PaymentOperation| {
            matches!(one.kind, OperationKind::Void | OperationKind::Refund)
                && one.target == Some(number)
                && !matches!(one.state, OperationState::Refused | OperationState::Failed | OperationState::Abandoned)
        };
        if !payment.operations.iter().any(letting_go) {
            let told = format!("{} is held for no order", attempt.reference);
            let repair = Repair::LetGo { payment: payment.id, attempt: number };
            report.add_with(Class::Violation, 2, payment.order_id, told, repair);
        }
    }
}
