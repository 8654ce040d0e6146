//! The context that a request passes on to every call it causes: request id, trace (W3C Trace Context) and deadline.

use crate::system::SystemContext;
use axum::http::{HeaderMap, HeaderValue};
use std::fmt::Write;
use std::future::Future;
use std::time::Duration;
use tokio::time::Instant;

/// The header that carries the request id.
pub const REQUEST_ID: &str = "x-request-id";
/// The header that carries the trace, defined by <https://www.w3.org/TR/trace-context/>.
pub const TRACEPARENT: &str = "traceparent";
/// The header that carries the caller's remaining time, in milliseconds.
pub const DEADLINE: &str = "x-deadline-ms";

tokio::task_local! {
    static CURRENT: Context;
}

/// The context of one request.
#[derive(Debug, Clone)]
pub struct Context {
    /// The id that users quote when they ask about a request.
    pub request_id: String,
    /// The trace this request belongs to.
    pub trace_id: u128,
    /// The span of this request.
    pub span_id: u64,
    /// True if the trace is recorded.
    pub sampled: bool,
    /// The time at which the caller stops waiting.
    pub deadline: Option<Instant>,
}

impl Context {
    /// Creates a context for a request that starts here.
    pub fn fresh(system: &SystemContext) -> Self {
        let trace_id = u128::from_be_bytes(system.bytes());
        Self {
            request_id: format!("{trace_id:032x}"),
            trace_id,
            span_id: u64::from_be_bytes(system.bytes()),
            sampled: true,
            deadline: None,
        }
    }

    /// Reads the context of an incoming request from its headers, or creates a fresh one.
    pub fn from_headers(headers: &HeaderMap, system: &SystemContext, longest: Duration) -> Self {
        let mut context =
            match headers.get(TRACEPARENT).and_then(|value| value.to_str().ok()).and_then(parse_traceparent) {
                Some((trace_id, sampled)) => Self {
                    request_id: format!("{trace_id:032x}"),
                    trace_id,
                    span_id: u64::from_be_bytes(system.bytes()),
                    sampled,
                    deadline: None,
                },
                None => Self::fresh(system),
            };
        // The id is written to logs and returned in a header, so arbitrary text is not accepted.
        if let Some(id) = headers.get(REQUEST_ID).and_then(|value| value.to_str().ok()).filter(|id| acceptable(id)) {
            id.clone_into(&mut context.request_id);
        }
        let asked = headers.get(DEADLINE).and_then(|value| value.to_str().ok()).and_then(|text| text.parse().ok());
        // A client may shorten the deadline, never extend it.
        let allowed = asked.map_or(longest, |millis| Duration::from_millis(millis).min(longest));
        context.deadline = Instant::now().checked_add(allowed);
        context
    }

    /// Writes the context into the headers of a call to another service.
    pub fn write(&self, headers: &mut HeaderMap) {
        if let Ok(value) = HeaderValue::from_str(&self.request_id) {
            headers.insert(REQUEST_ID, value);
        }
        if let Ok(value) = HeaderValue::from_str(&self.traceparent()) {
            headers.insert(TRACEPARENT, value);
        }
        if let Some(left) = self.time_left() {
            headers.insert(DEADLINE, HeaderValue::from(u64::try_from(left.as_millis()).unwrap_or(u64::MAX)));
        }
    }

    /// Returns the trace as a `traceparent` value.
    pub fn traceparent(&self) -> String {
        let mut text = String::with_capacity(55);
        let _ = write!(text, "00-{:032x}-{:016x}-{:02x}", self.trace_id, self.span_id, u8::from(self.sampled));
        text
    }

    /// Returns the caller's remaining time; `None` without a deadline.
    pub fn time_left(&self) -> Option<Duration> {
        self.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()))
    }
}

fn acceptable(id: &str) -> bool {
    (8..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

fn parse_traceparent(value: &str) -> Option<(u128, bool)> {
    let mut parts = value.split('-');
    let (_version, trace, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    // The version is not checked: the specification requires parsers to accept later ones by this layout.
    if trace.len() != 32 || span.len() != 16 {
        return None;
    }
    let trace_id = u128::from_str_radix(trace, 16).ok().filter(|id| *id != 0)?;
    let flags = u8::from_str_radix(flags, 16).ok()?;
    Some((trace_id, flags & 1 == 1))
}

/// Returns the context of the request that is being served.
pub fn current() -> Option<Context> {
    CURRENT.try_with(Clone::clone).ok()
}

/// Runs `work` within `context`.
pub async fn within<T>(context: Context, work: impl Future<Output = T>) -> T {
    CURRENT.scope(context, work).await
}

/// Binds `work` to the current context, so that it can run in another task.
pub fn carry<T>(work: impl Future<Output = T>) -> impl Future<Output = T> {
    let context = current();
    async move {
        match context {
            Some(context) => CURRENT.scope(context, work).await,
            None => work.await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_is_preserved_in_headers() {
        let system = SystemContext::host();
        let first = Context::fresh(&system);
        let mut headers = HeaderMap::new();
        first.write(&mut headers);
        let second = Context::from_headers(&headers, &system, Duration::from_secs(30));
        assert_eq!(first.trace_id, second.trace_id);
        assert_eq!(first.request_id, second.request_id);
        assert_ne!(first.span_id, second.span_id);
    }

    #[test]
    fn invalid_context_headers_are_replaced() {
        let mut headers = HeaderMap::new();
        headers.insert(REQUEST_ID, HeaderValue::from_static("a b\"c<script>"));
        headers.insert(TRACEPARENT, HeaderValue::from_static("00-xyz-1-1"));
        let context = Context::from_headers(&headers, &SystemContext::host(), Duration::from_secs(30));
        assert!(acceptable(&context.request_id));
    }
}
