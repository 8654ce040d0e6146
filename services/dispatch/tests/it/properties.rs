//! Random sequences of inputs to a workflow beside a model of the services that it calls. The workflow never gets stuck,
//! compensates completely, and never refunds more than was paid.

mod test_input;

use crate::model::{Model, StockState, TOTAL, UNITS};
use crate::shop::german_address;
use contracts::cart::CartLine;
use contracts::dispatch::{OrderShipment, OrderStatus, ResolutionOutcome, ReturnLine, ReturnReceipt, TimelineKind};
use contracts::events::PaymentIssueKind;
use contracts::payment::CaptureTiming;
use contracts::shipping::{ShipmentStatus, ShipmentView};
use contracts::{CartId, OrderId, Quantity};
use dispatch::mail::EmailTemplate;
use dispatch::order::{
    Action, Compensation, Completion, Effects, Failure, Order, Refund, ResumePoint, Return, ReturnState, ReturnStep,
    ShipmentUpdate, Step, Workflow,
};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use test_input::{TestInput, input, input_that_may_undo};
use testkit::samples::{self, usd};
use uuid::Uuid;

const WINDOW: SignedDuration = SignedDuration::from_hours(24);

fn moves_money(action: &Action) -> bool {
    use Action::{Compensate, Refund, Return, Step as Forward};
    let apart = matches!(action, Refund(_) | Return { step: ReturnStep::Refund, .. });
    apart || matches!(action, Forward(Step::Capture) | Compensate(Compensation::UndoPayment))
}

fn failure(kind: u8) -> Failure {
    match kind {
        0 => Failure::Transient("unavailable".into()),
        1 => Failure::Waiting("wait".into()),
        2 => Failure::NeedsDecision("look".into()),
        _ => Failure::Refused("no".into()),
    }
}

fn placed(capture: CaptureTiming) -> Order {
    let now = Timestamp::from_second(1_800_000_000).unwrap();
    let mut record = samples::order(OrderId(Uuid::nil()), "guest:a", TOTAL, now);
    record.cart = samples::cart(CartId(Uuid::nil()), 1, UNITS, TOTAL);
    record.capture = capture;
    record.address = german_address();
    Order::placed(record, now).0
}

/// An order, the model of the services, and a step that is in progress.
struct Simulation {
    order: Order,
    model: Model,
    now: Timestamp,
    in_flight: Option<(Action, String, Result<Completion, Failure>)>,
    /// The key of the last request.
    last_key: String,
    effects: Effects,
}

impl Simulation {
    fn new(capture: CaptureTiming) -> Self {
        let order = placed(capture);
        let now = order.record.placed_at;
        Self {
            order,
            model: Model::default(),
            now,
            in_flight: None,
            last_key: String::new(),
            effects: Effects::default(),
        }
    }

    fn due(&self) -> Option<Action> {
        let due = self.in_flight.is_none() && self.order.due_at().is_some_and(|due| due <= self.now);
        self.order.next_action().filter(|_| due)
    }

    fn finish_step(&mut self, action: &Action, key: &str, result: Result<Completion, Failure>) {
        match result {
            Ok(done) => {
                let effects = self.order.completed(action, key, done, self.now);
                self.collect(effects);
            }
            Err(failure) => {
                let effects = self.order.failed(action, key, &failure, self.now);
                self.collect(effects);
            }
        }
    }

    fn collect(&mut self, effects: Effects) {
        assert!(
            effects.delivered.is_none() || self.effects.delivered.is_none(),
            "delivery is published once: {:#?}",
            self.order
        );
        self.effects.delivered = effects.delivered.or(self.effects.delivered.take());
        self.effects.emails.extend(effects.emails);
    }

    /// Carries out a request of staff or the customer, which changes nothing when it is refused.
    fn request(&mut self, what: impl FnOnce(&mut Order, Timestamp) -> Result<Effects, chassis::Problem>) -> bool {
        let before = self.order.clone();
        match what(&mut self.order, self.now) {
            Ok(effects) => {
                self.collect(effects);
                true
            }
            Err(_) => {
                self.order = before;
                false
            }
        }
    }

    fn apply(&mut self, input: &TestInput) {
        match input {
            TestInput::Succeeds
            | TestInput::Begins
            | TestInput::ResponseLost
            | TestInput::Fails(_)
            | TestInput::OutcomeUnknown(_) => {
                self.work(input);
            }
            TestInput::Ends => {
                if let Some((action, key, result)) = self.in_flight.take() {
                    self.finish_step(&action, &key, result.clone());
                    // A late replica reports the same once more.
                    self.finish_step(&action, &key, result);
                }
            }
            TestInput::Moved(..)
            | TestInput::Split(..)
            | TestInput::UpdateRepeated
            | TestInput::Settled
            | TestInput::Wake
            | TestInput::Time(_) => {
                self.on_event(input);
            }
            TestInput::RefundFails | TestInput::CaptureFails | TestInput::ChargedBack(_) | TestInput::Discrepancy => {
                self.on_payment_issue(input);
            }
            _ => self.on_request(input),
        }
    }

