//! Confirmations with the customer's bank.

use crate::shop::Shop;
use axum::http::Method;
use contracts::payment::{CheckoutAnswer, PaymentAction, PaymentStatus, PaymentView};
use payment::gateway::sandbox::OperationState;

async fn challenged(shop: &Shop) -> (CheckoutAnswer, String) {
    let answer = shop.pay("CHALLENGE").await;
    assert_eq!(answer.payment.status, PaymentStatus::ActionRequired);
    let Some(PaymentAction::Redirect { url }) = answer.payment.action.clone() else { panic!("no way to confirm") };
    (answer, url)
}

async fn come_back(shop: &Shop, payment: &PaymentView) -> PaymentView {
    let path = format!("/api/v1/payments/{}/confirm", payment.id);
    shop.caller.send(Method::POST, &path, None).await.expect(200).read()
}

#[tokio::test]
async fn a_confirmed_payment_makes_the_order() {
    let shop = Shop::open().await;
    let (answer, url) = challenged(&shop).await;
    assert_eq!(come_back(&shop, &answer.payment).await.status, PaymentStatus::ActionRequired, "not confirmed yet");
    shop.caller.get(&url).await.expect(200);
    shop.caller.send(Method::POST, &format!("{url}/approve"), None).await.expect(303);
    assert_eq!(come_back(&shop, &answer.payment).await.status, PaymentStatus::Authorised);
    assert_eq!(come_back(&shop, &answer.payment).await.status, PaymentStatus::Authorised);
    assert_eq!(shop.told().await, ["order.placed"]);
}

#[tokio::test]
async fn a_customer_who_never_comes_back_from_confirming_has_an_order_all_the_same() {
    let shop = Shop::open().await;
    let (answer, url) = challenged(&shop).await;
    shop.caller.send(Method::POST, &format!("{url}/approve"), None).await.expect(303);
    shop.later(15 * 60).await;
    assert_eq!(shop.look(&answer.payment).await.status, PaymentStatus::Authorised);
}

#[tokio::test]
async fn a_denied_payment_is_refused_and_another_card_may_follow() {
    let shop = Shop::open().await;
    let (answer, url) = challenged(&shop).await;
    shop.caller.send(Method::POST, &format!("{url}/deny"), None).await.expect(303);
    let view = come_back(&shop, &answer.payment).await;
    assert_eq!((view.status, view.refusal.unwrap().code.as_str()), (PaymentStatus::Refused, "challenge-denied"));
    shop.try_again(&answer.payment, "next", "Ada").await.expect(201);
}

#[tokio::test]
async fn a_challenge_that_is_not_met_is_abandoned_and_let_go_should_it_be_met_later() {
    let shop = Shop::open().await;
    let (answer, url) = challenged(&shop).await;
    shop.later(15 * 60).await;
    let view = shop.look(&answer.payment).await;
    assert_eq!((view.status, view.refusal.unwrap().code.as_str()), (PaymentStatus::Refused, "challenge-expired"));
    let paid = shop.try_again(&answer.payment, "next", "Ada").await.expect(201).read::<CheckoutAnswer>();
    assert_eq!(paid.payment.status, PaymentStatus::Authorised);
    // The sweeper looks, and the bank's page is still open: it is looked at again later, not at once and for ever.
    shop.later(6 * 3600).await;
    assert_eq!(shop.engine.look_after().await.unwrap(), 0);
    shop.caller.send(Method::POST, &format!("{url}/approve"), None).await.expect(303);
    shop.later(6 * 3600).await;
    shop.later(1).await;
    let payment = shop.files.payments().await.remove(0);
    assert_eq!(payment.status(), PaymentStatus::Authorised);
    assert_eq!(payment.authorisation().map(|standing| standing.number), Some(2), "the order stands on the second card");
    let voids = shop.files.operations().await;
    let void = voids.iter().find(|one| one.target.is_some()).expect("the first card's money is let go");
    assert_eq!(
        (void.state, void.target.as_deref()),
        (OperationState::Done, Some(payment.attempts[0].reference.as_str()))
    );
}

#[tokio::test]
async fn a_customer_who_confirms_too_late_gets_the_money_back_at_once() {
    let shop = Shop::open().await;
    let (answer, url) = challenged(&shop).await;
    shop.later(15 * 60).await;
    shop.caller.send(Method::POST, &format!("{url}/approve"), None).await.expect(303);
    assert_eq!(come_back(&shop, &answer.payment).await.status, PaymentStatus::Refused);
    shop.later(0).await;
    assert_eq!(shop.files.operations().await.iter().filter(|one| one.target.is_some()).count(), 1);
}
