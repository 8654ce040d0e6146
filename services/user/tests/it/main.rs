//! The service through its HTTP API, and what its stores must do.

#![expect(clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

mod addresses;
mod admins;
mod browsers;
mod conformance;
mod guests;
mod hostile;
mod login;
mod mongo;
mod moving;
mod people;
mod profile;
mod refresh;
mod registration;
mod replicas;
mod shop;
