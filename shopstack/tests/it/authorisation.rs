//! Who may do what: every operation, called by everybody, against the table in `authorisation.tsv`.

use crate::harness::shopping::{address, text};
use crate::harness::{Description, Goods, NOBODY, Operation, Shop, Visitor};
use chassis::SystemContext;
use chassis::auth::{AccessClaims, Role, SigningKey, TokenKind, sign_access};
use reqwest::Method;
use serde_json::json;
use shopstack::secrets::Secrets;
use std::collections::BTreeSet;

const TABLE: &str = include_str!("../authorisation.tsv");
const CALLERS: &[&str] = &["none", "guest", "customer", "support", "merchant", "admin", "expired", "forged"];

/// Calls an operation with ids that nothing has and a body that nothing is done with, and says how far one got.
async fn verdict(visitor: &Visitor, operation: &Operation) -> String {
    let method = Method::from_bytes(operation.method.as_bytes()).unwrap();
    let mut request = visitor.request(method, &operation.path_with(NOBODY));
    if operation.method != "GET" && operation.method != "DELETE" {
        request = request.json(&json!({}));
    }
    let answer = visitor.send(request).await;
    assert!(answer.status < 500, "{} {}: {}", operation.method, operation.path, answer.text());
    match answer.status {
        401 | 403 => answer.status.to_string(),
        _ => "allowed".to_owned(),
    }
}

/// An admin's token that has expired, and one that another key has signed under the shop's key's name.
fn bad_tokens(shop: &Shop) -> (String, String) {
    let system = SystemContext::host();
    let key = match shop.books() {
        Some(books) => Secrets::open(&books, &system).unwrap().session_key,
        // Elsewhere the key is not known: both are forged.
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
async fn every_operation_lets_in_whom_the_table_names_and_nobody_else() {
    let shop = Shop::start().await;
    let (expired, forged) = bad_tokens(&shop);
    let mut callers = vec![shop.stranger(), shop.guest().await];
    for role in ["customer", "support", "merchant", "admin"] {
        callers.push(shop.staff(role).await);
    }
    callers.push(shop.stranger().with_token(&expired));
    callers.push(shop.stranger().with_token(&forged));

    let mut found = BTreeSet::new();
    let mut operations = Description::of(&shop.stranger()).await.operations();
    // Logging out comes last, as the others need the session.
    operations.sort_by_key(|operation| operation.path.ends_with("/logout"));
    for operation in operations {
        let mut line = vec![operation.method.clone(), operation.path.clone()];
        for caller in &callers {
            line.push(verdict(caller, &operation).await);
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
async fn what_belongs_to_another_is_not_there() {
    let shop = Shop::shared().await;
    let (owner, other) = (shop.customer().await, shop.customer().await);
    let goods = Goods::new(shop, 5).await;
    let answer = owner.buys(&goods, 1).await;
    owner.sees_order(&answer, "placed").await;
    let book = owner.post("/api/v1/me/addresses", address()).await.expect(201);
    let sessions = owner.get("/api/v1/me/sessions").await.expect(200);

    let order = format!("/api/v1/orders/{}", text(&answer["order_id"]));
    let payment = format!("/api/v1/payments/{}", text(&answer["payment"]["id"]));
    let kept = format!("/api/v1/me/addresses/{}", text(&book["id"]));
    let session = format!("/api/v1/me/sessions/{}", text(&sessions["items"][0]["id"]));
    for intruder in [&other, &shop.guest().await] {
        assert_eq!(intruder.get(&order).await.problem(404), "not-found");
        assert_eq!(intruder.get(&format!("{order}/timeline")).await.problem(404), "not-found");
        assert_eq!(
            intruder.post_with_key(&format!("{order}/cancel"), &Visitor::key(), &json!({})).await.problem(404),
            "not-found"
        );
        assert_eq!(intruder.get(&payment).await.problem(404), "not-found");
        assert_eq!(intruder.post(&format!("{payment}/confirm"), json!({})).await.problem(404), "not-found");
        let card = json!({"payment": {"method": "card", "session": "sbx_x"}});
        let attempt = intruder.post_with_key(&format!("{payment}/attempts"), &Visitor::key(), &card).await;
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
        let answer = admin.post(path, json!({})).await;
        assert!(matches!(answer.status, 404 | 405), "{path}: {} {}", answer.status, answer.text());
    }
}

#[tokio::test]
async fn another_sites_page_cannot_act_with_a_visitors_cookies() {
    let shop = Shop::shared().await;
    let browser = shop.stranger();
    browser.post("/api/v1/auth/guest", json!({"session": "cookie"})).await.expect(201);
    let request = browser.request(Method::POST, "/api/v1/cart/merge").json(&json!({}));
    let request = request.header("origin", "https://evil.example").header("sec-fetch-site", "cross-site");
    assert_eq!(browser.send(request).await.problem(403), "cross-site-request");
}
