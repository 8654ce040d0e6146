//! Tests of webhooks: their content, signatures and retries.

use crate::gateway::{Gateway, order, within_a_while};
use chassis::tasks::Tasks;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use std::time::Duration;

fn hex_mac(secret: &[u8], body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).unwrap();
    mac.update(body.as_bytes());
    mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test]
async fn a_webhook_has_worldpays_format() {
    let gateway = Gateway::new().await;
    let authorised = gateway.authorised("ord_1", "Ada Lovelace").await;
    assert_eq!(gateway.webhook_types().await, ["sentForAuthorization", "authorized"]);
    let part = json!({ "reference": "cap-1", "value": { "currency": "GBP", "amount": 900 } });
    gateway.follow(&authorised, "partiallySettlePayment", Some(part)).await.expect(202);
    gateway.sandbox.run_once().await.unwrap();
    let webhook = gateway.shop.take().remove(0);
    let body: Value = serde_json::from_str(&webhook.body).unwrap();
    assert_eq!(body["eventTimestamp"], "2026-11-22T09:00:00.000");
    let details = &body["eventDetails"];
    assert_eq!(details["classification"], "payment");
    assert_eq!(details["transactionReference"], "ord_1");
    assert_eq!(details["type"], "sentForSettlement");
    assert_eq!(details["date"], "2026-11-22");
    assert_eq!(details["reference"], "cap-1");
    assert_eq!(details["amount"], json!({ "value": 900, "currencyCode": "GBP" }));
}

#[tokio::test]
async fn amounts_have_two_digits_for_every_currency() {
    let gateway = Gateway::new().await;
    for (code, amount, webhook_types) in [("JPY", 500, 50_000), ("BHD", 1_234, 123)] {
        let mut order = order("ord_1", "Ada Lovelace");
        order["instruction"]["value"] = json!({ "currency": code, "amount": amount });
        gateway.merchant.post("/api/payments", order).await.expect(201);
        gateway.sandbox.run_once().await.unwrap();
        let details = gateway.shop.take()[0].details();
        assert_eq!(details["amount"], json!({ "value": webhook_types, "currencyCode": code }));
    }
}

#[tokio::test]
async fn webhooks_report_the_lifecycle_of_a_payment() {
    let gateway = Gateway::new().await;
    let authorised = gateway.authorised("ord_1", "Ada Lovelace").await;
    let settled = gateway.follow(&authorised, "settlePayment", None).await.expect(202).json();
    gateway.advance(10);
    gateway.follow(&settled, "refundPayment", None).await.expect(202);
    gateway.advance(10);
    let webhook_types = gateway.webhook_types().await;
    assert_eq!(
        webhook_types,
        ["sentForAuthorization", "authorized", "sentForSettlement", "settled", "sentForRefund", "refunded"]
    );
    gateway.pay("ord_2", "REFUSED").await.expect(201);
    gateway.sandbox.run_once().await.unwrap();
    let refused = gateway.shop.take().remove(1);
    assert_eq!(refused.kind(), "refused");
    assert!(refused.details().get("amount").is_none());
}

#[tokio::test]
async fn each_key_signs_and_their_order_changes() {
    let mut orders = std::collections::BTreeSet::new();
    for seed in 0..20 {
        let gateway = Gateway::seeded(seed).await;
        gateway.authorised("ord_1", "Ada Lovelace").await;
        gateway.sandbox.run_once().await.unwrap();
        let webhook = gateway.shop.take().remove(0);
        let mut signatures: Vec<&str> = webhook.signature().split(',').collect();
        orders.insert(signatures[0].split('/').next().unwrap().to_owned());
        signatures.sort_unstable();
        let expected = [("new", "second secret"), ("old", "first secret")]
            .map(|(id, secret)| format!("{id}/SHA256/{}", hex_mac(secret.as_bytes(), &webhook.body)));
        assert_eq!(signatures, expected);
    }
    assert_eq!(orders.len(), 2, "either key comes first at times");
}

#[tokio::test]
async fn a_webhook_is_retried_with_growing_delays_until_acknowledged() {
    let gateway = Gateway::new().await;
    gateway.shop.answer([Ok(500), Ok(200), Err("gone"), Ok(202)]);
    gateway.authorised("ord_1", "Ada Lovelace").await;
    assert_eq!(gateway.sandbox.run_once().await.unwrap(), 2);
    assert_eq!(gateway.sandbox.run_once().await.unwrap(), 0, "not before a second has passed");
    let first = gateway.shop.take().remove(0);
    gateway.advance(1);
    assert_eq!(gateway.sandbox.run_once().await.unwrap(), 1);
    gateway.advance(1);
    assert_eq!(gateway.sandbox.run_once().await.unwrap(), 0, "the second pause is longer");
    gateway.advance(1);
    assert_eq!(gateway.sandbox.run_once().await.unwrap(), 1);
    gateway.advance(4);
    assert_eq!(gateway.sandbox.run_once().await.unwrap(), 1);
    let tries = gateway.shop.take();
    assert!(tries.iter().all(|one| one.event_id() == first.event_id() && one.body == first.body));
    gateway.advance(3600);
    assert_eq!(gateway.sandbox.run_once().await.unwrap(), 0, "it was acknowledged");
    let sent = gateway.anybody().get("/sandbox/webhooks?limit=3").await.expect(200).json();
    let answers: Vec<&str> = sent.as_array().unwrap().iter().map(|one| one["response"].as_str().unwrap()).collect();
    assert_eq!(answers, ["200", "202", "gone"]);
    assert_eq!((&sent[0]["type"], &sent[0]["reference"]), (&json!("sentForAuthorization"), &json!("ord_1")));
}

