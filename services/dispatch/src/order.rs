//! An order and the workflow that carries it out: a durable saga, one step after the other, undone in reverse when a
//! step can never succeed or somebody cancels.
//!
//! Pure: a step's result, an event or a signal comes in through a method here and leaves as a new state and
//! [`Effects`], which the store keeps in one transaction.

use crate::mail::Letter;
use contracts::dispatch::{OrderShipment, OrderStatus, TimelineEntry, TimelineKind};
use contracts::events::{EventLine, OrderDelivered};
use contracts::payment::{OrderRecord, PaymentSums};
use contracts::shipping::{ShipmentStatus, ShipmentView};
use contracts::{Money, OrderId, ShipmentId};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// A step forward.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Take the goods out of stock.
    CommitStock,
    /// Take the money.
    Capture,
    /// Announce the parcel.
    CreateShipment,
}

/// A step back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Undo {
    /// Stop the parcel.
    CancelShipment,
    /// Let the money go, or give it back.
    UndoPayment,
    /// Put the goods back.
    ReleaseStock,
}

/// Where the workflow stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Workflow {
    /// Going forward.
    Running {
        /// The step to be done.
        step: Step,
    },
    /// All is ready; the carrier moves the parcel.
    AwaitingDelivery,
    /// Going back.
    Compensating {
        /// The step to be done.
        undo: Undo,
    },
    /// A step back cannot be done: a person has to look.
    Parked {
        /// Why.
        reason: String,
        /// What is tried again when the person says so.
        undo: Undo,
    },
    /// The customer has it.
    Delivered,
    /// Undone.
    Cancelled,
}

/// A refund that staff asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refund {
    /// Its key: asked for twice, it is done once.
    pub key: String,
    /// How much.
    pub amount: Money,
    /// Why.
    pub reason: String,
    /// Whether it is still to be done.
    pub open: bool,
}

/// What is to be done next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// A step forward.
    Forward(Step),
    /// A step back.
    Back(Undo),
    /// A refund.
    Refund(Refund),
}

/// What came of an action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Done {
    /// The goods are taken.
    StockCommitted,
    /// The money is taken.
    Captured(PaymentSums),
    /// The parcel is announced.
    ShipmentCreated(ShipmentView),
    /// The parcel is stopped.
    ShipmentCancelled,
    /// The money is let go or given back.
    PaymentUndone(PaymentSums),
    /// The goods are put back.
    StockReleased,
    /// The refund is made.
    Refunded(String, PaymentSums),
}

/// Why an action did not come to an end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// It may work later.
    Later(String),
    /// It waits for something that takes as long as it takes: goods, an answer of the gateway.
    Waiting(String),
    /// It never will.
    Never(String),
}

/// What has to happen together with a change of state.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Effects {
    /// Letters to the customer.
    pub letters: Vec<Letter>,
    /// The order has reached its customer: tell everybody.
    pub delivered: Option<OrderDelivered>,
}

/// An order with its workflow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// What was ordered, by whom, and where it goes.
    pub record: OrderRecord,
    /// Where the workflow stands.
    pub workflow: Workflow,
    /// How often the present step was tried.
    pub tries: u32,
    /// When it is tried next.
    pub next_at: Option<Timestamp>,
    /// What went wrong last.
    pub last_failure: Option<String>,
    /// Somebody wants it cancelled.
    pub cancellation: Option<String>,
    /// Refunds that staff asked for.
    pub refunds: Vec<Refund>,
    /// Its parcels.
    pub shipments: Vec<OrderShipment>,
    /// What happened.
    pub timeline: Vec<TimelineEntry>,
}

/// A step that has failed this often is given up and undone.
pub const TRIES: u32 = 20;
/// A step back that has failed this often waits for a person.
pub const UNDO_TRIES: u32 = 20;
const LONGEST_PAUSE_SECONDS: i64 = 300;
const WAITING_SECONDS: i64 = 30;

