//! The broker: takes events durably and hands each to every consumer that wants its type, until it is acknowledged.

mod embedded;
pub mod rabbitmq;

pub use embedded::EmbeddedBroker;
pub use rabbitmq::RabbitBroker;

use crate::Event;
use async_trait::async_trait;
use chassis::health::Check;

/// Why the broker did not do what it was asked. Nothing is lost: the caller still has it, or gets it again.
#[derive(Debug, thiserror::Error)]
#[error("broker: {0}")]
pub struct BrokerError(pub String);

/// Takes and hands out events.
#[async_trait]
pub trait Broker: Check {
    /// Publishes; when it answers, the events are safe in the queue of every consumer bound to their types.
    async fn publish(&self, events: &[Event]) -> Result<(), BrokerError>;

    /// How many events wait in all queues. Of those that are handed out just now a broker may count all or none.
    async fn pending(&self) -> Result<u64, BrokerError>;

    /// Begins to consume a queue. Several subscriptions of one queue share its events.
    async fn subscribe(&self, queue: &'static str) -> Result<Box<dyn Subscription>, BrokerError>;
}

/// An open consumption of a queue.
#[async_trait]
pub trait Subscription: Send {
    /// The next event. It is handed out again, to this or another subscription, if it is not acknowledged.
    async fn next(&mut self) -> Result<Delivery, BrokerError>;
}

/// An event handed out.
pub struct Delivery {
    /// The event.
    pub event: Event,
    ack_token: Box<dyn AckToken>,
}

impl Delivery {
    /// A delivery that is acknowledged through `receipt`.
    pub fn new(event: Event, ack_token: Box<dyn AckToken>) -> Self {
        Self { event, ack_token }
    }

    /// Says that the event has taken effect, or is kept elsewhere.
    ///
    /// # Errors
    /// When the broker is away: the event will come again.
    pub async fn acknowledge(self) -> Result<(), BrokerError> {
        self.ack_token.acknowledge().await
    }
}

/// The way to acknowledge one delivery; dropped unused, it gives the event back.
#[async_trait]
pub trait AckToken: Send + Sync {
    /// Acknowledges.
    async fn acknowledge(self: Box<Self>) -> Result<(), BrokerError>;
}
