//! Input that no client of good will would send, made from the OpenAPI document, so that a new operation is covered
//! the moment it is described.

mod bodies;
mod mutations;
mod oddities;
mod paths;

use crate::harness::{Answer, Description, Operation, Visitor};
use reqwest::{Method, RequestBuilder};
use serde_json::Value;
use std::collections::BTreeMap;

/// What is wrong with the answer to something that cannot be right; nothing, when it is a problem of the 400s.
fn fault(answer: &Answer) -> Option<String> {
    let told = |what: &str| Some(format!("{} {what}: {}", answer.status, excerpt(&answer.text())));
    if !(400..500).contains(&answer.status) {
        return told("is no refusal");
    }
    if answer.header("content-type") != "application/problem+json" {
        return told(&format!("comes as {:?}", answer.header("content-type")));
    }
    let Ok(problem) = serde_json::from_slice::<Value>(&answer.bytes) else { return told("is not JSON") };
    let named = problem["type"].as_str().is_some_and(|kind| kind.starts_with("urn:shopstack:problem:"));
    if !named || !problem["title"].is_string() || problem["status"] != answer.status {
        return told("is no whole problem");
    }
    None
}

fn excerpt(text: &str) -> String {
    text.chars().take(200).collect()
}

/// A request of this operation, at `path`.
fn request(visitor: &Visitor, operation: &Operation, path: &str) -> RequestBuilder {
    let method = Method::from_bytes(operation.method.as_bytes()).unwrap();
    visitor.request(method, path).header("idempotency-key", Visitor::key())
}

/// What everything looks like that can be read without naming it.
async fn snapshot(visitor: &Visitor, description: &Description) -> BTreeMap<String, String> {
    let mut seen = BTreeMap::new();
    for operation in description.operations() {
        if operation.method == "GET" && !operation.has_parameters() {
            seen.insert(operation.path.clone(), visitor.get(&operation.path).await.text());
        }
    }
    seen
}

#[track_caller]
fn none_of(faults: &[String]) {
    assert!(faults.is_empty(), "{} wrong answers:\n{}", faults.len(), faults[..faults.len().min(60)].join("\n"));
}
