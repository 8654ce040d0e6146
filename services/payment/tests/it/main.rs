//! Payment through its HTTP API, what every implementation of its store must do, and faults at every call.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod bench;
mod manual;
mod challenges;
mod checkout;
mod commands;
mod conformance;
mod faults;
mod gateways;
mod hosted;
mod idempotency;
mod interleavings;
mod late;
mod model;
mod parts;
mod properties;
mod shop;
mod transfers;
mod webhooks;
