//! The broker on RabbitMQ: one topic exchange, one quorum queue per consumer.
//!
//! The client's automatic recovery is not used: a broken connection is dropped, and the next call opens
//! another and declares the topology again. Unconfirmed events stay in their outbox, and unacknowledged ones are
//! delivered again.

mod dead_letters;
mod doctor;
mod settings;
mod topology;

pub use doctor::examine;
pub use settings::{ConnectionSettings, VARIABLES};

use super::{AckToken, Broker, BrokerError, Delivery, Subscription};
use crate::Event;
use async_trait::async_trait;
use chassis::health::{Check, CheckError};
use contracts::events::Consumer;
use futures::StreamExt;
use futures::future::try_join_all;
use lapin::options::{
    BasicAckOptions, BasicConsumeOptions, BasicNackOptions, BasicPublishOptions, BasicQosOptions, BasicRejectOptions,
    ConfirmSelectOptions,
};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{BasicProperties, Channel, Confirmation, Connection, ConnectionProperties};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use topology::Names;

/// The maximum number of unacknowledged events of one subscription.
const PREFETCH: u16 = 32;
/// The time limit for connecting and for a confirm. A broker that is short of memory or disk delays its confirms.
const TIMEOUT: Duration = Duration::from_secs(10);
// The persistent delivery mode of AMQP 0-9-1, with which messages survive a restart of the server.
const PERSISTENT: u8 = 2;

/// The broker on RabbitMQ.
#[derive(Clone)]
pub struct RabbitBroker {
    settings: Arc<ConnectionSettings>,
    topology: &'static [Consumer],
    link: Arc<Mutex<Option<Link>>>,
}

/// A connection with the topology declared, and a channel in confirm mode.
#[derive(Clone)]
struct Link {
    connection: Arc<Connection>,
    publisher: Channel,
}

fn broker_error(error: impl std::fmt::Display) -> BrokerError {
    BrokerError(error.to_string())
}

async fn with_timeout<T, E: std::fmt::Display>(work: impl Future<Output = Result<T, E>>) -> Result<T, BrokerError> {
    match tokio::time::timeout(TIMEOUT, work).await {
        Ok(outcome) => outcome.map_err(broker_error),
        Err(_) => Err(BrokerError(format!("no response within {} s", TIMEOUT.as_secs()))),
    }
}

impl RabbitBroker {
    /// Connects, and declares exchange, queues and bindings for these consumers.
    ///
    /// # Errors
    /// When the server cannot be reached, rejects the login, or has queues of the same names with other arguments.
    pub async fn open(settings: ConnectionSettings, topology: &'static [Consumer]) -> Result<Self, BrokerError> {
        let broker = Self::unconnected(settings, topology);
        broker.link().await?;
        Ok(broker)
    }

    /// Creates the broker without connecting; the first call connects.
    pub fn unconnected(settings: ConnectionSettings, topology: &'static [Consumer]) -> Self {
        Self { settings: Arc::new(settings), topology, link: Arc::default() }
    }

