//! The HTTP listener: it accepts connections until shutdown, then lets open requests finish.

use axum::Router;
use std::net::SocketAddr;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// A bound port that does not accept connections yet, so that its address is known before anything is served.
pub struct Listener {
    inner: TcpListener,
    address: SocketAddr,
}

impl Listener {
    /// Binds the address; port 0 selects a free port. `option` is the option of the command line that chooses the port, to be
    /// named if it is in use.
    ///
    /// # Errors
    /// [`BindError`] when the port is in use or the address does not belong to this machine.
    pub async fn bind(address: SocketAddr, option: &'static str) -> Result<Self, BindError> {
        let failed = |source: std::io::Error| BindError { address, option, source };
        let inner = TcpListener::bind(address).await.map_err(failed)?;
        let address = inner.local_addr().map_err(failed)?;
        Ok(Self { inner, address })
    }

    /// Returns the bound address, with the actual port if port 0 was requested.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

/// A listening address that could not be bound.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}: {source}. Choose another with {option}.")]
pub struct BindError {
    address: SocketAddr,
    /// The option of the command line that chooses the port.
    option: &'static str,
    source: std::io::Error,
}

/// Serves `router` until `stop`, then waits for the open requests.
///
/// # Errors
/// When connections can no longer be accepted.
pub async fn serve(listener: Listener, router: Router, stop: CancellationToken) -> std::io::Result<()> {
    // The edge limits rates by the peer's address, unless a trusted proxy states another.
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener.inner, service).with_graceful_shutdown(async move { stop.cancelled().await }).await
}
