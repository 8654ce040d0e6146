//! Manual payments and refunds, which are recorded and sent to no gateway.

use crate::fault_rig::FaultRig;
use contracts::OrderId;
use contracts::payment::{CommandRequest, CommandResponse, CommandState, MoneyCommand};
use payment::operation::{Links, MANUAL, OperationKind, OperationState, PaymentOperation};
use payment::payment::{Effects, Fact, Outcome, Payment, WebhookEvent, WebhookEventKind};
use payment::store::PaymentStore;
use testkit::Faults;
use testkit::samples::usd;

const CAPTURE: MoneyCommand = MoneyCommand::Capture { amount: None };

async fn bought(captured: bool) -> (FaultRig, OrderId) {
    let rig = FaultRig::new(Faults::none()).await;
    rig.check_out("one", &rig.request("Ada").await).await.unwrap();
    let order = rig.payment().await.order_id;
    if captured {
        assert_eq!(ask(&rig, order, "capture", CAPTURE).await.state, CommandState::Done);
    }
    (rig, order)
}

async fn ask(rig: &FaultRig, order: OrderId, step: &str, command: MoneyCommand) -> CommandResponse {
    let request = CommandRequest { step_key: step.into(), command, manual_note: None };
    rig.engine.command(order, &request).await.unwrap()
}

async fn record(rig: &FaultRig, order: OrderId, step: &str, command: MoneyCommand) -> CommandResponse {
    let request = CommandRequest { step_key: step.into(), command, manual_note: Some("Ada: in cash".into()) };
    rig.engine.command(order, &request).await.unwrap()
}

async fn last(rig: &FaultRig) -> PaymentOperation {
    rig.payment().await.operations.last().unwrap().clone()
}

/// Applies an outcome that arrives unrequested.
async fn becomes_known(rig: &FaultRig, operation: &PaymentOperation, outcome: Outcome) {
    let (id, at) = (rig.payment().await.id, rig.env.system.now());
    let fact = Fact { reference: operation.reference.clone(), outcome, links: Links::new(), at };
    let change = |payment: &mut Payment| {
        let mut effects = Effects::default();
        payment.apply(fact.clone(), &mut effects);
        Ok(effects)
    };
    rig.engine.change(id, change).await.unwrap();
}

async fn came_to_nothing(rig: &FaultRig, operation: &PaymentOperation) {
    let refusal = contracts::payment::Refusal { code: "gone".into(), reason: "the account is closed".into() };
    becomes_known(rig, operation, Outcome::Failed { refusal }).await;
}

#[tokio::test]
async fn a_manual_refund_is_recorded_once_and_the_ledger_balances() {
    let (rig, order) = bought(true).await;
    let part = MoneyCommand::Refund { amount: usd(700) };
    ask(&rig, order, "refund", part).await;
    came_to_nothing(&rig, &last(&rig).await).await;
    let asked = rig.files.operations().await.len();
    for _ in 0..2 {
        let answer = record(&rig, order, "refund:1", part).await;
        assert_eq!((answer.state, answer.moved, answer.totals.refunded), (CommandState::Done, usd(700), usd(700)));
    }
    assert_eq!(rig.files.operations().await.len(), asked, "no gateway was involved");
    assert_eq!(last(&rig).await.gateway, MANUAL);
    let balances = rig.files.store.balances().await.unwrap();
    let of = |name: &str| balances.iter().find(|balance| balance.gateway == name).unwrap();
    assert!(balances.iter().all(|balance| balance.difference == 0), "{balances:?}");
    assert_eq!((of(MANUAL).captured(), of(MANUAL).refunded, of(MANUAL).paid_out), (0, 700, -700));
    assert_eq!((of("sandbox").owed, of("sandbox").refunded), (2500, 0));
}

#[tokio::test]
async fn a_manual_refund_is_limited_to_the_refundable_amount() {
    let (rig, order) = bought(true).await;
    ask(&rig, order, "refund", MoneyCommand::Refund { amount: usd(2000) }).await;
    let answer = record(&rig, order, "return", MoneyCommand::Refund { amount: usd(700) }).await;
    assert_eq!((answer.state, answer.moved, answer.totals.refunded), (CommandState::Done, usd(500), usd(2500)));
    let nothing = record(&rig, order, "again", MoneyCommand::Refund { amount: usd(700) }).await;
    assert_eq!((nothing.state, nothing.moved), (CommandState::Done, usd(0)));
}

