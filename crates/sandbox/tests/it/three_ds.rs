//! Tests of 3-D Secure: device data, the bank's challenge, and the return to the shop.

use crate::gateway::{Gateway, path_of, three_ds_order};
use sandbox::PaymentState;
use serde_json::{Value, json};

async fn begin(gateway: &Gateway, name: &str) -> Value {
    gateway.merchant.post("/api/payments", three_ds_order("ord_1", name)).await.expect(201).json()
}

async fn supply(gateway: &Gateway, answer: &Value) -> Value {
    let body = json!({ "collectionReference": "0_4f1c" });
    gateway.follow(answer, "supply3dsDeviceData", Some(body)).await.expect(201).json()
}

/// Submits the customer's decision on the bank's challenge page.
async fn decide(gateway: &Gateway, challenged: &Value, decision: &str) {
    let challenge = &challenged["challenge"];
    assert_eq!(challenge["url"], "/sandbox/challenge");
    let jwt = challenge["jwt"].as_str().unwrap();
    assert_eq!(jwt.split('.').count(), 3);
    let page = gateway.submit("/sandbox/challenge", &[("JWT", jwt)]).await.expect(200).text();
    assert!(page.contains("Confirm your payment") && page.contains("25.00 GBP"), "{page}");
    let back = gateway.submit("/sandbox/challenge/decision", &[("JWT", jwt), ("decision", decision)]).await.expect(200);
    let policy = back.headers["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.contains("form-action https: http:;"), "{policy}");
    let page = back.text();
    assert!(page.contains("action=\"https://shop.test/return?payment=1\""), "{page}");
    assert!(page.contains(".submit()") && page.contains("<button"), "by itself, and without scripts");
}

#[tokio::test]
async fn device_data_alone_authorises_the_payment() {
    let gateway = Gateway::new().await;
    let asked = begin(&gateway, "DEVICE").await;
    assert_eq!(asked["outcome"], "3dsDeviceDataRequired");
    assert_eq!(asked["deviceDataCollection"]["url"], "/sandbox/device-data");
    assert_eq!(asked["deviceDataCollection"]["bin"], "444433");
    assert!(asked.get("paymentId").is_none());
    let authorised = supply(&gateway, &asked).await;
    assert_eq!(authorised["outcome"], "authorized");
    assert_eq!(authorised["threeDS"]["issuerResponse"], "frictionless");
    gateway.follow(&asked, "supply3dsDeviceData", Some(json!({}))).await.expect(400);
}

#[tokio::test]
async fn the_device_data_page_reports_completion_to_its_parent_frame() {
    let gateway = Gateway::new().await;
    let page = gateway.submit("/sandbox/device-data", &[("JWT", "x"), ("Bin", "444433")]).await.expect(200);
    assert!(page.headers["content-security-policy"].to_str().unwrap().contains("frame-ancestors *"));
    let page = page.text();
    assert!(page.contains("window.parent.postMessage(\"{") && page.contains("profile.completed"), "{page}");
}

#[tokio::test]
async fn a_confirmed_challenge_authorises_the_payment() {
    let gateway = Gateway::new().await;
    let challenged = begin(&gateway, "CHALLENGE").await;
    assert_eq!(challenged["outcome"], "3dsChallenged");
    assert_eq!(gateway.ledger_payment("ord_1").await.state, PaymentState::Challenged);
    decide(&gateway, &challenged, "confirmed").await;
    let authorised = gateway.follow(&challenged, "complete3dsChallenge", None).await.expect(201).json();
    assert_eq!(authorised["outcome"], "authorized");
    assert_eq!(authorised["threeDS"]["issuerResponse"], "challenged");
    gateway.follow(&challenged, "complete3dsChallenge", None).await.expect(400);
    gateway.follow(&authorised, "settlePayment", None).await.expect(202);
}

#[tokio::test]
async fn a_denied_challenge_fails_and_the_first_decision_counts() {
    let gateway = Gateway::new().await;
    let asked = begin(&gateway, "DEVICE CHALLENGE").await;
    let challenged = supply(&gateway, &asked).await;
    assert_eq!(challenged["outcome"], "3dsChallenged");
    decide(&gateway, &challenged, "denied").await;
    let jwt = challenged["challenge"]["jwt"].as_str().unwrap();
    gateway.submit("/sandbox/challenge/decision", &[("JWT", jwt), ("decision", "confirmed")]).await.expect(200);
    let failed = gateway.follow(&challenged, "complete3dsChallenge", None).await.expect(201).json();
    assert_eq!(failed["outcome"], "3dsAuthenticationFailed");
    assert_eq!(gateway.ledger_payment("ord_1").await.state, PaymentState::AuthenticationFailed);
    // The challenge page is not shown again.
    let page = gateway.submit("/sandbox/challenge", &[("JWT", jwt)]).await.expect(200).text();
    assert!(page.contains("https://shop.test/return"));
    assert!(gateway.webhook_types().await.is_empty());
}

#[tokio::test]
async fn a_challenge_that_is_not_decided_stays_open() {
    let gateway = Gateway::new().await;
    let challenged = begin(&gateway, "CHALLENGE").await;
    let retried = gateway.follow(&challenged, "complete3dsChallenge", None).await.expect(201).json();
    assert_eq!(retried["outcome"], "3dsChallenged");
    decide(&gateway, &retried, "confirmed").await;
    let authorised = gateway.follow(&challenged, "complete3dsChallenge", None).await.expect(201).json();
    assert_eq!(authorised["outcome"], "authorized");
}

#[tokio::test]
async fn without_3d_secure_challenges_are_refused_and_device_data_is_not_requested() {
    let gateway = Gateway::new().await;
    let refused = gateway.pay("ord_1", "CHALLENGE").await.expect(201).json();
    assert_eq!((&refused["outcome"], &refused["refusalCode"]), (&json!("refused"), &json!("8")));
    gateway.authorised("ord_2", "DEVICE").await;
    gateway.authorised("ord_3", "DEVICE CHALLENGE").await;
}

#[tokio::test]
async fn a_payment_is_not_found_before_its_authorisation() {
    let gateway = Gateway::new().await;
    let asked = begin(&gateway, "DEVICE").await;
    let href = path_of(asked["_actions"]["supply3dsDeviceData"]["href"].as_str().unwrap()).to_owned();
    let payment = href.strip_suffix("/3dsDeviceData").unwrap();
    gateway.merchant.get(payment).await.expect(404);
    gateway.follow(&asked, "supply3dsDeviceData", None).await.expect(400);
    supply(&gateway, &asked).await;
    assert_eq!(gateway.merchant.get(payment).await.expect(200).json()["lastEvent"], "Authorized");
}

#[tokio::test]
async fn the_return_url_is_escaped_on_the_bank_page() {
    let gateway = Gateway::new().await;
    let mut order = three_ds_order("ord_1", "CHALLENGE");
    order["instruction"]["threeDS"]["challenge"]["returnUrl"] =
        json!("https://shop.test/?a=\"><script>alert(1)</script>");
    let challenged = gateway.merchant.post("/api/payments", order).await.expect(201).json();
    let jwt = challenged["challenge"]["jwt"].as_str().unwrap();
    let fields = [("JWT", jwt), ("decision", "confirmed")];
    let page = gateway.submit("/sandbox/challenge/decision", &fields).await.expect(200).text();
    assert!(page.contains("&quot;&gt;&lt;script&gt;") && !page.contains("<script>alert"), "{page}");
}

#[tokio::test]
async fn a_forged_token_opens_no_challenge() {
    let gateway = Gateway::new().await;
    let asked = begin(&gateway, "DEVICE").await;
    let other = asked["deviceDataCollection"]["jwt"].as_str().unwrap();
    for jwt in ["nonsense", other] {
        gateway.submit("/sandbox/challenge", &[("JWT", jwt)]).await.expect(404);
        gateway.submit("/sandbox/challenge/decision", &[("JWT", jwt), ("decision", "confirmed")]).await.expect(404);
    }
}

#[tokio::test]
async fn the_return_url_must_be_a_web_address() {
    let gateway = Gateway::new().await;
    let mut order = three_ds_order("ord_1", "CHALLENGE");
    order["instruction"]["threeDS"]["challenge"]["returnUrl"] = json!("javascript:alert(1)");
    let answer = gateway.merchant.post("/api/payments", order).await.expect(400).json();
    assert_eq!(answer["validationErrors"][0]["jsonPath"], "$.instruction.threeDS.challenge.returnUrl");
}
