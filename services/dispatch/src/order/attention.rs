//! Orders that need attention, and the decisions of staff that resume them.

use super::{Action, Compensation, Effects, Order, Refund, ResumePoint, Return, Step, Workflow, timeline};
use crate::mail::{EmailTemplate, MerchantNotification};
use crate::messages;
use chassis::Problem;
use contracts::dispatch::{
    ATTENTION_NOT_NEEDED, NOT_CANCELLABLE, ResolutionOutcome, StaffNote, TimelineData, TimelineKind, TimelineSubject,
};
use contracts::shipping::ShipmentStatus;
use jiff::Timestamp;

impl Order {
    /// Suspends the workflow until staff decide.
    pub(super) fn require_attention(
        &mut self,
        resume_at: ResumePoint,
        reason: String,
        outcome_unknown: bool,
        now: Timestamp,
    ) {
        let staff_note = timeline::reason(reason.clone());
        self.transition_to(Workflow::NeedsAttention { reason, resume_at, outcome_unknown }, now);
        let data = timeline::subject(TimelineSubject::Order);
        self.add_with_note(now, TimelineKind::NeedsAttention, data, staff_note);
    }

    /// Returns the reason why the workflow, a return or a refund needs attention.
    pub fn attention_reason(&self) -> Option<&str> {
        let of_return = || self.returns.iter().find_map(Return::attention_reason);
        let of_refund = || self.refunds.iter().find_map(|refund| refund.attention_reason.as_deref());
        self.workflow.attention_reason().or_else(of_return).or_else(of_refund)
    }

    /// Returns the reason why staff must look at the order: the reason why it needs attention, or else that of the latest
    /// open payment issue.
    pub fn review_reason(&self) -> Option<&str> {
        let issue = || self.payment_issues.iter().rfind(|issue| issue.is_open());
        self.attention_reason().or_else(|| issue().map(|issue| issue.reason.as_str()))
    }

    /// Returns the email that tells the merchant of a reason for a review, unless it was the reason before.
    pub(super) fn review_email(&self, reason_before: Option<&str>) -> Effects {
        match self.review_reason() {
            Some(reason) if reason_before != Some(reason) => {
                MerchantNotification::NeedsAttention { reason: reason.to_owned() }.into()
            }
            _ => Effects::default(),
        }
    }

    /// Retries everything that needs attention. Returns false if nothing does.
    pub fn resume(&mut self, author: &str, now: Timestamp) -> bool {
        if self.attention_reason().is_none() {
            return false;
        }
        self.retry_workflow(now);
        for one in &mut self.returns {
            one.retry();
        }
        for refund in &mut self.refunds {
            refund.attention_reason = None;
        }
        self.note_resumed(Some(StaffNote { author: Some(author.to_owned()), reason: None }), now);
        true
    }

    /// Continues a suspended workflow at the step where it stopped, with the same idempotency key.
    fn continue_workflow(&mut self, now: Timestamp) {
        let next = match self.workflow {
            Workflow::NeedsAttention { resume_at: ResumePoint::Step(step), .. } => Workflow::Running { step },
            Workflow::NeedsAttention { resume_at: ResumePoint::Compensation(compensation), .. } => {
                Workflow::Compensating { compensation }
            }
            _ => return self.schedule_next(now),
        };
        self.transition_to(next, now);
    }

    /// Continues a suspended workflow because staff said so.
    fn retry_workflow(&mut self, now: Timestamp) {
        // A refused command gets a new key, or its stored refusal would be returned. One that may have taken effect keeps
        // its key, so that it cannot take effect twice.
        if matches!(self.workflow, Workflow::NeedsAttention { outcome_unknown: false, .. }) {
            self.resume_count += 1;
        }
        self.continue_workflow(now);
    }

    /// Applies the decision of staff about everything that needs attention, and resolves all payment issues.
    ///
    /// # Errors
    /// [`ATTENTION_NOT_NEEDED`] when nothing needs attention, [`NOT_CANCELLABLE`] when it is too late to cancel.
    pub fn resolve(
        &mut self,
        outcome: ResolutionOutcome,
        author: &str,
        reason: &str,
        now: Timestamp,
    ) -> Result<Effects, Problem> {
        let staff_note = StaffNote { author: Some(author.to_owned()), reason: Some(reason.to_owned()) };
        let issues_resolved = self.resolve_payment_issues(&staff_note, now);
        let effects = match outcome {
            // Resolving a payment issue does not say that a return or a refund was paid manually.
            ResolutionOutcome::Done if issues_resolved && !self.workflow.needs_attention() => None,
            ResolutionOutcome::Done => self.record_manual_step(&staff_note, now),
            ResolutionOutcome::Cancel => self.request_cancellation(&staff_note, issues_resolved, now)?,
        };
        match effects {
            Some(effects) => Ok(effects),
            None if issues_resolved => Ok(Effects::default()),
            None => Err(ATTENTION_NOT_NEEDED.detail(messages::current().nothing_needs_attention())),
        }
    }

