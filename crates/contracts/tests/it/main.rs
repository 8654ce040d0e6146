//! Tests of the API's documentation: examples parse, and descriptions are sentences.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

mod addresses;
mod descriptions;
mod examples;
