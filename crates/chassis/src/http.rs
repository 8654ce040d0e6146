//! The HTTP edge of a service: extractors, the envelope around every handler, the listener.

mod middleware;
mod extract;
mod server;

pub use middleware::{Middleware, apply};
pub use extract::{Json, Path, Query};
pub use server::{BindError, Listener, serve};
