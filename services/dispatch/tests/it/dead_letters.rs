//! Events that fail and become dead letters.

use crate::shop::Shop;
use contracts::dispatch::OrderStatus;
use serde_json::json;

/// Lets the event fail for the first time.
async fn failing(shop: &Shop) -> events::Event {
    let event = shop.placed_event();
    let now = shop.env.system.now();
    shop.inbox.fail(&event, "first", true, Some(now), now).await.unwrap();
    event
}

async fn tried(shop: &Shop, times: usize) {
    for _ in 0..times {
        assert_eq!(shop.consumer.retry_due().await.unwrap(), 1);
        shop.env.advance(jiff::SignedDuration::from_secs(257));
    }
}

#[tokio::test]
async fn an_event_that_fails_twelve_times_is_a_dead_letter_and_can_be_replayed() {
    let shop = Shop::open().await;
    shop.payment.with(|state| state.problem = Some(chassis::problem::INTERNAL.detail("Broken.")));
    let event = failing(&shop).await;
    tried(&shop, 10).await;
    let staff = shop.support();
    assert!(
        staff.get("/api/v1/dead-letters/dispatch").await.expect(200).json()["items"].as_array().unwrap().is_empty()
    );
    tried(&shop, 1).await;
    let dead = staff.get("/api/v1/dead-letters/dispatch").await.expect(200).json()["items"].clone();
    assert_eq!((&dead[0]["event_id"], &dead[0]["tries"]), (&json!(event.id), &json!(12)));
    let shown = format!("/api/v1/dead-letters/dispatch/{}", event.id);
    assert_eq!(staff.get(&shown).await.expect(200).json(), dead[0]);
    shop.owner.get(&shown).await.expect(403);
    staff.get(&shown.replace("dispatch", "cart")).await.expect(404);
    assert_eq!(shop.consumer.retry_due().await.unwrap(), 0);
    shop.payment.with(|state| state.problem = None);
    let replay = format!("/api/v1/dead-letters/dispatch/{}/replay", event.id);
    shop.owner.post(&replay, json!({})).await.expect(403);
    staff.post(&replay, json!({})).await.expect(202);
    staff.get(&shown).await.expect(404);
    tried(&shop, 1).await;
    assert_eq!(shop.status().await, OrderStatus::Received);
    staff.post(&replay, json!({})).await.expect(404);
    assert!(
        staff.get("/api/v1/dead-letters/dispatch").await.expect(200).json()["items"].as_array().unwrap().is_empty()
    );
}

#[tokio::test]
async fn a_discarded_event_takes_no_effect() {
    let shop = Shop::open().await;
    shop.payment.with(|state| state.problem = Some(chassis::problem::INTERNAL.detail("Broken.")));
    let event = failing(&shop).await;
    tried(&shop, 11).await;
    let discard = format!("/api/v1/dead-letters/dispatch/{}/discard", event.id);
    shop.support().post(&discard, json!({"reason": "a test"})).await.expect(204);
    shop.support().post(&discard, json!({"reason": "a test"})).await.expect(404);
    shop.payment.with(|state| state.problem = None);
    shop.receive(&event).await;
    assert!(dispatch::store::OrderStore::find(&shop.files, shop.id).await.unwrap().is_none());
}

#[tokio::test]
async fn an_order_is_not_given_up_while_payment_is_unavailable() {
    let shop = Shop::open().await;
    shop.payment.with(|state| state.problem = Some(chassis::problem::UNAVAILABLE.detail("Away.")));
    failing(&shop).await;
    tried(&shop, 50).await;
    shop.payment.with(|state| state.problem = None);
    tried(&shop, 1).await;
    assert_eq!(shop.status().await, OrderStatus::Received);
}
