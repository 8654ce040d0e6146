//! Tests of the control API and the ledger.

use crate::gateway::Gateway;
use sandbox::{CommandKind, Ledger, PaymentState};
use serde_json::{Value, json};

async fn trigger(gateway: &Gateway, body: Value, status: u16) -> Value {
    gateway.anybody().post("/sandbox/payments/ord_1/events", body).await.expect(status).json()
}

#[tokio::test]
async fn chargebacks_are_limited_to_the_settled_amount() {
    let gateway = Gateway::new().await;
    let authorised = gateway.authorised("ord_1", "Ada Lovelace").await;
    trigger(&gateway, json!({ "type": "chargedBack" }), 409).await;
    gateway.follow(&authorised, "settlePayment", None).await.expect(202);
    let gbp = |amount: i64| json!({ "type": "chargedBack", "amount": { "amount": amount, "currency": "GBP" } });
    let eur = json!({ "type": "chargedBack", "amount": { "amount": 1, "currency": "EUR" } });
    trigger(&gateway, eur, 422).await;
    trigger(&gateway, gbp(2501), 422).await;
    assert_eq!(trigger(&gateway, gbp(1000), 200).await["charged_back"], 1000);
    assert_eq!(trigger(&gateway, json!({ "type": "chargedBack" }), 200).await["charged_back"], 2500);
    trigger(&gateway, json!({ "type": "chargedBack" }), 409).await;
    let webhook_types = gateway.webhook_types().await;
    assert_eq!(webhook_types.iter().filter(|kind| *kind == "chargedBack").count(), 2);
}

#[tokio::test]
async fn refunds_settlements_and_authorisations_fail_on_demand() {
    let gateway = Gateway::new().await;
    let authorised = gateway.authorised("ord_1", "Ada Lovelace").await;
    trigger(&gateway, json!({ "type": "refundFailed" }), 409).await;
    let settled = gateway.follow(&authorised, "settlePayment", None).await.expect(202).json();
    gateway.follow(&settled, "refundPayment", None).await.expect(202);
    trigger(&gateway, json!({ "type": "settlementFailed" }), 409).await;
    let other = json!({ "type": "refundFailed", "amount": { "amount": 7, "currency": "GBP" } });
    trigger(&gateway, other, 409).await;
    assert_eq!(trigger(&gateway, json!({ "type": "refundFailed" }), 200).await["commands"][1]["failed"], true);
    assert_eq!(trigger(&gateway, json!({ "type": "settlementFailed" }), 200).await["commands"][0]["failed"], true);
    assert_eq!(gateway.ledger_payment("ord_1").await.capturable(), 2500);
    assert_eq!(trigger(&gateway, json!({ "type": "expired" }), 200).await["state"], "expired");
    trigger(&gateway, json!({ "type": "expired" }), 409).await;
    gateway.advance(60);
    let webhook_types = gateway.webhook_types().await;
    for kind in ["refundFailed", "settlementFailed", "expired"] {
        assert_eq!(webhook_types.iter().filter(|one| *one == kind).count(), 1, "{webhook_types:?}");
    }
    assert!(
        !webhook_types.contains(&"settled".to_owned()) && !webhook_types.contains(&"refunded".to_owned()),
        "{webhook_types:?}"
    );
}

#[tokio::test]
async fn events_are_triggered_for_the_newest_payment_with_a_reference() {
    let gateway = Gateway::new().await;
    trigger(&gateway, json!({ "type": "expired" }), 404).await;
    gateway.authorised("ord_1", "Ada Lovelace").await;
    gateway.authorised("ord_1", "Ada Lovelace").await;
    trigger(&gateway, json!({ "type": "expired" }), 200).await;
    let states: Vec<PaymentState> = gateway.ledger_payments().await.iter().map(|payment| payment.state).collect();
    assert_eq!(states, [PaymentState::Authorised, PaymentState::Expired]);
    trigger(&gateway, json!({ "type": "earthquake" }), 422).await;
}

#[tokio::test]
async fn ledger_pages_keep_payments_with_the_same_reference_together() {
    let gateway = Gateway::new().await;
    for reference in ["ord_3", "ord_1", "ord_2", "ord_2", "ord_2"] {
        gateway.authorised(reference, "Ada Lovelace").await;
    }
    let mut pages = Vec::new();
    let mut after = String::new();
    loop {
        let page = gateway.anybody().get(&format!("/sandbox/ledger?after={after}&limit=2")).await.expect(200).json();
        let references: Vec<String> =
            page["items"].as_array().unwrap().iter().map(|one| one["reference"].as_str().unwrap().to_owned()).collect();
        pages.push(references);
        match page["next"].as_str() {
            Some(next) => next.clone_into(&mut after),
            None => break,
        }
    }
    assert_eq!(pages, [vec!["ord_1", "ord_2", "ord_2", "ord_2"], vec!["ord_3"]]);
    assert_eq!(gateway.sandbox.ledger().payments_after("", 1).await.unwrap().len(), 1);
    gateway.anybody().get("/sandbox/ledger?limit=0").await.expect(422);
}

#[tokio::test]
async fn another_process_can_read_the_ledger() {
    let gateway = Gateway::new().await;
    let authorised = gateway.authorised("ord_1", "Ada Lovelace").await;
    let ledger = Ledger::open(&gateway.folder.path().join("sandbox.db")).await.unwrap();
    let part = json!({ "reference": "cap-1", "value": { "currency": "GBP", "amount": 900 } });
    gateway.follow(&authorised, "partiallySettlePayment", Some(part)).await.expect(202);
    let ledger_payment = ledger.payments_after("", 10).await.unwrap();
    assert_eq!(ledger_payment, gateway.ledger_payments().await);
    assert_eq!(ledger_payment[0].payment_id, authorised["paymentId"]);
    assert_eq!(
        (ledger_payment[0].commands[0].kind, ledger_payment[0].commands[0].amount.amount),
        (CommandKind::Settle, 900)
    );
    assert!(ledger.payments_after("ord_1", 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn links_remain_valid_after_a_restart() {
    let gateway = Gateway::new().await;
    let authorised = gateway.authorised("ord_1", "Ada Lovelace").await;
    let settings = sandbox::Settings {
        api_url: crate::gateway::API.to_owned(),
        browser_url: String::new(),
        credentials: None,
        index_delay: jiff::SignedDuration::ZERO,
        webhook: None,
    };
    let path = gateway.folder.path().join("sandbox.db");
    let retried = sandbox::Sandbox::open(&path, settings, gateway.env.system.clone()).await.unwrap();
    let merchant = testkit::Caller::new(retried.router()).with_header("wp-api-version", "2024-06-01");
    let link = crate::gateway::path_of(authorised["_links"]["self"]["href"].as_str().unwrap());
    assert_eq!(merchant.get(link).await.expect(200).json()["lastEvent"], "Authorized");
}
