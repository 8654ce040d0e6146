//! Guest sessions, and the keys that verify sessions.

use crate::browser::{Browser, set_cookies};
use crate::shop::Shop;
use chassis::auth::{JwkSet, KeySet, TokenKind, Verifier};
use jiff::SignedDuration;
use serde_json::json;

const GUEST: &str = "/api/v1/auth/guest";

#[tokio::test]
async fn an_api_guest_receives_a_token_and_no_cookie() {
    let shop = Shop::open().await;
    let answer = shop.anonymous().post(GUEST, json!({})).await.expect(201);
    assert!(set_cookies(&answer).is_empty());
    let verifier =
        Verifier::new(KeySet::fixed(&JwkSet { keys: vec![shop.env.session_key.jwk()] }), shop.env.system.clone());
    let token = answer.json()["access_token"].as_str().expect("a token").to_owned();
    let claims = verifier.verify(&token).await.expect("claims");
    assert_eq!(claims.typ, TokenKind::Guest);
    assert_eq!(claims.sub.to_string(), answer.json()["id"]);
    assert_eq!(answer.json()["expires_in"], 7_776_000);
}

#[tokio::test]
async fn a_browser_guest_receives_a_cookie_for_ninety_days_and_no_token() {
    let shop = Shop::open().await;
    let answer = shop.anonymous().post(GUEST, json!({"session": "cookie"})).await.expect(201);
    assert!(answer.json().get("access_token").is_none());
    let cookies = set_cookies(&answer);
    assert_eq!(cookies.len(), 1);
    let (name, cookie) = &cookies[0];
    assert_eq!(name, "shop_guest");
    assert_eq!(cookie.attributes, ["Path=/", "Max-Age=7776000", "HttpOnly", "SameSite=Lax"]);
    assert_eq!(answer.headers["cache-control"], "no-store");
}

#[tokio::test]
async fn a_repeated_request_renews_the_same_guest() {
    let shop = Shop::open().await;
    let mut browser = Browser::new(&shop.router);
    let first = browser.post(GUEST, json!({"session": "cookie"})).await.expect(201);
    shop.env.advance(SignedDuration::from_hours(24 * 89));
    let again = browser.post(GUEST, json!({"session": "cookie"})).await.expect(200);
    assert_eq!(first.json()["id"], again.json()["id"]);
    shop.env.advance(SignedDuration::from_hours(24 * 89));
    let renewed = browser.post(GUEST, json!({"session": "cookie"})).await.expect(200);
    assert_eq!(first.json()["id"], renewed.json()["id"], "each answer renews the ninety days");
    shop.env.advance(SignedDuration::from_hours(24 * 90));
    let other = browser.post(GUEST, json!({"session": "cookie"})).await.expect(201);
    assert_ne!(first.json()["id"], other.json()["id"]);
}

#[tokio::test]
async fn a_guest_with_a_token_stays_the_same_guest() {
    let shop = Shop::open().await;
    let first = shop.anonymous().post(GUEST, json!({})).await.expect(201);
    let caller = shop.with_token(first.json()["access_token"].as_str().expect("a token"));
    let again = caller.post(GUEST, json!({})).await.expect(200);
    assert_eq!(first.json()["id"], again.json()["id"]);
}

#[tokio::test]
async fn a_forged_guest_cookie_starts_a_new_session() {
    let (shop, other) = (Shop::open().await, testkit::TestEnvironment::new(2));
    let forged = other.guest_token(other.system.id());
    for cookie in [format!("shop_guest={forged}"), "shop_guest=x.y.z".to_owned(), "shop_guest=".to_owned()] {
        shop.anonymous().with_header("cookie", cookie).post(GUEST, json!({"session": "cookie"})).await.expect(201);
    }
}

#[tokio::test]
async fn an_account_token_is_not_a_guest_token() {
    let shop = Shop::open().await;
    let ada = shop.register("ada@example.com").await;
    let caller = shop.anonymous().with_header("cookie", format!("shop_guest={}", ada.access));
    let answer = caller.post(GUEST, json!({})).await.expect(201);
    assert_ne!(answer.json()["id"], json!(ada.account.id));
}

#[tokio::test]
async fn a_guest_has_no_account() {
    let shop = Shop::open().await;
    assert_eq!(shop.env.guest(&shop.router).get("/api/v1/me").await.problem(403), "forbidden");
    assert_eq!(shop.anonymous().get("/api/v1/me").await.problem(401), "unauthenticated");
}

#[tokio::test]
async fn the_signing_keys_are_public_and_cacheable() {
    let shop = Shop::open().await;
    let answer = shop.anonymous().get("/.well-known/jwks.json").await.expect(200);
    assert_eq!(answer.headers["cache-control"], "public, max-age=300");
    assert_eq!(answer.read::<JwkSet>().keys, [shop.env.session_key.jwk()]);
    assert!(answer.json()["keys"][0].get("d").is_none(), "the private half stays here");
}

#[tokio::test]
async fn health_reports_the_database() {
    let shop = Shop::open().await;
    let report = shop.service.health.report().await;
    assert_eq!(report.dependencies[0].name, "database");
    assert!(report.dependencies[0].critical);
    assert_eq!(report.status, chassis::health::Status::Ok);
}

#[tokio::test]
async fn the_service_shuts_down_on_request() {
    let shop = Shop::open().await;
    assert!(shop.service.tasks.shut_down(std::time::Duration::from_secs(10)).await);
}
