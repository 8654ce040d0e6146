//! Webhook events of gateways: verified, stored, acknowledged, and processed only afterwards.

use super::Engine;
use crate::gateway::WebhookError;
use crate::operation::{OperationKind, OperationState, PaymentOperation};
use crate::payment::{Effects, Payment, WebhookEvent, WebhookEventKind};
use crate::store::{StoredWebhookEvent, WebhookEventOutcome};
use axum::http::HeaderMap;
use chassis::context::{self, Context, ErrorType};
use chassis::telemetry::trace::spans;
use chassis::{Problem, StoreError, problem};
use jiff::SignedDuration;

/// The number of attempts, over some two days, to process an event that fails or matches no payment.
const MAX_ATTEMPTS: u32 = 40;
const MAX_RETRY_SECONDS: i64 = 3600;

/// A reason why an event could not be processed; its text is shown to staff.
#[derive(Debug, thiserror::Error)]
enum ProcessError {
    /// The event may be about another system's payment, or one that is not committed yet.
    #[error("no payment here has the reference {0}")]
    UnknownReference(String),
    /// The payment could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The payment could not be changed.
    #[error(transparent)]
    Change(#[from] Problem),
}

impl ErrorType for ProcessError {
    fn error_type(&self) -> &'static str {
        match self {
            Self::UnknownReference(_) => "refused",
            Self::Store(StoreError::Unavailable(_)) => "unavailable",
            Self::Store(_) => "fault",
            Self::Change(problem) => problem.error_type(),
        }
    }
}

impl Engine {
    /// Verifies a webhook and stores its event, once. The event is processed afterwards.
    ///
    /// # Errors
    /// 404 for an unknown gateway, 400 for a wrong signature or body, 503 when it cannot be stored; the gateway then
    /// delivers it again.
    pub async fn receive_webhook(&self, gateway: &str, headers: &HeaderMap, body: &[u8]) -> Result<(), Problem> {
        let known = self.gateways.get(gateway);
        let gateway = known.ok_or_else(|| problem::NOT_FOUND.detail("Gateway not found."))?;
        let webhook_event = gateway.connector().parse_webhook(headers, body).map_err(|error| {
            tracing::warn!(%error, gateway = gateway.name(), "rejected a webhook");
            match error {
                WebhookError::Unsupported => problem::NOT_FOUND.detail("This gateway sends no webhooks."),
                WebhookError::Signature | WebhookError::Body(_) => problem::MALFORMED.detail(error.to_string()),
            }
        })?;
        // Acknowledged as soon as it is stored: gateways give up quickly, and processing may need a query.
        self.store.store_webhook_event(gateway.name(), &webhook_event, self.system.now()).await?;
        self.wake.notify_one();
        Ok(())
    }

    /// Processes due webhook events and returns their number.
    pub(crate) async fn process_webhook_events(&self, limit: usize) -> Result<usize, Problem> {
        let due = self.store.due_webhook_events(self.system.now(), limit).await?;
        for stored in &due {
            let outcome = match self.process_webhook_event(stored).await {
                Ok(()) => WebhookEventOutcome::Processed,
                Err(error) => self.retry_or_fail(stored, error.to_string()),
            };
            // Finished one by one: a crash repeats at most one event, whose facts are known by then.
            self.store.finish_webhook_event(&stored.gateway, &stored.webhook_event.id, &outcome).await?;
        }
        Ok(due.len())
    }

    fn retry_or_fail(&self, stored: &StoredWebhookEvent, reason: String) -> WebhookEventOutcome {
        tracing::warn!(
            error = reason,
            webhook_event = stored.webhook_event.id,
            gateway = stored.gateway,
            "cannot process a webhook event"
        );
        if stored.tries + 1 >= MAX_ATTEMPTS {
            return WebhookEventOutcome::Failed { reason };
        }
        // Doubles up to an hour, as most errors are short outages of a gateway or the database.
        let delay = 2_i64.saturating_pow(stored.tries.min(12)).min(MAX_RETRY_SECONDS);
        let now = self.system.now();
        WebhookEventOutcome::Retry { at: now.saturating_add(SignedDuration::from_secs(delay)).unwrap_or(now), reason }
    }

    async fn process_webhook_event(&self, stored: &StoredWebhookEvent) -> Result<(), ProcessError> {
        let WebhookEvent { transaction, kind, .. } = &stored.webhook_event;
        if *kind == WebhookEventKind::Other {
            return Ok(());
        }
        let unknown = || ProcessError::UnknownReference(transaction.clone());
        let id = stored.webhook_event.payment().ok_or_else(unknown)?;
        let payment = self.store.find(id).await?.ok_or_else(unknown)?;
        // In the trace of the request that began the payment, however late the gateway reports.
        let span = spans::reconcile(payment.order_id.to_string(), id.to_string());
        let context = Context::of_work(&self.tracer, payment.trace.as_ref(), span);
        let result = context::within(context.clone(), self.apply_webhook_event(stored, &payment)).await;
        context::finish(&context, result)
    }

    async fn apply_webhook_event(&self, stored: &StoredWebhookEvent, payment: &Payment) -> Result<(), ProcessError> {
        let WebhookEvent { transaction, kind, .. } = &stored.webhook_event;
        let unknown = || ProcessError::UnknownReference(transaction.clone());
        // The gateway has to match too, so that no gateway can settle another one's operations.
        let about = |one: &PaymentOperation| one.reference == *transaction && one.gateway == stored.gateway;
        let operation = payment.operations.iter().find(|one| about(one)).ok_or_else(unknown)?;
        // Events carry no links for follow-up commands, so the gateway is queried for them.
        let needs_links = *kind == WebhookEventKind::Authorised && operation.links.is_empty();
        if needs_links
            && operation.kind == OperationKind::Authorise
            && !matches!(operation.state, OperationState::Refused)
        {
            self.query(payment, operation).await?;
        }
        let now = self.system.now();
        self.change(payment.id, |payment| {
            let mut effects = Effects::default();
            payment.apply_webhook_event(&stored.webhook_event, now, &mut effects);
            Ok(effects)
        })
        .await?;
        self.wake.notify_one();
        Ok(())
    }
}
