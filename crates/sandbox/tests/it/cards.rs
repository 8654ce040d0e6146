//! Tests of stored cards: sessions and tokens that replace card details.

use crate::gateway::{API, Gateway, order, path_of};
use serde_json::{Value, json};
use testkit::Caller;

const TOKENS: &str = "application/vnd.worldpay.tokens-v3.hal+json";
const SESSIONS: &str = "application/vnd.worldpay.sessions-v1.hal+json";

fn vault(gateway: &Gateway) -> Caller {
    gateway.anybody().with_header("content-type", TOKENS).with_header("accept", TOKENS)
}

fn card(number: &str, name: &str, namespace: &str) -> Value {
    json!({
        "paymentInstrument": {
            "type": "card/front",
            "cardHolderName": name,
            "cardNumber": number,
            "cardExpiryDate": { "month": 5, "year": 2035 },
        },
        "merchant": { "entity": "default" },
        "namespace": namespace,
    })
}

fn payment_with(reference: &str, instrument: Value) -> Value {
    let mut order = order(reference, "");
    order["instruction"]["paymentInstrument"] = instrument;
    order
}

fn entered(name: &str) -> Value {
    json!({ "card_holder_name": name, "card_number": "4444 3333 2222 1111", "expiry_month": 5, "expiry_year": 2035, "cvc": "123" })
}