    fn work(&mut self, input: &TestInput) {
        let Some(action) = self.due() else { return };
        let result = match input {
            TestInput::Fails(kind) => Err(failure(*kind)),
            TestInput::OutcomeUnknown(false) if moves_money(&action) => {
                Err(Failure::OutcomeUnknown("look it up".into()))
            }
            _ => self.model.carry_out(&self.order, &action),
        };
        let key = self.order.step_key(&action);
        self.last_key.clone_from(&key);
        match input {
            TestInput::Begins => self.in_flight = Some((action, key, result)),
            TestInput::ResponseLost => self.finish_step(&action, &key, Err(failure(0))),
            // Only payment commands have unknown outcomes.
            TestInput::OutcomeUnknown(true) if moves_money(&action) => {
                self.finish_step(&action, &key, Err(Failure::OutcomeUnknown("look it up".into())));
            }
            _ => self.finish_step(&action, &key, result),
        }
    }

    fn on_event(&mut self, input: &TestInput) {
        let statuses = [ShipmentStatus::InTransit, ShipmentStatus::OutForDelivery, ShipmentStatus::Delivered];
        match input {
            TestInput::Moved(index, status) => {
                if self.model.move_to(usize::from(*index), statuses[usize::from(*status)]) {
                    self.report_shipments();
                }
            }
            TestInput::Split(index, units) => {
                if self.model.split(usize::from(*index), *units) {
                    self.report_shipments();
                }
            }
            TestInput::UpdateRepeated => self.report_shipments(),
            TestInput::Settled => self.order.command_settled(&self.last_key, self.now),
            TestInput::Wake => self.order.wake(self.now),
            TestInput::Time(seconds) => {
                self.now = self.now.saturating_add(SignedDuration::from_secs(*seconds)).unwrap();
            }
            _ => unreachable!("not an event"),
        }
    }

    /// Reports all shipments, as dispatch reads them for every event of shipping.
    fn report_shipments(&mut self) {
        let effects = self.order.shipments_changed(&self.model.shipments, self.now);
        self.collect(effects);
        for view in self.model.shipments.clone() {
            let update = ShipmentUpdate { shipment: view.id, status: view.status, at: self.now };
            let effects = self.order.shipment_updated(update);
            self.collect(effects);
        }
    }

    fn on_payment_issue(&mut self, input: &TestInput) {
        let change = match input {
            TestInput::RefundFails if self.model.bounce_refund() => PaymentIssueKind::RefundFailed,
            TestInput::CaptureFails if self.model.lose_capture() => PaymentIssueKind::CaptureFailed,
            TestInput::ChargedBack(amount) if *amount <= self.model.left() => {
                self.model.charged_back += amount;
                PaymentIssueKind::ChargedBack
            }
            TestInput::Discrepancy => PaymentIssueKind::Discrepancy,
            _ => return,
        };
        let effects = self.order.payment_changed(change, self.model.totals(), self.now);
        self.collect(effects);
    }

    fn on_request(&mut self, input: &TestInput) {
        let line =
            |count: u32| ReturnLine { sku: samples::SKU.parse().unwrap(), quantity: Quantity::new(count).unwrap() };
        match input {
            TestInput::Cancel => drop(self.order.cancel(None, "no", self.now)),
            TestInput::Capture => drop(self.order.request_capture("staff", self.now)),
            TestInput::Resume => drop(self.order.resume("staff", self.now)),
            TestInput::Resolve(true) => self.resolve_manually(),
            TestInput::Resolve(false) => {
                self.request(|order, now| order.resolve(ResolutionOutcome::Cancel, "staff", "why", now));
            }
            TestInput::Refund(key, amount) => {
                self.order.refund(Refund::new(key.to_string(), usd(*amount), "r".into()), self.now);
            }
            TestInput::Return(count) => {
                self.request(|order, now| order.request_return(&[line(*count)], "broken", WINDOW, now));
            }
            TestInput::Withdraw(count) => {
                let lines = count.map(|count| vec![line(count)]);
                self.request(|order, now| order.withdraw(lines.as_deref(), now));
            }
            TestInput::RefundUnits(key, count) => {
                let lines = [line(*count)];
                self.request(|order, now| {
                    order.refund_lines(key.to_string(), &lines, "r".into(), now).map(|_| Effects::default())
                });
            }
            TestInput::Receive(id, count, restock, refund_shipping) => {
                let (restock, refund_shipping) = (*restock, *refund_shipping);
                let receipt = ReturnReceipt { lines: vec![line(*count)], restock, refund_shipping };
                self.request(|order, now| order.receive_return(u32::from(*id), &receipt, "staff", now));
            }
            TestInput::Reject(id) => {
                self.request(|order, now| order.reject_return(u32::from(*id), "used", "staff", now));
            }
            _ => unreachable!("not a request"),
        }
    }

