//! The registration of accounts.

use crate::shop::{PASSWORD, Shop, pointer, registration};
use contracts::user::Registration;
use futures::future::join_all;
use serde_json::json;

const REGISTER: &str = "/api/v1/auth/register";

#[tokio::test]
async fn registration_logs_in_a_customer() {
    let shop = Shop::open().await;
    let answer = shop.anonymous().post(REGISTER, registration("Ada@Example.com")).await.expect(201);
    let ada = shop.signed_in_as(&answer);
    assert_eq!(answer.json()["account"]["email"], "Ada@Example.com");
    assert_eq!(answer.json()["account"]["roles"], json!(["customer"]));
    assert_eq!(answer.json()["account"]["version"], 1);
    assert_eq!(answer.json()["expires_in"], 600);
    assert_eq!(answer.headers["cache-control"], "no-store");
    let me = ada.caller.get("/api/v1/me").await.expect(200);
    assert_eq!(me.json(), answer.json()["account"]);
}

#[tokio::test]
async fn an_email_in_another_case_is_taken() {
    let shop = Shop::open().await;
    shop.register("ada@example.com").await;
    for same in ["ada@example.com", "ADA@EXAMPLE.COM", "  Ada@Example.Com "] {
        let refusal = shop.anonymous().post(REGISTER, registration(same)).await;
        assert_eq!(pointer(&refusal), "/email");
        assert_eq!(refusal.problem(409), "email-taken");
    }
    shop.register("ÄDA@example.com").await;
    assert_eq!(shop.anonymous().post(REGISTER, registration("äda@example.com")).await.problem(409), "email-taken");
}

#[tokio::test]
async fn of_concurrent_registrations_of_one_email_one_succeeds() {
    let shop = Shop::open().await;
    let caller = shop.anonymous();
    let spelled = ["ada@example.com", "Ada@example.com", "ADA@example.com", "adA@EXAMPLE.com"];
    let responses =
        join_all(spelled.iter().cycle().take(16).map(|email| caller.post(REGISTER, registration(email)))).await;
    let won = responses.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(won, 1);
    assert!(responses.iter().all(|answer| answer.status == 201 || answer.clone().problem(409) == "email-taken"));
}

#[tokio::test]
async fn a_weak_password_is_rejected_at_its_field() {
    let shop = Shop::open().await;
    let too_long = "long ".repeat(60);
    for password in
        ["", "short", "password123", "aaaaaaaaaaaa", "ada.lovelace@example.com", "XAda.Lovelace!", &too_long]
    {
        let body = json!({"email": "ada.lovelace@example.com", "password": password, "name": "Ada"});
        let refusal = shop.anonymous().post(REGISTER, body).await;
        assert_eq!(pointer(&refusal), "/password", "{password}");
        assert_eq!(refusal.problem(422), "invalid-input", "{password}");
    }
}

#[tokio::test]
async fn a_password_may_be_any_text() {
    let shop = Shop::open().await;
    for (number, password) in
        ["пароль из слов", "🐢🐢🐢🐢🐢 lazy 🐢", " leading and trailing ", "nul\u{0}inside it"].iter().enumerate()
    {
        let email = format!("person{number}@example.com");
        let body = json!({"email": email, "password": password, "name": "Ada"});
        shop.anonymous().post(REGISTER, body).await.expect(201);
        shop.login(&email, password).await.expect(200);
        shop.login(&email, password.trim_end_matches('🐢')).await.expect(if password.ends_with('🐢') {
            401
        } else {
            200
        });
    }
}

#[tokio::test]
async fn passwords_and_hashes_are_never_exposed() {
    let shop = Shop::open().await;
    let answer = shop.anonymous().post(REGISTER, registration("ada@example.com")).await.expect(201);
    let ada = shop.signed_in_as(&answer);
    let export = ada.caller.get("/api/v1/me/export").await.expect(200);
    let responses = [answer, export, ada.caller.get("/api/v1/me").await, ada.caller.get("/api/v1/me/sessions").await];
    for answer in responses {
        assert!(!answer.text().contains(PASSWORD) && !answer.text().contains("argon2"), "{}", answer.text());
    }
    let request: Registration = serde_json::from_value(registration("ada@example.com")).expect("a registration");
    assert!(!format!("{request:?}").contains(PASSWORD));
    let account = user::NewAccount {
        id: ada.account.id,
        email: ada.account.email.clone(),
        name: "Ada".to_owned(),
        password: user::StoredPassword::new("$argon2id$secret".to_owned()),
        roles: Vec::new(),
        at: shop.env.system.now(),
    };
    assert!(!format!("{account:?}").contains("argon2"));
}

#[tokio::test]
async fn an_invalid_password_is_not_echoed() {
    let shop = Shop::open().await;
    let body = json!({"email": "ada@example.com", "password": 4_917_300_611_i64, "name": "Ada"});
    let refusal = shop.anonymous().post(REGISTER, body).await;
    assert_eq!(pointer(&refusal), "/password");
    assert!(!refusal.text().contains("4917300611"), "{}", refusal.text());
    assert_eq!(refusal.problem(422), "invalid-input");
}
