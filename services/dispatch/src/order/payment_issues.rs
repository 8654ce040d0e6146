//! Payment issues: later reports of a gateway that contradict the recorded payment of an order.

use super::{Compensation, Effects, Order, ResumePoint, Step, Workflow, timeline};
use crate::messages;
use contracts::dispatch::{StaffNote, TimelineData, TimelineKind};
use contracts::events::PaymentIssueKind;
use contracts::payment::PaymentTotals;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A payment issue, which stays open until staff resolve it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentIssue {
    /// The kind of issue.
    #[serde(alias = "what")]
    pub kind: PaymentIssueKind,
    /// A sentence for staff, with the totals at the time.
    pub reason: String,
    /// The time at which payment reported it.
    #[serde(alias = "at")]
    pub raised_at: Timestamp,
    /// The time at which staff resolved it.
    #[serde(alias = "resolved")]
    pub resolved_at: Option<Timestamp>,
}

impl PaymentIssue {
    /// Returns true until staff have resolved the issue.
    pub const fn is_open(&self) -> bool {
        self.resolved_at.is_none()
    }
}

impl Order {
    /// Applies a report of payment that the totals of the order have changed.
    pub fn payment_changed(&mut self, kind: PaymentIssueKind, totals: PaymentTotals, now: Timestamp) -> Effects {
        let reason_before = self.review_reason().map(str::to_owned);
        self.apply_payment_change(kind, totals, now);
        self.review_email(reason_before.as_deref())
    }

    fn apply_payment_change(&mut self, kind: PaymentIssueKind, totals: PaymentTotals, now: Timestamp) {
        self.record.totals = totals;
        let reason = messages::current().payment_issue(kind, totals);
        if kind == PaymentIssueKind::AuthorisationExpired && self.expiry_is_harmless(&reason, now) {
            return;
        }
        self.payment_issues.push(PaymentIssue { kind, reason: reason.clone(), raised_at: now, resolved_at: None });
        match kind {
            PaymentIssueKind::RefundFailed => self.on_refund_bounced(&reason, now),
            PaymentIssueKind::CaptureFailed => self.on_capture_failed(&reason, now),
            // There is no step to suspend: staff decide what the new totals mean for the order.
            PaymentIssueKind::AuthorisationExpired | PaymentIssueKind::ChargedBack | PaymentIssueKind::Discrepancy => {}
        }
        self.add_with_note(now, TimelineKind::PaymentIssue, TimelineData::default(), timeline::reason(reason));
    }

    /// Handles an expired authorisation as far as it can be handled automatically: an order that does not rely on it
    /// continues, and one that can be cancelled is cancelled. Returns false if the items have left unpaid.
    fn expiry_is_harmless(&mut self, reason: &str, now: Timestamp) -> bool {
        if !self.relies_on_payment() || self.cancellation.is_some() {
            return true;
        }
        self.cancel(None, reason, now)
    }

    /// Returns true unless the order is being compensated or was cancelled.
    const fn relies_on_payment(&self) -> bool {
        match self.workflow {
            Workflow::Running { .. } | Workflow::AwaitingDelivery | Workflow::Delivered => true,
            Workflow::NeedsAttention { resume_at, .. } => matches!(resume_at, ResumePoint::Step(_)),
            Workflow::Compensating { .. } | Workflow::Cancelled => false,
        }
    }

    fn on_refund_bounced(&mut self, reason: &str, now: Timestamp) {
        let payment_was_undone = matches!(
            self.workflow,
            Workflow::Cancelled
                | Workflow::Compensating { compensation: Compensation::UndoPayment | Compensation::ReleaseStock }
                | Workflow::NeedsAttention {
                    resume_at: ResumePoint::Compensation(Compensation::UndoPayment | Compensation::ReleaseStock),
                    ..
                }
        );
        if !payment_was_undone {
            self.reopen_bounced_refund(reason);
            return;
        }
        let totals = self.record.totals;
        let unrefunded = totals.captured.amount - totals.refunded.amount - totals.charged_back.amount;
        if unrefunded > 0 {
            self.require_attention_with_new_key(ResumePoint::Compensation(Compensation::UndoPayment), reason, now);
        }
    }

    /// Suspends an order whose capture failed after it had been reported as successful, so that unpaid items do not
    /// leave. Staff retry the capture or cancel the order.
    fn on_capture_failed(&mut self, reason: &str, now: Timestamp) {
        self.captured = false;
        let relied_on_it = matches!(
            self.workflow,
            Workflow::Running { step: Step::Capture | Step::CreateShipment } | Workflow::AwaitingDelivery
        );
        if relied_on_it {
            self.require_attention_with_new_key(ResumePoint::Step(Step::Capture), reason, now);
        }
    }

    /// Suspends the order at a command that was carried out before.
    fn require_attention_with_new_key(&mut self, resume_at: ResumePoint, reason: &str, now: Timestamp) {
        // With a new key, a late report about the earlier command does not resume the order.
        self.resume_count += 1;
        self.require_attention(resume_at, reason.to_owned(), false, now);
    }

    /// Resolves all open payment issues. Returns true if there were any.
    pub(super) fn resolve_payment_issues(&mut self, staff_note: &StaffNote, now: Timestamp) -> bool {
        let mut resolved = false;
        for issue in self.payment_issues.iter_mut().filter(|issue| issue.is_open()) {
            issue.resolved_at = Some(now);
            resolved = true;
        }
        if resolved {
            let (kind, data) = (TimelineKind::PaymentIssueResolved, TimelineData::default());
            self.add_with_note(now, kind, data, Some(staff_note.clone()));
        }
        resolved
    }
}
