//! What staff decide, and who sees what then.

use crate::shop::{Shop, decide, draft, mine, page, write};
use contracts::ratings::ReviewState;
use ratings::review::Unverified;
use serde_json::json;

#[tokio::test]
async fn a_rejected_review_is_seen_by_its_author_alone_and_does_not_count() {
    let shop = Shop::open().await;
    let (ada, merchant) = (shop.customer(), shop.merchant());
    let review = write(&ada, "mug", 1, "Rude words").await;
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
async fn sending_a_rejected_review_again_does_not_bring_it_back_and_changing_it_makes_it_wait() {
    let shop = Shop::open().await;
    let ada = shop.customer();
    let review = write(&ada, "mug", 1, "Rude words").await;
    decide(&shop.merchant(), &review, "rejected").await;
    assert_eq!(write(&ada, "mug", 1, "Rude words").await.state, ReviewState::Rejected);
    assert_eq!(write(&ada, "mug", 1, "Milder words").await.state, ReviewState::Pending);
    assert_eq!(shop.page("mug").await.summary.count, 0);
}

#[tokio::test]
async fn deleting_a_rejected_review_and_writing_a_new_one_does_not_get_around_staff() {
    let shop = Shop::open().await;
    let (ada, merchant) = (shop.customer(), shop.merchant());
    let first = write(&ada, "mug", 1, "Rude words").await;
    decide(&merchant, &first, "rejected").await;
    ada.delete(&mine("mug")).await.expect(204);
    let second = write(&ada, "mug", 1, "Rude words").await;
    assert_eq!(second.state, ReviewState::Pending);
    assert_eq!(write(&ada, "lamp", 1, "Dark").await.state, ReviewState::Published, "other products are not concerned");

    decide(&merchant, &second, "published").await;
    assert_eq!(write(&ada, "mug", 2, "Kind words").await.state, ReviewState::Published, "staff trust the author again");
}

#[tokio::test]
async fn with_the_setting_on_reviews_of_strangers_wait_for_staff_and_changed_ones_do_again() {
    let shop = Shop::with(Unverified::Moderated).await;
    let (ada, merchant) = (shop.customer(), shop.merchant());
    let review = write(&ada, "mug", 5, "Nice").await;
    assert_eq!(review.state, ReviewState::Pending);
    assert!(shop.page("mug").await.items.is_empty());
    assert_eq!(page(&ada, "mug").await.items.len(), 1);

    decide(&merchant, &review, "published").await;
    assert_eq!(shop.page("mug").await.summary.count, 1);
    assert_eq!(write(&ada, "mug", 5, "Nice").await.state, ReviewState::Published);
    assert_eq!(write(&ada, "mug", 5, "Buy pills").await.state, ReviewState::Pending);
    assert_eq!(shop.page("mug").await.summary.count, 0);
}

#[tokio::test]
async fn support_and_admins_moderate_too_and_their_own_reviews_are_like_any_other() {
    let shop = Shop::open().await;
    let review = write(&shop.customer(), "mug", 3, "So").await;
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
async fn staff_see_the_events_that_ratings_gave_up_and_have_them_tried_again() {
    let shop = Shop::open().await;
    let now = shop.env.system.now();
    let event = events::Event { id: contracts::EventId(shop.env.system.id()), ..crate::conformance::event(1) };
    shop.inbox.fail(&event, "no such product", true, None, now).await.unwrap();
    let (merchant, path) = (shop.merchant(), "/api/v1/dead-letters/ratings");
    shop.customer().get(path).await.expect(403);
    merchant.get("/api/v1/dead-letters/cart").await.expect(404);
    assert_eq!(merchant.get(path).await.expect(200).json()[0]["reason"], "no such product");
    let one = format!("{path}/{}", event.id);
    assert_eq!(merchant.get(&one).await.expect(200).json()["tries"], 1);
    merchant.post(&format!("{one}/replay"), json!({})).await.expect(202);
    merchant.get(&one).await.expect(404);
}
