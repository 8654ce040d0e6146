//! The broker stores events durably and delivers each to every consumer of its type until it is acknowledged.

mod dead_message;
mod embedded;
pub mod rabbitmq;

pub use embedded::EmbeddedBroker;
pub use rabbitmq::RabbitBroker;

use crate::{DeadLetters, Event};
use async_trait::async_trait;
use chassis::health::Check;

/// A failed operation of the broker. Nothing is lost: the caller still has the event, or receives it again.
#[derive(Debug, thiserror::Error)]
#[error("broker: {0}")]
pub struct BrokerError(pub String);

/// A message broker that stores and delivers events. Its dead letters are the messages that it does not deliver any more:
/// a consumer could not decode them, or returned them too often.
#[async_trait]
pub trait Broker: Check + DeadLetters {
    /// Publishes events. On return they are stored in the queue of every consumer bound to their types.
    async fn publish(&self, events: &[Event]) -> Result<(), BrokerError>;

    /// The name of the broker in spans.
    fn system_name(&self) -> &'static str;

    /// Returns the number of events in all queues. A broker may or may not count those that are being delivered.
    async fn pending(&self) -> Result<u64, BrokerError>;

    /// Returns the number of dead letters, without reading them.
    async fn dead_letter_count(&self) -> Result<u64, BrokerError>;

    /// Subscribes to a queue. Several subscriptions to one queue share its events.
    async fn subscribe(&self, queue: &'static str) -> Result<Box<dyn Subscription>, BrokerError>;
}

/// An open subscription to a queue.
#[async_trait]
pub trait Subscription: Send {
    /// Waits for the next event. Unless it is acknowledged, it is delivered again to this or another subscription.
    async fn next(&mut self) -> Result<Delivery, BrokerError>;
}

/// A delivered event that is to be acknowledged.
pub struct Delivery {
    /// The event that was delivered.
    pub event: Event,
    ack_token: Box<dyn AckToken>,
}

impl Delivery {
    /// Creates a delivery that is acknowledged through `ack_token`.
    pub fn new(event: Event, ack_token: Box<dyn AckToken>) -> Self {
        Self { event, ack_token }
    }

    /// Acknowledges the event. Call this after the event took effect, or its failure was stored in the inbox.
    ///
    /// # Errors
    /// When the broker is unavailable. The event will then be delivered again.
    pub async fn acknowledge(self) -> Result<(), BrokerError> {
        self.ack_token.acknowledge().await
    }
}

/// The token that acknowledges one delivery. If it is dropped unused, the event returns to the queue.
#[async_trait]
pub trait AckToken: Send + Sync {
    /// Acknowledges the delivery, which removes the event from the queue.
    async fn acknowledge(self: Box<Self>) -> Result<(), BrokerError>;
}