impl Order {
    /// The order that payment recorded, at the beginning of its workflow.
    pub fn placed(record: OrderRecord, now: Timestamp) -> (Self, Effects) {
        let mut order = Self {
            workflow: Workflow::Running { step: Step::CommitStock },
            tries: 0,
            next_at: Some(now),
            last_failure: None,
            cancellation: None,
            refunds: Vec::new(),
            shipments: Vec::new(),
            timeline: Vec::new(),
            record,
        };
        let at = order.record.placed_at;
        order.note(at, TimelineKind::Placed, "Your order has been placed and paid for.");
        let effects = Effects { letters: vec![Letter::Placed], delivered: None };
        (order, effects)
    }

    /// Its id.
    pub const fn id(&self) -> OrderId {
        self.record.order_id
    }

    /// Where it stands, for people.
    pub fn status(&self) -> OrderStatus {
        match &self.workflow {
            Workflow::Running { .. } => OrderStatus::Received,
            Workflow::AwaitingDelivery if self.has_left() => OrderStatus::Shipped,
            Workflow::AwaitingDelivery => OrderStatus::Confirmed,
            Workflow::Compensating { .. } => OrderStatus::Cancelling,
            Workflow::Parked { .. } => OrderStatus::Attention,
            Workflow::Delivered => OrderStatus::Delivered,
            Workflow::Cancelled => OrderStatus::Cancelled,
        }
    }

    fn has_left(&self) -> bool {
        let gone = [ShipmentStatus::InTransit, ShipmentStatus::OutForDelivery, ShipmentStatus::Delivered];
        self.shipments.iter().any(|shipment| gone.contains(&shipment.status))
    }

    /// Whether its customer can still cancel it.
    pub fn can_cancel(&self) -> bool {
        let open = matches!(self.workflow, Workflow::Running { .. } | Workflow::AwaitingDelivery);
        open && !self.has_left() && self.cancellation.is_none()
    }

    /// What is to be done next; nothing while it waits for the carrier, a person, or for ever.
    pub fn next_action(&self) -> Option<Action> {
        match &self.workflow {
            Workflow::Running { step } => Some(Action::Forward(*step)),
            Workflow::Compensating { undo } => Some(Action::Back(*undo)),
            Workflow::AwaitingDelivery | Workflow::Delivered => {
                self.refunds.iter().find(|refund| refund.open).cloned().map(Action::Refund)
            }
            Workflow::Parked { .. } | Workflow::Cancelled => None,
        }
    }

    /// When something is to be done; `None` while nothing is.
    pub fn due_at(&self) -> Option<Timestamp> {
        self.next_action().and(self.next_at)
    }

    fn note(&mut self, at: Timestamp, kind: TimelineKind, text: impl Into<String>) {
        let number = u32::try_from(self.timeline.len()).unwrap_or(u32::MAX) + 1;
        let status = self.status();
        self.timeline.push(TimelineEntry { number, at, kind, text: text.into(), status });
    }

    fn go(&mut self, workflow: Workflow, now: Timestamp) {
        self.workflow = workflow;
        self.tries = 0;
        self.last_failure = None;
        self.next_at = Some(now);
    }

    /// An action has come to its end.
    pub fn done(&mut self, done: Done, now: Timestamp) -> Effects {
        let mut effects = Effects::default();
        match done {
            Done::StockCommitted => {
                self.note(now, TimelineKind::StockCommitted, "The goods have been set aside for you.");
                self.forward(Step::Capture, now);
            }
            Done::Captured(sums) => {
                self.record.sums = sums;
                if !sums.captured.is_zero() {
                    self.note(now, TimelineKind::Captured, format!("{} have been charged.", sums.captured));
                }
                self.forward(Step::CreateShipment, now);
            }
            Done::ShipmentCreated(shipment) => {
                self.announced(shipment, now);
                effects.letters.push(Letter::Confirmed);
            }
            Done::ShipmentCancelled => {
                for shipment in &mut self.shipments {
                    shipment.status = ShipmentStatus::Cancelled;
                }
                self.go(Workflow::Compensating { undo: Undo::UndoPayment }, now);
            }
            Done::PaymentUndone(sums) => {
                let back = sums.refunded.amount > self.record.sums.refunded.amount;
                self.record.sums = sums;
                if back {
                    self.note(now, TimelineKind::Refunded, format!("{} have been given back.", sums.refunded));
                }
                self.go(Workflow::Compensating { undo: Undo::ReleaseStock }, now);
            }
            Done::StockReleased => {
                self.go(Workflow::Cancelled, now);
                self.note(now, TimelineKind::Cancelled, "The order is cancelled. You do not pay anything.");
                effects.letters.push(Letter::Cancelled);
            }
            Done::Refunded(key, sums) => effects.letters.extend(self.refunded(&key, sums, now)),
        }
        effects
    }

