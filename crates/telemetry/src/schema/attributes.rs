//! The attributes of spans. Names are those of OpenTelemetry's semantic conventions where they have one.

use super::Stability::{Development, Stable};
pub use super::attribute::{Attribute, AttributeInfo};
pub use super::incubating::{
    MESSAGING_BATCH_MESSAGE_COUNT, MESSAGING_CONSUMER_GROUP_NAME, MESSAGING_DESTINATION_NAME, MESSAGING_MESSAGE_ID,
    MESSAGING_OPERATION_NAME, MESSAGING_OPERATION_TYPE, MESSAGING_SYSTEM,
};
use opentelemetry::StringValue;
use opentelemetry_semantic_conventions::attribute as semconv;

type Text = Attribute<StringValue>;
type Integer = Attribute<i64>;

pub const HTTP_REQUEST_METHOD: Text =
    Text::text(semconv::HTTP_REQUEST_METHOD, Stable, "The HTTP method of the request.");
pub const HTTP_ROUTE: Text = Text::text(
    semconv::HTTP_ROUTE,
    Stable,
    "The pattern of the route, such as `/api/v1/orders/{id}`. Raw paths are not sent, since they contain ids.",
);
pub const HTTP_RESPONSE_STATUS_CODE: Integer =
    Integer::integer(semconv::HTTP_RESPONSE_STATUS_CODE, Stable, "The HTTP status of the response.");
pub const SERVER_ADDRESS: Text = Text::text(
    semconv::SERVER_ADDRESS,
    Stable,
    "The host that was called: a service of the shop by its name, or the host of a database, broker or payment gateway.",
);
pub const SERVER_PORT: Integer = Integer::integer(semconv::SERVER_PORT, Stable, "The port that was called.");
pub const ERROR_TYPE: Text = Text::text(
    semconv::ERROR_TYPE,
    Stable,
    "The class of the error: an HTTP status from 500, or `unavailable`, `timeout`, `conflict`, `fault`, `refused` or \
     `panic`. Absent without an error.",
);
pub const DB_SYSTEM_NAME: Text = Text::text(
    semconv::DB_SYSTEM_NAME,
    Stable,
    "The database: `sqlite`, `mysql`, `mongodb` or `redis`. MariaDB is `mysql` as well.",
);
pub const DB_NAMESPACE: Text =
    Text::text(semconv::DB_NAMESPACE, Stable, "The name of the database, such as `shopstack_payment`.");
pub const DB_OPERATION_NAME: Text = Text::text(
    semconv::DB_OPERATION_NAME,
    Stable,
    "The operation: `read`, `write`, `statement` or `transaction` of SQLite and MySQL, `command` of MongoDB, or the command of Redis.",
);
pub const DB_COLLECTION_NAME: Text = Text::text(semconv::DB_COLLECTION_NAME, Stable, "The collection of MongoDB.");
pub const ORDER_ID: Text = Text::text("shopstack.order.id", Development, "The id of the order.");
pub const PAYMENT_ID: Text = Text::text("shopstack.payment.id", Development, "The id of the payment.");
pub const PAYMENT_GATEWAY: Text = Text::text(
    "shopstack.payment.gateway",
    Development,
    "The name of the payment gateway in the shop's configuration.",
);
pub const PAYMENT_OPERATION: Text = Text::text(
    "shopstack.payment.operation",
    Development,
    "The operation at the gateway: `authorise`, `capture`, `refund`, `void` or `query`.",
);
pub const PAYMENT_OUTCOME: Text = Text::text(
    "shopstack.payment.outcome",
    Development,
    "The outcome of the operation: `succeeded`, `challenged`, `refused`, `failed` or `unknown`.",
);
pub const ORDER_STEP: Text =
    Text::text("shopstack.order.step", Development, "The step of the order's workflow, such as `commit_stock`.");

/// All attributes of spans.
pub const ALL: &[AttributeInfo] = &[
    HTTP_REQUEST_METHOD.info(),
    HTTP_ROUTE.info(),
    HTTP_RESPONSE_STATUS_CODE.info(),
    SERVER_ADDRESS.info(),
    SERVER_PORT.info(),
    ERROR_TYPE.info(),
    DB_SYSTEM_NAME.info(),
    DB_NAMESPACE.info(),
    DB_OPERATION_NAME.info(),
    DB_COLLECTION_NAME.info(),
    MESSAGING_SYSTEM.info(),
    MESSAGING_OPERATION_NAME.info(),
    MESSAGING_OPERATION_TYPE.info(),
    MESSAGING_DESTINATION_NAME.info(),
    MESSAGING_CONSUMER_GROUP_NAME.info(),
    MESSAGING_MESSAGE_ID.info(),
    MESSAGING_BATCH_MESSAGE_COUNT.info(),
    ORDER_ID.info(),
    ORDER_STEP.info(),
    PAYMENT_ID.info(),
    PAYMENT_GATEWAY.info(),
    PAYMENT_OPERATION.info(),
    PAYMENT_OUTCOME.info(),
];
