//! Events about stock: arrivals and low-stock alerts.

use crate::shop::{Options, Shop};
use contracts::dispatch::OrderStatus;
use dispatch::Settings;
use dispatch::store::OrderStore;
use testkit::samples::SKU;

async fn waiting() -> Shop {
    let shop = Shop::open().await;
    shop.stock.with(|state| state.awaiting_arrival = true);
    shop.place_and_work().await;
    shop
}

#[tokio::test]
async fn arriving_stock_wakes_the_orders_that_wait_for_it() {
    let shop = waiting().await;
    shop.stock.with(|state| state.awaiting_arrival = false);
    shop.later(31).await;
    shop.receive(&shop.arrived_event("OTHER-1")).await;
    shop.work().await;
    assert_eq!(shop.status().await, OrderStatus::Received, "it waits for something else");
    let arrived_event = shop.arrived_event(SKU);
    shop.receive(&arrived_event).await;
    shop.work().await;
    assert_eq!(shop.status().await, OrderStatus::Confirmed);
    shop.receive(&arrived_event).await;
    assert!(shop.files.orders_awaiting(&SKU.parse().unwrap(), None, 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn stock_that_arrives_without_an_event_is_noticed_after_ten_minutes() {
    let shop = waiting().await;
    shop.stock.with(|state| state.awaiting_arrival = false);
    shop.later(599).await;
    assert_eq!(shop.status().await, OrderStatus::Received);
    shop.later(1).await;
    assert_eq!(shop.status().await, OrderStatus::Confirmed);
}

#[tokio::test]
async fn a_cancelled_order_no_longer_waits_for_stock() {
    let shop = waiting().await;
    assert_eq!(shop.files.orders_awaiting(&SKU.parse().unwrap(), None, 10).await.unwrap(), [shop.id]);
    shop.orders.cancel(shop.id, &shop.requester("cancel"), "no").await.unwrap();
    shop.receive(&shop.arrived_event(SKU)).await;
    shop.work().await;
    assert_eq!(shop.status().await, OrderStatus::Cancelled);
    assert!(shop.files.orders_awaiting(&SKU.parse().unwrap(), None, 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn low_stock_alerts_are_emailed_to_the_merchant_if_configured() {
    let silent = Shop::open().await;
    silent.receive(&silent.low_stock_event()).await;
    assert!(silent.files.latest_emails(10).await.unwrap().is_empty());
    let settings = Settings { shop_email: Some("owner@shop.test".parse().unwrap()), ..Settings::default() };
    let shop = Shop::with_options(Options { settings, ..Options::default() }).await;
    let event = shop.low_stock_event();
    shop.receive(&event).await;
    shop.receive(&event).await;
    let mails = shop.files.latest_emails(10).await.unwrap();
    assert_eq!(mails.len(), 1, "{mails:?}");
    assert_eq!((mails[0].to.as_str(), mails[0].subject.as_str()), ("owner@shop.test", "Low stock: MUG-1 - Test"));
    assert!(mails[0].body.contains("Low stock: MUG-1. 2 left (alert level 3)."), "{}", mails[0].body);
}
