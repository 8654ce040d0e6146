//! The selection and export of traces.

use http::Method;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use std::time::Duration;
use telemetry::schema::attributes::HTTP_RESPONSE_STATUS_CODE;
use telemetry::trace::{Sampler, TraceSettings, spans};
use telemetry::{Context, Metrics, Tracing};
use testkit::Collector;

fn settings(endpoint: Option<&str>, sampler: Sampler) -> TraceSettings {
    TraceSettings { endpoint: endpoint.map(str::to_owned), sampler, ..TraceSettings::default() }
}

/// A request to cart that calls catalogue in the same process.
fn one_trace(tracing: &Tracing, outcome: impl Fn(&Context)) {
    let server = Context::of_work(
        &tracing.tracer("cart", &Metrics::new("cart")),
        None,
        spans::server(&Method::GET, "/api/v1/cart"),
    );
    let call = server.start(spans::call(&Method::POST, "catalogue"));
    let callee = Context::of_work(
        &tracing.tracer("catalogue", &Metrics::new("catalogue")),
        call.origin().as_ref(),
        spans::server(&Method::POST, "/internal/price"),
    );
    callee.record(HTTP_RESPONSE_STATUS_CODE.of(200_u16));
    outcome(&callee);
    callee.end();
    call.end();
    server.end();
}

async fn export(tracing: Tracing) {
    tokio::task::spawn_blocking(move || tracing.shut_down()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn one_process_shows_as_several_services() {
    let (collector, url) = Collector::start().await;
    let tracing = Tracing::start(&settings(Some(&url), Sampler::On)).unwrap();
    one_trace(&tracing, |_| {});
    export(tracing).await;
    let spans = collector.received();
    let find = |service: &str, name: &str| {
        spans.iter().find(|one| one.service == service && one.span.name == name).expect(name).clone()
    };
    let (server, call) = (find("cart", "GET /api/v1/cart"), find("cart", "POST catalogue"));
    let callee = find("catalogue", "POST /internal/price");
    assert_eq!(spans.len(), 3);
    assert!(spans.iter().all(|one| one.span.trace_id == server.span.trace_id));
    assert_eq!((&call.span.parent_span_id, &callee.span.parent_span_id), (&server.span.span_id, &call.span.span_id));
    assert!(server.span.parent_span_id.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_arrive_as_numbers() {
    let (collector, url) = Collector::start().await;
    let tracing = Tracing::start(&settings(Some(&url), Sampler::On)).unwrap();
    one_trace(&tracing, |_| {});
    export(tracing).await;
    let spans = collector.received();
    let status = spans.iter().find_map(|one| one.attribute("http.response.status_code"));
    assert_eq!(status, Some(Value::IntValue(200)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_trace_is_exported_though_it_was_not_selected() {
    let (collector, url) = Collector::start().await;
    let tracing = Tracing::start(&settings(Some(&url), Sampler::Ratio(0.0))).unwrap();
    one_trace(&tracing, |_| {});
    one_trace(&tracing, |callee| callee.fail("500"));
    export(tracing).await;
    let spans = collector.received();
    assert_eq!(spans.len(), 3, "all spans of the failed trace, none of the other: {spans:?}");
    assert!(spans.iter().all(|one| one.span.flags & 1 == 1), "a kept span counts as sampled");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_trace_is_exported_though_it_was_not_selected() {
    let (collector, url) = Collector::start().await;
    let slow = TraceSettings { keep_slower_than: Duration::ZERO, ..settings(Some(&url), Sampler::Ratio(0.0)) };
    let tracing = Tracing::start(&slow).unwrap();
    one_trace(&tracing, |_| {});
    export(tracing).await;
    assert_eq!(collector.received().len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_selected_share_is_the_configured_one_and_whole() {
    let (collector, url) = Collector::start().await;
    let tracing = Tracing::start(&settings(Some(&url), Sampler::Ratio(0.25))).unwrap();
    // Fewer than the queue of the exporter holds.
    for _ in 0..600 {
        one_trace(&tracing, |_| {});
    }
    export(tracing).await;
    let spans = collector.received();
    let share = spans.len() / 3;
    // Six standard deviations around 150.
    assert!((86..=214).contains(&share), "{share} of 600");
    assert_eq!(spans.len() % 3, 0, "no trace is torn");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_recorded_when_traces_are_off() {
    let (collector, url) = Collector::start().await;
    let tracing = Tracing::start(&settings(Some(&url), Sampler::Off)).unwrap();
    one_trace(&tracing, |callee| callee.fail("500"));
    export(tracing).await;
    assert!(collector.received().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hanging_collector_stops_neither_the_work_nor_the_end() {
    let url = Collector::start_hanging().await;
    let tracing = Tracing::start(&settings(Some(&url), Sampler::On)).unwrap();
    // More than the queue holds: the rest is dropped, and no caller waits.
    for _ in 0..5_000 {
        one_trace(&tracing, |_| {});
    }
    export(tracing).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn recent_traces_are_retained_without_a_collector_and_bounded() {
    let settings = TraceSettings { recent: 3, ..settings(None, Sampler::Ratio(0.0)) };
    let tracing = Tracing::start(&settings).unwrap();
    for _ in 0..5 {
        one_trace(&tracing, |_| {});
    }
    let recent = tracing.recent().list();
    assert_eq!(recent.len(), 3);
    assert!(recent.iter().all(|trace| trace.spans.len() == 3));
    assert_eq!(recent[0].spans[0].service, "cart");
}
