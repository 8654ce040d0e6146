//! Partial captures and refunds, and the balances of gateways.

use crate::shop::Shop;
use contracts::payment::{CommandState, GatewayBalances, PayoutDays};
use payment::store::PaymentStore;
use serde_json::json;
use testkit::samples::usd;

#[tokio::test]
async fn partial_captures_and_refunds_stay_within_their_limits() {
    let shop = Shop::open().await;
    let order = shop.pay("Ada").await.order_id;
    let capture = async |step: &str, amount: i64| {
        shop.command(order, step, json!({"kind": "capture", "amount": usd(amount)})).await
    };
    assert_eq!(capture("a", 1000).await.totals.captured, usd(1000));
    assert_eq!(capture("a", 1000).await.totals.captured, usd(1000), "a repeated step captures nothing");
    assert!(matches!(capture("b", 1501).await.state, CommandState::Refused { .. }));
    assert_eq!(capture("c", 500).await.totals.captured, usd(1500));
    let nothing = capture("nothing", 0).await;
    assert_eq!((nothing.state, nothing.totals.captured), (CommandState::Done, usd(1500)));
    let back = shop.command(order, "d", json!({"kind": "refund", "amount": usd(1501)})).await;
    assert!(matches!(back.state, CommandState::Refused { .. }), "no more than was captured");
    let back = shop.command(order, "e", json!({"kind": "refund", "amount": usd(300)})).await;
    assert_eq!((back.state, back.totals.refunded), (CommandState::Done, usd(300)));
    let rest = shop.command(order, "f", json!({"kind": "capture"})).await;
    assert_eq!((rest.state, rest.totals.captured), (CommandState::Done, usd(2500)));
    let undone = shop.command(order, "undo", json!({"kind": "undo"})).await;
    assert_eq!((undone.state, undone.totals.refunded), (CommandState::Done, usd(2500)));
    let balances = shop.files.store.balances().await.unwrap();
    assert_eq!((balances[0].difference, balances[0].captured(), balances[0].owed), (0, 2500, 0));
}

#[tokio::test]
async fn undo_refunds_a_partial_capture_and_voids_the_rest() {
    let shop = Shop::open().await;
    let order = shop.pay("Ada").await.order_id;
    shop.command(order, "a", json!({"kind": "capture", "amount": usd(1000)})).await;
    for _ in 0..2 {
        let undone = shop.command(order, "undo", json!({"kind": "undo"})).await;
        assert_eq!(
            (undone.state, undone.totals.refunded, undone.totals.authorised),
            (CommandState::Done, usd(1000), usd(1000))
        );
    }
    let theirs = shop.files.ledger.payments_after("", 10).await.unwrap();
    assert_eq!((theirs[0].capturable(), theirs[0].settled(), theirs[0].refunded()), (0, 1000, 1000));
}

#[tokio::test]
async fn a_step_that_is_repeated_after_a_restore_moves_no_money_twice() {
    let shop = Shop::open().await;
    let order = shop.pay("Ada").await.order_id;
    shop.command(order, "capture", json!({"kind": "capture"})).await;
    let copy = shop.copy_database();
    let refund = json!({"kind": "refund", "amount": usd(700)});
    shop.command(order, "refund", refund.clone()).await;
    let shop = shop.restored(&copy).await;
    // Another step comes first this time.
    let other = shop.command(order, "other", json!({"kind": "refund", "amount": usd(300)})).await;
    assert_eq!((other.state, other.totals.refunded), (CommandState::Done, usd(300)));
    let again = shop.command(order, "refund", refund).await;
    assert_eq!((again.state, again.totals.refunded), (CommandState::Done, usd(1000)));
    assert_eq!(shop.files.ledger.payments_after("", 10).await.unwrap()[0].refunded(), 1000);
}

#[tokio::test]
async fn payouts_are_recorded_once_and_reduce_the_balance() {
    let shop = Shop::open().await;
    let order = shop.pay("Ada").await.order_id;
    shop.command(order, "capture", json!({"kind": "capture"})).await;
    shop.command(order, "refund", json!({"kind": "refund", "amount": usd(500)})).await;
    let merchant = shop.env.staff(&shop.service.router, chassis::auth::Role::Merchant);
    let payout = |amount: i64| json!({"gateway": "sandbox", "amount": usd(amount), "reference": "PO-1"});
    for _ in 0..2 {
        merchant.post("/api/v1/payouts", payout(1500)).await.expect(204);
    }
    assert_eq!(merchant.post("/api/v1/payouts", payout(1600)).await.problem(409), "not-possible-now");
    let balances = merchant.get("/api/v1/balances").await.expect(200).read::<GatewayBalances>().items;
    assert_eq!((balances.len(), balances[0].paid_out, balances[0].owed), (1, usd(1500), usd(500)));
    let days = merchant.get("/api/v1/payouts").await.expect(200).read::<PayoutDays>().items;
    assert_eq!((days.len(), days[0].captured, days[0].refunded, days[0].net), (1, usd(2500), usd(500), usd(2000)));
    merchant.get("/api/v1/payouts?from=2020-01-01&to=2027-01-01").await.expect(422);
    shop.caller.get("/api/v1/balances").await.expect(403);
    for nonsense in [0, i64::MAX, i64::MIN] {
        merchant.post("/api/v1/payouts", payout(nonsense)).await.expect(422);
    }
    // A correction is a negative amount with a reference of its own.
    let mistake = json!({"gateway": "sandbox", "amount": usd(-750), "reference": "PO-1 corrected"});
    merchant.post("/api/v1/payouts", mistake).await.expect(204);
    let balances = merchant.get("/api/v1/balances").await.expect(200).read::<GatewayBalances>().items;
    assert_eq!((balances[0].paid_out, balances[0].owed), (usd(750), usd(1250)));
}
