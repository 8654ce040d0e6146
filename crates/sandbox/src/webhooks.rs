//! Webhooks: their content, signature, delivery and retries.

use crate::faults::{WebhookFaults, chance, webhook_delay};
use crate::payment::{Payment, WebhookEvent, WebhookEventType};
use crate::store::{DeliveryAttempt, NewWebhook, PendingWebhook};
use crate::{Sandbox, Webhook, WebhookKey};
use axum::body::Body;
use axum::extract::Request;
use axum::http::{Method, StatusCode, header};
use chassis::transport::TransportError;
use chassis::{StoreError, SystemContext};
use contracts::Money;
use hmac::{Hmac, KeyInit, Mac};
use http_body_util::BodyExt;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use sha2::Sha256;
use std::fmt::Write;
use std::time::Duration;
use tower::ServiceExt;

/// The number of webhooks delivered concurrently.
const BATCH_SIZE: usize = 16;
/// The time that the shop has to acknowledge a webhook.
const ACKNOWLEDGE_TIMEOUT: Duration = Duration::from_secs(10);
/// The longest delay before a webhook is retried.
const MAX_BACKOFF: SignedDuration = SignedDuration::from_mins(5);
/// The period during which an unacknowledged webhook is retried.
const RETRY_PERIOD: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Creates the webhook of an event, with the copies that faults add.
pub(crate) fn create(
    payment: &Payment,
    event: &WebhookEvent,
    faults: &WebhookFaults,
    system: &SystemContext,
) -> Vec<NewWebhook> {
    let now = system.now();
    let event_id = system.id().to_string();
    let body = body(&event_id, payment, event, now).to_string();
    // Copies share the event id, so that the shop can recognise duplicates.
    let copy = |invalid_signature| NewWebhook {
        event_id: event_id.clone(),
        kind: event.kind.name(),
        reference: payment.reference.clone(),
        body: body.clone(),
        invalid_signature,
        created_at: now,
        due_at: now.saturating_add(webhook_delay(system, faults)).unwrap_or(now),
    };
    let mut all = vec![copy(false)];
    if chance(system, faults.duplicate_percent) {
        all.push(copy(false));
    }
    if chance(system, faults.bad_signature_percent) {
        all.push(copy(true));
    }
    all
}

fn body(event_id: &str, payment: &Payment, event: &WebhookEvent, now: Timestamp) -> Value {
    let mut details = json!({
        "classification": "payment",
        "downstreamReference": payment.id,
        "transactionReference": payment.reference,
        "type": event.kind.name(),
        "date": payment.created_at.strftime("%Y-%m-%d").to_string(),
        // Worldpay's own examples leave this link empty.
        "_links": { "payment": { "href": "" } },
    });
    // Worldpay's webhooks about refusals have no amount.
    if event.kind != WebhookEventType::Refused {
        details["amount"] = json!({ "value": in_hundredths(event.amount), "currencyCode": event.amount.currency });
    }
    if let Some(reference) = &event.reference {
        details["reference"] = json!(reference);
    }
    if event.kind == WebhookEventType::RefundFailed {
        details["refund"] = json!({ "refusal": { "code": "5", "description": "REFUSED" } });
    }
    // Worldpay writes this time with milliseconds and without a time zone.
    let at = now.strftime("%Y-%m-%dT%H:%M:%S%.3f").to_string();
    json!({ "eventId": event_id, "eventTimestamp": at, "eventDetails": details })
}

/// Converts an amount to two decimal digits, as webhooks do for every currency: 500 JPY is 50000, and 1.234 BHD is
/// rounded to 123.
fn in_hundredths(money: Money) -> i64 {
    match money.currency.exponent() {
        exponent @ 0..=2 => money.amount.saturating_mul(10_i64.pow(2 - exponent)),
        exponent => {
            // 10^18 is the largest power of ten that fits into an `i64`.
            let unit = 10_i64.pow((exponent - 2).min(18));
            (money.amount + unit / 2).div_euclid(unit)
        }
    }
}

/// Returns the value of the `Event-Signature` header: one signature per key, in random order.
pub(crate) fn signature(keys: &[WebhookKey], body: &str, system: &SystemContext) -> String {
    let mut signed: Vec<(u64, String)> = keys
        .iter()
        .map(|key| {
            // The order is random, so that no client relies on the first signature.
            let place = u64::from_be_bytes(system.bytes());
            (place, format!("{}/SHA256/{}", key.id, mac(&key.secret, body.as_bytes())))
        })
        .collect();
    signed.sort();
    signed.into_iter().map(|(_, text)| text).collect::<Vec<_>>().join(",")
}

