//! Refunds of an order that is not cancelled.

use super::returns::check_quantities;
use super::{Effects, Order, Return, Workflow, timeline};
use crate::mail::EmailTemplate;
use chassis::Problem;
use contracts::Money;
use contracts::dispatch::{ReturnLine, TimelineData, TimelineKind, TimelineSubject};
use contracts::payment::PaymentTotals;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A refund that staff requested.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refund {
    /// The idempotency key; a key is refunded once.
    pub key: String,
    /// The requested amount, and the refunded one once it was made.
    pub amount: Money,
    /// The reason, which the customer sees.
    pub reason: String,
    /// The units whose price is refunded; empty for a refund of an amount.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<ReturnLine>,
    /// True until the refund was made or given up.
    pub open: bool,
    /// True if the refund was refused or did not reach the customer.
    #[serde(default)]
    pub failed: bool,
    /// The reason why the refund waits for staff.
    #[serde(default, alias = "parked")]
    pub attention_reason: Option<String>,
    /// The author and reason when the refund was made manually.
    #[serde(default, alias = "by_hand")]
    pub manual_note: Option<String>,
}

impl Refund {
    /// Creates a refund that is still to be made.
    pub const fn new(key: String, amount: Money, reason: String) -> Self {
        let lines = Vec::new();
        Self { key, amount, reason, lines, open: true, failed: false, attention_reason: None, manual_note: None }
    }

    /// Returns true if the refund waits for staff.
    pub const fn needs_attention(&self) -> bool {
        self.attention_reason.is_some()
    }

    /// Returns true if the refund is to be made now.
    pub(super) const fn is_due(&self) -> bool {
        self.open && !self.needs_attention()
    }

    /// Returns true if the customer has received the refund, as far as is known.
    pub(super) const fn was_paid(&self) -> bool {
        !self.open && !self.failed
    }
}

impl Order {
    /// Returns the amount that can still be refunded, in minor units: the captured amount without refunds, chargebacks and
    /// refunds that are still to be made.
    pub fn refundable(&self) -> i64 {
        let totals = self.record.totals;
        let refunds = self.refunds.iter().filter(|known| known.open).map(|known| known.amount.amount);
        let returns = self.returns.iter().filter(|known| known.is_owed()).map(|known| known.refund.amount);
        let pending: i64 = refunds.chain(returns).sum();
        totals.captured.amount - totals.refunded.amount - totals.charged_back.amount - pending
    }

    /// Returns the sum of the refunds and returns that the customer has received, as far as is known, in minor units.
    pub fn refunds_paid(&self) -> i64 {
        let refunds = self.refunds.iter().filter(|known| known.was_paid()).map(|known| known.amount.amount);
        let returns = self.returns.iter().filter(|known| known.was_paid()).map(|known| known.refund.amount);
        refunds.chain(returns).sum()
    }

    /// Adds a refund, once per key. Returns false if the amount cannot be refunded or the key was used for another one.
    pub fn refund(&mut self, refund: Refund, now: Timestamp) -> bool {
        // A repeated request whose stored response was purged.
        if let Some(known) = self.refunds.iter().find(|known| known.key == refund.key) {
            return known.amount == refund.amount;
        }
        // Until all steps are completed, cancelling the order is the way to refund it.
        let possible = matches!(self.workflow, Workflow::AwaitingDelivery | Workflow::Delivered);
        let same_currency = refund.amount.currency == self.record.totals.captured.currency;
        let refundable = self.refundable() + self.captured_before_refund(&refund.lines);
        if !possible || !same_currency || refund.amount.amount > refundable {
            return false;
        }
        self.refunds.push(refund);
        self.next_at = Some(now);
        self.capture_if_due(now);
        true
    }

