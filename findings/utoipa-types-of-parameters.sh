#!/usr/bin/env bash
# utoipa leaves types out of the OpenAPI document that only parameters refer to.
#
# Expected: since version 5 the types of bodies are collected by themselves, so those of parameters are as well.
# Happens:  the parameter refers to a schema that the document does not have. Nothing fails until somebody reads the document.
# Hurts:    clients of the shop's API cannot be generated from the document any more, once an enum is used in a query alone.
# Versions: utoipa 6.0.0 and utoipa-gen 6.0.1 from crates.io; the same with utoipa-axum 0.3.0.
# Source:   https://github.com/juhaku/utoipa/issues/1165. `#[param(inline)]` avoids it.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
mkdir src
cat > Cargo.toml <<'TOML'
[package]
name = "finding"
version = "0.0.0"
edition = "2021"
[dependencies]
utoipa = "=6.0.0"
utoipa-gen = "=6.0.1"
serde_json = "1"
[workspace]
TOML
cat > src/main.rs <<'RUST'
use utoipa::{IntoParams, OpenApi, ToSchema};

#[derive(ToSchema)]
#[allow(dead_code)]
enum Status {
    Draft,
    Archived,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code)]
struct Parameters {
    status: Status,
}

#[utoipa::path(get, path = "/products", params(Parameters), responses((status = 200)))]
#[allow(dead_code)]
fn list_products() {}

#[derive(OpenApi)]
#[openapi(paths(list_products))]
struct Document;

fn main() {
    let document = serde_json::to_value(Document::openapi()).unwrap();
    let reference = document.pointer("/paths/~1products/get/parameters/0/schema/$ref").and_then(|text| text.as_str());
    let schema = document.pointer("/components/schemas/Status");
    println!("the parameter refers to {reference:?}, whose schema is {schema:?}");
    assert_eq!((reference, schema), (Some("#/components/schemas/Status"), None));
}
RUST
CARGO_TARGET_DIR="$folder/target" cargo run --quiet