    /// Completes manually what needs attention, and records that.
    fn resolve_manually(&mut self) {
        let suspended = |one: &&Return| one.needs_attention();
        let waiting = match &self.order.workflow {
            Workflow::NeedsAttention { resume_at: ResumePoint::Step(step), .. } => Some(Action::Step(*step)),
            Workflow::NeedsAttention { resume_at: ResumePoint::Compensation(compensation), .. } => {
                Some(Action::Compensate(*compensation))
            }
            _ => self.order.returns.iter().find(suspended).map(|one| match one.state {
                ReturnState::NeedsAttention { step, .. } => Action::Return { id: one.id, step },
                _ => unreachable!("it needs attention"),
            }),
        };
        // Payment records a manual operation when it receives the command.
        if let Some(action) = waiting.filter(|action| !moves_money(action)) {
            self.model.complete_manually(&self.order, &action);
        }
        self.request(|order, now| order.resolve(ResolutionOutcome::Done, "staff", "in cash", now));
    }

    fn holds(&self) {
        let (order, model) = (&self.order, &self.model);
        never_stuck(order);
        assert!(model.refunded + model.charged_back <= model.captured, "{model:#?}\n{order:#?}");
        assert!(order.timeline.iter().zip(1..).all(|(entry, number)| entry.number == number));
        let is_once: [fn(&EmailTemplate) -> bool; 3] = [
            |email| *email == EmailTemplate::Confirmed,
            |email| *email == EmailTemplate::Delivered,
            |email| *email == EmailTemplate::Cancelled,
        ];
        for is_this in is_once {
            let written = self.effects.emails.iter().filter(|email| is_this(email)).count();
            assert!(written <= 1, "an email is sent {written} times: {:?} {order:#?}", self.effects.emails);
        }
        for shipment in &order.shipments {
            let is_of_it =
                |email: &&EmailTemplate| matches!(email, EmailTemplate::Shipped(sent) if sent.id == shipment.id);
            let written = self.effects.emails.iter().filter(is_of_it).count();
            assert!(written <= 1, "a parcel is announced {written} times: {:?} {order:#?}", self.effects.emails);
        }
        self.captures_follow_shipments();
        let units = |one: &Return| {
            let lines = if one.state == ReturnState::Requested { &one.lines } else { &one.accepted };
            lines.iter().map(|line| line.quantity.get()).sum::<u32>()
        };
        let refunded = order.refunds.iter().filter(|refund| !refund.failed).flat_map(|refund| &refund.lines);
        let refunded: u32 = refunded.map(|line| line.quantity.get()).sum();
        assert!(order.returns.iter().map(units).sum::<u32>() + refunded <= UNITS, "{order:#?}");
        let paid: i64 = order.returns.iter().map(|one| one.refund.amount).sum();
        assert!(paid <= TOTAL, "{order:#?}");
    }

    /// Money is captured for what has left, and for nothing else unless units were refunded.
    fn captures_follow_shipments(&self) {
        let (order, model) = (&self.order, &self.model);
        if order.record.capture == CaptureTiming::Now || order.capture_requested || order.workflow.needs_attention() {
            return;
        }
        assert!(model.captured == 0 || model.has_left(), "captured before anything left: {model:#?}\n{order:#?}");
        // Staff may record a capture of the whole amount.
        let is_untouched = order.refunds.is_empty()
            && order.payment_issues.is_empty()
            && order.returns.iter().all(|one| one.state == ReturnState::Requested)
            && !order.timeline.iter().any(|entry| entry.kind == TimelineKind::Resumed);
        // What an event that has not arrived reports is captured later.
        let is_known = |view: &ShipmentView| {
            let is_same = |known: &&OrderShipment| known.id == view.id && known.version == view.version;
            order.shipments.iter().find(is_same).is_some_and(|known| known.status == view.status)
        };
        let is_informed = model.shipments.iter().all(is_known);
        if !is_untouched || !is_informed || order.workflow != Workflow::AwaitingDelivery || !model.has_left() {
            return;
        }
        let (line, delivery) = (order.record.cart.lines[0].total.amount, order.record.cart.shipping.total.amount);
        let expected = line * i64::from(model.units_left()) / i64::from(UNITS) + delivery;
        // Equal units of a line differ by one minor unit.
        let captured = expected..=expected + i64::from(UNITS);
        assert!(captured.contains(&model.captured), "{captured:?} {model:#?}\n{order:#?}");
    }

