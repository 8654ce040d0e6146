//! Login and its rate limit.

use crate::shop::{PASSWORD, Shop};
use jiff::SignedDuration;
use serde_json::json;
use testkit::Answer;

fn status_and_text(answer: &Answer) -> (u16, String) {
    (answer.status.as_u16(), answer.text())
}

#[tokio::test]
async fn login_ignores_the_case_of_the_email() {
    let shop = Shop::open().await;
    let ada = shop.register("Ada@example.com").await;
    let answer = shop.login(" ada@EXAMPLE.com ", PASSWORD).await.expect(200);
    assert_eq!(shop.signed_in_as(&answer).account, ada.account);
}

#[tokio::test]
async fn an_unknown_email_and_a_wrong_password_get_the_same_response() {
    let shop = Shop::open().await;
    shop.register("ada@example.com").await;
    let wrong = shop.login("ada@example.com", "seven lazy tortoisez").await;
    let unknown = shop.login("eve@example.com", PASSWORD).await;
    let nonsense = shop.login("not an address", PASSWORD).await;
    let huge = shop.login("ada@example.com", &"x".repeat(500_000)).await;
    assert_eq!(status_and_text(&wrong), status_and_text(&unknown));
    assert_eq!(status_and_text(&wrong), status_and_text(&nonsense));
    assert_eq!(status_and_text(&wrong), status_and_text(&huge));
    assert_eq!(wrong.problem(401), "invalid-credentials");
}

#[tokio::test]
async fn after_ten_failures_even_the_correct_password_is_rejected_for_fifteen_minutes() {
    let shop = Shop::open().await;
    shop.register("ada@example.com").await;
    for _ in 0..10 {
        assert_eq!(shop.login("ADA@example.com", "wrong wrong wrong").await.problem(401), "invalid-credentials");
        shop.env.advance(SignedDuration::from_secs(1));
    }
    let refusal = shop.login("ada@example.com", PASSWORD).await;
    assert_eq!(refusal.headers["retry-after"], "890");
    assert_eq!(refusal.problem(429), "too-many-requests");
    shop.env.advance(SignedDuration::from_secs(890));
    shop.login("ada@example.com", PASSWORD).await.expect(200);
}

#[tokio::test]
async fn an_email_without_an_account_is_rate_limited_too() {
    let shop = Shop::open().await;
    for _ in 0..10 {
        shop.login("eve@example.com", PASSWORD).await.expect(401);
    }
    shop.login("eve@example.com", PASSWORD).await.expect(429);
}

#[tokio::test]
async fn a_successful_login_resets_the_failures() {
    let shop = Shop::open().await;
    shop.register("ada@example.com").await;
    for _ in 0..3 {
        for _ in 0..9 {
            shop.login("ada@example.com", "wrong wrong wrong").await.expect(401);
        }
        shop.login("ada@example.com", PASSWORD).await.expect(200);
    }
}

#[tokio::test]
async fn a_client_that_tries_many_emails_is_rate_limited_and_others_are_not() {
    let shop = Shop::open().await;
    shop.register("ada@example.com").await;
    let client = |address: &str| shop.anonymous().with_header("x-real-ip", address);
    for number in 0..10 {
        let body = json!({"email": format!("person{number}@example.com"), "password": PASSWORD});
        client("203.0.113.9").post("/api/v1/auth/login", body).await.expect(401);
    }
    let body = json!({"email": "ada@example.com", "password": PASSWORD});
    assert_eq!(client("203.0.113.9").post("/api/v1/auth/login", &body).await.problem(429), "too-many-requests");
    client("203.0.113.10").post("/api/v1/auth/login", &body).await.expect(200);
}

#[tokio::test]
async fn only_the_new_password_is_valid_after_a_change() {
    let shop = Shop::open().await;
    let ada = shop.register("ada@example.com").await;
    let body = json!({"current": PASSWORD, "new": "eight busy beavers"});
    ada.caller.post("/api/v1/me/password", body).await.expect(204);
    assert_eq!(shop.login("ada@example.com", PASSWORD).await.problem(401), "invalid-credentials");
    shop.login("ada@example.com", "eight busy beavers").await.expect(200);
}
