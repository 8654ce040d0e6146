//! Cart: its prices, its store, and the service through its API.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod pricing;
mod service;
mod store;
