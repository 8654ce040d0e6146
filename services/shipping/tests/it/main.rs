//! Shipping through its HTTP API, its carrier by the clock, and what every implementation of its store must do.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod bad_input;
mod carrier;
mod conformance;
mod countries;
mod mysql;
mod places;
mod quotes;
mod shipments;
mod shop;
mod staff;
mod start;
