//! The OpenAPI document in the repository is current and complete.

use crate::harness::process::PROGRAM;
use serde_json::Value;
use std::path::Path;
use std::process::Command;

#[test]
fn the_document_in_the_repository_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/openapi.json");
    let committed = std::fs::read_to_string(path).unwrap();
    let (committed, current) = (serde_json::from_str::<Value>(&committed).expect("JSON"), document());
    for part in ["paths", "components"] {
        let names = |document: &Value| document[part].as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&committed), names(&current), "docs/openapi.json is out of date in {part}; run: make openapi");
    }
    assert!(committed == current, "docs/openapi.json is out of date; run: make openapi");
}

#[test]
fn every_json_body_has_an_example() {
    let document = document();
    let mut without = Vec::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let content = &operation["requestBody"]["content"]["application/json"];
            // The schema that a body refers to may have the example for all operations that take it.
            let schema = content["schema"]["$ref"].as_str().and_then(|reference| reference.rsplit('/').next());
            let examples =
                [&content["example"], &document["components"]["schemas"][schema.unwrap_or_default()]["example"]];
            if !content.is_null() && examples.iter().all(|example| example.is_null()) {
                without.push(format!("{method} {path}"));
            }
        }
    }
    assert!(without.is_empty(), "request bodies without an example: {without:?}");
}

#[test]
fn every_reference_has_its_schema() {
    fn check(value: &Value, document: &Value, missing: &mut Vec<String>) {
        match value {
            Value::Object(fields) => {
                if let Some(reference) = fields.get("$ref").and_then(Value::as_str)
                    && document.pointer(reference.trim_start_matches('#')).is_none()
                {
                    missing.push(reference.to_owned());
                }
                fields.values().for_each(|field| check(field, document, missing));
            }
            Value::Array(items) => items.iter().for_each(|item| check(item, document, missing)),
            _ => {}
        }
    }
    let (document, mut missing) = (document(), Vec::new());
    check(&document, &document, &mut missing);
    assert!(missing.is_empty(), "references without a schema: {missing:?}");
}

fn document() -> Value {
    let output = Command::new(PROGRAM).arg("openapi").output().unwrap();
    serde_json::from_slice(&output.stdout).expect("JSON")
}
