//! Repeated requests with the same idempotency key.

use crate::shop::Shop;
use contracts::dispatch::OrderStatus;
use dispatch::store::OrderStore;
use jiff::SignedDuration;
use serde_json::json;
use testkit::samples::usd;

#[tokio::test]
async fn a_repeated_request_returns_the_same_response_byte_for_byte() {
    let shop = Shop::open().await;
    shop.place_and_work().await;
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
    // The same key of another caller is another key.
    let support = shop.support().with_header("idempotency-key", "k");
    support.post(&path, json!({})).await.expect(202);
    assert_eq!(shop.owner.post(&path, json!({})).await.problem(422), "invalid-input", "there is no key");
}

#[tokio::test]
async fn a_refused_request_can_be_corrected_under_the_same_key() {
    let shop = Shop::open().await;
    shop.receive(&shop.placed_event()).await;
    let caller = shop.support().with_header("idempotency-key", "refund-1");
    let refund = json!({"amount": usd(500), "reason": "broken"});
    caller.post(&shop.path("/refunds"), &refund).await.expect(409);
    shop.work().await;
    caller.post(&shop.path("/refunds"), &refund).await.expect(202);
    caller.post(&shop.path("/refunds"), &refund).await.expect(202);
    shop.work().await;
    assert_eq!(shop.view_order().await.payment.refunded, usd(500));
}

#[tokio::test]
async fn a_refund_is_made_once_even_after_its_response_was_purged() {
    let shop = Shop::open().await;
    shop.place_and_work().await;
    let caller = shop.support().with_header("idempotency-key", "refund-1");
    let refund = json!({"amount": usd(500), "reason": "broken"});
    caller.post(&shop.path("/refunds"), &refund).await.expect(202);
    shop.work().await;
    assert_eq!(shop.files.purge_responses(shop.env.system.now()).await.unwrap(), 0, "not yet");
    let later = shop.env.system.now() + SignedDuration::from_secs(1);
    assert_eq!(shop.files.purge_responses(later).await.unwrap(), 1);
    caller.post(&shop.path("/refunds"), &refund).await.expect(202);
    shop.work().await;
    assert_eq!(shop.view_order().await.payment.refunded, usd(500));
}
