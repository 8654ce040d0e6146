//! Refresh tokens: rotation, the grace period and the detection of reuse.

use crate::shop::{Shop, SignedIn};
use futures::future::join_all;
use jiff::SignedDuration;
use serde_json::json;
use testkit::Answer;

fn refresh_token(answer: &Answer) -> String {
    answer.json()["refresh_token"].as_str().expect("a refresh token").to_owned()
}

fn seconds(count: i64) -> SignedDuration {
    SignedDuration::from_secs(count)
}

#[tokio::test]
async fn an_access_token_expires_after_ten_minutes_and_is_refreshed() {
    let shop = Shop::open().await;
    let ada = shop.register("ada@example.com").await;
    shop.env.advance(seconds(599));
    ada.caller.get("/api/v1/me").await.expect(200);
    shop.env.advance(seconds(1));
    assert_eq!(ada.caller.get("/api/v1/me").await.problem(401), "unauthenticated");
    let again = shop.signed_in_as(&shop.refresh(&ada.refresh).await.expect(200));
    again.caller.get("/api/v1/me").await.expect(200);
    assert_ne!(again.refresh, ada.refresh);
}

#[tokio::test]
async fn a_reused_token_returns_the_same_successor_for_twenty_seconds() {
    let shop = Shop::open().await;
    let ada = shop.register("ada@example.com").await;
    let first = refresh_token(&shop.refresh(&ada.refresh).await.expect(200));
    shop.env.advance(seconds(20));
    assert_eq!(refresh_token(&shop.refresh(&ada.refresh).await.expect(200)), first);
    let second = refresh_token(&shop.refresh(&first).await.expect(200));
    assert_ne!(second, first);
}

#[tokio::test]
async fn concurrent_refreshes_return_the_same_successor() {
    let shop = Shop::open().await;
    let ada = shop.register("ada@example.com").await;
    let responses = join_all((0..8).map(|_| shop.refresh(&ada.refresh))).await;
    let tokens: Vec<String> = responses.into_iter().map(|answer| refresh_token(&answer.expect(200))).collect();
    assert!(tokens.iter().all(|token| *token == tokens[0]));
    shop.refresh(&tokens[0]).await.expect(200);
}

#[tokio::test]
async fn a_token_used_again_after_twenty_seconds_ends_the_session_with_all_its_tokens() {
    let shop = Shop::open().await;
    let ada = shop.register("ada@example.com").await;
    let thief = shop.signed_in_as(&shop.refresh(&ada.refresh).await.expect(200));
    shop.env.advance(seconds(21));
    assert_eq!(shop.refresh(&ada.refresh).await.problem(401), "unauthenticated");
    assert_eq!(shop.refresh(&thief.refresh).await.problem(401), "unauthenticated", "the thief's is dead too");
    assert_eq!(thief.caller.get("/api/v1/me").await.problem(401), "unauthenticated");
    assert_eq!(ada.caller.get("/api/v1/me").await.problem(401), "unauthenticated");
}

#[tokio::test]
async fn an_older_token_ends_the_session_immediately() {
    let shop = Shop::open().await;
    let ada = shop.register("ada@example.com").await;
    let first = refresh_token(&shop.refresh(&ada.refresh).await.expect(200));
    let second = refresh_token(&shop.refresh(&first).await.expect(200));
    shop.refresh(&ada.refresh).await.expect(401);
    shop.refresh(&second).await.expect(401);
}

#[tokio::test]
async fn a_stolen_token_ends_only_its_own_session() {
    let shop = Shop::open().await;
    let phone = shop.register("ada@example.com").await;
    let laptop = shop.signed_in_as(&shop.login("ada@example.com", crate::shop::PASSWORD).await.expect(200));
    shop.refresh(&phone.refresh).await.expect(200);
    shop.env.advance(seconds(21));
    shop.refresh(&phone.refresh).await.expect(401);
    laptop.caller.get("/api/v1/me").await.expect(200);
    shop.refresh(&laptop.refresh).await.expect(200);
}

#[tokio::test]
async fn a_session_ends_thirty_days_after_its_last_use() {
    let shop = Shop::open().await;
    let ada = shop.register("ada@example.com").await;
    shop.env.advance(SignedDuration::from_hours(24 * 30 - 1));
    let next = refresh_token(&shop.refresh(&ada.refresh).await.expect(200));
    shop.env.advance(SignedDuration::from_hours(24 * 30));
    assert_eq!(shop.refresh(&next).await.problem(401), "unauthenticated");
}