async fn session(gateway: &Gateway, name: &str) -> String {
    let answer = gateway.anybody().post("/sandbox/sessions", entered(name)).await.expect(201).json();
    answer["session"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_browser_session_pays_and_its_name_selects_the_outcome() {
    let gateway = Gateway::new().await;
    let session = session(&gateway, "REFUSED51").await;
    assert!(session.starts_with(&format!("{API}/sessions/")));
    let plain = json!({ "type": "checkout", "sessionHref": session });
    let named = json!({ "type": "checkout", "sessionHref": session, "cardHolderName": "Ada Lovelace" });
    for instrument in [plain, named] {
        let answer = gateway.merchant.post("/api/payments", payment_with("ord_1", instrument)).await.expect(201).json();
        assert_eq!(answer["refusalCode"], "51");
    }
}

#[tokio::test]
async fn a_session_expires_after_a_quarter_of_an_hour() {
    let gateway = Gateway::new().await;
    let session = session(&gateway, "Ada Lovelace").await;
    gateway.advance(15 * 60);
    let order = payment_with("ord_1", json!({ "type": "checkout", "sessionHref": session }));
    let answer = gateway.merchant.post("/api/payments", order).await.expect(400).json();
    assert_eq!(answer["validationErrors"][0]["jsonPath"], "$.instruction.paymentInstrument.sessionHref");
}

#[tokio::test]
async fn invalid_card_details_are_reported_by_field() {
    let gateway = Gateway::new().await;
    let wrong = [
        ("card_number", json!("4444 3333 2222 1112"), "/card_number"),
        ("expiry_month", json!(13), "/expiry_month"),
        ("expiry_year", json!(35), "/expiry_year"),
        ("cvc", json!("12"), "/cvc"),
    ];
    for (field, value, pointer) in wrong {
        let mut card = entered("Ada Lovelace");
        card[field] = value;
        let answer = gateway.anybody().post("/sandbox/sessions", card).await.expect(422);
        assert_eq!(answer.json()["errors"][0]["pointer"], pointer);
    }
}

#[tokio::test]
async fn worldpays_own_sessions_work_with_the_name_in_the_request() {
    let gateway = Gateway::new().await;
    let browser = gateway.anybody().with_header("content-type", SESSIONS);
    let body = json!({ "identity": "checkout-1", "cardNumber": "5555555555554444",
        "cardExpiryDate": { "month": 5, "year": 2035 }, "cvc": "123" });
    browser.post("/sessions/card", &body).await.expect(406);
    let browser = browser.with_header("x-wp-sdk", "access-checkout-web/2");
    let answer = browser.post("/sessions/card", &body).await.expect(201).json();
    let href = answer["_links"]["sessions:session"]["href"].clone();
    let order =
        payment_with("ord_1", json!({ "type": "checkout", "sessionHref": href, "cardHolderName": "Ada Lovelace" }));
    let paid = gateway.merchant.post("/api/payments", order).await.expect(201).json();
    assert_eq!(paid["paymentInstrument"]["cardBrand"], "mastercard");
    gateway.anybody().with_header("x-wp-sdk", "x").post("/sessions/card", &body).await.expect(415);
}

#[tokio::test]
async fn a_token_pays_by_url_or_by_id_and_namespace() {
    let gateway = Gateway::new().await;
    let kept =
        vault(&gateway).post("/tokens", card("4444333322221111", "Ada Lovelace", "cust_1")).await.expect(201).json();
    let (href, id) = (&kept["_links"]["tokens:token"]["href"], &kept["tokenId"]);
    let by_address = payment_with("ord_1", json!({ "type": "token", "href": href }));
    let by_number = payment_with("ord_2", json!({ "type": "token", "tokenId": id, "namespace": "cust_1" }));
    let of_another = payment_with("ord_3", json!({ "type": "token", "tokenId": id, "namespace": "cust_2" }));
    assert_eq!(gateway.merchant.post("/api/payments", by_address).await.expect(201).json()["outcome"], "authorized");
    assert_eq!(gateway.merchant.post("/api/payments", by_number).await.expect(201).json()["outcome"], "authorized");
    gateway.merchant.post("/api/payments", of_another).await.expect(400);
}

#[tokio::test]
async fn a_payment_can_create_a_token() {
    let gateway = Gateway::new().await;
    let mut order = order("ord_1", "Ada Lovelace");
    order["instruction"]["tokenCreation"] = json!({ "type": "worldpay", "namespace": "cust_1" });
    order["instruction"]["customerAgreement"] = json!({ "type": "cardOnFile", "storedCardUsage": "first" });
    let token = gateway.merchant.post("/api/payments", order).await.expect(201).json()["token"].clone();
    assert_eq!(
        (&token["cardNumber"], &token["tokenExpiryDateTime"]),
        (&json!("4444********1111"), &json!("2030-11-21T09:00:00Z"))
    );
    let mut retried = payment_with("ord_2", json!({ "type": "token", "href": token["href"], "cvc": "123" }));
    retried["instruction"]["customerAgreement"] = json!({ "type": "cardOnFile", "storedCardUsage": "subsequent" });
    assert_eq!(gateway.merchant.post("/api/payments", retried).await.expect(201).json()["outcome"], "authorized");
}

#[tokio::test]
async fn a_card_is_stored_once_per_namespace_and_other_details_conflict() {
    let gateway = Gateway::new().await;
    let vault = vault(&gateway);
    let first = vault.post("/tokens", card("4444333322221111", "Ada Lovelace", "cust_1")).await.expect(201).json();
    let retried = vault.post("/tokens", card("4444333322221111", "Ada Lovelace", "cust_1")).await.expect(200).json();
    assert_eq!(first["tokenId"], retried["tokenId"]);
    let other = vault.post("/tokens", card("4444333322221111", "A. Lovelace", "cust_1")).await.expect(409).json();
    assert_eq!(other["tokenId"], first["tokenId"]);
    assert_eq!(other["conflicts"]["paymentInstrument"]["cardHolderName"], "A. Lovelace");
    let unknown = vault.post("/tokens", card("9999333322221111", "Ada Lovelace", "cust_1")).await.expect(422).json();
    assert_eq!(unknown["errorName"], "unrecognizedCardBrand");
}

#[tokio::test]
async fn a_namespace_holds_sixteen_cards() {
    let gateway = Gateway::new().await;
    for number in 0..16 {
        let body = card(&format!("44443333222200{number:02}"), "Ada Lovelace", "cust_1");
        vault(&gateway).post("/tokens", body).await.expect(201);
    }
    let one_more = card("4444333322221111", "Ada Lovelace", "cust_1");
    let answer = vault(&gateway).post("/tokens", one_more).await.expect(403).json();
    assert_eq!(answer["errorName"], "tooManyTokensForNamespace");
}

#[tokio::test]
async fn a_token_can_be_read_changed_and_deleted() {
    let gateway = Gateway::new().await;
    let vault = vault(&gateway);
    let kept = vault.post("/tokens", card("4444333322221111", "Ada Lovelace", "cust_1")).await.expect(201).json();
    let path = path_of(kept["_links"]["tokens:token"]["href"].as_str().unwrap());
    vault.put(path, json!({ "cardExpiryDate": { "month": 6, "year": 2036 } })).await.expect(204);
    let shown = vault.get(path).await.expect(200).json();
    assert_eq!(shown["paymentInstrument"]["cardExpiryDate"], json!({ "month": 6, "year": 2036 }));
    assert_eq!(shown["paymentInstrument"]["cardHolderName"], "Ada Lovelace");
    vault.delete(path).await.expect(204);
    vault.delete(path).await.expect(404);
    vault.get(path).await.expect(404);
}
