//! Whatever happens to an order, in whatever order: it is never stuck, and what is undone is undone in reverse.

use contracts::payment::PaymentSums;
use contracts::shipping::{ShipmentStatus, ShipmentView};
use contracts::{OrderId, ShipmentId};
use dispatch::order::{Action, Done, Effects, Failure, Move, Order, Refund, Step, Undo, Workflow};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use testkit::samples::{self, usd};
use uuid::Uuid;

const PARCEL: ShipmentId = ShipmentId(Uuid::from_u128(7));

#[derive(Debug, Clone)]
enum Happening {
    Succeeds,
    Fails(u8),
    Left,
    Cancel,
    Resume,
    Refund(u8, i64),
    Moved(u8),
    Wake,
    Time(i64),
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        8 => Just(Happening::Succeeds),
        4 => (0u8..3).prop_map(Happening::Fails),
        1 => Just(Happening::Left),
        2 => Just(Happening::Cancel),
        2 => Just(Happening::Resume),
        2 => (0u8..3, 1i64..3000).prop_map(|(key, amount)| Happening::Refund(key, amount)),
        3 => (0u8..3).prop_map(Happening::Moved),
        1 => Just(Happening::Wake),
        2 => (1i64..400).prop_map(Happening::Time),
    ]
}

/// The world outside, as far as the workflow commands it.
#[derive(Debug, Default)]
struct World {
    captured: i64,
    refunded: i64,
    undone: Vec<Undo>,
}

impl World {
    fn sums(&self) -> PaymentSums {
        PaymentSums { authorised: usd(2500), captured: usd(self.captured), refunded: usd(self.refunded) }
    }

    fn carry_out(&mut self, action: &Action) -> Done {
        match action {
            Action::Forward(Step::CommitStock) => Done::StockCommitted,
            Action::Forward(Step::Capture) => {
                self.captured = 2500;
                Done::Captured { sums: self.sums(), receipt_number: Some("R-1".into()) }
            }
            Action::Forward(Step::CreateShipment) => Done::ShipmentCreated(ShipmentView {
                id: PARCEL,
                order_id: OrderId(Uuid::nil()),
                number: "SS1".into(),
                carrier: "Test".into(),
                status: ShipmentStatus::Announced,
            }),
            Action::Back(undo) => {
                self.undone.push(*undo);
                match undo {
                    Undo::CancelShipment => Done::ShipmentCancelled,
                    Undo::UndoPayment => {
                        self.refunded = self.captured;
                        Done::PaymentUndone(self.sums())
                    }
                    Undo::ReleaseStock => Done::StockReleased,
                }
            }
            Action::Refund(refund) => {
                self.refunded += refund.amount.amount;
                Done::Refunded(refund.key.clone(), self.sums())
            }
        }
    }
}

fn failure(kind: u8) -> Failure {
    match kind {
        0 => Failure::Later("away".into()),
        1 => Failure::Waiting("wait".into()),
        _ => Failure::Never("no".into()),
    }
}

fn happen(order: &mut Order, world: &mut World, what: &Happening, now: &mut Timestamp) -> Effects {
    let due = order.due_at().is_some_and(|due| due <= *now);
    let action = order.next_action().filter(|_| due);
    match what {
        Happening::Succeeds => {
            return action.map_or_else(Effects::default, |action| order.done(world.carry_out(&action), *now));
        }
        Happening::Fails(kind) => {
            return action.map_or_else(Effects::default, |action| order.failed(&action, failure(*kind), *now));
        }
        Happening::Left => {
            if action == Some(Action::Back(Undo::CancelShipment))
                && world.captured > 0
                && world.refunded < world.captured
            {
                return order.done(Done::ShipmentLeft, *now);
            }
        }
        Happening::Cancel => {
            order.cancel("no", *now);
        }
        Happening::Resume => {
            order.resume(*now);
        }
        Happening::Refund(key, amount) => {
            let refund = Refund { key: key.to_string(), amount: usd(*amount), reason: "r".into(), open: true };
            order.refund(refund, *now);
        }
        Happening::Moved(status) => {
            let statuses = [ShipmentStatus::InTransit, ShipmentStatus::OutForDelivery, ShipmentStatus::Delivered];
            return order.shipment_moved(Move { shipment: PARCEL, status: statuses[usize::from(*status)], at: *now });
        }
        Happening::Wake => order.wake(*now),
        Happening::Time(seconds) => *now = now.saturating_add(SignedDuration::from_secs(*seconds)).unwrap(),
    }
    Effects::default()
}

