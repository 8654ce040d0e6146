//! The gateway's side of the books, where it can be read: the sandbox's ledger, held against our attempts.

use super::{Class, Report};
use axum::body::Body;
use axum::extract::Request;
use chassis::StoreError;
use chassis::client::segment;
use chassis::transport::Transport;
use http_body_util::{BodyExt, Limited};
use payment::attempt::{PaymentOperation, OperationKind, OperationState};
use payment::payment::Payment;
use sandbox::{Ledger, LedgerPayment, PaymentState};
use std::collections::HashMap;
use tower::ServiceExt;

const PAGE: usize = 500;
const LARGEST: usize = 16 << 20;
/// The gateway whose ledger can be read.
const SANDBOX: &str = payment::gateway::worldpay::SANDBOX_NAME;

/// A ledger that can be read.
#[derive(Clone)]
pub enum GatewayBooks {
    /// In a file.
    File(Ledger),
    /// At a sandbox elsewhere.
    Elsewhere(Transport),
}

/// All payments of a gateway, by our reference. There is one for each, unless a customer was charged twice.
pub(super) type Theirs = HashMap<String, Vec<LedgerPayment>>;

impl GatewayBooks {
    /// Reads all of it.
    pub(super) async fn read(&self) -> Result<Theirs, StoreError> {
        let (mut all, mut after) = (Theirs::new(), String::new());
        loop {
            let page = match self {
                Self::File(ledger) => ledger.payments_after(&after, PAGE).await?,
                Self::Elsewhere(transport) => page_of(transport, &after).await?,
            };
            let Some(last) = page.last() else { return Ok(all) };
            after.clone_from(&last.reference);
            for payment in page {
                all.entry(payment.reference.clone()).or_default().push(payment);
            }
        }
    }
}

async fn page_of(transport: &Transport, after: &str) -> Result<Vec<LedgerPayment>, StoreError> {
    let away = |error: &dyn std::fmt::Display| StoreError::Unavailable(format!("the sandbox's ledger: {error}"));
    let path = format!("/sandbox/ledger?after={}&limit={PAGE}", segment(after));
    let request = Request::get(path).body(Body::empty()).map_err(|error| away(&error))?;
    let response = transport.clone().oneshot(request).await.map_err(|error| away(&error))?;
    if !response.status().is_success() {
        return Err(away(&response.status()));
    }
    let body = Limited::new(response.into_body(), LARGEST).collect().await.map_err(|error| away(&error))?;
    #[derive(serde::Deserialize)]
    struct Page {
        items: Vec<LedgerPayment>,
    }
    Ok(serde_json::from_slice::<Page>(&body.to_bytes())?.items)
}

/// Holds a payment's authorisations against the gateway's.
pub(super) fn compare(payment: &Payment, theirs: &Theirs, report: &mut Report) {
    let authorisations = payment.operations.iter().filter(|one| one.kind == OperationKind::Authorise);
    for attempt in authorisations.filter(|one| one.gateway == SANDBOX) {
        let known = theirs.get(&attempt.reference).map(Vec::as_slice).unwrap_or_default();
        if known.iter().filter(|one| one.state == PaymentState::Authorised).count() > 1 {
            report.add(Class::Violation, 2, payment.order_id, format!("{} was authorised twice", attempt.reference));
        }
        one(payment, attempt, known.first(), report);
    }
}

fn one(payment: &Payment, attempt: &PaymentOperation, theirs: Option<&LedgerPayment>, report: &mut Report) {
    let reference = &attempt.reference;
    let held = theirs.filter(|one| one.state == PaymentState::Authorised || one.settled() > 0);
    let mut tell = |class, told: String| report.add(class, 2, payment.order_id, told);
    match (attempt.state, held) {
        (OperationState::Succeeded, Some(theirs)) => same(payment, attempt, theirs, report),
        (OperationState::Succeeded, None) => {
            let gone = theirs.is_some_and(|one| matches!(one.state, PaymentState::Cancelled | PaymentState::Expired));
            let known = payment.is_voided(attempt.number) || is_resolving(payment, attempt);
            if !(gone && known) {
                let class = if gone { Class::InProgress } else { Class::Violation };
                tell(class, format!("{reference} is authorised here, and not at the gateway"));
            }
        }
        (OperationState::Refused | OperationState::Failed, Some(theirs)) if theirs.held() > 0 => {
            tell(Class::Violation, format!("{reference} was refused here, and is held at the gateway"));
        }
        (OperationState::Unknown | OperationState::Challenged | OperationState::Abandoned, Some(_)) => {
            let class = if attempt.due_at.is_some() { Class::InProgress } else { Class::Violation };
            tell(class, format!("{reference} is held at the gateway and being resolved"));
        }
        _ => {}
    }
}

/// Whether a command about the authorisation is under way, or waits for a person.
fn is_resolving(payment: &Payment, authorisation: &PaymentOperation) -> bool {
    let about = |one: &&PaymentOperation| one.target == Some(authorisation.number);
    let open = |one: &PaymentOperation| !one.state.is_final() || one.state == OperationState::NeedsAttention;
    payment.operations.iter().filter(about).any(open)
}

/// What was done at the gateway itself: what people moved by hand it does not know of.
fn done_there(payment: &Payment, kind: OperationKind, authorisation: &PaymentOperation) -> i64 {
    let (number, gateway) = (authorisation.number, &authorisation.gateway);
    payment.done_where(kind, number, |one| one.gateway == *gateway)
}

fn same(payment: &Payment, attempt: &PaymentOperation, theirs: &LedgerPayment, report: &mut Report) {
    let number = attempt.number;
    let ours = [
        ("authorised", attempt.amount.amount, theirs.amount.amount),
        ("captured", done_there(payment, OperationKind::Capture, attempt), theirs.settled()),
        ("refunded", done_there(payment, OperationKind::Refund, attempt), theirs.refunded()),
        ("charged back", payment.charged_back(attempt), theirs.charged_back),
    ];
    let currency = attempt.amount.currency;
    if theirs.amount.currency != currency {
        let told = format!("{} is in {} at the gateway", attempt.reference, theirs.amount.currency);
        report.add(Class::Violation, 2, payment.order_id, told);
    }
    for (what, here, there) in ours.into_iter().filter(|(_, here, there)| here != there) {
        let told = format!(
            "{}: {what} {} here, {} at the gateway",
            attempt.reference,
            currency.minor(here),
            currency.minor(there)
        );
        // What the gateway did a moment ago is on its way here.
        let class = if is_resolving(payment, attempt) { Class::InProgress } else { Class::Violation };
        report.add(class, 2, payment.order_id, told);
    }
    let belongs = payment.placed_by == Some(number);
    let kept = theirs.held() > 0 || theirs.settled() > theirs.refunded() + theirs.charged_back;
    if kept && !belongs && !is_resolving(payment, attempt) {
        report.add(Class::Violation, 2, payment.order_id, format!("{} is held for no order", attempt.reference));
    }
}