    /// Adds a refund of the price of some units, once per key. Returns `Ok(false)` if it cannot be refunded.
    ///
    /// # Errors
    /// [`NOT_RETURNABLE`] when fewer units are left that were neither returned nor refunded.
    ///
    /// [`NOT_RETURNABLE`]: contracts::dispatch::NOT_RETURNABLE
    pub fn refund_lines(
        &mut self,
        key: String,
        lines: &[ReturnLine],
        reason: String,
        now: Timestamp,
    ) -> Result<bool, Problem> {
        // A repeated request whose stored response was purged. Its units are not left any more.
        if self.refunds.iter().any(|known| known.key == key) {
            return Ok(true);
        }
        let lines = check_quantities(lines, &self.returnable())?;
        let amount = self.record.totals.captured.currency.minor(self.refund_value(&lines));
        Ok(self.refund(Refund { lines, ..Refund::new(key, amount, reason) }, now))
    }

    pub(super) fn refund_completed(
        &mut self,
        key: &str,
        amount: Money,
        totals: PaymentTotals,
        now: Timestamp,
    ) -> Effects {
        self.record.totals = totals;
        let Some(refund) = self.refunds.iter_mut().find(|refund| refund.key == key && refund.open) else {
            return Effects::default();
        };
        refund.open = false;
        // A manual refund may be recorded with less than was requested.
        refund.amount = amount;
        let reason = refund.reason.clone();
        self.schedule_next(now);
        // A manual refund of an amount that was refunded already is recorded as zero.
        if amount.is_zero() {
            return Effects::default();
        }
        let data = TimelineData { reason: Some(reason.clone()), ..timeline::amount(amount) };
        self.add_to_timeline(now, TimelineKind::Refunded, data);
        EmailTemplate::Refunded { amount, reason }.into()
    }

    pub(super) fn refund_failed(&mut self, key: &str, reason: String, now: Timestamp) {
        if let Some(refund) = self.refunds.iter_mut().find(|refund| refund.key == key) {
            refund.open = false;
            refund.failed = true;
        }
        self.schedule_next(now);
        self.add_with_note(now, TimelineKind::RefundFailed, TimelineData::default(), timeline::reason(reason));
    }

    /// Suspends a refund whose outcome is unknown until staff decide.
    pub(super) fn refund_needs_attention(&mut self, key: &str, reason: String, now: Timestamp) {
        if let Some(refund) = self.refunds.iter_mut().find(|refund| refund.key == key) {
            refund.attention_reason = Some(reason.clone());
            refund.manual_note = None;
        }
        // Other refunds and returns of the order continue.
        self.schedule_next(now);
        let data = timeline::subject(TimelineSubject::Refund);
        self.add_with_note(now, TimelineKind::NeedsAttention, data, timeline::reason(reason));
    }

    /// Applies the totals after the whole payment was voided or refunded.
    pub(super) fn payment_undone(&mut self, totals: PaymentTotals, now: Timestamp) {
        let refunded = totals.refunded.amount > self.record.totals.refunded.amount;
        self.record.totals = totals;
        if refunded {
            self.add_to_timeline(now, TimelineKind::Refunded, timeline::amount(totals.refunded));
        }
        // Requested refunds are part of it and must not be made again.
        for refund in &mut self.refunds {
            refund.open = false;
            refund.attention_reason = None;
        }
    }

    /// Ends the current action; the next one, if any, is due at once.
    pub(super) fn schedule_next(&mut self, now: Timestamp) {
        self.tries = 0;
        self.last_failure = None;
        self.next_at = Some(now);
    }

    /// Marks the refund that did not reach the customer. The gateway names only the amount: it is the latest refund that
    /// explains the difference to the totals of payment exactly. Without such a refund nothing changes, and the payment
    /// issue alone tells staff.
    pub(super) fn reopen_bounced_refund(&mut self, reason: &str) {
        let missing = self.refunds_paid() - self.record.totals.refunded.amount;
        let of_refund = |known: &&mut Refund| known.was_paid() && known.amount.amount == missing;
        if let Some(refund) = self.refunds.iter_mut().rfind(of_refund) {
            refund.failed = true;
            return;
        }
        let of_return = |known: &&mut Return| known.was_paid() && known.refund.amount == missing;
        if let Some(bounced) = self.returns.iter_mut().rfind(of_return) {
            bounced.refund_bounced(reason);
        }
    }
}
