//! Requests of customers and staff in which each call fails in each way. A request without a response is repeated under
//! the same key.

use super::{audit, receive, work};
use crate::shop::{ON_HAND, Options, Shop, german_address};
use chassis::Problem;
use chassis::idempotency::JsonResponse;
use contracts::Quantity;
use contracts::dispatch::{
    AttentionResolution, OrderStatus, RefundRequest, ResolutionOutcome, ReturnLine, ReturnReceipt, ReturnRequest,
    WithdrawalRequest,
};
use contracts::events::PaymentIssueKind;
use contracts::payment::CaptureTiming;
use contracts::shipping::ShipmentStatus;
use dispatch::order::ReturnState;
use jiff::SignedDuration;
use testkit::samples::{SKU, usd};
use testkit::{Fault, Faults};

/// Sends a request until it has been answered twice, and asserts that both responses are equal.
async fn repeat(faults: &Faults, context: &str, send: impl AsyncFn() -> Result<JsonResponse, Problem>) {
    let mut responses = Vec::new();
    for _ in 0..5 {
        match send().await {
            Ok(response) => responses.push(response),
            Err(_) => faults.restart(),
        }
        if let [first, again] = responses.as_slice() {
            assert_eq!(first, again, "{context}");
            return;
        }
    }
    panic!("{context}: no response");
}

async fn move_to(shop: &Shop, faults: &Faults, status: ShipmentStatus) {
    receive(shop, faults, &shop.shipment_event(status)).await;
    work(shop, faults).await;
}

async fn begin(shop: &Shop, faults: &Faults) {
    receive(shop, faults, &shop.placed_event()).await;
    work(shop, faults).await;
}

fn units(count: u32) -> Vec<ReturnLine> {
    vec![ReturnLine { sku: SKU.parse().unwrap(), quantity: Quantity::new(count).unwrap() }]
}

async fn refunded(faults: Faults, context: &str) -> usize {
    let shop = Shop::with(faults.clone()).await;
    begin(&shop, &faults).await;
    let request = RefundRequest { amount: Some(usd(700)), lines: None, reason: "broken".parse().unwrap() };
    repeat(&faults, context, async || shop.orders.refund(shop.id, &shop.requester("a"), &request).await).await;
    work(&shop, &faults).await;
    audit(&shop, context).await;
    assert_eq!(shop.payment.with(|state| state.record.totals.refunded), usd(700), "{context}");
    faults.calls()
}

async fn returned(faults: Faults, context: &str) -> usize {
    let shop = Shop::with_faults_and_options(faults.clone(), Options { quantity: 3, ..Options::default() }).await;
    begin(&shop, &faults).await;
    move_to(&shop, &faults, ShipmentStatus::Delivered).await;
    let request = ReturnRequest { lines: units(2), reason: "too small".parse().unwrap() };
    let requester = || shop.requester("a");
    repeat(&faults, context, async || shop.orders.request_return(shop.id, &requester(), &request).await).await;
    let receipt = ReturnReceipt { lines: units(2), restock: true, refund_shipping: false };
    let requester = || shop.requester("b");
    repeat(&faults, context, async || shop.orders.receive_return(shop.id, 1, &requester(), &receipt).await).await;
    work(&shop, &faults).await;
    audit(&shop, context).await;
    let order = shop.order().await;
    assert_eq!((order.returns.len(), &order.returns[0].state), (1, &ReturnState::Refunded), "{context}");
    assert_eq!(shop.payment.with(|state| state.record.totals.refunded), usd(1334), "{context}");
    faults.calls()
}

/// A customer withdraws from some units before the parcel leaves, and from the rest while it travels.
async fn withdrawn(faults: Faults, context: &str) -> usize {
    let options = Options { quantity: 3, address: german_address(), ..Options::default() };
    let shop = Shop::with_faults_and_options(faults.clone(), options).await;
    begin(&shop, &faults).await;
    for (id, lines) in [(1, Some(units(1))), (2, None)] {
        let request = WithdrawalRequest { lines };
        let requester = || shop.requester(&format!("withdraw {id}"));
        repeat(&faults, context, async || shop.orders.withdraw(shop.id, &requester(), &request).await).await;
        let receipt = ReturnReceipt { lines: units(id), restock: true, refund_shipping: false };
        let requester = || shop.requester(&format!("receive {id}"));
        repeat(&faults, context, async || shop.orders.receive_return(shop.id, id, &requester(), &receipt).await).await;
        work(&shop, &faults).await;
        if id == 1 {
            move_to(&shop, &faults, ShipmentStatus::InTransit).await;
        }
    }
    audit(&shop, context).await;
    let totals = shop.payment.with(|state| state.record.totals);
    assert_eq!(totals.refunded, totals.captured, "{context}");
    assert_eq!(shop.stock.with(|state| state.on_hand), ON_HAND, "{context}");
    faults.calls()
}

