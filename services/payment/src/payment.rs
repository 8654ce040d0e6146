//! A payment: the intent to pay for one order, its attempts, the facts known about them, and what follows.
//!
//! Pure: whatever happens comes in through a method here and leaves as a new state and [`Effects`], which the store
//! keeps in one transaction.

mod fold;
mod webhook_event;
mod person;
mod totals;
mod view;

pub use webhook_event::{WebhookEvent, WebhookEventKind};

use crate::attempt::{PaymentOperation, OperationKind, OperationState, Browser, Challenge, Instrument, Links, SENDING, later};
use crate::ledger::Posting;
use contracts::cart::CartSnapshot;
use contracts::events::{CommandSettled, EventLine, PaymentIssueKind, OrderPlaced, TransferAwaited};
use contracts::payment::{CaptureTiming, Refusal};
use contracts::{Address, Email, Money, OrderId, PaymentId};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// How long an order can be paid.
pub const PAYABLE: SignedDuration = SignedDuration::from_mins(30);
/// How long a payment waits that could not be looked after.
const PUT_OFF: SignedDuration = SignedDuration::from_secs(30);

/// Where a payment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// The stock is being reserved; whether it is held is not known.
    Reserving,
    /// The stock is held; an attempt is under way, or the customer may make one.
    Payable,
    /// Paid: the order stands, and belongs to the workflow.
    Placed,
    /// Being given up: the hold is to be released.
    Closing,
    /// Given up: nothing is held, nothing is charged.
    Closed,
}

/// Something a gateway says about an attempt, however it came to be known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    /// The attempt's reference.
    pub reference: String,
    /// What it says.
    pub outcome: Outcome,
    /// Where the gateway wants the next commands, as far as it said so.
    pub links: Links,
    /// When it became known.
    pub at: Timestamp,
}

/// What became of an attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// It is done, for this amount.
    Succeeded {
        /// The gateway's own id.
        gateway_id: String,
        /// The amount it was done for.
        amount: Money,
        /// Whether the gateway took the money with it, without being asked for that.
        taken: bool,
    },
    /// The customer has to do something first.
    Challenged {
        /// What.
        challenge: Challenge,
    },
    /// The gateway said no.
    Refused {
        /// Why.
        refusal: Refusal,
    },
    /// It was done, and came to nothing afterwards.
    Failed {
        /// Why.
        refusal: Refusal,
    },
    /// The customer took the money of an authorisation back through the bank.
    ChargedBack {
        /// The gateway's name for that.
        id: String,
        /// How much.
        amount: Money,
    },
    /// It cannot be done by asking a gateway: a person has to do it, and to say so.
    #[serde(alias = "by_hand")]
    Manual {
        /// What is to be done.
        task: String,
    },
}

impl Outcome {
    /// Whether both say the same, so that knowing one of them is enough. That the money was taken says more than that
    /// it is held, and one challenge may follow another.
    fn same_kind(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Succeeded { taken, .. }, Self::Succeeded { taken: also, .. }) => taken == also || *taken,
            (Self::Challenged { challenge }, Self::Challenged { challenge: also }) => challenge.action == also.action,
            (Self::ChargedBack { id, .. }, Self::ChargedBack { id: also, .. }) => id == also,
            _ => std::mem::discriminant(self) == std::mem::discriminant(other),
        }
    }
}

/// What has to happen together with a change of state.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Effects {
    /// The order is placed: tell everybody.
    pub placed: Option<OrderPlaced>,
    /// What stood of the order's money no longer does: tell its workflow.
    pub changed: Vec<PaymentIssueKind>,
    /// The customer is to transfer the money: somebody writes to them.
    pub awaited: Option<TransferAwaited>,
    /// Pending commands that workflows wait for and that are settled now.
    pub settled: Vec<CommandSettled>,
    /// Money moved.
    pub postings: Vec<Posting>,
    /// A receipt is due.
    pub receipt: bool,
    /// The answer to keep for the idempotency key.
    pub answer: Option<KeptAnswer>,
}

/// An answer that is given again, byte for byte, to the same request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptAnswer {
    /// Which request.
    pub key: chassis::idempotency::IdempotencyScope,
    /// The status.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
}

/// A payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    /// Its id.
    pub id: PaymentId,
    /// The order it pays.
    pub order_id: OrderId,
    /// The order's number.
    pub order_number: String,
    /// Whose it is: the session's subject.
    pub owner: String,
    /// What is bought, at the prices agreed.
    pub cart: CartSnapshot,
    /// Where news goes.
    pub email: Email,
    /// Where the goods go.
    pub address: Address,
    /// Where it stands.
    pub state: State,
    /// Why it was given up.
    pub closed: Option<Refusal>,
    /// Which try of the reservation holds the stock.
    pub hold: u32,
    /// All commands to gateways.
    #[serde(alias = "attempts")]
    pub operations: Vec<PaymentOperation>,
    /// All that is known about them.
    pub facts: Vec<Fact>,
    /// When it was begun.
    pub created_at: Timestamp,
    /// Until when it can be paid.
    pub expires_at: Timestamp,
    /// When the order was placed.
    pub placed_at: Option<Timestamp>,
    /// The authorisation it was placed with; none when there was nothing to pay.
    pub placed_by: Option<u32>,
    /// When the money is taken.
    pub capture: CaptureTiming,
    /// The receipt's number.
    pub receipt_number: Option<String>,
    /// Facts that contradict what was final and that nothing undoes: for a person.
    #[serde(alias = "contradictions")]
    pub discrepancies: Vec<String>,
    /// Looking after it failed: not before this again.
    pub put_off_until: Option<Timestamp>,
}

