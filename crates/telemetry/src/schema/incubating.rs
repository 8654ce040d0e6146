//! The attributes whose OpenTelemetry convention is not stable yet. A new version of the convention changes this file only.

use super::Stability::Development;
use super::attribute::Attribute;
use opentelemetry::StringValue;
use opentelemetry_semantic_conventions::attribute as semconv;

type Text = Attribute<StringValue>;
type Integer = Attribute<i64>;

pub const MESSAGING_SYSTEM: Text = Text::text(
    semconv::MESSAGING_SYSTEM,
    Development,
    "The message broker: `rabbitmq`, or `shopstack` for the broker of a shop in one process.",
);
pub const MESSAGING_OPERATION_NAME: Text =
    Text::text(semconv::MESSAGING_OPERATION_NAME, Development, "The operation: `publish` or `process`.");
pub const MESSAGING_OPERATION_TYPE: Text =
    Text::text(semconv::MESSAGING_OPERATION_TYPE, Development, "The class of the operation: `send` or `process`.");
pub const MESSAGING_DESTINATION_NAME: Text = Text::text(
    semconv::MESSAGING_DESTINATION_NAME,
    Development,
    "The type of the event, which is its routing key, such as `order.placed`.",
);
pub const MESSAGING_CONSUMER_GROUP_NAME: Text =
    Text::text(semconv::MESSAGING_CONSUMER_GROUP_NAME, Development, "The queue that the event was taken from.");
pub const MESSAGING_MESSAGE_ID: Text = Text::text(semconv::MESSAGING_MESSAGE_ID, Development, "The id of the event.");
pub const MESSAGING_BATCH_MESSAGE_COUNT: Integer = Integer::integer(
    semconv::MESSAGING_BATCH_MESSAGE_COUNT,
    Development,
    "The number of events that were published together.",
);
