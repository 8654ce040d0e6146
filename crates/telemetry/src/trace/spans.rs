//! The spans of the shop, with the attributes that are known when they start. See [`crate::schema::spans`].

use crate::schema::attributes::*;
use http::Method;
use opentelemetry::KeyValue;
use opentelemetry::trace::{SpanBuilder, SpanKind};
use std::sync::Arc;

fn span(kind: SpanKind, name: impl Into<String>, attributes: Vec<KeyValue>) -> SpanBuilder {
    SpanBuilder::from_name(name.into()).with_kind(kind).with_attributes(attributes)
}

/// A request to a service. `route` is a pattern.
pub fn server(method: &Method, route: &str) -> SpanBuilder {
    let attributes = vec![HTTP_REQUEST_METHOD.of(method.to_string()), HTTP_ROUTE.of(route.to_owned())];
    span(SpanKind::Server, format!("{method} {route}"), attributes)
}

/// A call to the service `callee`.
pub fn call(method: &Method, callee: &'static str) -> SpanBuilder {
    let attributes = vec![HTTP_REQUEST_METHOD.of(method.to_string()), SERVER_ADDRESS.of(callee)];
    span(SpanKind::Client, format!("{method} {callee}"), attributes)
}

/// A command or query to a payment gateway.
pub fn gateway(operation: &'static str, gateway: &str, payment: String) -> SpanBuilder {
    let attributes =
        vec![PAYMENT_OPERATION.of(operation), PAYMENT_GATEWAY.of(gateway.to_owned()), PAYMENT_ID.of(payment)];
    span(SpanKind::Client, format!("{operation} {gateway}"), attributes)
}

/// The database of a service, as spans name it.
#[derive(Debug, Clone)]
pub struct DatabaseName {
    /// The product, as in the attribute `db.system.name`.
    pub system: &'static str,
    /// The name of the database.
    pub namespace: Arc<str>,
    /// Host and port of the server; none for a file.
    pub server: Option<(Arc<str>, u16)>,
}

pub fn database(database: &DatabaseName, operation: &str, collection: Option<&str>) -> SpanBuilder {
    let mut attributes = vec![
        DB_SYSTEM_NAME.of(database.system),
        DB_NAMESPACE.of(database.namespace.clone()),
        DB_OPERATION_NAME.of(operation.to_owned()),
    ];
    attributes.extend(collection.map(|collection| DB_COLLECTION_NAME.of(collection.to_owned())));
    if let Some((host, port)) = &database.server {
        attributes.extend([SERVER_ADDRESS.of(host.clone()), SERVER_PORT.of(*port)]);
    }
    span(SpanKind::Client, format!("{operation} {}", collection.unwrap_or(&database.namespace)), attributes)
}

/// The publication of an event of an outbox, in a batch of `batch` events.
pub fn publish(system: &'static str, event_type: &str, event_id: String, batch: usize) -> SpanBuilder {
    let attributes = vec![
        MESSAGING_SYSTEM.of(system),
        MESSAGING_OPERATION_NAME.of("publish"),
        MESSAGING_OPERATION_TYPE.of("send"),
        MESSAGING_DESTINATION_NAME.of(event_type.to_owned()),
        MESSAGING_MESSAGE_ID.of(event_id),
        MESSAGING_BATCH_MESSAGE_COUNT.of(batch),
    ];
    span(SpanKind::Producer, format!("publish {event_type}"), attributes)
}

/// The processing of an event from `queue`.
pub fn process(queue: &'static str, event_type: &str, event_id: String) -> SpanBuilder {
    let attributes = vec![
        MESSAGING_OPERATION_NAME.of("process"),
        MESSAGING_OPERATION_TYPE.of("process"),
        MESSAGING_DESTINATION_NAME.of(event_type.to_owned()),
        MESSAGING_CONSUMER_GROUP_NAME.of(queue),
        MESSAGING_MESSAGE_ID.of(event_id),
    ];
    span(SpanKind::Consumer, format!("process {event_type}"), attributes)
}

/// A step of an order's workflow.
pub fn step(name: &'static str, order: String) -> SpanBuilder {
    span(SpanKind::Internal, format!("step {name}"), vec![ORDER_STEP.of(name), ORDER_ID.of(order)])
}

/// A payment that is taken up again outside a request.
pub fn reconcile(order: String, payment: String) -> SpanBuilder {
    span(SpanKind::Internal, "process payment", vec![ORDER_ID.of(order), PAYMENT_ID.of(payment)])
}
