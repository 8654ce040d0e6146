//! Opening accounts.

use crate::shop::{PASSWORD, Shop, pointer, registration};
use contracts::user::Registration;
use futures::future::join_all;
use serde_json::json;

const REGISTER: &str = "/api/v1/auth/register";

#[tokio::test]
async fn a_person_registers_and_is_logged_in_as_a_customer() {
    let shop = Shop::open().await;
    let answer = shop.anybody().post(REGISTER, registration("Ada@Example.com")).await.expect(201);
    let ada = shop.person(&answer);
    assert_eq!(answer.json()["account"]["email"], "Ada@Example.com");
    assert_eq!(answer.json()["account"]["roles"], json!(["customer"]));
    assert_eq!(answer.json()["account"]["version"], 1);
    assert_eq!(answer.json()["expires_in"], 600);
    assert_eq!(answer.headers["cache-control"], "no-store");
    let me = ada.caller.get("/api/v1/me").await.expect(200);
    assert_eq!(me.json(), answer.json()["account"]);
}

#[tokio::test]
async fn an_address_in_another_case_is_the_same_address() {
    let shop = Shop::open().await;
    shop.register("ada@example.com").await;
    for same in ["ada@example.com", "ADA@EXAMPLE.COM", "  Ada@Example.Com "] {
        let refusal = shop.anybody().post(REGISTER, registration(same)).await;
        assert_eq!(pointer(&refusal), "/email");
        assert_eq!(refusal.problem(409), "email-taken");
    }
    shop.register("ÄDA@example.com").await;
    assert_eq!(shop.anybody().post(REGISTER, registration("äda@example.com")).await.problem(409), "email-taken");
}

#[tokio::test]
async fn of_many_who_register_one_address_at_once_one_wins() {
    let shop = Shop::open().await;
    let caller = shop.anybody();
    let spelled = ["ada@example.com", "Ada@example.com", "ADA@example.com", "adA@EXAMPLE.com"];
    let answers =
        join_all(spelled.iter().cycle().take(16).map(|email| caller.post(REGISTER, registration(email)))).await;
    let won = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(won, 1);
    assert!(answers.iter().all(|answer| answer.status == 201 || answer.clone().problem(409) == "email-taken"));
}

#[tokio::test]
async fn a_password_that_is_not_good_enough_is_refused_at_its_place() {
    let shop = Shop::open().await;
    let too_long = "long ".repeat(60);
    for password in
        ["", "short", "password123", "aaaaaaaaaaaa", "ada.lovelace@example.com", "XAda.Lovelace!", &too_long]
    {
        let body = json!({"email": "ada.lovelace@example.com", "password": password, "name": "Ada"});
        let refusal = shop.anybody().post(REGISTER, body).await;
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
        shop.anybody().post(REGISTER, body).await.expect(201);
        shop.login(&email, password).await.expect(200);
        shop.login(&email, password.trim_end_matches('🐢')).await.expect(if password.ends_with('🐢') {
            401
        } else {
            200
        });
    }
}

#[tokio::test]
async fn neither_password_nor_hash_is_in_any_answer_or_debug_output() {
    let shop = Shop::open().await;
    let answer = shop.anybody().post(REGISTER, registration("ada@example.com")).await.expect(201);
    let ada = shop.person(&answer);
    let export = ada.caller.get("/api/v1/me/export").await.expect(200);
    let answers = [answer, export, ada.caller.get("/api/v1/me").await, ada.caller.get("/api/v1/me/sessions").await];
    for answer in answers {
        assert!(!answer.text().contains(PASSWORD) && !answer.text().contains("argon2"), "{}", answer.text());
    }
    let asked: Registration = serde_json::from_value(registration("ada@example.com")).expect("a registration");
    assert!(!format!("{asked:?}").contains(PASSWORD));
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
async fn what_was_sent_for_a_password_is_not_quoted_back() {
    let shop = Shop::open().await;
    let body = json!({"email": "ada@example.com", "password": 4_917_300_611_i64, "name": "Ada"});
    let refusal = shop.anybody().post(REGISTER, body).await;
    assert_eq!(pointer(&refusal), "/password");
    assert!(!refusal.text().contains("4917300611"), "{}", refusal.text());
    assert_eq!(refusal.problem(422), "invalid-input");
}
