//! The listener: accepts connections until shutdown, then lets the open ones finish.

use axum::Router;
use std::net::SocketAddr;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// A bound port that does not accept connections yet, so that its address can be told before anything is served.
pub struct Listener {
    inner: TcpListener,
    address: SocketAddr,
}

impl Listener {
    /// Binds the address; port 0 takes a free one.
    ///
    /// # Errors
    /// When the address is taken or not ours.
    pub async fn bind(address: SocketAddr) -> Result<Self, String> {
        let told = |error: std::io::Error| format!("cannot listen on {address}: {error}. Choose another with --port.");
        let inner = TcpListener::bind(address).await.map_err(told)?;
        let address = inner.local_addr().map_err(told)?;
        Ok(Self { inner, address })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

/// Serves `router` until `stop`, then waits for the open requests.
///
/// # Errors
/// When accepting connections fails for good.
pub async fn serve(listener: Listener, router: Router, stop: CancellationToken) -> std::io::Result<()> {
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener.inner, service).with_graceful_shutdown(async move { stop.cancelled().await }).await
}
