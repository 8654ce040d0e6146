//! Handles while catalogue answers, and while it does not.

use crate::shop::{Shop, draft, mine, write};
use jiff::SignedDuration;
use std::sync::atomic::Ordering;

const REVIEWS: &str = "/api/v1/products/mug/reviews";

#[tokio::test]
async fn a_handle_is_asked_for_once_a_minute() {
    let shop = Shop::open().await;
    for _ in 0..5 {
        shop.page("mug").await;
    }
    write(&shop.customer(), "mug", 5, "So").await;
    assert_eq!(shop.catalogue.asked.load(Ordering::SeqCst), 1);
    shop.env.advance(SignedDuration::from_secs(61));
    shop.page("mug").await;
    shop.page("mug").await;
    assert_eq!(shop.catalogue.asked.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn known_products_stay_open_while_catalogue_is_away_and_catalogue_is_left_in_peace() {
    let shop = Shop::open().await;
    shop.page("mug").await;
    shop.catalogue.away.store(true, Ordering::SeqCst);
    shop.env.advance(SignedDuration::from_hours(1));
    let author = shop.env.customer(&shop.service.router);
    write(&author, "mug", 5, "Written meanwhile").await;
    assert_eq!(shop.page("mug").await.summary.count, 1);
    assert_eq!(shop.catalogue.asked.load(Ordering::SeqCst), 2, "one try, then a pause");
    shop.env.advance(SignedDuration::from_secs(6));
    shop.page("mug").await;
    assert_eq!(shop.catalogue.asked.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn products_never_met_are_unavailable_while_catalogue_is_away_and_there_again_with_it() {
    let shop = Shop::open().await;
    shop.catalogue.away.store(true, Ordering::SeqCst);
    assert_eq!(shop.anonymous().get(REVIEWS).await.problem(503), "unavailable");
    assert_eq!(shop.customer().put(&mine("mug"), draft(5, "So")).await.problem(503), "unavailable");
    shop.catalogue.away.store(false, Ordering::SeqCst);
    shop.page("mug").await;
}
