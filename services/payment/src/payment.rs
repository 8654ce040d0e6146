//! A payment: the intent to pay for one order, its attempts, the facts known about them, and what follows.
//!
//! Pure: whatever happens comes in through a method here and leaves as a new state and [`Effects`], which the store
//! keeps in one transaction.

mod fold;
mod view;

use crate::attempt::{Attempt, AttemptKind, AttemptState, SENDING, later};
use crate::ledger::Posting;
use contracts::cart::CartSnapshot;
use contracts::events::{CommandSettled, EventLine, OrderPlaced};
use contracts::payment::{PaymentSums, Refusal};
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
    },
    /// The customer has to confirm it.
    Challenged {
        /// The gateway's own id.
        gateway_id: String,
        /// Where.
        url: String,
    },
    /// The gateway said no.
    Refused {
        /// Why.
        refusal: Refusal,
    },
}

impl Outcome {
    const fn same_kind(&self, other: &Self) -> bool {
        matches!(
            (self, other),
            (Self::Succeeded { .. }, Self::Succeeded { .. })
                | (Self::Challenged { .. }, Self::Challenged { .. })
                | (Self::Refused { .. }, Self::Refused { .. })
        )
    }
}

/// What has to happen together with a change of state.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Effects {
    /// The order is placed: tell everybody.
    pub placed: Option<OrderPlaced>,
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
    pub key: crate::idempotency::KeyScope,
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
    pub attempts: Vec<Attempt>,
    /// All that is known about them.
    pub facts: Vec<Fact>,
    /// When it was begun.
    pub created_at: Timestamp,
    /// Until when it can be paid.
    pub expires_at: Timestamp,
    /// When the order was placed.
    pub placed_at: Option<Timestamp>,
    /// The receipt's number.
    pub receipt_number: Option<String>,
    /// Facts that contradict what was final and that nothing undoes: for a person.
    pub contradictions: Vec<String>,
    /// Looking after it failed: not before this again.
    #[serde(default)]
    pub put_off_until: Option<Timestamp>,
}

/// A command to be kept and then sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// What.
    pub kind: AttemptKind,
    /// For which step of a workflow.
    pub step_key: Option<String>,
    /// About which attempt.
    pub target: Option<u32>,
    /// How much.
    pub amount: Money,
    /// Through which gateway.
    pub gateway: String,
    /// With which session.
    pub session: Option<String>,
    /// By which request of the customer's.
    pub request: Option<String>,
}

impl Payment {
    /// What is to be paid.
    pub const fn amount(&self) -> Money {
        self.cart.totals.total
    }

    /// What is held, taken and given back.
    pub fn sums(&self) -> PaymentSums {
        let sum = |kind: AttemptKind| {
            let done = self.attempts.iter().filter(|one| one.kind == kind && one.state == AttemptState::Succeeded);
            let amount = done.map(|one| one.amount.amount).sum();
            self.amount().currency.minor(amount)
        };
        PaymentSums {
            authorised: self.authorisation().map_or(self.amount().currency.zero(), |standing| standing.amount),
            captured: sum(AttemptKind::Capture),
            refunded: sum(AttemptKind::Refund),
        }
    }

    /// The attempt whose outcome is awaited, if there is one. There is never more than one authorisation.
    pub fn open_authorisation(&self) -> Option<&Attempt> {
        self.attempts.iter().find(|one| one.kind == AttemptKind::Authorise && !one.state.is_final())
    }

    /// The authorisation the order stands on: done, and neither voided nor one that turned up too late and is let go.
    pub fn authorisation(&self) -> Option<&Attempt> {
        let gone = |number: u32| {
            self.attempts
                .iter()
                .filter(|one| one.kind == AttemptKind::Void && one.target == Some(number))
                .any(|void| void.step_key.is_none() || void.state == AttemptState::Succeeded)
        };
        self.attempts
            .iter()
            .find(|one| one.kind == AttemptKind::Authorise && one.state == AttemptState::Succeeded && !gone(one.number))
    }

    /// The capture that refunds are about.
    pub fn capture(&self) -> Option<&Attempt> {
        self.attempts.iter().find(|one| one.kind == AttemptKind::Capture && one.state == AttemptState::Succeeded)
    }

    /// The attempt with this number.
    pub fn attempt(&self, number: u32) -> Option<&Attempt> {
        self.attempts.iter().find(|one| one.number == number)
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
        self.attempts.iter().filter_map(|attempt| attempt.due_at).chain(own).min()
    }

    /// Looking after it failed, so that others come first: it is tried again in a while.
    pub fn put_off(&mut self, now: Timestamp) {
        self.put_off_until = later(now, PUT_OFF);
        let until = self.put_off_until;
        for attempt in self.attempts.iter_mut().filter(|attempt| attempt.due_at.is_some_and(|due| due <= now)) {
            attempt.due_at = until;
        }
    }

    /// Whether this request of the customer's has had its attempt; one that never arrived does not count.
    pub fn has_tried(&self, request: &str) -> bool {
        let of_request = |one: &&Attempt| one.request.as_deref() == Some(request);
        self.attempts.iter().filter(of_request).any(|one| one.state != AttemptState::Abandoned)
    }

    /// Whether sending a command again, under its reference, cannot move money twice whatever became of the first: all
    /// but authorisations, which the customer may have given up, and refunds of a part.
    pub fn repeatable(&self, attempt: &Attempt) -> bool {
        match attempt.kind {
            AttemptKind::Capture | AttemptKind::Void => true,
            AttemptKind::Authorise => false,
            AttemptKind::Refund => {
                attempt.target.and_then(|capture| self.attempt(capture)).is_some_and(|all| all.amount == attempt.amount)
            }
        }
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
        let number = u32::try_from(self.attempts.len()).unwrap_or(u32::MAX) + 1;
        self.attempts.push(Attempt {
            number,
            kind: wanted.kind,
            step_key: wanted.step_key,
            reference: format!("{}-{number}", self.id.0.simple()),
            target: wanted.target,
            amount: wanted.amount,
            gateway: wanted.gateway,
            session: wanted.session,
            request: wanted.request,
            state: AttemptState::Unknown,
            gateway_id: None,
            challenge_url: None,
            refusal: None,
            started_at: now,
            due_at: later(now, SENDING),
            not_found: 0,
            awaited: false,
        });
        number
    }

    /// Places the order.
    pub fn place(&mut self, now: Timestamp, effects: &mut Effects) {
        self.state = State::Placed;
        self.placed_at = Some(now);
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
