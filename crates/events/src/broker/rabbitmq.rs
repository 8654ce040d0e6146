//! The broker on RabbitMQ: one topic exchange, one quorum queue per consumer.
//!
//! Nothing rests on the library's own recovery: a connection that breaks is thrown away, and the next call makes
//! another and declares everything again. What was not confirmed stays in its outbox, what was not acknowledged comes
//! again.

mod settings;
mod doctor;
mod topology;

pub use settings::{ConnectionSettings, VARIABLES};
pub use doctor::examine;

use super::{Broker, BrokerError, Delivery, AckToken, Subscription};
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

/// How many events one subscription holds at once.
const PREFETCH: u16 = 32;
/// How long connecting, and a confirmation, may take. A broker short of memory or disk confirms nothing for a while.
const PATIENCE: Duration = Duration::from_secs(10);
const PERSISTENT: u8 = 2;

/// The broker on RabbitMQ.
#[derive(Clone)]
pub struct RabbitBroker {
    address: Arc<ConnectionSettings>,
    topology: &'static [Consumer],
    link: Arc<Mutex<Option<Link>>>,
}

/// A connection with everything declared, and a channel that confirms what is published.
#[derive(Clone)]
struct Link {
    connection: Arc<Connection>,
    publisher: Channel,
}

fn broken(error: impl std::fmt::Display) -> BrokerError {
    BrokerError(error.to_string())
}

async fn patiently<T, E: std::fmt::Display>(work: impl Future<Output = Result<T, E>>) -> Result<T, BrokerError> {
    match tokio::time::timeout(PATIENCE, work).await {
        Ok(outcome) => outcome.map_err(broken),
        Err(_) => Err(BrokerError(format!("no answer within {} s", PATIENCE.as_secs()))),
    }
}

impl RabbitBroker {
    /// Connects, and declares exchange, queues and bindings for these consumers.
    ///
    /// # Errors
    /// When the server cannot be reached, refuses, or has queues of the same names that are made otherwise.
    pub async fn open(address: ConnectionSettings, topology: &'static [Consumer]) -> Result<Self, BrokerError> {
        let broker = Self::unconnected(address, topology);
        broker.link().await?;
        Ok(broker)
    }

    /// The same without connecting yet: the first call does.
    pub fn unconnected(address: ConnectionSettings, topology: &'static [Consumer]) -> Self {
        Self { address: Arc::new(address), topology, link: Arc::default() }
    }

    fn names(&self) -> Names<'_> {
        Names(self.address.prefix())
    }

    /// Ends the connection, as a program does that goes away. The next call makes another.
    pub async fn disconnect(&self) {
        if let Some(link) = self.link.lock().await.take() {
            link.connection.close(200, "going away".into()).await.ok();
        }
    }

    /// The connection in use, or a new one when that is broken.
    async fn link(&self) -> Result<Link, BrokerError> {
        let mut link = self.link.lock().await;
        if let Some(link) = link.as_ref()
            && link.connection.status().connected()
            && link.publisher.status().connected()
        {
            return Ok(link.clone());
        }
        let fresh = patiently(self.connect()).await?;
        *link = Some(fresh.clone());
        Ok(fresh)
    }

    async fn connect(&self) -> Result<Link, BrokerError> {
        let named = ConnectionProperties::default().with_connection_name(self.address.prefix().into());
        let connection = Connection::connect_uri(self.address.uri(), named).await.map_err(broken)?;
        let publisher = connection.create_channel().await.map_err(broken)?;
        publisher.confirm_select(ConfirmSelectOptions::default()).await.map_err(broken)?;
        topology::declare(&publisher, self.names(), self.topology).await.map_err(broken)?;
        Ok(Link { connection: Arc::new(connection), publisher })
    }

    /// Lets the connection go after a failure, so that the next call begins with a new one.
    async fn forsake(&self, link: &Link) {
        let mut current = self.link.lock().await;
        if current.as_ref().is_some_and(|current| Arc::ptr_eq(&current.connection, &link.connection)) {
            *current = None;
        }
    }

    async fn publish_on(&self, link: &Link, events: &[Event]) -> Result<(), BrokerError> {
        let mut confirmations = Vec::with_capacity(events.len());
        for event in events {
            let body = serde_json::to_vec(event).map_err(broken)?;
            let confirmation = link
                .publisher
                .basic_publish(
                    self.names().exchange(),
                    event.kind.as_str().into(),
                    BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() },
                    &body,
                    properties(event),
                )
                .await
                .map_err(broken)?;
            confirmations.push(async move { Ok((event, confirmation.await.map_err(broken)?)) });
        }
        for (event, confirmation) in try_join_all(confirmations).await? {
            self.confirmed(event, &confirmation)?;
        }
        Ok(())
    }

    fn confirmed(&self, event: &Event, confirmation: &Confirmation) -> Result<(), BrokerError> {
        match confirmation {
            Confirmation::Ack(None) => Ok(()),
            // Returned: no queue is bound to its type. That is right when nobody wants it.
            Confirmation::Ack(Some(_)) if !self.is_wanted(event) => Ok(()),
            Confirmation::Ack(Some(_)) => Err(BrokerError(format!("no queue is bound to {}", event.kind))),
            Confirmation::Nack(_) => Err(BrokerError("the server refused an event".into())),
            Confirmation::NotRequested => Err(BrokerError("the server does not confirm".into())),
        }
    }

    fn is_wanted(&self, event: &Event) -> bool {
        self.topology.iter().any(|consumer| consumer.types.contains(&event.kind.as_str()))
    }
}