    /// Lets all services work and staff resolve everything until the order is finished.
    fn finish(&mut self) {
        self.apply(&TestInput::Ends);
        for round in 0..40 {
            self.apply(&TestInput::Time(700));
            // What is still refused, such as the refund of a lost capture, is completed manually.
            if round > 20 && self.order.returns.iter().any(Return::needs_attention) {
                self.apply(&TestInput::Resolve(true));
            }
            self.apply(&TestInput::Resume);
            self.apply(&TestInput::Succeeds);
            self.apply(&TestInput::UpdateRepeated);
            if matches!(self.order.workflow, Workflow::AwaitingDelivery) {
                for index in 0..8 {
                    self.apply(&TestInput::Moved(index, 2));
                }
            }
            if !self.order.workflow.needs_attention()
                && self.order.payment_issues.iter().any(dispatch::order::PaymentIssue::is_open)
            {
                self.apply(&TestInput::Resolve(true));
            }
            self.holds();
        }
    }

    fn is_settled(&self) {
        let (order, model) = (&self.order, &self.model);
        assert_eq!(order.due_at(), order.next_action().and(order.next_at), "{order:#?}");
        assert_eq!(order.next_action(), None, "{model:#?}\n{order:#?}");
        match order.status() {
            OrderStatus::Cancelled => {
                assert_eq!(model.left(), 0, "a cancelled order keeps a payment: {model:#?}\n{order:#?}");
                assert_ne!(model.stock, StockState::Committed, "a cancelled order keeps stock: {order:#?}");
                assert!(!model.has_left(), "a shipment leaves for a cancelled order: {order:#?}");
                assert!(model.restocked.is_empty(), "units are in stock twice: {model:#?}\n{order:#?}");
                let open = |one: &Return| one.state == ReturnState::Requested;
                assert!(!order.returns.iter().any(open), "a return of a cancelled order stays open: {order:#?}");
            }
            OrderStatus::Delivered => {
                assert_eq!(model.stock, StockState::Committed, "{order:#?}");
                assert!(model.is_delivered(), "{model:#?} {order:#?}");
                let lost = order.payment_issues.iter().any(|issue| issue.kind == PaymentIssueKind::CaptureFailed);
                assert!(lost || model.captured == TOTAL, "delivered and not paid for: {model:#?}\n{order:#?}");
                let back = |one: &&Return| one.restock && one.state == ReturnState::Refunded;
                let back = order.returns.iter().filter(back).flat_map(|one| &one.accepted);
                let back: u32 = back.map(|line| line.quantity.get()).sum();
                assert_eq!(model.restocked.values().sum::<u32>(), back, "{model:#?}\n{order:#?}");
            }
            other => panic!("{other:?} is not final: {model:#?}\n{order:#?}"),
        }
    }
}

fn never_stuck(order: &Order) {
    match &order.workflow {
        Workflow::Running { .. } | Workflow::Compensating { .. } => assert!(order.due_at().is_some(), "{order:#?}"),
        Workflow::AwaitingDelivery => {
            assert!(!order.shipments.is_empty(), "waits for a shipment that was never announced: {order:#?}");
            let arrived = order.shipments.iter().all(|shipment| shipment.status == ShipmentStatus::Delivered);
            // A shipment that was split off may not be known yet.
            let units = order.shipments.iter().flat_map(|shipment| &shipment.lines).map(|line| line.quantity.get());
            let is_complete = units.sum::<u32>() >= order.record.cart.lines[0].quantity.get();
            assert!(!(arrived && is_complete), "waits for a shipment that has arrived: {order:#?}");
        }
        Workflow::NeedsAttention { reason, .. } => {
            assert_eq!(order.due_at(), None);
            assert!(!reason.is_empty());
            assert_eq!(order.status(), OrderStatus::Attention);
        }
        Workflow::Cancelled => {
            let is_live = |status| matches!(status, ShipmentStatus::Announced | ShipmentStatus::Packed);
            let live = order.shipments.iter().any(|shipment| is_live(shipment.status));
            assert!(!live, "a cancelled order has a shipment to be packed: {order:#?}");
        }
        Workflow::Delivered => {}
    }
    if order.refunds.iter().any(|refund| refund.open && !refund.needs_attention())
        && matches!(order.workflow, Workflow::AwaitingDelivery | Workflow::Delivered)
    {
        assert!(order.due_at().is_some(), "a refund that is never made: {order:#?}");
    }
    let received = |one: &Return| matches!(one.state, ReturnState::Received { .. });
    assert!(
        !order.returns.iter().any(received) || order.due_at().is_some() || order.workflow.needs_attention(),
        "a return that is never finished: {order:#?}"
    );
}