    /// Goes on, unless somebody has asked to cancel meanwhile.
    fn forward(&mut self, step: Step, now: Timestamp) {
        self.go(Workflow::Running { step }, now);
        if self.cancellation.is_some() {
            self.compensate(now);
        }
    }

    fn announced(&mut self, shipment: ShipmentView, now: Timestamp) {
        let number = shipment.number.clone();
        self.shipments.push(OrderShipment {
            id: shipment.id,
            number: shipment.number,
            carrier: shipment.carrier,
            status: shipment.status,
        });
        self.note(now, TimelineKind::ShipmentCreated, format!("Your parcel has the tracking number {number}."));
        self.go(Workflow::AwaitingDelivery, now);
        if self.cancellation.is_some() {
            self.compensate(now);
        } else {
            self.note(now, TimelineKind::Confirmed, "Everything is ready. Your parcel will leave soon.");
        }
    }

    fn refunded(&mut self, key: &str, sums: PaymentSums, now: Timestamp) -> Option<Letter> {
        self.record.sums = sums;
        let refund = self.refunds.iter_mut().find(|refund| refund.key == key && refund.open)?;
        refund.open = false;
        let (amount, reason) = (refund.amount, refund.reason.clone());
        self.tries = 0;
        self.last_failure = None;
        self.next_at = Some(now);
        self.note(now, TimelineKind::Refunded, format!("{amount} have been given back: {reason}"));
        Some(Letter::Refunded { amount, reason })
    }

    /// An action has not come to its end.
    pub fn failed(&mut self, action: &Action, failure: Failure, now: Timestamp) -> Effects {
        self.tries += 1;
        let (reason, never, pause) = match failure {
            Failure::Later(reason) => (reason, false, backoff(self.tries)),
            Failure::Waiting(reason) => {
                // As long as it takes does not count as failing.
                self.tries = self.tries.saturating_sub(1);
                let stock = *action == Action::Forward(Step::CommitStock);
                if stock && self.last_failure.as_ref() != Some(&reason) {
                    self.note(
                        now,
                        TimelineKind::AwaitingStock,
                        "Some of the goods have yet to arrive. Your order waits for them.",
                    );
                }
                (reason, false, WAITING_SECONDS)
            }
            Failure::Never(reason) => (reason, true, 0),
        };
        self.last_failure = Some(reason.clone());
        self.next_at = now.saturating_add(SignedDuration::from_secs(pause)).ok();
        match action {
            Action::Forward(_) if never || self.tries >= TRIES || self.cancellation.is_some() => {
                self.cancellation.get_or_insert(reason);
                self.compensate(now);
                Effects::default()
            }
            Action::Forward(_) => Effects::default(),
            Action::Back(undo) if never || self.tries >= UNDO_TRIES => {
                self.park(*undo, reason, now);
                Effects::default()
            }
            Action::Back(_) => Effects::default(),
            Action::Refund(refund) if never => {
                self.give_refund_up(&refund.key, &reason, now);
                Effects::default()
            }
            Action::Refund(_) => Effects::default(),
        }
    }

    fn give_refund_up(&mut self, key: &str, reason: &str, now: Timestamp) {
        if let Some(refund) = self.refunds.iter_mut().find(|refund| refund.key == key) {
            refund.open = false;
        }
        self.note(now, TimelineKind::RefundFailed, format!("A refund could not be made: {reason}"));
    }

    fn park(&mut self, undo: Undo, reason: String, now: Timestamp) {
        self.workflow = Workflow::Parked { reason, undo };
        self.next_at = None;
        self.note(now, TimelineKind::Parked, "We are looking into your order.");
    }

