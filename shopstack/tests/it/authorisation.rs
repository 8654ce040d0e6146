//! Access control: every operation is called by every kind of caller and compared with `authorisation.tsv`.

use crate::harness::shopping::{address, string};
use crate::harness::{Client, OpenApiDocument, Operation, Shop, TestProduct, UNKNOWN_ID};
use chassis::SystemContext;
use chassis::auth::{AccessClaims, Role, SigningKey, TokenKind, sign_access};
use reqwest::Method;
use serde_json::json;
use shopstack::secrets::Secrets;
use std::collections::BTreeSet;

const TABLE: &str = include_str!("../authorisation.tsv");
const CALLERS: &[&str] =
    &["none", "guest", "customer", "warehouse", "support", "merchant", "admin", "expired", "forged"];

/// Calls an operation with unknown ids and an empty body, and returns how access was decided.
async fn access_decision(client: &Client, operation: &Operation) -> String {
    let method = Method::from_bytes(operation.method.as_bytes()).unwrap();
    let mut request = client.request(method, &operation.path_with(UNKNOWN_ID));
    if operation.method != "GET" && operation.method != "DELETE" {
        request = request.json(&json!({}));
    }
    let response = client.send(request).await;
    assert!(response.status < 500, "{} {}: {}", operation.method, operation.path, response.text());
    match response.status {
        401 | 403 => response.status.to_string(),
        _ => "allowed".to_owned(),
    }
}

/// An expired token of an admin, and one that was signed by another key with the id of the shop's.
fn bad_tokens(shop: &Shop) -> (String, String) {
    let system = SystemContext::host();
    let key = match shop.data_dir() {
        Some(data_dir) => Secrets::open(&data_dir, &system).unwrap().session_key,
        // The key of a remote shop is unknown, so both tokens are forged.
        None => SigningKey::generate(&system).unwrap(),
    };
    let claims = |seconds| {
        let claims = AccessClaims::new(TokenKind::Access, system.id(), seconds, &system);
        AccessClaims { roles: vec![Role::Customer, Role::Admin], ..claims }
    };
    let mut forger = SigningKey::generate(&system).unwrap();
    forger.kid.clone_from(&key.kid);
    (sign_access(&claims(-60), &key).unwrap(), sign_access(&claims(600), &forger).unwrap())
}

#[tokio::test]
async fn every_operation_admits_exactly_the_callers_in_the_table() {
    let shop = Shop::start().await;
    let (expired, forged) = bad_tokens(&shop);
    let mut callers = vec![shop.anonymous(), shop.guest().await];
    for role in ["customer", "warehouse", "support", "merchant", "admin"] {
        callers.push(shop.staff(role).await);
    }
    callers.push(shop.anonymous().with_token(&expired));
    callers.push(shop.anonymous().with_token(&forged));

    let mut found = BTreeSet::new();
    let mut operations = OpenApiDocument::of(&shop.anonymous()).await.operations();
    // Logout comes last, since the other operations need the session.
    operations.sort_by_key(|operation| operation.path.ends_with("/logout"));
    for operation in operations {
        let mut line = vec![operation.method.clone(), operation.path.clone()];
        for caller in &callers {
            line.push(access_decision(caller, &operation).await);
        }
        found.insert(line.join("\t"));
    }
    let mut lines = TABLE.lines();
    assert_eq!(lines.next(), Some(format!("method\tpath\t{}", CALLERS.join("\t")).as_str()));
    let table: BTreeSet<String> = lines.map(str::to_owned).collect();
    let missing: Vec<_> = found.difference(&table).map(String::as_str).collect();
    let stale: Vec<_> = table.difference(&found).map(String::as_str).collect();
    assert!(
        missing.is_empty() && stale.is_empty(),
        "shopstack/tests/authorisation.tsv and the shop differ.\nThe shop does:\n{}\nThe table says:\n{}",
        missing.join("\n"),
        stale.join("\n")
    );
}

#[tokio::test]
async fn objects_of_other_owners_are_not_found() {
    let shop = Shop::shared().await;
    let (owner, other) = (shop.customer().await, shop.customer().await);
    let product = TestProduct::new(shop, 5).await;
    let response = owner.buy(&product, 1).await;
    owner.wait_for_timeline(&response, "placed").await;
    let book = owner.post("/api/v1/me/addresses", address()).await.expect(201);
    let sessions = owner.get("/api/v1/me/sessions").await.expect(200);

    let order = format!("/api/v1/orders/{}", string(&response["order_id"]));
    let payment = format!("/api/v1/payments/{}", string(&response["payment"]["id"]));
    let kept = format!("/api/v1/me/addresses/{}", string(&book["id"]));
    let session = format!("/api/v1/me/sessions/{}", string(&sessions["items"][0]["id"]));
    for other_caller in [&other, &shop.guest().await] {
        assert_eq!(other_caller.get(&order).await.problem(404), "not-found");
        assert_eq!(other_caller.get(&format!("{order}/timeline")).await.problem(404), "not-found");
        assert_eq!(
            other_caller.post_with_key(&format!("{order}/cancel"), &Client::key(), &json!({})).await.problem(404),
            "not-found"
        );
        assert_eq!(other_caller.get(&payment).await.problem(404), "not-found");
        assert_eq!(other_caller.post(&format!("{payment}/confirm"), json!({})).await.problem(404), "not-found");
        let card = json!({"payment": {"method": "card", "session": "sbx_x"}});
        let attempt = other_caller.post_with_key(&format!("{payment}/attempts"), &Client::key(), &card).await;
        assert_eq!(attempt.problem(404), "not-found");
    }
    assert_eq!(other.put(&kept, address()).await.problem(404), "not-found");
    assert_eq!(other.delete(&kept).await.problem(404), "not-found");
    assert_eq!(other.delete(&session).await.problem(404), "not-found");
    assert_eq!(owner.get("/api/v1/me/sessions").await.expect(200)["items"].as_array().unwrap().len(), 1);
    assert_eq!(owner.get("/api/v1/me/addresses").await.expect(200)["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn internal_operations_are_not_reachable_from_outside() {
    let shop = Shop::shared().await;
    let admin = shop.staff("admin").await;
    for path in ["/internal/reservations", "/internal/quotes", "/internal/carts/snapshot", "/internal/reviews/seed"] {
        assert_eq!(admin.post(path, json!({})).await.problem(404), "not-found", "{path}");
    }
    for path in ["/internal%2Freservations", "//internal/reservations", "/api/v1/../../internal/reservations"] {
        let response = admin.post(path, json!({})).await;
        assert!(matches!(response.status, 404 | 405), "{path}: {} {}", response.status, response.text());
    }
}

#[tokio::test]
async fn another_site_cannot_use_the_cookies_of_a_session() {
    let shop = Shop::shared().await;
    let browser = shop.anonymous();
    browser.post("/api/v1/auth/guest", json!({"session": "cookie"})).await.expect(201);
    let request = browser.request(Method::POST, "/api/v1/cart/merge").json(&json!({}));
    let request = request.header("origin", "https://evil.example").header("sec-fetch-site", "cross-site");
    assert_eq!(browser.send(request).await.problem(403), "cross-site-request");
}
