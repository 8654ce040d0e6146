//! An order and its fulfilment workflow: a durable saga whose steps are carried out one after the other and compensated
//! in reverse order when a step cannot succeed or the order is cancelled.
//!
//! Pure: results of steps, events and requests enter through methods and leave as a new state and [`Effects`], which the
//! store commits in one transaction. Texts are not written here: the timeline stores kinds and data.

mod action;
mod attention;
mod captures;
mod notes;
mod payment_issues;
mod progress;
mod refund_value;
mod refunds;
mod returns;
mod shipments;
mod timeline;
mod withdrawal_period;
mod withdrawals;

pub use action::{Action, Completion, Effects, Failure};
pub use notes::MAX_NOTES;
pub use payment_issues::PaymentIssue;
pub use refunds::Refund;
pub use returns::{Return, ReturnState, ReturnStep};
pub use timeline::TimelineRecord;

use crate::mail::{EmailTemplate, MerchantNotification};
use chassis::context::TraceOrigin;
use contracts::dispatch::{OrderShipment, OrderStatus, TimelineData, TimelineKind};
use contracts::payment::OrderRecord;
use contracts::shipping::ShipmentStatus;
use contracts::{OrderId, ShipmentId, Sku};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// The time between two emails with the order's link that the customer asks for.
const LINK_INTERVAL: SignedDuration = SignedDuration::from_mins(5);

/// A forward step of the workflow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Turns the reservation of the items into a withdrawal from stock.
    CommitStock,
    /// Captures the authorised amount, or the part of it for shipments that have left.
    Capture,
    /// Announces the shipment to the carrier.
    CreateShipment,
}

impl Step {
    /// Returns the name of the step in stored documents and in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CommitStock => "commit_stock",
            Self::Capture => "capture",
            Self::CreateShipment => "create_shipment",
        }
    }
}

/// A step that compensates a forward step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Compensation {
    /// Cancels the shipment at the carrier.
    CancelShipment,
    /// Voids the authorisation or refunds the captured amount.
    UndoPayment,
    /// Returns the items to stock.
    ReleaseStock,
}

impl Compensation {
    /// Returns the name of the compensation in stored documents and in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CancelShipment => "cancel_shipment",
            Self::UndoPayment => "undo_payment",
            Self::ReleaseStock => "release_stock",
        }
    }
}

/// The point at which a workflow that needs attention is resumed.
// Untagged, because orders of earlier versions stored the bare name of a compensation. This stays unambiguous as long as
// no step and no compensation share a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ResumePoint {
    /// The workflow resumes at a forward step.
    Step(Step),
    /// The workflow resumes at a compensation.
    Compensation(Compensation),
}

/// The state of the workflow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Workflow {
    /// A forward step is being carried out.
    Running { step: Step },
    /// The shipment was announced and the carrier has not delivered it yet.
    AwaitingDelivery,
    /// A compensation is being carried out.
    Compensating {
        #[serde(alias = "undo")]
        compensation: Compensation,
    },
    /// The current step cannot be carried out until staff decide.
    #[serde(alias = "parked")]
    NeedsAttention {
        /// The reason, for staff.
        reason: String,
        /// The step that a retry carries out.
        #[serde(alias = "then", alias = "undo")]
        resume_at: ResumePoint,
        /// True if the command may have taken effect. As long as it is unknown, the command keeps its idempotency key.
        #[serde(default, alias = "outcome_open")]
        outcome_unknown: bool,
    },
    /// The customer has received the order.
    Delivered,
    /// Every step has been compensated.
    Cancelled,
}

impl Workflow {
    /// Returns true if the workflow is suspended until staff decide.
    pub const fn needs_attention(&self) -> bool {
        self.attention_reason().is_some()
    }

    /// Returns the reason why the workflow is suspended, if it is.
    pub const fn attention_reason(&self) -> Option<&str> {
        match self {
            Self::NeedsAttention { reason, .. } => Some(reason.as_str()),
            _ => None,
        }
    }

