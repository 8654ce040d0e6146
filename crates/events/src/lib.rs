//! Events between the services: never lost, delivered at least once, and applied once by each consumer.
//!
//! A producer writes an event into its **outbox** in the transaction of the change. The **relay** publishes it to the
//! **broker** and marks it as published. A **consumer** processes it and records it in its **inbox**, in one
//! transaction, so that a redelivered event has no effect. Failures are retried from the inbox, and become dead letters
//! for staff when they are given up. So do the messages that the broker gives up, which stay with the broker.

pub mod api;
pub mod broker;
mod consumer;
mod event;
pub mod inbox;
mod metrics;
pub mod outbox;
mod relay;

pub use broker::{Broker, BrokerError, Delivery, Subscription};
pub use consumer::{Consumer, HandleError, Handler};
pub use event::Event;
pub use inbox::{DeadLetters, Failure, Inbox};
pub use metrics::measure_dead_letters;
pub use outbox::Outbox;
pub use relay::Relay;

/// The interval between two purges of old records.
const PURGE_INTERVAL: jiff::SignedDuration = jiff::SignedDuration::from_hours(1);
