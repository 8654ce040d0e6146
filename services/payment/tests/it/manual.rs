//! Money that people move another way: it is recorded, and asked of no gateway.

use crate::bench::Bench;
use contracts::OrderId;
use contracts::payment::{CommandResponse, CommandRequest, CommandState, MoneyCommand};
use payment::attempt::{PaymentOperation, OperationKind, OperationState, MANUAL, Links};
use payment::payment::{Effects, Fact, WebhookEvent, WebhookEventKind, Outcome, Payment};
use payment::store::PaymentStore;
use testkit::Faults;
use testkit::samples::usd;

const CAPTURE: MoneyCommand = MoneyCommand::Capture { amount: None };

async fn bought(captured: bool) -> (Bench, OrderId) {
    let bench = Bench::new(Faults::none()).await;
    bench.check_out("one", &bench.request("Ada").await).await.unwrap();
    let order = bench.payment().await.order_id;
    if captured {
        assert_eq!(ask(&bench, order, "capture", CAPTURE).await.state, CommandState::Done);
    }
    (bench, order)
}

async fn ask(bench: &Bench, order: OrderId, step: &str, command: MoneyCommand) -> CommandResponse {
    let request = CommandRequest { step_key: step.into(), command, manual_note: None };
    bench.engine.command(order, &request).await.unwrap()
}

async fn record(bench: &Bench, order: OrderId, step: &str, command: MoneyCommand) -> CommandResponse {
    let request = CommandRequest { step_key: step.into(), command, manual_note: Some("Ada: in cash".into()) };
    bench.engine.command(order, &request).await.unwrap()
}

async fn last(bench: &Bench) -> PaymentOperation {
    bench.payment().await.operations.last().unwrap().clone()
}

/// What becomes known of an attempt without anybody having asked.
async fn becomes_known(bench: &Bench, attempt: &PaymentOperation, outcome: Outcome) {
    let (id, at) = (bench.payment().await.id, bench.env.system.now());
    let fact = Fact { reference: attempt.reference.clone(), outcome, links: Links::new(), at };
    let change = |payment: &mut Payment| {
        let mut effects = Effects::default();
        payment.apply(fact.clone(), &mut effects);
        Ok(effects)
    };
    bench.engine.change(id, change).await.unwrap();
}

async fn came_to_nothing(bench: &Bench, attempt: &PaymentOperation) {
    let refusal = contracts::payment::Refusal { code: "gone".into(), reason: "the account is closed".into() };
    becomes_known(bench, attempt, Outcome::Failed { refusal }).await;
}

#[tokio::test]
async fn a_refund_that_no_gateway_can_make_is_recorded_once_and_the_books_stay_right() {
    let (bench, order) = bought(true).await;
    let part = MoneyCommand::Refund { amount: usd(700) };
    ask(&bench, order, "refund", part).await;
    came_to_nothing(&bench, &last(&bench).await).await;
    let asked = bench.files.operations().await.len();
    for _ in 0..2 {
        let answer = record(&bench, order, "refund:1", part).await;
        assert_eq!((answer.state, answer.moved, answer.totals.refunded), (CommandState::Done, usd(700), usd(700)));
    }
    assert_eq!(bench.files.operations().await.len(), asked, "no gateway was asked");
    assert_eq!(last(&bench).await.gateway, MANUAL);
    let balances = bench.files.store.balances().await.unwrap();
    let of = |name: &str| balances.iter().find(|balance| balance.gateway == name).unwrap();
    assert!(balances.iter().all(|balance| balance.difference == 0), "{balances:?}");
    assert_eq!((of(MANUAL).captured(), of(MANUAL).refunded, of(MANUAL).paid_out), (0, 700, -700));
    assert_eq!((of("sandbox").owed, of("sandbox").refunded), (2500, 0));
}

#[tokio::test]
async fn no_more_is_recorded_than_is_left_to_give_back() {
    let (bench, order) = bought(true).await;
    ask(&bench, order, "refund", MoneyCommand::Refund { amount: usd(2000) }).await;
    let answer = record(&bench, order, "return", MoneyCommand::Refund { amount: usd(700) }).await;
    assert_eq!((answer.state, answer.moved, answer.totals.refunded), (CommandState::Done, usd(500), usd(2500)));
    let nothing = record(&bench, order, "again", MoneyCommand::Refund { amount: usd(700) }).await;
    assert_eq!((nothing.state, nothing.moved), (CommandState::Done, usd(0)));
}

