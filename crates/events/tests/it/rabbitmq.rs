//! Runs the conformance suite of brokers on RabbitMQ, and tests of its topology and connection.

use crate::broker::{self, Reopen};
use crate::samples::{TOPOLOGY, delivered, placed};
use events::broker::rabbitmq::{ConnectionSettings, RabbitBroker};
use events::{Broker, DeadLetters};
use lapin::options::{
    BasicGetOptions, BasicPublishOptions, BasicRejectOptions, ConfirmSelectOptions, ExchangeDeclareOptions,
    QueueBindOptions, QueueDeclareOptions, QueueDeleteOptions,
};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{BasicProperties, Channel, Connection, ConnectionProperties, ExchangeKind};
use std::sync::Arc;

struct Server(ConnectionSettings);

impl Server {
    fn new() -> Self {
        Self(testkit::servers::named("RabbitMQ", ConnectionSettings::read).with_prefix(&testkit::servers::prefix()))
    }

    async fn broker(&self) -> RabbitBroker {
        RabbitBroker::open(self.0.clone(), TOPOLOGY).await.unwrap()
    }

    /// Opens a connection and channel that are independent of the broker's.
    async fn channel(&self) -> (Connection, Channel) {
        let connection = Connection::connect_uri(self.0.uri(), ConnectionProperties::default()).await.unwrap();
        let channel = connection.create_channel().await.unwrap();
        (connection, channel)
    }

    fn name(&self, name: &str) -> String {
        format!("{}.{name}", self.0.prefix())
    }
}

#[async_trait::async_trait]
impl Reopen for Server {
    async fn open(&self) -> Arc<dyn Broker> {
        Arc::new(self.broker().await)
    }

    async fn put(&self, body: &str) {
        let (_connection, channel) = self.channel().await;
        channel.confirm_select(ConfirmSelectOptions::default()).await.unwrap();
        let (exchange, properties) = (self.name("events").into(), BasicProperties::default());
        let options = BasicPublishOptions::default();
        channel
            .basic_publish(exchange, "order.placed".into(), options, body.as_bytes(), properties)
            .await
            .unwrap()
            .await
            .unwrap();
    }
}

macro_rules! conforms {
    ($($name:ident),* $(,)?) => {
        $(#[tokio::test]
        #[ignore = "needs the servers of make services"]
        async fn $name() {
            broker::$name(&Server::new()).await;
        })*
    };
}

conforms!(
    every_bound_queue_receives_an_event,
    an_event_is_delivered_unchanged,
    published_events_survive_the_process,
    an_unacknowledged_event_is_redelivered,
    subscriptions_of_one_queue_share_its_events,
    one_who_waits_is_woken,
    many_publish_at_once,
    an_unknown_queue_is_refused,
    an_undecodable_message_is_listed_until_it_is_discarded,
    a_replayed_message_returns_to_its_queue,
);

/// Gives up an event as RabbitMQ does at the delivery limit: to the dead letters, and in good condition.
async fn give_up(channel: &Channel, queue: String) {
    let found = channel.basic_get(queue.into(), BasicGetOptions::default()).await.unwrap().unwrap();
    let options = BasicRejectOptions { requeue: false };
    channel.basic_reject(found.delivery_tag, options).await.unwrap();
}