    fn names(&self) -> Names<'_> {
        Names(self.settings.prefix())
    }

    /// Closes the connection. The next call opens another one.
    pub async fn disconnect(&self) {
        if let Some(link) = self.link.lock().await.take() {
            link.connection.close(200, "shutting down".into()).await.ok();
        }
    }

    /// Returns the open connection, or a new one if it is broken.
    async fn link(&self) -> Result<Link, BrokerError> {
        // The lock is held while connecting, so that concurrent calls share the new connection.
        let mut link = self.link.lock().await;
        if let Some(link) = link.as_ref()
            && link.connection.status().connected()
            && link.publisher.status().connected()
        {
            return Ok(link.clone());
        }
        let fresh = with_timeout(self.connect()).await?;
        *link = Some(fresh.clone());
        Ok(fresh)
    }

    async fn connect(&self) -> Result<Link, BrokerError> {
        let named = ConnectionProperties::default().with_connection_name(self.settings.prefix().into());
        let connection = Connection::connect_uri(self.settings.uri(), named).await.map_err(broker_error)?;
        let publisher = connection.create_channel().await.map_err(broker_error)?;
        publisher.confirm_select(ConfirmSelectOptions::default()).await.map_err(broker_error)?;
        topology::declare(&publisher, self.names(), self.topology).await.map_err(broker_error)?;
        // Nothing depends on it, and the next connection repeats it.
        if let Err(error) = dead_letters::move_from_earlier_queue(&connection, self.names()).await {
            tracing::warn!(%error, "cannot move the dead letters of an earlier version");
        }
        Ok(Link { connection: Arc::new(connection), publisher })
    }

    /// Drops the connection after a failure, so that the next call opens a new one.
    async fn drop_connection(&self, link: &Link) {
        let mut current = self.link.lock().await;
        // Another call may have replaced the connection already.
        if current.as_ref().is_some_and(|current| Arc::ptr_eq(&current.connection, &link.connection)) {
            *current = None;
        }
    }

    async fn publish_on(&self, link: &Link, events: &[Event]) -> Result<(), BrokerError> {
        let mut confirmations = Vec::with_capacity(events.len());
        for event in events {
            let body = serde_json::to_vec(event).map_err(broker_error)?;
            let confirmation = link
                .publisher
                .basic_publish(
                    self.names().exchange(),
                    event.kind.as_str().into(),
                    // Mandatory: without it RabbitMQ would confirm an event that no queue received.
                    BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() },
                    &body,
                    properties(event),
                )
                .await
                .map_err(broker_error)?;
            confirmations.push(async move { Ok((event, confirmation.await.map_err(broker_error)?)) });
        }
        // Confirms are awaited after all events are sent, so that a batch needs one round trip.
        for (event, confirmation) in try_join_all(confirmations).await? {
            self.confirmed(event, &confirmation)?;
        }
        Ok(())
    }

    fn confirmed(&self, event: &Event, confirmation: &Confirmation) -> Result<(), BrokerError> {
        match confirmation {
            Confirmation::Ack(None) => Ok(()),
            // The event was returned as unroutable, which is expected if no consumer of the topology has its type.
            Confirmation::Ack(Some(_)) if !self.has_consumer(event) => Ok(()),
            Confirmation::Ack(Some(_)) => Err(BrokerError(format!("no queue is bound to {}", event.kind))),
            Confirmation::Nack(_) => Err(BrokerError("the server rejected an event".into())),
            Confirmation::NotRequested => Err(BrokerError("the channel is not in confirm mode".into())),
        }
    }

    fn has_consumer(&self, event: &Event) -> bool {
        self.topology.iter().any(|consumer| consumer.types.contains(&event.kind.as_str()))
    }
}

fn properties(event: &Event) -> BasicProperties {
    let mut headers = FieldTable::default();
    for (name, value) in [("traceparent", &event.traceparent), ("tracestate", &event.tracestate)] {
        if let Some(value) = value {
            headers.insert(name.into(), AMQPValue::LongString(value.as_str().into()));
        }
    }
    BasicProperties::default()
        .with_delivery_mode(PERSISTENT)
        .with_content_type("application/cloudevents+json".into())
        .with_message_id(event.id.to_string().into())
        .with_type(event.kind.as_str().into())
        .with_headers(headers)
}

