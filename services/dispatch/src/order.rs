//! An order and the workflow that carries it out: a durable saga, one step after the other, undone in reverse when a
//! step can never succeed or somebody cancels.
//!
//! Pure: a step's result, an event or a signal comes in through a method here and leaves as a new state and
//! [`Effects`], which the store keeps in one transaction.

mod action;
mod payment_issues;
mod parking;
mod progress;
mod refunds;
mod returns;
mod signals;
mod worth;

pub use action::{Action, Done, Effects, Failure};
pub use payment_issues::PaymentIssue;
pub use refunds::Refund;
pub use returns::{Return, ReturnState, ReturnStep};

use crate::mail::Letter;
use contracts::dispatch::{OrderShipment, OrderStatus, StaffNote, TimelineData, TimelineEntry, TimelineKind};
use contracts::payment::{CaptureTiming, OrderRecord};
use contracts::shipping::ShipmentStatus;
use contracts::{OrderId, ShipmentId, Sku};
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

/// Where a parked workflow goes on. No step forward is called as one back, so the name alone tells them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Resume {
    /// At a step forward.
    Forward(Step),
    /// At a step back.
    Back(Undo),
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
    /// The step cannot be done: a person has to look.
    #[serde(alias = "parked")]
    NeedsAttention {
        /// Why.
        reason: String,
        /// Where it goes on when the person says so. Orders of earlier versions were parked on their way back only.
        #[serde(alias = "undo")]
        then: Resume,
        /// Whether what it asked for may have been done: until that is known it is asked for under the same key.
        #[serde(default)]
        outcome_open: bool,
    },
    /// The customer has it.
    Delivered,
    /// Undone.
    Cancelled,
}

impl Workflow {
    /// Whether it waits for a person.
    pub const fn is_parked(&self) -> bool {
        self.parked().is_some()
    }

    /// Why it waits for a person, when it does.
    pub const fn parked(&self) -> Option<&str> {
        match self {
            Self::NeedsAttention { reason, .. } => Some(reason.as_str()),
            _ => None,
        }
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
    /// A person has done the present step another way, and says who they are and why.
    #[serde(default)]
    #[serde(alias = "by_hand")]
    pub manual_note: Option<String>,
    /// The money is taken, or a person has seen to it.
    #[serde(default)]
    pub taken: bool,
    /// The SKUs whose arrival it waits for.
    #[serde(default)]
    pub waits_for: Vec<Sku>,
    /// What of its money no longer stands as it did.
    #[serde(default)]
    #[serde(alias = "concerns")]
    pub payment_issues: Vec<PaymentIssue>,
    /// What its customer returns.
    #[serde(default)]
    pub returns: Vec<Return>,
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
            manual_note: None,
            taken: false,
            waits_for: Vec::new(),
            payment_issues: Vec::new(),
            returns: Vec::new(),
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
        if self.attention().is_some() {
            return OrderStatus::Attention;
        }
        match &self.workflow {
            Workflow::Running { .. } | Workflow::AwaitingDelivery if self.has_left() => OrderStatus::Shipped,
            Workflow::Running { .. } => OrderStatus::Received,
            Workflow::AwaitingDelivery => OrderStatus::Confirmed,
            Workflow::Compensating { .. } => OrderStatus::Cancelling,
            Workflow::NeedsAttention { .. } => OrderStatus::Attention,
            Workflow::Delivered => OrderStatus::Delivered,
            Workflow::Cancelled => OrderStatus::Cancelled,
        }
    }

    /// Whether a parcel has left, be it one whose announcement was not answered yet.
    fn has_left(&self) -> bool {
        let gone = [ShipmentStatus::InTransit, ShipmentStatus::OutForDelivery, ShipmentStatus::Delivered];
        let known = self.shipments.iter().map(|shipment| shipment.status);
        known.chain(self.early_moves.iter().map(|moved| moved.status)).any(|status| gone.contains(&status))
    }

    fn has_arrived(&self) -> bool {
        !self.shipments.is_empty() && self.shipments.iter().all(|shipment| shipment.status == ShipmentStatus::Delivered)
    }

    /// Whether the money is to be taken now that the parcel has left.
    fn capture_is_due(&self) -> bool {
        self.record.capture == CaptureTiming::Shipped && self.has_left() && !self.taken
    }

    /// Whether it can still be cancelled.
    pub fn can_cancel(&self) -> bool {
        let forward = match &self.workflow {
            Workflow::Running { .. } | Workflow::AwaitingDelivery => true,
            Workflow::NeedsAttention { then, .. } => matches!(then, Resume::Forward(_)),
            Workflow::Compensating { .. } | Workflow::Delivered | Workflow::Cancelled => false,
        };
        // What a person has done by hand comes into the books first.
        let manual_note =
            self.manual_note.is_some() || self.refunds.iter().any(|refund| refund.open && refund.manual_note.is_some());
        forward && !manual_note && !self.has_left() && self.cancellation.is_none()
    }

    /// What is to be done next; nothing while it waits for the carrier, a person, or for ever.
    pub fn next_action(&self) -> Option<Action> {
        match &self.workflow {
            Workflow::Running { step } => Some(Action::Forward(*step)),
            Workflow::Compensating { undo } => Some(Action::Back(*undo)),
            Workflow::AwaitingDelivery | Workflow::Delivered => {
                let refund = self.refunds.iter().find(|refund| refund.is_due()).cloned().map(Action::Refund);
                refund.or_else(|| self.returns.iter().find_map(Return::next_action))
            }
            Workflow::NeedsAttention { .. } | Workflow::Cancelled => None,
        }
    }

    /// When something is to be done; `None` while nothing is.
    pub fn due_at(&self) -> Option<Timestamp> {
        self.next_action().and(self.next_at)
    }

    /// Writes into its history.
    fn note(&mut self, at: Timestamp, kind: TimelineKind, text: impl Into<String>) {
        self.staff_note(at, kind, text, None);
    }

    /// The same, with what staff see besides.
    fn staff_note(&mut self, at: Timestamp, kind: TimelineKind, text: impl Into<String>, staff_note: Option<StaffNote>) {
        let number = u32::try_from(self.timeline.len()).unwrap_or(u32::MAX) + 1;
        let status = self.status();
        self.timeline.push(TimelineEntry { data: TimelineData::default(), number, at, kind, text: text.into(), status, staff_note });
    }

    fn go(&mut self, workflow: Workflow, now: Timestamp) {
        self.workflow = workflow;
        self.manual_note = None;
        self.tries = 0;
        self.last_failure = None;
        self.waits_for.clear();
        self.next_at = Some(now);
    }
}
