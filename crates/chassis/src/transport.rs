//! How a call reaches another service: a `tower` service of HTTP request to HTTP response.
//!
//! In one process it is the other service's router itself, without a socket; across processes a pooled HTTP client.
//! Same bytes, same headers, same authentication and trace either way.

mod breaker;
mod remote;

pub use breaker::Breaker;
pub use remote::{RemoteError, remote};

use crate::tasks::Tasks;
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use tower::ServiceExt;
use tower::util::BoxCloneSyncService;

/// Why a call got no answer.
#[derive(Debug, Clone, thiserror::Error)]
pub enum TransportError {
    /// It never left: it certainly had no effect.
    #[error("{0}")]
    NotSent(String),
    /// It may have arrived: whether it took effect is unknown.
    #[error("{0}")]
    NoResponse(String),
}

/// A way to another service.
pub type Transport = BoxCloneSyncService<Request, Response, TransportError>;

/// The way to a service in this process. Each call is a task of its own, so that a caller that goes away stops nothing.
pub fn in_process(router: Router, tasks: Tasks) -> Transport {
    BoxCloneSyncService::new(tower::service_fn(move |request: Request<Body>| {
        let call = tasks.run(router.clone().oneshot(request));
        async move {
            match call.await {
                Ok(Ok(response)) => Ok(response),
                Ok(Err(never)) => match never {},
                Err(error) => Err(TransportError::NoResponse(format!("the call was stopped: {error}"))),
            }
        }
    }))
}
