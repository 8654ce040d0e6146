//! Several gateways: the choice for a new attempt, and the requests each of them gets.

use crate::shop::{Files, Shop, account};
use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use chassis::transport::{Transport, TransportError};
use contracts::payment::{CheckoutResponse, CommandState, PaymentDetails, PaymentStatus};
use payment::gateway::worldpay::Settings;
use payment::operation::OperationState;
use payment::payment::{Effects, Payment};
use sandbox::CommandKind;
use serde_json::{Value, json};
use testkit::Caller;
use testkit::samples::usd;
use tower::util::BoxCloneSyncService;

const TOKENS: &str = "application/vnd.worldpay.tokens-v3.hal+json";

/// A transport on which every request fails with this error.
fn dead(error: fn(String) -> TransportError) -> Transport {
    BoxCloneSyncService::new(tower::service_fn(move |_: Request<Body>| async move {
        Err::<Response, _>(error("unreachable".into()))
    }))
}

fn named(name: &str) -> Settings {
    Settings { name: name.to_owned(), ..account() }
}

/// A shop whose first account is unreachable and whose second one works.
async fn first_is_unavailable(error: fn(String) -> TransportError) -> Shop {
    Shop::with_accounts(|files: &Files| vec![(named("first"), dead(error)), (named("second"), files.connection())])
        .await
}

async fn hosted(shop: &Shop) -> CheckoutResponse {
    let mut request = shop.request("Ada").await;
    request["payment"] = json!({"method": "hosted"});
    shop.check_out("hosted", &request).await.read()
}

async fn attempts(shop: &Shop) -> Vec<(String, OperationState)> {
    let payment = shop.files.payments().await.remove(0);
    payment.operations.into_iter().map(|operation| (operation.gateway, operation.state)).collect()
}

#[tokio::test]
async fn an_attempt_falls_back_when_the_first_gateway_is_unreachable() {
    let shop = first_is_unavailable(TransportError::NotSent).await;
    let answer = hosted(&shop).await;
    assert_eq!(answer.payment.status, PaymentStatus::ActionRequired);
    let tried = [("first".to_owned(), OperationState::Refused), ("second".to_owned(), OperationState::Challenged)];
    assert_eq!(attempts(&shop).await, tried);
    // The next customer is offered the available gateway first.
    let offered = shop.caller.get("/api/v1/payment-methods?currency=USD").await.expect(200).json();
    assert_eq!(offered["items"][0]["gateway"], "second", "{offered}");
}

#[tokio::test]
async fn an_unknown_outcome_prevents_the_fallback() {
    let shop = first_is_unavailable(TransportError::NoResponse).await;
    let answer = hosted(&shop).await;
    assert_eq!(answer.payment.status, PaymentStatus::Processing);
    assert_eq!(attempts(&shop).await, [("first".to_owned(), OperationState::Unknown)]);
}

#[tokio::test]
async fn a_card_session_is_only_sent_to_its_own_gateway() {
    let shop = first_is_unavailable(TransportError::NotSent).await;
    let mut request = shop.request("Ada").await;
    let answer: CheckoutResponse = shop.check_out("one", &request).await.expect(201).read();
    assert_eq!(answer.payment.refusal.unwrap().code, "gateway-unavailable");
    assert_eq!(attempts(&shop).await, [("first".to_owned(), OperationState::Refused)]);
    request["payment"]["gateway"] = json!("second");
    let answer: CheckoutResponse = shop.check_out("two", &request).await.expect(201).read();
    assert_eq!(answer.payment.status, PaymentStatus::Authorised);
}

#[tokio::test]
async fn a_gateway_is_used_for_its_currencies_only() {
    let euros = Settings { currencies: vec!["EUR".parse().unwrap()], ..named("euros") };
    let shop =
        Shop::with_accounts(|files| vec![(euros, files.connection()), (named("others"), files.connection())]).await;
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
async fn a_stored_card_pays_by_token() {
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
async fn a_payment_that_can_only_be_reversed_is_reversed() {
    let shop = Shop::open().await;
    let order = shop.pay("Ada").await.order_id;
    shop.command(order, "capture", json!({"kind": "capture"})).await;
    let id = shop.files.payments().await[0].id;
    let only_reversal = |payment: &mut Payment| {
        for operation in &mut payment.operations {
            operation.links.retain(|name, _| name == "reversePayment");
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