#[tokio::test]
async fn an_unknown_refund_counts_as_refused_once_it_is_made_manually() {
    let (rig, order) = bought(true).await;
    let part = MoneyCommand::Refund { amount: usd(700) };
    rig.connection.delay();
    ask(&rig, order, "refund", part).await;
    for _ in 0..3 {
        rig.later(31).await;
    }
    let unresolved = last(&rig).await;
    assert_eq!(unresolved.state, OperationState::NeedsAttention);
    let answer = record(&rig, order, "refund", part).await;
    assert_eq!((answer.state, answer.totals.refunded), (CommandState::Done, usd(700)));
    assert_eq!(rig.payment().await.operation(unresolved.number).unwrap().state, OperationState::Refused);
    // The gateway made the refund all the same, so the customer was refunded twice.
    let done = Outcome::Succeeded { gateway_id: "g".into(), amount: usd(700), captured: false };
    becomes_known(&rig, &unresolved, done).await;
    assert_eq!(rig.payment().await.discrepancies.len(), 1);
}

#[tokio::test]
async fn a_manual_undo_leaves_no_money_authorised_or_captured() {
    for captured in [false, true] {
        let (rig, order) = bought(captured).await;
        let answer = record(&rig, order, "undo", MoneyCommand::Undo).await;
        let kept = answer.totals.captured.amount - answer.totals.refunded.amount;
        assert_eq!((answer.state, kept), (CommandState::Done, 0));
        assert_eq!(answer.totals.authorised, answer.totals.captured, "nothing stays authorised");
        assert_eq!(last(&rig).await.kind, if captured { OperationKind::Refund } else { OperationKind::Void });
        // The later expiry at the gateway has no consequences.
        came_to_nothing(&rig, &rig.payment().await.operations[0].clone()).await;
        assert!(rig.payment().await.discrepancies.is_empty());
    }
}

#[tokio::test]
async fn an_order_with_an_expired_authorisation_can_be_paid_manually() {
    let (rig, order) = bought(false).await;
    came_to_nothing(&rig, &last(&rig).await).await;
    assert_eq!(rig.files.events().await.last().unwrap().kind, "payment.changed");
    assert!(rig.payment().await.discrepancies.is_empty(), "reported to the workflow, so no discrepancy");
    let refused = ask(&rig, order, "capture", CAPTURE).await.state;
    assert!(matches!(refused, CommandState::Refused { .. }), "{refused:?}");
    let paid = record(&rig, order, "capture:1", CAPTURE).await;
    assert_eq!((paid.state, paid.totals.captured), (CommandState::Done, usd(2500)));
    let balances = rig.files.store.balances().await.unwrap();
    assert_eq!((balances[0].captured(), balances[0].paid_out, balances[0].difference), (2500, 2500, 0));
}

#[tokio::test]
async fn a_part_that_was_paid_manually_leaves_the_rest_to_be_captured() {
    let (rig, order) = bought(false).await;
    let part = MoneyCommand::Capture { amount: Some(usd(1000)) };
    let paid = record(&rig, order, "capture", part).await;
    assert_eq!((paid.state, paid.totals.captured, paid.moved), (CommandState::Done, usd(1000), usd(1000)));
    let rest = ask(&rig, order, "capture:1", CAPTURE).await;
    assert_eq!((rest.state, rest.totals.captured, rest.moved), (CommandState::Done, usd(2500), usd(1500)));
}

#[tokio::test]
async fn a_manual_capture_is_refunded_manually() {
    for full in [false, true] {
        let (rig, order) = bought(false).await;
        came_to_nothing(&rig, &last(&rig).await).await;
        record(&rig, order, "capture", CAPTURE).await;
        let asked = rig.files.operations().await.len();
        let command = if full { MoneyCommand::Undo } else { MoneyCommand::Refund { amount: usd(700) } };
        let waits = ask(&rig, order, "back", command).await;
        let CommandState::NeedsAttention { reason } = waits.state else { panic!("{waits:?}") };
        assert!(reason.contains("manually, then mark it as done"), "{reason}");
        assert_eq!((rig.files.operations().await.len(), last(&rig).await.gateway.as_str()), (asked, MANUAL));
        let back = record(&rig, order, "back", command).await;
        let amount = usd(if full { 2500 } else { 700 });
        assert_eq!((back.state, back.totals.refunded, last(&rig).await.number), (CommandState::Done, amount, 3));
    }
}

#[tokio::test]
async fn late_refund_events_do_not_change_manual_refunds() {
    let (rig, order) = bought(true).await;
    ask(&rig, order, "undo", MoneyCommand::Undo).await;
    came_to_nothing(&rig, &last(&rig).await).await;
    record(&rig, order, "undo:1", MoneyCommand::Undo).await;
    let (id, at) = (rig.payment().await.id, rig.env.system.now());
    for kind in [WebhookEventKind::RefundFailed, WebhookEventKind::Refunded] {
        let transaction = rig.payment().await.operations[0].reference.clone();
        let webhook_event =
            WebhookEvent { id: format!("{kind:?}"), transaction, command: None, kind, amount: None, reason: None };
        let change = |payment: &mut Payment| {
            let mut effects = Effects::default();
            payment.apply_webhook_event(&webhook_event, at, &mut effects);
            Ok(effects)
        };
        let payment = rig.engine.change(id, change).await.unwrap();
        assert_eq!(payment.totals().refunded, usd(2500), "{kind:?}");
    }
}
