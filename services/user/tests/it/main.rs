//! Tests of the service through its HTTP API, and of its stores.

#![expect(clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

mod addresses;
mod admins;
mod api_keys;
mod browser;
mod conformance;
mod cookie_sessions;
mod data_migration;
mod guests;
mod invalid_input;
mod login;
mod mongo;
mod profile;
mod refresh;
mod registration;
mod replicas;
mod shop;
