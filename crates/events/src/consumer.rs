//! A consumer: carries out events, retries what fails, gives up what fails for good.

use crate::broker::{Broker, Delivery};
use crate::event::Event;
use crate::inbox::Inbox;
use async_trait::async_trait;
use axum::http::{HeaderMap, HeaderValue};
use chassis::client::CallError;
use chassis::context::{self, Context};
use chassis::tasks::Tasks;
use chassis::{Problem, Sources, StoreError};
use jiff::SignedDuration;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

/// Why an event did not take effect.
#[derive(Debug, thiserror::Error)]
pub enum HandleError {
    /// It may work later.
    #[error("{0}")]
    Retry(String),
    /// It never will.
    #[error("{0}")]
    Never(String),
}

impl From<StoreError> for HandleError {
    fn from(error: StoreError) -> Self {
        Self::Retry(error.to_string())
    }
}

impl From<CallError> for HandleError {
    fn from(error: CallError) -> Self {
        Self::Retry(error.to_string())
    }
}

impl From<Problem> for HandleError {
    fn from(problem: Problem) -> Self {
        Self::Retry(problem.to_string())
    }
}

impl From<serde_json::Error> for HandleError {
    fn from(error: serde_json::Error) -> Self {
        Self::Never(format!("the event's data is not of its type: {error}"))
    }
}

/// Carries out the effect of an event, and notes the event in the inbox in the same unit of work.
#[async_trait]
pub trait Handler: Send + Sync + 'static {
    /// Carries it out; a second time changes nothing.
    async fn handle(&self, event: &Event) -> Result<(), HandleError>;
}

/// How often an event is tried before it is given up.
const TRIES: u32 = 12;
const PAUSE: Duration = Duration::from_secs(1);

/// One service's consumer.
#[derive(Clone)]
pub struct Consumer {
    queue: &'static str,
    inbox: Arc<dyn Inbox>,
    handler: Arc<dyn Handler>,
    sources: Sources,
}

impl Consumer {
    /// A consumer of `queue`.
    pub fn new(queue: &'static str, inbox: Arc<dyn Inbox>, handler: Arc<dyn Handler>, sources: Sources) -> Self {
        Self { queue, inbox, handler, sources }
    }

    /// Consumes, and retries what failed, until shutdown.
    pub fn start(self, broker: Arc<dyn Broker>, tasks: &Tasks) {
        let retries = self.clone();
        tasks.worker("consumer", |stop| self.consume(broker, stop));
        tasks.worker("inbox", |stop| retries.retry_until(stop));
    }

    async fn consume(self, broker: Arc<dyn Broker>, stop: CancellationToken) {
        while !stop.is_cancelled() {
            let mut subscription = match broker.subscribe(self.queue).await {
                Ok(subscription) => subscription,
                Err(error) => {
                    tracing::warn!(%error, queue = self.queue, "cannot subscribe; trying again");
                    tokio::select! { () = stop.cancelled() => return, () = tokio::time::sleep(PAUSE) => continue }
                }
            };
            loop {
                let delivery = tokio::select! {
                    () = stop.cancelled() => return,
                    delivery = subscription.next() => delivery,
                };
                match delivery {
                    Ok(delivery) => self.take(delivery).await,
                    Err(error) => {
                        tracing::warn!(%error, queue = self.queue, "the subscription broke; subscribing again");
                        tokio::select! { () = stop.cancelled() => return, () = tokio::time::sleep(PAUSE) => break }
                    }
                }
            }
        }
    }

    async fn take(&self, delivery: Delivery) {
        // Not acknowledged when even the failure could not be kept: the broker hands it out again.
        if self.attempt(&delivery.event, 0).await
            && let Err(error) = delivery.acknowledge().await
        {
            tracing::warn!(%error, "could not acknowledge; the event will come again and change nothing");
        }
    }

    /// Tries the event once; says whether the outcome, good or bad, is kept.
    async fn attempt(&self, event: &Event, tries: u32) -> bool {
        let span = tracing::info_span!("event", queue = self.queue, event_type = event.kind, event_id = %event.id);
        let outcome =
            context::within(self.context_of(event), self.handler.handle(event)).instrument(span.clone()).await;
        let Err(error) = outcome else { return true };
        let next = match &error {
            HandleError::Retry(_) if tries + 1 < TRIES => {
                self.sources.now().checked_add(SignedDuration::from_secs(1 << tries.min(8))).ok()
            }
            _ => None,
        };
        span.in_scope(|| match next {
            Some(_) => tracing::warn!(%error, tries, "the event's effect failed; it is tried again"),
            None => tracing::error!(%error, tries, "the event is given up; see the dead letters"),
        });
        match self.inbox.fail(event, &error.to_string(), next, self.sources.now()).await {
            Ok(()) => true,
            Err(error) => {
                tracing::error!(%error, "the failure could not be kept");
                false
            }
        }
    }

    fn context_of(&self, event: &Event) -> Context {
        let mut headers = HeaderMap::new();
        if let Some(value) = event.traceparent.as_deref().and_then(|text| HeaderValue::from_str(text).ok()) {
            headers.insert(context::TRACEPARENT, value);
        }
        Context::from_headers(&headers, &self.sources, Duration::from_secs(30))
    }

    async fn retry_until(self, stop: CancellationToken) {
        loop {
            tokio::select! { () = stop.cancelled() => return, () = tokio::time::sleep(PAUSE) => {} }
            if let Err(error) = self.retry_due().await {
                tracing::warn!(%error, queue = self.queue, "cannot look for events to try again");
            }
        }
    }

    /// Tries all failed events whose time has come; says how many there were.
    ///
    /// # Errors
    /// When the inbox is away.
    pub async fn retry_due(&self) -> Result<usize, StoreError> {
        let due = self.inbox.due(self.sources.now(), 50).await?;
        for failure in &due {
            self.attempt(&failure.event, failure.tries).await;
        }
        Ok(due.len())
    }
}
