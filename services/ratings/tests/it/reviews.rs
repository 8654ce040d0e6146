//! Writing, editing and deleting reviews, and the rating summary.

use crate::shop::{HANDLES, Shop, draft, mine, page, product, submit_review};
use chassis::health::Status;
use contracts::ratings::{Ratings, ReviewState, ReviewView};
use futures::future::join_all;
use serde_json::json;

#[tokio::test]
async fn a_product_without_reviews_has_an_empty_page_and_no_average() {
    let shop = Shop::open().await;
    let page = shop.page("mug").await;
    assert!(page.items.is_empty() && page.next_cursor.is_none());
    assert_eq!((page.summary.average, page.summary.count, page.summary.histogram), (None, 0, [0; 5]));
}

#[tokio::test]
async fn a_review_is_public_and_marked_as_mine_for_its_author() {
    let shop = Shop::open().await;
    let ada = shop.customer();
    let written = submit_review(&ada, "tasse-à-café", 4, "Schön ☕").await;
    assert!(written.mine && !written.verified && written.state == ReviewState::Published);

    let seen = shop.page("tasse-à-café").await;
    assert_eq!(seen.items, [ReviewView { mine: false, ..written.clone() }]);
    assert_eq!(seen.summary.average.as_deref(), Some("4.00"));
    assert_eq!(page(&ada, "tasse-à-café").await.items, [written]);
    assert!(!page(&shop.guest(), "tasse-à-café").await.items[0].mine);
}

#[tokio::test]
async fn a_second_review_of_a_product_replaces_the_first() {
    let shop = Shop::open().await;
    let ada = shop.customer();
    let first = submit_review(&ada, "mug", 2, "Chipped").await;
    shop.env.advance(jiff::SignedDuration::from_mins(1));
    let second = submit_review(&ada, "mug", 5, "Replaced at once").await;
    assert_eq!((second.id, second.created_at), (first.id, first.created_at));

    let seen = shop.page("mug").await;
    assert_eq!(seen.items.len(), 1);
    assert_eq!(seen.items[0].title, "Replaced at once");
    assert_eq!(seen.summary.histogram, [0, 0, 0, 0, 1]);

    submit_review(&ada, "lamp", 1, "Dark").await;
    assert_eq!(shop.page("lamp").await.summary.count, 1);
    assert_eq!(shop.page("mug").await.summary.count, 1);
}

#[tokio::test]
async fn deletion_updates_the_summary_and_is_idempotent() {
    let shop = Shop::open().await;
    let (ada, bea) = (shop.customer(), shop.customer());
    submit_review(&ada, "mug", 1, "Broken").await;
    submit_review(&bea, "mug", 5, "Whole").await;
    for _ in 0..2 {
        ada.delete(&mine("mug")).await.expect(204);
        assert_eq!(shop.page("mug").await.summary.histogram, [0, 0, 0, 0, 1]);
    }
    shop.customer().delete(&mine("mug")).await.expect(204);
    assert_eq!(shop.page("mug").await.items.len(), 1);
}

#[tokio::test]
async fn ratings_are_returned_in_the_requested_order() {
    let shop = Shop::open().await;
    for (score, handle) in [(4, "mug"), (5, "mug"), (5, "mug"), (1, "lamp")] {
        submit_review(&shop.customer(), handle, score, "So").await;
    }
    let [mug, lamp, cup] = HANDLES.map(product);
    for query in [format!("product={lamp},{cup}&product={mug}"), format!("product={lamp}&product={cup}&product={mug}")]
    {
        let ratings: Ratings = shop.anonymous().get(&format!("/api/v1/ratings?{query}")).await.expect(200).read();
        let items: Vec<_> =
            ratings.items.iter().map(|item| (item.product_id, item.average.as_deref(), item.count)).collect();
        assert_eq!(items, [(lamp, Some("1.00"), 1), (cup, None, 0), (mug, Some("4.67"), 3)]);
    }
}

#[tokio::test]
async fn ratings_of_up_to_a_hundred_products_can_be_requested() {
    let shop = Shop::open().await;
    let ids = |count: usize| vec![product("mug").to_string(); count].join(",");
    let ratings: Ratings =
        shop.anonymous().get(&format!("/api/v1/ratings?product={}", ids(100))).await.expect(200).read();
    assert_eq!(ratings.items.len(), 100);
    let refused = shop.anonymous().get(&format!("/api/v1/ratings?product={}", ids(101))).await;
    assert_eq!(refused.problem(422), "invalid-input");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_reviews_of_fifty_accounts_all_count() {
    let shop = Shop::open().await;
    let authors: Vec<_> = (0..50).map(|_| shop.customer()).collect();
    let path = mine("mug");
    let submission = authors.iter().zip(0_u8..).map(|(author, turn)| author.put(&path, draft(turn % 5 + 1, "At once")));
    for answer in join_all(submission).await {
        answer.expect(200);
    }
    let summary = shop.page("mug").await.summary;
    assert_eq!((summary.histogram, summary.average.as_deref()), ([10; 5], Some("3.00")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_submissions_of_one_account_count_once() {
    let shop = Shop::open().await;
    let ada = shop.customer();
    let path = mine("mug");
    let submission = (0_u8..20).map(|turn| ada.put(&path, draft(turn % 5 + 1, "Again")));
    for answer in join_all(submission).await {
        answer.expect(200);
    }
    let page = shop.page("mug").await;
    assert_eq!((page.items.len(), page.summary.count), (1, 1));
    assert_eq!(page.summary.histogram[usize::from(page.items[0].score.get()) - 1], 1);
}

#[tokio::test]
async fn only_accounts_write_reviews_and_only_staff_moderate() {
    let shop = Shop::open().await;
    let review = submit_review(&shop.customer(), "mug", 3, "So").await;
    let helpful = format!("/api/v1/reviews/{}/helpful", review.id);
    let state = format!("/api/v1/reviews/{}/state", review.id);
    for (caller, status) in [(shop.anonymous(), 401), (shop.guest(), 403)] {
        caller.put(&mine("mug"), draft(3, "So")).await.expect(status);
        caller.delete(&mine("mug")).await.expect(status);
        caller.post(&helpful, json!({})).await.expect(status);
        caller.delete(&helpful).await.expect(status);
    }
    for (caller, status) in [(shop.anonymous(), 401), (shop.guest(), 403), (shop.customer(), 403)] {
        caller.get("/api/v1/reviews").await.expect(status);
        caller.put(&state, json!({ "state": "rejected" })).await.expect(status);
    }
}

#[tokio::test]
async fn the_service_is_healthy_and_documents_all_parameters() {
    let shop = Shop::open().await;
    assert_eq!(shop.service.health.report().await.status, Status::Ok);
    let api = serde_json::to_value(&shop.service.openapi).unwrap();
    for (path, expected) in [
        ("/api/v1/ratings", vec!["product"]),
        ("/api/v1/products/{handle}/reviews", vec!["handle", "sort", "cursor", "limit"]),
        ("/api/v1/reviews", vec!["state", "cursor", "limit"]),
    ] {
        let parameters = api["paths"][path]["get"]["parameters"].as_array().unwrap();
        let names: Vec<_> = parameters.iter().map(|parameter| parameter["name"].as_str().unwrap()).collect();
        assert_eq!(names, expected, "{path}");
        assert!(parameters.iter().all(|parameter| parameter["in"] == "query" || parameter["name"] == "handle"));
    }
}
