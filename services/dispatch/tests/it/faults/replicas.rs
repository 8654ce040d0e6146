//! Two replicas over one store: before every call of the one, its lease ends and the other carries the order out.

use super::{audit, hear, work};
use crate::shop::{Shop, Wishes};
use contracts::Quantity;
use contracts::dispatch::{OrderStatus, ReturnLine, ReturnReceipt};
use contracts::payment::CaptureTiming;
use contracts::shipping::ShipmentStatus;
use dispatch::Worker;
use jiff::SignedDuration;
use std::sync::Arc;
use testkit::samples::SKU;
use testkit::{Faults, TestEnvironment};

/// The other replica takes the order over, and does all that is to be done.
async fn take_over(env: Arc<TestEnvironment>, replica: Worker) {
    env.advance(SignedDuration::from_secs(61));
    replica.work().await.unwrap();
}

/// The whole life of an order: placed, paid, shipped, and a part of it returned.
async fn lived(meanwhile: Option<usize>, told: &str) -> usize {
    let faults = Faults::none();
    let wishes = Wishes { quantity: 3, capture: CaptureTiming::Shipped, ..Wishes::default() };
    let shop = Shop::opened(faults.clone(), wishes).await;
    if let Some(n) = meanwhile {
        faults.then_meanwhile(n, take_over(Arc::clone(&shop.env), shop.replica.clone()));
    }
    hear(&shop, &faults, &shop.placed()).await;
    work(&shop, &faults).await;
    for status in [ShipmentStatus::InTransit, ShipmentStatus::Delivered] {
        hear(&shop, &faults, &shop.moved(status)).await;
        work(&shop, &faults).await;
    }
    let lines = || vec![ReturnLine { sku: SKU.parse().unwrap(), quantity: Quantity::new(2).unwrap() }];
    let receipt = ReturnReceipt { lines: lines(), restock: true, refund_shipping: false };
    let window = SignedDuration::from_hours(24 * 30);
    let change = |order: &mut dispatch::order::Order| {
        order.request_return(&lines(), "too small", window, order.record.placed_at)?;
        order.receive_return(1, &receipt, "staff", order.record.placed_at)
    };
    shop.change(&change).await;
    work(&shop, &faults).await;
    audit(&shop, told).await;
    assert_eq!(shop.status().await, OrderStatus::Delivered, "{told}");
    assert_eq!(shop.till.with(|books| books.moved), 2, "{told}: once taken, once given back");
    assert_eq!(shop.told().await, ["order.delivered"], "{told}");
    faults.calls()
}

#[tokio::test]
async fn a_step_that_two_replicas_do_takes_effect_once() {
    let calls = lived(None, "alone").await;
    assert!(calls >= 15, "only {calls} calls were seen");
    for n in 0..calls {
        lived(Some(n), &format!("taken over before call {n}")).await;
    }
}

#[tokio::test]
async fn two_replicas_at_the_same_moment_carry_an_order_out_once() {
    for _ in 0..10 {
        let shop = Shop::open().await;
        shop.hear(&shop.placed()).await;
        let (one, other) = tokio::join!(shop.worker.work(), shop.replica.work());
        one.and(other).unwrap();
        audit(&shop, "both").await;
        assert_eq!(shop.status().await, OrderStatus::Confirmed);
    }
}
