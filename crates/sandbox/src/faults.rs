//! Injected faults. They use the sandbox's own random source, so a test can repeat them with a seed.

use axum::body::Body;
use axum::response::Response;
use chassis::SystemContext;
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The faults to inject. They are held in memory only, so a restart removes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
// Requests name only the faults that they want, and a misspelt name must not count as no fault.
#[serde(default, deny_unknown_fields)]
pub struct Faults {
    /// The delay of each request in milliseconds, chosen at random from the range.
    pub latency_ms: Span,
    /// The percentage of requests answered with status 503, without effect.
    pub unavailable_percent: u8,
    /// The percentage of responses that are lost after the request took effect.
    pub lost_percent: u8,
    /// The faults of webhook delivery.
    pub webhooks: WebhookFaults,
}

/// A range of numbers, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Span {
    /// The lower end of the range.
    pub from: u32,
    /// The upper end of the range.
    pub to: u32,
}

/// The faults of webhook delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WebhookFaults {
    /// The percentage of webhooks that are sent twice.
    pub duplicate_percent: u8,
    /// The percentage of webhooks, including copies, that are delayed and so arrive out of order.
    pub late_percent: u8,
    /// The longest delay in seconds.
    pub latest_seconds: u32,
    /// The percentage of webhooks that are accompanied by a copy with an invalid signature.
    pub bad_signature_percent: u8,
}

/// The longest delay of a request in milliseconds.
const MAX_LATENCY_MS: u32 = 60_000;

impl Faults {
    /// Returns the JSON pointer and description of an invalid value.
    pub(crate) fn validation_error(&self) -> Option<(&'static str, &'static str)> {
        let percents = [
            ("/unavailable_percent", self.unavailable_percent),
            ("/lost_percent", self.lost_percent),
            ("/webhooks/duplicate_percent", self.webhooks.duplicate_percent),
            ("/webhooks/late_percent", self.webhooks.late_percent),
            ("/webhooks/bad_signature_percent", self.webhooks.bad_signature_percent),
        ];
        if let Some((place, _)) = percents.into_iter().find(|(_, percent)| *percent > 100) {
            return Some((place, "must be at most 100"));
        }
        if self.latency_ms.from > self.latency_ms.to {
            return Some(("/latency_ms/from", "must not be above `to`"));
        }
        (self.latency_ms.to > MAX_LATENCY_MS).then_some(("/latency_ms/to", "must be at most 60000"))
    }
}

/// Returns a random number below `end`.
fn random_below(system: &SystemContext, end: u64) -> u64 {
    // The bias of the remainder is negligible, because `end` is far below 2^64.
    u64::from_be_bytes(system.bytes()) % end.max(1)
}

/// Returns true with a probability of `percent`.
pub(crate) fn chance(system: &SystemContext, percent: u8) -> bool {
    // Without the first condition, a fault that is off would still advance the random sequence that seeds reproduce.
    percent > 0 && random_below(system, 100) < u64::from(percent)
}

/// Returns a random delay within a range of milliseconds.
pub(crate) fn latency(system: &SystemContext, span: Span) -> SignedDuration {
    let width = u64::from(span.to.saturating_sub(span.from)) + 1;
    let extra = if width > 1 { random_below(system, width) } else { 0 };
    SignedDuration::from_millis(i64::from(span.from) + i64::try_from(extra).unwrap_or(0))
}

/// Returns the extra delay of a webhook, which is zero for most.
pub(crate) fn webhook_delay(system: &SystemContext, faults: &WebhookFaults) -> SignedDuration {
    if !chance(system, faults.late_percent) {
        return SignedDuration::ZERO;
    }
    let millis = random_below(system, u64::from(faults.latest_seconds) * 1000 + 1);
    SignedDuration::from_millis(i64::try_from(millis).unwrap_or(0))
}

/// The interval at which a wait checks the clock.
const CLOCK_POLL_INTERVAL: Duration = Duration::from_millis(20);

/// Waits by the clock of `system`, so that tests can advance it instead of waiting.
pub(crate) async fn wait(system: &SystemContext, time: SignedDuration) {
    let Ok(end) = system.now().checked_add(time) else { return };
    loop {
        let left = Duration::try_from(end.duration_since(system.now())).unwrap_or_default();
        if left.is_zero() {
            return;
        }
        tokio::time::sleep(left.min(CLOCK_POLL_INTERVAL)).await;
    }
}

/// Replaces the body by a broken one, so that the client sees a reset connection.
pub(crate) fn lose_response(response: Response) -> Response {
    let (mut parts, _) = response.into_parts();
    // With the length known, a client could take the empty body for a complete one.
    parts.headers.remove(axum::http::header::CONTENT_LENGTH);
    // The error makes hyper close a connection, and fails a reader in the same process as well.
    let broken =
        std::io::Error::new(std::io::ErrorKind::ConnectionReset, "the response was lost, by an injected fault");
    let body = futures::stream::once(std::future::ready(Err::<bytes::Bytes, _>(broken)));
    Response::from_parts(parts, Body::from_stream(body))
}