    /// Begins to undo everything, the latest first. Steps that were never done are undone as well: each callee
    /// remembers that, so that a step still on its way is refused.
    fn compensate(&mut self, now: Timestamp) {
        self.go(Workflow::Compensating { undo: Undo::CancelShipment }, now);
        self.note(now, TimelineKind::CancellationRequested, "Your order is being cancelled.");
    }

    /// Somebody wants it cancelled. False when it is too late.
    pub fn cancel(&mut self, reason: &str, now: Timestamp) -> bool {
        if !self.can_cancel() {
            return false;
        }
        self.cancellation = Some(reason.to_owned());
        // While a step is being done, its end decides; what waits is undone at once.
        if self.workflow == Workflow::AwaitingDelivery || self.next_at.is_none_or(|next| next > now) {
            self.compensate(now);
        }
        true
    }

    /// A person lets a parked workflow go on.
    pub fn resume(&mut self, now: Timestamp) -> bool {
        let Workflow::Parked { undo, .. } = &self.workflow else { return false };
        let undo = *undo;
        self.go(Workflow::Compensating { undo }, now);
        self.note(now, TimelineKind::Resumed, "We are taking care of your order again.");
        true
    }

    /// Staff ask for a refund; once per key. False when more would be given back than was taken.
    pub fn refund(&mut self, refund: Refund, now: Timestamp) -> bool {
        if self.refunds.iter().any(|known| known.key == refund.key) {
            return true;
        }
        let open: i64 = self.refunds.iter().filter(|known| known.open).map(|known| known.amount.amount).sum();
        let sums = self.record.sums;
        let left = sums.captured.amount - sums.refunded.amount - open;
        let possible = matches!(self.workflow, Workflow::AwaitingDelivery | Workflow::Delivered);
        if !possible || refund.amount.currency != sums.captured.currency || refund.amount.amount > left {
            return false;
        }
        self.refunds.push(refund);
        self.next_at = Some(now);
        true
    }

    /// The carrier has moved a parcel. Moves may come in any order; the parcel never goes back.
    pub fn shipment_moved(&mut self, id: ShipmentId, status: ShipmentStatus, at: Timestamp) -> Effects {
        let mut effects = Effects::default();
        let Some(shipment) = self.shipments.iter_mut().find(|shipment| shipment.id == id) else { return effects };
        if rank(status) <= rank(shipment.status) {
            return effects;
        }
        shipment.status = status;
        match status {
            ShipmentStatus::InTransit => {
                self.note(at, TimelineKind::Shipped, "Your parcel is on its way.");
                effects.letters.push(Letter::Shipped);
            }
            ShipmentStatus::OutForDelivery => {
                self.note(at, TimelineKind::OutForDelivery, "Your parcel is with the driver.")
            }
            ShipmentStatus::Delivered if self.workflow == Workflow::AwaitingDelivery => {
                self.workflow = Workflow::Delivered;
                self.note(at, TimelineKind::Delivered, "Your parcel has been delivered.");
                effects.letters.push(Letter::Delivered);
                effects.delivered = Some(self.delivered());
            }
            _ => {}
        }
        effects
    }

    fn delivered(&self) -> OrderDelivered {
        let line = |line: &contracts::cart::CartLine| EventLine {
            sku: line.sku.clone(),
            product_id: line.product_id,
            quantity: line.quantity,
        };
        OrderDelivered {
            order_id: self.id(),
            owner: self.record.owner.clone(),
            lines: self.record.cart.lines.iter().map(line).collect(),
        }
    }

    /// Something that was waited for has come: it is looked at now.
    pub fn wake(&mut self, now: Timestamp) {
        self.next_at = self.next_at.map(|next| next.min(now));
    }
}

const fn rank(status: ShipmentStatus) -> u8 {
    match status {
        ShipmentStatus::Announced => 0,
        ShipmentStatus::InTransit => 1,
        ShipmentStatus::OutForDelivery => 2,
        ShipmentStatus::Delivered => 3,
        ShipmentStatus::Cancelled => 4,
    }
}

fn backoff(tries: u32) -> i64 {
    2_i64.saturating_pow(tries.min(10)).min(LONGEST_PAUSE_SECONDS)
}
