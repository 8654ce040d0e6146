//! Compares our payments with the records of a gateway whose ledger can be read: the sandbox.

use super::{Class, Invariant, Report};
use crate::stores::GatewayRecords;
use payment::operation::{OperationKind, OperationState, PaymentOperation};
use payment::payment::Payment;
use sandbox::{LedgerPayment, PaymentState};

/// The only gateway whose ledger can be read.
const SANDBOX: &str = payment::gateway::worldpay::SANDBOX_NAME;

/// Compares the authorisations of a payment with the gateway's records.
pub(super) fn compare(payment: &Payment, records: &GatewayRecords, report: &mut Report) {
    let authorisations = payment.operations.iter().filter(|one| one.kind == OperationKind::Authorise);
    for operation in authorisations.filter(|one| one.gateway == SANDBOX) {
        let known = records.get(&operation.reference).map(Vec::as_slice).unwrap_or_default();
        // The gateway would accept the same reference twice, so a double charge shows as two records.
        if known.iter().filter(|one| one.state == PaymentState::Authorised).count() > 1 {
            report.add(
                Class::Violation,
                Invariant::Payment,
                payment.order_id,
                format!("{} was authorised twice", operation.reference),
            );
        }
        compare_authorisation(payment, operation, known.first(), report);
    }
}

fn compare_authorisation(
    payment: &Payment,
    operation: &PaymentOperation,
    record: Option<&LedgerPayment>,
    report: &mut Report,
) {
    let reference = &operation.reference;
    let held = record.filter(|one| one.state == PaymentState::Authorised || one.settled() > 0);
    let mut add = |class, detail: String| report.add(class, Invariant::Payment, payment.order_id, detail);
    match (operation.state, held) {
        (OperationState::Succeeded, Some(record)) => compare_amounts(payment, operation, record, report),
        (OperationState::Succeeded, None) => {
            // An authorisation expires or is cancelled at the gateway a moment before its webhook arrives here.
            let ended = record.is_some_and(|one| matches!(one.state, PaymentState::Cancelled | PaymentState::Expired));
            let known = payment.is_voided(operation.number) || is_resolving(payment, operation);
            if !(ended && known) {
                let class = if ended { Class::InProgress } else { Class::Violation };
                add(class, format!("{reference} is authorised in the shop, but not at the gateway"));
            }
        }
        (OperationState::Refused | OperationState::Failed, Some(record)) if record.capturable() > 0 => {
            add(Class::Violation, format!("{reference} was refused in the shop, but is authorised at the gateway"));
        }
        (OperationState::Unknown | OperationState::Challenged | OperationState::Abandoned, Some(_)) => {
            let class = if operation.due_at.is_some() { Class::InProgress } else { Class::Violation };
            add(class, format!("{reference} is authorised at the gateway; the shop is resolving its outcome"));
        }
        _ => {}
    }
}

/// Returns true if an operation on the authorisation is in progress or needs attention.
fn is_resolving(payment: &Payment, authorisation: &PaymentOperation) -> bool {
    let on_it = |one: &&PaymentOperation| one.target == Some(authorisation.number);
    let open = |one: &PaymentOperation| !one.state.is_final() || one.state == OperationState::NeedsAttention;
    payment.operations.iter().filter(on_it).any(open)
}

/// The amount of successful operations at the gateway itself. Operations recorded manually are unknown to it.
fn completed_at_gateway(payment: &Payment, kind: OperationKind, authorisation: &PaymentOperation) -> i64 {
    let (number, gateway) = (authorisation.number, &authorisation.gateway);
    payment.completed_amount_where(kind, number, |one| one.gateway == *gateway)
}

fn compare_amounts(payment: &Payment, operation: &PaymentOperation, record: &LedgerPayment, report: &mut Report) {
    let number = operation.number;
    let amounts = [
        ("authorised", operation.amount.amount, record.amount.amount),
        ("captured", completed_at_gateway(payment, OperationKind::Capture, operation), record.settled()),
        ("refunded", completed_at_gateway(payment, OperationKind::Refund, operation), record.refunded()),
        ("charged back", payment.charged_back(operation), record.charged_back),
    ];
    let currency = operation.amount.currency;
    if record.amount.currency != currency {
        let detail = format!("{} is in {} at the gateway", operation.reference, record.amount.currency);
        report.add(Class::Violation, Invariant::Payment, payment.order_id, detail);
    }
    for (name, shop, gateway) in amounts.into_iter().filter(|(_, shop, gateway)| shop != gateway) {
        let detail = format!(
            "{}: {name} {} in the shop, {} at the gateway",
            operation.reference,
            currency.minor(shop),
            currency.minor(gateway)
        );
        let class = if is_resolving(payment, operation) {
            // The gateway's latest operations may not have been reported yet.
            Class::InProgress
        } else if payment.has_unrequested_report(&operation.reference) {
            Class::NeedsAttention
        } else {
            Class::Violation
        };
        report.add(class, Invariant::Payment, payment.order_id, detail);
    }
    // Money at the gateway that belongs to no order must be on its way back.
    let belongs = payment.placed_by == Some(number);
    if holds_money(record) && !belongs && !is_resolving(payment, operation) {
        report.add(
            Class::Violation,
            Invariant::Payment,
            payment.order_id,
            format!("{} belongs to no order", operation.reference),
        );
    }
}

/// Returns true if money is authorised, or was captured and not returned.
pub(super) fn holds_money(record: &LedgerPayment) -> bool {
    record.capturable() > 0 || record.settled() > record.refunded() + record.charged_back
}
