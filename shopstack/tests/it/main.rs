//! ShopStack's acceptance tests: a whole shop, met over HTTP as its customers, its staff and its ill-wishers meet it.
//!
//! `SHOPSTACK_BASE_URL` runs them against a demonstration that is running already; what needs a shop of its own to kill
//! or to audit is left out then.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

mod authorisation;
mod bad_input;
mod crashes;
mod desk;
mod doctor;
mod hangups;
mod harness;
mod journeys;
mod migrations;
mod moving;
mod openapi;
mod parity;
mod queries;
mod races;
