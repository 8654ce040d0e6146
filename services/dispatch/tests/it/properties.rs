//! The workflow as a state machine beside a model of the world it commands, in random sequences of happenings: it is
//! never stuck, what is undone is undone, and nobody is given more than they paid.

use crate::world::{Goods, PARCEL, TOTAL, World};
use contracts::cart::CartLine;
use contracts::dispatch::{OrderStatus, ResolutionOutcome, ReturnLine, ReturnReceipt};
use contracts::events::PaymentIssueKind;
use contracts::payment::CaptureTiming;
use contracts::shipping::ShipmentStatus;
use contracts::{CartId, OrderId, Quantity};
use dispatch::mail::Letter;
use dispatch::order::{
    Action, Done, Effects, Failure, Move, Order, Refund, Resume, Return, ReturnState, ReturnStep, Step, Undo, Workflow,
};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use testkit::samples::{self, usd};
use uuid::Uuid;

const PIECES: u32 = 7;
const WINDOW: SignedDuration = SignedDuration::from_hours(24);

#[derive(Debug, Clone)]
enum Happening {
    Succeeds,
    /// It takes effect, and the answer comes later or never.
    Begins,
    Ends,
    Lost,
    Fails(u8),
    /// Whether it took effect, nobody can tell.
    Open(bool),
    Cancel,
    Resume,
    Resolve(bool),
    Settled,
    Refund(u8, i64),
    Moved(u8),
    Told,
    Wake,
    Time(i64),
    RefundFails,
    CaptureFails,
    ChargedBack(i64),
    Discrepancy,
    Return(u32),
    Receive(u8, u32, bool, bool),
    Reject(u8),
}

fn happening() -> impl Strategy<Value = Happening> {
    use Happening::*;
    prop_oneof![
        12 => Just(Succeeds),
        3 => Just(Begins),
        4 => Just(Ends),
        2 => Just(Lost),
        4 => (0u8..4).prop_map(Fails),
        2 => any::<bool>().prop_map(Open),
        2 => Just(Cancel),
        2 => Just(Resume),
        2 => any::<bool>().prop_map(Resolve),
        1 => Just(Settled),
        2 => (0u8..3, 1i64..3000).prop_map(|(key, amount)| Refund(key, amount)),
        6 => (0u8..3).prop_map(Moved),
        1 => Just(Told),
        1 => Just(Wake),
        3 => (1i64..700).prop_map(Time),
        1 => Just(RefundFails),
        1 => Just(CaptureFails),
        1 => (1i64..3000).prop_map(ChargedBack),
        1 => Just(Discrepancy),
        4 => (1u32..9).prop_map(Return),
        4 => (0u8..4, 1u32..9, any::<bool>(), any::<bool>()).prop_map(|(a, b, c, d)| Receive(a, b, c, d)),
        1 => (0u8..4).prop_map(Reject),
    ]
}

fn moves_money(action: &Action) -> bool {
    use Action::{Back, Forward, Refund, Return};
    let apart = matches!(action, Refund(_) | Return { step: ReturnStep::Refund, .. });
    apart || matches!(action, Forward(Step::Capture) | Back(Undo::UndoPayment))
}

fn failure(kind: u8) -> Failure {
    match kind {
        0 => Failure::Later("away".into()),
        1 => Failure::Waiting("wait".into()),
        2 => Failure::Person("look".into()),
        _ => Failure::Never("no".into()),
    }
}

fn placed(capture: CaptureTiming) -> Order {
    let now = Timestamp::from_second(1_800_000_000).unwrap();
    let mut record = samples::order(OrderId(Uuid::nil()), "guest:a", TOTAL, now);
    record.cart = samples::cart(CartId(Uuid::nil()), 1, PIECES, TOTAL);
    record.capture = capture;
    Order::placed(record, now).0
}

/// An order, the world it commands, and a step that is being done.
struct Play {
    order: Order,
    world: World,
    now: Timestamp,
    in_flight: Option<(Action, String, Result<Done, Failure>)>,
    /// The key of what was asked for last.
    asked: String,
    effects: Effects,
}

impl Play {
    fn new(capture: CaptureTiming) -> Self {
        let order = placed(capture);
        let now = order.record.placed_at;
        Self { order, world: World::default(), now, in_flight: None, asked: String::new(), effects: Effects::default() }
    }

    fn due(&self) -> Option<Action> {
        let due = self.in_flight.is_none() && self.order.due_at().is_some_and(|due| due <= self.now);
        self.order.next_action().filter(|_| due)
    }

    fn came(&mut self, action: &Action, key: &str, result: Result<Done, Failure>) {
        match result {
            Ok(done) => {
                let effects = self.order.done(action, key, done, self.now);
                self.feel(effects);
            }
            Err(failure) => self.order.failed(action, key, &failure, self.now),
        }
    }

