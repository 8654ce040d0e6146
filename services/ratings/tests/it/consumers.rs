//! The verification of reviews by delivered orders.

use crate::shop::{Shop, decide, page, submit_review};
use contracts::ratings::ReviewState;
use ratings::review::UnverifiedPolicy;

#[tokio::test]
async fn reviews_of_received_products_are_verified() {
    let shop = Shop::open().await;
    let (id, ada) = shop.account();
    shop.publish(&[shop.delivered(&format!("account:{id}"), &["mug", "mug"])]).await;
    assert!(submit_review(&ada, "mug", 5, "Mine now").await.verified);
    assert!(!submit_review(&ada, "lamp", 5, "Seen in a shop").await.verified);
    assert!(!submit_review(&shop.customer(), "mug", 5, "Looks good").await.verified);
}

#[tokio::test]
async fn an_earlier_review_becomes_verified_and_a_redelivered_event_changes_nothing() {
    let shop = Shop::open().await;
    let (id, ada) = shop.account();
    let review = submit_review(&ada, "mug", 2, "Still waiting").await;
    let event = shop.delivered(&format!("account:{id}"), &["mug", "lamp"]);
    shop.publish(std::slice::from_ref(&event)).await;
    let once = page(&ada, "mug").await;
    assert!(once.items[0].verified);
    assert_eq!(once.summary.histogram, [0, 1, 0, 0, 0]);

    decide(&shop.merchant(), &review, "pending").await;
    let before = page(&ada, "mug").await;
    shop.publish(&[event.clone(), event]).await;
    assert_eq!(page(&ada, "mug").await, before);
    assert!(shop.inbox.dead_letters(10).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_review_held_back_as_unverified_is_published_on_delivery() {
    let shop = Shop::with(UnverifiedPolicy::Moderate).await;
    let (id, ada) = shop.account();
    let (other_id, bea) = shop.account();
    assert_eq!(submit_review(&ada, "mug", 4, "Early").await.state, ReviewState::Pending);
    let doubtful = submit_review(&bea, "mug", 1, "Doubtful").await;
    decide(&shop.merchant(), &doubtful, "pending").await;
    let events = [id, other_id].map(|id| shop.delivered(&format!("account:{id}"), &["mug"]));
    shop.publish(&events).await;
    let seen = shop.page("mug").await;
    assert_eq!(seen.items.len(), 1, "staff still decide about the flagged one");
    assert!(seen.items[0].verified && seen.items[0].title == "Early");
    assert_eq!(seen.summary.histogram, [0, 0, 0, 1, 0]);
    assert_eq!(submit_review(&ada, "mug", 3, "Later").await.state, ReviewState::Published);
}

#[tokio::test]
async fn guest_orders_verify_no_review_and_invalid_events_become_dead_letters() {
    let shop = Shop::open().await;
    let (id, ada) = shop.account();
    let mut invalid = shop.delivered("unknown", &["mug"]);
    shop.publish(&[shop.delivered(&format!("guest:{id}"), &["mug"]), invalid.clone()]).await;
    assert!(!submit_review(&ada, "mug", 5, "As a guest").await.verified);
    invalid.id = contracts::EventId(shop.env.system.id());
    invalid.data = serde_json::json!({ "order_id": 7 });
    shop.publish(&[invalid]).await;
    assert_eq!(shop.inbox.dead_letters(10).await.unwrap().len(), 2);
}
