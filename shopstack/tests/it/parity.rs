//! The gateway of `shopstack up` and nginx, side by side: whatever comes in, both let the same through, in the same form,
//! and answer alike.

mod answers;
mod exchange;
mod gateways;
mod limits;
mod live;
mod requests;
mod routes;
mod stand_ins;

use exchange::{Answer, Ask};
use gateways::Gateways;
use serde_json::Value;
use std::io::Read;

/// A trace that comes from outside.
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

/// Headers that customers, browsers and caches go by.
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

/// Asks both gateways the same things; all of it has to have the status beside it and to be answered alike.
async fn alike(gateways: &Gateways, cases: impl IntoIterator<Item = (u16, Ask)>) {
    let mut faults = Vec::new();
    for (status, ask) in cases {
        let (ours, nginx) = gateways.answers(&ask).await;
        let (ours, nginx) = (Told::by(&ours), Told::by(&nginx));
        if ours != nginx || ours.status != status {
            faults.push(format!("{}\n  wanted {status}\n  ours  {ours:?}\n  nginx {nginx:?}", ask.shown()));
        }
    }
    assert!(faults.is_empty(), "{} unlike answers:\n{}", faults.len(), faults[..faults.len().min(20)].join("\n"));
}

/// What an answer says, without what may differ.
#[derive(Debug, PartialEq)]
struct Told {
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

impl Told {
    fn by(answer: &Answer) -> Self {
        let id = answer.header("x-request-id").unwrap_or_default();
        let values = |name: &&'static str| {
            let told =
                answer.all(name).into_iter().map(|value| if value == id { masked(id) } else { value.to_owned() });
            (*name, told.collect::<Vec<_>>())
        };
        let vary = answer.all("vary").join(",").to_lowercase();
        let mut vary: Vec<_> = vary.split(',').map(|name| name.trim().to_owned()).collect();
        vary.sort();
        Self {
            status: answer.status,
            headers: COMPARED.iter().map(values).collect(),
            vary,
            body: body(answer, id),
            is_whole: answer.is_whole,
        }
    }
}

/// An id that was made up differs each time; of one that was given, every letter counts.
fn masked(id: &str) -> String {
    let made = id.len() == 32 && id.bytes().all(|letter| letter.is_ascii_hexdigit()) && id != TRACE;
    if made { "made up".to_owned() } else { id.to_owned() }
}

fn body(answer: &Answer, id: &str) -> Body {
    let mut bytes = answer.body.clone();
    if answer.header("content-encoding") == Some("gzip") && !bytes.is_empty() {
        bytes.clear();
        flate2::read::GzDecoder::new(answer.body.as_slice()).read_to_end(&mut bytes).unwrap();
    }
    let Ok(mut json) = serde_json::from_slice::<Value>(&bytes) else {
        return Body::Text(String::from_utf8_lossy(&bytes).into_owned());
    };
    if let Some(headers) = json.get_mut("headers").and_then(Value::as_object_mut) {
        // How a body is framed between two hops is their own matter.
        headers.retain(|name, _| name != "content-length" && name != "transfer-encoding");
        if headers.get("x-request-id").and_then(|ids| ids[0].as_str()) == Some(id) {
            headers.insert("x-request-id".to_owned(), Value::from(masked(id)));
        }
    }
    Body::Json(json)
}
