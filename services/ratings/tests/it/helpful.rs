//! Whether reviews are helpful.

use crate::shop::{Shop, decide, mine, page, write};
use contracts::ReviewId;
use futures::future::join_all;
use serde_json::json;

fn path(review: ReviewId) -> String {
    format!("/api/v1/reviews/{review}/helpful")
}

#[tokio::test]
async fn each_account_counts_once_however_often_it_says_so() {
    let shop = Shop::open().await;
    let review = write(&shop.customer(), "mug", 4, "Useful").await;
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
async fn votes_at_the_same_moment_all_count() {
    let shop = Shop::open().await;
    let review = write(&shop.customer(), "mug", 4, "Useful").await;
    let voters: Vec<_> = (0..20).map(|_| shop.customer()).collect();
    let path = path(review.id);
    let votes = voters.iter().chain(&voters).map(|voter| voter.post(&path, json!({})));
    for answer in join_all(votes).await {
        answer.expect(204);
    }
    assert_eq!(shop.page("mug").await.items[0].helpful, 20);
}

#[tokio::test]
async fn nobody_finds_their_own_review_helpful_or_one_they_cannot_see() {
    let shop = Shop::open().await;
    let ada = shop.customer();
    let review = write(&ada, "mug", 4, "Useful").await;
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
async fn votes_outlive_a_change_of_the_review_and_go_with_it_when_it_is_deleted() {
    let shop = Shop::open().await;
    let ada = shop.customer();
    let first = write(&ada, "mug", 4, "Useful").await;
    shop.customer().post(&path(first.id), json!({})).await.expect(204);
    write(&ada, "mug", 5, "More useful").await;
    assert_eq!(page(&ada, "mug").await.items[0].helpful, 1);
    ada.delete(&mine("mug")).await.expect(204);
    assert_eq!(write(&ada, "mug", 4, "Useful").await.helpful, 0);
}
