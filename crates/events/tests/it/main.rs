//! The conformance suites of broker, outbox and inbox, and tests of relay and consumer.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod broker;
mod consumer;
mod embedded;
mod mongo;
mod outage;
mod outbox;
mod rabbitmq;
mod samples;
mod test_database;
