//! The propagation of contexts over headers.

use http::{HeaderMap, HeaderValue, Method};
use std::time::Duration;
use telemetry::context::{self, Context, DEADLINE, REQUEST_ID, SYNTHETIC, TRACEPARENT, TRACESTATE};
use telemetry::trace::spans;
use telemetry::{Metrics, Tracer, Tracing};

const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

fn tracer() -> Tracer {
    Tracing::disabled().tracer("cart", &Metrics::new("cart"))
}

fn headers(fields: &[(&'static str, &str)]) -> HeaderMap {
    fields
        .iter()
        .map(|(name, value)| (http::HeaderName::from_static(name), HeaderValue::from_str(value).unwrap()))
        .collect()
}

fn request(headers: &HeaderMap, is_synthetic: bool) -> Context {
    let span = spans::server(&Method::GET, "/api/v1/cart");
    Context::of_request(&tracer(), headers, Duration::from_secs(30), is_synthetic, span)
}

fn written(context: &Context) -> HeaderMap {
    let mut headers = HeaderMap::new();
    context.write(&mut headers);
    headers
}

#[test]
fn a_trace_and_its_state_continue_over_a_call() {
    let context = request(&headers(&[("traceparent", PARENT), ("tracestate", "vendor=value")]), false);
    assert_eq!(context.trace_id().to_string(), "4bf92f3577b34da6a3ce929d0e0e4736");
    let call = context.start(spans::call(&Method::GET, "catalogue"));
    let headers = written(&call);
    let parent = format!("00-4bf92f3577b34da6a3ce929d0e0e4736-{}-", call.span_id());
    assert!(headers[TRACEPARENT].to_str().unwrap().starts_with(&parent));
    assert_eq!(headers[TRACESTATE], "vendor=value");
    assert_ne!(call.span_id().to_string(), "00f067aa0ba902b7");
}

#[test]
fn a_trace_without_state_gets_no_empty_header() {
    assert!(!written(&request(&headers(&[("traceparent", PARENT)]), false)).contains_key(TRACESTATE));
}

#[test]
fn an_invalid_trace_is_replaced() {
    let zero_span = "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01";
    let zero_trace = "00-00000000000000000000000000000000-00f067aa0ba902b7-01";
    let version_ff = "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    for invalid in [zero_span, zero_trace, version_ff, "00-xyz-1-1", ""] {
        let context = request(&headers(&[("traceparent", invalid)]), false);
        assert_ne!(context.trace_id().to_string(), "4bf92f3577b34da6a3ce929d0e0e4736", "{invalid}");
        assert_ne!(context.trace_id().to_string(), "0".repeat(32), "{invalid}");
    }
}

#[test]
fn only_a_well_formed_request_id_is_accepted() {
    assert_eq!(request(&headers(&[("x-request-id", "my-request-7")]), false).request_id(), "my-request-7");
    for odd in ["short", "a b\"c<script>", &"x".repeat(65)] {
        let context = request(&headers(&[("x-request-id", odd), ("traceparent", PARENT)]), false);
        assert_eq!(context.request_id(), "4bf92f3577b34da6a3ce929d0e0e4736");
    }
}

#[test]
fn a_client_can_shorten_its_deadline_only() {
    let left = |deadline: &str| request(&headers(&[("x-deadline-ms", deadline)]), false).time_left().unwrap();
    assert!(left("50") <= Duration::from_millis(50));
    assert!(left("999999999") <= Duration::from_secs(30));
    assert!(written(&request(&HeaderMap::new(), false)).contains_key(DEADLINE));
}

#[test]
fn a_synthetic_request_passes_its_mark_on_and_starts_no_spans() {
    let context = request(&headers(&[("traceparent", PARENT)]), true);
    let call = context.start(spans::call(&Method::GET, "catalogue"));
    assert_eq!(call.span_id(), context.span_id());
    assert_eq!(written(&call)[SYNTHETIC], "1");
    assert!(!written(&request(&HeaderMap::new(), false)).contains_key(SYNTHETIC));
}

#[test]
fn a_request_that_enters_the_shop_gets_a_trace_and_an_id() {
    let mut unknown = HeaderMap::new();
    let id = context::admit(&mut unknown);
    assert_eq!(unknown[REQUEST_ID].to_str().unwrap(), id);
    assert_eq!(request(&unknown, false).trace_id().to_string(), id);
    let mut known = headers(&[("traceparent", PARENT), ("x-request-id", "my-request-7")]);
    assert_eq!(context::admit(&mut known), "my-request-7");
    assert_eq!(known[TRACEPARENT], PARENT);
}

#[tokio::test]
async fn work_that_is_done_later_continues_the_trace() {
    let context = request(&headers(&[("traceparent", PARENT), ("tracestate", "vendor=value")]), false);
    let origin = context::within(context.clone(), async { context::with_current(Context::origin) }).await;
    let origin = origin.flatten().expect("a trace");
    let stored = serde_json::to_string(&origin).unwrap();
    let later =
        Context::of_work(&tracer(), serde_json::from_str(&stored).ok().as_ref(), spans::step("capture", "1".into()));
    assert_eq!(later.trace_id(), context.trace_id());
    assert_eq!(written(&later)[TRACESTATE], "vendor=value");
}