async fn wait_for_dead_letters(broker: &RabbitBroker, number: u64) {
    // At least once means that RabbitMQ moves them in the background.
    while broker.dead_letter_count().await.unwrap() != number {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn an_event_that_was_given_up_is_replayed_to_its_own_queue() {
    let server = Server::new();
    let broker = server.broker().await;
    let (_connection, channel) = server.channel().await;
    broker.publish(&[placed(1)]).await.unwrap();
    give_up(&channel, server.name("placed")).await;
    wait_for_dead_letters(&broker, 1).await;
    let failure = broker.dead_letter(placed(1).id).await.unwrap().unwrap();
    assert_eq!(failure.event, placed(1));
    assert!(failure.received_at > jiff::Timestamp::UNIX_EPOCH);
    assert!(broker.replay(placed(1).id, jiff::Timestamp::UNIX_EPOCH).await.unwrap());
    let mut subscription = broker.subscribe("placed").await.unwrap();
    let delivery = subscription.next().await.unwrap();
    assert_eq!(delivery.event, placed(1));
    delivery.acknowledge().await.unwrap();
    assert_eq!(broker.pending().await.unwrap(), 1, "the other queue got no second one");
    wait_for_dead_letters(&broker, 0).await;
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn dead_letters_of_an_earlier_version_are_moved_once() {
    let server = Server::new();
    let (_connection, channel) = server.channel().await;
    let (name, durable) = (server.name("undecodable"), FieldTable::default);
    let lasting = ExchangeDeclareOptions { durable: true, ..ExchangeDeclareOptions::default() };
    channel.exchange_declare(name.as_str().into(), ExchangeKind::Fanout, lasting, durable()).await.unwrap();
    let mut arguments = FieldTable::default();
    arguments.insert("x-queue-type".into(), AMQPValue::LongString("quorum".into()));
    arguments.insert("x-overflow".into(), AMQPValue::LongString("reject-publish".into()));
    let lasting = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
    channel.queue_declare(name.as_str().into(), lasting, arguments).await.unwrap();
    channel
        .queue_bind(name.as_str().into(), name.as_str().into(), "".into(), QueueBindOptions::default(), durable())
        .await
        .unwrap();
    for body in [b"{", b"["] {
        let properties = BasicProperties::default();
        let options = BasicPublishOptions::default();
        channel.basic_publish(name.as_str().into(), "".into(), options, body, properties).await.unwrap().await.unwrap();
    }
    let count = async || {
        let look = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
        channel.queue_declare(name.as_str().into(), look, FieldTable::default()).await.unwrap().message_count()
    };
    // The publisher without confirms is faster than a quorum queue.
    while count().await < 2 {
        tokio::task::yield_now().await;
    }
    let broker = server.broker().await;
    wait_for_dead_letters(&broker, 2).await;
    server.broker().await;
    assert_eq!((broker.dead_letters(10).await.unwrap().len(), count().await), (2, 0));
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn an_event_without_consumers_can_be_published() {
    let server = Server::new();
    let broker = server.broker().await;
    let unwanted = events::Event { kind: "nobody.cares".into(), ..delivered(1) };
    broker.publish(&[unwanted]).await.unwrap();
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn a_deleted_queue_is_declared_again_without_losing_events() {
    let server = Server::new();
    let broker = server.broker().await;
    let (_connection, channel) = server.channel().await;
    for queue in ["placed", "both"] {
        channel.queue_delete(server.name(queue).into(), QueueDeleteOptions::default()).await.unwrap();
    }
    assert!(broker.publish(&[placed(1)]).await.is_err(), "the outbox keeps it");
    broker.publish(&[placed(1)]).await.unwrap();
    assert_eq!(broker.subscribe("placed").await.unwrap().next().await.unwrap().event, placed(1));
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn a_broken_connection_is_reopened_and_unacknowledged_events_are_redelivered() {
    let server = Server::new();
    let broker = server.broker().await;
    broker.publish(&[placed(1)]).await.unwrap();
    let mut subscription = broker.subscribe("placed").await.unwrap();
    let held = subscription.next().await.unwrap();
    broker.disconnect().await;
    assert!(subscription.next().await.is_err(), "the subscriber hears of it");
    // The result is ignored: the call may fail or succeed, but the acknowledgement does not reach the server.
    drop(held.acknowledge().await);
    broker.publish(&[placed(2)]).await.unwrap();
    let mut subscription = broker.subscribe("placed").await.unwrap();
    let mut seen = Vec::new();
    for _ in 0..2 {
        let delivery = subscription.next().await.unwrap();
        seen.push(delivery.event.id);
        delivery.acknowledge().await.unwrap();
    }
    seen.sort();
    assert_eq!(seen, [placed(1).id, placed(2).id]);
}