    fn feel(&mut self, effects: Effects) {
        assert!(
            effects.delivered.is_none() || self.effects.delivered.is_none(),
            "delivered is told once: {:#?}",
            self.order
        );
        self.effects.delivered = effects.delivered.or(self.effects.delivered.take());
        self.effects.letters.extend(effects.letters);
    }

    /// What a person asks for, which changes nothing when it is refused.
    fn ask(&mut self, what: impl FnOnce(&mut Order, Timestamp) -> Result<Effects, chassis::Problem>) -> bool {
        let before = self.order.clone();
        match what(&mut self.order, self.now) {
            Ok(effects) => {
                self.feel(effects);
                true
            }
            Err(_) => {
                self.order = before;
                false
            }
        }
    }

    fn happen(&mut self, what: &Happening) {
        match what {
            Happening::Succeeds | Happening::Begins | Happening::Lost | Happening::Fails(_) | Happening::Open(_) => {
                self.work(what);
            }
            Happening::Ends => {
                if let Some((action, key, result)) = self.in_flight.take() {
                    self.came(&action, &key, result.clone());
                    // A late replica brings the same once more.
                    self.came(&action, &key, result);
                }
            }
            Happening::Moved(_) | Happening::Told | Happening::Settled | Happening::Wake | Happening::Time(_) => {
                self.hear(what);
            }
            Happening::RefundFails | Happening::CaptureFails | Happening::ChargedBack(_) | Happening::Discrepancy => {
                self.books_change(what);
            }
            _ => self.person(what),
        }
    }

    fn work(&mut self, what: &Happening) {
        let Some(action) = self.due() else { return };
        let result = match what {
            Happening::Fails(kind) => Err(failure(*kind)),
            Happening::Open(false) if moves_money(&action) => Err(Failure::Open("look it up".into())),
            _ => self.world.carry_out(&self.order, &action),
        };
        let key = self.order.step_key(&action);
        self.asked.clone_from(&key);
        match what {
            Happening::Begins => self.in_flight = Some((action, key, result)),
            Happening::Lost => self.came(&action, &key, Err(failure(0))),
            // Only of what moves money can that be.
            Happening::Open(true) if moves_money(&action) => {
                self.came(&action, &key, Err(Failure::Open("look it up".into())));
            }
            _ => self.came(&action, &key, result),
        }
    }

    fn hear(&mut self, what: &Happening) {
        let statuses = [ShipmentStatus::InTransit, ShipmentStatus::OutForDelivery, ShipmentStatus::Delivered];
        match what {
            Happening::Moved(status) if !self.world.moves(statuses[usize::from(*status)]) => {}
            Happening::Moved(_) | Happening::Told => {
                let Some(status) = self.world.parcel else { return };
                let effects = self.order.shipment_moved(Move { shipment: PARCEL, status, at: self.now });
                self.feel(effects);
            }
            Happening::Settled => self.order.settled(&self.asked, self.now),
            Happening::Wake => self.order.wake(self.now),
            Happening::Time(seconds) => {
                self.now = self.now.saturating_add(SignedDuration::from_secs(*seconds)).unwrap();
            }
            _ => unreachable!("not something that is heard"),
        }
    }

    fn books_change(&mut self, what: &Happening) {
        let change = match what {
            Happening::RefundFails if self.world.refund_fails() => PaymentIssueKind::RefundFailed,
            Happening::CaptureFails if self.world.capture_fails() => PaymentIssueKind::CaptureFailed,
            Happening::ChargedBack(amount) if *amount <= self.world.left() => {
                self.world.charged_back += amount;
                PaymentIssueKind::ChargedBack
            }
            Happening::Discrepancy => PaymentIssueKind::Discrepancy,
            _ => return,
        };
        self.order.money_changed(change, self.world.totals(), self.now);
    }

    fn person(&mut self, what: &Happening) {
        let line =
            |count: u32| ReturnLine { sku: samples::SKU.parse().unwrap(), quantity: Quantity::new(count).unwrap() };
        match what {
            Happening::Cancel => drop(self.order.cancel(None, "no", self.now)),
            Happening::Resume => drop(self.order.resume("staff", self.now)),
            Happening::Resolve(true) => self.resolve_by_hand(),
            Happening::Resolve(false) => {
                self.ask(|order, now| order.resolve(ResolutionOutcome::Cancel, "staff", "why", now));
            }
            Happening::Refund(key, amount) => {
                self.order.refund(Refund::new(key.to_string(), usd(*amount), "r".into()), self.now);
            }
            Happening::Return(count) => {
                self.ask(|order, now| order.request_return(&[line(*count)], "broken", WINDOW, now));
            }
            Happening::Receive(id, count, restock, refund_shipping) => {
                let (restock, refund_shipping) = (*restock, *refund_shipping);
                let receipt = ReturnReceipt { lines: vec![line(*count)], restock, refund_shipping };
                self.ask(|order, now| order.receive_return(u32::from(*id), &receipt, "staff", now));
            }
            Happening::Reject(id) => {
                self.ask(|order, now| order.reject_return(u32::from(*id), "used", "staff", now));
            }
            _ => unreachable!("not something that a person does"),
        }
    }

