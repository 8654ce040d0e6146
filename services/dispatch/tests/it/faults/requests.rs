//! Requests of customers and staff, and money that is taken when the parcel has left, with every call going wrong in
//! every way. Who gets no answer asks again under the same key.

use super::{audit, hear, work};
use crate::shop::{Shop, Wishes};
use chassis::Problem;
use chassis::idempotency::JsonResponse;
use contracts::Quantity;
use contracts::dispatch::{
    OrderStatus, RefundRequest, AttentionResolution, ResolutionOutcome, ReturnLine, ReturnReceipt, ReturnRequest,
};
use contracts::events::PaymentIssueKind;
use contracts::payment::CaptureTiming;
use contracts::shipping::ShipmentStatus;
use dispatch::order::ReturnState;
use jiff::SignedDuration;
use testkit::samples::{SKU, usd};
use testkit::{Fault, Faults};

/// Asks until there is an answer, and then until it comes once more: it is the same.
async fn answered(faults: &Faults, told: &str, ask: impl AsyncFn() -> Result<JsonResponse, Problem>) {
    let mut answers = Vec::new();
    for _ in 0..5 {
        match ask().await {
            Ok(answer) => answers.push(answer),
            Err(_) => faults.restart(),
        }
        if let [first, again] = answers.as_slice() {
            assert_eq!(first, again, "{told}");
            return;
        }
    }
    panic!("{told}: no answer");
}

async fn move_to(shop: &Shop, faults: &Faults, status: ShipmentStatus) {
    hear(shop, faults, &shop.moved(status)).await;
    work(shop, faults).await;
}

async fn begin(shop: &Shop, faults: &Faults) {
    hear(shop, faults, &shop.placed()).await;
    work(shop, faults).await;
}

fn pieces(count: u32) -> Vec<ReturnLine> {
    vec![ReturnLine { sku: SKU.parse().unwrap(), quantity: Quantity::new(count).unwrap() }]
}

async fn refunded(faults: Faults, told: &str) -> usize {
    let shop = Shop::with(faults.clone()).await;
    begin(&shop, &faults).await;
    let request = RefundRequest { amount: usd(700), reason: "broken".parse().unwrap() };
    answered(&faults, told, async || shop.orders.refund(shop.id, &shop.asking("a"), &request).await).await;
    work(&shop, &faults).await;
    audit(&shop, told).await;
    assert_eq!(shop.till.with(|books| books.record.totals.refunded), usd(700), "{told}");
    faults.calls()
}

async fn returned(faults: Faults, told: &str) -> usize {
    let shop = Shop::opened(faults.clone(), Wishes { quantity: 3, ..Wishes::default() }).await;
    begin(&shop, &faults).await;
    move_to(&shop, &faults, ShipmentStatus::Delivered).await;
    let request = ReturnRequest { lines: pieces(2), reason: "too small".parse().unwrap() };
    let asking = || shop.asking("a");
    answered(&faults, told, async || shop.orders.request_return(shop.id, &asking(), &request).await).await;
    let receipt = ReturnReceipt { lines: pieces(2), restock: true, refund_shipping: false };
    let asking = || shop.asking("b");
    answered(&faults, told, async || shop.orders.receive_return(shop.id, 1, &asking(), &receipt).await).await;
    work(&shop, &faults).await;
    audit(&shop, told).await;
    let order = shop.order().await;
    assert_eq!((order.returns.len(), &order.returns[0].state), (1, &ReturnState::Refunded), "{told}");
    assert_eq!(shop.till.with(|books| books.record.totals.refunded), usd(1334), "{told}");
    faults.calls()
}

async fn paid_when_shipped(faults: Faults, told: &str) -> usize {
    let wishes = Wishes { capture: CaptureTiming::Shipped, ..Wishes::default() };
    let shop = Shop::opened(faults.clone(), wishes).await;
    begin(&shop, &faults).await;
    assert_eq!(shop.till.with(|books| books.moved), 0, "{told}");
    for status in [ShipmentStatus::InTransit, ShipmentStatus::Delivered] {
        move_to(&shop, &faults, status).await;
    }
    audit(&shop, told).await;
    assert_eq!((shop.status().await, shop.letters().await.len()), (OrderStatus::Delivered, 4), "{told}");
    assert_eq!(shop.till.with(|books| books.moved), 1, "{told}");
    faults.calls()
}

