//! Tracked tasks: everything that runs beside a request is known and awaited at shutdown.

use std::future::Future;
use std::time::Duration;
use telemetry::context;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument;

/// The background tasks of one service.
#[derive(Clone, Default)]
pub struct Tasks {
    service: Option<&'static str>,
    tracker: TaskTracker,
    stop: CancellationToken,
}

impl Tasks {
    pub fn new() -> Self {
        Self::default()
    }

    /// Creates the tasks of a service, which their log lines name.
    pub fn of_service(service: &'static str) -> Self {
        Self { service: Some(service), ..Self::default() }
    }

    /// Runs `work` to its end within the caller's context, even if the caller stops waiting.
    #[expect(clippy::disallowed_methods, reason = "the one place that spawns: tracked and traced")]
    pub fn run<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> JoinHandle<T> {
        tokio::spawn(self.tracker.track_future(context::of_task(
            self.service,
            None,
            context::carry(work).in_current_span(),
        )))
    }

    /// Runs a worker until shutdown. The worker receives the signal and ends at its next safe point.
    #[expect(clippy::disallowed_methods, reason = "the one place that spawns: tracked and traced")]
    pub fn worker<F, W>(&self, name: &'static str, work: F)
    where
        F: FnOnce(CancellationToken) -> W,
        W: Future<Output = ()> + Send + 'static,
    {
        let work = work(self.stop.clone());
        tokio::spawn(self.tracker.track_future(context::of_task(self.service, Some(name), work)));
    }

    /// Runs `work` at once and then after each `interval`, until shutdown. An error is logged, and the next run repeats the
    /// work.
    pub fn periodic<F, W, E>(&self, name: &'static str, interval: Duration, work: F)
    where
        F: Fn() -> W + Send + 'static,
        W: Future<Output = Result<(), E>> + Send,
        E: std::fmt::Display + Send,
    {
        self.worker(name, |stop| async move {
            loop {
                if let Err(error) = work().await {
                    tracing::warn!(%error, "a periodic task failed; it is repeated");
                }
                tokio::select! { () = stop.cancelled() => return, () = tokio::time::sleep(interval) => {} }
            }
        });
    }

    /// Resolves when shutdown has begun.
    pub async fn stopping(&self) {
        self.stop.cancelled().await;
    }

    /// Returns the signal that shutdown has begun.
    pub fn stop_signal(&self) -> CancellationToken {
        self.stop.clone()
    }

    /// Signals the workers to end and waits for all tasks. Returns false if some did not end within `timeout`.
    pub async fn shut_down(&self, timeout: Duration) -> bool {
        self.stop.cancel();
        // A closed tracker still accepts tasks, which running requests may spawn; wait() then ends when all have ended.
        self.tracker.close();
        tokio::time::timeout(timeout, self.tracker.wait()).await.is_ok()
    }
}