fn mac(secret: &[u8], body: &[u8]) -> String {
    // HMAC accepts keys of any length, so the error of the generic interface cannot occur.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret) else { return String::new() };
    mac.update(body);
    mac.finalize().into_bytes().iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Returns the delay before the next attempt, which doubles with each one.
fn backoff(tries: u32) -> SignedDuration {
    // The shift is bounded because a larger one would overflow; 2^9 seconds exceed the longest delay already.
    SignedDuration::from_secs(1_i64 << tries.min(20)).min(MAX_BACKOFF)
}

/// The reason why a webhook has no response.
#[derive(Debug, thiserror::Error)]
enum DeliveryError {
    #[error("no response within ten seconds")]
    Timeout,
    #[error("the request is invalid: {0}")]
    Request(#[source] axum::http::Error),
    #[error("{0}")]
    Transport(#[source] TransportError),
    #[error("the response is incomplete: {0}")]
    Body(#[source] axum::Error),
}

impl Sandbox {
    /// Delivers the webhooks that are due, each once, and returns their number.
    pub(crate) async fn send_webhooks(&self) -> Result<usize, StoreError> {
        let Some(webhook) = &self.0.settings.webhook else { return Ok(0) };
        let pending = self.0.store.pending(self.now(), BATCH_SIZE).await?;
        if pending.is_empty() {
            return Ok(0);
        }
        let attempts = futures::future::join_all(pending.iter().map(|one| self.send_webhook(webhook, one))).await;
        // A crash before this record delivers the batch again: webhooks arrive at least once.
        self.0.store.record_attempts(&attempts).await?;
        Ok(attempts.len())
    }

    async fn send_webhook(&self, webhook: &Webhook, pending: &PendingWebhook) -> DeliveryAttempt {
        let response = tokio::time::timeout(ACKNOWLEDGE_TIMEOUT, self.deliver(webhook, pending)).await;
        let response = response.unwrap_or_else(|_| Err(DeliveryError::Timeout));
        let at = self.now();
        // Worldpay counts only status 200 as an acknowledgement.
        let acknowledged = matches!(response, Ok(StatusCode::OK));
        // A copy with an invalid signature is meant to be rejected once, so it is not retried.
        let over = acknowledged || pending.invalid_signature || at.duration_since(pending.created_at) > RETRY_PERIOD;
        let retry_at = (!over).then(|| at.saturating_add(backoff(pending.tries)).unwrap_or(at));
        let response = response.map_or_else(|error| error.to_string(), |status| status.as_u16().to_string());
        DeliveryAttempt { sequence: pending.sequence, at, response, retry_at }
    }

    async fn deliver(&self, webhook: &Webhook, pending: &PendingWebhook) -> Result<StatusCode, DeliveryError> {
        // Signing another text than the one that is sent makes the signature invalid.
        let suffix = if pending.invalid_signature { " " } else { "" };
        let signed = format!("{}{suffix}", pending.body);
        let request = Request::builder()
            .method(Method::POST)
            .uri(&webhook.path)
            .header(header::CONTENT_TYPE, "application/json")
            .header("event-signature", signature(&webhook.keys, &signed, &self.0.system))
            .body(Body::from(pending.body.clone()))
            .map_err(DeliveryError::Request)?;
        let response = webhook.transport.clone().oneshot(request).await.map_err(DeliveryError::Transport)?;
        let status = response.status();
        // A response counts only when its body is complete, because an interrupted response is no acknowledgement.
        response.into_body().collect().await.map_err(DeliveryError::Body)?;
        Ok(status)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn webhook_amounts_have_two_decimal_digits_for_every_currency() {
        let hundredths = |code: &str, amount| in_hundredths(Money { amount, currency: code.parse().unwrap() });
        assert_eq!(hundredths("EUR", 500), 500);
        assert_eq!(hundredths("JPY", 500), 50_000);
        assert_eq!(hundredths("BHD", 1_234), 123);
        assert_eq!(hundredths("BHD", 1_235), 124);
    }

    #[test]
    fn delays_grow_from_a_second_to_five_minutes() {
        let seconds: Vec<i64> = [0, 1, 2, 8, 9, 60].into_iter().map(|tries| backoff(tries).as_secs()).collect();
        assert_eq!(seconds, [1, 2, 4, 256, 300, 300]);
    }
}
