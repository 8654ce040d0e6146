//! The account of the caller.

use crate::shop::{PASSWORD, Shop, address, pointer};
use jiff::SignedDuration;
use serde_json::json;

const PROFILE: &str = "/api/v1/me";
const CHANGE: &str = "/api/v1/me/password";
const SESSIONS: &str = "/api/v1/me/sessions";

#[tokio::test]
async fn the_name_is_changed_once_per_version() {
    let shop = Shop::open().await;
    let ada = shop.register("ada@example.com").await;
    let change = json!({"name": "  Ada King  ", "version": 1});
    let answer = ada.caller.patch(PROFILE, &change).await.expect(200);
    assert_eq!(answer.json()["name"], "Ada King");
    assert_eq!(answer.json()["version"], 2);
    assert_eq!(ada.caller.patch(PROFILE, &change).await.problem(409), "stale-version");
    assert_eq!(ada.caller.get(PROFILE).await.expect(200).json(), answer.json());
}

#[tokio::test]
async fn a_password_change_ends_all_other_sessions() {
    let shop = Shop::open().await;
    let here = shop.register("ada@example.com").await;
    let there = shop.signed_in_as(&shop.login("ada@example.com", PASSWORD).await.expect(200));
    let bob = shop.register("bob@example.com").await;
    here.caller.post(CHANGE, json!({"current": PASSWORD, "new": "eight busy beavers"})).await.expect(204);
    here.caller.get(PROFILE).await.expect(200);
    shop.refresh(&here.refresh).await.expect(200);
    there.caller.get(PROFILE).await.expect(401);
    shop.refresh(&there.refresh).await.expect(401);
    bob.caller.get(PROFILE).await.expect(200);
}

#[tokio::test]
async fn a_wrong_or_weak_password_is_reported_at_its_field() {
    let shop = Shop::open().await;
    let ada = shop.register("ada@example.com").await;
    let wrong =
        ada.caller.post(CHANGE, json!({"current": "wrong wrong", "new": "eight busy beavers"})).await.expect(422);
    assert_eq!(pointer(&wrong), "/current");
    let weak = ada.caller.post(CHANGE, json!({"current": PASSWORD, "new": "password123"})).await.expect(422);
    assert_eq!(pointer(&weak), "/new");
    shop.login("ada@example.com", PASSWORD).await.expect(200);
}

#[tokio::test]
async fn password_changes_are_rate_limited() {
    let shop = Shop::open().await;
    let ada = shop.register("ada@example.com").await;
    for _ in 0..10 {
        ada.caller.post(CHANGE, json!({"current": "wrong wrong", "new": "eight busy beavers"})).await.expect(422);
    }
    let refusal = ada.caller.post(CHANGE, json!({"current": PASSWORD, "new": "eight busy beavers"})).await;
    assert_eq!(refusal.headers["retry-after"], "900");
    assert_eq!(refusal.problem(429), "too-many-requests");
}

#[tokio::test]
async fn sessions_are_listed_and_can_be_ended() {
    let shop = Shop::open().await;
    let phone = shop.register("ada@example.com").await;
    shop.env.advance(SignedDuration::from_secs(60));
    let agent = shop.anonymous().with_header("user-agent", "Firefox 150");
    let body = json!({"email": "ada@example.com", "password": PASSWORD});
    let laptop = shop.signed_in_as(&agent.post("/api/v1/auth/login", body).await.expect(200));
    let seen = laptop.caller.get(SESSIONS).await.expect(200).json();
    let items = seen["items"].as_array().expect("items");
    assert_eq!(items.len(), 2);
    assert_eq!(items[0]["user_agent"], "Firefox 150");
    assert_eq!((&items[0]["current"], &items[1]["current"]), (&json!(true), &json!(false)));
    let path = format!("{SESSIONS}/{}", items[1]["id"].as_str().expect("an id"));
    laptop.caller.delete(&path).await.expect(204);
    assert_eq!(laptop.caller.delete(&path).await.problem(404), "not-found");
    phone.caller.get(PROFILE).await.expect(401);
    shop.refresh(&phone.refresh).await.expect(401);
    laptop.caller.get(PROFILE).await.expect(200);
}

#[tokio::test]
async fn sessions_of_other_accounts_cannot_be_ended() {
    let shop = Shop::open().await;
    let (ada, eve) = (shop.register("ada@example.com").await, shop.register("eve@example.com").await);
    let id = ada.caller.get(SESSIONS).await.json()["items"][0]["id"].as_str().expect("an id").to_owned();
    assert_eq!(eve.caller.delete(&format!("{SESSIONS}/{id}")).await.problem(404), "not-found");
    ada.caller.get(PROFILE).await.expect(200);
}

#[tokio::test]
async fn the_least_recently_used_session_ends_beyond_the_limit() {
    let shop = Shop::open().await;
    let first = shop.register("ada@example.com").await;
    for _ in 0..50 {
        shop.env.advance(SignedDuration::from_secs(1));
        shop.login("ada@example.com", PASSWORD).await.expect(200);
    }
    first.caller.get(PROFILE).await.expect(401);
    let last = shop.signed_in_as(&shop.login("ada@example.com", PASSWORD).await.expect(200));
    assert_eq!(last.caller.get(SESSIONS).await.json()["items"].as_array().map(Vec::len), Some(50));
}

#[tokio::test]
async fn the_export_contains_all_personal_data() {
    let shop = Shop::open().await;
    let ada = shop.register("ada@example.com").await;
    ada.caller.post("/api/v1/me/addresses", address("London")).await.expect(201);
    let export = ada.caller.get("/api/v1/me/export").await.expect(200);
    assert_eq!(export.json()["account"]["email"], "ada@example.com");
    assert_eq!(export.json()["addresses"][0]["city"], "London");
    assert_eq!(export.json()["sessions"][0]["current"], true);
    assert_eq!(export.headers["cache-control"], "no-store");
}