/// A command to be kept and then sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// What.
    pub kind: OperationKind,
    /// For which step of a workflow.
    pub step_key: Option<String>,
    /// About which attempt.
    pub target: Option<u32>,
    /// How much.
    pub amount: Money,
    /// Whether it is about all there is.
    pub whole: bool,
    /// Through which gateway.
    pub gateway: String,
    /// By which way to pay.
    pub method: String,
    /// With what.
    pub instrument: Option<Instrument>,
    /// From which browser.
    pub browser: Option<Browser>,
    /// By which request of the customer's.
    pub request: Option<String>,
}

impl Payment {
    /// What is to be paid.
    pub const fn amount(&self) -> Money {
        self.cart.totals.total
    }

    /// The attempt whose outcome is awaited, if there is one. There is never more than one authorisation.
    pub fn open_authorisation(&self) -> Option<&PaymentOperation> {
        self.operations.iter().find(|one| one.kind == OperationKind::Authorise && !one.state.is_final())
    }

    /// The attempt with this number.
    pub fn attempt(&self, number: u32) -> Option<&PaymentOperation> {
        self.operations.iter().find(|one| one.number == number)
    }

    /// When somebody has to look at it next; `None` when never again.
    pub fn due_at(&self) -> Option<Timestamp> {
        let own = match self.state {
            State::Reserving => later(self.created_at, SENDING),
            State::Payable if self.open_authorisation().is_none() => Some(self.expires_at),
            State::Closing => Some(self.created_at),
            _ => None,
        };
        let own = own.max(self.put_off_until.filter(|_| own.is_some()));
        self.operations.iter().filter_map(|attempt| attempt.due_at).chain(own).min()
    }

    /// Looking after it failed, so that others come first: it is tried again in a while.
    pub fn put_off(&mut self, now: Timestamp) {
        self.put_off_until = later(now, PUT_OFF);
        let until = self.put_off_until;
        for attempt in self.operations.iter_mut().filter(|attempt| attempt.due_at.is_some_and(|due| due <= now)) {
            attempt.due_at = until;
        }
    }

    /// Whatever waits is looked after from then on.
    pub fn look_after_at(&mut self, now: Timestamp) {
        self.put_off_until = None;
        for attempt in self.operations.iter_mut().filter(|attempt| attempt.due_at.is_some()) {
            attempt.due_at = Some(now);
        }
    }

    /// Whether this request of the customer's has had its attempt; one that never arrived does not count.
    pub fn has_tried(&self, request: &str) -> bool {
        let of_request = |one: &&PaymentOperation| one.request.as_deref() == Some(request);
        self.operations.iter().filter(of_request).any(|one| one.state != OperationState::Abandoned && !one.was_unreached())
    }

    /// The stock is held.
    pub fn reserved(&mut self) {
        if self.state == State::Reserving {
            self.state = State::Payable;
        }
    }

    /// Gives the payment up while no money is or may become held: then its hold is to be released.
    pub fn close(&mut self, refusal: Refusal) -> bool {
        let possible = matches!(self.state, State::Reserving | State::Payable) && self.open_authorisation().is_none();
        if possible {
            self.state = State::Closing;
            self.closed = Some(refusal);
        }
        possible
    }

    /// The hold is released, or there was none.
    pub fn closed(&mut self) {
        if matches!(self.state, State::Closing | State::Reserving) {
            self.state = State::Closed;
        }
    }

    /// Keeps a command, to be sent next; answers its number.
    pub fn start(&mut self, wanted: Wanted, now: Timestamp) -> u32 {
        let number = u32::try_from(self.operations.len()).unwrap_or(u32::MAX) + 1;
        self.operations.push(PaymentOperation {
            number,
            kind: wanted.kind,
            step_key: wanted.step_key,
            reference: format!("{}-{number}", self.id.0.simple()),
            target: wanted.target,
            amount: wanted.amount,
            whole: wanted.whole,
            gateway: wanted.gateway,
            method: wanted.method,
            instrument: wanted.instrument,
            browser: wanted.browser,
            request: wanted.request,
            state: OperationState::Unknown,
            gateway_id: None,
            links: Links::new(),
            challenge: None,
            refusal: None,
            started_at: now,
            sent_again_at: None,
            due_at: later(now, SENDING),
            not_found: 0,
            awaited: false,
            sent: true,
        });
        number
    }

    /// Places the order, with the money of an authorisation unless there is nothing to pay.
    pub fn place(&mut self, by: Option<u32>, now: Timestamp, effects: &mut Effects) {
        self.state = State::Placed;
        self.placed_at = Some(now);
        self.placed_by = by;
        let line = |line: &contracts::cart::CartLine| EventLine {
            sku: line.sku.clone(),
            product_id: line.product_id,
            quantity: line.quantity,
        };
        effects.placed = Some(OrderPlaced {
            order_id: self.order_id,
            order_number: self.order_number.clone(),
            payment_id: self.id,
            owner: self.owner.clone(),
            cart_id: self.cart.cart_id,
            cart_version: self.cart.version,
            lines: self.cart.lines.iter().map(line).collect(),
            total: self.amount(),
            placed_at: now,
        });
    }
}
