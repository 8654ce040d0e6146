//! The JSON format of log lines.

use http::{HeaderMap, Method};
use serde_json::{Value, json};
use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use telemetry::context::{self, Context};
use telemetry::log::JsonLines;
use telemetry::trace::spans;
use telemetry::{Metrics, Tracing};
use tracing_subscriber::layer::SubscriberExt;

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The lines that `work` writes.
fn lines(work: impl FnOnce()) -> Vec<Value> {
    let lines = Lines::default();
    let writer = lines.clone();
    let layer = tracing_subscriber::fmt::layer().event_format(JsonLines).with_writer(move || writer.clone());
    tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), work);
    let bytes = lines.0.lock().unwrap().clone();
    String::from_utf8(bytes).unwrap().lines().map(|line| serde_json::from_str(line).expect(line)).collect()
}

#[test]
fn a_line_has_the_ids_of_its_request_and_its_fields() {
    let span = spans::server(&Method::GET, "/api/v1/cart");
    let tracer = Tracing::disabled().tracer("cart", &Metrics::new("cart"));
    let context = Context::of_request(&tracer, &HeaderMap::new(), Duration::from_secs(1), false, span);
    let lines = lines(|| {
        context::enter(&context, || {
            tracing::warn!(order = %"o-1", status = 503_u16, amount = -5_i64, retry = true, "a \"quoted\" text\nwith a line break");
        });
    });
    let [line] = lines.as_slice() else { panic!("{lines:?}") };
    assert_eq!((&line["level"], &line["service"], &line["order"]), (&json!("WARN"), &json!("cart"), &json!("o-1")));
    assert_eq!((&line["status"], &line["amount"], &line["retry"]), (&json!(503), &json!(-5), &json!(true)));
    assert_eq!(line["message"], "a \"quoted\" text\nwith a line break");
    assert_eq!(line["trace_id"], json!(context.trace_id().to_string()));
    assert_eq!(line["span_id"], json!(context.span_id().to_string()));
    assert_eq!(line["request_id"], json!(context.request_id()));
    assert!(line["timestamp"].as_str().unwrap().ends_with('Z'));
}

#[test]
fn a_line_outside_of_requests_has_no_ids() {
    let lines = lines(|| tracing::info!("open"));
    let [line] = lines.as_slice() else { panic!("{lines:?}") };
    assert!(line.get("trace_id").is_none() && line.get("service").is_none());
}
