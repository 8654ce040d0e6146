//! A reader of server-sent events that behaves like a browser.

use crate::harness::Client;
use reqwest::Method;
use serde_json::Value;

#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    pub id: String,
    pub data: Value,
}

/// Reads the event stream at `path` until `enough` returns true, or until it ends.
pub async fn events(
    client: &Client,
    path: &str,
    last: Option<&str>,
    mut enough: impl FnMut(&Event) -> bool,
) -> Vec<Event> {
    let mut request = client.request(Method::GET, path);
    if let Some(last) = last {
        request = request.header("last-event-id", last);
    }
    let mut response = request.send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let (mut text, mut found) = (String::new(), Vec::new());
    while let Some(chunk) = response.chunk().await.unwrap() {
        text.push_str(std::str::from_utf8(&chunk).unwrap());
        while let Some((block, rest)) = text.split_once("\n\n").map(|(block, rest)| (block.to_owned(), rest.to_owned()))
        {
            text = rest;
            let Some(event) = event(&block) else { continue };
            found.push(event);
            if found.last().is_some_and(&mut enough) {
                return found;
            }
        }
    }
    found
}

fn event(block: &str) -> Option<Event> {
    let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name)).map(|value| value.trim_start());
    Some(Event { id: field("id:")?.to_owned(), data: serde_json::from_str(field("data:")?).unwrap() })
}
