//! Notices of gateways: verified, kept, acknowledged, and only then acted on.

use super::Engine;
use crate::attempt::{PaymentOperation, OperationKind, OperationState};
use crate::gateway::WebhookEventError;
use crate::payment::{Effects, WebhookEvent, WebhookEventKind};
use crate::store::{KeptWebhookEvent, WebhookEventEnd};
use axum::http::HeaderMap;
use chassis::{Problem, problem};
use jiff::SignedDuration;

/// How often a notice is tried that is about no payment known here, or that cannot be taken in: for some two days.
const TRIES: u32 = 40;
const LONGEST_PAUSE_SECONDS: i64 = 3600;

impl Engine {
    /// Takes a webhook of a gateway: keeps what it tells, once. It is acted on afterwards.
    ///
    /// # Errors
    /// 404 for an unknown gateway, 400 when it is not the gateway's, 503 when it cannot be kept: then it comes again.
    pub async fn hear(&self, gateway: &str, headers: &HeaderMap, body: &[u8]) -> Result<(), Problem> {
        let known = self.gateways.get(gateway);
        let gateway = known.ok_or_else(|| problem::NOT_FOUND.detail("There is no such gateway."))?;
        let webhook_event = gateway.connector().webhook_event(headers, body).map_err(|error| {
            tracing::warn!(%error, gateway = gateway.name(), "a webhook was refused");
            match error {
                WebhookEventError::Unexpected => problem::NOT_FOUND.detail("This gateway sends no webhooks."),
                WebhookEventError::Signature | WebhookEventError::Form(_) => problem::MALFORMED.detail(error.to_string()),
            }
        })?;
        self.store.store_webhook_event(gateway.name(), &webhook_event, self.system.now()).await?;
        self.woken.notify_one();
        Ok(())
    }

    /// Acts on notices whose time has come; says how many there were.
    pub(super) async fn take_notices_in(&self, limit: usize) -> Result<usize, Problem> {
        let due = self.store.notices_due(self.system.now(), limit).await?;
        for kept in &due {
            let end = match self.process_webhook_event(kept).await {
                Ok(()) => WebhookEventEnd::Done,
                Err(reason) => self.again(kept, reason),
            };
            self.store.end_notice(&kept.gateway, &kept.webhook_event.id, &end).await?;
        }
        Ok(due.len())
    }

    fn again(&self, kept: &KeptWebhookEvent, reason: String) -> WebhookEventEnd {
        tracing::warn!(reason, id = kept.webhook_event.id, gateway = kept.gateway, "a notice cannot be taken in");
        if kept.tries + 1 >= TRIES {
            return WebhookEventEnd::GivenUp { reason };
        }
        let pause = 2_i64.saturating_pow(kept.tries.min(12)).min(LONGEST_PAUSE_SECONDS);
        let now = self.system.now();
        WebhookEventEnd::Later { at: now.saturating_add(SignedDuration::from_secs(pause)).unwrap_or(now), reason }
    }

    async fn process_webhook_event(&self, kept: &KeptWebhookEvent) -> Result<(), String> {
        let WebhookEvent { transaction, kind, .. } = &kept.webhook_event;
        if *kind == WebhookEventKind::Other {
            return Ok(());
        }
        let unknown = || format!("no payment here made the reference {transaction}");
        let told = |problem: Problem| problem.to_string();
        let id = kept.webhook_event.payment().ok_or_else(unknown)?;
        let payment = self.store.find(id).await.map_err(|error| error.to_string())?.ok_or_else(unknown)?;
        let about = |one: &&PaymentOperation| one.reference == *transaction && one.gateway == kept.gateway;
        let attempt = payment.operations.iter().find(about).ok_or_else(unknown)?;
        // A notice does not say where the next commands go: the gateway is asked, if it knows by now.
        let asks = *kind == WebhookEventKind::Authorised && attempt.links.is_empty();
        if asks && attempt.kind == OperationKind::Authorise && !matches!(attempt.state, OperationState::Refused) {
            self.ask(&payment, attempt).await.map_err(told)?;
        }
        let now = self.system.now();
        self.change(id, |payment| {
            let mut effects = Effects::default();
            payment.told(&kept.webhook_event, now, &mut effects);
            Ok(effects)
        })
        .await
        .map_err(told)?;
        self.woken.notify_one();
        Ok(())
    }
}
