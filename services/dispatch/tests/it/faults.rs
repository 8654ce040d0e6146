//! Workflows in which each call fails in each way, or that are cancelled before each call; then recovered and audited.

mod replicas;
mod requests;

use crate::shop::{ON_HAND, Shop, TOTAL};
use contracts::catalogue::ReservationState;
use contracts::dispatch::OrderStatus;
use contracts::shipping::ShipmentStatus;
use events::{Event, Handler};
use jiff::SignedDuration;
use testkit::{Fault, Faults};

/// Delivers an event until it is accepted, and once more.
async fn receive(shop: &Shop, faults: &Faults, event: &Event) {
    for _ in 0..5 {
        if shop.orders.handle(event).await.is_ok() {
            // Brokers deliver at least once.
            let _ = shop.orders.handle(event).await;
            return;
        }
        faults.restart();
        shop.env.advance(SignedDuration::from_secs(1));
    }
    panic!("the event is never accepted");
}

/// Works until nothing is left to do.
async fn work(shop: &Shop, faults: &Faults) {
    for _ in 0..40 {
        if shop.worker.work().await.is_err() || shop.order().await.due_at().is_some() {
            faults.restart();
        }
        if shop.order().await.next_action().is_none() {
            return;
        }
        shop.env.advance(SignedDuration::from_secs(61));
    }
    panic!("stuck: {:#?}", shop.order().await);
}

/// Asserts the invariants that hold once nothing is left to do.
async fn audit(shop: &Shop, context: &str) {
    let order = shop.order().await;
    let totals = shop.payment.with(|state| state.record.totals);
    let announced = shop.shipping.with(|state| state.announced);
    assert!(announced <= 1, "{context}: two shipments");
    let subjects = shop.email_subjects().await;
    // The emails of several returns have the same subjects.
    let most = order.returns.len().max(1);
    let times = |subject: &String| subjects.iter().filter(|other| *other == subject).count();
    assert!(subjects.iter().all(|subject| times(subject) <= most), "{context}: {subjects:?}");
    let numbers: Vec<u32> = order.timeline.iter().map(|entry| entry.number).collect();
    assert_eq!(numbers, (1..=u32::try_from(numbers.len()).unwrap()).collect::<Vec<_>>(), "{context}");
    let on_hand = shop.stock.with(|state| state.on_hand);
    match order.status() {
        OrderStatus::Cancelled => {
            let state = shop.reservation();
            assert!(
                matches!(state, Some(ReservationState::Released | ReservationState::Returned)),
                "{context}: {state:?}"
            );
            assert_eq!(totals.captured, totals.refunded, "{context}");
            let (announced, cancelled) = shop.shipping.with(|state| (state.shipment.is_some(), state.cancelled));
            assert!(!announced || cancelled, "{context}: a shipment leaves for a cancelled order");
            assert_eq!(on_hand, ON_HAND, "{context}");
        }
        OrderStatus::Confirmed | OrderStatus::Shipped | OrderStatus::Delivered => {
            assert_eq!(shop.reservation(), Some(ReservationState::Committed), "{context}");
            let refunded: i64 = order.refunds.iter().map(|refund| refund.amount.amount).sum::<i64>()
                + order.returns.iter().map(|one| one.refund.amount).sum::<i64>();
            assert_eq!((totals.captured.amount, totals.refunded.amount), (TOTAL, refunded), "{context}");
            assert_eq!(order.record.totals, totals, "{context}");
            let back = order.returns.iter().filter(|one| one.restock).flat_map(|one| &one.accepted);
            let back: u32 = back.map(|line| line.quantity.get()).sum();
            let bought: u32 = order.record.cart.lines.iter().map(|line| line.quantity.get()).sum();
            assert_eq!(on_hand, ON_HAND - bought + back, "{context}");
            assert_eq!(announced, 1, "{context}");
            assert_eq!(order.record.receipt_number.as_deref(), Some("R-000001"), "{context}");
        }
        other => panic!("{context}: {other:?} {order:#?}"),
    }
}

