//! Telemetry of a shop: traces through OpenTelemetry, Prometheus metrics, structured logs, and the schema of all three.
//!
//! A [`Context`] accompanies the work of a request or worker through tasks and calls. Spans are started in it, log lines
//! take their ids from it, and it is written into the headers of calls and the envelope of events.

pub mod context;
pub mod database;
pub mod log;
pub mod metrics;
pub mod process;
pub mod recent;
pub mod schema;
mod scope;
pub mod trace;

pub use context::Context;
pub use metrics::Metrics;
pub use trace::{Tracer, Tracing};
