//! What a gateway says of an order's money later on, and that no longer fits what stood.

use super::{Order, Resume, Step, Undo, Workflow};
use contracts::dispatch::{StaffNote, TimelineKind};
use contracts::events::PaymentIssueKind;
use contracts::payment::PaymentTotals;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Something that no longer stands as it did, for a person to look after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentIssue {
    /// What.
    pub what: PaymentIssueKind,
    /// For people.
    pub reason: String,
    /// Since when.
    pub at: Timestamp,
    /// When a person had looked after it.
    pub resolved: Option<Timestamp>,
}

impl PaymentIssue {
    /// Whether nobody has looked after it yet.
    pub const fn is_open(&self) -> bool {
        self.resolved.is_none()
    }
}

impl Order {
    /// Payment tells that its books have changed: these are the sums since then.
    pub fn money_changed(&mut self, what: PaymentIssueKind, totals: PaymentTotals, now: Timestamp) {
        self.record.totals = totals;
        let reason = told(what, totals);
        if what == PaymentIssueKind::AuthorisationExpired
            && (!self.can_be_paid() || self.cancel(None, &reason, now) || self.cancellation.is_some())
        {
            return;
        }
        self.payment_issues.push(PaymentIssue { what, reason: reason.clone(), at: now, resolved: None });
        match what {
            PaymentIssueKind::RefundFailed => self.not_refunded(&reason, now),
            PaymentIssueKind::CaptureFailed => self.not_captured(&reason, now),
            PaymentIssueKind::AuthorisationExpired | PaymentIssueKind::ChargedBack | PaymentIssueKind::Discrepancy => {}
        }
        let staff_note = StaffNote { author: None, reason: Some(reason) };
        self.staff_note(now, TimelineKind::PaymentIssue, "The books of this order have changed.", Some(staff_note));
    }

    /// Whether it still counts on money that is held: it does not, once it is going back.
    const fn can_be_paid(&self) -> bool {
        match self.workflow {
            Workflow::Running { .. } | Workflow::AwaitingDelivery | Workflow::Delivered => true,
            Workflow::NeedsAttention { then, .. } => matches!(then, Resume::Forward(_)),
            Workflow::Compensating { .. } | Workflow::Cancelled => false,
        }
    }

    fn not_refunded(&mut self, reason: &str, now: Timestamp) {
        let behind = matches!(
            self.workflow,
            Workflow::Cancelled
                | Workflow::Compensating { undo: Undo::UndoPayment | Undo::ReleaseStock }
                | Workflow::NeedsAttention { then: Resume::Back(Undo::UndoPayment | Undo::ReleaseStock), .. }
        );
        let totals = self.record.totals;
        let kept = totals.captured.amount - totals.refunded.amount - totals.charged_back.amount;
        if !behind {
            self.refund_came_to_nothing(reason);
        } else if kept > 0 {
            self.park_anew(Resume::Back(Undo::UndoPayment), reason, now);
        }
    }

    /// Goods that wait for their parcel, or are on their way, are not paid for any more. A person asks for the money
    /// again, or has the order go back.
    fn not_captured(&mut self, reason: &str, now: Timestamp) {
        self.taken = false;
        let unpaid = matches!(
            self.workflow,
            Workflow::Running { step: Step::Capture | Step::CreateShipment } | Workflow::AwaitingDelivery
        );
        if unpaid {
            self.park_anew(Resume::Forward(Step::Capture), reason, now);
        }
    }

    /// Parks it at a command that was carried out before: from now on it has another key, so that what is still told of
    /// the earlier one does not let it go on.
    fn park_anew(&mut self, then: Resume, reason: &str, now: Timestamp) {
        self.resumed += 1;
        self.park(then, reason.to_owned(), false, now);
    }

    /// A person has looked after all that is open; says whether there was anything.
    pub(super) fn close_concerns(&mut self, staff_note: &StaffNote, now: Timestamp) -> bool {
        let open = self.payment_issues.iter_mut().filter(|payment_issue| payment_issue.is_open());
        let closed = open.map(|payment_issue| payment_issue.resolved = Some(now)).count() > 0;
        if closed {
            let text = "The change of its books has been looked after.";
            self.staff_note(now, TimelineKind::PaymentIssueResolved, text, Some(staff_note.clone()));
        }
        closed
    }
}

fn told(what: PaymentIssueKind, totals: PaymentTotals) -> String {
    let what = match what {
        PaymentIssueKind::RefundFailed => "a refund did not reach the customer",
        PaymentIssueKind::CaptureFailed => "the money could not be taken after all",
        PaymentIssueKind::AuthorisationExpired => "what was held ran out before it was taken",
        PaymentIssueKind::ChargedBack => "the customer has taken money back through their bank",
        PaymentIssueKind::Discrepancy => "the gateway contradicts the books",
    };
    let PaymentTotals { captured, refunded, charged_back, .. } = totals;
    format!("{what}: {captured} taken, {refunded} given back, {charged_back} charged back")
}
