//! A payment: the intent to pay for one order, its attempts, the facts known about them, and what follows.
//!
//! Pure: whatever happens comes in through a method here and leaves as a new state and [`Effects`], which the store
//! keeps in one transaction.

use crate::attempt::{Attempt, AttemptKind, AttemptState, SENDING, later};
use crate::ledger::Posting;
use contracts::cart::CartSnapshot;
use contracts::events::{CommandSettled, EventLine, OrderPlaced};
use contracts::payment::{OrderRecord, PaymentAction, PaymentStatus, PaymentSums, PaymentView, Refusal};
use contracts::{Address, Email, Money, OrderId, PaymentId};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// How long an order can be paid.
pub const PAYABLE: SignedDuration = SignedDuration::from_mins(30);

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
            authorised: sum(AttemptKind::Authorise),
            captured: sum(AttemptKind::Capture),
            refunded: sum(AttemptKind::Refund),
        }
    }

    /// The attempt whose outcome is awaited, if there is one. There is never more than one authorisation.
    pub fn open_authorisation(&self) -> Option<&Attempt> {
        self.attempts.iter().find(|one| one.kind == AttemptKind::Authorise && !one.state.is_final())
    }

    /// The authorisation the order stands on.
    pub fn authorisation(&self) -> Option<&Attempt> {
        let voided = |number: u32| {
            self.attempts.iter().any(|one| {
                one.kind == AttemptKind::Void && one.target == Some(number) && one.state == AttemptState::Succeeded
            })
        };
        self.attempts.iter().find(|one| {
            one.kind == AttemptKind::Authorise && one.state == AttemptState::Succeeded && !voided(one.number)
        })
    }

    /// The capture that refunds are about.
    pub fn capture(&self) -> Option<&Attempt> {
        self.attempts.iter().find(|one| one.kind == AttemptKind::Capture && one.state == AttemptState::Succeeded)
    }

    /// The attempt with this number.
    pub fn attempt(&self, number: u32) -> Option<&Attempt> {
        self.attempts.iter().find(|one| one.number == number)
    }

    /// Where it stands, for its customer.
    pub fn status(&self) -> PaymentStatus {
        match self.state {
            State::Closing | State::Closed => PaymentStatus::Closed,
            State::Placed if self.amount().is_zero() || self.authorisation().is_some() => PaymentStatus::Authorised,
            State::Placed => PaymentStatus::Voided,
            State::Reserving => PaymentStatus::Processing,
            State::Payable => match self.open_authorisation().map(|attempt| attempt.state) {
                Some(AttemptState::Challenged) => PaymentStatus::ActionRequired,
                Some(_) => PaymentStatus::Processing,
                None => PaymentStatus::Refused,
            },
        }
    }

    /// What its customer sees.
    pub fn view(&self) -> PaymentView {
        let status = self.status();
        let action = self
            .open_authorisation()
            .and_then(|attempt| attempt.challenge_url.clone())
            .filter(|_| status == PaymentStatus::ActionRequired)
            .map(|url| PaymentAction::Redirect { url });
        let refusal = match status {
            PaymentStatus::Closed => self.closed.clone(),
            PaymentStatus::Refused => self.last_refusal(),
            _ => None,
        };
        let sums = self.sums();
        PaymentView {
            id: self.id,
            order_id: self.order_id,
            order_number: self.order_number.clone(),
            status,
            action,
            refusal,
            amount: self.amount(),
            captured: sums.captured,
            refunded: sums.refunded,
            expires_at: self.expires_at,
        }
    }

    fn last_refusal(&self) -> Option<Refusal> {
        let last = self.attempts.iter().rfind(|one| one.kind == AttemptKind::Authorise)?;
        last.refusal.clone().or_else(|| {
            Some(Refusal {
                code: "no-answer".into(),
                reason: "The gateway did not answer. Nothing was charged.".into(),
            })
        })
    }

    /// What dispatch works with, once the order is placed.
    pub fn record(&self) -> Option<OrderRecord> {
        Some(OrderRecord {
            order_id: self.order_id,
            order_number: self.order_number.clone(),
            payment_id: self.id,
            owner: self.owner.clone(),
            reservation_attempt: self.hold,
            email: self.email.clone(),
            address: self.address.clone(),
            cart: self.cart.clone(),
            status: self.status(),
            sums: self.sums(),
            receipt_number: self.receipt_number.clone(),
            placed_at: self.placed_at?,
        })
    }

    /// When somebody has to look at it next; `None` when never again.
    pub fn due_at(&self) -> Option<Timestamp> {
        let own = match self.state {
            State::Reserving => later(self.created_at, SENDING),
            State::Payable if self.open_authorisation().is_none() => Some(self.expires_at),
            State::Closing => Some(self.created_at),
            _ => None,
        };
        self.attempts.iter().filter_map(|attempt| attempt.due_at).chain(own).min()
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

    /// Takes in a fact: the one way in for answers, queries, client returns and webhooks. A fact known before changes
    /// nothing; one that contradicts a final state is undone or left for a person, never dropped.
    pub fn apply(&mut self, fact: Fact, effects: &mut Effects) {
        let known =
            self.facts.iter().any(|known| known.reference == fact.reference && known.outcome.same_kind(&fact.outcome));
        let Some(index) = self.attempts.iter().position(|attempt| attempt.reference == fact.reference) else { return };
        if known {
            return;
        }
        self.facts.push(fact.clone());
        let attempt = &self.attempts[index];
        match (fact.outcome, attempt.kind, attempt.state) {
            (Outcome::Succeeded { gateway_id, amount }, kind, before) => {
                self.succeeded(index, gateway_id, amount, fact.at);
                self.follow_success(index, kind, before, fact.at, effects);
            }
            (Outcome::Challenged { gateway_id, url }, _, AttemptState::Unknown) => {
                let attempt = &mut self.attempts[index];
                attempt.gateway_id = Some(gateway_id);
                attempt.challenge_url = Some(url);
                attempt.settle(AttemptState::Challenged, fact.at);
            }
            (Outcome::Challenged { .. }, ..) => {}
            (Outcome::Refused { refusal }, _, AttemptState::Succeeded) => {
                let reference = &self.attempts[index].reference;
                self.contradictions.push(format!("{reference} was done, and then refused: {}", refusal.reason));
            }
            (Outcome::Refused { refusal }, ..) => {
                let attempt = &mut self.attempts[index];
                attempt.refusal = Some(refusal);
                attempt.settle(AttemptState::Refused, fact.at);
            }
        }
        self.tell_workflow(index, effects);
    }

    fn succeeded(&mut self, index: usize, gateway_id: String, amount: Money, at: Timestamp) {
        let attempt = &mut self.attempts[index];
        if attempt.amount != amount {
            let told = format!("{} was done for {amount} instead of {}", attempt.reference, attempt.amount);
            self.contradictions.push(told);
        }
        let attempt = &mut self.attempts[index];
        attempt.gateway_id = Some(gateway_id);
        // What the gateway did is what counts for our books.
        attempt.amount = amount;
        attempt.settle(AttemptState::Succeeded, at);
    }

    fn follow_success(
        &mut self,
        index: usize,
        kind: AttemptKind,
        before: AttemptState,
        at: Timestamp,
        effects: &mut Effects,
    ) {
        let attempt = self.attempts[index].clone();
        match kind {
            AttemptKind::Authorise => {
                let expected = attempt.amount == self.amount() && !before.is_final() && self.state == State::Payable;
                if expected {
                    self.place(at, effects);
                } else {
                    // Too late, or for another amount: the customer's money is let go.
                    self.void(&attempt, at);
                }
            }
            AttemptKind::Capture => {
                if let Ok(posting) = crate::ledger::captured(&attempt.reference, attempt.amount, &self.cart) {
                    effects.postings.push(posting);
                }
                effects.receipt = self.receipt_number.is_none();
            }
            AttemptKind::Refund => effects.postings.push(crate::ledger::refunded(&attempt.reference, attempt.amount)),
            AttemptKind::Void => {}
        }
    }

    /// Keeps a command to let an authorisation go; the reconciler sends it.
    fn void(&mut self, authorisation: &Attempt, now: Timestamp) {
        let number = self.start(
            Wanted {
                kind: AttemptKind::Void,
                step_key: None,
                target: Some(authorisation.number),
                amount: authorisation.amount,
                gateway: authorisation.gateway.clone(),
                session: None,
            },
            now,
        );
        if let Some(attempt) = self.attempts.iter_mut().find(|one| one.number == number) {
            attempt.due_at = Some(now);
        }
    }

    /// A gateway does not know of an attempt. After its index delay, several times, that is an outcome.
    pub fn not_found(&mut self, number: u32, counts: bool, now: Timestamp, effects: &mut Effects) {
        let Some(index) = self.attempts.iter().position(|one| one.number == number) else { return };
        let attempt = &mut self.attempts[index];
        match attempt.state {
            AttemptState::Abandoned => {
                let end = later(attempt.started_at, crate::attempt::SWEPT);
                attempt.due_at = later(now, crate::attempt::SWEEP).filter(|next| Some(*next) < end);
                return;
            }
            AttemptState::Unknown | AttemptState::Challenged => {}
            _ => return,
        }
        if counts {
            attempt.not_found += 1;
        }
        if attempt.not_found < crate::attempt::NOT_FOUND {
            attempt.ask_later(now);
            return;
        }
        // A partial refund may have been done under a reference the gateway lost: sending it again could pay twice.
        let state = if attempt.kind == AttemptKind::Refund { AttemptState::Parked } else { AttemptState::Abandoned };
        attempt.settle(state, now);
        self.tell_workflow(index, effects);
    }

    /// A challenge was not answered in time.
    pub fn challenge_over(&mut self, number: u32, now: Timestamp) {
        let attempt =
            self.attempts.iter_mut().find(|one| one.number == number && one.state == AttemptState::Challenged);
        if let Some(attempt) = attempt {
            attempt.refusal = Some(Refusal {
                code: "challenge-expired".into(),
                reason: "The confirmation with the bank was not finished in time. Nothing was charged.".into(),
            });
            attempt.settle(AttemptState::Abandoned, now);
        }
    }

    fn tell_workflow(&mut self, index: usize, effects: &mut Effects) {
        let order_id = self.order_id;
        let attempt = &mut self.attempts[index];
        if attempt.awaited && attempt.state.is_final() {
            attempt.awaited = false;
            if let Some(step_key) = attempt.step_key.clone() {
                effects.settled.push(CommandSettled { order_id, step_key });
            }
        }
    }
}
