//! The behaviour of traces, metrics and logs, through the public interface of the crate.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "tests fail by panicking")]

mod context;
mod logs;
mod metrics;
mod schema;
mod traces;
