//! Runs the conformance suite of brokers on RabbitMQ, and tests of its topology and connection.

use crate::broker::{self, Reopen};
use crate::samples::{TOPOLOGY, delivered, placed};
use events::Broker;
use events::broker::rabbitmq::{ConnectionSettings, RabbitBroker};
use lapin::options::{BasicGetOptions, BasicPublishOptions, QueueDeleteOptions};
use lapin::{BasicProperties, Channel, Connection, ConnectionProperties};
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
);

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn an_undecodable_message_is_set_aside_without_blocking_the_queue() {
    let server = Server::new();
    let broker = server.broker().await;
    let (_connection, channel) = server.channel().await;
    let garbage = channel.basic_publish(
        server.name("events").into(),
        "order.placed".into(),
        BasicPublishOptions::default(),
        b"{",
        BasicProperties::default(),
    );
    garbage.await.unwrap().await.unwrap();
    broker.publish(&[placed(1)]).await.unwrap();
    for queue in ["placed", "both"] {
        let mut subscription = broker.subscribe(queue).await.unwrap();
        let delivery = subscription.next().await.unwrap();
        assert_eq!(delivery.event.id, placed(1).id);
        delivery.acknowledge().await.unwrap();
    }
    let aside = async || {
        let found = channel.basic_get(server.name("undecodable").into(), BasicGetOptions::default()).await.unwrap()?;
        Some(found.data.clone())
    };
    let mut found = aside().await;
    while found.is_none() {
        tokio::task::yield_now().await;
        found = aside().await;
    }
    assert_eq!(found.unwrap(), b"{");
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
