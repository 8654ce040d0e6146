//! The pages of recent traces: a list, and a diagram of each trace. They need no script and nothing but this process.

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use chassis::telemetry::recent::{RecentSpan, RecentTrace, RecentTraces};
use jiff::Timestamp;
use std::collections::{BTreeSet, HashMap};
use std::fmt::Write;
use std::time::{Duration, SystemTime};

const STYLE: &str = include_str!("traces.css");
/// The levels by which a span is indented at most, so that deep traces stay readable.
const MAX_INDENT: usize = 12;

/// The pages, below `/traces`.
pub fn router(traces: RecentTraces) -> Router {
    Router::new().route("/traces", get(list)).route("/traces/{id}", get(show)).with_state(traces)
}

async fn list(State(traces): State<RecentTraces>) -> Response {
    let traces = traces.list();
    let mut body = String::from("<p><a href=\"/\">Overview</a></p><h1>Recent traces</h1>");
    if traces.is_empty() {
        body.push_str("<p>No traces yet. Open a page of the shop and reload this one.</p>");
        return page("Recent traces", &body);
    }
    body.push_str(
        "<table><thead><tr><th scope=\"col\">Began</th><th scope=\"col\">Request or work</th><th scope=\"col\">Services</th>\
         <th scope=\"col\" class=\"number\">Spans</th><th scope=\"col\" class=\"number\">Duration</th>\
         <th scope=\"col\">Result</th></tr></thead><tbody>",
    );
    for trace in &traces {
        write_row(&mut body, trace);
    }
    body.push_str("</tbody></table>");
    page("Recent traces", &body)
}

fn write_row(body: &mut String, trace: &RecentTrace) {
    let Some(first) = trace.spans.first() else { return };
    let services: BTreeSet<&str> = trace.spans.iter().map(|span| span.service.as_str()).collect();
    let services = services.into_iter().collect::<Vec<_>>().join(", ");
    // Writing to a string cannot fail.
    let _ = write!(
        body,
        "<tr><td><time>{}</time></td><td><a href=\"/traces/{}\">{}</a></td><td>{}</td><td class=\"number\">{}</td>\
         <td class=\"number\">{}</td><td>{}</td></tr>",
        clock(first.start),
        trace.id,
        escape(&first.name),
        escape(&services),
        trace.spans.len(),
        duration(extent(trace).1),
        result(trace.spans.iter().any(|span| span.failed)),
    );
}

async fn show(State(traces): State<RecentTraces>, Path(id): Path<String>) -> Response {
    let Some(trace) = traces.list().into_iter().find(|trace| trace.id.to_string() == id) else {
        let body = "<h1>Trace not found</h1><p>Only recent traces are kept. <a href=\"/traces\">Show them</a>.</p>";
        return (StatusCode::NOT_FOUND, page("Trace not found", body)).into_response();
    };
    let title = trace.spans.first().map(|span| span.name.clone()).unwrap_or_default();
    let (start, took) = extent(&trace);
    let mut body = format!(
        "<p><a href=\"/traces\">Recent traces</a></p><h1>{}</h1><p>Trace <code>{}</code>, {} spans, {}.</p><table \
         class=\"diagram\"><thead><tr><th scope=\"col\">Service</th><th scope=\"col\">Span</th><th scope=\"col\" \
         class=\"number\">After</th><th scope=\"col\" class=\"number\">Duration</th><th scope=\"col\">Result</th><th \
         scope=\"col\" aria-hidden=\"true\"></th></tr></thead><tbody>",
        escape(&title),
        trace.id,
        trace.spans.len(),
        duration(took),
    );
    for (depth, span) in ordered(&trace) {
        write_span(&mut body, span, depth, start, took);
    }
    body.push_str("</tbody></table>");
    page(&title, &body)
}

fn write_span(body: &mut String, span: &RecentSpan, depth: usize, start: SystemTime, took: Duration) {
    let after = span.start.duration_since(start).unwrap_or_default();
    let mut attributes = String::new();
    for (name, value) in &span.attributes {
        let _ = write!(attributes, "<dt>{}</dt><dd>{}</dd>", escape(name), escape(value));
    }
    let _ = write!(
        body,
        "<tr><td>{}</td><td class=\"depth-{}\"><details><summary>{}</summary><dl>{attributes}</dl></details></td><td \
         class=\"number\">{}</td><td class=\"number\">{}</td><td>{}</td><td class=\"bar\" aria-hidden=\"true\"><svg \
         viewBox=\"0 0 1000 10\" preserveAspectRatio=\"none\"><rect class=\"{}\" x=\"{}\" width=\"{}\" \
         height=\"10\"/></svg></td></tr>",
        escape(&span.service),
        depth.min(MAX_INDENT),
        escape(&span.name),
        duration(after),
        duration(span.took),
        result(span.failed),
        if span.failed { "failed" } else { "succeeded" },
        thousandths(after, took),
        // Even the shortest span is visible.
        thousandths(span.took, took).max(3),
    );
}

/// The spans in the order of a tree, each with its depth. A span whose parent is not here is a root.
fn ordered(trace: &RecentTrace) -> Vec<(usize, &RecentSpan)> {
    let known: HashMap<_, _> = trace.spans.iter().map(|span| (span.id, span)).collect();
    let roots = trace.spans.iter().filter(|span| !known.contains_key(&span.parent));
    let mut waiting: Vec<(usize, &RecentSpan)> = roots.map(|span| (0, span)).collect();
    // The stack is popped from its end, and the spans are in the order in which they began.
    waiting.reverse();
    let mut ordered = Vec::with_capacity(trace.spans.len());
    while let Some((depth, span)) = waiting.pop() {
        ordered.push((depth, span));
        let children = trace.spans.iter().filter(|child| child.parent == span.id).rev();
        waiting.extend(children.map(|child| (depth + 1, child)));
    }
    ordered
}

/// The time at which the first span began, and the duration until the last one ended.
fn extent(trace: &RecentTrace) -> (SystemTime, Duration) {
    let start = trace.spans.iter().map(|span| span.start).min().unwrap_or(SystemTime::UNIX_EPOCH);
    let end = trace.spans.iter().filter_map(|span| span.start.checked_add(span.took)).max().unwrap_or(start);
    (start, end.duration_since(start).unwrap_or_default())
}

/// A part of the whole duration, for the diagram.
fn thousandths(part: Duration, whole: Duration) -> u128 {
    part.as_micros() * 1000 / whole.as_micros().max(1)
}

fn duration(took: Duration) -> String {
    match took.as_micros() {
        micros @ 0..1000 => format!("{micros} µs"),
        micros @ 1000..1_000_000 => format!("{}.{} ms", micros / 1000, micros % 1000 / 100),
        micros => format!("{}.{} s", micros / 1_000_000, micros % 1_000_000 / 100_000),
    }
}

fn clock(at: SystemTime) -> String {
    Timestamp::try_from(at).map(|at| at.strftime("%H:%M:%S%.3f UTC").to_string()).unwrap_or_default()
}

/// The result as a word, so that it is not told by colour alone.
const fn result(failed: bool) -> &'static str {
    if failed { "<strong class=\"failed\">failed</strong>" } else { "ok" }
}

fn page(title: &str, body: &str) -> Response {
    let page = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width, initial-scale=1\"><title>{} · ShopStack operations</title><style>{STYLE}</style></head>\
         <body><main>{body}</main></body></html>",
        escape(title)
    );
    let policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";
    ([(header::CONTENT_SECURITY_POLICY, policy), (header::CACHE_CONTROL, "no-store")], Html(page)).into_response()
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
