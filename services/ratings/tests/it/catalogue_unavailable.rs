//! The lookup of handles while catalogue is available and unavailable.

use crate::shop::{Shop, draft, mine, submit_review};
use jiff::SignedDuration;
use std::sync::atomic::Ordering;

const REVIEWS: &str = "/api/v1/products/mug/reviews";

#[tokio::test]
async fn a_handle_is_requested_once_a_minute() {
    let shop = Shop::open().await;
    for _ in 0..5 {
        shop.page("mug").await;
    }
    submit_review(&shop.customer(), "mug", 5, "So").await;
    assert_eq!(shop.catalogue.requests.load(Ordering::SeqCst), 1);
    shop.env.advance(SignedDuration::from_secs(61));
    shop.page("mug").await;
    shop.page("mug").await;
    assert_eq!(shop.catalogue.requests.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn cached_products_are_used_while_catalogue_is_unavailable() {
    let shop = Shop::open().await;
    shop.page("mug").await;
    shop.catalogue.unavailable.store(true, Ordering::SeqCst);
    shop.env.advance(SignedDuration::from_hours(1));
    let author = shop.env.customer(&shop.service.router);
    submit_review(&author, "mug", 5, "Written meanwhile").await;
    assert_eq!(shop.page("mug").await.summary.count, 1);
    assert_eq!(shop.catalogue.requests.load(Ordering::SeqCst), 2, "one attempt, then a pause");
    shop.env.advance(SignedDuration::from_secs(6));
    shop.page("mug").await;
    assert_eq!(shop.catalogue.requests.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn uncached_products_are_unavailable_until_catalogue_returns() {
    let shop = Shop::open().await;
    shop.catalogue.unavailable.store(true, Ordering::SeqCst);
    assert_eq!(shop.anonymous().get(REVIEWS).await.problem(503), "unavailable");
    assert_eq!(shop.customer().put(&mine("mug"), draft(5, "So")).await.problem(503), "unavailable");
    shop.catalogue.unavailable.store(false, Ordering::SeqCst);
    shop.page("mug").await;
}
