//! Faults on demand: kept in memory, and drawn from the sandbox's own sources so that a test can repeat them.

use axum::body::Body;
use axum::response::Response;
use chassis::SystemContext;
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// What goes wrong, and how often.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Faults {
    /// How long each request waits, in milliseconds.
    pub latency_ms: Span,
    /// How many of a hundred requests are answered with 503, without effect.
    pub unavailable_percent: u8,
    /// How many of a hundred answers are lost, after their effect.
    pub lost_percent: u8,
    /// What goes wrong with webhooks.
    pub webhooks: WebhookFaults,
}

/// From here to there, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Span {
    /// The least.
    pub from: u32,
    /// The most.
    pub to: u32,
}

/// What goes wrong with webhooks, and how often.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WebhookFaults {
    /// How many of a hundred come twice.
    pub duplicate_percent: u8,
    /// How many of a hundred, copies too, are late. What was told later then comes earlier.
    pub late_percent: u8,
    /// By how many seconds, at most.
    pub latest_seconds: u32,
    /// How many of a hundred come with a copy beside them whose signature is wrong.
    pub bad_signature_percent: u8,
}

/// The longest a request is made to wait, in milliseconds.
const LONGEST: u32 = 60_000;

impl Faults {
    /// Where these make no sense, and why.
    pub(crate) fn mistake(&self) -> Option<(&'static str, &'static str)> {
        let percents = [
            ("/unavailable_percent", self.unavailable_percent),
            ("/lost_percent", self.lost_percent),
            ("/webhooks/duplicate_percent", self.webhooks.duplicate_percent),
            ("/webhooks/late_percent", self.webhooks.late_percent),
            ("/webhooks/bad_signature_percent", self.webhooks.bad_signature_percent),
        ];
        if let Some((place, _)) = percents.into_iter().find(|(_, percent)| *percent > 100) {
            return Some((place, "is at most 100"));
        }
        if self.latency_ms.from > self.latency_ms.to {
            return Some(("/latency_ms/from", "is not above the other end"));
        }
        (self.latency_ms.to > LONGEST).then_some(("/latency_ms/to", "is at most a minute"))
    }
}

/// A number below `end`, which is not zero.
fn below(system: &SystemContext, end: u64) -> u64 {
    u64::from_be_bytes(system.bytes()) % end.max(1)
}

/// Whether it comes to that, this time.
pub(crate) fn chance(system: &SystemContext, percent: u8) -> bool {
    percent > 0 && below(system, 100) < u64::from(percent)
}

/// A length of time within the span, in milliseconds.
pub(crate) fn latency(system: &SystemContext, span: Span) -> SignedDuration {
    let width = u64::from(span.to.saturating_sub(span.from)) + 1;
    let extra = if width > 1 { below(system, width) } else { 0 };
    SignedDuration::from_millis(i64::from(span.from) + i64::try_from(extra).unwrap_or(0))
}

/// How much later than it could something comes.
pub(crate) fn lateness(system: &SystemContext, faults: &WebhookFaults) -> SignedDuration {
    if !chance(system, faults.late_percent) {
        return SignedDuration::ZERO;
    }
    let millis = below(system, u64::from(faults.latest_seconds) * 1000 + 1);
    SignedDuration::from_millis(i64::try_from(millis).unwrap_or(0))
}

/// How long a wait goes without a look at the clock.
const TICK: Duration = Duration::from_millis(20);

/// Waits by the clock of `sources`, so that a test that moves it need not wait.
pub(crate) async fn wait(system: &SystemContext, time: SignedDuration) {
    let Ok(end) = system.now().checked_add(time) else { return };
    loop {
        let left = Duration::try_from(end.duration_since(system.now())).unwrap_or_default();
        if left.is_zero() {
            return;
        }
        tokio::time::sleep(left.min(TICK)).await;
    }
}

/// The answer without its body: whoever reads it finds the connection broken.
pub(crate) fn lost(answer: Response) -> Response {
    let (mut parts, _) = answer.into_parts();
    parts.headers.remove(axum::http::header::CONTENT_LENGTH);
    let broken = std::io::Error::new(std::io::ErrorKind::ConnectionReset, "the answer was lost, as asked for");
    let body = futures::stream::once(std::future::ready(Err::<bytes::Bytes, _>(broken)));
    Response::from_parts(parts, Body::from_stream(body))
}