async fn parked_and_tried_again(faults: Faults, told: &str) -> usize {
    let shop = Shop::with(faults.clone()).await;
    shop.stock.with(|books| books.missing = true);
    begin(&shop, &faults).await;
    assert_eq!(shop.status().await, OrderStatus::Attention, "{told}");
    shop.stock.with(|books| books.missing = false);
    answered(&faults, told, async || shop.orders.resume(shop.id, &shop.asking("a")).await).await;
    work(&shop, &faults).await;
    audit(&shop, told).await;
    assert_eq!((shop.status().await, shop.order().await.resumed), (OrderStatus::Confirmed, 1), "{told}");
    faults.calls()
}

async fn waited_for_goods(faults: Faults, told: &str) -> usize {
    let shop = Shop::with(faults.clone()).await;
    shop.stock.with(|books| books.awaited = true);
    hear(&shop, &faults, &shop.placed()).await;
    while shop.order().await.waits_for.is_empty() {
        if shop.worker.work().await.is_err() || shop.order().await.waits_for.is_empty() {
            faults.restart();
        }
        shop.env.advance(SignedDuration::from_secs(61));
    }
    shop.stock.with(|books| books.awaited = false);
    hear(&shop, &faults, &shop.arrived(SKU)).await;
    work(&shop, &faults).await;
    audit(&shop, told).await;
    assert_eq!(shop.status().await, OrderStatus::Confirmed, "{told}");
    faults.calls()
}

async fn refunded_in_vain(faults: Faults, told: &str) -> usize {
    let shop = Shop::with(faults.clone()).await;
    begin(&shop, &faults).await;
    answered(&faults, told, async || shop.orders.cancel(shop.id, &shop.asking("a"), "no").await).await;
    work(&shop, &faults).await;
    shop.till.with(|books| books.record.totals.refunded = usd(0));
    hear(&shop, &faults, &shop.changed(PaymentIssueKind::RefundFailed)).await;
    assert_eq!(shop.order().await.payment_issues.len(), 1, "{told}");
    let resolution = AttentionResolution { outcome: ResolutionOutcome::Cancel, reason: "again".parse().unwrap() };
    answered(&faults, told, async || shop.orders.resolve(shop.id, &shop.asking("b"), &resolution).await).await;
    work(&shop, &faults).await;
    audit(&shop, told).await;
    assert_eq!(shop.status().await, OrderStatus::Cancelled, "{told}");
    assert_eq!(shop.till.with(|books| books.moved), 3, "{told}: taken, given back in vain, given back");
    faults.calls()
}

macro_rules! whatever_goes_wrong {
    ($($name:ident: $play:ident),* $(,)?) => {
        $(#[tokio::test]
        async fn $name() {
            let calls = $play(Faults::none(), "nothing").await;
            assert!(calls >= 8, "only {calls} calls were seen");
            for n in 0..calls {
                for fault in Fault::ALL {
                    $play(Faults::at(n, fault), &format!("{fault:?} at call {n}")).await;
                }
            }
        })*
    };
}

whatever_goes_wrong!(
    a_refund_is_made_once_whatever_call_goes_wrong: refunded,
    a_return_is_paid_and_put_back_once_whatever_call_goes_wrong: returned,
    an_order_paid_when_shipped_is_paid_once_whatever_call_goes_wrong: paid_when_shipped,
    a_parked_order_goes_on_whatever_call_goes_wrong: parked_and_tried_again,
    an_order_that_waited_for_goods_goes_on_whatever_call_goes_wrong: waited_for_goods,
    what_was_refunded_in_vain_is_refunded_again_whatever_call_goes_wrong: refunded_in_vain,
);
