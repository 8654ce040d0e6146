//! The OpenAPI document in the repository is current.

use crate::harness::process::PROGRAM;
use serde_json::Value;
use std::path::Path;
use std::process::Command;

#[test]
fn the_document_in_the_repository_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/openapi.json");
    let kept = std::fs::read_to_string(path).unwrap();
    let output = Command::new(PROGRAM).arg("openapi").output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let parsed = |text: &str| serde_json::from_str::<Value>(text).expect("JSON");
    let (kept, said) = (parsed(&kept), parsed(&said));
    for part in ["paths", "components"] {
        let names = |document: &Value| document[part].as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&kept), names(&said), "docs/openapi.json is out of date in {part}; run: make openapi");
    }
    assert!(kept == said, "docs/openapi.json is out of date; run: make openapi");
}
