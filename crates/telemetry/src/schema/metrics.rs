//! The metrics. Names follow Prometheus' conventions, and OpenTelemetry's where it has a metric of that meaning.

use super::Stability::{self, Stable};

/// The type of a metric.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    /// A number that only grows.
    Counter,
    /// A number that may take any value.
    Gauge,
    Histogram {
        /// The upper bounds of the buckets.
        buckets: &'static [f64],
    },
}

impl Kind {
    /// The name in the documentation and in expositions.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram { .. } => "histogram",
        }
    }
}

/// The declaration of a metric, without the number of its labels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MetricInfo {
    /// The name as Prometheus stores it.
    pub name: &'static str,
    pub kind: Kind,
    /// The unit of the values.
    pub unit: &'static str,
    /// The stability of the name and labels.
    pub stability: Stability,
    /// The meaning, as a sentence.
    pub description: &'static str,
}

/// The declaration of a metric with `N` labels besides `service`.
#[derive(Debug)]
pub struct Metric<const N: usize> {
    /// Everything but the labels.
    pub info: MetricInfo,
    /// The names of the labels.
    pub labels: [&'static str; N],
}

/// A metric in the list of all.
#[derive(Debug, Clone, Copy)]
pub struct MetricEntry {
    /// Everything but the labels.
    pub info: MetricInfo,
    /// The names of the labels.
    pub labels: &'static [&'static str],
}

/// From half a millisecond, where a read lies, to ten seconds, the limit of a call.
const SECONDS: Kind = Kind::Histogram {
    buckets: &[0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0],
};
/// From a second to an hour: the time in which people wait for an order.
const LONG_SECONDS: Kind = Kind::Histogram { buckets: &[1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 900.0, 3600.0] };