    /// A person does what waits by hand, and says so.
    fn resolve_by_hand(&mut self) {
        let parked = |one: &&Return| one.is_parked();
        let waiting = match &self.order.workflow {
            Workflow::NeedsAttention { then: Resume::Forward(step), .. } => Some(Action::Forward(*step)),
            Workflow::NeedsAttention { then: Resume::Back(undo), .. } => Some(Action::Back(*undo)),
            _ => self.order.returns.iter().find(parked).map(|one| match one.state {
                ReturnState::NeedsAttention { step, .. } => Action::Return { id: one.id, step },
                _ => unreachable!("it is parked"),
            }),
        };
        // What moves money is recorded when it is asked for.
        if let Some(action) = waiting.filter(|action| !moves_money(action)) {
            self.world.manual_note(&self.order, &action);
        }
        self.ask(|order, now| order.resolve(ResolutionOutcome::Done, "staff", "by hand", now));
    }

    fn holds(&self) {
        let (order, world) = (&self.order, &self.world);
        never_stuck(order);
        assert!(world.refunded + world.charged_back <= world.captured, "{world:#?}\n{order:#?}");
        assert!(order.timeline.iter().zip(1..).all(|(entry, number)| entry.number == number));
        for once in [Letter::Confirmed, Letter::Shipped, Letter::Delivered, Letter::Cancelled] {
            let written = self.effects.letters.iter().filter(|letter| **letter == once).count();
            assert!(written <= 1, "{once:?} is written {written} times: {order:#?}");
        }
        let pieces = |one: &Return| {
            let lines = if one.state == ReturnState::Requested { &one.lines } else { &one.accepted };
            lines.iter().map(|line| line.quantity.get()).sum::<u32>()
        };
        assert!(order.returns.iter().map(pieces).sum::<u32>() <= PIECES, "{order:#?}");
        let paid: i64 = order.returns.iter().map(|one| one.refund.amount).sum();
        assert!(paid <= TOTAL, "{order:#?}");
    }

    /// A patient person looks after everything, and all services work.
    fn come_to_an_end(&mut self) {
        self.happen(&Happening::Ends);
        for round in 0..40 {
            self.happen(&Happening::Time(700));
            // What is still refused, such as a refund of money that was lost, is done by hand.
            if round > 20 && self.order.returns.iter().any(Return::is_parked) {
                self.happen(&Happening::Resolve(true));
            }
            self.happen(&Happening::Resume);
            self.happen(&Happening::Succeeds);
            self.happen(&Happening::Told);
            if matches!(self.order.workflow, Workflow::AwaitingDelivery) {
                self.happen(&Happening::Moved(2));
            }
            if !self.order.workflow.is_parked() && self.order.payment_issues.iter().any(dispatch::order::PaymentIssue::is_open) {
                self.happen(&Happening::Resolve(true));
            }
            self.holds();
        }
    }

    fn is_settled(&self) {
        let (order, world) = (&self.order, &self.world);
        assert_eq!(order.due_at(), order.next_action().and(order.next_at), "{order:#?}");
        assert_eq!(order.next_action(), None, "{world:#?}\n{order:#?}");
        match order.status() {
            OrderStatus::Cancelled => {
                assert_eq!(world.left(), 0, "a cancelled order keeps money: {world:#?}\n{order:#?}");
                assert_ne!(world.goods, Goods::Taken, "a cancelled order keeps goods: {order:#?}");
                assert!(!world.has_left(), "a parcel leaves for a cancelled order: {order:#?}");
            }
            OrderStatus::Delivered => {
                assert_eq!(world.goods, Goods::Taken, "{order:#?}");
                assert_eq!(world.parcel, Some(ShipmentStatus::Delivered), "{order:#?}");
                let lost = order.payment_issues.iter().any(|payment_issue| payment_issue.what == PaymentIssueKind::CaptureFailed);
                assert!(lost || world.captured == TOTAL, "delivered and not paid for: {world:#?}\n{order:#?}");
                let back = |one: &&Return| one.restock && one.state == ReturnState::Refunded;
                let back = order.returns.iter().filter(back).flat_map(|one| &one.accepted);
                let back: u32 = back.map(|line| line.quantity.get()).sum();
                assert_eq!(world.restocked.values().sum::<u32>(), back, "{world:#?}\n{order:#?}");
            }
            other => panic!("{other:?} is no end: {world:#?}\n{order:#?}"),
        }
    }
}