fn properties(event: &Event) -> BasicProperties {
    let mut headers = FieldTable::default();
    if let Some(trace) = &event.traceparent {
        headers.insert("traceparent".into(), AMQPValue::LongString(trace.as_str().into()));
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
    async fn publish(&self, events: &[Event]) -> Result<(), BrokerError> {
        let link = self.link().await?;
        let published = patiently(self.publish_on(&link, events)).await;
        if published.is_err() {
            self.forsake(&link).await;
        }
        published
    }

    async fn pending(&self) -> Result<u64, BrokerError> {
        let link = self.link().await?;
        patiently(topology::pending(&link.publisher, self.names(), self.topology)).await
    }

    async fn subscribe(&self, queue: &'static str) -> Result<Box<dyn Subscription>, BrokerError> {
        if !self.topology.iter().any(|consumer| consumer.queue == queue) {
            return Err(BrokerError(format!("no queue {queue:?} in the topology")));
        }
        let link = self.link().await?;
        let begun = patiently(async {
            let channel = link.connection.create_channel().await?;
            channel.basic_qos(PREFETCH, BasicQosOptions::default()).await?;
            let (name, options) = (self.names().queue(queue), BasicConsumeOptions::default());
            let consumer = channel.basic_consume(name, "".into(), options, FieldTable::default()).await?;
            Ok::<_, lapin::Error>(RabbitSubscription { queue, channel, consumer, _connection: link.connection.clone() })
        });
        match begun.await {
            Ok(subscription) => Ok(Box::new(subscription)),
            Err(error) => {
                self.forsake(&link).await;
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
    /// The connection lives as long as somebody consumes on it.
    _connection: Arc<Connection>,
}

#[async_trait]
impl Subscription for RabbitSubscription {
    async fn next(&mut self) -> Result<Delivery, BrokerError> {
        loop {
            let delivery = match self.consumer.next().await {
                Some(delivery) => delivery.map_err(broken)?,
                None => return Err(BrokerError("the server ended the subscription".into())),
            };
            match serde_json::from_slice(&delivery.data) {
                Ok(event) => return Ok(Delivery::new(event, Box::new(RabbitAckToken(Some(delivery))))),
                Err(error) => {
                    tracing::error!(queue = self.queue, %error, "an event cannot be decoded; set aside");
                    // Not given back: the queue hands it to the exchange for what cannot be decoded.
                    delivery.reject(BasicRejectOptions { requeue: false }).await.map_err(broken)?;
                }
            }
        }
    }
}

impl Drop for RabbitSubscription {
    /// Closes the channel, which gives back what it holds.
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
            Some(delivery) => delivery.ack(BasicAckOptions::default()).await.map(|_| ()).map_err(broken),
            None => Ok(()),
        }
    }
}

impl Drop for RabbitAckToken {
    /// Gives the event back, unless it was acknowledged.
    fn drop(&mut self) {
        if let Some(delivery) = self.0.take()
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            runtime.spawn(async move {
                delivery.nack(BasicNackOptions { requeue: true, ..BasicNackOptions::default() }).await.ok()
            });
        }
    }
}
