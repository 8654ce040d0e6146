//! The consumer processes events, retries failures, and stores permanent failures as dead letters.

use crate::PURGE_INTERVAL;
use crate::broker::{Broker, Delivery};
use crate::event::Event;
use crate::inbox::Inbox;
use crate::metrics::{ConsumerMetrics, SAMPLE_INTERVAL};
use async_trait::async_trait;
use chassis::client::CallError;
use chassis::context::{self, Context, ErrorType};
use chassis::tasks::Tasks;
use chassis::telemetry::Tracer;
use chassis::telemetry::trace::spans;
use chassis::{Problem, ServiceContext, StoreError, SystemContext};
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// An event that could not be processed.
#[derive(Debug, thiserror::Error)]
pub enum HandleError {
    /// The processing failed, and a retry may succeed.
    #[error("{0}")]
    Retry(String),
    /// A dependency is unavailable. The event is retried without limit until the dependency is available again.
    #[error("{0}")]
    Unavailable(String),
    /// The processing can never succeed.
    #[error("{0}")]
    Never(String),
}

impl ErrorType for HandleError {
    fn error_type(&self) -> &'static str {
        match self {
            Self::Unavailable(_) => "unavailable",
            Self::Retry(_) | Self::Never(_) => "fault",
        }
    }
}

impl From<StoreError> for HandleError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(_) => Self::Unavailable(error.to_string()),
            _ => Self::Retry(error.to_string()),
        }
    }
}

impl From<CallError> for HandleError {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Refused(problem) => Self::from(*problem),
            CallError::NoResponse { .. } => Self::Unavailable(error.to_string()),
        }
    }
}

impl From<Problem> for HandleError {
    fn from(problem: Problem) -> Self {
        // Rate limit, proxy without upstream, unavailable service and timeout are all temporary.
        let unavailable = matches!(problem.status, 429 | 502 | 503 | 504);
        if unavailable { Self::Unavailable(problem.to_string()) } else { Self::Retry(problem.to_string()) }
    }
}

impl From<serde_json::Error> for HandleError {
    fn from(error: serde_json::Error) -> Self {
        Self::Never(format!("the data does not match the type of the event: {error}"))
    }
}

/// Processes an event, and records it in the inbox in the same transaction.
#[async_trait]
pub trait Handler: Send + Sync + 'static {
    /// Processes the event. An event that was processed before has no effect.
    async fn handle(&self, event: &Event) -> Result<(), HandleError>;
}

/// The number of attempts before an event becomes a dead letter.
const MAX_ATTEMPTS: u32 = 12;
const POLL_INTERVAL: Duration = Duration::from_secs(1);
/// The time for which an event is held while the store cannot even store its failure. Then it returns to the queue, so that
/// another replica may get it, whose store may be available. RabbitMQ closes the channel of a consumer that holds a message
/// for half an hour.
const MAX_HOLD: Duration = Duration::from_secs(300);
/// The time limit of the calls that one attempt makes.
const PROCESSING_TIMEOUT: Duration = Duration::from_secs(30);
/// The delay before a retry when a dependency is unavailable.
const UNAVAILABLE_RETRY_INTERVAL: SignedDuration = SignedDuration::from_secs(15);
/// The time for which the ids of processed events are retained, to recognise duplicates.
const RETENTION: SignedDuration = SignedDuration::from_hours(30 * 24);

/// The consumer of one service.
#[derive(Clone)]
pub struct Consumer {
    queue: &'static str,
    inbox: Arc<dyn Inbox>,
    handler: Arc<dyn Handler>,
    system: SystemContext,
    tracer: Tracer,
    metrics: ConsumerMetrics,
}

impl Consumer {
    /// Creates a consumer of `queue`.
    pub fn new(
        queue: &'static str,
        inbox: Arc<dyn Inbox>,
        handler: Arc<dyn Handler>,
        service: &ServiceContext,
    ) -> Self {
        let (system, tracer) = (service.system.clone(), service.tracer.clone());
        Self { queue, inbox, handler, system, tracer, metrics: ConsumerMetrics::new(&service.metrics) }
    }

