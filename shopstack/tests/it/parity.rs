//! The edge of `shopstack up` and nginx side by side: both forward the same requests in the same form, and their
//! responses are the same.

mod edges;
mod exchange;
mod fake_services;
mod limits;
mod live;
mod requests;
mod responses;
mod routes;

use edges::Edges;
use exchange::{RawRequest, Response};
use serde_json::Value;
use std::io::Read;

/// A trace id that a client sends.
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

/// The response headers that clients, browsers and caches rely on.
const COMPARED: &[&str] = &[
    "content-type",
    "content-encoding",
    "cache-control",
    "etag",
    "last-modified",
    "location",
    "set-cookie",
    "retry-after",
    "www-authenticate",
    "link",
    "x-request-id",
    "content-security-policy",
    "x-content-type-options",
    "referrer-policy",
    "x-frame-options",
    "cross-origin-opener-policy",
    "permissions-policy",
];

/// Sends the same requests to both edges. The responses must have the expected status and be the same.
async fn assert_same_responses(edges: &Edges, cases: impl IntoIterator<Item = (u16, RawRequest)>) {
    let mut failures = Vec::new();
    for (status, ask) in cases {
        let (ours, nginx) = edges.responses(&ask).await;
        let (ours, nginx) = (Comparable::by(&ours), Comparable::by(&nginx));
        if ours != nginx || ours.status != status {
            failures.push(format!("{}\n  wanted {status}\n  ours  {ours:?}\n  nginx {nginx:?}", ask.summary()));
        }
    }
    assert!(
        failures.is_empty(),
        "{} unlike answers:\n{}",
        failures.len(),
        failures[..failures.len().min(20)].join("\n")
    );
}

/// The parts of a response that must be the same.
#[derive(Debug, PartialEq)]
struct Comparable {
    status: u16,
    headers: Vec<(&'static str, Vec<String>)>,
    vary: Vec<String>,
    body: Body,
    is_whole: bool,
}

#[derive(Debug, PartialEq)]
enum Body {
    Json(Value),
    Text(String),
}

impl Comparable {
    fn by(response: &Response) -> Self {
        let id = response.header("x-request-id").unwrap_or_default();
        let values = |name: &&'static str| {
            let text =
                response.all(name).into_iter().map(|value| if value == id { masked(id) } else { value.to_owned() });
            (*name, text.collect::<Vec<_>>())
        };
        let vary = response.all("vary").join(",").to_lowercase();
        let mut vary: Vec<_> = vary.split(',').map(|name| name.trim().to_owned()).collect();
        vary.sort();
        Self {
            status: response.status,
            headers: COMPARED.iter().map(values).collect(),
            vary,
            body: body(response, id),
            is_whole: response.is_whole,
        }
    }
}

/// Masks a generated id, which differs each time. An id that the client sent is kept.
fn masked(id: &str) -> String {
    let made = id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()) && id != TRACE;
    if made { "made up".to_owned() } else { id.to_owned() }
}

fn body(response: &Response, id: &str) -> Body {
    let mut bytes = response.body.clone();
    if response.header("content-encoding") == Some("gzip") && !bytes.is_empty() {
        bytes.clear();
        flate2::read::GzDecoder::new(response.body.as_slice()).read_to_end(&mut bytes).unwrap();
    }
    let Ok(mut json) = serde_json::from_slice::<Value>(&bytes) else {
        return Body::Text(String::from_utf8_lossy(&bytes).into_owned());
    };
    if let Some(headers) = json.get_mut("headers").and_then(Value::as_object_mut) {
        // The framing of a body may differ on each hop.
        headers.retain(|name, _| name != "content-length" && name != "transfer-encoding");
        if headers.get("x-request-id").and_then(|ids| ids[0].as_str()) == Some(id) {
            headers.insert("x-request-id".to_owned(), Value::from(masked(id)));
        }
        // A trace that the edge starts differs each time; one that the client sent is kept.
        if headers.get("traceparent").and_then(|traces| traces[0].as_str()).is_some_and(|trace| !trace.contains(TRACE))
        {
            headers.insert("traceparent".to_owned(), Value::from("made up"));
        }
    }
    Body::Json(json)
}
