//! What comes of the actions of a workflow.

use super::{Action, Done, Effects, Failure, Move, Order, Resume, ReturnStep, Step, TRIES, UNDO_TRIES, Undo, Workflow};
use crate::mail::Letter;
use contracts::Sku;
use contracts::dispatch::{OrderShipment, StaffNote, TimelineKind};
use contracts::payment::CaptureTiming;
use contracts::shipping::{ShipmentStatus, ShipmentView};
use jiff::{SignedDuration, Timestamp};

const LONGEST_PAUSE_SECONDS: i64 = 300;
const WAITING_SECONDS: i64 = 30;
/// Goods that arrive wake those who wait for them, so this is for when nobody told.
const WAITING_FOR_STOCK_SECONDS: i64 = 600;

impl Order {
    /// An action that was asked for under `key` has come to its end. When the workflow has been turned to something else
    /// meanwhile, its step is done again should it come to that: each callee does it once.
    pub fn done(&mut self, action: &Action, key: &str, done: Done, now: Timestamp) -> Effects {
        if !self.is_awaited(action, key) {
            return Effects::default();
        }
        match done {
            Done::StockCommitted => {
                self.note(now, TimelineKind::StockCommitted, "The goods have been set aside for you.");
                self.behind(Step::CommitStock, now)
            }
            Done::Captured { totals, receipt_number } => {
                self.record.totals = totals;
                self.record.receipt_number = receipt_number;
                self.taken = true;
                if !totals.captured.is_zero() {
                    self.note(now, TimelineKind::Captured, format!("{} have been charged.", totals.captured));
                }
                self.behind(Step::Capture, now)
            }
            Done::ShipmentCreated(shipment) => self.announced(shipment, now),
            Done::ShipmentLeft => self.cannot_be_stopped(now),
            Done::ShipmentCancelled => {
                for shipment in &mut self.shipments {
                    shipment.status = ShipmentStatus::Cancelled;
                }
                self.behind_undo(Undo::CancelShipment, now)
            }
            Done::PaymentUndone(totals) => {
                self.payment_undone(totals, now);
                self.behind_undo(Undo::UndoPayment, now)
            }
            Done::StockReleased => self.behind_undo(Undo::ReleaseStock, now),
            Done::Refunded { key, moved, totals } => self.refunded(&key, moved, totals, now),
            Done::ReturnRefunded { id, moved, totals } => self.return_refunded(id, moved, totals, now),
            Done::Restocked(id) => {
                self.return_done(id, ReturnStep::Restock, now);
                Effects::default()
            }
        }
    }

    /// Whether what comes of an action is still of interest: it is still to be done, and nobody has had it asked for
    /// anew. Refunds and returns are known by themselves, wherever the workflow is.
    fn is_awaited(&self, action: &Action, key: &str) -> bool {
        let open = match action {
            Action::Forward(_) | Action::Back(_) => self.next_action().as_ref() == Some(action),
            Action::Refund(refund) => self.refunds.iter().any(|known| known.key == refund.key && known.is_due()),
            Action::Return { .. } => self.returns.iter().any(|one| one.next_action().as_ref() == Some(action)),
        };
        open && self.step_key(action) == key
    }

    /// Goes on behind a step forward that is done, unless somebody has asked to cancel meanwhile.
    pub(super) fn behind(&mut self, step: Step, now: Timestamp) -> Effects {
        match (step, self.record.capture) {
            (Step::CommitStock, CaptureTiming::Now) => self.go(Workflow::Running { step: Step::Capture }, now),
            (Step::CommitStock, CaptureTiming::Shipped) => self.go(Workflow::Running { step: Step::CreateShipment }, now),
            (Step::Capture | Step::CreateShipment, _) => return self.onward(now),
        }
        if self.cancellation.is_some() {
            self.compensate(now);
        }
        Effects::default()
    }

    /// Goes on to wherever its parcels are: they are announced, or wait, or have left and are to be paid for, or have
    /// arrived.
    pub(super) fn onward(&mut self, now: Timestamp) -> Effects {
        if self.shipments.is_empty() {
            self.go(Workflow::Running { step: Step::CreateShipment }, now);
        } else if self.capture_is_due() {
            self.go(Workflow::Running { step: Step::Capture }, now);
        } else if self.has_arrived() {
            self.go(Workflow::AwaitingDelivery, now);
            return self.deliver(now);
        } else if self.workflow != Workflow::AwaitingDelivery {
            self.go(Workflow::AwaitingDelivery, now);
        }
        if self.cancellation.is_some() {
            self.compensate(now);
        }
        Effects::default()
    }

    fn announced(&mut self, shipment: ShipmentView, now: Timestamp) -> Effects {
        let mut effects = Effects::default();
        let (id, number, status) = (shipment.id, shipment.number.clone(), shipment.status);
        self.shipments.retain(|known| known.id != id);
        self.shipments.push(OrderShipment {
            id,
            number: shipment.number,
            carrier: shipment.carrier,
            status: ShipmentStatus::Announced,
        });
        self.note(now, TimelineKind::ShipmentCreated, format!("Your parcel has the tracking number {number}."));
        self.go(Workflow::AwaitingDelivery, now);
        if self.cancellation.is_some() {
            self.compensate(now);
        } else {
            self.note(now, TimelineKind::Confirmed, "Everything is ready. Your parcel will leave soon.");
            effects.letters.push(Letter::Confirmed);
        }
        // When the answer took long, the parcel may have moved meanwhile.
        let early = std::mem::take(&mut self.early_moves);
        for known in early.into_iter().chain([Move { shipment: id, status, at: now }]) {
            effects.join(self.shipment_moved(known));
        }
        effects
    }

