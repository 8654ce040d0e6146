//! What every broker, outbox and inbox must do, and the relay and consumer between them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod books;
mod broker;
mod consumer;
mod embedded;
mod mongo;
mod outbox;
mod rabbitmq;
mod samples;
