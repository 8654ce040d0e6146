//! Repeated requests with the same idempotency key.

use crate::fault_rig::FaultRig;
use crate::shop::Shop;
use contracts::payment::{CheckoutResponse, PaymentStatus};
use jiff::SignedDuration;
use payment::payment::State;
use serde_json::json;
use testkit::{Fault, Faults};

#[tokio::test]
async fn a_repeated_request_gets_the_stored_response() {
    let shop = Shop::open().await;
    let request = shop.request("Ada").await;
    let first = shop.check_out("one", &request).await.expect(201);
    shop.env.advance(SignedDuration::from_mins(5));
    let second = shop.check_out("one", &request).await.expect(201);
    assert_eq!(first.bytes, second.bytes);
    assert_eq!(first.headers["content-type"], second.headers["content-type"]);
    assert_eq!(shop.files.operations().await.len(), 1);
}

#[tokio::test]
async fn a_key_with_a_different_body_is_refused() {
    let shop = Shop::open().await;
    shop.check_out("one", &shop.request("Ada").await).await.expect(201);
    let other = shop.request("Ada").await;
    assert_eq!(shop.check_out("one", &other).await.problem(422), "idempotency-key-reused");
}

#[tokio::test]
async fn keys_are_scoped_to_their_customer() {
    let shop = Shop::open().await;
    let request = shop.request("Ada").await;
    shop.check_out("one", &request).await.expect(201);
    shop.carts.set(2, 1, 2500);
    let other = shop.env.guest(&shop.service.router).with_header("idempotency-key", "one");
    other.post("/api/v1/checkout", &request).await.expect(201);
    assert_eq!(shop.files.payments().await.len(), 2);
}

#[tokio::test]
async fn the_key_is_required_and_validated() {
    let shop = Shop::open().await;
    let request = shop.request("Ada").await;
    shop.caller.post("/api/v1/checkout", &request).await.expect(422);
    shop.check_out(&"x".repeat(129), &request).await.expect(422);
    shop.check_out("with a space", &request).await.expect(422);
    assert!(shop.files.payments().await.is_empty());
}

#[tokio::test]
async fn a_key_cannot_be_reused_for_another_payment() {
    let shop = Shop::open().await;
    let first = shop.pay("REFUSED").await;
    shop.carts.set(2, 1, 2500);
    let second = shop.pay("REFUSED").await;
    let body =
        json!({"payment": {"method": "card", "session": crate::shop::session(&shop.files.sandbox, "Ada").await}});
    let caller = shop.caller.clone().with_header("idempotency-key", "again");
    let path = |answer: &CheckoutResponse| format!("/api/v1/payments/{}/attempts", answer.payment.id);
    caller.post(&path(&first), &body).await.expect(201);
    assert_eq!(caller.post(&path(&second), &body).await.problem(422), "idempotency-key-reused");
    assert_eq!(shop.payment_view(&second.payment).await.status, PaymentStatus::Refused);
}

#[tokio::test]
async fn concurrent_identical_requests_buy_once() {
    let shop = Shop::open().await;
    let request = shop.request("Ada").await;
    let answers = futures::future::join_all((0..8).map(|_| shop.check_out("one", &request))).await;
    for answer in answers {
        match answer.status.as_u16() {
            201 => assert_eq!(answer.json()["payment"]["status"], "authorised"),
            _ => assert_eq!(answer.problem(409), "request-in-flight"),
        }
    }
    assert_eq!((shop.files.payments().await.len(), shop.files.operations().await.len(), shop.reserved()), (1, 1, 1));
}

#[tokio::test]
async fn concurrent_checkouts_of_one_cart_charge_once() {
    let shop = Shop::open().await;
    let request = shop.request("Ada").await;
    let keys: Vec<String> = (0..8).map(|number| format!("key-{number}")).collect();
    let answers = futures::future::join_all(keys.iter().map(|key| shop.check_out(key, &request))).await;
    for answer in answers {
        assert!([201, 202, 409].contains(&answer.status.as_u16()), "{}", answer.text());
    }
    assert_eq!((shop.files.payments().await.len(), shop.files.operations().await.len(), shop.reserved()), (1, 1, 1));
}

#[tokio::test]
async fn an_interrupted_request_is_in_flight_until_its_lease_ends() {
    // The process dies between reserving and sending the authorisation.
    let faults = Faults::at(4, Fault::DiesAfter);
    let rig = FaultRig::new(faults.clone()).await;
    let request = rig.request("Ada").await;
    assert_eq!(rig.check_out("one", &request).await.unwrap_err().status, 503);
    faults.restart();
    let waiting = rig.check_out("one", &request).await.unwrap_err();
    assert_eq!(waiting.slug(), "request-in-flight");
    rig.env.advance(SignedDuration::from_secs(46));
    let answer = rig.check_out("one", &request).await.unwrap();
    assert_eq!(answer.status, 202, "whether the command arrived is not known yet");
    assert_eq!(rig.check_out("one", &request).await.unwrap(), answer);
}

#[tokio::test]
async fn a_resumed_request_does_not_repeat_a_refused_attempt() {
    // The process dies after the gateway has refused, before the refusal is stored.
    let faults = Faults::at(5, Fault::DiesAfter);
    let rig = FaultRig::new(faults.clone()).await;
    let request = rig.request("REFUSED51").await;
    rig.check_out("one", &request).await.unwrap_err();
    faults.restart();
    rig.later(31).await;
    rig.env.advance(SignedDuration::from_secs(46));
    let answer = rig.check_out("one", &request).await.unwrap();
    assert_eq!(answer.status, 201);
    assert!(String::from_utf8_lossy(&answer.body).contains("\"refused\""));
    assert_eq!(rig.files.operations().await.len(), 1, "one attempt per request");
}

#[tokio::test]
async fn a_resumed_request_reports_a_closed_payment() {
    // The process dies after reserving.
    let faults = Faults::at(3, Fault::DiesAfter);
    let rig = FaultRig::new(faults.clone()).await;
    let request = rig.request("Ada").await;
    rig.check_out("one", &request).await.unwrap_err();
    faults.restart();
    assert_eq!(rig.stock.with(|stock| stock.reserved()), 1);
    rig.later(31).await;
    assert_eq!((rig.payment().await.state, rig.stock.with(|stock| stock.reserved())), (State::Closed, 0));
    rig.later(46).await;
    let answer = rig.check_out("one", &request).await.unwrap();
    assert_eq!(answer.status, 409);
    assert!(String::from_utf8_lossy(&answer.body).contains("checkout-closed"));
}
