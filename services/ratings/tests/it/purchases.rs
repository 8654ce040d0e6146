//! Verified purchases, learnt from delivered orders.

use crate::shop::{Shop, decide, page, write};
use contracts::ratings::ReviewState;
use ratings::review::Unverified;

#[tokio::test]
async fn who_received_a_product_writes_verified_reviews_of_it_and_of_nothing_else() {
    let shop = Shop::open().await;
    let (id, ada) = shop.account();
    shop.publish(&[shop.delivered(&format!("account:{id}"), &["mug", "mug"])]).await;
    assert!(write(&ada, "mug", 5, "Mine now").await.verified);
    assert!(!write(&ada, "lamp", 5, "Seen in a shop").await.verified);
    assert!(!write(&shop.customer(), "mug", 5, "Looks good").await.verified);
}

#[tokio::test]
async fn what_was_written_before_the_delivery_becomes_verified_and_a_redelivered_event_changes_nothing() {
    let shop = Shop::open().await;
    let (id, ada) = shop.account();
    let review = write(&ada, "mug", 2, "Still waiting").await;
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
async fn a_review_that_waited_only_because_its_author_was_a_stranger_is_published_on_delivery() {
    let shop = Shop::with(Unverified::Moderated).await;
    let (id, ada) = shop.account();
    let (other_id, bea) = shop.account();
    assert_eq!(write(&ada, "mug", 4, "Early").await.state, ReviewState::Pending);
    let doubtful = write(&bea, "mug", 1, "Doubtful").await;
    decide(&shop.merchant(), &doubtful, "pending").await;
    let events = [id, other_id].map(|id| shop.delivered(&format!("account:{id}"), &["mug"]));
    shop.publish(&events).await;
    let seen = shop.page("mug").await;
    assert_eq!(seen.items.len(), 1, "staff still decide about the doubtful one");
    assert!(seen.items[0].verified && seen.items[0].title == "Early");
    assert_eq!(seen.summary.histogram, [0, 0, 0, 1, 0]);
    assert_eq!(write(&ada, "mug", 3, "Later").await.state, ReviewState::Published);
}

#[tokio::test]
async fn orders_of_guests_verify_nobody_and_nonsense_becomes_a_dead_letter() {
    let shop = Shop::open().await;
    let (id, ada) = shop.account();
    let mut nonsense = shop.delivered("nobody", &["mug"]);
    shop.publish(&[shop.delivered(&format!("guest:{id}"), &["mug"]), nonsense.clone()]).await;
    assert!(!write(&ada, "mug", 5, "As a guest").await.verified);
    nonsense.id = contracts::EventId(shop.env.system.id());
    nonsense.data = serde_json::json!({ "order_id": 7 });
    shop.publish(&[nonsense]).await;
    assert_eq!(shop.inbox.dead_letters(10).await.unwrap().len(), 2);
}
