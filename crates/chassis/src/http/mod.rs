//! The HTTP edge of a service: extractors, the envelope around every handler, the listener.

mod envelope;
mod extract;
mod server;

pub use envelope::{Envelope, wrap};
pub use extract::{Json, Path, Query};
pub use server::{Listener, serve};
