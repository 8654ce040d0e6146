//! The kinds of spans.

use super::attributes::{self, AttributeInfo};

/// The declaration of a kind of span.
#[derive(Debug, Clone, Copy)]
pub struct SpanInfo {
    /// The pattern of the name; parts in braces are attributes.
    pub name: &'static str,
    pub kind: &'static str,
    /// The attributes that the span may have.
    pub attributes: &'static [AttributeInfo],
    /// The work that the span covers, as a sentence.
    pub description: &'static str,
}

/// A request that a service answers.
pub const SERVER: SpanInfo = SpanInfo {
    name: "{http.request.method} {http.route}",
    kind: "server",
    attributes: &[
        attributes::HTTP_REQUEST_METHOD.info(),
        attributes::HTTP_ROUTE.info(),
        attributes::HTTP_RESPONSE_STATUS_CODE.info(),
        attributes::ERROR_TYPE.info(),
    ],
    description: "A service answers a request.",
};

/// A call to another service.
pub const CALL: SpanInfo = SpanInfo {
    name: "{http.request.method} {server.address}",
    kind: "client",
    attributes: &[
        attributes::HTTP_REQUEST_METHOD.info(),
        attributes::SERVER_ADDRESS.info(),
        attributes::HTTP_RESPONSE_STATUS_CODE.info(),
        attributes::ERROR_TYPE.info(),
    ],
    description: "A service calls another service of the shop.",
};

/// A call to a payment gateway.
pub const GATEWAY: SpanInfo = SpanInfo {
    name: "{shopstack.payment.operation} {shopstack.payment.gateway}",
    kind: "client",
    attributes: &[
        attributes::ERROR_TYPE.info(),
        attributes::PAYMENT_ID.info(),
        attributes::PAYMENT_GATEWAY.info(),
        attributes::PAYMENT_OPERATION.info(),
        attributes::PAYMENT_OUTCOME.info(),
    ],
    description: "Payment sends a command or query to a payment gateway.",
};

pub const DATABASE: SpanInfo = SpanInfo {
    name: "{db.operation.name} {db.collection.name or db.namespace}",
    kind: "client",
    attributes: &[
        attributes::DB_SYSTEM_NAME.info(),
        attributes::DB_NAMESPACE.info(),
        attributes::DB_OPERATION_NAME.info(),
        attributes::DB_COLLECTION_NAME.info(),
        attributes::SERVER_ADDRESS.info(),
        attributes::SERVER_PORT.info(),
        attributes::ERROR_TYPE.info(),
    ],
    description: "A service reads or writes its database. One span covers a whole transaction.",
};

/// A batch that is published.
pub const PUBLISH: SpanInfo = SpanInfo {
    name: "publish {messaging.destination.name}",
    kind: "producer",
    attributes: &[
        attributes::MESSAGING_SYSTEM.info(),
        attributes::MESSAGING_OPERATION_NAME.info(),
        attributes::MESSAGING_OPERATION_TYPE.info(),
        attributes::MESSAGING_DESTINATION_NAME.info(),
        attributes::MESSAGING_MESSAGE_ID.info(),
        attributes::MESSAGING_BATCH_MESSAGE_COUNT.info(),
        attributes::ERROR_TYPE.info(),
    ],
    description: "A relay publishes an event of an outbox to the broker, in a batch with others.",
};

/// An event that is processed.
pub const PROCESS: SpanInfo = SpanInfo {
    name: "process {messaging.destination.name}",
    kind: "consumer",
    attributes: &[
        attributes::MESSAGING_OPERATION_NAME.info(),
        attributes::MESSAGING_OPERATION_TYPE.info(),
        attributes::MESSAGING_DESTINATION_NAME.info(),
        attributes::MESSAGING_CONSUMER_GROUP_NAME.info(),
        attributes::MESSAGING_MESSAGE_ID.info(),
        attributes::ERROR_TYPE.info(),
    ],
    description: "A service processes an event.",
};

/// A step of an order.
pub const STEP: SpanInfo = SpanInfo {
    name: "step {shopstack.order.step}",
    kind: "internal",
    attributes: &[attributes::ORDER_ID.info(), attributes::ORDER_STEP.info(), attributes::ERROR_TYPE.info()],
    description: "Dispatch carries out a step of an order's workflow.",
};

/// A payment that is taken up again.
pub const RECONCILE: SpanInfo = SpanInfo {
    name: "process payment",
    kind: "internal",
    attributes: &[attributes::ORDER_ID.info(), attributes::PAYMENT_ID.info(), attributes::ERROR_TYPE.info()],
    description: "Payment takes up a payment that is due, outside a request.",
};

/// All kinds of spans.
pub const ALL: &[&SpanInfo] = &[&SERVER, &CALL, &GATEWAY, &DATABASE, &PUBLISH, &PROCESS, &STEP, &RECONCILE];
