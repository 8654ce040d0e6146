//! Money that is given back while the order stands.

use super::{Effects, Order, Return, Workflow};
use crate::mail::Letter;
use contracts::Money;
use contracts::dispatch::{StaffNote, TimelineKind};
use contracts::payment::PaymentTotals;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

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
    /// Whether it came to nothing.
    #[serde(default)]
    pub failed: bool,
    /// What a person has to find out, or to do, before it goes on.
    #[serde(default)]
    pub parked: Option<String>,
    /// A person has done it another way, and says who they are and why.
    #[serde(default)]
    #[serde(alias = "by_hand")]
    pub manual_note: Option<String>,
}

impl Refund {
    /// A refund to be made.
    pub const fn new(key: String, amount: Money, reason: String) -> Self {
        Self { key, amount, reason, open: true, failed: false, parked: None, manual_note: None }
    }

    /// Whether it waits for a person.
    pub const fn is_parked(&self) -> bool {
        self.parked.is_some()
    }

    /// Whether it is to be done now.
    pub(super) const fn is_due(&self) -> bool {
        self.open && !self.is_parked()
    }

    /// Whether the customer has been given it.
    pub(super) const fn stands(&self) -> bool {
        !self.open && !self.failed
    }
}

impl Order {
    /// What can still be given back: what was taken, without what went back already or is on its way.
    pub fn refundable(&self) -> i64 {
        let totals = self.record.totals;
        let refunds = self.refunds.iter().filter(|known| known.open).map(|known| known.amount.amount);
        let returns = self.returns.iter().filter(|known| known.owes()).map(|known| known.refund.amount);
        let open: i64 = refunds.chain(returns).sum();
        totals.captured.amount - totals.refunded.amount - totals.charged_back.amount - open
    }

    /// What people have granted back of an order that stands, and its customer has, as far as is known here: refunds, and
    /// what was returned. In minor units.
    pub fn granted(&self) -> i64 {
        let refunds = self.refunds.iter().filter(|known| known.stands()).map(|known| known.amount.amount);
        let returns = self.returns.iter().filter(|known| known.was_paid()).map(|known| known.refund.amount);
        refunds.chain(returns).sum()
    }

    /// Staff ask for a refund; once per key. False when more would be given back than was taken, or the key stands for
    /// another amount.
    pub fn refund(&mut self, refund: Refund, now: Timestamp) -> bool {
        if let Some(known) = self.refunds.iter().find(|known| known.key == refund.key) {
            return known.amount == refund.amount;
        }
        let possible = matches!(self.workflow, Workflow::AwaitingDelivery | Workflow::Delivered);
        let same_currency = refund.amount.currency == self.record.totals.captured.currency;
        if !possible || !same_currency || refund.amount.amount > self.refundable() {
            return false;
        }
        self.refunds.push(refund);
        self.next_at = Some(now);
        true
    }

    pub(super) fn refunded(&mut self, key: &str, moved: Money, totals: PaymentTotals, now: Timestamp) -> Effects {
        self.record.totals = totals;
        let Some(refund) = self.refunds.iter_mut().find(|refund| refund.key == key && refund.open) else {
            return Effects::default();
        };
        (refund.open, refund.amount) = (false, moved);
        let reason = refund.reason.clone();
        self.look_again(now);
        self.given_back(moved, reason, now)
    }

    /// The customer is told of money that was given back, if it was any.
    pub(super) fn given_back(&mut self, amount: Money, reason: String, now: Timestamp) -> Effects {
        if amount.is_zero() {
            return Effects::default();
        }
        self.note(now, TimelineKind::Refunded, format!("{amount} have been given back: {reason}"));
        Letter::Refunded { amount, reason }.into()
    }

    pub(super) fn give_refund_up(&mut self, key: &str, reason: String, now: Timestamp) {
        if let Some(refund) = self.refunds.iter_mut().find(|refund| refund.key == key) {
            refund.open = false;
            refund.failed = true;
        }
        self.look_again(now);
        let staff_note = StaffNote { author: None, reason: Some(reason) };
        self.staff_note(now, TimelineKind::RefundFailed, "A refund could not be made.", Some(staff_note));
    }

    /// Nobody knows whether a refund was made, or a person has to make it.
    pub(super) fn park_refund(&mut self, key: &str, reason: String, now: Timestamp) {
        if let Some(refund) = self.refunds.iter_mut().find(|refund| refund.key == key) {
            (refund.parked, refund.manual_note) = (Some(reason.clone()), None);
        }
        // The others need not wait for it.
        self.look_again(now);
        let staff_note = StaffNote { author: None, reason: Some(reason) };
        self.staff_note(now, TimelineKind::NeedsAttention, "We are looking into your refund.", Some(staff_note));
    }

    /// All is given back: what was asked for before is part of it.
    pub(super) fn payment_undone(&mut self, totals: PaymentTotals, now: Timestamp) {
        let back = totals.refunded.amount > self.record.totals.refunded.amount;
        self.record.totals = totals;
        if back {
            self.note(now, TimelineKind::Refunded, format!("{} have been given back.", totals.refunded));
        }
        for refund in &mut self.refunds {
            (refund.open, refund.parked) = (false, None);
        }
    }

    /// The step is over, and what else there is to do is looked at now.
    pub(super) fn look_again(&mut self, now: Timestamp) {
        self.tries = 0;
        self.last_failure = None;
        self.next_at = Some(now);
    }

    /// What customers were given, as far as is known here, comes to more than payment says by exactly this much: the
    /// latest refund of that amount did not arrive. Says whether there was one.
    pub(super) fn refund_came_to_nothing(&mut self, reason: &str) -> bool {
        let missing = self.granted() - self.record.totals.refunded.amount;
        let of_return = |known: &&mut Return| known.was_paid() && known.refund.amount == missing;
        if let Some(refund) = self.refunds.iter_mut().rfind(|known| known.stands() && known.amount.amount == missing) {
            refund.failed = true;
            return true;
        }
        let found = self.returns.iter_mut().rfind(of_return);
        found.map(|found| found.park_at_refund(reason)).is_some()
    }
}