macro_rules! metrics {
    ($($(#[$doc:meta])* $name:ident: $labels:literal = $text:literal, $kind:expr, $unit:literal, $stability:expr, $names:expr, $description:literal;)*) => {
        $(
            $(#[$doc])*
            pub static $name: Metric<$labels> = Metric {
                info: MetricInfo { name: $text, kind: $kind, unit: $unit, stability: $stability, description: $description },
                labels: $names,
            };
        )*

        pub static ALL: &[MetricEntry] = &[$(MetricEntry { info: $name.info, labels: &$name.labels }),*];
    };
}

metrics! {
    HTTP_SERVER_REQUEST_DURATION: 3 = "http_server_request_duration_seconds", SECONDS, "seconds", Stable,
        ["http_request_method", "http_route", "http_response_status_code"],
        "The time to answer a request. Its count is the number of requests.";
    HTTP_SERVER_ACTIVE_REQUESTS: 0 = "http_server_active_requests", Kind::Gauge, "requests", Stable, [],
        "The requests that are being answered.";
    HTTP_CLIENT_REQUEST_DURATION: 3 = "http_client_request_duration_seconds", SECONDS, "seconds", Stable,
        ["http_request_method", "server_address", "http_response_status_code"],
        "The time of a call to another service. The status is empty without a response.";
    DB_CLIENT_OPERATION_DURATION: 2 = "db_client_operation_duration_seconds", SECONDS, "seconds", Stable,
        ["db_system_name", "db_operation_name"],
        "The time of a database operation, or of a whole transaction.";
    DB_CLIENT_CONNECTIONS: 2 = "db_client_connections", Kind::Gauge, "connections", Stable, ["pool", "state"],
        "The open connections of a pool, by state: `used` or `idle`. The pool is named after the dependency.";
    DB_CLIENT_CONNECTIONS_MAX: 1 = "db_client_connections_max", Kind::Gauge, "connections", Stable, ["pool"],
        "The connections that a pool opens at most.";
    DEPENDENCY_AVAILABLE: 1 = "dependency_available", Kind::Gauge, "boolean", Stable, ["dependency"],
        "1 if the dependency passed its check, which each scrape and each health probe makes, and 0 if it did not.";
    CIRCUIT_BREAKER_REJECTIONS: 1 = "circuit_breaker_rejections_total", Kind::Counter, "calls", Stable,
        ["server_address"],
        "The calls to another service that were not sent, because it had not responded several times in a row.";
    CACHE_REQUESTS: 2 = "cache_requests_total", Kind::Counter, "requests", Stable, ["cache", "outcome"],
        "The lookups in a cache, by outcome: `hit` or `miss`. The cache `tokens` has verified access tokens.";
    EDGE_REJECTED_REQUESTS: 1 = "edge_rejected_requests_total", Kind::Counter, "requests", Stable, ["reason"],
        "The requests that the edge of a shop in one process refused, by reason: `rate_limit`, `cross_site` or \
         `unavailable`. Separate services have nginx there, which writes them to its access log.";
    BUILD_INFO: 1 = "build_info", Kind::Gauge, "boolean", Stable, ["version"],
        "Always 1. The label has the version of the program.";
    PROCESS_CPU: 0 = "process_cpu_seconds_total", Kind::Counter, "seconds", Stable, [],
        "The processor time of the process, on Linux.";
    PROCESS_MEMORY: 0 = "process_resident_memory_bytes", Kind::Gauge, "bytes", Stable, [],
        "The memory of the process, on Linux.";
    PROCESS_OPEN_FDS: 0 = "process_open_fds", Kind::Gauge, "file descriptors", Stable, [],
        "The open file descriptors of the process, on Linux.";
    PROCESS_MAX_FDS: 0 = "process_max_fds", Kind::Gauge, "file descriptors", Stable, [],
        "The file descriptors that the process may open, on Linux.";
    PROCESS_THREADS: 0 = "process_threads", Kind::Gauge, "threads", Stable, [],
        "The threads of the process, on Linux.";
    PROCESS_START_TIME: 0 = "process_start_time_seconds", Kind::Gauge, "seconds", Stable, [],
        "The start of the process in seconds since 1970, on Linux.";
    OUTBOX_PENDING_EVENTS: 0 = "outbox_pending_events", Kind::Gauge, "events", Stable, [],
        "The events that wait in the outbox to be published.";
    OUTBOX_OLDEST_EVENT_AGE: 0 = "outbox_oldest_event_age_seconds", Kind::Gauge, "seconds", Stable, [],
        "The age of the oldest event in the outbox, 0 without one.";
    OUTBOX_PUBLISHED_EVENTS: 1 = "outbox_published_events_total", Kind::Counter, "events", Stable, ["event_type"],
        "The events that the broker has confirmed.";
    INBOX_PROCESSED_EVENTS: 2 = "inbox_processed_events_total", Kind::Counter, "events", Stable,
        ["event_type", "outcome"],
        "The attempts to process an event, by outcome: `succeeded`, `retried` or `dead`.";
    INBOX_FAILED_EVENTS: 0 = "inbox_failed_events", Kind::Gauge, "events", Stable, [],
        "The events whose processing failed and will be tried again.";
    DEAD_LETTERS: 0 = "dead_letters", Kind::Gauge, "events", Stable, [],
        "The events that were given up and wait for staff.";
    BROKER_DEAD_LETTERS: 0 = "broker_dead_letters", Kind::Gauge, "messages", Stable, [],
        "The messages that the broker does not deliver any more and that wait for staff. Dispatch measures it for all \
         consumers.";
    ITEMS_ADDED: 0 = "items_added_total", Kind::Counter, "items", Stable, [],
        "The units that customers added to their carts.";
    CHECKOUTS: 1 = "checkouts_total", Kind::Counter, "checkouts", Stable, ["outcome"],
        "The requests to check out, by outcome: `accepted`, `pending` (the customer or the bank has to act), `refused` (by \
         the bank), `rejected` (stock, price or input) or `failed` (an error of the shop).";
    ORDERS_PLACED: 0 = "orders_placed_total", Kind::Counter, "orders", Stable, [],
        "The orders whose payment was authorised or awaited.";
    REVENUE: 1 = "revenue_minor_units_total", Kind::Counter, "minor units", Stable, ["currency"],
        "The totals of placed orders in minor units of the currency.";
    SOLD_COUNT: 0 = "sold_count_total", Kind::Counter, "units", Stable, [],
        "The units of placed orders.";
    UNITS_SOLD: 0 = "units_sold", Kind::Histogram { buckets: &[1.0, 2.0, 5.0, 10.0, 100.0] }, "units", Stable, [],
        "The units of a placed order.";
    CART_VALUE: 1 = "cart_value",
        Kind::Histogram { buckets: &[10.0, 25.0, 50.0, 100.0, 200.0, 500.0, 1000.0, 2000.0, 5000.0, 10000.0] },
        "major units", Stable, ["currency"],
        "The total of a placed order in major units of the currency.";
    PAYMENT_OPERATIONS: 3 = "payment_operations_total", Kind::Counter, "operations", Stable,
        ["gateway", "operation", "outcome"],
        "The commands and queries sent to payment gateways, by outcome: `succeeded`, `challenged`, `refused`, `failed` or \
         `unknown`.";
    PAYMENT_OPERATION_DURATION: 2 = "payment_operation_duration_seconds", SECONDS, "seconds", Stable,
        ["gateway", "operation"],
        "The time of a command or query at a payment gateway.";
    PAYMENT_GATEWAY_AVAILABLE: 1 = "payment_gateway_available", Kind::Gauge, "boolean", Stable, ["gateway"],
        "1 while the gateway takes payments, 0 while it rests after failures in a row.";
    PAYMENTS_UNKNOWN: 0 = "payments_unknown", Kind::Gauge, "payments", Stable, [],
        "The payments with an operation whose outcome is unknown.";
    PAYMENTS_UNKNOWN_OLDEST_AGE: 0 = "payments_unknown_oldest_age_seconds", Kind::Gauge, "seconds", Stable, [],
        "The age of the oldest operation whose outcome is unknown, 0 without one.";
    REFUNDS: 1 = "refunds_minor_units_total", Kind::Counter, "minor units", Stable, ["currency"],
        "The money refunded, in minor units of the currency.";
    ORDERS_OPEN: 1 = "orders_open", Kind::Gauge, "orders", Stable, ["status"],
        "The orders that are neither delivered nor cancelled, by status.";
    ORDERS_OPEN_OLDEST_AGE: 1 = "orders_open_oldest_age_seconds", Kind::Gauge, "seconds", Stable, ["status"],
        "The age of the oldest order of each status that is not final.";
    ORDERS_NEEDING_ATTENTION: 0 = "orders_needing_attention", Kind::Gauge, "orders", Stable, [],
        "The orders that wait for a decision of staff.";
    ORDER_STEPS: 2 = "order_steps_total", Kind::Counter, "steps", Stable, ["step", "outcome"],
        "The steps of workflows that were carried out, by outcome: `succeeded` or `failed`.";
    ORDER_CONFIRMATION_DURATION: 0 = "order_confirmation_duration_seconds", LONG_SECONDS, "seconds", Stable, [],
        "The time from the placing of an order to its confirmation, which follows the withdrawal from stock.";
    EMAILS: 1 = "emails_total", Kind::Counter, "emails", Stable, ["outcome"],
        "The attempts to send an email, by outcome: `sent` or `failed`.";
    MERCHANT_WEBHOOKS: 1 = "merchant_webhooks_total", Kind::Counter, "webhooks", Stable, ["outcome"],
        "The attempts to send a webhook to the merchant's program, by outcome: `sent` or `failed`.";
    STOCK_LEVELS_LOW: 0 = "stock_levels_low", Kind::Gauge, "products", Stable, [],
        "The stock levels at or below their threshold, counted up to 1,000.";
    STOCK_LEVELS_SHORT: 0 = "stock_levels_short", Kind::Gauge, "products", Stable, [],
        "The stock levels with more units reserved than on hand, counted up to 1,000.";
    LOGINS: 1 = "logins_total", Kind::Counter, "logins", Stable, ["outcome"],
        "The attempts to log in, by outcome: `succeeded`, `failed` or `limited`.";
    REVIEWS: 1 = "reviews_total", Kind::Counter, "reviews", Stable, ["outcome"],
        "The submitted and changed reviews, by the state they got, such as `published` or `pending`.";
    PROBE_STEP_DURATION: 1 = "probe_step_duration_seconds", SECONDS, "seconds", Stable, ["step"],
        "The time of a step of a synthetic purchase that succeeded. Sent by `shopstack probe`, as the others of that name.";
    PROBE_RUNS: 1 = "probe_runs_total", Kind::Counter, "purchases", Stable, ["outcome"],
        "The synthetic purchases, by outcome: `succeeded` or `failed`.";
    PROBE_CONSECUTIVE_FAILURES: 1 = "probe_consecutive_failures", Kind::Gauge, "purchases", Stable, ["step"],
        "The synthetic purchases that failed in a row, at the step at which the last one failed; 0 at the others.";
    PROBE_LAST_RUN: 0 = "probe_last_run_timestamp_seconds", Kind::Gauge, "seconds", Stable, [],
        "The end of the last synthetic purchase, in seconds since 1970.";
    PROBE_LAST_SUCCESS: 0 = "probe_last_success_timestamp_seconds", Kind::Gauge, "seconds", Stable, [],
        "The end of the last synthetic purchase that succeeded, in seconds since 1970.";
    SHIPMENTS: 1 = "shipments_total", Kind::Counter, "shipments", Stable, ["carrier"],
        "The shipments that were announced to a carrier.";
}
