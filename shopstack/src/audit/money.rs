//! Checks payments and ledger: every authorisation belongs to one order, and debits equal credits.

use super::gateway::{compare, holds_money};
use super::{Circumstances, Class, Invariant, Repair, Report};
use crate::stores::{AuditStores, GatewayRecords};
use chassis::StoreError;
use contracts::{Currency, PaymentId};
use payment::operation::{OperationKind, OperationState, PaymentOperation};
use payment::payment::{Outcome, Payment, State};
use std::collections::{BTreeMap, HashMap, HashSet};

const PAGE: usize = 500;
/// The number of failed webhook events that are read.
const MAX_WEBHOOK_EVENTS: usize = 1000;

/// The amounts captured, refunded and charged back, per currency.
type Totals = BTreeMap<Currency, [i64; 3]>;

pub(super) async fn read(
    stores: &AuditStores,
    circumstances: Circumstances,
    report: &mut Report,
) -> Result<(), StoreError> {
    // The ledger first: a payment that changes meanwhile is then ahead of the ledger, never behind it.
    let posted = stores.payments.balances().await?;
    let records = match &stores.gateway {
        Some(gateway) => gateway.records().await?,
        None => GatewayRecords::new(),
    };
    let (mut known, mut carts, mut totals) = (HashSet::new(), HashMap::new(), Totals::new());
    let mut after: Option<PaymentId> = None;
    // In pages by id, so that memory stays bounded and a payment created meanwhile is read at the end.
    loop {
        let page = stores.payments.list_after(after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        report.payments += page.len();
        for payment in &page {
            check_payment(payment, circumstances, report);
            compare(payment, &records, report);
            add_totals(payment, &mut totals);
            // The gateway's records are keyed by the references that the shop chose, whatever the outcome was.
            known.extend(payment.operations.iter().map(|operation| operation.reference.clone()));
            // Only placed payments count: a cart may have any number of payments that were closed.
            if payment.state == State::Placed
                && let Some(other) = carts.insert(payment.cart.cart_id, payment.order_id)
            {
                let detail = format!("the same cart was paid by order {other} as well");
                report.add(Class::Violation, Invariant::Payment, payment.order_id, detail);
            }
        }
    }
    for (reference, found) in records.iter().filter(|(reference, _)| !known.contains(*reference)) {
        if found.iter().any(holds_money) {
            report.add(Class::Violation, Invariant::Payment, reference, "money at the gateway that no payment knows");
        }
    }
    check_ledger(&posted, &totals, report);
    for failed in stores.payments.failed_webhook_events(MAX_WEBHOOK_EVENTS).await? {
        let detail = failed.reason.unwrap_or_else(|| "the webhook event could not be processed".to_owned());
        report.add(
            Class::NeedsAttention,
            Invariant::Payment,
            format!("{} {}", failed.gateway, failed.webhook_event.id),
            detail,
        );
    }
    Ok(())
}

/// Checks that debits equal credits, and that the ledger agrees with the payments.
fn check_ledger(posted: &[payment::store::Balance], totals: &Totals, report: &mut Report) {
    let mut ledger = Totals::new();
    for balance in posted {
        if balance.difference != 0 {
            let detail = format!("{}: debits and credits differ by {}", balance.gateway, balance.difference);
            report.add(Class::Violation, Invariant::Ledger, balance.currency.code(), detail);
        }
        let all = ledger.entry(balance.currency).or_default();
        // By gateway in the ledger, by currency in the payments: the sum over gateways is compared.
        all[0] += balance.captured();
        all[1] += balance.refunded;
        all[2] += balance.charged_back;
    }
    for (currency, paid) in totals {
        let posted = ledger.get(currency).copied().unwrap_or_default();
        for (name, (paid, posted)) in ["captured", "refunded", "charged back"].iter().zip(paid.iter().zip(posted)) {
            // Payments may have changed since the ledger was read. Such a finding differs in the second reading, so it is
            // not confirmed.
            if *paid != posted {
                let detail = format!(
                    "{name}: {} in the payments, {} in the ledger",
                    currency.minor(*paid),
                    currency.minor(posted)
                );
                report.add(Class::Violation, Invariant::Ledger, currency.code(), detail);
            }
        }
    }
}

fn add_totals(payment: &Payment, totals: &mut Totals) {
    let all = totals.entry(payment.amount().currency).or_default();
    let done = |kind| {
        let done = payment.operations.iter().filter(|one| one.kind == kind && one.state == OperationState::Succeeded);
        done.map(|one| one.amount.amount).sum::<i64>()
    };
    all[0] += done(OperationKind::Capture);
    all[1] += done(OperationKind::Refund);
    // A chargeback is no operation of the shop, so only facts tell of it.
    all[2] += payment
        .facts
        .iter()
        .filter_map(|fact| match &fact.outcome {
            Outcome::ChargedBack { amount, .. } => Some(amount.amount),
            _ => None,
        })
        .sum::<i64>();
}

fn check_payment(payment: &Payment, circumstances: Circumstances, report: &mut Report) {
    let totals = payment.totals();
    // A chargeback after a refund may exceed the captured amount. The bank decides, so it is no violation.
    let returned = totals.refunded.amount + totals.charged_back.amount;
    if totals.refunded.amount > totals.captured.amount || totals.captured.amount > totals.authorised.amount {
        let detail =
            format!("authorised {}, captured {}, refunded {}", totals.authorised, totals.captured, totals.refunded);
        // If the gateway contradicts our records, the discrepancy below already asks for attention.
        let class = if payment.discrepancies.is_empty() { Class::Violation } else { Class::NeedsAttention };
        report.add(class, Invariant::Ledger, payment.order_id, detail);
    } else if returned > totals.captured.amount {
        let detail = format!(
            "captured {}, refunded {} and charged back {}",
            totals.captured, totals.refunded, totals.charged_back
        );
        report.add(Class::NeedsAttention, Invariant::Ledger, payment.order_id, detail);
    }
    for discrepancy in &payment.discrepancies {
        report.add(Class::NeedsAttention, Invariant::Payment, payment.order_id, discrepancy.clone());
    }
    for open in payment.operations.iter().filter(|operation| operation.state == OperationState::NeedsAttention) {
        report.add(
            Class::NeedsAttention,
            Invariant::Payment,
            payment.order_id,
            format!("{}: {}", open.reference, open.attention_reason()),
        );
    }
    check_orphans(payment, report);
    match (payment.state, payment.due_at()) {
        (State::Placed | State::Closed, None) => {}
        (_, Some(due)) if circumstances.is_overdue(due) => {
            let detail = format!("processing is overdue since {due}");
            report.add_repairable(
                Class::Violation,
                Invariant::Payment,
                payment.order_id,
                detail,
                Repair::ProcessPayment(payment.id),
            );
        }
        (State::Placed | State::Closed, Some(_)) => {}
        _ => report.add(
            Class::InProgress,
            Invariant::Payment,
            payment.order_id,
            format!("payment {}", payment.state.as_str()),
        ),
    }
}

/// Finds authorisations that belong to no order and are neither voided nor refunded.
fn check_orphans(payment: &Payment, report: &mut Report) {
    let orphaned = |operation: &&PaymentOperation| {
        operation.kind == OperationKind::Authorise
            && operation.state == OperationState::Succeeded
            && payment.placed_by != Some(operation.number)
    };
    for authorisation in payment.operations.iter().filter(orphaned) {
        let number = authorisation.number;
        let releases = |one: &PaymentOperation| {
            matches!(one.kind, OperationKind::Void | OperationKind::Refund)
                && one.target == Some(number)
                // An open operation counts as well. If it fails, the next audit reports the authorisation.
                && !matches!(one.state, OperationState::Refused | OperationState::Failed | OperationState::Abandoned)
        };
        if !payment.operations.iter().any(releases) {
            let detail = format!("{} belongs to no order", authorisation.reference);
            let repair = Repair::VoidOrRefund { payment: payment.id, operation: number };
            report.add_repairable(Class::Violation, Invariant::Payment, payment.order_id, detail, repair);
        }
    }
}
