//! A saga with every call going wrong in every way, and cancelled before every call; then recovered and audited.

mod replicas;
mod requests;

use crate::shop::{ON_HAND, Shop, TOTAL};
use contracts::catalogue::ReservationState;
use contracts::dispatch::OrderStatus;
use contracts::shipping::ShipmentStatus;
use events::{Event, Handler};
use jiff::SignedDuration;
use std::collections::HashSet;
use testkit::{Fault, Faults};

/// The broker hands an event out until it is taken.
async fn hear(shop: &Shop, faults: &Faults, event: &Event) {
    for _ in 0..5 {
        if shop.orders.handle(event).await.is_ok() {
            // Handed out once more, as brokers do.
            let _ = shop.orders.handle(event).await;
            return;
        }
        faults.restart();
        shop.env.advance(SignedDuration::from_secs(1));
    }
    panic!("the event is never taken");
}

/// Works until the order rests.
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

/// What holds whatever happened, when the order rests.
async fn audit(shop: &Shop, told: &str) {
    let order = shop.order().await;
    let totals = shop.till.with(|books| books.record.totals);
    let announced = shop.carrier.with(|parcels| parcels.announced);
    assert!(announced <= 1, "{told}: two parcels");
    let letters = shop.letters().await;
    assert_eq!(letters.iter().collect::<HashSet<_>>().len(), letters.len(), "{told}: {letters:?}");
    let numbers: Vec<u32> = order.timeline.iter().map(|entry| entry.number).collect();
    assert_eq!(numbers, (1..=u32::try_from(numbers.len()).unwrap()).collect::<Vec<_>>(), "{told}");
    let on_hand = shop.stock.with(|books| books.on_hand);
    match order.status() {
        OrderStatus::Cancelled => {
            let state = shop.reservation();
            assert!(
                matches!(state, Some(ReservationState::Released | ReservationState::Returned)),
                "{told}: {state:?}"
            );
            assert_eq!(totals.captured, totals.refunded, "{told}");
            let (parcel, cancelled) = shop.carrier.with(|parcels| (parcels.parcel.is_some(), parcels.cancelled));
            assert!(!parcel || cancelled, "{told}: a parcel leaves for a cancelled order");
            assert_eq!(on_hand, ON_HAND, "{told}");
        }
        OrderStatus::Confirmed | OrderStatus::Shipped | OrderStatus::Delivered => {
            assert_eq!(shop.reservation(), Some(ReservationState::Committed), "{told}");
            let given: i64 = order.refunds.iter().map(|refund| refund.amount.amount).sum::<i64>()
                + order.returns.iter().map(|one| one.refund.amount).sum::<i64>();
            assert_eq!((totals.captured.amount, totals.refunded.amount), (TOTAL, given), "{told}");
            assert_eq!(order.record.totals, totals, "{told}");
            let back = order.returns.iter().filter(|one| one.restock).flat_map(|one| &one.accepted);
            let back: u32 = back.map(|line| line.quantity.get()).sum();
            let bought: u32 = order.record.cart.lines.iter().map(|line| line.quantity.get()).sum();
            assert_eq!(on_hand, ON_HAND - bought + back, "{told}");
            assert_eq!(announced, 1, "{told}");
            assert_eq!(order.record.receipt_number.as_deref(), Some("R-000001"), "{told}");
        }
        other => panic!("{told}: {other:?} {order:#?}"),
    }
}

async fn delivered(faults: Faults, told: &str) -> usize {
    let shop = Shop::with(faults.clone()).await;
    hear(&shop, &faults, &shop.placed()).await;
    work(&shop, &faults).await;
    for status in [ShipmentStatus::InTransit, ShipmentStatus::OutForDelivery, ShipmentStatus::Delivered] {
        hear(&shop, &faults, &shop.moved(status)).await;
    }
    audit(&shop, told).await;
    assert_eq!(shop.status().await, OrderStatus::Delivered, "{told}");
    assert_eq!(shop.told().await, ["order.delivered"], "{told}");
    assert_eq!(shop.letters().await.len(), 4, "{told}");
    faults.calls()
}

#[tokio::test]
async fn a_paid_order_is_delivered_once_whatever_call_goes_wrong() {
    let calls = delivered(Faults::none(), "nothing").await;
    assert!(calls >= 10, "only {calls} calls were seen");
    for n in 0..calls {
        for fault in Fault::ALL {
            delivered(Faults::at(n, fault), &format!("{fault:?} at call {n}")).await;
        }
    }
}

#[tokio::test]
async fn a_result_is_kept_as_soon_as_the_database_is_back_and_not_only_when_the_lease_is_over() {
    let calls = delivered(Faults::none(), "nothing").await;
    for n in 0..calls {
        for fault in [Fault::Before, Fault::After] {
            let shop = Shop::with(Faults::at(n, fault)).await;
            hear(&shop, &Faults::none(), &shop.placed()).await;
            for _ in 0..5 {
                // A claim whose answer was lost is nobody's until its lease is over.
                let pause = if shop.worker.work().await.is_ok() { 4 } else { 61 };
                shop.env.advance(SignedDuration::from_secs(pause));
            }
            assert_eq!(shop.status().await, OrderStatus::Confirmed, "{fault:?} at call {n}");
        }
    }
}

async fn cancelled(faults: Faults, told: &str) -> usize {
    let shop = Shop::with(faults.clone()).await;
    hear(&shop, &faults, &shop.placed()).await;
    work(&shop, &faults).await;
    for _ in 0..5 {
        if shop.orders.cancel(shop.id, &shop.asking("cancel"), "changed my mind").await.is_ok() {
            break;
        }
        faults.restart();
    }
    work(&shop, &faults).await;
    audit(&shop, told).await;
    assert_eq!(shop.status().await, OrderStatus::Cancelled, "{told}");
    faults.calls()
}

#[tokio::test]
async fn a_cancelled_order_keeps_nothing_whatever_call_goes_wrong() {
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
        let told = format!("cancelled before call {n}");
        let faults = Faults::none();
        let shop = Shop::with(faults.clone()).await;
        let (orders, id, asking) = (shop.orders.clone(), shop.id, shop.asking("cancel"));
        faults.then_meanwhile(n, async move {
            // Too early or too late is an answer as well.
            let _ = orders.cancel(id, &asking, "changed my mind").await;
        });
        hear(&shop, &faults, &shop.placed()).await;
        work(&shop, &faults).await;
        if shop.status().await == OrderStatus::Confirmed {
            for status in [ShipmentStatus::InTransit, ShipmentStatus::Delivered] {
                hear(&shop, &faults, &shop.moved(status)).await;
                work(&shop, &faults).await;
            }
        }
        audit(&shop, &told).await;
        assert_eq!(shop.order().await.due_at(), None, "{told}");
    }
}
