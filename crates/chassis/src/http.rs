//! The HTTP edge of a service: extractors, the envelope around every handler, the listener.

mod extract;
mod middleware;
mod server;

pub use extract::{Json, Path, Query};
pub use middleware::{Middleware, apply};
pub use server::{BindError, Listener, serve};
