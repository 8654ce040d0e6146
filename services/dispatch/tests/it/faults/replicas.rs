//! Two replicas over one store. Before each call of the one, its lease ends and the other carries out the order.

use super::{audit, receive, work};
use crate::shop::{Options, Shop};
use contracts::Quantity;
use contracts::dispatch::{OrderStatus, ReturnLine, ReturnReceipt};
use contracts::payment::CaptureTiming;
use contracts::shipping::ShipmentStatus;
use dispatch::FulfilmentWorker;
use jiff::SignedDuration;
use std::sync::Arc;
use testkit::samples::SKU;
use testkit::{Faults, TestEnvironment};

/// Lets the lease end and the other replica carry out the order.
async fn take_over(env: Arc<TestEnvironment>, replica: FulfilmentWorker) {
    env.advance(SignedDuration::from_secs(61));
    replica.work().await.unwrap();
}

/// Places, ships and captures an order, and returns a part of it.
async fn fulfilled_and_returned(meanwhile: Option<usize>, context: &str) -> usize {
    let faults = Faults::none();
    let options = Options { quantity: 3, capture: CaptureTiming::Shipped, ..Options::default() };
    let shop = Shop::with_faults_and_options(faults.clone(), options).await;
    if let Some(n) = meanwhile {
        faults.then_meanwhile(n, take_over(Arc::clone(&shop.env), shop.replica.clone()));
    }
    receive(&shop, &faults, &shop.placed_event()).await;
    work(&shop, &faults).await;
    for status in [ShipmentStatus::InTransit, ShipmentStatus::Delivered] {
        receive(&shop, &faults, &shop.shipment_event(status)).await;
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
    audit(&shop, context).await;
    assert_eq!(shop.status().await, OrderStatus::Delivered, "{context}");
    assert_eq!(shop.payment.with(|state| state.money_movements), 2, "{context}: one capture, one refund");
    assert_eq!(shop.published_events().await, ["order.delivered"], "{context}");
    faults.calls()
}

#[tokio::test]
async fn a_step_that_two_replicas_carry_out_takes_effect_once() {
    let calls = fulfilled_and_returned(None, "alone").await;
    assert!(calls >= 15, "only {calls} calls were seen");
    for n in 0..calls {
        fulfilled_and_returned(Some(n), &format!("taken over before call {n}")).await;
    }
}

#[tokio::test]
async fn two_replicas_at_the_same_time_carry_out_an_order_once() {
    for _ in 0..10 {
        let shop = Shop::open().await;
        shop.receive(&shop.placed_event()).await;
        let (one, other) = tokio::join!(shop.worker.work(), shop.replica.work());
        one.and(other).unwrap();
        audit(&shop, "both").await;
        assert_eq!(shop.status().await, OrderStatus::Confirmed);
    }
}
