//! Tests of pricing, of the stores, and of the service through its API.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod data_migration;
mod inbox;
mod model;
mod pricing;
mod proxy;
mod redis;
mod samples;
mod service;
mod store;
mod stores;
