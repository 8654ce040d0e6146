//! Dispatch through its HTTP API, what every implementation of its store must do, and faults at every call.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

mod carrier;
mod conformance;
mod dead_letters;
mod faults;
mod idempotency;
mod orders;
mod parking;
mod properties;
mod returns;
mod shop;
mod stock_news;
mod till;
mod transfers;
mod world;