async fn delivered(faults: Faults, context: &str) -> usize {
    let shop = Shop::with(faults.clone()).await;
    receive(&shop, &faults, &shop.placed_event()).await;
    work(&shop, &faults).await;
    for status in [ShipmentStatus::InTransit, ShipmentStatus::OutForDelivery, ShipmentStatus::Delivered] {
        receive(&shop, &faults, &shop.shipment_event(status)).await;
    }
    audit(&shop, context).await;
    assert_eq!(shop.status().await, OrderStatus::Delivered, "{context}");
    assert_eq!(shop.published_events().await, ["order.delivered"], "{context}");
    assert_eq!(shop.email_subjects().await.len(), 4, "{context}");
    faults.calls()
}

#[tokio::test]
async fn a_paid_order_is_delivered_once_whichever_call_fails() {
    let calls = delivered(Faults::none(), "nothing").await;
    assert!(calls >= 10, "only {calls} calls were seen");
    for n in 0..calls {
        for fault in Fault::ALL {
            delivered(Faults::at(n, fault), &format!("{fault:?} at call {n}")).await;
        }
    }
}

#[tokio::test]
async fn a_result_is_saved_as_soon_as_the_database_is_back() {
    let calls = delivered(Faults::none(), "nothing").await;
    for n in 0..calls {
        for fault in [Fault::Before, Fault::After] {
            let shop = Shop::with(Faults::at(n, fault)).await;
            receive(&shop, &Faults::none(), &shop.placed_event()).await;
            for _ in 0..5 {
                // A claim whose response was lost belongs to no worker until its lease ends.
                let pause = if shop.worker.work().await.is_ok() { 4 } else { 61 };
                shop.env.advance(SignedDuration::from_secs(pause));
            }
            assert_eq!(shop.status().await, OrderStatus::Confirmed, "{fault:?} at call {n}");
        }
    }
}

async fn cancelled(faults: Faults, context: &str) -> usize {
    let shop = Shop::with(faults.clone()).await;
    receive(&shop, &faults, &shop.placed_event()).await;
    work(&shop, &faults).await;
    for _ in 0..5 {
        if shop.orders.cancel(shop.id, &shop.requester("cancel"), "changed my mind").await.is_ok() {
            break;
        }
        faults.restart();
    }
    work(&shop, &faults).await;
    audit(&shop, context).await;
    assert_eq!(shop.status().await, OrderStatus::Cancelled, "{context}");
    faults.calls()
}

#[tokio::test]
async fn a_cancelled_order_is_compensated_whichever_call_fails() {
    let calls = cancelled(Faults::none(), "nothing").await;
    for n in 0..calls {
        for fault in Fault::ALL {
            cancelled(Faults::at(n, fault), &format!("{fault:?} at call {n}")).await;
        }
    }
}

#[tokio::test]
async fn an_order_can_be_cancelled_before_any_call() {
    let calls = delivered(Faults::none(), "nothing").await;
    for n in 0..calls {
        let context = format!("cancelled before call {n}");
        let faults = Faults::none();
        let shop = Shop::with(faults.clone()).await;
        let (orders, id, requester) = (shop.orders.clone(), shop.id, shop.requester("cancel"));
        faults.then_meanwhile(n, async move {
            // It may be too early or too late.
            let _ = orders.cancel(id, &requester, "changed my mind").await;
        });
        receive(&shop, &faults, &shop.placed_event()).await;
        work(&shop, &faults).await;
        if shop.status().await == OrderStatus::Confirmed {
            for status in [ShipmentStatus::InTransit, ShipmentStatus::Delivered] {
                receive(&shop, &faults, &shop.shipment_event(status)).await;
                work(&shop, &faults).await;
            }
        }
        audit(&shop, &context).await;
        assert_eq!(shop.order().await.due_at(), None, "{context}");
    }
}