fn never_stuck(order: &Order) {
    match &order.workflow {
        Workflow::Running { .. } | Workflow::Compensating { .. } => assert!(order.due_at().is_some(), "{order:#?}"),
        Workflow::AwaitingDelivery => {
            assert!(!order.shipments.is_empty(), "waits for a parcel that was never announced: {order:#?}");
            let arrived = order.shipments.iter().all(|parcel| parcel.status == ShipmentStatus::Delivered);
            assert!(!arrived, "waits for a parcel that has arrived: {order:#?}");
        }
        Workflow::Parked { .. } => assert_eq!(order.due_at(), None),
        Workflow::Cancelled | Workflow::Delivered => {}
    }
    if order.refunds.iter().any(|refund| refund.open)
        && matches!(order.workflow, Workflow::AwaitingDelivery | Workflow::Delivered)
    {
        assert!(order.due_at().is_some(), "a refund nobody makes: {order:#?}");
    }
    let sums = order.record.sums;
    assert!(sums.refunded.amount <= sums.captured.amount, "{order:#?}");
    assert!(order.timeline.iter().zip(1..).all(|(entry, number)| entry.number == number));
}

fn placed() -> Order {
    let now = Timestamp::from_second(1_800_000_000).unwrap();
    Order::placed(samples::order(OrderId(Uuid::nil()), "guest:a", 2500, now), now).0
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn an_order_is_never_stuck(happenings in prop::collection::vec(happening(), 1..80)) {
        let (mut order, mut world) = (placed(), World::default());
        let mut now = order.record.placed_at;
        let mut told = 0;
        for what in &happenings {
            let over = matches!(order.workflow, Workflow::Cancelled);
            let effects = happen(&mut order, &mut world, what, &mut now);
            told += usize::from(effects.delivered.is_some());
            never_stuck(&order);
            prop_assert!(!over || order.workflow == Workflow::Cancelled, "cancelled is final");
        }
        prop_assert!(told <= 1, "delivered once");
        // From anywhere, with a patient person and services that work, it comes to an end.
        for _ in 0..20 {
            now = now.saturating_add(SignedDuration::from_secs(400)).unwrap();
            order.resume(now);
            happen(&mut order, &mut world, &Happening::Succeeds, &mut now);
        }
        happen(&mut order, &mut world, &Happening::Moved(2), &mut now);
        prop_assert!(matches!(order.workflow, Workflow::Cancelled | Workflow::Delivered), "{:#?}", order);
        prop_assert!(order.workflow != Workflow::Cancelled || world.captured == world.refunded);
    }

    #[test]
    fn cancelled_at_any_point_everything_is_undone_in_reverse(before in 0usize..6, in_flight in any::<bool>()) {
        let (mut order, mut world) = (placed(), World::default());
        let mut now = order.record.placed_at;
        for _ in 0..before {
            happen(&mut order, &mut world, &Happening::Succeeds, &mut now);
        }
        // Either a step is being done while it is cancelled, or it waits after a failure.
        if !in_flight {
            happen(&mut order, &mut world, &Happening::Fails(0), &mut now);
        }
        prop_assert!(order.cancel("no", now));
        for _ in 0..6 {
            now = now.saturating_add(SignedDuration::from_secs(400)).unwrap();
            happen(&mut order, &mut world, &Happening::Succeeds, &mut now);
        }
        prop_assert_eq!(&order.workflow, &Workflow::Cancelled);
        prop_assert_eq!(world.undone, vec![Undo::CancelShipment, Undo::UndoPayment, Undo::ReleaseStock]);
        prop_assert_eq!(world.captured, world.refunded);
    }
}
