//! A payment: the intent to pay for one order, its operations, the facts known about them, and their consequences.
//!
//! This module is pure: every change comes in through a method here and results in a new state and [`Effects`], which
//! the store writes in one transaction.

mod fold;
mod manual_resolution;
mod totals;
mod view;
mod webhook_event;

pub use webhook_event::{WebhookEvent, WebhookEventKind};

use crate::ledger::Posting;
use crate::operation::{
    Browser, Challenge, Instrument, Links, OperationKind, OperationState, PaymentOperation, SEND_TIMEOUT, kind_name,
    later,
};
use chassis::context::TraceOrigin;
use chassis::secret::sha256_hex;
use contracts::cart::CartSnapshot;
use contracts::events::{CommandSettled, EventLine, OrderPlaced, PaymentIssueKind, TransferAwaited};
use contracts::payment::{CaptureTiming, Refusal};
use contracts::{Address, Email, Language, Money, OrderId, PaymentId};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// The time a customer has to pay an order.
pub const PAYMENT_WINDOW: SignedDuration = SignedDuration::from_mins(30);
/// The delay before a payment that could not be processed is tried again.
const BACK_OFF_DELAY: SignedDuration = SignedDuration::from_secs(30);

/// The state of a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// The stock is being reserved; the outcome is not known yet.
    Reserving,
    /// The stock is reserved; an authorisation is in progress, or the customer may start one.
    Payable,
    /// Paid: the order is placed, and dispatch carries it out.
    Placed,
    /// Being closed: the reservation still has to be released.
    Closing,
    /// Closed: nothing is reserved, nothing is charged.
    Closed,
}

impl State {
    /// The state's name in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reserving => "reserving",
            Self::Payable => "payable",
            Self::Placed => "placed",
            Self::Closing => "closing",
            Self::Closed => "closed",
        }
    }
}

/// A statement of a gateway about an operation, from whichever channel it came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    /// The reference of the operation it is about.
    pub reference: String,
    pub outcome: Outcome,
    /// Addresses for follow-up commands, if the gateway supplied any.
    pub links: Links,
    /// The time at which it became known here.
    pub at: Timestamp,
}

/// The outcome of an operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// The operation was carried out.
    Succeeded {
        /// The gateway's own id.
        gateway_id: String,
        /// The amount actually moved.
        amount: Money,
        /// Set when the gateway captured the money with an authorisation, without being asked to.
        #[serde(alias = "taken")]
        captured: bool,
    },
    /// The customer has to act first.
    Challenged { challenge: Challenge },
    /// The gateway refused the operation.
    Refused { refusal: Refusal },
    /// The operation succeeded at first and failed later, such as a refund that bounced.
    Failed { refusal: Refusal },
    /// The customer's bank charged back money of an authorisation.
    ChargedBack {
        /// The gateway's id of the chargeback.
        id: String,
        amount: Money,
    },
    /// No gateway can carry it out: staff have to do it and report back.
    #[serde(alias = "by_hand")]
    Manual { task: String },
}

impl Outcome {
    /// Returns true if `other` adds nothing to this outcome. A capture says more than an authorisation alone, and one
    /// challenge may follow another.
    fn same_kind(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Succeeded { captured, .. }, Self::Succeeded { captured: other, .. }) => {
                captured == other || *captured
            }
            (Self::Challenged { challenge }, Self::Challenged { challenge: other }) => challenge.action == other.action,
            (Self::ChargedBack { id, .. }, Self::ChargedBack { id: other, .. }) => id == other,
            _ => std::mem::discriminant(self) == std::mem::discriminant(other),
        }
    }
}

/// Writes that belong to a change of state and are made in the same transaction.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Effects {
    /// The event for a placed order.
    pub placed: Option<OrderPlaced>,
    /// Issues to report to the order's workflow.
    pub issues: Vec<PaymentIssueKind>,
    /// The event that asks for a bank transfer, on which the customer is sent the details.
    pub transfer_awaited: Option<TransferAwaited>,
    /// Commands that workflows wait for and that are settled now.
    pub settled: Vec<CommandSettled>,
    /// Ledger postings for money that moved.
    pub postings: Vec<Posting>,
    /// Set when a receipt number has to be issued.
    pub receipt: bool,
    /// The response to store for the idempotency key.
    pub response: Option<IdempotentResponse>,
}

