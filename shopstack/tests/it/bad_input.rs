//! Invalid input, generated from the OpenAPI document, so that new operations are covered
//! automatically.

mod bodies;
mod mutations;
mod paths;
mod unusual_values;

use crate::harness::{Client, OpenApiDocument, Operation, Response};
use reqwest::{Method, RequestBuilder};
use serde_json::Value;
use std::collections::BTreeMap;

/// Describes a response to invalid input that is not a 4xx problem; `None` if it is.
fn unexpected_response(response: &Response) -> Option<String> {
    let describe = |what: &str| Some(format!("{} {what}: {}", response.status, excerpt(&response.text())));
    if !(400..500).contains(&response.status) {
        return describe("is no refusal");
    }
    if response.header("content-type") != "application/problem+json" {
        return describe(&format!("comes as {:?}", response.header("content-type")));
    }
    let Ok(problem) = serde_json::from_slice::<Value>(&response.bytes) else { return describe("is not JSON") };
    let named = problem["type"].as_str().is_some_and(|kind| kind.starts_with("urn:shopstack:problem:"));
    if !named || !problem["title"].is_string() || problem["status"] != response.status {
        return describe("is no whole problem");
    }
    None
}

fn excerpt(text: &str) -> String {
    text.chars().take(200).collect()
}

/// A request of this operation at `path`.
fn request(client: &Client, operation: &Operation, path: &str) -> RequestBuilder {
    let method = Method::from_bytes(operation.method.as_bytes()).unwrap();
    client.request(method, path).header("idempotency-key", Client::key())
}

/// The responses of all GET operations without path parameters.
async fn snapshot(client: &Client, description: &OpenApiDocument) -> BTreeMap<String, String> {
    let mut seen = BTreeMap::new();
    for operation in description.operations() {
        if operation.method == "GET" && !operation.has_parameters() {
            seen.insert(operation.path.clone(), client.get(&operation.path).await.text());
        }
    }
    seen
}

#[track_caller]
fn assert_no_failures(failures: &[String]) {
    assert!(
        failures.is_empty(),
        "{} wrong answers:\n{}",
        failures.len(),
        failures[..failures.len().min(60)].join("\n")
    );
}
