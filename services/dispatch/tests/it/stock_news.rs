//! Goods that arrive, and goods that run low.

use crate::shop::{Shop, Wishes};
use contracts::dispatch::OrderStatus;
use dispatch::Settings;
use dispatch::store::OrderStore;
use testkit::samples::SKU;

async fn waiting() -> Shop {
    let shop = Shop::open().await;
    shop.stock.with(|books| books.awaited = true);
    shop.begun().await;
    shop
}

#[tokio::test]
async fn goods_that_arrive_wake_the_orders_that_wait_for_them_at_once() {
    let shop = waiting().await;
    shop.stock.with(|books| books.awaited = false);
    shop.later(31).await;
    shop.hear(&shop.arrived("OTHER-1")).await;
    shop.work().await;
    assert_eq!(shop.status().await, OrderStatus::Received, "it waits for something else");
    let arrived = shop.arrived(SKU);
    shop.hear(&arrived).await;
    shop.work().await;
    assert_eq!(shop.status().await, OrderStatus::Confirmed);
    shop.hear(&arrived).await;
    assert!(shop.files.waiting_for(&SKU.parse().unwrap(), None, 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn goods_that_nobody_told_of_are_seen_after_ten_minutes() {
    let shop = waiting().await;
    shop.stock.with(|books| books.awaited = false);
    shop.later(599).await;
    assert_eq!(shop.status().await, OrderStatus::Received);
    shop.later(1).await;
    assert_eq!(shop.status().await, OrderStatus::Confirmed);
}

#[tokio::test]
async fn an_order_that_is_cancelled_waits_for_goods_no_longer() {
    let shop = waiting().await;
    assert_eq!(shop.files.waiting_for(&SKU.parse().unwrap(), None, 10).await.unwrap(), [shop.id]);
    shop.orders.cancel(shop.id, &shop.asking("cancel"), "no").await.unwrap();
    shop.hear(&shop.arrived(SKU)).await;
    shop.work().await;
    assert_eq!(shop.status().await, OrderStatus::Cancelled);
    assert!(shop.files.waiting_for(&SKU.parse().unwrap(), None, 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn the_merchant_is_written_to_when_little_is_left_and_wants_to_be() {
    let silent = Shop::open().await;
    silent.hear(&silent.low()).await;
    assert!(silent.files.mails(10).await.unwrap().is_empty());
    let settings = Settings { shop_email: Some("owner@shop.test".parse().unwrap()), ..Settings::default() };
    let shop = Shop::wishing(Wishes { settings, ..Wishes::default() }).await;
    let low = shop.low();
    shop.hear(&low).await;
    shop.hear(&low).await;
    let mails = shop.files.mails(10).await.unwrap();
    assert_eq!(mails.len(), 1, "{mails:?}");
    assert_eq!(
        (mails[0].to.as_str(), mails[0].subject.as_str()),
        ("owner@shop.test", "Little is left of MUG-1 - Test")
    );
    assert!(mails[0].body.contains("2 of MUG-1"), "{}", mails[0].body);
}
