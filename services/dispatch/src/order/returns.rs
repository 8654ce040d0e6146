//! What customers send back after it was delivered: a small saga of its own within the order. What has come in is paid
//! back first and put into stock then.

use super::{Action, Effects, Order, Workflow};
use crate::mail::Letter;
use chassis::Problem;
use contracts::dispatch::{NOT_RETURNABLE, RETURN_DECIDED, StaffNote, ReturnLine, ReturnReceipt, TimelineKind};
use contracts::payment::PaymentTotals;
use contracts::{Money, Sku};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// More returns than this are asked of one order by programs alone.
const MOST: usize = 100;

/// A step of a return.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReturnStep {
    /// Give the money back.
    Refund,
    /// Put the goods back.
    Restock,
}

/// Where a return stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum ReturnState {
    /// The customer wants to return it.
    Requested,
    /// It has come in.
    Received {
        /// The step to be done.
        step: ReturnStep,
    },
    /// The step cannot be done: a person has to look.
    #[serde(alias = "parked")]
    NeedsAttention {
        /// Why.
        reason: String,
        /// What is tried again when the person says so.
        step: ReturnStep,
        /// Whether it may have been done: until that is known it is asked for under the same key.
        #[serde(default)]
        outcome_open: bool,
    },
    /// All is done.
    Refunded,
    /// The shop does not take it back.
    Rejected {
        /// Why.
        reason: String,
    },
}

/// A return.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Return {
    /// Its number within the order, from 1.
    pub id: u32,
    /// What the customer wants to return.
    pub lines: Vec<ReturnLine>,
    /// What of it the shop takes back.
    pub accepted: Vec<ReturnLine>,
    /// Why.
    pub reason: String,
    /// When it was asked for.
    pub requested_at: Timestamp,
    /// Whether it is put back into stock.
    pub restock: bool,
    /// What is given back for it.
    pub refund: Money,
    /// Whether that was given back.
    pub paid: bool,
    /// How often its refund was asked for anew.
    pub resumed: u32,
    /// A person has given the money back another way, and says who they are and why.
    #[serde(default)]
    #[serde(alias = "by_hand")]
    pub manual_note: Option<String>,
    /// Where it stands.
    pub state: ReturnState,
}

impl Return {
    /// Whether it waits for a person.
    pub const fn is_parked(&self) -> bool {
        self.parked().is_some()
    }

    /// Why it waits for a person, when it does.
    pub const fn parked(&self) -> Option<&str> {
        match &self.state {
            ReturnState::NeedsAttention { reason, .. } => Some(reason.as_str()),
            _ => None,
        }
    }

    pub(super) const fn refund_is_parked(&self) -> bool {
        matches!(self.state, ReturnState::NeedsAttention { step: ReturnStep::Refund, .. })
    }

    pub(super) const fn refund_action(&self) -> Action {
        Action::Return { id: self.id, step: ReturnStep::Refund }
    }

    /// Whether the customer has been given what it is worth.
    pub(super) const fn was_paid(&self) -> bool {
        self.paid && !self.refund.is_zero()
    }

    /// Whether what it is worth is still to be given back.
    pub(super) const fn owes(&self) -> bool {
        !self.paid && matches!(self.state, ReturnState::Received { .. } | ReturnState::NeedsAttention { .. })
    }

    pub(super) fn next_action(&self) -> Option<Action> {
        let ReturnState::Received { step } = self.state else { return None };
        Some(Action::Return { id: self.id, step })
    }

    /// How many pieces of a SKU it brings or has brought back.
    pub(super) fn pieces(&self, sku: &Sku) -> u32 {
        let lines = match self.state {
            ReturnState::Rejected { .. } => return 0,
            ReturnState::Requested => &self.lines,
            _ => &self.accepted,
        };
        lines.iter().filter(|line| line.sku == *sku).map(|line| line.quantity.get()).sum()
    }

    /// Goes on behind a step that is done. A refund made anew has the goods put back once more, under the same key.
    fn behind(&mut self, step: ReturnStep) {
        self.paid |= step == ReturnStep::Refund;
        let restock = step == ReturnStep::Refund && self.restock;
        self.state = if restock { ReturnState::Received { step: ReturnStep::Restock } } else { ReturnState::Refunded };
    }

