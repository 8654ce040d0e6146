//! Tests of the service through its HTTP API, and of its stores.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "tests fail by panicking")]

mod bad_input;
mod catalogue_unavailable;
mod conformance;
mod consumers;
mod helpful;
mod model;
mod moderation;
mod mysql;
mod pages;
mod reviews;
mod seeds;
mod shop;
