//! Votes that a review is helpful.

use crate::shop::{Shop, decide, mine, page, submit_review};
use contracts::ReviewId;
use futures::future::join_all;
use serde_json::json;

fn path(review: ReviewId) -> String {
    format!("/api/v1/reviews/{review}/helpful")
}

#[tokio::test]
async fn repeated_votes_of_an_account_count_once() {
    let shop = Shop::open().await;
    let review = submit_review(&shop.customer(), "mug", 4, "Useful").await;
    let (bea, cem) = (shop.customer(), shop.customer());
    for voter in [&bea, &bea, &cem] {
        voter.post(&path(review.id), json!({})).await.expect(204);
    }
    assert_eq!(shop.page("mug").await.items[0].helpful, 2);
    for _ in 0..2 {
        bea.delete(&path(review.id)).await.expect(204);
        assert_eq!(shop.page("mug").await.items[0].helpful, 1);
    }
    shop.customer().delete(&path(review.id)).await.expect(204);
    assert_eq!(shop.page("mug").await.items[0].helpful, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_votes_all_count() {
    let shop = Shop::open().await;
    let review = submit_review(&shop.customer(), "mug", 4, "Useful").await;
    let voters: Vec<_> = (0..20).map(|_| shop.customer()).collect();
    let path = path(review.id);
    let votes = voters.iter().chain(&voters).map(|voter| voter.post(&path, json!({})));
    for answer in join_all(votes).await {
        answer.expect(204);
    }
    assert_eq!(shop.page("mug").await.items[0].helpful, 20);
}

#[tokio::test]
async fn own_and_hidden_reviews_cannot_be_voted_on() {
    let shop = Shop::open().await;
    let ada = shop.customer();
    let review = submit_review(&ada, "mug", 4, "Useful").await;
    assert_eq!(ada.post(&path(review.id), json!({})).await.problem(409), "own-review");
    assert_eq!(ada.delete(&path(review.id)).await.problem(409), "own-review");
    decide(&shop.merchant(), &review, "rejected").await;
    assert_eq!(shop.customer().post(&path(review.id), json!({})).await.problem(404), "not-found");
    assert_eq!(ada.post(&path(review.id), json!({})).await.problem(409), "own-review");
    let unknown = ReviewId(shop.env.system.id());
    assert_eq!(ada.post(&path(unknown), json!({})).await.problem(404), "not-found");
    assert_eq!(ada.delete(&path(unknown)).await.problem(404), "not-found");
}

#[tokio::test]
async fn votes_survive_an_edit_but_not_a_deletion() {
    let shop = Shop::open().await;
    let ada = shop.customer();
    let first = submit_review(&ada, "mug", 4, "Useful").await;
    shop.customer().post(&path(first.id), json!({})).await.expect(204);
    submit_review(&ada, "mug", 5, "More useful").await;
    assert_eq!(page(&ada, "mug").await.items[0].helpful, 1);
    ada.delete(&mine("mug")).await.expect(204);
    assert_eq!(submit_review(&ada, "mug", 4, "Useful").await.helpful, 0);
}