    /// Returns the name of the current step, or of the state when no step is left to carry out.
    pub const fn step_name(&self) -> &'static str {
        match self {
            Self::Running { step } | Self::NeedsAttention { resume_at: ResumePoint::Step(step), .. } => step.as_str(),
            Self::Compensating { compensation }
            | Self::NeedsAttention { resume_at: ResumePoint::Compensation(compensation), .. } => compensation.as_str(),
            Self::AwaitingDelivery => "awaiting_delivery",
            Self::Delivered => "delivered",
            Self::Cancelled => "cancelled",
        }
    }
}

/// An order with its workflow. It is stored as one JSON document: renamed fields read their earlier names as well.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// The items, the customer and the address, as payment recorded them.
    pub record: OrderRecord,
    /// The state of the workflow.
    pub workflow: Workflow,
    /// The number of failed attempts at the current step.
    pub tries: u32,
    /// The time of the next attempt.
    pub next_at: Option<Timestamp>,
    /// The reason of the last failed attempt.
    pub last_failure: Option<String>,
    /// The reason of a requested cancellation.
    pub cancellation: Option<String>,
    /// The refunds that staff requested.
    pub refunds: Vec<Refund>,
    /// The shipments of the order.
    pub shipments: Vec<OrderShipment>,
    /// Updates of a shipment that arrived before the response that announced it.
    #[serde(default, alias = "early_moves")]
    pub early_updates: Vec<ShipmentUpdate>,
    /// The number of retries by staff that gave the payment commands new idempotency keys.
    #[serde(default, alias = "resumed")]
    pub resume_count: u32,
    /// The author and reason when the current step was completed manually.
    #[serde(default, alias = "by_hand")]
    pub manual_note: Option<String>,
    /// True once the whole amount has been captured or its capture was recorded manually.
    #[serde(default, alias = "taken")]
    pub captured: bool,
    /// The number of captures. An order that is captured when it is shipped has one per shipment.
    #[serde(default)]
    pub captures: u32,
    /// True if staff requested the capture of everything that is left, without waiting for shipments to leave.
    #[serde(default)]
    pub capture_requested: bool,
    /// The SKUs whose arrival in stock the order waits for.
    #[serde(default, alias = "waits_for")]
    pub awaited_skus: Vec<Sku>,
    /// Later reports of the gateway that contradict the recorded payment.
    #[serde(default, alias = "concerns")]
    pub payment_issues: Vec<PaymentIssue>,
    /// The returns that the customer requested.
    #[serde(default)]
    pub returns: Vec<Return>,
    /// The time at which the customer last asked for the order's link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link_sent_at: Option<Timestamp>,
    /// The history of the order, the latest entry last.
    pub timeline: Vec<TimelineRecord>,
    /// The request that placed the order, so that its steps continue the trace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<TraceOrigin>,
}

/// A new status of a shipment, reported by the carrier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShipmentUpdate {
    /// The shipment that was updated.
    pub shipment: ShipmentId,
    pub status: ShipmentStatus,
    /// The time of the update.
    pub at: Timestamp,
}

/// The number of failed attempts, about a day, after which a forward step is given up and compensated.
pub const MAX_STEP_TRIES: u32 = 300;
/// The number of failed attempts, about a day, after which a compensation needs attention.
pub const MAX_COMPENSATION_TRIES: u32 = 300;

impl Order {
    /// Creates the order that payment recorded, at the first step of its workflow.
    pub fn placed(record: OrderRecord, now: Timestamp) -> (Self, Effects) {
        let mut order = Self {
            workflow: Workflow::Running { step: Step::CommitStock },
            tries: 0,
            next_at: Some(now),
            last_failure: None,
            cancellation: None,
            refunds: Vec::new(),
            shipments: Vec::new(),
            early_updates: Vec::new(),
            resume_count: 0,
            manual_note: None,
            captured: false,
            captures: 0,
            capture_requested: false,
            awaited_skus: Vec::new(),
            payment_issues: Vec::new(),
            returns: Vec::new(),
            link_sent_at: None,
            timeline: Vec::new(),
            trace: None,
            record,
        };
        // The timeline starts when payment placed the order, not when this service heard of it.
        let at = order.record.placed_at;
        order.add_to_timeline(at, TimelineKind::Placed, TimelineData::default());
        (order, (EmailTemplate::Placed, MerchantNotification::OrderPlaced).into())
    }