#[tokio::test]
async fn what_nobody_knows_whether_the_gateway_did_it_did_not_says_who_did_it_by_hand() {
    let (bench, order) = bought(true).await;
    let part = MoneyCommand::Refund { amount: usd(700) };
    bench.line.hold_up();
    ask(&bench, order, "refund", part).await;
    for _ in 0..3 {
        bench.later(31).await;
    }
    let parked = last(&bench).await;
    assert_eq!(parked.state, OperationState::NeedsAttention);
    let answer = record(&bench, order, "refund", part).await;
    assert_eq!((answer.state, answer.totals.refunded), (CommandState::Done, usd(700)));
    assert_eq!(bench.payment().await.attempt(parked.number).unwrap().state, OperationState::Refused);
    // The gateway did it all the same: the customer has it twice, which a person has to know.
    let done = Outcome::Succeeded { gateway_id: "g".into(), amount: usd(700), taken: false };
    becomes_known(&bench, &parked, done).await;
    assert_eq!(bench.payment().await.discrepancies.len(), 1);
}

#[tokio::test]
async fn an_order_undone_by_hand_holds_and_keeps_nothing() {
    for captured in [false, true] {
        let (bench, order) = bought(captured).await;
        let answer = record(&bench, order, "undo", MoneyCommand::Undo).await;
        let kept = answer.totals.captured.amount - answer.totals.refunded.amount;
        assert_eq!((answer.state, kept), (CommandState::Done, 0));
        assert_eq!(answer.totals.authorised, answer.totals.captured, "nothing is held");
        assert_eq!(last(&bench).await.kind, if captured { OperationKind::Refund } else { OperationKind::Void });
        // What is held at the gateway runs out there, which is no news.
        came_to_nothing(&bench, &bench.payment().await.operations[0].clone()).await;
        assert!(bench.payment().await.discrepancies.is_empty());
    }
}

#[tokio::test]
async fn an_order_whose_hold_ran_out_is_told_of_and_can_be_paid_another_way() {
    let (bench, order) = bought(false).await;
    came_to_nothing(&bench, &last(&bench).await).await;
    assert_eq!(bench.files.events().await.last().unwrap().kind, "payment.changed");
    assert!(bench.payment().await.discrepancies.is_empty(), "its workflow was told: that is enough");
    let refused = ask(&bench, order, "capture", CAPTURE).await.state;
    assert!(matches!(refused, CommandState::Refused { .. }), "{refused:?}");
    let paid = record(&bench, order, "capture:1", CAPTURE).await;
    assert_eq!((paid.state, paid.totals.captured), (CommandState::Done, usd(2500)));
    let balances = bench.files.store.balances().await.unwrap();
    assert_eq!((balances[0].captured(), balances[0].paid_out, balances[0].difference), (2500, 2500, 0));
}

#[tokio::test]
async fn what_was_paid_by_hand_is_given_back_by_hand() {
    for whole in [false, true] {
        let (bench, order) = bought(false).await;
        came_to_nothing(&bench, &last(&bench).await).await;
        record(&bench, order, "capture", CAPTURE).await;
        let asked = bench.files.operations().await.len();
        let command = if whole { MoneyCommand::Undo } else { MoneyCommand::Refund { amount: usd(700) } };
        let waits = ask(&bench, order, "back", command).await;
        let CommandState::NeedsAttention { reason } = waits.state else { panic!("{waits:?}") };
        assert!(reason.contains("by hand, then say that it is done"), "{reason}");
        assert_eq!((bench.files.operations().await.len(), last(&bench).await.gateway.as_str()), (asked, MANUAL));
        let back = record(&bench, order, "back", command).await;
        let amount = usd(if whole { 2500 } else { 700 });
        assert_eq!((back.state, back.totals.refunded, last(&bench).await.number), (CommandState::Done, amount, 3));
    }
}

#[tokio::test]
async fn what_is_told_late_of_a_gateways_refund_is_not_taken_for_what_was_done_by_hand() {
    let (bench, order) = bought(true).await;
    ask(&bench, order, "undo", MoneyCommand::Undo).await;
    came_to_nothing(&bench, &last(&bench).await).await;
    record(&bench, order, "undo:1", MoneyCommand::Undo).await;
    let (id, at) = (bench.payment().await.id, bench.env.system.now());
    for kind in [WebhookEventKind::RefundFailed, WebhookEventKind::Refunded] {
        let transaction = bench.payment().await.operations[0].reference.clone();
        let webhook_event = WebhookEvent { id: format!("{kind:?}"), transaction, command: None, kind, amount: None, reason: None };
        let change = |payment: &mut Payment| {
            let mut effects = Effects::default();
            payment.told(&webhook_event, at, &mut effects);
            Ok(effects)
        };
        let payment = bench.engine.change(id, change).await.unwrap();
        assert_eq!(payment.totals().refunded, usd(2500), "{kind:?}");
    }
}
