//! The business metrics of payment, and the metrics and spans of its gateways.

use crate::gateway::{Gateway, GatewayResponse, SendError};
use crate::ledger::LedgerAccount;
use crate::operation::OperationState;
use crate::payment::{Effects, Outcome, Payment};
use chassis::context::{self, Context};
use chassis::telemetry::Metrics;
use chassis::telemetry::metrics::{Counter, Gauge, Histogram};
use chassis::telemetry::schema::attributes::PAYMENT_OUTCOME;
use chassis::telemetry::schema::metrics::{
    CART_VALUE, CHECKOUTS, ORDERS_PLACED, PAYMENT_GATEWAY_AVAILABLE, PAYMENT_OPERATION_DURATION, PAYMENT_OPERATIONS,
    PAYMENTS_UNKNOWN, PAYMENTS_UNKNOWN_OLDEST_AGE, REFUNDS, REVENUE, SOLD_COUNT, UNITS_SOLD,
};
use chassis::telemetry::trace::spans;
use contracts::Money;
use jiff::{SignedDuration, Timestamp};
use std::future::Future;
use tokio::time::Instant;

/// The metrics of the service.
#[derive(Clone)]
pub struct PaymentMetrics {
    checkouts: Counter<1>,
    placed: Counter<0>,
    revenue: Counter<1>,
    sold: Counter<0>,
    units: Histogram<0>,
    value: Histogram<1>,
    refunds: Counter<1>,
    operations: Counter<3>,
    duration: Histogram<2>,
    available: Gauge<1>,
    unknown: Gauge<0>,
    oldest_unknown: Gauge<0>,
}

/// The money and units that a change of a payment moved.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Moved {
    placed: Option<(Money, u64)>,
    refunded: Vec<Money>,
}

impl Moved {
    /// Reads it from the effects of a change.
    pub(crate) fn by(effects: &Effects) -> Self {
        let placed = effects
            .placed
            .as_ref()
            .map(|placed| (placed.total, placed.lines.iter().map(|line| u64::from(line.quantity.get())).sum()));
        let entries = effects.postings.iter().flat_map(|posting| &posting.entries);
        // A refund that bounced is reversed later; it was made all the same.
        let refunded = entries.filter(|entry| entry.account == LedgerAccount::Refunds && entry.amount.amount > 0);
        Self { placed, refunded: refunded.map(|entry| entry.amount).collect() }
    }
}

impl PaymentMetrics {
    pub fn new(metrics: &Metrics) -> Self {
        Self {
            checkouts: Self::checkouts(metrics),
            placed: metrics.counter(&ORDERS_PLACED).starting_with([[]]),
            revenue: metrics.counter(&REVENUE),
            sold: metrics.counter(&SOLD_COUNT).starting_with([[]]),
            units: metrics.histogram(&UNITS_SOLD),
            value: metrics.histogram(&CART_VALUE),
            refunds: metrics.counter(&REFUNDS),
            operations: metrics.counter(&PAYMENT_OPERATIONS),
            duration: metrics.histogram(&PAYMENT_OPERATION_DURATION),
            available: metrics.gauge(&PAYMENT_GATEWAY_AVAILABLE),
            unknown: metrics.gauge(&PAYMENTS_UNKNOWN),
            oldest_unknown: metrics.gauge(&PAYMENTS_UNKNOWN_OLDEST_AGE),
        }
    }

    /// The counter of checkouts, with all outcomes.
    fn checkouts(metrics: &Metrics) -> Counter<1> {
        let outcomes = ["accepted", "pending", "refused", "rejected", "failed"];
        metrics.counter(&CHECKOUTS).starting_with(outcomes.map(|outcome| [outcome]))
    }

    /// Counts a request to check out by the status of its response.
    pub(crate) fn checked_out(&self, status: u16) {
        let outcome = match status {
            200 | 201 => "accepted",
            202 => "pending",
            402 => "refused",
            400..=499 => "rejected",
            _ => "failed",
        };
        self.checkouts.add_one([outcome]);
    }