    /// Continues behind the step that staff completed manually: that of the workflow, or else of the first return or
    /// refund that needs attention. Returns `None` if nothing does.
    fn record_manual_step(&mut self, staff_note: &StaffNote, now: Timestamp) -> Option<Effects> {
        let parts = [&staff_note.author, &staff_note.reason].into_iter().flatten().map(String::as_str);
        let manual_note = parts.collect::<Vec<_>>().join(": ");
        let Workflow::NeedsAttention { resume_at, .. } = self.workflow else {
            let suspended_return = self.returns.iter_mut().find(|one| one.needs_attention());
            let suspended_refund = self.refunds.iter_mut().find(|one| one.needs_attention());
            match (suspended_return, suspended_refund) {
                (Some(suspended), _) => suspended.record_manual_step(manual_note),
                (None, Some(refund)) => {
                    refund.attention_reason = None;
                    refund.manual_note = Some(manual_note);
                }
                (None, None) => return None,
            }
            self.schedule_next(now);
            self.note_resumed(Some(staff_note.clone()), now);
            return Some(Effects::default());
        };
        self.retry_workflow(now);
        // The timeline shows the decision before its consequences.
        self.note_resumed(Some(staff_note.clone()), now);
        Some(match resume_at {
            // The command is still sent: payment records the manual operation in the ledger instead of carrying it out.
            ResumePoint::Step(Step::Capture) | ResumePoint::Compensation(Compensation::UndoPayment) => {
                self.manual_note = Some(manual_note);
                Effects::default()
            }
            ResumePoint::Step(step) => self.step_completed(step, now),
            ResumePoint::Compensation(compensation) => self.compensation_completed(compensation, now),
        })
    }

    /// Cancels the order because staff decided so. Returns `None` if nothing gave them a reason to decide.
    fn request_cancellation(
        &mut self,
        staff_note: &StaffNote,
        issues_resolved: bool,
        now: Timestamp,
    ) -> Result<Option<Effects>, Problem> {
        if let Workflow::NeedsAttention { resume_at: ResumePoint::Compensation(_), .. } = self.workflow {
            // The order is being cancelled already: its compensation is retried.
            self.retry_workflow(now);
            self.note_resumed(Some(staff_note.clone()), now);
            return Ok(Some(Effects::default()));
        }
        if !issues_resolved && self.attention_reason().is_none() {
            return Ok(None);
        }
        let reason = staff_note.reason.as_deref().unwrap_or_default();
        if !self.cancel(staff_note.author.as_deref(), reason, now) {
            return Err(NOT_CANCELLABLE.detail(messages::current().not_cancellable()));
        }
        Ok(Some(Effects::default()))
    }

    /// Continues behind a completed compensation.
    pub(super) fn compensation_completed(&mut self, compensation: Compensation, now: Timestamp) -> Effects {
        let next = match compensation {
            // Also when staff have done it by hand: nothing of the order is to be packed any more.
            Compensation::CancelShipment => {
                self.shipments.iter_mut().for_each(|shipment| shipment.status = ShipmentStatus::Cancelled);
                Compensation::UndoPayment
            }
            Compensation::UndoPayment => Compensation::ReleaseStock,
            Compensation::ReleaseStock => return self.cancelled(now),
        };
        self.transition_to(Workflow::Compensating { compensation: next }, now);
        Effects::default()
    }

    fn cancelled(&mut self, now: Timestamp) -> Effects {
        self.transition_to(Workflow::Cancelled, now);
        self.close_requested_returns();
        // An order whose refund bounced is compensated a second time: the customer is notified once.
        if self.timeline.iter().any(|entry| entry.kind == TimelineKind::Cancelled) {
            return Effects::default();
        }
        self.add_to_timeline(now, TimelineKind::Cancelled, TimelineData::default());
        (EmailTemplate::Cancelled, MerchantNotification::OrderCancelled).into()
    }

    /// Applies the report that the outcome of a payment command is known. What was suspended on it resumes.
    pub fn command_settled(&mut self, step_key: &str, now: Timestamp) {
        let workflow_waits = match &self.workflow {
            // The unknown outcome of another command may have blocked this one.
            Workflow::NeedsAttention { outcome_unknown: true, .. } => true,
            Workflow::NeedsAttention { resume_at: ResumePoint::Compensation(compensation), .. } => {
                self.step_key(&Action::Compensate(*compensation)) == step_key
            }
            Workflow::NeedsAttention { resume_at: ResumePoint::Step(step), .. } => {
                self.step_key(&Action::Step(*step)) == step_key
            }
            _ => false,
        };
        // Evaluated in any case: after an unknown outcome the workflow resumes on every report, even one about a refund.
        let refund_resumed = self.resume_settled_refund(step_key);
        if workflow_waits {
            self.continue_workflow(now);
            self.note_resumed(None, now);
        } else if refund_resumed {
            self.schedule_next(now);
            self.note_resumed(None, now);
        } else {
            // A step that polls for this outcome checks at once.
            self.wake(now);
        }
    }

    /// Resumes the return or refund that was suspended on the command. Returns true if there was one.
    fn resume_settled_refund(&mut self, step_key: &str) -> bool {
        let of_return = |one: &Return| one.refund_needs_attention() && self.step_key(&one.refund_action()) == step_key;
        if let Some(index) = self.returns.iter().position(of_return) {
            self.returns[index].resume();
            return true;
        }
        let of_refund = |one: &Refund| one.needs_attention() && self.step_key(&Action::Refund(one.clone())) == step_key;
        let Some(index) = self.refunds.iter().position(of_refund) else { return false };
        self.refunds[index].attention_reason = None;
        true
    }

    fn note_resumed(&mut self, staff_note: Option<StaffNote>, now: Timestamp) {
        self.add_with_note(now, TimelineKind::Resumed, TimelineData::default(), staff_note);
    }
}