    /// Starts the workers that consume and retry until shutdown.
    pub fn start(self, broker: Arc<dyn Broker>, tasks: &Tasks) {
        let (metrics, inbox) = (self.metrics.clone(), Arc::clone(&self.inbox));
        tasks.periodic("inbox-metrics", SAMPLE_INTERVAL, move || {
            let (metrics, inbox) = (metrics.clone(), Arc::clone(&inbox));
            async move { metrics.sample(inbox.as_ref()).await }
        });
        // Retries have their own worker, so that failed events do not delay new ones.
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
                    tokio::select! { () = stop.cancelled() => return, () = tokio::time::sleep(POLL_INTERVAL) => continue }
                }
            };
            loop {
                let delivery = tokio::select! {
                    () = stop.cancelled() => return,
                    delivery = subscription.next() => delivery,
                };
                match delivery {
                    // Processing does not race with `stop`, so an event is not interrupted half-way.
                    Ok(delivery) => self.process(delivery, &stop).await,
                    Err(error) => {
                        tracing::warn!(%error, queue = self.queue, "the subscription failed; subscribing again");
                        tokio::select! { () = stop.cancelled() => return, () = tokio::time::sleep(POLL_INTERVAL) => break }
                    }
                }
            }
        }
    }

    async fn process(&self, delivery: Delivery, stop: &CancellationToken) {
        let held_until = tokio::time::Instant::now() + MAX_HOLD;
        while !self.attempt(&delivery.event, 0).await {
            // The failure could not be stored either. The event is held and not returned: a broker may count how often an
            // event is returned, and give it up in the end.
            if tokio::time::Instant::now() >= held_until {
                return;
            }
            tokio::select! { () = stop.cancelled() => return, () = tokio::time::sleep(POLL_INTERVAL) => {} }
        }
        if let Err(error) = delivery.acknowledge().await {
            tracing::warn!(%error, "cannot acknowledge; the event will be redelivered without effect");
        }
    }

    /// Processes the event once. Returns true if the outcome is stored, be it success or failure.
    async fn attempt(&self, event: &Event, tries: u32) -> bool {
        let context = self.context_of(event);
        let outcome = context::within(context.clone(), self.handler.handle(event)).await;
        let outcome = context::finish(&context, outcome);
        let Err(error) = outcome else {
            self.metrics.processed.add_one([&event.kind, "succeeded"]);
            return true;
        };
        let now = self.system.now();
        let next = match &error {
            // Exponential backoff from 1 s to at most 256 s. The eleven delays between twelve attempts sum to 1023 s,
            // about 17 minutes.
            HandleError::Retry(_) if tries + 1 < MAX_ATTEMPTS => {
                now.checked_add(SignedDuration::from_secs(1 << tries.min(8))).ok()
            }
            HandleError::Unavailable(_) => now.checked_add(UNAVAILABLE_RETRY_INTERVAL).ok(),
            _ => None,
        };
        // An outage must not turn events into dead letters, however long it lasts.
        let counts = !matches!(error, HandleError::Unavailable(_));
        self.metrics.processed.add_one([&event.kind, if next.is_some() { "retried" } else { "dead" }]);
        context::enter(&context, || {
            let (queue, event_type, event_id) = (self.queue, event.kind.as_str(), event.id.to_string());
            match next {
                Some(_) => {
                    tracing::warn!(%error, queue, event_type, event_id, tries, "processing an event failed; it will be retried");
                }
                None => {
                    tracing::error!(%error, queue, event_type, event_id, tries, "an event was given up; see the dead letters");
                }
            }
        });
        match self.inbox.fail(event, &error.to_string(), counts, next, now).await {
            Ok(()) => true,
            Err(error) => {
                tracing::error!(%error, "cannot store the failure of an event");
                false
            }
        }
    }

    /// Starts the span of the processing, below the work that caused the event.
    fn context_of(&self, event: &Event) -> Context {
        // The name of the broker is not known here, and the envelope is the same for all.
        let span = spans::process(self.queue, &event.kind, event.id.to_string());
        Context::of_work(&self.tracer, event.origin().as_ref(), span).with_timeout(PROCESSING_TIMEOUT)
    }

    async fn retry_until(self, stop: CancellationToken) {
        let mut purge_at = self.system.now();
        loop {
            tokio::select! { () = stop.cancelled() => return, () = tokio::time::sleep(POLL_INTERVAL) => {} }
            if purge_at <= self.system.now() {
                purge_at = self.purge().await;
            }
            if let Err(error) = self.retry_due().await {
                tracing::warn!(%error, queue = self.queue, "cannot read events that are due for a retry");
            }
        }
    }

    /// Deletes records of events processed long ago, and returns the time of the next purge.
    async fn purge(&self) -> Timestamp {
        let now = self.system.now();
        if let Err(error) = self.inbox.purge(now.saturating_sub(RETENTION).unwrap_or(now)).await {
            tracing::warn!(%error, queue = self.queue, "cannot purge old events; trying again later");
        }
        now.saturating_add(PURGE_INTERVAL).unwrap_or(now)
    }

    /// Retries all failed events that are due, and returns their number.
    ///
    /// # Errors
    /// When the inbox is unavailable.
    pub async fn retry_due(&self) -> Result<usize, StoreError> {
        // Replicas may retry one event at the same time; the inbox lets it take effect once.
        let due = self.inbox.due(self.system.now(), 50).await?;
        for failure in &due {
            self.attempt(&failure.event, failure.tries).await;
        }
        Ok(due.len())
    }
}