#[tokio::test]
async fn webhooks_since_a_time_are_sent_again_on_request() {
    let gateway = Gateway::new().await;
    gateway.authorised("ord_1", "Ada Lovelace").await;
    gateway.webhook_types().await;
    gateway.advance(60);
    let since = gateway.env.system.now().to_string();
    gateway.authorised("ord_2", "Ada Lovelace").await;
    let sent = gateway.webhook_types().await;
    let response =
        gateway.anybody().post("/sandbox/webhooks/resend", &json!({ "since": since })).await.expect(200).json();
    assert_eq!(response["resent"], json!(sent.len()));
    assert_eq!(gateway.webhook_types().await, sent, "and those of the first payment are not sent again");
}

#[tokio::test]
async fn unacknowledged_webhooks_are_discarded_after_a_week() {
    let gateway = Gateway::new().await;
    gateway.authorised("ord_1", "Ada Lovelace").await;
    gateway.shop.answer(std::iter::repeat_n(Ok(503), 2));
    gateway.sandbox.run_once().await.unwrap();
    gateway.advance(8 * 24 * 3600);
    gateway.shop.answer(std::iter::repeat_n(Ok(503), 10));
    assert!(!gateway.webhook_types().await.is_empty());
    gateway.advance(3600);
    assert!(gateway.webhook_types().await.iter().all(|kind| kind == "expired"), "the others were given up");
}

#[tokio::test]
async fn the_worker_sends_webhooks_and_stops_on_request() {
    let gateway = Gateway::new().await;
    let tasks = Tasks::new();
    let worker = gateway.sandbox.clone();
    tasks.worker("sandbox", |stop| worker.run(stop));
    gateway.authorised("ord_1", "Ada Lovelace").await;
    within_a_while(async || gateway.shop.received.lock().unwrap().len() == 2).await;
    assert!(tasks.shut_down(Duration::from_secs(10)).await);
}

#[tokio::test]
async fn without_a_receiver_no_webhooks_are_created() {
    let gateway = Gateway::with(1, |settings| settings.webhook = None).await;
    gateway.authorised("ord_1", "Ada Lovelace").await;
    assert_eq!(gateway.sandbox.run_once().await.unwrap(), 0);
    assert_eq!(gateway.anybody().get("/sandbox/webhooks").await.expect(200).json(), json!([]));
}

#[tokio::test]
async fn webhook_faults_duplicate_delay_and_missign() {
    let gateway = Gateway::new().await;
    let all = json!({ "webhooks": { "duplicate_percent": 100, "bad_signature_percent": 100, "late_percent": 100,
        "latest_seconds": 30 } });
    gateway.anybody().put("/sandbox/faults", all).await.expect(200);
    for number in 0..5 {
        gateway.authorised(&format!("ord_{number}"), "Ada Lovelace").await;
    }
    let mut came = Vec::new();
    for _ in 0..=30 {
        gateway.settle_down().await;
        came.extend(gateway.shop.take());
        gateway.advance(1);
    }
    assert_eq!(came.len(), 5 * 2 * 3, "each event, a copy, and a badly signed one");
    let right = |one: &&crate::gateway::Received| one.signature().contains(&hex_mac(b"second secret", &one.body));
    assert_eq!(came.iter().filter(right).count(), 5 * 2 * 2);
    let ids: std::collections::BTreeSet<String> = came.iter().map(crate::gateway::Received::event_id).collect();
    assert_eq!(ids.len(), 5 * 2);
    let places: Vec<usize> = (0..5)
        .map(|number| {
            let reference = json!(format!("ord_{number}"));
            came.iter().position(|one| one.details()["transactionReference"] == reference).unwrap()
        })
        .collect();
    assert!(!places.is_sorted(), "they came in another order: {places:?}");
}

#[tokio::test]
async fn an_invalidly_signed_copy_is_sent_once_even_if_rejected() {
    let gateway = Gateway::new().await;
    gateway.anybody().put("/sandbox/faults", json!({ "webhooks": { "bad_signature_percent": 100 } })).await.expect(200);
    gateway.pay("ord_1", "REFUSED").await.expect(201);
    gateway.shop.answer([Ok(200), Ok(400), Ok(200), Ok(400)]);
    gateway.webhook_types().await;
    gateway.advance(600);
    assert!(gateway.webhook_types().await.is_empty());
}
