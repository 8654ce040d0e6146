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
async fn a_confirmed_payment_makes_the_order() {
    let shop = Shop::open().await;
    let (answer, action) = challenged(&shop).await;
    assert_eq!(shop.come_back(&answer.payment).await.status, PaymentStatus::ActionRequired, "not confirmed yet");
    shop.decide(&action, "confirmed").await;
    assert_eq!(shop.come_back(&answer.payment).await.status, PaymentStatus::Authorised);
    assert_eq!(shop.come_back(&answer.payment).await.status, PaymentStatus::Authorised);
    assert_eq!(shop.told().await, ["order.placed"]);
}

#[tokio::test]
async fn a_customer_who_comes_back_in_several_tabs_at_once_has_one_order() {
    let shop = Shop::open().await;
    let (answer, action) = challenged(&shop).await;
    shop.decide(&action, "confirmed").await;
    futures::future::join_all((0..4).map(|_| shop.come_back(&answer.payment))).await;
    shop.later(16).await;
    assert_eq!(shop.look(&answer.payment).await.status, PaymentStatus::Authorised);
    let payment = shop.files.payments().await.remove(0);
    assert!(payment.discrepancies.is_empty(), "{:?}", payment.discrepancies);
    assert_eq!(shop.told().await, ["order.placed"]);
}

#[tokio::test]
async fn a_bank_may_want_to_know_the_browser_first() {
    let shop = Shop::open().await;
    let answer = shop.pay("DEVICE CHALLENGE").await;
    let Some(PaymentAction::DeviceData { url, bin, .. }) = &answer.payment.action else { panic!("{answer:?}") };
    assert_eq!((url.as_str(), bin.as_deref()), ("/sandbox/device-data", Some("444433")));
    let path = format!("/api/v1/payments/{}/confirm", answer.payment.id);
    let view: PaymentView = shop.caller.post(&path, json!({"device_data": "0_4f1c"})).await.expect(200).read();
    let action = view.action.expect("the bank's question");
    shop.decide(&action, "confirmed").await;
    assert_eq!(shop.come_back(&answer.payment).await.status, PaymentStatus::Authorised);
}

#[tokio::test]
async fn a_customer_who_never_comes_back_from_confirming_has_an_order_all_the_same() {
    let shop = Shop::open().await;
    let (answer, action) = challenged(&shop).await;
    shop.decide(&action, "confirmed").await;
    shop.later(15 * 60).await;
    assert_eq!(shop.look(&answer.payment).await.status, PaymentStatus::Authorised);
}

#[tokio::test]
async fn a_denied_payment_is_refused_and_another_card_may_follow() {
    let shop = Shop::open().await;
    let (answer, action) = challenged(&shop).await;
    shop.decide(&action, "denied").await;
    let view = shop.come_back(&answer.payment).await;
    assert_eq!((view.status, view.refusal.unwrap().code.as_str()), (PaymentStatus::Refused, "challenge-denied"));
    shop.try_again(&answer.payment, "next", "Ada").await.expect(201);
}

#[tokio::test]
async fn a_challenge_that_is_not_met_is_abandoned_and_another_card_may_follow() {
    let shop = Shop::open().await;
    let (answer, _) = challenged(&shop).await;
    shop.later(15 * 60).await;
    let view = shop.look(&answer.payment).await;
    assert_eq!((view.status, view.refusal.unwrap().code.as_str()), (PaymentStatus::Refused, "challenge-expired"));
    let paid = shop.try_again(&answer.payment, "next", "Ada").await.expect(201).read::<CheckoutResponse>();
    assert_eq!(paid.payment.status, PaymentStatus::Authorised);
    // The sweeper looks for the first card: it is looked at again later, not at once and for ever.
    shop.later(6 * 3600).await;
    assert_eq!(shop.engine.look_after().await.unwrap(), 0);
}

#[tokio::test]
async fn a_banks_form_leads_back_to_the_shop_and_changes_nothing() {
    let shop = Shop::open().await;
    let (answer, _) = challenged(&shop).await;
    let bank = testkit::Caller::new(shop.service.router.clone());
    let path = format!("/api/v1/payments/{}/return", answer.payment.id);
    let back = bank.submit(&path, &[("TransactionId", "x")]).await.expect(303);
    assert_eq!(back.headers["location"], format!("/checkout/return?payment={}", answer.payment.id));
    assert_eq!(shop.look(&answer.payment).await.status, PaymentStatus::ActionRequired);
}
