//! Random money commands over a good and a bad connection, compared with a simple model and the gateway's own records.

use crate::fault_rig::{FaultRig, key};
use contracts::OrderId;
use contracts::payment::{CommandRequest, CommandState, MoneyCommand, OperationOutcome, OperationResolution};
use payment::ResponseSink;
use payment::operation::OperationState;
use payment::payment::Payment;
use payment::store::PaymentStore;
use proptest::prelude::*;
use testkit::Faults;
use testkit::samples::usd;

const TOTAL: i64 = 2500;

/// A step of the workflow.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// Captures a partial amount.
    Part(i64),
    /// Captures the remaining amount.
    Rest,
    /// Refunds a partial amount.
    Back(i64),
    /// Refunds everything and voids the rest.
    Undo,
}

/// The fate of a step's request to the gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Connection {
    /// Request and response arrive.
    Good,
    /// The request arrives, and its response is lost.
    NoResponse,
    /// The request is lost.
    NoCommand,
}

fn step() -> impl Strategy<Value = (Step, Connection)> {
    let step = prop_oneof![
        4 => (1..TOTAL).prop_map(Step::Part),
        2 => Just(Step::Rest),
        4 => (1..TOTAL).prop_map(Step::Back),
        1 => Just(Step::Undo),
    ];
    (
        step,
        prop_oneof![4 => Just(Connection::Good), 1 => Just(Connection::NoResponse), 1 => Just(Connection::NoCommand)],
    )
}

/// The totals that are expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Model {
    authorised: i64,
    captured: i64,
    refunded: i64,
}

impl Model {
    /// The totals after a step; `None` when it must be refused.
    fn after(self, step: Step) -> Option<Self> {
        let Self { authorised, captured, refunded } = self;
        match step {
            Step::Part(amount) if amount <= authorised => {
                Some(Self { authorised: authorised - amount, captured: captured + amount, refunded })
            }
            // Nothing is left to capture after a full capture, and nothing can be captured after a void.
            Step::Rest if authorised > 0 || captured == TOTAL => {
                Some(Self { authorised: 0, captured: captured + authorised, refunded })
            }
            Step::Back(amount) if amount <= captured - refunded => {
                Some(Self { authorised, captured, refunded: refunded + amount })
            }
            Step::Undo => Some(Self { authorised: 0, captured, refunded: captured }),
            _ => None,
        }
    }

    /// The totals recorded by payment.
    fn of(payment: &Payment) -> Self {
        let totals = payment.totals();
        let captured = totals.captured.amount;
        Self { authorised: totals.authorised.amount - captured, captured, refunded: totals.refunded.amount }
    }
}

/// The totals recorded by the gateway.
async fn at_the_gateway(rig: &FaultRig) -> Model {
    let all = rig.files.ledger.payments_after("", 10).await.unwrap();
    assert_eq!(all.len(), 1, "authorised once: {all:#?}");
    Model { authorised: all[0].capturable(), captured: all[0].settled(), refunded: all[0].refunded() }
}

fn command(step: Step) -> MoneyCommand {
    match step {
        Step::Part(amount) => MoneyCommand::Capture { amount: Some(usd(amount)) },
        Step::Rest => MoneyCommand::Capture { amount: None },
        Step::Back(amount) => MoneyCommand::Refund { amount: usd(amount) },
        Step::Undo => MoneyCommand::Undo,
    }
}

async fn ask(rig: &FaultRig, order: OrderId, number: usize, step: Step) -> CommandState {
    let request = CommandRequest { step_key: format!("step-{number}"), command: command(step), manual_note: None };
    rig.engine.command(order, &request).await.unwrap().state
}

/// Advances the clock until no outcome is unknown. Operations that need attention are resolved as not done, as staff
/// would do after looking them up at the gateway.
async fn find_out(rig: &FaultRig) {
    for _ in 0..12 {
        rig.later(31).await;
    }
    let payment = rig.payment().await;
    for unresolved in payment.operations.iter().filter(|operation| operation.state == OperationState::NeedsAttention) {
        let resolution = OperationResolution { outcome: OperationOutcome::NotDone, reason: "looked".parse().unwrap() };
        let render = |_: &Payment| (200, Vec::new());
        let scope = key("resolve", &unresolved.reference);
        rig.engine
            .resolve(payment.id, unresolved.number, &resolution, "me", ResponseSink { key: &scope, render: &render })
            .await
            .unwrap();
    }
}

/// Carries a step out; returns true if it was done in the end.
async fn carry_out(rig: &FaultRig, order: OrderId, number: usize, step: Step, connection: Connection) -> bool {
    if connection != Connection::Good {
        rig.connection.delay();
    }
    let state = ask(rig, order, number, step).await;
    match connection {
        Connection::Good => {}
        Connection::NoResponse => rig.connection.deliver_delayed().await,
        Connection::NoCommand => drop(rig.connection.take_delayed()),
    }
    if state == CommandState::Pending {
        find_out(rig).await;
    }
    // A repeated step is never carried out twice. Undo may take a second operation, over a connection that works by now.
    for _ in 0..3 {
        match ask(rig, order, number, step).await {
            CommandState::Done => return true,
            CommandState::Refused { .. } | CommandState::NeedsAttention { .. } => return false,
            CommandState::Pending => find_out(rig).await,
        }
    }
    panic!("{step:?} is never settled");
}

async fn play(steps: &[(Step, Connection)]) {
    let rig = FaultRig::new(Faults::none()).await;
    rig.check_out("one", &rig.request("Ada").await).await.unwrap();
    let order = rig.payment().await.order_id;
    let mut model = Model { authorised: TOTAL, captured: 0, refunded: 0 };
    for (number, (step, connection)) in steps.iter().enumerate() {
        let done = carry_out(&rig, order, number, *step, *connection).await;
        let expected = model.after(*step);
        // A lost partial operation is not resent: the only case in which a possible step is not done.
        let lost = *connection == Connection::NoCommand && !done;
        assert!(done == expected.is_some() || lost, "{step:?} on a {connection:?} line, {model:?}");
        let payment = rig.payment().await;
        let there = at_the_gateway(&rig).await;
        assert_eq!(Model::of(&payment), there, "payment and gateway differ after {step:?} on a {connection:?} line");
        match (done, expected) {
            (true, Some(next)) => model = next,
            // A lost undo may have been carried out in part, which the gateway's totals show.
            _ if lost => model = there,
            _ => {}
        }
        assert_eq!(there, model, "after {step:?} on a {connection:?} line");
        assert!(payment.discrepancies.is_empty(), "{:?}", payment.discrepancies);
    }
    for balance in rig.files.store.balances().await.unwrap() {
        assert_eq!((balance.difference, balance.captured(), balance.refunded), (0, model.captured, model.refunded));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn totals_match_the_model_and_the_gateway(steps in prop::collection::vec(step(), 1..10)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(play(&steps));
    }
}
