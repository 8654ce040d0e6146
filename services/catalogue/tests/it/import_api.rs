//! Imports of uploaded product files.

use crate::conformance;
use crate::service::{Fixture, fixture};
use crate::store_backend::StoreBackend;
use axum::http::Method;
use chassis::auth::Role;
use serde_json::Value;
use testkit::{Caller, TestEnvironment};

const CSV: &str = "Handle,Title,Variant SKU,Variant Price,Variant Inventory Tracker,Variant Inventory Qty\n\
                   mug,Mug,MUG,12.90,shopify,5\n\
                   bowl,Bowl,BOWL,not a price,shopify,5\n";

fn merchant(fixture: &Fixture) -> Caller {
    fixture.env.staff(&fixture.router, Role::Merchant)
}

async fn upload(fixture: &Fixture, query: &str, content: &str) -> Value {
    let path = format!("/api/v1/imports?{query}");
    merchant(fixture).send(Method::POST, &path, Some(content.as_bytes().to_vec())).await.expect(202).json()
}

/// Waits until the import has ended.
async fn ended(fixture: &Fixture, import: &Value) -> Value {
    let path = format!("/api/v1/imports/{}", import["id"].as_str().unwrap());
    loop {
        let import = merchant(fixture).get(&path).await.expect(200).json();
        if !matches!(import["status"].as_str().unwrap(), "waiting" | "running") {
            return import;
        }
        tokio::task::yield_now().await;
    }
}

async fn a_file_is_checked_and_then_imported(backend: StoreBackend, _: &TestEnvironment) {
    let fixture = fixture(backend).await;
    let started = upload(&fixture, "file_name=products.csv&dry_run=true", CSV).await;
    assert_eq!((started["file_name"].as_str(), started["dry_run"].as_bool()), (Some("products.csv"), Some(true)));
    let preview = ended(&fixture, &started).await;
    assert_eq!(preview["status"], "finished");
    // The price is an error, and so is the product that has no variant without it.
    assert_eq!((&preview["counts"]["created"], &preview["counts"]["errors"]), (&1.into(), &2.into()));
    let issue = &preview["issues"][0];
    assert_eq!((&issue["line"], &issue["severity"], &issue["handle"]), (&3.into(), &"error".into(), &"bowl".into()));
    assert_eq!(preview["bytes_read"], preview["bytes_total"]);
    assert!(fixture.catalogue.products.by_handle("mug").await.unwrap().is_none(), "a check writes nothing");

    let imported = ended(&fixture, &upload(&fixture, "file_name=products.csv", CSV).await).await;
    assert_eq!((&imported["status"], &imported["counts"]["created"]), (&"finished".into(), &1.into()));
    assert!(fixture.catalogue.products.by_handle("mug").await.unwrap().is_some());
    let listed = merchant(&fixture).get("/api/v1/imports").await.expect(200).json();
    assert_eq!(listed["items"].as_array().unwrap().len(), 2);
    assert!(listed["items"].as_array().unwrap().iter().all(|import| import["issues"] == serde_json::json!([])));
}

async fn a_file_without_products_fails_with_a_reason(backend: StoreBackend, _: &TestEnvironment) {
    let fixture = fixture(backend).await;
    let failed = ended(&fixture, &upload(&fixture, "file_name=letter.txt", "Dear Ada,\n").await).await;
    assert_eq!(failed["status"], "failed");
    assert!(!failed["error"].as_str().unwrap().is_empty());
    let unknown = "/api/v1/imports?file_name=letter.pdf";
    let refused = merchant(&fixture).send(Method::POST, unknown, Some(b"x".to_vec())).await;
    assert_eq!(refused.problem(422), "invalid-input");
    let named = upload(&fixture, "file_name=letter.pdf&format=ndjson", "{}\n").await;
    ended(&fixture, &named).await;
    let empty = merchant(&fixture).send(Method::POST, "/api/v1/imports?file_name=a.csv", Some(Vec::new())).await;
    assert_eq!(empty.problem(422), "invalid-input");
    let missing = merchant(&fixture).get(&format!("/api/v1/imports/{}", fixture.env.system.id())).await;
    assert_eq!(missing.problem(404), "not-found");
}

async fn an_import_of_an_ended_program_is_interrupted(backend: StoreBackend, _: &TestEnvironment) {
    let fixture = fixture(backend).await;
    let started = upload(&fixture, "file_name=products.csv&dry_run=true", CSV).await;
    let ended = ended(&fixture, &started).await;
    let mut running: contracts::catalogue::ProductImport = serde_json::from_value(ended).unwrap();
    running.status = contracts::catalogue::ImportStatus::Running;
    fixture.catalogue.products.save_import(&running).await.unwrap();
    let path = format!("/api/v1/imports/{}", running.id);
    assert_eq!(merchant(&fixture).get(&path).await.json()["status"], "running");
    fixture.env.advance(jiff::SignedDuration::from_secs(31));
    assert_eq!(merchant(&fixture).get(&path).await.json()["status"], "interrupted");
}

async fn a_stock_file_takes_effect_each_time_it_is_uploaded(backend: StoreBackend, _: &TestEnvironment) {
    let fixture = fixture(backend).await;
    let on_hand = async || {
        let stock = merchant(&fixture).get("/api/v1/stock/MUG").await.expect(200).json();
        stock["on_hand"].as_i64().unwrap()
    };
    ended(&fixture, &upload(&fixture, "file_name=products.csv&set_stock=true", CSV).await).await;
    let sold = serde_json::json!({ "change": -3, "kind": "lost", "note": "Broken in the store" });
    let clerk = merchant(&fixture).with_header("idempotency-key", "one-correction");
    clerk.post("/api/v1/stock/MUG/adjustments", sold).await.expect(200);
    assert_eq!(on_hand().await, 2);
    ended(&fixture, &upload(&fixture, "file_name=products.csv", CSV).await).await;
    assert_eq!(on_hand().await, 2, "stock of known SKUs is set on request only");
    ended(&fixture, &upload(&fixture, "file_name=products.csv&set_stock=true", CSV).await).await;
    assert_eq!(on_hand().await, 5);
}

conformance!(
    a_stock_file_takes_effect_each_time_it_is_uploaded,
    a_file_is_checked_and_then_imported,
    a_file_without_products_fails_with_a_reason,
    an_import_of_an_ended_program_is_interrupted,
);
