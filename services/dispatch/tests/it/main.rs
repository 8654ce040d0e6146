//! Dispatch through its HTTP API, what every implementation of its store must do, and faults at every call.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

mod carrier;
mod conformance;
mod dead_letters;
mod faults;
mod orders;
mod properties;
mod shop;
mod till;