    /// Counts money and units once their change is committed.
    pub(crate) fn count(&self, moved: &Moved) {
        if let Some((total, units)) = &moved.placed {
            let currency = total.currency.code();
            self.placed.add_one([]);
            self.revenue.add(u64::try_from(total.amount).unwrap_or(0), [currency]);
            self.sold.add(*units, []);
            self.units.observe_count(*units, []);
            self.value.observe(major_units(*total), [currency]);
        }
        for amount in &moved.refunded {
            self.refunds.add(u64::try_from(amount.amount).unwrap_or(0), [amount.currency.code()]);
        }
    }

    /// Carries out a call to a gateway in a span of its own, and counts it. `operation` is the kind of the command, or
    /// `query`.
    pub(crate) async fn observe(
        &self,
        gateway: &Gateway,
        payment: &Payment,
        operation: &'static str,
        call: impl Future<Output = Result<GatewayResponse, SendError>>,
    ) -> Result<GatewayResponse, SendError> {
        let span = || spans::gateway(operation, gateway.name(), payment.id.to_string());
        let context = context::current().map(|context| context.start(span()));
        let started = Instant::now();
        let response = match &context {
            Some(context) => context::within(context.clone(), call).await,
            None => call.await,
        };
        let outcome = outcome(&response);
        self.operations.add_one([gateway.name(), operation, outcome]);
        self.duration.observe(started.elapsed().as_secs_f64(), [gateway.name(), operation]);
        if let Some(context) = context {
            end_span(&context, &response, outcome);
        }
        response
    }

    /// Records which gateways take payments.
    pub(crate) fn set_available<'g>(&self, gateways: impl Iterator<Item = &'g Gateway>, now: Timestamp) {
        for gateway in gateways {
            self.available.set_count(u64::from(gateway.is_available(now)), [gateway.name()]);
        }
    }

    /// Counts the scheduled payments with an operation of unknown outcome.
    pub(crate) fn set_unknown(&self, scheduled: &[Payment], now: Timestamp) {
        let unknown = |payment: &Payment| {
            let open = payment.operations.iter().filter(|one| one.sent && one.state == OperationState::Unknown);
            open.map(|one| one.started_at).min()
        };
        let since: Vec<Timestamp> = scheduled.iter().filter_map(unknown).collect();
        self.unknown.set_count(u64::try_from(since.len()).unwrap_or(u64::MAX), []);
        let age = since.iter().min().map_or(SignedDuration::ZERO, |oldest| now.duration_since(*oldest));
        self.oldest_unknown.set(age.as_secs_f64(), []);
    }
}

/// Returns the outcome of an operation as metrics, spans and logs name it.
pub(crate) fn outcome(response: &Result<GatewayResponse, SendError>) -> &'static str {
    match response {
        Ok(GatewayResponse::Outcome(result)) => match &result.outcome {
            Outcome::Succeeded { .. } | Outcome::Manual { .. } => "succeeded",
            Outcome::Challenged { .. } => "challenged",
            Outcome::Refused { .. } => "refused",
            Outcome::Failed { .. } | Outcome::ChargedBack { .. } => "failed",
        },
        Ok(GatewayResponse::NotFound | GatewayResponse::Pending) | Err(_) => "unknown",
    }
}

fn end_span(context: &Context, response: &Result<GatewayResponse, SendError>, outcome: &'static str) {
    context.record(PAYMENT_OUTCOME.of(outcome));
    if response.is_err() {
        context.fail("unavailable");
    }
    context.end();
}

/// The amount in major units, for a histogram only.
fn major_units(amount: Money) -> f64 {
    // The text is the number with the currency behind it.
    amount.to_string().split(' ').next().and_then(|number| number.parse().ok()).unwrap_or_default()
}