    /// Emails the order's link to the customer, once in five minutes, so that nobody can fill another person's mailbox.
    pub fn send_link(&mut self, now: Timestamp) -> Effects {
        if self.link_sent_at.is_some_and(|at| now.duration_since(at) < LINK_INTERVAL) {
            return Effects::default();
        }
        self.link_sent_at = Some(now);
        EmailTemplate::Link.into()
    }

    /// Returns the id of the order.
    pub const fn id(&self) -> OrderId {
        self.record.order_id
    }

    /// Returns the public status, which is [`OrderStatus::Attention`] while anything about the order waits for staff.
    pub fn status(&self) -> OrderStatus {
        // Whatever waits for staff outranks the workflow, so that the order appears in their list.
        if self.review_reason().is_some() {
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

    /// Returns true if a shipment has left, including one whose announcement was not answered yet.
    fn has_left(&self) -> bool {
        // An early update proves that the carrier has the shipment, although its number is not known yet.
        let known = self.shipments.iter().map(|shipment| shipment.status);
        known.chain(self.early_updates.iter().map(|update| update.status)).any(ShipmentStatus::has_left)
    }

    fn has_arrived(&self) -> bool {
        let mut live = self.live_shipments().peekable();
        live.peek().is_some()
            && live.all(|shipment| shipment.status == ShipmentStatus::Delivered)
            && self.ships_all_items()
    }

    /// Returns true if the order can still be cancelled.
    pub fn can_cancel(&self) -> bool {
        let forward = match &self.workflow {
            Workflow::Running { .. } | Workflow::AwaitingDelivery => true,
            Workflow::NeedsAttention { resume_at, .. } => matches!(resume_at, ResumePoint::Step(_)),
            Workflow::Compensating { .. } | Workflow::Delivered | Workflow::Cancelled => false,
        };
        // A manual capture or refund must reach the ledger first: compensating before would void or refund an amount
        // that payment does not know of yet.
        let manual_step_pending =
            self.manual_note.is_some() || self.refunds.iter().any(|refund| refund.open && refund.manual_note.is_some());
        // The items of a received return are in stock again, and a cancellation would put them there a second time.
        let undone_in_part = self.has_received_return();
        forward && !manual_step_pending && !undone_in_part && !self.has_left() && self.cancellation.is_none()
    }

    /// Returns the next action, or `None` while the order waits for the carrier or for staff, or is finished.
    pub fn next_action(&self) -> Option<Action> {
        match &self.workflow {
            Workflow::Running { step } => Some(Action::Step(*step)),
            Workflow::Compensating { compensation } => Some(Action::Compensate(*compensation)),
            // Refunds and returns are carried out only here: a compensation refunds the whole amount anyway.
            Workflow::AwaitingDelivery | Workflow::Delivered => {
                let refund = self.refunds.iter().find(|refund| refund.is_due()).cloned().map(Action::Refund);
                refund.or_else(|| self.returns.iter().find_map(Return::next_action))
            }
            Workflow::NeedsAttention { .. } | Workflow::Cancelled => None,
        }
    }

    /// Returns the time of the next action, if there is one.
    pub fn due_at(&self) -> Option<Timestamp> {
        // `next_at` keeps its value while nothing is to be done, so it counts only together with an action.
        self.next_action().and(self.next_at)
    }

    /// Enters a state of the workflow. The counters and notes of the step before do not apply to the next one.
    fn transition_to(&mut self, workflow: Workflow, now: Timestamp) {
        self.workflow = workflow;
        self.manual_note = None;
        self.tries = 0;
        self.last_failure = None;
        self.awaited_skus.clear();
        self.next_at = Some(now);
    }
}