async fn paid_when_shipped(faults: Faults, context: &str) -> usize {
    let options = Options { capture: CaptureTiming::Shipped, ..Options::default() };
    let shop = Shop::with_faults_and_options(faults.clone(), options).await;
    begin(&shop, &faults).await;
    assert_eq!(shop.payment.with(|state| state.money_movements), 0, "{context}");
    for status in [ShipmentStatus::InTransit, ShipmentStatus::Delivered] {
        move_to(&shop, &faults, status).await;
    }
    audit(&shop, context).await;
    assert_eq!((shop.status().await, shop.email_subjects().await.len()), (OrderStatus::Delivered, 4), "{context}");
    assert_eq!(shop.payment.with(|state| state.money_movements), 1, "{context}");
    faults.calls()
}

async fn suspended_and_retried(faults: Faults, context: &str) -> usize {
    let shop = Shop::with(faults.clone()).await;
    shop.stock.with(|state| state.adjusted_below_reserved = true);
    begin(&shop, &faults).await;
    assert_eq!(shop.status().await, OrderStatus::Attention, "{context}");
    shop.stock.with(|state| state.adjusted_below_reserved = false);
    repeat(&faults, context, async || shop.orders.resume(shop.id, &shop.requester("a")).await).await;
    work(&shop, &faults).await;
    audit(&shop, context).await;
    assert_eq!((shop.status().await, shop.order().await.resume_count), (OrderStatus::Confirmed, 1), "{context}");
    faults.calls()
}

async fn waited_for_stock(faults: Faults, context: &str) -> usize {
    let shop = Shop::with(faults.clone()).await;
    shop.stock.with(|state| state.awaiting_arrival = true);
    receive(&shop, &faults, &shop.placed_event()).await;
    while shop.order().await.awaited_skus.is_empty() {
        if shop.worker.work().await.is_err() || shop.order().await.awaited_skus.is_empty() {
            faults.restart();
        }
        shop.env.advance(SignedDuration::from_secs(61));
    }
    shop.stock.with(|state| state.awaiting_arrival = false);
    receive(&shop, &faults, &shop.arrived_event(SKU)).await;
    work(&shop, &faults).await;
    audit(&shop, context).await;
    assert_eq!(shop.status().await, OrderStatus::Confirmed, "{context}");
    faults.calls()
}

async fn refund_bounced(faults: Faults, context: &str) -> usize {
    let shop = Shop::with(faults.clone()).await;
    begin(&shop, &faults).await;
    repeat(&faults, context, async || shop.orders.cancel(shop.id, &shop.requester("a"), "no").await).await;
    work(&shop, &faults).await;
    shop.payment.with(|state| state.record.totals.refunded = usd(0));
    receive(&shop, &faults, &shop.payment_changed_event(PaymentIssueKind::RefundFailed)).await;
    assert_eq!(shop.order().await.payment_issues.len(), 1, "{context}");
    let resolution = AttentionResolution { outcome: ResolutionOutcome::Cancel, reason: "again".parse().unwrap() };
    repeat(&faults, context, async || shop.orders.resolve(shop.id, &shop.requester("b"), &resolution).await).await;
    work(&shop, &faults).await;
    audit(&shop, context).await;
    assert_eq!(shop.status().await, OrderStatus::Cancelled, "{context}");
    assert_eq!(shop.payment.with(|state| state.money_movements), 3, "{context}: a capture and two refunds");
    faults.calls()
}

macro_rules! whichever_call_fails {
    ($($name:ident: $scenario:ident),* $(,)?) => {
        $(#[tokio::test]
        async fn $name() {
            let calls = $scenario(Faults::none(), "nothing").await;
            assert!(calls >= 8, "only {calls} calls were seen");
            for n in 0..calls {
                for fault in Fault::ALL {
                    $scenario(Faults::at(n, fault), &format!("{fault:?} at call {n}")).await;
                }
            }
        })*
    };
}

whichever_call_fails!(
    a_refund_is_made_once_whichever_call_fails: refunded,
    a_return_is_refunded_and_restocked_once_whichever_call_fails: returned,
    a_withdrawal_is_refunded_and_restocked_once_whichever_call_fails: withdrawn,
    an_order_captured_when_shipped_is_captured_once_whichever_call_fails: paid_when_shipped,
    a_suspended_order_resumes_whichever_call_fails: suspended_and_retried,
    an_order_that_waited_for_stock_continues_whichever_call_fails: waited_for_stock,
    a_bounced_refund_is_made_again_whichever_call_fails: refund_bounced,
);
