//! Returns of delivered orders. Each is a small saga within the order: the received items are refunded first and put back
//! into stock afterwards.

use super::{Action, Effects, Order, Workflow, timeline};
use crate::mail::{EmailTemplate, MerchantNotification};
use crate::messages;
use chassis::Problem;
use contracts::dispatch::{
    NOT_RETURNABLE, RETURN_DECIDED, ReturnLine, ReturnReceipt, StaffNote, TimelineData, TimelineKind, TimelineSubject,
};
use contracts::payment::PaymentTotals;
use contracts::{Money, Sku};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The number of returns of one order. Only a program would reach it, and the order's document would grow without bounds.
pub(super) const MAX_RETURNS: usize = 100;

/// A step of a return.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReturnStep {
    /// Refunds the accepted items.
    Refund,
    /// Puts the accepted items back into stock.
    Restock,
}

/// The state of a return.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum ReturnState {
    /// The customer requested the return.
    Requested,
    /// The items have arrived at the shop.
    Received { step: ReturnStep },
    /// The current step cannot be carried out until staff decide.
    #[serde(alias = "parked")]
    NeedsAttention {
        /// The reason, for staff.
        reason: String,
        /// The step that a retry carries out.
        step: ReturnStep,
        /// True if the command may have taken effect. As long as it is unknown, the command keeps its idempotency key.
        #[serde(default, alias = "outcome_open")]
        outcome_unknown: bool,
    },
    /// The items were refunded and, if they can be sold again, put back into stock.
    Refunded,
    /// The shop declined the return.
    Rejected {
        /// The reason, which the customer sees.
        reason: String,
    },
}

/// A return of delivered items.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Return {
    /// The number within the order, counted from 1.
    pub id: u32,
    /// The items that the customer announced.
    pub lines: Vec<ReturnLine>,
    /// The items that the shop accepted.
    pub accepted: Vec<ReturnLine>,
    pub reason: String,
    /// True if the customer withdrew from the contract, which needs no reason and no delivery.
    #[serde(default)]
    pub is_withdrawal: bool,
    /// The time of the request.
    pub requested_at: Timestamp,
    /// True if the accepted items are put back into stock.
    pub restock: bool,
    /// The amount to refund, and the refunded one once it was paid.
    pub refund: Money,
    /// True once the refund was paid.
    #[serde(alias = "paid")]
    pub refund_paid: bool,
    /// The number of retries that gave the refund a new idempotency key.
    #[serde(alias = "resumed")]
    pub resume_count: u32,
    /// The author and reason when the refund was made manually.
    #[serde(default, alias = "by_hand")]
    pub manual_note: Option<String>,
    /// The state of the return.
    pub state: ReturnState,
}

impl Return {
    /// Returns true if the return waits for staff.
    pub const fn needs_attention(&self) -> bool {
        self.attention_reason().is_some()
    }

    /// Returns the reason why the return waits for staff, if it does.
    pub const fn attention_reason(&self) -> Option<&str> {
        match &self.state {
            ReturnState::NeedsAttention { reason, .. } => Some(reason.as_str()),
            _ => None,
        }
    }

    pub(super) const fn refund_needs_attention(&self) -> bool {
        matches!(self.state, ReturnState::NeedsAttention { step: ReturnStep::Refund, .. })
    }

    pub(super) const fn refund_action(&self) -> Action {
        Action::Return { id: self.id, step: ReturnStep::Refund }
    }

    /// Returns true if the customer has received an amount for the return.
    pub(super) const fn was_paid(&self) -> bool {
        self.refund_paid && !self.refund.is_zero()
    }

    /// Returns true if the refund is still to be made.
    pub(super) const fn is_owed(&self) -> bool {
        !self.refund_paid && matches!(self.state, ReturnState::Received { .. } | ReturnState::NeedsAttention { .. })
    }

    pub(super) fn next_action(&self) -> Option<Action> {
        let ReturnState::Received { step } = self.state else { return None };
        Some(Action::Return { id: self.id, step })
    }

