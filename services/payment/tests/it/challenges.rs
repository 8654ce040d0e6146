//! Confirmations with the customer's bank.

use crate::shop::Shop;
use contracts::payment::{CheckoutResponse, PaymentAction, PaymentStatus, PaymentView};
use serde_json::json;

async fn challenged(shop: &Shop) -> (CheckoutResponse, PaymentAction) {
    let answer = shop.pay("CHALLENGE").await;
    assert_eq!(answer.payment.status, PaymentStatus::ActionRequired);
    let action = answer.payment.action.clone().unwrap();
    (answer, action)
}

#[tokio::test]
async fn a_confirmed_payment_places_the_order() {
    let shop = Shop::open().await;
    let (answer, action) = challenged(&shop).await;
    assert_eq!(shop.return_from_bank(&answer.payment).await.status, PaymentStatus::ActionRequired, "not confirmed yet");
    shop.decide(&action, "confirmed").await;
    assert_eq!(shop.return_from_bank(&answer.payment).await.status, PaymentStatus::Authorised);
    assert_eq!(shop.return_from_bank(&answer.payment).await.status, PaymentStatus::Authorised);
    assert_eq!(shop.event_kinds().await, ["order.placed"]);
}

#[tokio::test]
async fn a_return_in_several_tabs_places_one_order() {
    let shop = Shop::open().await;
    let (answer, action) = challenged(&shop).await;
    shop.decide(&action, "confirmed").await;
    futures::future::join_all((0..4).map(|_| shop.return_from_bank(&answer.payment))).await;
    shop.later(16).await;
    assert_eq!(shop.payment_view(&answer.payment).await.status, PaymentStatus::Authorised);
    let payment = shop.files.payments().await.remove(0);
    assert!(payment.discrepancies.is_empty(), "{:?}", payment.discrepancies);
    assert_eq!(shop.event_kinds().await, ["order.placed"]);
}

#[tokio::test]
async fn device_data_precedes_a_challenge() {
    let shop = Shop::open().await;
    let answer = shop.pay("DEVICE CHALLENGE").await;
    let Some(PaymentAction::DeviceData { url, bin, .. }) = &answer.payment.action else { panic!("{answer:?}") };
    assert_eq!((url.as_str(), bin.as_deref()), ("/sandbox/device-data", Some("444433")));
    let path = format!("/api/v1/payments/{}/confirm", answer.payment.id);
    let view: PaymentView = shop.caller.post(&path, json!({"device_data": "0_4f1c"})).await.expect(200).read();
    let action = view.action.expect("the bank's question");
    shop.decide(&action, "confirmed").await;
    assert_eq!(shop.return_from_bank(&answer.payment).await.status, PaymentStatus::Authorised);
}

#[tokio::test]
async fn a_confirmed_payment_without_a_return_places_the_order() {
    let shop = Shop::open().await;
    let (answer, action) = challenged(&shop).await;
    shop.decide(&action, "confirmed").await;
    shop.later(15 * 60).await;
    assert_eq!(shop.payment_view(&answer.payment).await.status, PaymentStatus::Authorised);
}

#[tokio::test]
async fn a_denied_challenge_allows_another_card() {
    let shop = Shop::open().await;
    let (answer, action) = challenged(&shop).await;
    shop.decide(&action, "denied").await;
    let view = shop.return_from_bank(&answer.payment).await;
    assert_eq!((view.status, view.refusal.unwrap().code.as_str()), (PaymentStatus::Refused, "challenge-denied"));
    shop.try_again(&answer.payment, "next", "Ada").await.expect(201);
}

#[tokio::test]
async fn an_expired_challenge_allows_another_card() {
    let shop = Shop::open().await;
    let (answer, _) = challenged(&shop).await;
    shop.later(15 * 60).await;
    let view = shop.payment_view(&answer.payment).await;
    assert_eq!((view.status, view.refusal.unwrap().code.as_str()), (PaymentStatus::Refused, "challenge-expired"));
    let paid = shop.try_again(&answer.payment, "next", "Ada").await.expect(201).read::<CheckoutResponse>();
    assert_eq!(paid.payment.status, PaymentStatus::Authorised);
    // The sweeper looks for the first card: it is looked at again later, not at once and for ever.
    shop.later(6 * 3600).await;
    assert_eq!(shop.engine.process_due().await.unwrap(), 0);
}

#[tokio::test]
async fn a_form_from_the_bank_redirects_and_changes_nothing() {
    let shop = Shop::open().await;
    let (answer, _) = challenged(&shop).await;
    let bank = testkit::Caller::new(shop.service.router.clone());
    let path = format!("/api/v1/payments/{}/return", answer.payment.id);
    let back = bank.submit(&path, &[("TransactionId", "x")]).await.expect(303);
    assert_eq!(back.headers["location"], format!("/checkout/return?payment={}", answer.payment.id));
    assert_eq!(shop.payment_view(&answer.payment).await.status, PaymentStatus::ActionRequired);
}
