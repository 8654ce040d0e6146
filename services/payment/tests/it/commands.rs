//! Money commands of workflows.

use crate::bench::Bench;
use crate::shop::Shop;
use contracts::OrderId;
use contracts::payment::{CommandRequest, CommandState, MoneyCommand};
use payment::attempt::OperationState;
use payment::store::PaymentStore;
use serde_json::json;
use testkit::Faults;
use testkit::samples::usd;

#[tokio::test]
async fn money_is_taken_and_given_back_once_for_each_step() {
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
async fn what_was_not_taken_is_let_go() {
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

async fn command(bench: &Bench, order: OrderId, step: &str, command: MoneyCommand) -> CommandState {
    let request = CommandRequest { step_key: step.into(), command, manual_note: None };
    bench.engine.command(order, &request).await.unwrap().state
}

async fn bought() -> (Bench, OrderId) {
    let bench = Bench::new(Faults::none()).await;
    bench.check_out("one", &bench.request("Ada").await).await.unwrap();
    let order = bench.payment().await.order_id;
    (bench, order)
}

#[tokio::test]
async fn a_capture_that_never_arrived_is_sent_again_and_its_workflow_told() {
    let (bench, order) = bought().await;
    bench.line.hold_up();
    assert_eq!(command(&bench, order, "capture", MoneyCommand::Capture { amount: None }).await, CommandState::Pending);
    assert_eq!(command(&bench, order, "undo", MoneyCommand::Undo).await, CommandState::Pending, "one after the other");
    let never = bench.line.take_held_up();
    bench.later(31).await;
    let told = bench.files.events().await;
    assert_eq!(told.last().unwrap().kind, "payment.command_settled");
    assert_eq!(command(&bench, order, "capture", MoneyCommand::Capture { amount: None }).await, CommandState::Done);
    bench.line.deliver(never).await;
    let captured: i64 = bench.files.operations().await.iter().map(|one| one.amount).sum();
    assert_eq!(captured, 5000, "authorised once, captured once, although the first command arrived as well");
}

#[tokio::test]
async fn a_capture_is_not_sent_again_before_the_gateway_would_know_of_it() {
    let (bench, order) = bought().await;
    bench.line.hold_up();
    command(&bench, order, "capture", MoneyCommand::Capture { amount: None }).await;
    bench.later(2).await;
    assert_eq!(bench.line.take_held_up().len(), 1, "carried out already, it would be refused the second time");
    bench.line.hold_up();
    bench.later(31).await;
    assert_eq!(bench.line.take_held_up().len(), 1);
}

#[tokio::test]
async fn a_part_given_back_with_an_unknown_outcome_is_parked_and_counts_when_found() {
    let (bench, order) = bought().await;
    command(&bench, order, "capture", MoneyCommand::Capture { amount: None }).await;
    bench.line.hold_up();
    let part = MoneyCommand::Refund { amount: usd(700) };
    assert_eq!(command(&bench, order, "refund:a", part).await, CommandState::Pending);
    for _ in 0..3 {
        bench.later(31).await;
    }
    assert_eq!(bench.payment().await.operations[2].state, OperationState::NeedsAttention);
    assert!(matches!(command(&bench, order, "refund:a", part).await, CommandState::NeedsAttention { .. }));
    let undone = command(&bench, order, "undo", MoneyCommand::Undo).await;
    assert!(matches!(undone, CommandState::NeedsAttention { .. }), "undoing waits until the outcome is known: {undone:?}");
    bench.line.let_through().await;
    bench.env.advance(jiff::SignedDuration::from_secs(2));
    assert_eq!(command(&bench, order, "undo", MoneyCommand::Undo).await, CommandState::Done);
    let payment = bench.payment().await;
    assert_eq!(payment.totals().refunded, usd(2500), "the parked part was looked up before the rest was given back");
    assert!(payment.discrepancies.is_empty(), "it is as it should be: {:?}", payment.discrepancies);
}