    /// Returns the number of units of a SKU that the return contains: the announced ones until it is received, then the
    /// accepted ones.
    pub(super) fn units(&self, sku: &Sku) -> u32 {
        let lines = match self.state {
            ReturnState::Rejected { .. } => return 0,
            ReturnState::Requested => &self.lines,
            _ => &self.accepted,
        };
        lines.iter().filter(|line| line.sku == *sku).map(|line| line.quantity.get()).sum()
    }

    fn step_completed(&mut self, step: ReturnStep) {
        if step == ReturnStep::Refund {
            self.refund_paid = true;
        }
        // A refund that is made a second time, because the first bounced, requests the restock again. That has the same
        // key as the first time, so the items are put back once.
        let restock = step == ReturnStep::Refund && self.restock;
        self.state = if restock { ReturnState::Received { step: ReturnStep::Restock } } else { ReturnState::Refunded };
    }

    fn require_attention(&mut self, step: ReturnStep, reason: String, outcome_unknown: bool) {
        self.manual_note = None;
        self.state = ReturnState::NeedsAttention { reason, step, outcome_unknown };
    }

    /// Suspends the return because its refund did not reach the customer. A retry has a new idempotency key.
    pub(super) fn refund_bounced(&mut self, reason: &str) {
        self.refund_paid = false;
        self.resume_count += 1;
        self.require_attention(ReturnStep::Refund, reason.to_owned(), false);
    }

    /// Resumes the return at the step where it stopped, with the same idempotency key.
    pub(super) fn resume(&mut self) {
        if let ReturnState::NeedsAttention { step, .. } = self.state {
            self.state = ReturnState::Received { step };
        }
    }

    /// Resumes the return because staff said so. A refused refund is requested under a new key.
    pub(super) fn retry(&mut self) {
        if let ReturnState::NeedsAttention { step: ReturnStep::Refund, outcome_unknown: false, .. } = self.state {
            self.resume_count += 1;
        }
        self.resume();
    }

    /// Continues behind the step that staff completed manually.
    pub(super) fn record_manual_step(&mut self, manual_note: String) {
        match self.state {
            // The command is still sent: payment records the manual refund in the ledger.
            ReturnState::NeedsAttention { step: ReturnStep::Refund, .. } => {
                self.retry();
                self.manual_note = Some(manual_note);
            }
            ReturnState::NeedsAttention { step, .. } => self.step_completed(step),
            _ => {}
        }
    }
}

impl Order {
    pub(super) fn delivered_at(&self) -> Option<Timestamp> {
        if self.workflow != Workflow::Delivered {
            return None;
        }
        self.timeline.iter().find(|entry| entry.kind == TimelineKind::Delivered).map(|entry| entry.at)
    }

    /// Returns the number of units of each SKU that can still be returned.
    pub(super) fn returnable(&self) -> BTreeMap<&Sku, u32> {
        let mut left = self.units_bought();
        for (sku, left) in &mut left {
            let returned: u32 = self.returns.iter().map(|one| one.units(sku)).sum();
            *left = left.saturating_sub(returned + self.refunded_units(sku));
        }
        left
    }

    /// Returns true if items can be returned, which ends `window` after the delivery.
    pub fn can_return(&self, window: SignedDuration, now: Timestamp) -> bool {
        let open = self.delivered_at().is_some_and(|at| now.duration_since(at) <= window);
        open && self.returns.len() < MAX_RETURNS && self.returnable().values().any(|left| *left > 0)
    }

    /// Adds a return that the customer requests.
    ///
    /// # Errors
    /// [`NOT_RETURNABLE`] when the order is not delivered, the window has closed or fewer units are left.
    pub fn request_return(
        &mut self,
        lines: &[ReturnLine],
        reason: &str,
        window: SignedDuration,
        now: Timestamp,
    ) -> Result<Effects, Problem> {
        if !self.can_return(window, now) {
            return Err(NOT_RETURNABLE.detail(messages::current().not_returnable(window.as_hours() / 24)));
        }
        let lines = check_quantities(lines, &self.returnable())?;
        let id = self.add_return(lines, reason, false, now);
        // The reason is a note for staff. The customer knows it.
        let (kind, data) = (TimelineKind::ReturnRequested, TimelineData::default());
        self.add_with_note(now, kind, data, timeline::reason(reason));
        Ok((EmailTemplate::ReturnRequested { id }, MerchantNotification::ReturnRequested { id }).into())
    }

