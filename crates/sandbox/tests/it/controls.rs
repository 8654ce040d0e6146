//! The controls for tests and developers, and the books.

use crate::gateway::Gateway;
use sandbox::{CommandKind, Ledger, PaymentState};
use serde_json::{Value, json};

async fn happen(gateway: &Gateway, body: Value, status: u16) -> Value {
    gateway.anybody().post("/sandbox/payments/ord_1/events", body).await.expect(status).json()
}

#[tokio::test]
async fn banks_take_money_back_as_far_as_it_is_there() {
    let gateway = Gateway::new().await;
    let authorised = gateway.authorised("ord_1", "Ada Lovelace").await;
    happen(&gateway, json!({ "type": "chargedBack" }), 409).await;
    gateway.follow(&authorised, "settlePayment", None).await.expect(202);
    let gbp = |amount: i64| json!({ "type": "chargedBack", "amount": { "amount": amount, "currency": "GBP" } });
    let eur = json!({ "type": "chargedBack", "amount": { "amount": 1, "currency": "EUR" } });
    happen(&gateway, eur, 422).await;
    happen(&gateway, gbp(2501), 422).await;
    assert_eq!(happen(&gateway, gbp(1000), 200).await["charged_back"], 1000);
    assert_eq!(happen(&gateway, json!({ "type": "chargedBack" }), 200).await["charged_back"], 2500);
    happen(&gateway, json!({ "type": "chargedBack" }), 409).await;
    let told = gateway.told().await;
    assert_eq!(told.iter().filter(|kind| *kind == "chargedBack").count(), 2);
}

#[tokio::test]
async fn refunds_settlements_and_authorisations_fail_on_demand() {
    let gateway = Gateway::new().await;
    let authorised = gateway.authorised("ord_1", "Ada Lovelace").await;
    happen(&gateway, json!({ "type": "refundFailed" }), 409).await;
    let settled = gateway.follow(&authorised, "settlePayment", None).await.expect(202).json();
    gateway.follow(&settled, "refundPayment", None).await.expect(202);
    happen(&gateway, json!({ "type": "settlementFailed" }), 409).await;
    let other = json!({ "type": "refundFailed", "amount": { "amount": 7, "currency": "GBP" } });
    happen(&gateway, other, 409).await;
    assert_eq!(happen(&gateway, json!({ "type": "refundFailed" }), 200).await["commands"][1]["failed"], true);
    assert_eq!(happen(&gateway, json!({ "type": "settlementFailed" }), 200).await["commands"][0]["failed"], true);
    assert_eq!(gateway.booked("ord_1").await.held(), 2500);
    assert_eq!(happen(&gateway, json!({ "type": "expired" }), 200).await["state"], "expired");
    happen(&gateway, json!({ "type": "expired" }), 409).await;
    gateway.advance(60);
    let told = gateway.told().await;
    for kind in ["refundFailed", "settlementFailed", "expired"] {
        assert_eq!(told.iter().filter(|told| *told == kind).count(), 1, "{told:?}");
    }
    assert!(!told.contains(&"settled".to_owned()) && !told.contains(&"refunded".to_owned()), "{told:?}");
}

#[tokio::test]
async fn what_happens_happens_to_the_newest_payment_of_a_reference() {
    let gateway = Gateway::new().await;
    happen(&gateway, json!({ "type": "expired" }), 404).await;
    gateway.authorised("ord_1", "Ada Lovelace").await;
    gateway.authorised("ord_1", "Ada Lovelace").await;
    happen(&gateway, json!({ "type": "expired" }), 200).await;
    let states: Vec<PaymentState> = gateway.books().await.iter().map(|payment| payment.state).collect();
    assert_eq!(states, [PaymentState::Authorised, PaymentState::Expired]);
    happen(&gateway, json!({ "type": "earthquake" }), 422).await;
}

#[tokio::test]
async fn the_books_come_in_pages_that_part_no_reference() {
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
async fn another_process_reads_the_same_books() {
    let gateway = Gateway::new().await;
    let authorised = gateway.authorised("ord_1", "Ada Lovelace").await;
    let ledger = Ledger::open(&gateway.folder.path().join("sandbox.db")).await.unwrap();
    let part = json!({ "reference": "cap-1", "value": { "currency": "GBP", "amount": 900 } });
    gateway.follow(&authorised, "partiallySettlePayment", Some(part)).await.expect(202);
    let booked = ledger.payments_after("", 10).await.unwrap();
    assert_eq!(booked, gateway.books().await);
    assert_eq!(booked[0].payment_id, authorised["paymentId"]);
    assert_eq!((booked[0].commands[0].kind, booked[0].commands[0].amount.amount), (CommandKind::Settle, 900));
    assert!(ledger.payments_after("ord_1", 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn links_of_before_a_restart_still_lead_to_their_payment() {
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
    let again = sandbox::Sandbox::open(&path, settings, gateway.env.system.clone()).await.unwrap();
    let merchant = testkit::Caller::new(again.router()).with_header("wp-api-version", "2024-06-01");
    let link = crate::gateway::path_of(authorised["_links"]["self"]["href"].as_str().unwrap());
    assert_eq!(merchant.get(link).await.expect(200).json()["lastEvent"], "Authorized");
}
