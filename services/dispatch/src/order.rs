//! An order and the workflow that carries it out: a durable saga, one step after the other, undone in reverse when a
//! step can never succeed or somebody cancels.
//!
//! Pure: a step's result, an event or a signal comes in through a method here and leaves as a new state and
//! [`Effects`], which the store keeps in one transaction.

mod progress;
mod signals;

use crate::mail::Letter;
use contracts::dispatch::{OrderShipment, OrderStatus, TimelineEntry, TimelineKind};
use contracts::events::OrderDelivered;
use contracts::payment::{OrderRecord, PaymentSums};
use contracts::shipping::{ShipmentStatus, ShipmentView};
use contracts::{Money, OrderId, ShipmentId};
use jiff::Timestamp;
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
    Captured {
        /// What the payment stands at.
        sums: PaymentSums,
        /// The number of the receipt for it.
        receipt_number: Option<String>,
    },
    /// The parcel is announced.
    ShipmentCreated(ShipmentView),
    /// The parcel is stopped.
    ShipmentCancelled,
    /// The parcel has left and cannot be stopped.
    ShipmentLeft,
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

impl Effects {
    fn join(&mut self, more: Self) {
        self.letters.extend(more.letters);
        self.delivered = more.delivered.or(self.delivered.take());
    }
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
    /// Moves of a parcel that came before the answer that announced it.
    #[serde(default)]
    pub early_moves: Vec<Move>,
    /// How often a person has let it go on.
    #[serde(default)]
    pub resumed: u32,
    /// What happened.
    pub timeline: Vec<TimelineEntry>,
}

/// A parcel is somewhere else than before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Move {
    /// The parcel.
    pub shipment: ShipmentId,
    /// Where it stands.
    pub status: ShipmentStatus,
    /// When.
    pub at: Timestamp,
}

/// A step that has failed this often, which takes about a day, is given up and undone.
pub const TRIES: u32 = 300;
/// A step back that has failed this often, which takes about a day, waits for a person.
pub const UNDO_TRIES: u32 = 300;

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
            early_moves: Vec::new(),
            resumed: 0,
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
}
