//! Webhooks: what they say, how they are signed, and how they are sent until they are acknowledged.

use crate::faults::{WebhookFaults, chance, lateness};
use crate::payment::{News, NewsKind, Payment};
use crate::store::{Outgoing, Sent, Waiting};
use crate::{Sandbox, Webhook, WebhookKey};
use axum::body::Body;
use axum::extract::Request;
use axum::http::{Method, StatusCode, header};
use chassis::{SystemContext, StoreError};
use contracts::Money;
use hmac::{Hmac, KeyInit, Mac};
use http_body_util::BodyExt;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use sha2::Sha256;
use std::fmt::Write;
use std::time::Duration;
use tower::ServiceExt;

/// How many webhooks are sent at the same time.
const BATCH: usize = 16;
/// How long the shop has to acknowledge one.
const PATIENCE: Duration = Duration::from_secs(10);
/// The longest pause before a webhook is sent again.
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_mins(5);
/// How long it is tried.
const WEEK: SignedDuration = SignedDuration::from_hours(7 * 24);

/// The webhook that tells this, with the copies that faults make of it.
pub(crate) fn outgoing(payment: &Payment, news: &News, faults: &WebhookFaults, system: &SystemContext) -> Vec<Outgoing> {
    let now = system.now();
    let event_id = system.id().to_string();
    let body = body(&event_id, payment, news, now).to_string();
    let copy = |badly_signed| Outgoing {
        event_id: event_id.clone(),
        kind: news.kind.name(),
        reference: payment.reference.clone(),
        body: body.clone(),
        badly_signed,
        created_at: now,
        due_at: now.saturating_add(lateness(system, faults)).unwrap_or(now),
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

fn body(event_id: &str, payment: &Payment, news: &News, now: Timestamp) -> Value {
    let mut details = json!({
        "classification": "payment",
        "downstreamReference": payment.id,
        "transactionReference": payment.reference,
        "type": news.kind.name(),
        "date": payment.created_at.strftime("%Y-%m-%d").to_string(),
        "_links": { "payment": { "href": "" } },
    });
    // Refusals tell no amount.
    if news.kind != NewsKind::Refused {
        details["amount"] = json!({ "value": in_hundredths(news.amount), "currencyCode": news.amount.currency });
    }
    if let Some(reference) = &news.reference {
        details["reference"] = json!(reference);
    }
    if news.kind == NewsKind::RefundFailed {
        details["refund"] = json!({ "refusal": { "code": "5", "description": "REFUSED" } });
    }
    let at = now.strftime("%Y-%m-%dT%H:%M:%S%.3f").to_string();
    json!({ "eventId": event_id, "eventTimestamp": at, "eventDetails": details })
}

/// The amount with two decimal digits whatever the currency, as webhooks tell it: 500 JPY are 50000, and 1.234 BHD are
/// rounded to 123.
fn in_hundredths(money: Money) -> i64 {
    match money.currency.exponent() {
        exponent @ 0..=2 => money.amount.saturating_mul(10_i64.pow(2 - exponent)),
        exponent => {
            let unit = 10_i64.pow((exponent - 2).min(18));
            (money.amount + unit / 2).div_euclid(unit)
        }
    }
}

/// The value of `Event-Signature`: one for each key, in any order.
pub(crate) fn signature(keys: &[WebhookKey], body: &str, system: &SystemContext) -> String {
    let mut signed: Vec<(u64, String)> = keys
        .iter()
        .map(|key| {
            let place = u64::from_be_bytes(system.bytes());
            (place, format!("{}/SHA256/{}", key.id, mac(&key.secret, body.as_bytes())))
        })
        .collect();
    signed.sort();
    signed.into_iter().map(|(_, text)| text).collect::<Vec<_>>().join(",")
}

fn mac(secret: &[u8], body: &[u8]) -> String {
    // Keys of any length are taken; the library's error stands for those of other algorithms.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret) else { return String::new() };
    mac.update(body);
    mac.finalize().into_bytes().iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// How long to wait before the next try.
fn pause(tries: u32) -> SignedDuration {
    SignedDuration::from_secs(1_i64 << tries.min(20)).min(LONGEST_PAUSE)
}

impl Sandbox {
    /// Sends the webhooks whose time has come, each once; says how many.
    pub(crate) async fn send(&self) -> Result<usize, StoreError> {
        let Some(webhook) = &self.0.settings.webhook else { return Ok(0) };
        let waiting = self.0.store.waiting(self.now(), BATCH).await?;
        if waiting.is_empty() {
            return Ok(0);
        }
        let sent = futures::future::join_all(waiting.iter().map(|one| self.send_one(webhook, one))).await;
        self.0.store.sent(&sent).await?;
        Ok(sent.len())
    }

    async fn send_one(&self, webhook: &Webhook, waiting: &Waiting) -> Sent {
        let answer = tokio::time::timeout(PATIENCE, self.deliver(webhook, waiting)).await;
        let answer = answer.unwrap_or_else(|_| Err("no answer within ten seconds".to_owned()));
        let at = self.now();
        let acknowledged = answer == Ok(StatusCode::OK);
        // A copy with a wrong signature is refused, and that is all it is for.
        let over = acknowledged || waiting.badly_signed || at.duration_since(waiting.created_at) > WEEK;
        let again = (!over).then(|| at.saturating_add(pause(waiting.tries)).unwrap_or(at));
        let answer = answer.map_or_else(|reason| reason, |status| status.as_u16().to_string());
        Sent { sequence: waiting.sequence, at, answer, again }
    }

    async fn deliver(&self, webhook: &Webhook, waiting: &Waiting) -> Result<StatusCode, String> {
        let wrong = if waiting.badly_signed { " " } else { "" };
        let signed = format!("{}{wrong}", waiting.body);
        let request = Request::builder()
            .method(Method::POST)
            .uri(&webhook.path)
            .header(header::CONTENT_TYPE, "application/json")
            .header("event-signature", signature(&webhook.keys, &signed, &self.0.system))
            .body(Body::from(waiting.body.clone()))
            .map_err(|error| error.to_string())?;
        let response = webhook.transport.clone().oneshot(request).await.map_err(|error| error.to_string())?;
        let status = response.status();
        response.into_body().collect().await.map_err(|error| error.to_string())?;
        Ok(status)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn webhooks_tell_two_decimal_digits_whatever_the_currency() {
        let hundredths = |code: &str, amount| in_hundredths(Money { amount, currency: code.parse().unwrap() });
        assert_eq!(hundredths("EUR", 500), 500);
        assert_eq!(hundredths("JPY", 500), 50_000);
        assert_eq!(hundredths("BHD", 1_234), 123);
        assert_eq!(hundredths("BHD", 1_235), 124);
    }

    #[test]
    fn pauses_grow_from_a_second_to_five_minutes() {
        let seconds: Vec<i64> = [0, 1, 2, 8, 9, 60].into_iter().map(|tries| pause(tries).as_secs()).collect();
        assert_eq!(seconds, [1, 2, 4, 256, 300, 300]);
    }
}
