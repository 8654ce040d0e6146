//! Sessions of browsers, whose tokens are cookies.

use crate::browser::{Browser, set_cookies};
use crate::shop::{PASSWORD, Shop, registration};
use jiff::SignedDuration;
use serde_json::{Value, json};
use testkit::Answer;

fn with_cookies(mut body: Value) -> Value {
    body["session"] = json!("cookie");
    body
}

async fn logged_in(shop: &Shop) -> (Browser, Answer) {
    let mut browser = Browser::new(&shop.router);
    let answer = browser.post("/api/v1/auth/register", with_cookies(registration("ada@example.com"))).await.expect(201);
    (browser, answer)
}

#[tokio::test]
async fn a_browser_receives_tokens_only_as_cookies() {
    let shop = Shop::open().await;
    let (browser, answer) = logged_in(&shop).await;
    assert!(answer.json().get("access_token").is_none() && answer.json().get("refresh_token").is_none());
    let month = "Max-Age=2592000";
    assert_eq!(browser.jar["shop_access"].attributes, ["Path=/", month, "HttpOnly", "SameSite=Lax"]);
    assert_eq!(browser.jar["shop_refresh"].attributes, ["Path=/api/v1/auth", month, "HttpOnly", "SameSite=Strict"]);
    for (_, cookie) in set_cookies(&answer) {
        assert!(!answer.text().contains(&cookie.value));
    }
}

#[tokio::test]
async fn cookies_over_tls_are_secure_and_prefixed() {
    let shop = Shop::open_with(true).await;
    let mut browser = Browser::new(&shop.router);
    browser.post("/api/v1/auth/guest", json!({"session": "cookie"})).await.expect(201);
    browser.post("/api/v1/auth/register", with_cookies(registration("ada@example.com"))).await.expect(201);
    assert_eq!(browser.jar.len(), 3);
    for (name, cookie) in &browser.jar {
        let attribute = |text: &str| cookie.attributes.iter().any(|attribute| attribute == text);
        assert!(attribute("Secure") && attribute("HttpOnly"), "{name}");
        assert!(!cookie.attributes.iter().any(|attribute| attribute.starts_with("Domain")), "{name}");
        assert!(
            if name.starts_with("__Host-") { attribute("Path=/") } else { name == "__Secure-shop_refresh" },
            "{name}"
        );
    }
    browser.get("/api/v1/me").await.expect(200);
    browser.post("/api/v1/auth/refresh", json!({"session": "cookie"})).await.expect(200);
    browser.post("/api/v1/auth/logout", json!({})).await.expect(204);
    assert!(browser.jar.is_empty());
}

#[tokio::test]
async fn a_browser_refreshes_when_its_access_token_has_expired() {
    let shop = Shop::open().await;
    let (mut browser, _) = logged_in(&shop).await;
    shop.env.advance(SignedDuration::from_mins(10));
    assert_eq!(browser.get("/api/v1/me").await.problem(401), "unauthenticated");
    browser.post("/api/v1/auth/refresh", json!({"session": "cookie"})).await.expect(200);
    browser.get("/api/v1/me").await.expect(200);
}

#[tokio::test]
async fn a_script_cannot_turn_cookies_into_tokens() {
    let shop = Shop::open().await;
    let (mut browser, _) = logged_in(&shop).await;
    let answer = browser.post("/api/v1/auth/refresh", json!({"session": "token"})).await.expect(200);
    assert!(answer.json().get("access_token").is_none() && answer.json().get("refresh_token").is_none());
    assert_eq!(set_cookies(&answer).len(), 2);
}

#[tokio::test]
async fn login_preserves_the_guest_session_for_the_cart_merge() {
    let shop = Shop::open().await;
    let mut browser = Browser::new(&shop.router);
    let guest = browser.post("/api/v1/auth/guest", json!({"session": "cookie"})).await.expect(201);
    shop.register("ada@example.com").await;
    let body = json!({"email": "ada@example.com", "password": PASSWORD});
    browser.post("/api/v1/auth/login", with_cookies(body)).await.expect(200);
    assert!(browser.has("shop_guest") && browser.has("shop_access") && browser.has("shop_refresh"));
    let again = browser.post("/api/v1/auth/guest", json!({"session": "cookie"})).await.expect(200);
    assert_eq!(guest.json()["id"], again.json()["id"]);
}

#[tokio::test]
async fn logout_clears_all_cookies_and_ends_the_session() {
    let shop = Shop::open().await;
    let (mut browser, _) = logged_in(&shop).await;
    browser.post("/api/v1/auth/guest", json!({"session": "cookie"})).await.expect(201);
    let stolen = browser.clone();
    let answer = browser.post("/api/v1/auth/logout", json!({})).await.expect(204);
    assert_eq!(set_cookies(&answer).len(), 3);
    assert!(browser.jar.is_empty());
    for mut thief in [stolen.clone(), stolen] {
        thief.get("/api/v1/me").await.expect(401);
        thief.post("/api/v1/auth/refresh", json!({})).await.expect(401);
    }
}

#[tokio::test]
async fn logout_works_with_an_expired_access_token() {
    let shop = Shop::open().await;
    let (mut browser, _) = logged_in(&shop).await;
    let mut stolen = browser.clone();
    shop.env.advance(SignedDuration::from_hours(1));
    browser.post("/api/v1/auth/logout", json!({})).await.expect(204);
    stolen.post("/api/v1/auth/refresh", json!({})).await.expect(401);
}

#[tokio::test]
async fn a_browser_with_an_expired_session_continues_as_a_guest() {
    let shop = Shop::open().await;
    let (mut browser, _) = logged_in(&shop).await;
    browser.post("/api/v1/auth/guest", json!({"session": "cookie"})).await.expect(201);
    shop.env.advance(SignedDuration::from_hours(24 * 31));
    browser.post("/api/v1/auth/refresh", json!({"session": "cookie"})).await.expect(401);
    assert!(!browser.has("shop_access") && !browser.has("shop_refresh"), "else every request would be refused");
    assert!(browser.has("shop_guest"));
    browser.post("/api/v1/auth/guest", json!({"session": "cookie"})).await.expect(200);
}

#[tokio::test]
async fn a_new_guest_session_clears_an_expired_access_token() {
    let shop = Shop::open().await;
    let (mut browser, _) = logged_in(&shop).await;
    browser.jar.remove("shop_refresh");
    shop.env.advance(SignedDuration::from_hours(1));
    browser.post("/api/v1/auth/guest", json!({"session": "cookie"})).await.expect(201);
    assert!(!browser.has("shop_access"));
    assert_eq!(browser.get("/api/v1/me").await.problem(403), "forbidden", "a guest, not an unauthenticated caller");
}

#[tokio::test]
async fn form_posts_are_rejected() {
    let shop = Shop::open().await;
    let form = shop.anonymous().with_header("content-type", "application/x-www-form-urlencoded");
    let plain = shop.anonymous().with_header("content-type", "text/plain");
    for path in ["guest", "register", "login", "refresh", "logout", "first-admin"] {
        let path = format!("/api/v1/auth/{path}");
        assert_eq!(form.post(&path, json!({})).await.problem(415), "unsupported-media-type");
        assert_eq!(plain.post(&path, json!({})).await.problem(415), "unsupported-media-type");
    }
}
