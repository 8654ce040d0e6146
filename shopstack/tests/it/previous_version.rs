//! A data directory of the previous version opens: everything it holds is still there, and the shop continues.
//!
//! See `tests/fixtures/README.md` for its content.

mod snapshot;

use crate::harness::process::{PROGRAM, Process};
use crate::harness::shopping::string;
use crate::harness::{Client, TestProduct, eventually};
use flate2::read::GzDecoder;
use serde_json::{Value, json};
use snapshot::{audit_findings, expected, snapshot};
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;
use testkit::servers;

const ARCHIVE: &[u8] = include_bytes!("../fixtures/data-dir-2026-11-28.tar.gz");
/// The gateways of the shop that wrote the data directory.
const ENVIRONMENT: &[(&str, &str)] = &[
    ("PAYMENT_GATEWAY", "sandbox,transfer"),
    ("TRANSFER_HOLDER", "Example Shop"),
    ("TRANSFER_IBAN", "DE89370400440532013000"),
];

/// Unpacks the data directory to `data` in a temporary folder.
fn unpack() -> TempDir {
    let folder = TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    tar::Archive::new(GzDecoder::new(ARCHIVE)).unpack(folder.path()).unwrap();
    folder
}

async fn start(data_dir: &Path) -> Process {
    let data_dir = data_dir.to_owned();
    tokio::task::spawn_blocking(move || Process::start_existing(&data_dir, ENVIRONMENT)).await.unwrap()
}

async fn log_in(shop: &Process, account: &Value) -> Client {
    Client::new(&shop.base_url).logged_in(&string(&account["email"]), &string(&account["password"])).await
}

#[tokio::test]
async fn a_data_directory_of_the_previous_version_opens_and_continues() {
    let (folder, expected) = (unpack(), expected());
    let data_dir = folder.path().join("data");
    let shop = start(&data_dir).await;
    let found = snapshot(&shop.base_url, &expected).await;
    for (name, value) in found.as_object().unwrap() {
        assert_eq!(*value, expected[name], "{name}");
    }
    assert_eq!(audit_findings(&["--data-dir", data_dir.to_str().unwrap()], &expected), expected["audit"]);
    let image = Client::new(&shop.base_url).get(expected["products"][0]["image"].as_str().unwrap()).await;
    assert!(image.status == 200 && !image.bytes.is_empty());

    // That version had no legal pages, without which a shop in Germany takes no orders any more.
    let merchant = log_in(&shop, &expected["accounts"][0]).await;
    for page in ["imprint", "privacy", "withdrawal"] {
        let text = json!({"texts": {"en": {"title": page, "body_html": "<p>Text</p>"}}});
        merchant.put(&format!("/api/v1/pages/{page}"), text).await.expect(200);
    }

    // A guest buys something, and an account cancels an order that the previous version has confirmed.
    let guest = Client::new(&shop.base_url).into_guest().await;
    let mug = TestProduct { sku: "MUG-OAT".to_owned(), handle: "oat-mug".to_owned() };
    let purchase = guest.buy(&mug, 1).await;
    guest.wait_for_timeline(&purchase, "confirmed").await;
    let ada = log_in(&shop, &expected["accounts"][1]).await;
    let orders = expected["orders"].as_array().unwrap();
    let confirmed = orders.iter().find(|order| order["state"] == "confirmed").unwrap();
    let path = format!("/api/v1/orders/{}/cancel", string(&confirmed["id"]));
    ada.post_with_key(&path, &Client::key(), &json!({"reason": "changed my mind"})).await.expect(202);
    let cancelled = ada.wait_for_timeline(&json!({"order_id": confirmed["id"]}), "cancelled").await;
    assert_eq!(cancelled["payment"]["refunded"], cancelled["payment"]["captured"], "{cancelled}");
    let findings = audit_findings(&["--data-dir", data_dir.to_str().unwrap()], &expected);
    assert_eq!(findings, expected["audit"], "nothing else needs attention");
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn a_data_directory_of_the_previous_version_is_migrated_to_the_backends() {
    let (folder, expected) = (unpack(), expected());
    let (data_dir, secrets) = (folder.path().join("data"), folder.path().join("secrets"));
    let prefix = servers::prefix();
    let mut environment: Vec<(&str, String)> =
        ["DB_PREFIX", "MONGO_PREFIX", "REDIS_PREFIX", "AMQP_PREFIX"].map(|name| (name, prefix.clone())).to_vec();
    environment.extend(ENVIRONMENT.iter().map(|(name, value)| (*name, (*value).to_owned())));
    environment.push(("SECRETS_DIR", secrets.to_string_lossy().into_owned()));
    let run = |arguments: &[&str]| {
        let variables = environment.iter().map(|(name, value)| (name, value));
        let output = Command::new(PROGRAM).args(arguments).envs(variables).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {text}");
        text
    };
    let source = data_dir.to_str().unwrap();
    // The command compares counts and checksums of all records, and audits both sides.
    let text = run(&["migrate-data", "--from", source]);
    assert!(text.contains("copied and verified"), "{text}");
    let orders = expected["orders"].as_array().unwrap().len();
    let payments = expected["payments"].as_array().unwrap().len();
    assert!(text.contains(&format!("After: {payments} payments, {orders} orders, no violations.")), "{text}");
    run(&["secrets", secrets.to_str().unwrap(), "--from", source]);

    let target = folder.path().join("services");
    std::fs::create_dir_all(&target).unwrap();
    std::fs::copy(data_dir.join("sandbox-gateway.db"), target.join("sandbox-gateway.db")).unwrap();
    let services = tokio::task::spawn_blocking({
        let (target, environment) = (target.clone(), environment.clone());
        move || Process::serve(&target, &environment)
    });
    let services = services.await.unwrap();
    // Consumers receive the forwarded events after the start, so some values settle a moment later.
    eventually("the migrated shop has the same data", 60, async || {
        let found = snapshot(&services.base_url, &expected).await;
        found.as_object().unwrap().iter().all(|(name, value)| *value == expected[name]).then_some(())
    })
    .await;
}