/// A response that is replayed, byte for byte, when the same request is repeated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotentResponse {
    pub key: chassis::idempotency::IdempotencyScope,
    pub status: u16,
    pub body: Vec<u8>,
}

/// A payment, as stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    pub id: PaymentId,
    pub order_id: OrderId,
    pub order_number: String,
    /// The subject of the session that owns it.
    pub owner: String,
    /// The cart at the agreed prices.
    pub cart: CartSnapshot,
    /// The address for notifications about the order.
    pub email: Email,
    pub address: Address,
    /// The language of emails about the order.
    #[serde(default)]
    pub language: Language,
    pub state: State,
    /// The reason why it was closed.
    #[serde(alias = "closed")]
    pub close_reason: Option<Refusal>,
    /// The reservation attempt that holds the stock.
    #[serde(alias = "hold")]
    pub reservation_attempt: u32,
    /// All operations at gateways, in the order of their numbers.
    #[serde(alias = "attempts")]
    pub operations: Vec<PaymentOperation>,
    /// All facts known about the operations.
    pub facts: Vec<Fact>,
    pub created_at: Timestamp,
    /// The deadline for paying it.
    pub expires_at: Timestamp,
    /// The time at which the order was placed.
    pub placed_at: Option<Timestamp>,
    /// The number of the authorisation that placed the order; `None` when there was nothing to pay.
    pub placed_by: Option<u32>,
    pub capture: CaptureTiming,
    pub receipt_number: Option<String>,
    /// Facts that conflict with a final state and cannot be undone automatically: staff have to look at them.
    #[serde(alias = "contradictions")]
    pub discrepancies: Vec<String>,
    /// Processing failed and is not tried again before this time.
    #[serde(alias = "put_off_until")]
    pub back_off_until: Option<Timestamp>,
    /// The request that began it, so that work after it continues its trace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<TraceOrigin>,
}

/// An operation to be stored and then sent. The fields are those of [`PaymentOperation`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewOperation {
    pub kind: OperationKind,
    pub step_key: Option<String>,
    pub target: Option<u32>,
    pub amount: Money,
    pub full: bool,
    pub gateway: String,
    pub method: String,
    pub instrument: Option<Instrument>,
    pub browser: Option<Browser>,
    pub request: Option<String>,
}

impl Payment {
    /// The amount to be paid.
    pub const fn amount(&self) -> Money {
        self.cart.totals.total
    }

    /// The authorisation whose outcome is pending, if any. There is never more than one.
    pub fn open_authorisation(&self) -> Option<&PaymentOperation> {
        self.operations.iter().find(|one| one.kind == OperationKind::Authorise && !one.state.is_final())
    }

    /// The operation with this number.
    pub fn operation(&self, number: u32) -> Option<&PaymentOperation> {
        self.operations.iter().find(|one| one.number == number)
    }

    /// The time at which the reconciler has to process it next; `None` when nothing more is scheduled.
    pub fn due_at(&self) -> Option<Timestamp> {
        let own = match self.state {
            // The handler that began the checkout has this long before the reconciler gives up in its place.
            State::Reserving => later(self.created_at, SEND_TIMEOUT),
            State::Payable if self.open_authorisation().is_none() => Some(self.expires_at),
            State::Closing => Some(self.created_at),
            _ => None,
        };
        // A back-off only delays what is scheduled; it schedules nothing by itself.
        let own = own.max(self.back_off_until.filter(|_| own.is_some()));
        self.operations.iter().filter_map(|operation| operation.due_at).chain(own).min()
    }

    /// Postpones everything that is due after a processing error, so that other payments are processed first.
    pub fn back_off(&mut self, now: Timestamp) {
        self.back_off_until = later(now, BACK_OFF_DELAY);
        let until = self.back_off_until;
        for operation in self.operations.iter_mut().filter(|operation| operation.due_at.is_some_and(|due| due <= now)) {
            operation.due_at = until;
        }
    }

