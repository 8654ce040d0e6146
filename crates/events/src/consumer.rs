//! A consumer: carries out events, retries what fails, gives up what fails for good.

use crate::PURGE_INTERVAL;
use crate::broker::{Broker, Delivery};
use crate::event::Event;
use crate::inbox::Inbox;
use async_trait::async_trait;
use axum::http::{HeaderMap, HeaderValue};
use chassis::client::CallError;
use chassis::context::{self, Context};
use chassis::tasks::Tasks;
use chassis::{Problem, SystemContext, StoreError};
use jiff::{SignedDuration, Timestamp};
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
    /// Somebody it needs is away: it is tried until they are back, however long that takes.
    #[error("{0}")]
    Away(String),
    /// It never will.
    #[error("{0}")]
    Never(String),
}

impl From<StoreError> for HandleError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(_) => Self::Away(error.to_string()),
            _ => Self::Retry(error.to_string()),
        }
    }
}

impl From<CallError> for HandleError {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Refused(problem) => Self::from(*problem),
            CallError::NoResponse { .. } => Self::Away(error.to_string()),
        }
    }
}

impl From<Problem> for HandleError {
    fn from(problem: Problem) -> Self {
        // Too many requests, a gateway without its service, a service without its database, too slow.
        let away = matches!(problem.status, 429 | 502 | 503 | 504);
        if away { Self::Away(problem.to_string()) } else { Self::Retry(problem.to_string()) }
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
/// How long to wait for somebody who is away.
const AWAY: SignedDuration = SignedDuration::from_secs(15);
/// How long an event is remembered as having taken effect.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(30 * 24);

/// One service's consumer.
#[derive(Clone)]
pub struct Consumer {
    queue: &'static str,
    inbox: Arc<dyn Inbox>,
    handler: Arc<dyn Handler>,
    system: SystemContext,
}

impl Consumer {
    /// A consumer of `queue`.
    pub fn new(queue: &'static str, inbox: Arc<dyn Inbox>, handler: Arc<dyn Handler>, system: SystemContext) -> Self {
        Self { queue, inbox, handler, system }
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
        if !self.attempt(&delivery.event, 0).await {
            // Not even the failure could be kept. The broker hands it out again, at once: so wait before giving it back.
            tokio::time::sleep(PAUSE).await;
        } else if let Err(error) = delivery.acknowledge().await {
            tracing::warn!(%error, "could not acknowledge; the event will come again and change nothing");
        }
    }

    /// Tries the event once; says whether the outcome, good or bad, is kept.
    async fn attempt(&self, event: &Event, tries: u32) -> bool {
        let span = tracing::info_span!("event", queue = self.queue, event_type = event.kind, event_id = %event.id);
        let outcome =
            context::within(self.context_of(event), self.handler.handle(event)).instrument(span.clone()).await;
        let Err(error) = outcome else { return true };
        let now = self.system.now();
        let next = match &error {
            HandleError::Retry(_) if tries + 1 < TRIES => {
                now.checked_add(SignedDuration::from_secs(1 << tries.min(8))).ok()
            }
            HandleError::Away(_) => now.checked_add(AWAY).ok(),
            _ => None,
        };
        let counts = !matches!(error, HandleError::Away(_));
        span.in_scope(|| match next {
            Some(_) => tracing::warn!(%error, tries, "the event's effect failed; it is tried again"),
            None => tracing::error!(%error, tries, "the event is given up; see the dead letters"),
        });
        match self.inbox.fail(event, &error.to_string(), counts, next, now).await {
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
        Context::from_headers(&headers, &self.system, Duration::from_secs(30))
    }

    async fn retry_until(self, stop: CancellationToken) {
        let mut clean_at = self.system.now();
        loop {
            tokio::select! { () = stop.cancelled() => return, () = tokio::time::sleep(PAUSE) => {} }
            if clean_at <= self.system.now() {
                clean_at = self.clean().await;
            }
            if let Err(error) = self.retry_due().await {
                tracing::warn!(%error, queue = self.queue, "cannot look for events to try again");
            }
        }
    }

    /// Forgets events that took effect long ago; says when to do so again.
    async fn clean(&self) -> Timestamp {
        let now = self.system.now();
        if let Err(error) = self.inbox.purge(now.saturating_sub(REMEMBERED).unwrap_or(now)).await {
            tracing::warn!(%error, queue = self.queue, "cannot forget old events; trying again later");
        }
        now.saturating_add(PURGE_INTERVAL).unwrap_or(now)
    }

    /// Tries all failed events whose time has come; says how many there were.
    ///
    /// # Errors
    /// When the inbox is away.
    pub async fn retry_due(&self) -> Result<usize, StoreError> {
        let due = self.inbox.due(self.system.now(), 50).await?;
        for failure in &due {
            self.attempt(&failure.event, failure.tries).await;
        }
        Ok(due.len())
    }
}
