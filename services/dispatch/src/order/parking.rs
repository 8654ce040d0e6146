//! What waits for a person, and how a person lets it go on.

use super::{Action, Effects, Order, Refund, Resume, Return, Step, Undo, Workflow};
use crate::mail::Letter;
use chassis::Problem;
use contracts::dispatch::{NOT_CANCELLABLE, ATTENTION_NOT_NEEDED, StaffNote, ResolutionOutcome, TimelineKind};
use jiff::Timestamp;

impl Order {
    pub(super) fn park(&mut self, then: Resume, reason: String, outcome_open: bool, now: Timestamp) {
        let staff_note = StaffNote { author: None, reason: Some(reason.clone()) };
        self.go(Workflow::NeedsAttention { reason, then, outcome_open }, now);
        self.staff_note(now, TimelineKind::NeedsAttention, "We are looking into your order.", Some(staff_note));
    }

    /// Why something of the order is parked: its workflow, a return or a refund.
    pub fn parked(&self) -> Option<&str> {
        let of_return = || self.returns.iter().find_map(Return::parked);
        let of_refund = || self.refunds.iter().find_map(|refund| refund.parked.as_deref());
        self.workflow.parked().or_else(of_return).or_else(of_refund)
    }

    /// Why the order needs a person, if it does: what is parked, or else the latest of what is of concern.
    pub fn attention(&self) -> Option<&str> {
        let payment_issue = || self.payment_issues.iter().rfind(|payment_issue| payment_issue.is_open());
        self.parked().or_else(|| payment_issue().map(|payment_issue| payment_issue.reason.as_str()))
    }

    /// A person has what waits tried again. False when nothing does.
    pub fn resume(&mut self, author: &str, now: Timestamp) -> bool {
        let waits = self.parked().is_some();
        if waits {
            self.try_anew(now);
            self.returns.iter_mut().for_each(Return::resume);
            self.refunds.iter_mut().for_each(|refund| refund.parked = None);
            let staff_note = StaffNote { author: Some(author.to_owned()), reason: None };
            self.staff_note(now, TimelineKind::Resumed, TAKEN_CARE_OF, Some(staff_note));
        }
        waits
    }

    /// The parked workflow goes on where it stopped.
    fn try_again(&mut self, now: Timestamp) {
        let on = match self.workflow {
            Workflow::NeedsAttention { then: Resume::Forward(step), .. } => Workflow::Running { step },
            Workflow::NeedsAttention { then: Resume::Back(undo), .. } => Workflow::Compensating { undo },
            _ => return self.look_again(now),
        };
        self.go(on, now);
    }

    /// The same because a person says so: what was refused is asked for anew, what may have been done is not.
    fn try_anew(&mut self, now: Timestamp) {
        self.resumed += u32::from(matches!(self.workflow, Workflow::NeedsAttention { outcome_open: false, .. }));
        self.try_again(now);
    }

    /// A person has decided about what waits, and about all that is of concern.
    ///
    /// # Errors
    /// [`NOT_PARKED`] when nothing waits, [`NOT_CANCELLABLE`] when what waits cannot go back.
    pub fn resolve(
        &mut self,
        outcome: ResolutionOutcome,
        author: &str,
        reason: &str,
        now: Timestamp,
    ) -> Result<Effects, Problem> {
        let staff_note = StaffNote { author: Some(author.to_owned()), reason: Some(reason.to_owned()) };
        let concerned = self.close_concerns(&staff_note, now);
        let effects = match outcome {
            // Whoever has looked after a change of the books has not said that money was moved for a return.
            ResolutionOutcome::Done if concerned && !self.workflow.is_parked() => None,
            ResolutionOutcome::Done => self.done_by_hand(&staff_note, now),
            ResolutionOutcome::Cancel => self.sent_back(&staff_note, concerned, now)?,
        };
        let nothing = || ATTENTION_NOT_NEEDED.detail("Nothing of the order waits for a person.");
        effects.or_else(|| concerned.then(Effects::default)).ok_or_else(nothing)
    }

