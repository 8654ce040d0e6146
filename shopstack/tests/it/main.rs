//! Acceptance tests: a whole shop, used over HTTP by customers, staff and attackers.
//!
//! `SHOPSTACK_BASE_URL` runs them against a demo shop that is running already. Tests that must kill or audit the
//! process are skipped then.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

mod authorisation;
mod bad_input;
mod client_disconnects;
mod crashes;
mod data_migration;
mod doctor;
mod first_day;
mod fulfilment;
mod harness;
mod journeys;
mod migrations;
mod openapi;
mod parity;
mod previous_version;
mod probe;
mod queries;
mod races;
mod robot_shop;
mod staff_commands;
mod telemetry;
