//! Events between the services: at least once, never lost, taking effect once.
//!
//! A producer writes an event into its **outbox** in the transaction of what the event tells. The **relay** publishes it
//! to the **broker** and marks it. A **consumer** carries out the effect and notes the event in its **inbox**, in one
//! transaction, so that a redelivered event changes nothing. What fails is retried from the inbox, and given up there
//! as a dead letter for a person to look at.

pub mod api;
pub mod broker;
mod consumer;
mod event;
pub mod inbox;
pub mod outbox;
mod relay;

pub use broker::{Broker, BrokerError, Delivery, Subscription};
pub use consumer::{Consumer, HandleError, Handler};
pub use event::Event;
pub use inbox::{Failure, Inbox};
pub use outbox::Outbox;
pub use relay::Relay;

/// How long lies between two rounds of forgetting what is no longer needed.
const PURGE_INTERVAL: jiff::SignedDuration = jiff::SignedDuration::from_hours(1);
