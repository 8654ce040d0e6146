//! Exchange, queues and bindings, declared by every producer and consumer alike.

use contracts::events::Consumer;
use lapin::options::{ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions};
use lapin::types::{AMQPValue, FieldTable, ShortString};
use lapin::{Channel, ExchangeKind};

/// The number of deliveries of an event before it is dead-lettered. RabbitMQ counts each time a consumer goes away without
/// acknowledging, also by a broken connection, and failures are counted by the inbox, not here: so this is only the end
/// of what would go round for ever.
const DELIVERIES: i64 = 10_000;

/// The names of one shop.
#[derive(Clone, Copy)]
pub(super) struct Names<'a>(pub(super) &'a str);

impl Names<'_> {
    /// The name of the exchange that all events are published to.
    pub(super) fn exchange(self) -> ShortString {
        format!("{}.events", self.0).into()
    }

    /// The queue of one consumer.
    pub(super) fn queue(self, consumer: &str) -> ShortString {
        format!("{}.{consumer}", self.0).into()
    }

    /// Exchange and queue of what cannot be decoded.
    pub(super) fn undecodable(self) -> ShortString {
        format!("{}.undecodable", self.0).into()
    }
}

fn text(value: impl Into<String>) -> AMQPValue {
    AMQPValue::LongString(value.into().into())
}

/// Replicated, and never dropping the oldest for want of room.
fn durable_queue() -> FieldTable {
    let mut arguments = FieldTable::default();
    arguments.insert("x-queue-type".into(), text("quorum"));
    // With "drop-head", the default, a full queue would lose its oldest events without an error.
    arguments.insert("x-overflow".into(), text("reject-publish"));
    arguments
}

/// The queue of a consumer: what it cannot decode is kept elsewhere.
pub(super) fn consumer_queue(names: Names<'_>) -> FieldTable {
    let mut arguments = durable_queue();
    arguments.insert("x-dead-letter-exchange".into(), text(names.undecodable().as_str()));
    // The default, "at-most-once", may lose a message on its way to the dead-letter queue.
    arguments.insert("x-dead-letter-strategy".into(), text("at-least-once"));
    // RabbitMQ 4 has a default of 20, and -1 for no limit makes 3.10 drop a message at its first return.
    arguments.insert("x-delivery-limit".into(), AMQPValue::LongLongInt(DELIVERIES));
    arguments
}

/// Declares everything; what is there already stays as it is.
pub(super) async fn declare(channel: &Channel, names: Names<'_>, topology: &[Consumer]) -> lapin::Result<()> {
    let lasting = ExchangeDeclareOptions { durable: true, ..ExchangeDeclareOptions::default() };
    channel.exchange_declare(names.exchange(), ExchangeKind::Topic, lasting, FieldTable::default()).await?;
    channel.exchange_declare(names.undecodable(), ExchangeKind::Fanout, lasting, FieldTable::default()).await?;
    // RabbitMQ refuses a quorum queue that is not durable.
    let lasting = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
    channel.queue_declare(names.undecodable(), lasting, durable_queue()).await?;
    bind(channel, names.undecodable(), names.undecodable(), "").await?;
    for consumer in topology {
        channel.queue_declare(names.queue(consumer.queue), lasting, consumer_queue(names)).await?;
        for kind in consumer.types {
            bind(channel, names.queue(consumer.queue), names.exchange(), kind).await?;
        }
    }
    Ok(())
}

async fn bind(channel: &Channel, queue: ShortString, exchange: ShortString, key: &str) -> lapin::Result<()> {
    channel.queue_bind(queue, exchange, key.into(), QueueBindOptions::default(), FieldTable::default()).await
}

/// Returns the number of ready events in all queues.
pub(super) async fn pending(channel: &Channel, names: Names<'_>, topology: &[Consumer]) -> lapin::Result<u64> {
    // A passive declaration returns the message count without changing the queue.
    let look = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
    let mut all = 0;
    for consumer in topology {
        let queue = channel.queue_declare(names.queue(consumer.queue), look, FieldTable::default()).await?;
        all += u64::from(queue.message_count());
    }
    Ok(all)
}