    pub(super) fn park(&mut self, step: ReturnStep, reason: String, outcome_open: bool) {
        self.manual_note = None;
        self.state = ReturnState::NeedsAttention { reason, step, outcome_open };
    }

    /// The refund did not reach the customer: it is asked for under another key when a person says so.
    pub(super) fn park_at_refund(&mut self, reason: &str) {
        self.paid = false;
        self.resumed += 1;
        self.park(ReturnStep::Refund, reason.to_owned(), false);
    }

    /// It goes on where it is parked.
    pub(super) fn go_on(&mut self) {
        if let ReturnState::NeedsAttention { step, .. } = self.state {
            self.state = ReturnState::Received { step };
        }
    }

    /// The same because a person says so: what was refused is asked for anew.
    pub(super) fn resume(&mut self) {
        if let ReturnState::NeedsAttention { step: ReturnStep::Refund, outcome_open: false, .. } = self.state {
            self.resumed += 1;
        }
        self.go_on();
    }

    /// A person has done it another way.
    pub(super) fn done_by_hand(&mut self, by: String) {
        match self.state {
            ReturnState::NeedsAttention { step: ReturnStep::Refund, .. } => {
                self.resume();
                self.manual_note = Some(by);
            }
            ReturnState::NeedsAttention { step, .. } => self.behind(step),
            _ => {}
        }
    }
}

impl Order {
    fn delivered_at(&self) -> Option<Timestamp> {
        let delivered = self.timeline.iter().find(|entry| entry.kind == TimelineKind::Delivered);
        delivered.filter(|_| self.workflow == Workflow::Delivered).map(|entry| entry.at)
    }

    /// The SKUs that were bought, and how many of each can still be returned.
    fn returnable(&self) -> BTreeMap<&Sku, u32> {
        let mut left: BTreeMap<&Sku, u32> = BTreeMap::new();
        for line in &self.record.cart.lines {
            *left.entry(&line.sku).or_default() += line.quantity.get();
        }
        for (sku, left) in &mut left {
            *left = left.saturating_sub(self.returns.iter().map(|one| one.pieces(sku)).sum());
        }
        left
    }

    /// Whether something of it can be returned within `window` of its delivery.
    pub fn can_return(&self, window: SignedDuration, now: Timestamp) -> bool {
        let open = self.delivered_at().is_some_and(|at| now.duration_since(at) <= window);
        open && self.returns.len() < MOST && self.returnable().values().any(|left| *left > 0)
    }

    /// Somebody wants to return some of it.
    ///
    /// # Errors
    /// [`NOT_RETURNABLE`] when it was not delivered, too long ago, or less of it is there.
    pub fn request_return(
        &mut self,
        lines: &[ReturnLine],
        reason: &str,
        window: SignedDuration,
        now: Timestamp,
    ) -> Result<Effects, Problem> {
        if !self.can_return(window, now) {
            let days = window.as_hours() / 24;
            let told = format!("What was delivered can be returned for {days} days, and each piece once.");
            return Err(NOT_RETURNABLE.detail(told));
        }
        let lines = within(lines, &self.returnable())?;
        let id = u32::try_from(self.returns.len()).unwrap_or(u32::MAX) + 1;
        self.returns.push(Return {
            id,
            lines,
            accepted: Vec::new(),
            reason: reason.to_owned(),
            requested_at: now,
            restock: false,
            refund: self.record.cart.totals.total.currency.zero(),
            paid: false,
            resumed: 0,
            manual_note: None,
            state: ReturnState::Requested,
        });
        let staff_note = StaffNote { author: None, reason: Some(reason.to_owned()) };
        self.staff_note(now, TimelineKind::ReturnRequested, "You want to return some of your order.", Some(staff_note));
        Ok(Letter::ReturnRequested.into())
    }

    fn requested(&mut self, id: u32) -> Result<&mut Return, Problem> {
        let found = self.returns.iter_mut().find(|one| one.id == id);
        let found = found.ok_or_else(|| chassis::problem::NOT_FOUND.detail("The order has no such return."))?;
        if found.state != ReturnState::Requested {
            return Err(RETURN_DECIDED.detail("The return was received or rejected before."));
        }
        Ok(found)
    }

