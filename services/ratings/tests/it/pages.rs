//! Pagination of reviews, for readers and staff.

use crate::shop::{Shop, decide, page, submit_review};
use contracts::ratings::{ReviewForModeration, ReviewPage, ReviewView};
use jiff::SignedDuration;
use serde_json::json;
use std::collections::HashSet;
use testkit::Caller;

/// Writes eleven reviews, some at the same time, some with equal votes.
async fn many(shop: &Shop) -> Vec<ReviewView> {
    let fans: Vec<_> = (0..3).map(|_| shop.customer()).collect();
    let mut written = Vec::new();
    for turn in 0..11 {
        let review = submit_review(&shop.customer(), "mug", 3, &format!("Number {turn}")).await;
        for fan in fans.iter().take(turn % 4) {
            fan.post(&format!("/api/v1/reviews/{}/helpful", review.id), json!({})).await.expect(204);
        }
        if turn % 3 == 0 {
            shop.env.advance(SignedDuration::from_secs(1));
        }
        written.push(review);
    }
    written
}

async fn walk(reader: &Caller, sort: &str, limit: usize) -> Vec<ReviewView> {
    let start = format!("/api/v1/products/mug/reviews?sort={sort}&limit={limit}");
    let mut path = start.clone();
    let mut seen = Vec::new();
    loop {
        let page: ReviewPage = reader.get(&path).await.expect(200).read();
        assert!(page.items.len() <= limit);
        seen.extend(page.items);
        let Some(cursor) = page.next_cursor else { return seen };
        path = format!("{start}&cursor={cursor}");
    }
}

#[tokio::test]
async fn paging_returns_every_review_once_in_order() {
    let shop = Shop::open().await;
    let written: HashSet<_> = many(&shop).await.iter().map(|review| review.id).collect();
    for limit in [1, 2, 3, 10, 11, 100] {
        let newest = walk(&shop.anonymous(), "newest", limit).await;
        assert!(newest.windows(2).all(|pair| (pair[0].created_at, pair[0].id) > (pair[1].created_at, pair[1].id)));
        let helpful = walk(&shop.anonymous(), "helpful", limit).await;
        assert!(helpful.windows(2).all(|pair| (pair[0].helpful, pair[0].id) > (pair[1].helpful, pair[1].id)));
        for walked in [newest, helpful] {
            assert_eq!(walked.len(), 11);
            assert_eq!(walked.iter().map(|review| review.id).collect::<HashSet<_>>(), written);
        }
    }
}

#[tokio::test]
async fn an_unpublished_review_is_listed_in_order_for_its_author() {
    let shop = Shop::open().await;
    many(&shop).await;
    let ada = shop.customer();
    let hidden = submit_review(&ada, "mug", 1, "Hidden").await;
    shop.env.advance(SignedDuration::from_secs(1));
    submit_review(&shop.customer(), "mug", 3, "Later").await;
    decide(&shop.merchant(), &hidden, "rejected").await;
    for sort in ["newest", "helpful"] {
        for limit in [1, 3, 13] {
            let own = walk(&ada, sort, limit).await;
            assert_eq!(own.len(), 13);
            assert_eq!(own.iter().filter(|review| review.id == hidden.id && review.mine).count(), 1);
            let others = walk(&shop.anonymous(), sort, limit).await;
            assert_eq!(others.len(), 12);
            let without: Vec<_> = own.iter().filter(|review| review.id != hidden.id).map(|review| review.id).collect();
            assert_eq!(others.iter().map(|review| review.id).collect::<Vec<_>>(), without);
        }
    }
    assert_eq!(walk(&ada, "newest", 2).await[1].id, hidden.id);
    assert_eq!(page(&ada, "mug").await.summary.count, 12, "the summary counts published reviews");
}

#[tokio::test]
async fn a_cursor_is_valid_only_for_its_list() {
    let shop = Shop::open().await;
    many(&shop).await;
    let reader = shop.anonymous();
    let first: ReviewPage = reader.get("/api/v1/products/mug/reviews?limit=2").await.expect(200).read();
    let cursor = first.next_cursor.unwrap();
    let other = reader.get(&format!("/api/v1/products/mug/reviews?sort=helpful&cursor={cursor}")).await;
    assert_eq!(other.problem(422), "invalid-input");
    let staff = shop.merchant().get(&format!("/api/v1/reviews?cursor={cursor}")).await;
    assert_eq!(staff.problem(422), "invalid-input");
}

#[tokio::test]
async fn staff_page_through_each_state_with_the_oldest_pending_first() {
    let shop = Shop::open().await;
    let merchant = shop.merchant();
    let written = many(&shop).await;
    for review in &written[..5] {
        decide(&merchant, review, "pending").await;
    }
    for (state, expected) in [("pending", 5), ("published", 6), ("rejected", 0)] {
        let mut seen = Vec::new();
        let mut path = format!("/api/v1/reviews?state={state}&limit=2");
        loop {
            let page: chassis::page::Page<ReviewForModeration> = merchant.get(&path).await.expect(200).read();
            seen.extend(page.items);
            let Some(cursor) = page.next_cursor else { break };
            path = format!("/api/v1/reviews?state={state}&limit=2&cursor={cursor}");
        }
        let mut keys: Vec<_> = seen.iter().map(|item| (item.review.created_at, item.review.id)).collect();
        if state != "pending" {
            keys.reverse();
        }
        assert_eq!(keys.len(), expected);
        assert!(keys.is_sorted() && keys.iter().collect::<HashSet<_>>().len() == expected);
        assert!(seen.iter().all(|item| item.product_id == crate::shop::product("mug")));
    }
    let usual = merchant.get("/api/v1/reviews").await.expect(200).json();
    assert_eq!(usual["items"].as_array().unwrap().len(), 5, "without a state, what is pending");
}
