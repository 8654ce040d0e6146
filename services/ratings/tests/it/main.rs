//! Ratings through its HTTP API, and what every implementation of its store must do.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod bad_input;
mod catalogue_away;
mod conformance;
mod helpful;
mod model;
mod moderation;
mod mysql;
mod pages;
mod purchases;
mod reviews;
mod seeds;
mod shop;
