//! What every command that serves has in common: listeners, and an orderly end.

use axum::Router;
use chassis::Service;
use chassis::http::{Listener, serve};
use std::process::ExitCode;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// Serves until the process is asked to end, then finishes what is under way.
///
/// # Errors
/// When accepting connections fails for good.
pub(super) async fn until_asked_to_end(
    listeners: Vec<(Listener, Router)>,
    services: &[Service],
) -> Result<ExitCode, String> {
    let stop = CancellationToken::new();
    let serving = listeners.into_iter().map(|(listener, router)| serve(listener, router, stop.clone()));
    let all = futures::future::try_join_all(serving);
    let ending = async {
        asked_to_end().await;
        tracing::info!("shutting down: no new requests, finishing those under way");
        stop.cancel();
        // Live timelines end, so that their connections do.
        crate::compose::shut_down(services).await
    };
    let (served, ended) = tokio::join!(all, ending);
    served.map_err(|error| error.to_string())?;
    Ok(if ended { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Resolves on Ctrl-C or a request to terminate.
async fn asked_to_end() {
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        let _ = tokio::signal::ctrl_c().await;
        return;
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}