#[tokio::test]
async fn a_session_ends_after_half_a_year_of_use() {
    let shop = Shop::open().await;
    let mut token = shop.register("ada@example.com").await.refresh;
    for _ in 0..17 {
        shop.env.advance(SignedDuration::from_hours(24 * 10));
        token = refresh_token(&shop.refresh(&token).await.expect(200));
    }
    shop.env.advance(SignedDuration::from_hours(24 * 10));
    shop.refresh(&token).await.expect(401);
}

#[tokio::test]
async fn a_refreshed_token_has_the_current_roles() {
    let shop = Shop::open().await;
    let ada = shop.register("ada@example.com").await;
    let roles = [chassis::auth::Role::Customer, chassis::auth::Role::Admin];
    shop.accounts.set_roles(&ada.account.email, &roles).await.expect("roles");
    ada.caller.get("/api/v1/accounts").await.expect(403);
    let again: SignedIn = shop.signed_in_as(&shop.refresh(&ada.refresh).await.expect(200));
    again.caller.get("/api/v1/accounts").await.expect(200);
}

#[tokio::test]
async fn an_invalid_refresh_token_is_rejected() {
    let shop = Shop::open().await;
    let ada = shop.register("ada@example.com").await;
    let guest = shop.env.guest_token(shop.env.system.id());
    for token in ["", "x", "🐢", &ada.access, &guest, &ada.refresh.to_lowercase(), &"x".repeat(100_000)] {
        assert_eq!(shop.refresh(token).await.problem(401), "unauthenticated");
    }
    assert_eq!(shop.anonymous().post("/api/v1/auth/refresh", json!({})).await.problem(401), "unauthenticated");
    assert_eq!(shop.with_token(&ada.refresh).get("/api/v1/me").await.problem(401), "unauthenticated");
}

#[tokio::test]
async fn logout_ends_the_session_of_either_token() {
    let shop = Shop::open().await;
    let by_refresh = shop.register("ada@example.com").await;
    let body = json!({"refresh_token": by_refresh.refresh});
    shop.anonymous().post("/api/v1/auth/logout", body).await.expect(204);
    shop.refresh(&by_refresh.refresh).await.expect(401);
    by_refresh.caller.get("/api/v1/me").await.expect(401);

    let by_access = shop.register("bob@example.com").await;
    by_access.caller.post("/api/v1/auth/logout", json!({})).await.expect(204);
    shop.refresh(&by_access.refresh).await.expect(401);
    by_access.caller.post("/api/v1/auth/logout", json!({})).await.expect(204);
}

#[tokio::test]
async fn logout_without_a_session_succeeds() {
    let shop = Shop::open().await;
    let ada = shop.register("ada@example.com").await;
    shop.anonymous().post("/api/v1/auth/logout", json!({})).await.expect(204);
    shop.env.guest(&shop.router).post("/api/v1/auth/logout", json!({"refresh_token": "🐢"})).await.expect(204);
    ada.caller.get("/api/v1/me").await.expect(200);
}

#[tokio::test]
async fn a_token_signed_with_another_key_is_rejected() {
    let (shop, other) = (Shop::open().await, testkit::TestEnvironment::new(2));
    let ada = shop.register("ada@example.com").await;
    let forged = other.account_token(ada.account.id.0, &[chassis::auth::Role::Admin]);
    assert_eq!(shop.with_token(&forged).get("/api/v1/me").await.problem(401), "unauthenticated");
    let (head, rest) = ada.access.split_once('.').expect("a token");
    let (_, signature) = rest.split_once('.').expect("a token");
    for bent in [format!("{head}.{rest}x"), format!("{head}.e30.{signature}"), format!("eyJhbGciOiJub25lIn0.{rest}")] {
        assert_eq!(shop.with_token(&bent).get("/api/v1/me").await.problem(401), "unauthenticated");
    }
}

#[tokio::test]
async fn a_valid_token_of_an_unknown_account_is_rejected() {
    let shop = Shop::open().await;
    assert_eq!(shop.env.customer(&shop.router).get("/api/v1/me").await.problem(401), "unauthenticated");
}