fn never_stuck(order: &Order) {
    match &order.workflow {
        Workflow::Running { .. } | Workflow::Compensating { .. } => assert!(order.due_at().is_some(), "{order:#?}"),
        Workflow::AwaitingDelivery => {
            assert!(!order.shipments.is_empty(), "waits for a parcel that was never announced: {order:#?}");
            let arrived = order.shipments.iter().all(|parcel| parcel.status == ShipmentStatus::Delivered);
            assert!(!arrived, "waits for a parcel that has arrived: {order:#?}");
        }
        Workflow::NeedsAttention { reason, .. } => {
            assert_eq!(order.due_at(), None);
            assert!(!reason.is_empty());
            assert_eq!(order.status(), OrderStatus::Attention);
        }
        Workflow::Cancelled | Workflow::Delivered => {}
    }
    if order.refunds.iter().any(|refund| refund.open && !refund.is_parked())
        && matches!(order.workflow, Workflow::AwaitingDelivery | Workflow::Delivered)
    {
        assert!(order.due_at().is_some(), "a refund nobody makes: {order:#?}");
    }
    let received = |one: &Return| matches!(one.state, ReturnState::Received { .. });
    assert!(!order.returns.iter().any(received) || order.due_at().is_some(), "a return nobody ends: {order:#?}");
}

fn captures() -> impl Strategy<Value = CaptureTiming> {
    prop_oneof![Just(CaptureTiming::Now), Just(CaptureTiming::Shipped)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn an_order_is_never_stuck_and_comes_to_an_end(
        capture in captures(),
        happenings in prop::collection::vec(happening(), 1..120),
    ) {
        let mut play = Play::new(capture);
        for what in &happenings {
            play.happen(what);
            play.holds();
        }
        play.come_to_an_end();
        play.is_settled();
    }

    #[test]
    fn cancelled_at_any_point_everything_is_undone_in_reverse(
        capture in captures(),
        before in 0usize..6,
        in_flight in any::<bool>(),
    ) {
        let mut play = Play::new(capture);
        for _ in 0..before {
            play.happen(&Happening::Succeeds);
        }
        // Either a step is being done while it is cancelled, or it waits after a failure.
        play.happen(if in_flight { &Happening::Begins } else { &Happening::Fails(0) });
        prop_assert!(play.order.cancel(None, "no", play.now));
        play.happen(&Happening::Ends);
        for _ in 0..6 {
            play.happen(&Happening::Time(400));
            play.happen(&Happening::Succeeds);
        }
        prop_assert_eq!(&play.order.workflow, &Workflow::Cancelled);
        prop_assert_eq!(&play.world.undone, &vec![Undo::CancelShipment, Undo::UndoPayment, Undo::ReleaseStock]);
        play.is_settled();
    }

    #[test]
    fn pieces_returned_one_after_the_other_are_worth_what_their_line_cost(
        total in 500i64..100_000,
        parts in prop::collection::vec(1u32..4, 1..10),
    ) {
        let mut play = Play::new(CaptureTiming::Now);
        play.order.record.cart = samples::cart(CartId(Uuid::nil()), 1, parts.iter().sum(), total);
        for what in [&Happening::Succeeds; 3] {
            play.happen(what);
        }
        play.world.captured = total;
        play.order.record.totals = play.world.totals();
        play.happen(&Happening::Moved(2));
        for (id, part) in (1..).zip(&parts) {
            play.happen(&Happening::Return(*part));
            play.happen(&Happening::Receive(id, *part, true, false));
            play.happen(&Happening::Succeeds);
            play.happen(&Happening::Succeeds);
        }
        let line: &CartLine = &play.order.record.cart.lines[0];
        let paid: Vec<i64> = play.order.returns.iter().map(|one| one.refund.amount).collect();
        prop_assert_eq!(paid.iter().sum::<i64>(), line.total.amount);
        prop_assert_eq!(play.world.refunded, line.total.amount);
        let pieces: u32 = parts.iter().sum();
        for (paid, part) in paid.iter().zip(&parts) {
            let share = line.total.amount / i64::from(pieces) * i64::from(*part);
            prop_assert!((share..=share + i64::from(*part)).contains(paid), "{} for {} of {}", paid, part, pieces);
        }
        prop_assert_eq!(play.order.due_at(), None);
    }
}
