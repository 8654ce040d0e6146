//! Requests that are sent again.

use crate::shop::Shop;
use contracts::dispatch::OrderStatus;
use dispatch::store::OrderStore;
use jiff::SignedDuration;
use serde_json::json;
use testkit::samples::usd;

#[tokio::test]
async fn the_same_request_gets_the_same_answer_byte_for_byte() {
    let shop = Shop::open().await;
    shop.begun().await;
    let (path, caller) = (shop.path("/cancel"), shop.keyed(&shop.owner));
    let first = caller.post(&path, json!({"reason": "too slow"})).await.expect(202);
    shop.work().await;
    assert_eq!(shop.status().await, OrderStatus::Cancelled);
    let again = caller.post(&path, json!({"reason": "too slow"})).await.expect(202);
    assert_eq!(
        (again.bytes, again.headers["content-type"].clone()),
        (first.bytes, first.headers["content-type"].clone())
    );
    assert_eq!(caller.post(&path, json!({"reason": "too late"})).await.problem(422), "idempotency-key-reused");
    // Somebody else's key of the same name is another key.
    let support = shop.support().with_header("idempotency-key", "k");
    support.post(&path, json!({})).await.expect(202);
    assert_eq!(shop.owner.post(&path, json!({})).await.problem(422), "invalid-input", "there is no key");
}

#[tokio::test]
async fn what_was_refused_can_be_put_right_under_the_same_key() {
    let shop = Shop::open().await;
    shop.hear(&shop.placed()).await;
    let caller = shop.support().with_header("idempotency-key", "refund-1");
    let refund = json!({"amount": usd(500), "reason": "broken"});
    caller.post(&shop.path("/refunds"), &refund).await.expect(409);
    shop.work().await;
    caller.post(&shop.path("/refunds"), &refund).await.expect(202);
    caller.post(&shop.path("/refunds"), &refund).await.expect(202);
    shop.work().await;
    assert_eq!(shop.look().await.payment.refunded, usd(500));
}

#[tokio::test]
async fn a_refund_is_made_once_even_when_its_answer_is_forgotten() {
    let shop = Shop::open().await;
    shop.begun().await;
    let caller = shop.support().with_header("idempotency-key", "refund-1");
    let refund = json!({"amount": usd(500), "reason": "broken"});
    caller.post(&shop.path("/refunds"), &refund).await.expect(202);
    shop.work().await;
    assert_eq!(shop.files.forget_answers(shop.env.system.now()).await.unwrap(), 0, "not yet");
    let later = shop.env.system.now() + SignedDuration::from_secs(1);
    assert_eq!(shop.files.forget_answers(later).await.unwrap(), 1);
    caller.post(&shop.path("/refunds"), &refund).await.expect(202);
    shop.work().await;
    assert_eq!(shop.look().await.payment.refunded, usd(500));
}