#[async_trait]
impl Broker for RabbitBroker {
    fn system_name(&self) -> &'static str {
        "rabbitmq"
    }

    async fn publish(&self, events: &[Event]) -> Result<(), BrokerError> {
        let link = self.link().await?;
        let published = with_timeout(self.publish_on(&link, events)).await;
        // After a timeout the channel may still deliver late confirms, which must not be mistaken for those of a later
        // batch.
        if published.is_err() {
            self.drop_connection(&link).await;
        }
        published
    }

    async fn pending(&self) -> Result<u64, BrokerError> {
        let link = self.link().await?;
        with_timeout(topology::pending(&link.publisher, self.names(), self.topology)).await
    }

    async fn dead_letter_count(&self) -> Result<u64, BrokerError> {
        let link = self.link().await?;
        with_timeout(topology::dead_letter_count(&link.publisher, self.names())).await
    }

    async fn subscribe(&self, queue: &'static str) -> Result<Box<dyn Subscription>, BrokerError> {
        if !self.topology.iter().any(|consumer| consumer.queue == queue) {
            return Err(BrokerError(format!("the topology has no queue {queue}")));
        }
        let link = self.link().await?;
        let subscribing = with_timeout(async {
            // An error closes a channel in AMQP, so each subscription has its own.
            let channel = link.connection.create_channel().await?;
            // Limits the number of events that are redelivered when this consumer dies.
            channel.basic_qos(PREFETCH, BasicQosOptions::default()).await?;
            let (name, options) = (self.names().queue(queue), BasicConsumeOptions::default());
            let consumer = channel.basic_consume(name, "".into(), options, FieldTable::default()).await?;
            Ok::<_, lapin::Error>(RabbitSubscription { queue, channel, consumer, _connection: link.connection.clone() })
        });
        match subscribing.await {
            Ok(subscription) => Ok(Box::new(subscription)),
            Err(error) => {
                self.drop_connection(&link).await;
                Err(error)
            }
        }
    }
}

#[async_trait]
impl Check for RabbitBroker {
    async fn check(&self) -> Result<(), CheckError> {
        self.link().await.map(|_| ()).map_err(CheckError::new)
    }
}

struct RabbitSubscription {
    queue: &'static str,
    channel: Channel,
    consumer: lapin::Consumer,
    /// Holds the connection open as long as the subscription exists.
    _connection: Arc<Connection>,
}

#[async_trait]
impl Subscription for RabbitSubscription {
    async fn next(&mut self) -> Result<Delivery, BrokerError> {
        loop {
            let delivery = match self.consumer.next().await {
                Some(delivery) => delivery.map_err(broker_error)?,
                None => return Err(BrokerError("the server closed the subscription".into())),
            };
            match serde_json::from_slice(&delivery.data) {
                Ok(event) => return Ok(Delivery::new(event, Box::new(RabbitAckToken(Some(delivery))))),
                Err(error) => {
                    tracing::error!(queue = self.queue, %error, "cannot decode an event; rejected to the dead-letter exchange");
                    // Without a requeue, RabbitMQ routes the message to the dead-letter exchange.
                    delivery.reject(BasicRejectOptions { requeue: false }).await.map_err(broker_error)?;
                }
            }
        }
    }
}

impl Drop for RabbitSubscription {
    /// Closes the channel, which returns unacknowledged events to the queue.
    fn drop(&mut self) {
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            let channel = self.channel.clone();
            runtime.spawn(async move { channel.close(200, "".into()).await.ok() });
        }
    }
}

struct RabbitAckToken(Option<lapin::message::Delivery>);

#[async_trait]
impl AckToken for RabbitAckToken {
    async fn acknowledge(mut self: Box<Self>) -> Result<(), BrokerError> {
        match self.0.take() {
            Some(delivery) => delivery.ack(BasicAckOptions::default()).await.map(|_| ()).map_err(broker_error),
            None => Ok(()),
        }
    }
}

impl Drop for RabbitAckToken {
    /// Returns the event to the queue unless it was acknowledged.
    fn drop(&mut self) {
        if let Some(delivery) = self.0.take()
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            runtime.spawn(async move {
                // From RabbitMQ 4.3 a requeueing `reject` counts against the delivery limit, while `nack` does not.
                delivery.nack(BasicNackOptions { requeue: true, ..BasicNackOptions::default() }).await.ok()
            });
        }
    }
}