    /// A person has done another way what waits: the workflow, or else the first return or refund that waits, goes on
    /// behind it. Where money was moved, payment records that.
    fn done_by_hand(&mut self, staff_note: &StaffNote, now: Timestamp) -> Option<Effects> {
        let by =
            [&staff_note.author, &staff_note.reason].into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(": ");
        let Workflow::NeedsAttention { then, .. } = self.workflow else {
            let parked = self.returns.iter_mut().find(|one| one.is_parked());
            match (parked, self.refunds.iter_mut().find(|one| one.is_parked())) {
                (Some(waiting), _) => waiting.done_by_hand(by),
                (None, Some(refund)) => (refund.parked, refund.manual_note) = (None, Some(by)),
                (None, None) => return None,
            }
            self.look_again(now);
            self.staff_note(now, TimelineKind::Resumed, TAKEN_CARE_OF, Some(staff_note.clone()));
            return Some(Effects::default());
        };
        // What the history says comes before what follows from it.
        self.try_anew(now);
        self.staff_note(now, TimelineKind::Resumed, TAKEN_CARE_OF, Some(staff_note.clone()));
        Some(match then {
            Resume::Forward(Step::Capture) | Resume::Back(Undo::UndoPayment) => {
                self.manual_note = Some(by);
                Effects::default()
            }
            Resume::Forward(step) => self.behind(step, now),
            Resume::Back(undo) => self.behind_undo(undo, now),
        })
    }

    fn sent_back(&mut self, staff_note: &StaffNote, concerned: bool, now: Timestamp) -> Result<Option<Effects>, Problem> {
        if let Workflow::NeedsAttention { then: Resume::Back(_), .. } = self.workflow {
            // It is on its way back already.
            self.try_anew(now);
            self.staff_note(now, TimelineKind::Resumed, TAKEN_CARE_OF, Some(staff_note.clone()));
            return Ok(Some(Effects::default()));
        }
        if !concerned && self.parked().is_none() {
            return Ok(None);
        }
        if !self.can_cancel() {
            return Err(NOT_CANCELLABLE.detail("The parcel has left, or the order is finished. It cannot go back."));
        }
        let reason = staff_note.reason.as_deref().unwrap_or_default();
        self.cancel(staff_note.author.as_deref(), reason, now);
        Ok(Some(Effects::default()))
    }

    /// Goes on behind a step back that is done.
    pub(super) fn behind_undo(&mut self, undo: Undo, now: Timestamp) -> Effects {
        let next = match undo {
            Undo::CancelShipment => Undo::UndoPayment,
            Undo::UndoPayment => Undo::ReleaseStock,
            Undo::ReleaseStock => return self.cancelled(now),
        };
        self.go(Workflow::Compensating { undo: next }, now);
        Effects::default()
    }

    /// All is undone. An order whose refund came to nothing gets here twice, and its customer is told once.
    fn cancelled(&mut self, now: Timestamp) -> Effects {
        self.go(Workflow::Cancelled, now);
        if self.timeline.iter().any(|entry| entry.kind == TimelineKind::Cancelled) {
            return Effects::default();
        }
        self.note(now, TimelineKind::Cancelled, "The order is cancelled. You do not pay anything.");
        Letter::Cancelled.into()
    }

    /// A money command has its outcome: what was parked on it goes on by itself, what waits for it looks at once.
    pub fn settled(&mut self, step_key: &str, now: Timestamp) {
        let on_it = match &self.workflow {
            // It may be another command's outcome that stood in the way.
            Workflow::NeedsAttention { outcome_open: true, .. } => true,
            Workflow::NeedsAttention { then: Resume::Back(undo), .. } => self.step_key(&Action::Back(*undo)) == step_key,
            Workflow::NeedsAttention { then: Resume::Forward(step), .. } => self.step_key(&Action::Forward(*step)) == step_key,
            _ => false,
        };
        let apart = self.settled_apart(step_key);
        if on_it {
            self.try_again(now);
            self.note(now, TimelineKind::Resumed, TAKEN_CARE_OF);
        } else if apart {
            self.look_again(now);
            self.note(now, TimelineKind::Resumed, TAKEN_CARE_OF);
        } else {
            self.wake(now);
        }
    }

    /// Whether a return or a refund was parked on it, which goes on then.
    fn settled_apart(&mut self, step_key: &str) -> bool {
        let of_return = |one: &Return| one.refund_is_parked() && self.step_key(&one.refund_action()) == step_key;
        if let Some(place) = self.returns.iter().position(of_return) {
            self.returns[place].go_on();
            return true;
        }
        let of_refund = |one: &Refund| one.is_parked() && self.step_key(&Action::Refund(one.clone())) == step_key;
        let found = self.refunds.iter().position(of_refund);
        found.map(|place| self.refunds[place].parked = None).is_some()
    }
}

const TAKEN_CARE_OF: &str = "We are taking care of your order again.";
