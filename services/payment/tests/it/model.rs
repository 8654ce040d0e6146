//! Random commands about an order's money, on a good and on a bad line, against a simple model and the gateway's own books.

use crate::bench::{Bench, key};
use contracts::OrderId;
use contracts::payment::{CommandRequest, CommandState, OperationOutcome, MoneyCommand, OperationResolution};
use payment::attempt::OperationState;
use payment::payment::Payment;
use payment::store::PaymentStore;
use proptest::prelude::*;
use testkit::Faults;
use testkit::samples::usd;

const TOTAL: i64 = 2500;

/// What is asked of payment.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// Take a part of what is held.
    Part(i64),
    /// Take the rest.
    Rest,
    /// Give a part back.
    Back(i64),
    /// Give all back, and let go of what is still held.
    Undo,
}

/// What the line to the gateway does with a step's command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Line {
    /// It works.
    Good,
    /// The command arrives, and its answer is lost.
    NoResponse,
    /// The command is lost.
    NoCommand,
}

fn step() -> impl Strategy<Value = (Step, Line)> {
    let step = prop_oneof![
        4 => (1..TOTAL).prop_map(Step::Part),
        2 => Just(Step::Rest),
        4 => (1..TOTAL).prop_map(Step::Back),
        1 => Just(Step::Undo),
    ];
    (step, prop_oneof![4 => Just(Line::Good), 1 => Just(Line::NoResponse), 1 => Just(Line::NoCommand)])
}

/// The money, as anybody would keep it on a sheet of paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Sheet {
    held: i64,
    taken: i64,
    back: i64,
}

impl Sheet {
    /// What follows from a step; nothing when it cannot be.
    fn after(self, step: Step) -> Option<Self> {
        let Self { held, taken, back } = self;
        match step {
            Step::Part(amount) if amount <= held => Some(Self { held: held - amount, taken: taken + amount, back }),
            // What is taken already need not be taken, and what is let go cannot be.
            Step::Rest if held > 0 || taken > 0 => Some(Self { held: 0, taken: taken + held, back }),
            Step::Back(amount) if amount <= taken - back => Some(Self { held, taken, back: back + amount }),
            Step::Undo => Some(Self { held: 0, taken, back: taken }),
            _ => None,
        }
    }

    /// What the shop's books say.
    fn of(payment: &Payment) -> Self {
        let totals = payment.totals();
        let taken = totals.captured.amount;
        Self { held: totals.authorised.amount - taken, taken, back: totals.refunded.amount }
    }
}

/// What the gateway's own books say.
async fn at_the_gateway(bench: &Bench) -> Sheet {
    let all = bench.files.ledger.payments_after("", 10).await.unwrap();
    assert_eq!(all.len(), 1, "authorised once: {all:#?}");
    Sheet { held: all[0].held(), taken: all[0].settled(), back: all[0].refunded() }
}

fn command(step: Step) -> MoneyCommand {
    match step {
        Step::Part(amount) => MoneyCommand::Capture { amount: Some(usd(amount)) },
        Step::Rest => MoneyCommand::Capture { amount: None },
        Step::Back(amount) => MoneyCommand::Refund { amount: usd(amount) },
        Step::Undo => MoneyCommand::Undo,
    }
}

async fn ask(bench: &Bench, order: OrderId, number: usize, step: Step) -> CommandState {
    let request = CommandRequest { step_key: format!("step-{number}"), command: command(step), manual_note: None };
    bench.engine.command(order, &request).await.unwrap().state
}

/// Lets time pass until nothing is unknown; says of what cannot be found out that it was not done, as a person would who
/// has looked at the gateway.
async fn find_out(bench: &Bench) {
    for _ in 0..12 {
        bench.later(31).await;
    }
    let payment = bench.payment().await;
    for parked in payment.operations.iter().filter(|attempt| attempt.state == OperationState::NeedsAttention) {
        let resolution = OperationResolution { outcome: OperationOutcome::NotDone, reason: "looked".parse().unwrap() };
        let render = |_: &Payment| (200, Vec::new());
        let scope = key("resolve", &parked.reference);
        bench.engine.resolve(payment.id, parked.number, &resolution, "me", (&scope, &render)).await.unwrap();
    }
}

/// Carries a step out; whether it was done in the end.
async fn carry_out(bench: &Bench, order: OrderId, number: usize, step: Step, line: Line) -> bool {
    if line != Line::Good {
        bench.line.hold_up();
    }
    let told = ask(bench, order, number, step).await;
    match line {
        Line::Good => {}
        Line::NoResponse => bench.line.let_through().await,
        Line::NoCommand => drop(bench.line.take_held_up()),
    }
    if told == CommandState::Pending {
        find_out(bench).await;
    }
    // Asked again it is never done again. Undoing may take a second command, on a line that is good by now.
    for _ in 0..3 {
        match ask(bench, order, number, step).await {
            CommandState::Done => return true,
            CommandState::Refused { .. } | CommandState::NeedsAttention { .. } => return false,
            CommandState::Pending => find_out(bench).await,
        }
    }
    panic!("{step:?} never ends");
}

async fn play(steps: &[(Step, Line)]) {
    let bench = Bench::new(Faults::none()).await;
    bench.check_out("one", &bench.request("Ada").await).await.unwrap();
    let order = bench.payment().await.order_id;
    let mut sheet = Sheet { held: TOTAL, taken: 0, back: 0 };
    for (number, (step, line)) in steps.iter().enumerate() {
        let done = carry_out(&bench, order, number, *step, *line).await;
        let expected = sheet.after(*step);
        // A part that never arrived is not sent again: that is the one way in which what could be done is not.
        let lost = *line == Line::NoCommand && !done;
        assert!(done == expected.is_some() || lost, "{step:?} on a {line:?} line, {sheet:?}");
        let payment = bench.payment().await;
        let there = at_the_gateway(&bench).await;
        assert_eq!(Sheet::of(&payment), there, "both sides' books, after {step:?} on a {line:?} line");
        match (done, expected) {
            (true, Some(next)) => sheet = next,
            // Undone in part: what was given back counts, what was not is still there.
            _ if lost => sheet = there,
            _ => {}
        }
        assert_eq!(there, sheet, "after {step:?} on a {line:?} line");
        assert!(payment.discrepancies.is_empty(), "{:?}", payment.discrepancies);
    }
    for balance in bench.files.store.balances().await.unwrap() {
        assert_eq!((balance.difference, balance.captured(), balance.refunded), (0, sheet.taken, sheet.back));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_asked_the_books_are_those_of_a_sheet_of_paper(steps in prop::collection::vec(step(), 1..10)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(play(&steps));
    }
}
