//! Tests of payment requests: outcomes, limits and headers.

use crate::gateway::{Gateway, begun, order, path_of};
use axum::http::Method;
use chassis::secret::sha256_hex;
use sandbox::PaymentState;
use serde_json::{Value, json};

#[tokio::test]
async fn an_authorised_payment_returns_its_card_and_allowed_actions() {
    let gateway = Gateway::new().await;
    let answer = gateway.pay("ord_1-a1", "Ada Lovelace").await.expect(201);
    assert!(answer.headers.contains_key("wp-correlationid"));
    let answer = answer.json();
    assert_eq!(answer["outcome"], "authorized");
    assert_eq!(answer["transactionReference"], "ord_1-a1");
    assert!(answer["paymentId"].as_str().is_some_and(|id| id.starts_with("pay")));
    assert_eq!(answer["paymentInstrument"]["lastFour"], "1111");
    assert_eq!(answer["paymentInstrument"]["cardBrand"], "visa");
    let actions: Vec<&String> = answer["_actions"].as_object().unwrap().keys().collect();
    assert_eq!(actions, ["cancelPayment", "partiallySettlePayment", "reversePayment", "settlePayment"]);
    let link = path_of(answer["_links"]["self"]["href"].as_str().unwrap());
    assert!(link.len() > 300, "links are long and opaque");
    assert_eq!(gateway.merchant.get(link).await.expect(200).json()["lastEvent"], "Authorized");
}

#[tokio::test]
async fn a_refusal_has_worldpays_code_and_description_and_no_links() {
    let gateway = Gateway::new().await;
    for (name, code, words) in [("REFUSED", "5", "REFUSED"), ("Refused 43", "43", "STOLEN CARD, PICK UP")] {
        let answer = gateway.pay("ord_1", name).await.expect(201).json();
        assert_eq!(answer["outcome"], "refused");
        assert_eq!((&answer["refusalCode"], &answer["refusalDescription"]), (&json!(code), &json!(words)));
        assert!(answer.get("_links").is_none() && answer.get("_actions").is_none());
    }
}

#[tokio::test]
async fn amounts_can_select_a_refusal() {
    let gateway = Gateway::new().await;
    for (amount, code) in [(66_605, "5"), (66_651, "51")] {
        let mut body = order("ord_1", "Ada Lovelace");
        body["instruction"]["value"]["amount"] = json!(amount);
        assert_eq!(gateway.merchant.post("/api/payments", body).await.expect(201).json()["refusalCode"], code);
    }
}

#[tokio::test]
async fn an_error_has_no_effect_and_fraud_makes_no_bank_request() {
    let gateway = Gateway::new().await;
    let error = gateway.pay("ord_1", "ERROR").await.expect(500).json();
    assert_eq!(error["errorName"], "internalErrorOccurred");
    assert!(gateway.ledger_payments().await.is_empty());
    let fraud = gateway.pay("ord_2", "FRAUD").await.expect(201).json();
    assert_eq!(fraud["outcome"], "fraudHighRisk");
    assert!(fraud["score"].is_number() && fraud.get("paymentId").is_none());
    assert_eq!(gateway.ledger_payment("ord_2").await.state, PaymentState::HighRisk);
    assert!(gateway.webhook_types().await.is_empty());
}

#[tokio::test]
async fn a_slow_bank_responds_after_three_seconds() {
    let gateway = Gateway::new().await;
    let slow = begun(gateway.pay("ord_1", "SLOW"));
    gateway.authorised("ord_2", "Ada Lovelace").await;
    assert_eq!(gateway.ledger_payment("ord_2").await.capturable(), 2500);
    assert_eq!(gateway.ledger_payments().await.len(), 1, "the other one, asked for later, came first");
    gateway.advance(3);
    assert_eq!(slow.await.expect(201).json()["outcome"], "authorized");
}

#[tokio::test]
async fn a_reference_used_twice_makes_two_payments_in_the_ledger() {
    let gateway = Gateway::new().await;
    let first = gateway.authorised("ord_1", "Ada Lovelace").await;
    let second = gateway.authorised("ord_1", "Ada Lovelace").await;
    assert_ne!(first["paymentId"], second["paymentId"]);
    assert_eq!(gateway.ledger_payments().await.len(), 2);
}

#[tokio::test]
async fn a_payment_can_settle_with_its_authorisation() {
    let gateway = Gateway::new().await;
    let mut body = order("ord_1", "Ada Lovelace");
    body["instruction"]["settlement"]["auto"] = json!(true);
    let answer = gateway.merchant.post("/api/payments", body).await.expect(202).json();
    assert_eq!(answer["outcome"], "sentForSettlement");
    assert!(answer["_actions"].get("settlePayment").is_none() && answer["_actions"].get("refundPayment").is_some());
    assert_eq!(gateway.ledger_payment("ord_1").await.settled(), 2500);
}

#[tokio::test]
async fn a_card_can_be_verified_with_amount_zero() {
    let gateway = Gateway::new().await;
    let mut body = order("ord_1", "Ada Lovelace");
    body["instruction"]["value"]["amount"] = json!(0);
    let answer = gateway.merchant.post("/api/payments", body).await.expect(201).json();
    assert_eq!(answer["outcome"], "authorized");
    assert!(answer.get("_actions").is_none());
}

fn findings(answer: &Value) -> Vec<(String, String)> {
    assert_eq!(answer["errorName"], "bodyDoesNotMatchSchema");
    let found = answer["validationErrors"].as_array().unwrap().iter();
    let mut found: Vec<_> = found
        .map(|one| (one["jsonPath"].as_str().unwrap().to_owned(), one["errorName"].as_str().unwrap().to_owned()))
        .collect();
    found.sort();
    found
}