    /// Adds a return in its first state, and returns its number.
    pub(super) fn add_return(
        &mut self,
        lines: Vec<ReturnLine>,
        reason: &str,
        is_withdrawal: bool,
        now: Timestamp,
    ) -> u32 {
        let id = u32::try_from(self.returns.len()).unwrap_or(u32::MAX) + 1;
        self.returns.push(Return {
            id,
            lines,
            accepted: Vec::new(),
            reason: reason.to_owned(),
            is_withdrawal,
            requested_at: now,
            restock: false,
            refund: self.record.cart.totals.total.currency.zero(),
            refund_paid: false,
            resume_count: 0,
            manual_note: None,
            state: ReturnState::Requested,
        });
        id
    }

    /// Returns true if a return was received, so that the order is refunded and restocked by its returns alone.
    pub(super) fn has_received_return(&self) -> bool {
        self.returns.iter().any(|one| !matches!(one.state, ReturnState::Requested | ReturnState::Rejected { .. }))
    }

    /// Returns true if returns can be received: once the first part of the payment is captured, since there is nothing to
    /// refund before, and while the workflow is not about to undo the whole order.
    fn can_receive_returns(&self) -> bool {
        (self.captured || self.is_captured_later())
            && matches!(self.workflow, Workflow::AwaitingDelivery | Workflow::Delivered)
    }

    /// Ends the returns that were not received, because the whole order was refunded and restocked.
    pub(super) fn close_requested_returns(&mut self) {
        for one in self.returns.iter_mut().filter(|one| one.state == ReturnState::Requested) {
            one.state = ReturnState::Refunded;
        }
    }

    fn requested_return(&mut self, id: u32) -> Result<&mut Return, Problem> {
        let found = self.returns.iter_mut().find(|one| one.id == id);
        let found = found.ok_or_else(|| chassis::problem::NOT_FOUND.detail(messages::current().no_such_return()))?;
        if found.state != ReturnState::Requested {
            return Err(RETURN_DECIDED.detail(messages::current().return_already_decided()));
        }
        Ok(found)
    }

    /// Records that a return has arrived: the accepted items are refunded, and restocked if they can be sold again.
    ///
    /// # Errors
    /// 404, [`RETURN_DECIDED`], or [`NOT_RETURNABLE`] when more is accepted than was announced, or shipping is to be
    /// refunded for a part of the order.
    pub fn receive_return(
        &mut self,
        id: u32,
        receipt: &ReturnReceipt,
        author: &str,
        now: Timestamp,
    ) -> Result<Effects, Problem> {
        let requested = self.requested_return(id)?;
        let mut announced = BTreeMap::new();
        for line in &requested.lines {
            *announced.entry(&line.sku).or_default() += line.quantity.get();
        }
        let is_withdrawal = requested.is_withdrawal;
        let accepted = check_quantities(&receipt.lines, &announced)?;
        if !self.can_receive_returns() {
            return Err(NOT_RETURNABLE.detail(messages::current().not_receivable_yet()));
        }
        let mut refund = self.refund_value(&accepted);
        let shipping = self.shipping_refund(id, &accepted);
        if receipt.refund_shipping {
            refund += shipping?;
        } else if is_withdrawal && shipping.is_ok() {
            // Who withdraws from the whole contract gets the delivery back too, Directive 2011/83/EU, article 13 (1).
            refund += self.standard_shipping();
        }
        // Refunds of goodwill may have used up a part of the captured amount.
        let refund = refund.min(self.refundable() + self.captured_before_refund(&accepted)).max(0);
        let received = self.requested_return(id)?;
        received.refund = received.refund.currency.minor(refund);
        received.restock = receipt.restock;
        received.accepted = accepted;
        received.state = ReturnState::Received { step: ReturnStep::Refund };
        let amount = received.refund;
        // Nothing is left to refund, so the return continues behind the refund.
        if amount.is_zero() {
            received.step_completed(ReturnStep::Refund);
        }
        self.schedule_next(now);
        let staff_note = StaffNote { author: Some(author.to_owned()), reason: None };
        self.add_with_note(now, TimelineKind::ReturnReceived, TimelineData::default(), Some(staff_note));
        self.capture_if_due(now);
        Ok(EmailTemplate::ReturnReceived { amount }.into())
    }

