//! Cart: its prices, its store, and the service through its API.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod inbox;
mod model;
mod moving;
mod pricing;
mod redis;
mod samples;
mod service;
mod store;
mod stores;
mod wire;
