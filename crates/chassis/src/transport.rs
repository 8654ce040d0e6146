//! Transports to other services: `tower` services from HTTP request to HTTP response.
//!
//! In one process a transport is the other service's router, without a socket; across processes it is a pooled HTTP
//! client. Bytes, headers, authentication and trace are the same in both.

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

/// A call without a response.
#[derive(Debug, Clone, thiserror::Error)]
pub enum TransportError {
    /// The request was not sent, so it had no effect.
    #[error("{0}")]
    NotSent(String),
    /// The request was not sent, because the callee had not responded several times in a row.
    #[error("{0} failed several times in a row; the circuit breaker is open")]
    CircuitOpen(String),
    /// The request may have arrived, so its effect is unknown.
    #[error("{0}")]
    NoResponse(String),
}

/// A transport to another service.
pub type Transport = BoxCloneSyncService<Request, Response, TransportError>;

/// Creates the transport to a service in this process. Each call runs in its own task, so that it completes even if the
/// caller is cancelled.
pub fn in_process(router: Router, tasks: Tasks) -> Transport {
    BoxCloneSyncService::new(tower::service_fn(move |request: Request<Body>| {
        // Tracked by the callee, so that its shutdown waits for calls from other services as it does for clients.
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
