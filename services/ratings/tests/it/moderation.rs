//! The moderation of reviews, and their visibility.

use crate::shop::{Shop, decide, draft, mine, page, submit_review};
use contracts::ratings::ReviewState;
use ratings::review::UnverifiedPolicy;
use serde_json::json;

#[tokio::test]
async fn a_rejected_review_is_visible_only_to_its_author() {
    let shop = Shop::open().await;
    let (ada, merchant) = (shop.customer(), shop.merchant());
    let review = submit_review(&ada, "mug", 1, "Rude words").await;
    for _ in 0..2 {
        let decided = decide(&merchant, &review, "rejected").await;
        assert!(decided.state == ReviewState::Rejected && !decided.mine);
        assert_eq!(shop.page("mug").await.summary.count, 0);
    }
    assert!(shop.page("mug").await.items.is_empty());
    assert!(page(&shop.customer(), "mug").await.items.is_empty());
    assert_eq!(page(&ada, "mug").await.items[0].state, ReviewState::Rejected);

    decide(&merchant, &review, "published").await;
    assert_eq!(shop.page("mug").await.summary.histogram, [1, 0, 0, 0, 0]);
}

#[tokio::test]
async fn resubmitting_a_rejected_review_changes_nothing_and_editing_makes_it_pending() {
    let shop = Shop::open().await;
    let ada = shop.customer();
    let review = submit_review(&ada, "mug", 1, "Rude words").await;
    decide(&shop.merchant(), &review, "rejected").await;
    assert_eq!(submit_review(&ada, "mug", 1, "Rude words").await.state, ReviewState::Rejected);
    assert_eq!(submit_review(&ada, "mug", 1, "Milder words").await.state, ReviewState::Pending);
    assert_eq!(shop.page("mug").await.summary.count, 0);
}

#[tokio::test]
async fn deleting_a_rejected_review_does_not_circumvent_moderation() {
    let shop = Shop::open().await;
    let (ada, merchant) = (shop.customer(), shop.merchant());
    let first = submit_review(&ada, "mug", 1, "Rude words").await;
    decide(&merchant, &first, "rejected").await;
    ada.delete(&mine("mug")).await.expect(204);
    let second = submit_review(&ada, "mug", 1, "Rude words").await;
    assert_eq!(second.state, ReviewState::Pending);
    assert_eq!(
        submit_review(&ada, "lamp", 1, "Dark").await.state,
        ReviewState::Published,
        "other products are not affected"
    );

    decide(&merchant, &second, "published").await;
    assert_eq!(
        submit_review(&ada, "mug", 2, "Kind words").await.state,
        ReviewState::Published,
        "the author is no longer flagged"
    );
}

#[tokio::test]
async fn with_moderation_unverified_and_edited_reviews_are_pending() {
    let shop = Shop::with(UnverifiedPolicy::Moderate).await;
    let (ada, merchant) = (shop.customer(), shop.merchant());
    let review = submit_review(&ada, "mug", 5, "Nice").await;
    assert_eq!(review.state, ReviewState::Pending);
    assert!(shop.page("mug").await.items.is_empty());
    assert_eq!(page(&ada, "mug").await.items.len(), 1);

    decide(&merchant, &review, "published").await;
    assert_eq!(shop.page("mug").await.summary.count, 1);
    assert_eq!(submit_review(&ada, "mug", 5, "Nice").await.state, ReviewState::Published);
    assert_eq!(submit_review(&ada, "mug", 5, "Buy pills").await.state, ReviewState::Pending);
    assert_eq!(shop.page("mug").await.summary.count, 0);
}

#[tokio::test]
async fn support_and_admins_can_moderate_and_review() {
    let shop = Shop::open().await;
    let review = submit_review(&shop.customer(), "mug", 3, "So").await;
    for role in [chassis::auth::Role::Support, chassis::auth::Role::Admin] {
        let staff = shop.env.staff(&shop.service.router, role);
        decide(&staff, &review, "pending").await;
        let list = staff.get("/api/v1/reviews?state=pending").await.expect(200).json();
        assert_eq!(list["items"][0]["id"], json!(review.id));
        assert_eq!(list["items"][0]["mine"], json!(false));
        decide(&staff, &review, "published").await;
        staff.put(&mine("mug"), draft(4, "From within")).await.expect(200);
    }
    assert_eq!(shop.page("mug").await.summary.histogram, [0, 0, 1, 2, 0]);
}

#[tokio::test]
async fn staff_can_list_and_replay_dead_letters() {
    let shop = Shop::open().await;
    let now = shop.env.system.now();
    let event = events::Event { id: contracts::EventId(shop.env.system.id()), ..crate::conformance::event(1) };
    shop.inbox.fail(&event, "no such product", true, None, now).await.unwrap();
    let (merchant, path) = (shop.merchant(), "/api/v1/dead-letters/ratings");
    shop.customer().get(path).await.expect(403);
    merchant.get("/api/v1/dead-letters/cart").await.expect(404);
    assert_eq!(merchant.get(path).await.expect(200).json()["items"][0]["reason"], "no such product");
    let one = format!("{path}/{}", event.id);
    assert_eq!(merchant.get(&one).await.expect(200).json()["tries"], 1);
    merchant.post(&format!("{one}/replay"), json!({})).await.expect(202);
    merchant.get(&one).await.expect(404);
}