    /// Cancelling came too late: the order goes on. A parcel that has left was announced, although the answer may not
    /// have come: then it is asked for once more.
    fn cannot_be_stopped(&mut self, now: Timestamp) -> Effects {
        self.cancellation = None;
        self.go(Workflow::AwaitingDelivery, now);
        self.note(now, TimelineKind::Resumed, "Your parcel had left already: the order could not be cancelled.");
        let mut effects = Effects::from(Letter::TooLateToCancel);
        effects.join(self.onward(now));
        if self.shipments.is_empty() && self.early_moves.is_empty() {
            // Should that be refused, it would be stopped again at once, and so on: until its moves are heard there is time.
            self.next_at = now.saturating_add(SignedDuration::from_secs(WAITING_SECONDS)).ok();
        }
        effects
    }

    /// An action that was asked for under `key` has not come to its end.
    pub fn failed(&mut self, action: &Action, key: &str, failure: &Failure, now: Timestamp) {
        if !self.is_awaited(action, key) {
            return;
        }
        self.tries += 1;
        let (reason, pause) = match failure {
            Failure::Later(reason) => (reason, backoff(self.tries)),
            Failure::Waiting(reason) => {
                // As long as it takes does not count as failing.
                self.tries = self.tries.saturating_sub(1);
                (reason, self.waits(action, now))
            }
            Failure::Never(reason) | Failure::Person(reason) | Failure::Open(reason) => (reason, 0),
        };
        self.last_failure = Some(reason.clone());
        self.next_at = now.saturating_add(SignedDuration::from_secs(pause)).ok();
        let never = !matches!(failure, Failure::Later(_) | Failure::Waiting(_));
        let reason = reason.clone();
        match action {
            Action::Forward(step) => {
                if never || self.tries >= TRIES || self.cancellation.is_some() {
                    self.not_forward(*step, failure, reason, now);
                }
            }
            Action::Back(undo) if never || self.tries >= UNDO_TRIES => {
                self.park(Resume::Back(*undo), reason, failure.may_be_done(), now);
            }
            Action::Refund(refund) if matches!(failure, Failure::Open(_)) => self.park_refund(&refund.key, reason, now),
            Action::Refund(refund) if never => self.give_refund_up(&refund.key, reason, now),
            Action::Return { id, step } if never || self.tries >= UNDO_TRIES => {
                self.park_return(*id, *step, reason, failure.may_be_done(), now);
            }
            Action::Back(_) | Action::Refund(_) | Action::Return { .. } => {}
        }
    }

    /// Waits for goods or an answer; says for how many seconds.
    fn waits(&mut self, action: &Action, now: Timestamp) -> i64 {
        if *action != Action::Forward(Step::CommitStock) {
            return WAITING_SECONDS;
        }
        if self.waits_for.is_empty() {
            let text = "Some of the goods have yet to arrive. Your order waits for them.";
            self.note(now, TimelineKind::AwaitingStock, text);
            let mut skus: Vec<Sku> = self.record.cart.lines.iter().map(|line| line.sku.clone()).collect();
            skus.sort_unstable();
            skus.dedup();
            self.waits_for = skus;
        }
        WAITING_FOR_STOCK_SECONDS
    }

    /// A step forward is given up: what was done is undone, unless the parcel has left or it is for a person to say.
    fn not_forward(&mut self, step: Step, failure: &Failure, reason: String, now: Timestamp) {
        let person = matches!(failure, Failure::Person(_) | Failure::Open(_));
        if self.has_left() || self.manual_note.is_some() || (person && self.cancellation.is_none()) {
            self.park(Resume::Forward(step), reason, failure.may_be_done(), now);
        } else {
            self.cancellation.get_or_insert(reason);
            self.compensate(now);
        }
    }

    /// Begins to undo everything, the latest first. Steps that were never done are undone as well: each callee
    /// remembers that, so that a step still on its way is refused.
    pub(super) fn compensate(&mut self, now: Timestamp) {
        self.compensate_for(None, now);
    }

    /// The same because `author` asked for it.
    pub(super) fn compensate_for(&mut self, author: Option<&str>, now: Timestamp) {
        self.go(Workflow::Compensating { undo: Undo::CancelShipment }, now);
        let staff_note = StaffNote { author: author.map(ToOwned::to_owned), reason: self.cancellation.clone() };
        self.staff_note(now, TimelineKind::CancellationRequested, "Your order is being cancelled.", Some(staff_note));
    }
}

fn backoff(tries: u32) -> i64 {
    2_i64.saturating_pow(tries.min(10)).min(LONGEST_PAUSE_SECONDS)
}