    /// A return has come in: what the shop takes back of it is paid back, and put into stock if it can be sold again.
    ///
    /// # Errors
    /// 404, [`RETURN_DECIDED`], [`NOT_RETURNABLE`] when it is more than was announced, or shipping is to be given back
    /// for a part.
    pub fn receive_return(
        &mut self,
        id: u32,
        receipt: &ReturnReceipt,
        author: &str,
        now: Timestamp,
    ) -> Result<Effects, Problem> {
        let found = self.requested(id)?;
        let mut announced = BTreeMap::new();
        for line in &found.lines {
            *announced.entry(&line.sku).or_default() += line.quantity.get();
        }
        let accepted = within(&receipt.lines, &announced)?;
        let mut refund = self.worth(&accepted);
        if receipt.refund_shipping {
            refund += self.shipping_back(id, &accepted)?;
        }
        let refund = refund.min(self.refundable()).max(0);
        let found = self.requested(id)?;
        found.refund = found.refund.currency.minor(refund);
        found.restock = receipt.restock;
        found.accepted = accepted;
        found.state = ReturnState::Received { step: ReturnStep::Refund };
        let amount = found.refund;
        if amount.is_zero() {
            found.behind(ReturnStep::Refund);
        }
        self.look_again(now);
        let staff_note = StaffNote { author: Some(author.to_owned()), reason: None };
        self.staff_note(now, TimelineKind::ReturnReceived, "What you returned has come in.", Some(staff_note));
        Ok(Letter::ReturnReceived { amount }.into())
    }

    /// The shop does not take a return back.
    ///
    /// # Errors
    /// 404, [`RETURN_DECIDED`].
    pub fn reject_return(&mut self, id: u32, reason: &str, author: &str, now: Timestamp) -> Result<Effects, Problem> {
        self.requested(id)?.state = ReturnState::Rejected { reason: reason.to_owned() };
        let staff_note = StaffNote { author: Some(author.to_owned()), reason: Some(reason.to_owned()) };
        self.staff_note(now, TimelineKind::ReturnRejected, "We cannot take back what you return.", Some(staff_note));
        Ok(Letter::ReturnRejected { reason: reason.to_owned() }.into())
    }

    /// A step of a return is done; gives the return.
    pub(super) fn return_done(&mut self, id: u32, step: ReturnStep, now: Timestamp) -> Option<&mut Return> {
        let doing = ReturnState::Received { step };
        self.look_again(now);
        let found = self.returns.iter_mut().find(|one| one.id == id && one.state == doing)?;
        found.behind(step);
        Some(found)
    }

    /// The money for a return is given back.
    pub(super) fn return_refunded(&mut self, id: u32, moved: Money, totals: PaymentTotals, now: Timestamp) -> Effects {
        let Some(found) = self.return_done(id, ReturnStep::Refund, now) else { return Effects::default() };
        found.refund = moved;
        self.record.totals = totals;
        self.given_back(moved, "for what you returned".to_owned(), now)
    }

    /// A step of a return cannot be done: a person has to look.
    pub(super) fn park_return(
        &mut self,
        id: u32,
        step: ReturnStep,
        reason: String,
        outcome_open: bool,
        now: Timestamp,
    ) {
        if let Some(found) = self.returns.iter_mut().find(|one| one.id == id) {
            found.park(step, reason.clone(), outcome_open);
        }
        // The others need not wait for it.
        self.look_again(now);
        let staff_note = StaffNote { author: None, reason: Some(reason) };
        self.staff_note(now, TimelineKind::NeedsAttention, "We are looking into your return.", Some(staff_note));
    }
}

/// The lines with each SKU once, when there is as much of each.
fn within(lines: &[ReturnLine], limits: &BTreeMap<&Sku, u32>) -> Result<Vec<ReturnLine>, Problem> {
    let mut wanted: BTreeMap<&Sku, u32> = BTreeMap::new();
    for line in lines {
        let sum = wanted.entry(&line.sku).or_default();
        *sum = sum.saturating_add(line.quantity.get());
    }
    if wanted.is_empty() {
        return Err(Problem::invalid("/lines", "must name at least one SKU"));
    }
    let fits = |(sku, count): (&Sku, u32)| {
        let left = limits.get(sku).copied().unwrap_or(0);
        let quantity = contracts::Quantity::new(count).filter(|_| count <= left);
        let told = || NOT_RETURNABLE.detail(format!("{left} of {sku} can be returned.")).with("sku", sku);
        quantity.map(|quantity| ReturnLine { sku: sku.clone(), quantity }).ok_or_else(told)
    };
    wanted.into_iter().map(fits).collect()
}
