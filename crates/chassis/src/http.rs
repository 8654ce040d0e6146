//! The HTTP layer of a service: extractors, the middleware around every handler, and the listener.

mod extract;
mod metrics;
mod middleware;
mod server;

pub use extract::{Json, Path, Query, parse_json};
pub use metrics::RequestMetrics;
pub use middleware::{Middleware, apply};
pub use server::{BindError, Listener, serve};
