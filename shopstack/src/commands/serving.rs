//! Serving HTTP until the process is asked to stop.

use super::CommandError;
use axum::Router;
use chassis::Service;
use chassis::http::{Listener, serve};
use chassis::telemetry::Tracing;
use std::process::ExitCode;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// Serves until Ctrl-C or SIGTERM, then finishes the requests and tasks in progress.
///
/// # Errors
/// [`CommandError::Serve`] if a listener fails for good.
pub(super) async fn serve_until_stopped(
    listeners: Vec<(Listener, Router)>,
    services: &[Service],
    tracing: &Tracing,
) -> Result<ExitCode, CommandError> {
    let stop = CancellationToken::new();
    let serving = listeners.into_iter().map(|(listener, router)| serve(listener, router, stop.clone()));
    let all = futures::future::try_join_all(serving);
    let ending = async {
        stop_requested().await;
        tracing::info!("shutting down: no new requests, finishing those in progress");
        stop.cancel();
        // Ends the event streams too: the listeners wait for their connections to close.
        crate::compose::shut_down(services).await
    };
    let (served, ended) = tokio::join!(all, ending);
    // Waits for the exporter's thread, whose requests run on the other threads of this runtime.
    tokio::task::block_in_place(|| tracing.shut_down());
    served.map_err(CommandError::Serve)?;
    Ok(if ended { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Resolves on Ctrl-C or SIGTERM.
pub(super) async fn stop_requested() {
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        // Without a handler for SIGTERM, Ctrl-C still stops the process in order.
        let _ = tokio::signal::ctrl_c().await;
        return;
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}