#[tokio::test]
async fn all_validation_errors_are_reported_with_their_path() {
    let gateway = Gateway::new().await;
    let mut body = order("ord 1", "Ada Lovelace");
    body["idempotencyKey"] = json!("x");
    body["merchant"]["entity"] = json!("");
    body["instruction"]["narrative"]["line1"] = json!("far too long for a bank statement");
    body["instruction"]["value"] = json!({ "currency": "GBP", "amount": 25.5 });
    body["instruction"]["paymentInstrument"].as_object_mut().unwrap().remove("expiryDate");
    let answer = gateway.merchant.post("/api/payments", body).await.expect(400).json();
    let expected = [
        ("$.idempotencyKey", "fieldIsNotAllowed"),
        ("$.instruction.narrative.line1", "stringIsTooLong"),
        ("$.instruction.paymentInstrument.expiryDate", "fieldIsMissing"),
        ("$.instruction.value.amount", "fieldHasInvalidValue"),
        ("$.merchant.entity", "stringIsTooShort"),
        ("$.transactionReference", "fieldHasInvalidValue"),
    ];
    assert_eq!(findings(&answer), expected.map(|(place, name)| (place.to_owned(), name.to_owned())));
    assert!(gateway.ledger_payments().await.is_empty());
}

#[tokio::test]
async fn each_limit_of_the_api_is_enforced() {
    let gateway = Gateway::new().await;
    let wrong = [
        ("/transactionReference", json!("x".repeat(65))),
        ("/merchant/entity", json!("no_underscores")),
        ("/channel", json!("smoke signals")),
        ("/instruction/method", json!("cash")),
        ("/instruction/settlement/auto", json!("yes")),
        ("/instruction/narrative/line1", json!("Ünicode")),
        ("/instruction/value/amount", json!(-1)),
        ("/instruction/value/amount", json!(2_147_483_648_i64)),
        ("/instruction/value/currency", json!("XYZ")),
        ("/instruction/paymentInstrument/type", json!("cheque")),
        ("/instruction/paymentInstrument/cardNumber", json!("44443333222")),
        ("/instruction/paymentInstrument/cvc", json!("12")),
        ("/instruction/paymentInstrument/expiryDate/month", json!(13)),
    ];
    for (place, value) in wrong {
        let mut body = order("ord_1", "Ada Lovelace");
        *body.pointer_mut(place).unwrap() = value;
        let answer = gateway.merchant.post("/api/payments", body).await.expect(400).json();
        assert!(findings(&answer).iter().any(|(path, _)| *path == format!("${}", place.replace('/', "."))), "{answer}");
    }
    let mut body = order("-A_!@#$%()*=.:;?[]{}~`/+9", "Ada Lovelace");
    body["instruction"]["value"]["amount"] = json!(i32::MAX);
    gateway.merchant.post("/api/payments", body).await.expect(201);
}

#[tokio::test]
async fn invalid_json_has_its_own_error() {
    let gateway = Gateway::new().await;
    let answer = gateway.merchant.send(Method::POST, "/api/payments", Some(b"{".to_vec())).await.expect(400).json();
    assert_eq!(answer["errorName"], "bodyIsNotJson");
}

#[tokio::test]
async fn required_headers_are_those_of_worldpay() {
    let gateway = Gateway::new().await;
    let body = order("ord_1", "Ada Lovelace");
    let without = gateway.anybody().post("/api/payments", &body).await.expect(406).json();
    assert_eq!((&without["errorName"], &without["headerName"]), (&json!("headerIsMissing"), &json!("WP-Api-Version")));
    let other = gateway.merchant.clone().with_header("wp-api-version", "2023-01-01");
    assert_eq!(other.post("/api/payments", &body).await.expect(406).json()["errorName"], "headerHasInvalidValue");
    let text = gateway.merchant.clone().with_header("content-type", "text/plain");
    let text = text.post("/api/payments", &body).await.expect(415).json();
    assert_eq!((&text["errorName"], &text["headerName"]), (&json!("headerHasInvalidValue"), &json!("Content-Type")));
    assert_eq!(gateway.merchant.get("/api/nothing").await.expect(404).json()["errorName"], "endpointNotFound");
    assert_eq!(gateway.merchant.get("/api/payments").await.expect(405).json()["errorName"], "methodNotAllowed");
}

#[tokio::test]
async fn merchants_need_credentials() {
    let credentials = Some(("merchant".to_owned(), "s3cret".to_owned()));
    let gateway = Gateway::with(1, |settings| settings.credentials = credentials).await;
    let denied = gateway.pay("ord_1", "Ada Lovelace").await.expect(401).json();
    assert_eq!(denied["errorName"], "accessDenied");
    let wrong = gateway.merchant.clone().with_header("authorization", "Basic bWVyY2hhbnQ6d3Jvbmc=");
    wrong.post("/api/payments", order("ord_1", "Ada Lovelace")).await.expect(401);
    let right = gateway.merchant.clone().with_header("authorization", "Basic bWVyY2hhbnQ6czNjcmV0");
    right.post("/api/payments", order("ord_1", "Ada Lovelace")).await.expect(201);
    // Pages need no credentials, because browsers have none.
    gateway.anybody().get("/sandbox/device-data").await.expect(200);
}

#[tokio::test]
async fn a_forged_link_is_not_found() {
    let gateway = Gateway::new().await;
    let made_up = sha256_hex(b"made up");
    gateway.merchant.get(&format!("/api/payments/{made_up}")).await.expect(404);
    gateway.post(&format!("/api/payments/{made_up}/settlements"), None).await.expect(404);
    let link = gateway.authorised("ord_1", "Ada Lovelace").await["_links"]["self"]["href"].clone();
    gateway.post(&format!("{}/teleportations", path_of(link.as_str().unwrap())), None).await.expect(404);
}