    /// Declines a return.
    ///
    /// # Errors
    /// 404 or [`RETURN_DECIDED`].
    pub fn reject_return(&mut self, id: u32, reason: &str, author: &str, now: Timestamp) -> Result<Effects, Problem> {
        self.requested_return(id)?.state = ReturnState::Rejected { reason: reason.to_owned() };
        let staff_note = StaffNote { author: Some(author.to_owned()), reason: Some(reason.to_owned()) };
        let data = TimelineData { reason: Some(reason.to_owned()), ..TimelineData::default() };
        self.add_with_note(now, TimelineKind::ReturnRejected, data, Some(staff_note));
        Ok(EmailTemplate::ReturnRejected { reason: reason.to_owned() }.into())
    }

    /// Continues behind a completed step of a return, and returns that return.
    pub(super) fn return_step_completed(&mut self, id: u32, step: ReturnStep, now: Timestamp) -> Option<&mut Return> {
        let current = ReturnState::Received { step };
        self.schedule_next(now);
        let found = self.returns.iter_mut().find(|one| one.id == id && one.state == current)?;
        found.step_completed(step);
        Some(found)
    }

    pub(super) fn return_refunded(&mut self, id: u32, amount: Money, totals: PaymentTotals, now: Timestamp) -> Effects {
        let Some(refunded) = self.return_step_completed(id, ReturnStep::Refund, now) else {
            return Effects::default();
        };
        // Payment reports the amount, which may be less than requested for a manual refund.
        refunded.refund = amount;
        self.record.totals = totals;
        if amount.is_zero() {
            return Effects::default();
        }
        self.add_to_timeline(now, TimelineKind::Refunded, timeline::amount(amount));
        EmailTemplate::ReturnRefunded { amount }.into()
    }

    /// Suspends a return whose step cannot be carried out until staff decide.
    pub(super) fn return_needs_attention(
        &mut self,
        id: u32,
        step: ReturnStep,
        reason: String,
        outcome_unknown: bool,
        now: Timestamp,
    ) {
        if let Some(found) = self.returns.iter_mut().find(|one| one.id == id) {
            found.require_attention(step, reason.clone(), outcome_unknown);
        }
        // Other refunds and returns of the order continue.
        self.schedule_next(now);
        let data = timeline::subject(TimelineSubject::Return);
        self.add_with_note(now, TimelineKind::NeedsAttention, data, timeline::reason(reason));
    }
}

/// Merges lines of the same SKU and checks that no more units are requested than `limits` allows.
pub(super) fn check_quantities(lines: &[ReturnLine], limits: &BTreeMap<&Sku, u32>) -> Result<Vec<ReturnLine>, Problem> {
    let mut requested: BTreeMap<&Sku, u32> = BTreeMap::new();
    for line in lines {
        let sum = requested.entry(&line.sku).or_default();
        // Saturating, so that the sum of a hostile request does not wrap around to a small number.
        *sum = sum.saturating_add(line.quantity.get());
    }
    if requested.is_empty() {
        return Err(Problem::invalid("/lines", messages::current().lines_missing()));
    }
    let check = |(sku, count): (&Sku, u32)| {
        let left = limits.get(sku).copied().unwrap_or(0);
        let quantity = contracts::Quantity::new(count).filter(|_| count <= left);
        let problem =
            || NOT_RETURNABLE.detail(messages::current().too_many_units_to_return(sku, left)).with("sku", sku);
        quantity.map(|quantity| ReturnLine { sku: sku.clone(), quantity }).ok_or_else(problem)
    };
    requested.into_iter().map(check).collect()
}
