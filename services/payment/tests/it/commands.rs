//! Money commands of workflows.

use crate::fault_rig::FaultRig;
use crate::shop::Shop;
use contracts::OrderId;
use contracts::payment::{CommandRequest, CommandState, MoneyCommand};
use payment::operation::OperationState;
use payment::store::PaymentStore;
use serde_json::json;
use testkit::Faults;
use testkit::samples::usd;

#[tokio::test]
async fn money_moves_once_per_step() {
    let shop = Shop::open().await;
    let order = shop.pay("Ada").await.order_id;
    for _ in 0..2 {
        let answer = shop.command(order, "capture", json!({"kind": "capture"})).await;
        assert_eq!((answer.state, answer.totals.captured), (CommandState::Done, usd(2500)));
        assert_eq!(answer.receipt_number.as_deref(), Some("R-000001"));
    }
    for _ in 0..2 {
        let answer = shop.command(order, "refund:a", json!({"kind": "refund", "amount": usd(500)})).await;
        assert_eq!((answer.state, answer.totals.refunded), (CommandState::Done, usd(500)));
    }
    let more = shop.command(order, "refund:b", json!({"kind": "refund", "amount": usd(2001)})).await;
    assert!(matches!(more.state, CommandState::Refused { .. }));
    let huge = shop.command(order, "refund:c", json!({"kind": "refund", "amount": usd(i64::MAX)})).await;
    assert!(matches!(huge.state, CommandState::Refused { .. }));
    let foreign = json!({"kind": "refund", "amount": {"amount": 1, "currency": "EUR"}});
    assert!(matches!(shop.command(order, "refund:d", foreign).await.state, CommandState::Refused { .. }));
    let undone = shop.command(order, "undo", json!({"kind": "undo"})).await;
    assert_eq!((undone.state, undone.totals.refunded), (CommandState::Done, usd(2500)));
    for balance in shop.files.store.balances().await.unwrap() {
        assert_eq!((balance.difference, balance.captured(), balance.refunded), (0, 2500, 2500));
    }
}

#[tokio::test]
async fn an_uncaptured_authorisation_is_voided() {
    let shop = Shop::open().await;
    let order = shop.pay("Ada").await.order_id;
    let undone = shop.command(order, "undo", json!({"kind": "undo"})).await;
    assert_eq!((undone.state, undone.totals.captured, undone.totals.authorised), (CommandState::Done, usd(0), usd(0)));
    let late = shop.command(order, "capture", json!({"kind": "capture"})).await;
    assert!(matches!(late.state, CommandState::Refused { .. }), "a capture that arrives late takes nothing");
    assert!(shop.files.store.balances().await.unwrap().is_empty());
}

#[tokio::test]
async fn commands_are_for_dispatch_and_for_orders() {
    let shop = Shop::open().await;
    let refused = shop.pay("REFUSED").await.order_id;
    let body = json!({"step_key": "x", "command": {"kind": "capture"}});
    let path = format!("/internal/orders/{refused}/commands");
    let dispatch = shop.env.service(&shop.service.router, "dispatch", "payment");
    dispatch.post(&path, &body).await.expect(404);
    shop.env.service(&shop.service.router, "cart", "payment").post(&path, &body).await.expect(403);
    shop.caller.post(&path, &body).await.expect(401);
}

async fn command(rig: &FaultRig, order: OrderId, step: &str, command: MoneyCommand) -> CommandState {
    let request = CommandRequest { step_key: step.into(), command, manual_note: None };
    rig.engine.command(order, &request).await.unwrap().state
}

async fn bought() -> (FaultRig, OrderId) {
    let rig = FaultRig::new(Faults::none()).await;
    rig.check_out("one", &rig.request("Ada").await).await.unwrap();
    let order = rig.payment().await.order_id;
    (rig, order)
}

#[tokio::test]
async fn a_lost_capture_is_resent_and_its_workflow_notified() {
    let (rig, order) = bought().await;
    rig.connection.delay();
    assert_eq!(command(&rig, order, "capture", MoneyCommand::Capture { amount: None }).await, CommandState::Pending);
    assert_eq!(
        command(&rig, order, "undo", MoneyCommand::Undo).await,
        CommandState::Pending,
        "one operation at a time"
    );
    let never = rig.connection.take_delayed();
    rig.later(31).await;
    let events = rig.files.events().await;
    assert_eq!(events.last().unwrap().kind, "payment.command_settled");
    assert_eq!(command(&rig, order, "capture", MoneyCommand::Capture { amount: None }).await, CommandState::Done);
    rig.connection.deliver(never).await;
    let captured: i64 = rig.files.operations().await.iter().map(|one| one.amount).sum();
    assert_eq!(captured, 5000, "authorised once, captured once, although the first command arrived as well");
}

#[tokio::test]
async fn a_capture_is_not_resent_before_the_index_delay() {
    let (rig, order) = bought().await;
    rig.connection.delay();
    command(&rig, order, "capture", MoneyCommand::Capture { amount: None }).await;
    rig.later(2).await;
    assert_eq!(rig.connection.take_delayed().len(), 1, "the gateway would refuse a repeated capture");
    rig.connection.delay();
    rig.later(31).await;
    assert_eq!(rig.connection.take_delayed().len(), 1);
}

#[tokio::test]
async fn an_unknown_partial_refund_needs_attention_and_counts_once_found() {
    let (rig, order) = bought().await;
    command(&rig, order, "capture", MoneyCommand::Capture { amount: None }).await;
    rig.connection.delay();
    let part = MoneyCommand::Refund { amount: usd(700) };
    assert_eq!(command(&rig, order, "refund:a", part).await, CommandState::Pending);
    for _ in 0..3 {
        rig.later(31).await;
    }
    assert_eq!(rig.payment().await.operations[2].state, OperationState::NeedsAttention);
    assert!(matches!(command(&rig, order, "refund:a", part).await, CommandState::NeedsAttention { .. }));
    let undone = command(&rig, order, "undo", MoneyCommand::Undo).await;
    assert!(matches!(undone, CommandState::NeedsAttention { .. }), "undo waits until the outcome is known: {undone:?}");
    rig.connection.deliver_delayed().await;
    rig.env.advance(jiff::SignedDuration::from_secs(2));
    assert_eq!(command(&rig, order, "undo", MoneyCommand::Undo).await, CommandState::Done);
    let payment = rig.payment().await;
    assert_eq!(payment.totals().refunded, usd(2500), "the unresolved part was queried before the rest was refunded");
    assert!(payment.discrepancies.is_empty(), "no discrepancy: {:?}", payment.discrepancies);
}