    /// Makes everything that is scheduled due at `now`.
    pub fn reschedule(&mut self, now: Timestamp) {
        self.back_off_until = None;
        for operation in self.operations.iter_mut().filter(|operation| operation.due_at.is_some()) {
            operation.due_at = Some(now);
        }
    }

    /// Returns true if this customer request has had its attempt. One that never reached a gateway does not count.
    pub fn has_tried(&self, request: &str) -> bool {
        let of_request = |one: &&PaymentOperation| one.request.as_deref() == Some(request);
        self.operations
            .iter()
            .filter(of_request)
            .any(|one| one.state != OperationState::Abandoned && !one.is_gateway_unreachable())
    }

    /// Records that the stock is reserved.
    pub fn mark_reserved(&mut self) {
        if self.state == State::Reserving {
            self.state = State::Payable;
        }
    }

    /// Starts closing the payment; returns false while money is or may become authorised. The caller then releases the
    /// reservation.
    pub fn close(&mut self, refusal: Refusal) -> bool {
        let possible = matches!(self.state, State::Reserving | State::Payable) && self.open_authorisation().is_none();
        if possible {
            self.state = State::Closing;
            self.close_reason = Some(refusal);
        }
        possible
    }

    /// Records that the reservation is released, or never existed.
    pub fn mark_closed(&mut self) {
        if matches!(self.state, State::Closing | State::Reserving) {
            self.state = State::Closed;
        }
    }

    /// Stores an operation that is about to be sent, and returns its number.
    pub fn start(&mut self, new: NewOperation, now: Timestamp) -> u32 {
        // Operations are never removed, so their count determines the next number.
        let number = u32::try_from(self.operations.len()).unwrap_or(u32::MAX) + 1;
        let reference = self.reference_of(&new, number);
        self.operations.push(PaymentOperation {
            number,
            kind: new.kind,
            step_key: new.step_key,
            reference,
            target: new.target,
            amount: new.amount,
            full: new.full,
            gateway: new.gateway,
            method: new.method,
            instrument: new.instrument,
            browser: new.browser,
            request: new.request,
            state: OperationState::Unknown,
            gateway_id: None,
            links: Links::new(),
            challenge: None,
            refusal: None,
            started_at: now,
            resent_at: None,
            due_at: later(now, SEND_TIMEOUT),
            not_found: 0,
            awaited: false,
            // Written before the send: after a crash in between, a partial amount must not be sent a second time.
            sent: true,
        });
        number
    }

    /// The reference of a new operation. Contains the payment's id, so that webhooks lead back to the payment without an
    /// index. That of a step depends on nothing but the step, so that a gateway recognises one that is repeated after
    /// the shop was restored from a backup.
    fn reference_of(&self, new: &NewOperation, number: u32) -> String {
        let payment = self.id.0.simple();
        let Some(step_key) = &new.step_key else { return format!("{payment}-{number}") };
        let of_step = self.operations.iter().filter(|one| one.step_key == new.step_key).count();
        let (amount, currency) = (new.amount.amount, new.amount.currency.code());
        let name = format!("{step_key}|{of_step}|{}|{amount}|{currency}", kind_name(new.kind));
        // Cut, as references at gateways have at most 64 characters.
        let digest: String = sha256_hex(name.as_bytes()).chars().take(16).collect();
        format!("{payment}-{digest}")
    }

    /// The ordered lines, as events have them.
    fn event_lines(&self) -> Vec<EventLine> {
        let line = |line: &contracts::cart::CartLine| EventLine {
            sku: line.sku.clone(),
            product_id: line.product_id,
            quantity: line.quantity,
        };
        self.cart.lines.iter().map(line).collect()
    }

    /// Places the order, with the authorisation numbered `by` unless there is nothing to pay.
    pub fn place(&mut self, by: Option<u32>, now: Timestamp, effects: &mut Effects) {
        self.state = State::Placed;
        self.placed_at = Some(now);
        self.placed_by = by;
        effects.placed = Some(OrderPlaced {
            order_id: self.order_id,
            order_number: self.order_number.clone(),
            payment_id: self.id,
            owner: self.owner.clone(),
            cart_id: self.cart.cart_id,
            cart_version: self.cart.version,
            lines: self.event_lines(),
            total: self.amount(),
            placed_at: now,
        });
    }
}
