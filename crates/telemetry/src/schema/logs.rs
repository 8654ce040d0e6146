//! The fields of log lines.

use super::Stability::{self, Stable};
use super::ValueType::{self, Boolean, Integer, String};

/// The declaration of a log field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogField {
    pub name: &'static str,
    /// The type of the value.
    pub value: ValueType,
    /// The stability of the name.
    pub stability: Stability,
    /// The meaning, as a sentence.
    pub description: &'static str,
}

const fn field(name: &'static str, value: ValueType, description: &'static str) -> LogField {
    LogField { name, value, stability: Stable, description }
}

/// The fields that the formatter adds to a line by itself.
pub const BUILT_IN: &[LogField] = &[
    field("timestamp", String, "The time in UTC with microseconds, as defined by RFC 3339."),
    field(
        "level",
        String,
        "`ERROR`: somebody has to act. `WARN`: something failed and is repeated or was refused. `INFO`: a request or business step. `DEBUG` and `TRACE`: for developers.",
    ),
    field("message", String, "The event, as a sentence without data."),
    field("service", String, "The service. Absent for the program itself."),
    field("worker", String, "The background worker of the service, outside of requests."),
    field("trace_id", String, "The trace of the request, 32 hexadecimal digits."),
    field("span_id", String, "The span in which the line was written, 16 hexadecimal digits."),
    field("request_id", String, "The id of the request that customers see in error messages."),
    field(
        "spans",
        String,
        "The fields of the surrounding spans, such as `request_id`, on debug lines of threads without a request.",
    ),
    field("target", String, "The module that wrote the line."),
];

/// The fields that lines have besides, as far as they apply.
pub const FIELDS: &[LogField] = &[
    field("error", String, "The error with its causes."),
    field("reason", String, "The reason that another system gave for a refusal."),
    field("method", String, "The HTTP method of a request."),
    field("route", String, "The pattern of the route of a request."),
    field("status", Integer, "The HTTP status of the response."),
    field("duration_us", Integer, "The time to answer, in microseconds."),
    field("callee", String, "The name of the called service."),
    field("queue", String, "The queue of a consumer."),
    field("event_type", String, "The type of an event."),
    field("event_id", String, "The id of an event."),
    field("tries", Integer, "The number of earlier attempts."),
    field("retry", Boolean, "True if it will be tried again."),
    field("order", String, "The id of the order."),
    field("order_number", String, "The number of the order that customers see."),
    field("payment", String, "The id of the payment."),
    field("shipment", String, "The id of the shipment."),
    field("account", String, "The id of the account."),
    field("staff", String, "The id of the account of the member of staff who did it."),
    field("session", String, "The id of the session; it cannot be used to log in."),
    field("roles", String, "The roles of the account."),
    field("step", String, "The step of a workflow."),
    field("outcome", String, "The outcome of a step or operation."),
    field("operation", String, "The operation at a payment gateway."),
    field("gateway", String, "The name of a payment gateway."),
    field("reference", String, "The shop's reference of an operation at a gateway."),
    field("webhook_event", String, "The id of a webhook event of a gateway."),
    field("amount", Integer, "An amount of money in minor units of the currency."),
    field("currency", String, "The currency of the amount, as in ISO 4217."),
    field("email", String, "The id of an email in the outbox; never its address."),
    field("sku", String, "The SKU of a variant."),
    field("available", Integer, "The available units of a SKU."),
    field("threshold", Integer, "The number of units from which the stock is low."),
    field("url", String, "The URL of an image to fetch."),
    field("products", Integer, "The number of products."),
    field("version", String, "The version of a data set."),
    field("zone", String, "The name of a shipping zone."),
    field("metres", Integer, "The distance of a delivery."),
    field("duplicate", Boolean, "True if it was known before."),
    field("backend", String, "The name of a backend, such as `MySQL`."),
    field("seconds_left", Integer, "The seconds until the start gives up."),
    field("address", String, "The address that a listener is bound to."),
    field("services", String, "The names of the services in this process."),
];
