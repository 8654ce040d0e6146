//! Several gateways at once: which one a new attempt goes to, and what it is asked for.

use crate::shop::{Files, Shop, account};
use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use chassis::transport::{Transport, TransportError};
use contracts::payment::{CheckoutResponse, CommandState, PaymentDetails, PaymentStatus};
use payment::attempt::OperationState;
use payment::gateway::worldpay::Settings;
use payment::payment::{Effects, Payment};
use sandbox::CommandKind;
use serde_json::{Value, json};
use testkit::Caller;
use testkit::samples::usd;
use tower::util::BoxCloneSyncService;

const TOKENS: &str = "application/vnd.worldpay.tokens-v3.hal+json";

/// A line on which every request fails like this.
fn dead(error: fn(String) -> TransportError) -> Transport {
    BoxCloneSyncService::new(tower::service_fn(move |_: Request<Body>| async move {
        Err::<Response, _>(error("nobody is there".into()))
    }))
}

fn named(name: &str) -> Settings {
    Settings { name: name.to_owned(), ..account() }
}

/// A shop with a first account at the end of a dead line, and a second one that works.
async fn first_is_away(error: fn(String) -> TransportError) -> Shop {
    Shop::with_accounts(|files: &Files| vec![(named("first"), dead(error)), (named("second"), files.line())]).await
}

async fn hosted(shop: &Shop) -> CheckoutResponse {
    let mut request = shop.request("Ada").await;
    request["payment"] = json!({"method": "hosted"});
    shop.check_out("hosted", &request).await.read()
}

async fn attempts(shop: &Shop) -> Vec<(String, OperationState)> {
    let payment = shop.files.payments().await.remove(0);
    payment.operations.into_iter().map(|attempt| (attempt.gateway, attempt.state)).collect()
}

#[tokio::test]
async fn a_new_attempt_goes_to_the_next_gateway_when_the_first_certainly_was_not_reached() {
    let shop = first_is_away(TransportError::NotSent).await;
    let answer = hosted(&shop).await;
    assert_eq!(answer.payment.status, PaymentStatus::ActionRequired);
    let tried = [("first".to_owned(), OperationState::Refused), ("second".to_owned(), OperationState::Challenged)];
    assert_eq!(attempts(&shop).await, tried);
    // Whoever looks next is offered the one that answers first.
    let offered = shop.caller.get("/api/v1/payment-methods?currency=USD").await.expect(200).json();
    assert_eq!(offered["items"][0]["gateway"], "second", "{offered}");
}

#[tokio::test]
async fn no_other_gateway_is_asked_while_the_outcome_at_the_first_is_unknown() {
    let shop = first_is_away(TransportError::NoResponse).await;
    let answer = hosted(&shop).await;
    assert_eq!(answer.payment.status, PaymentStatus::Processing);
    assert_eq!(attempts(&shop).await, [("first".to_owned(), OperationState::Unknown)]);
}

#[tokio::test]
async fn a_card_goes_to_the_gateway_that_knows_its_session_and_to_no_other() {
    let shop = first_is_away(TransportError::NotSent).await;
    let mut request = shop.request("Ada").await;
    let answer: CheckoutResponse = shop.check_out("one", &request).await.expect(201).read();
    assert_eq!(answer.payment.refusal.unwrap().code, "gateway-away");
    assert_eq!(attempts(&shop).await, [("first".to_owned(), OperationState::Refused)]);
    request["payment"]["gateway"] = json!("second");
    let answer: CheckoutResponse = shop.check_out("two", &request).await.expect(201).read();
    assert_eq!(answer.payment.status, PaymentStatus::Authorised);
}

#[tokio::test]
async fn a_gateway_is_offered_and_asked_in_its_currencies_alone() {
    let euros = Settings { currencies: vec!["EUR".parse().unwrap()], ..named("euros") };
    let shop = Shop::with_accounts(|files| vec![(euros, files.line()), (named("others"), files.line())]).await;
    let offered = async |currency: &str| {
        let path = format!("/api/v1/payment-methods?currency={currency}");
        let answer = shop.caller.get(&path).await.expect(200).json();
        answer["items"].as_array().unwrap().iter().map(|item| item["gateway"].clone()).collect::<Vec<_>>()
    };
    assert!(offered("EUR").await.contains(&json!("euros")));
    assert!(!offered("USD").await.contains(&json!("euros")));
    hosted(&shop).await;
    assert_eq!(attempts(&shop).await, [("others".to_owned(), OperationState::Challenged)]);
}

#[tokio::test]
async fn a_card_that_the_gateway_keeps_pays_by_its_token() {
    let shop = Shop::open().await;
    let card = json!({
        "paymentInstrument": {
            "type": "card/front", "cardHolderName": "Ada", "cardNumber": "4444333322221111",
            "cardExpiryDate": { "month": 5, "year": 2035 },
        },
        "merchant": { "entity": "default" },
        "namespace": "ada",
    });
    let vault = Caller::new(shop.files.sandbox.router()).with_header("content-type", TOKENS);
    let kept = vault.with_header("accept", TOKENS).post("/tokens", card).await.expect(201).json();
    let mut request = shop.request("Ada").await;
    let token: &Value = &kept["_links"]["tokens:token"]["href"];
    request["payment"] = json!({"method": "card", "token": token});
    let answer: CheckoutResponse = shop.check_out("one", &request).await.expect(201).read();
    assert_eq!(answer.payment.status, PaymentStatus::Authorised);
    request["payment"]["session"] = json!("both");
    shop.check_out("two", &request).await.expect(422);
}

#[tokio::test]
async fn what_the_gateway_offers_to_reverse_alone_is_reversed() {
    let shop = Shop::open().await;
    let order = shop.pay("Ada").await.order_id;
    shop.command(order, "capture", json!({"kind": "capture"})).await;
    let id = shop.files.payments().await[0].id;
    let only_reversal = |payment: &mut Payment| {
        for attempt in &mut payment.operations {
            attempt.links.retain(|name, _| name == "reversePayment");
        }
        Ok(Effects::default())
    };
    shop.engine.change(id, only_reversal).await.unwrap();
    let undone = shop.command(order, "undo", json!({"kind": "undo"})).await;
    assert_eq!((undone.state, undone.totals.refunded), (CommandState::Done, usd(2500)));
    let theirs = shop.files.ledger.payments_after("", 10).await.unwrap();
    let last = theirs[0].commands.last().unwrap();
    assert_eq!((last.kind, last.amount, theirs[0].refunded()), (CommandKind::Refund, usd(2500), 2500));
    let support = shop.env.staff(&shop.service.router, chassis::auth::Role::Support);
    let details: PaymentDetails = support.get(&format!("/api/v1/payments/{id}/details")).await.expect(200).read();
    assert!(details.discrepancies.is_empty(), "{details:?}");
}