fn captures() -> impl Strategy<Value = CaptureTiming> {
    prop_oneof![Just(CaptureTiming::Now), Just(CaptureTiming::Shipped)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn an_order_never_gets_stuck_and_finishes(
        capture in captures(),
        inputs in prop::collection::vec(input(), 1..120),
    ) {
        let mut simulation = Simulation::new(capture);
        for what in &inputs {
            simulation.apply(what);
            simulation.holds();
        }
        simulation.finish();
        simulation.is_settled();
    }

    #[test]
    fn an_order_cancelled_at_any_point_is_compensated_in_reverse_order(
        capture in captures(),
        before in 0usize..6,
        in_flight in any::<bool>(),
    ) {
        let mut simulation = Simulation::new(capture);
        for _ in 0..before {
            simulation.apply(&TestInput::Succeeds);
        }
        // Cancelled while a step is in progress, or while the order waits after a failure.
        simulation.apply(if in_flight { &TestInput::Begins } else { &TestInput::Fails(0) });
        prop_assert!(simulation.order.cancel(None, "no", simulation.now));
        simulation.apply(&TestInput::Ends);
        for _ in 0..6 {
            simulation.apply(&TestInput::Time(400));
            simulation.apply(&TestInput::Succeeds);
        }
        prop_assert_eq!(&simulation.order.workflow, &Workflow::Cancelled);
        prop_assert_eq!(&simulation.model.compensated, &vec![Compensation::CancelShipment, Compensation::UndoPayment, Compensation::ReleaseStock]);
        simulation.is_settled();
    }

    #[test]
    fn units_that_came_back_before_the_shipment_left_are_not_put_into_stock_again(
        units in 1u32..7,
        inputs in prop::collection::vec(input_that_may_undo(), 1..20),
    ) {
        let mut simulation = Simulation::new(CaptureTiming::Now);
        for what in [&TestInput::Succeeds; 3] {
            simulation.apply(what);
        }
        simulation.apply(&TestInput::Withdraw(Some(units)));
        simulation.apply(&TestInput::Receive(1, units, true, false));
        let is_received = matches!(simulation.order.returns[0].state, ReturnState::Received { .. });
        prop_assert!(is_received, "{:#?}", simulation.order);
        for what in &inputs {
            simulation.apply(what);
            simulation.holds();
        }
        simulation.finish();
        simulation.is_settled();
    }

    #[test]
    fn units_returned_one_by_one_are_refunded_the_total_of_their_line(
        total in 500i64..100_000,
        parts in prop::collection::vec(1u32..4, 1..10),
    ) {
        let mut simulation = Simulation::new(CaptureTiming::Now);
        simulation.order.record.cart = samples::cart(CartId(Uuid::nil()), 1, parts.iter().sum(), total);
        for what in [&TestInput::Succeeds; 3] {
            simulation.apply(what);
        }
        simulation.model.captured = total;
        simulation.order.record.totals = simulation.model.totals();
        simulation.apply(&TestInput::Moved(0, 2));
        for (id, part) in (1..).zip(&parts) {
            simulation.apply(&TestInput::Return(*part));
            simulation.apply(&TestInput::Receive(id, *part, true, false));
            simulation.apply(&TestInput::Succeeds);
            simulation.apply(&TestInput::Succeeds);
        }
        let line: &CartLine = &simulation.order.record.cart.lines[0];
        let paid: Vec<i64> = simulation.order.returns.iter().map(|one| one.refund.amount).collect();
        prop_assert_eq!(paid.iter().sum::<i64>(), line.total.amount);
        prop_assert_eq!(simulation.model.refunded, line.total.amount);
        let units: u32 = parts.iter().sum();
        for (paid, part) in paid.iter().zip(&parts) {
            let share = line.total.amount / i64::from(units) * i64::from(*part);
            prop_assert!((share..=share + i64::from(*part)).contains(paid), "{} for {} of {}", paid, part, units);
        }
        prop_assert_eq!(simulation.order.due_at(), None);
    }
}
