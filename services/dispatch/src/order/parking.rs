//! What waits for a person, and how a person lets it go on.

use super::{Action, Effects, Order, Resume, Return, Step, Undo, Workflow};
use crate::mail::Letter;
use chassis::Problem;
use contracts::dispatch::{NOT_CANCELLABLE, NOT_PARKED, Remark, ResolutionOutcome, TimelineKind};
use jiff::Timestamp;

impl Order {
    pub(super) fn park(&mut self, then: Resume, reason: String, now: Timestamp) {
        let remark = Remark { author: None, reason: Some(reason.clone()) };
        self.go(Workflow::Parked { reason, then }, now);
        self.remark(now, TimelineKind::Parked, "We are looking into your order.", Some(remark));
    }

    /// A person has what waits tried again. False when nothing does.
    pub fn resume(&mut self, author: &str, now: Timestamp) -> bool {
        let waits = self.workflow.is_parked() || self.returns.iter().any(Return::is_parked);
        if waits {
            self.resumed += 1;
            self.try_again(now);
            self.returns.iter_mut().for_each(Return::resume);
            let remark = Remark { author: Some(author.to_owned()), reason: None };
            self.remark(now, TimelineKind::Resumed, TAKEN_CARE_OF, Some(remark));
        }
        waits
    }

    /// The parked workflow goes on where it stopped.
    fn try_again(&mut self, now: Timestamp) {
        let on = match self.workflow {
            Workflow::Parked { then: Resume::Forward(step), .. } => Workflow::Running { step },
            Workflow::Parked { then: Resume::Back(undo), .. } => Workflow::Compensating { undo },
            _ => return self.look_again(now),
        };
        self.go(on, now);
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
        let remark = Remark { author: Some(author.to_owned()), reason: Some(reason.to_owned()) };
        let concerned = self.close_concerns(&remark, now);
        let effects = match outcome {
            ResolutionOutcome::Done => self.done_by_hand(&remark, now),
            ResolutionOutcome::Cancel => self.sent_back(&remark, concerned, now)?,
        };
        let nothing = || NOT_PARKED.detail("Nothing of the order waits for a person.");
        effects.or_else(|| concerned.then(Effects::default)).ok_or_else(nothing)
    }

    /// A person has done by hand what waits: the workflow goes on behind it, or the return that waits the longest.
    fn done_by_hand(&mut self, remark: &Remark, now: Timestamp) -> Option<Effects> {
        let Workflow::Parked { then, .. } = self.workflow else {
            let waiting = self.returns.iter_mut().find(|one| one.is_parked())?;
            waiting.done_by_hand();
            self.look_again(now);
            self.remark(now, TimelineKind::Resumed, TAKEN_CARE_OF, Some(remark.clone()));
            return Some(Effects::default());
        };
        // What the history says comes before what follows from it.
        self.try_again(now);
        self.remark(now, TimelineKind::Resumed, TAKEN_CARE_OF, Some(remark.clone()));
        Some(match then {
            Resume::Forward(step) => {
                self.taken |= step == Step::Capture;
                self.behind(step, now)
            }
            Resume::Back(undo) => self.behind_undo(undo, now),
        })
    }

    fn sent_back(&mut self, remark: &Remark, concerned: bool, now: Timestamp) -> Result<Option<Effects>, Problem> {
        if let Workflow::Parked { then: Resume::Back(_), .. } = self.workflow {
            // It is on its way back already.
            self.resumed += 1;
            self.try_again(now);
            self.remark(now, TimelineKind::Resumed, TAKEN_CARE_OF, Some(remark.clone()));
            return Ok(Some(Effects::default()));
        }
        let waits = concerned || self.workflow.is_parked() || self.returns.iter().any(Return::is_parked);
        if !waits {
            return Ok(None);
        }
        if !self.can_cancel() {
            return Err(NOT_CANCELLABLE.detail("The parcel has left, or the order is finished. It cannot go back."));
        }
        let reason = remark.reason.as_deref().unwrap_or_default();
        self.cancel(remark.author.as_deref(), reason, now);
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
        let parked = match &self.workflow {
            Workflow::Parked { then: Resume::Back(undo), .. } => Some(Action::Back(*undo)),
            Workflow::Parked { then: Resume::Forward(step), .. } => Some(Action::Forward(*step)),
            _ => None,
        };
        if parked.is_some_and(|action| self.step_key(&action) == step_key) {
            self.try_again(now);
            self.note(now, TimelineKind::Resumed, TAKEN_CARE_OF);
            return;
        }
        let waits = |one: &&Return| one.refund_is_parked() && self.step_key(&one.refund_action()) == step_key;
        match self.returns.iter().find(waits).map(|one| one.id) {
            Some(id) => {
                self.returns.iter_mut().filter(|one| one.id == id).for_each(Return::go_on);
                self.look_again(now);
                self.note(now, TimelineKind::Resumed, TAKEN_CARE_OF);
            }
            None => self.wake(now),
        }
    }
}

const TAKEN_CARE_OF: &str = "We are taking care of your order again.";
