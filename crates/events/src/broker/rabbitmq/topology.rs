//! The exchanges, queues and bindings, which every producer and consumer declares in the same way.

use contracts::events::Consumer;
use lapin::options::{ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions};
use lapin::types::{AMQPValue, FieldTable, ShortString};
use lapin::{Channel, ExchangeKind};

/// The number of deliveries of a message before RabbitMQ gives it up: a consumer's queue then dead-letters it, and the queue
/// of dead letters drops it. RabbitMQ counts every time a consumer disconnects without an acknowledgement, including broken
/// connections, and until version 4.2 also every message that is returned, while the inbox counts failed attempts. The
/// limit therefore only ends an endless redelivery, and nothing else relies on it.
const DELIVERIES: i64 = 10_000;

/// The names of one shop's exchanges and queues, which share a prefix.
#[derive(Clone, Copy)]
pub(super) struct Names<'a>(pub(super) &'a str);

impl Names<'_> {
    /// Returns the name of the exchange that all events are published to.
    pub(super) fn exchange(self) -> ShortString {
        format!("{}.events", self.0).into()
    }

    /// Returns the name of a consumer's queue.
    pub(super) fn queue(self, consumer: &str) -> ShortString {
        format!("{}.{consumer}", self.0).into()
    }

    /// Returns the name of the exchange to which the consumers' queues dead-letter. Earlier versions had a queue of this
    /// name as well.
    pub(super) fn undecodable(self) -> ShortString {
        format!("{}.undecodable", self.0).into()
    }

    /// Returns the name of the queue of dead letters.
    pub(super) fn dead_letters(self) -> ShortString {
        format!("{}.dead-letters", self.0).into()
    }

    /// Returns the name of the exchange that routes a replayed message to one queue, whose name is the routing key. The
    /// default exchange does the same, but the users of the services may not publish to it.
    pub(super) fn replays(self) -> ShortString {
        format!("{}.replays", self.0).into()
    }
}

fn text(value: impl Into<String>) -> AMQPValue {
    AMQPValue::LongString(value.into().into())
}

/// Returns the arguments of a replicated queue that never drops its oldest messages when it is full.
fn durable_queue() -> FieldTable {
    let mut arguments = FieldTable::default();
    arguments.insert("x-queue-type".into(), text("quorum"));
    // With "drop-head", the default, a full queue would lose its oldest events without an error.
    arguments.insert("x-overflow".into(), text("reject-publish"));
    arguments
}

/// Returns the arguments of the queue of dead letters.
fn dead_letter_queue() -> FieldTable {
    let mut arguments = durable_queue();
    // Each look at the queue returns its messages. Without this, RabbitMQ 4.0 to 4.2 would drop them at the twentieth.
    arguments.insert("x-delivery-limit".into(), AMQPValue::LongLongInt(DELIVERIES));
    arguments
}

/// Returns the arguments of a consumer's queue, which dead-letters the messages that the consumer cannot decode.
pub(super) fn consumer_queue(names: Names<'_>) -> FieldTable {
    let mut arguments = durable_queue();
    arguments.insert("x-dead-letter-exchange".into(), text(names.undecodable().as_str()));
    // The default, "at-most-once", may lose a message on its way to the dead-letter queue.
    arguments.insert("x-dead-letter-strategy".into(), text("at-least-once"));
    // Always set, because the default of RabbitMQ 4 is 20. The value -1 (no limit) makes RabbitMQ 3.10 drop a message
    // when it is first returned.
    arguments.insert("x-delivery-limit".into(), AMQPValue::LongLongInt(DELIVERIES));
    arguments
}

/// Declares the exchanges, queues and bindings. Existing ones are left unchanged; if they have other arguments, the
/// declaration fails.
pub(super) async fn declare(channel: &Channel, names: Names<'_>, topology: &[Consumer]) -> lapin::Result<()> {
    let lasting = ExchangeDeclareOptions { durable: true, ..ExchangeDeclareOptions::default() };
    channel.exchange_declare(names.exchange(), ExchangeKind::Topic, lasting, FieldTable::default()).await?;
    channel.exchange_declare(names.undecodable(), ExchangeKind::Fanout, lasting, FieldTable::default()).await?;
    channel.exchange_declare(names.replays(), ExchangeKind::Direct, lasting, FieldTable::default()).await?;
    // RabbitMQ rejects a quorum queue that is not durable.
    let lasting = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
    channel.queue_declare(names.dead_letters(), lasting, dead_letter_queue()).await?;
    bind(channel, names.dead_letters(), names.undecodable(), "").await?;
    for consumer in topology {
        channel.queue_declare(names.queue(consumer.queue), lasting, consumer_queue(names)).await?;
        for kind in consumer.types {
            bind(channel, names.queue(consumer.queue), names.exchange(), kind).await?;
        }
        let queue = names.queue(consumer.queue);
        bind(channel, queue.clone(), names.replays(), queue.as_str()).await?;
    }
    Ok(())
}

async fn bind(channel: &Channel, queue: ShortString, exchange: ShortString, key: &str) -> lapin::Result<()> {
    channel.queue_bind(queue, exchange, key.into(), QueueBindOptions::default(), FieldTable::default()).await
}

/// Returns the number of ready events in all queues.
pub(super) async fn pending(channel: &Channel, names: Names<'_>, topology: &[Consumer]) -> lapin::Result<u64> {
    let mut all = 0;
    for consumer in topology {
        all += message_count(channel, names.queue(consumer.queue)).await?;
    }
    Ok(all)
}

/// Returns the number of dead letters that nobody looks at just now.
pub(super) async fn dead_letter_count(channel: &Channel, names: Names<'_>) -> lapin::Result<u64> {
    message_count(channel, names.dead_letters()).await
}

/// Returns the number of ready messages of a queue. If there is no such queue, the channel is closed.
pub(super) async fn message_count(channel: &Channel, queue: ShortString) -> lapin::Result<u64> {
    // A passive declaration returns the message count without changing the queue.
    let look = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
    let queue = channel.queue_declare(queue, look, FieldTable::default()).await?;
    Ok(u64::from(queue.message_count()))
}
