//! The transitions of the workflow after a completed or failed action.

use super::{
    Action, Compensation, Completion, Effects, Failure, MAX_COMPENSATION_TRIES, MAX_STEP_TRIES, Order, ResumePoint,
    ReturnStep, ShipmentUpdate, Step, Workflow, shipments::order_shipment, timeline,
};
use crate::mail::EmailTemplate;
use contracts::Sku;
use contracts::dispatch::{StaffNote, TimelineData, TimelineKind};
use contracts::payment::CaptureTiming;
use contracts::shipping::ShipmentView;
use jiff::{SignedDuration, Timestamp};

const MAX_BACKOFF_SECONDS: i64 = 300;
const POLL_INTERVAL_SECONDS: i64 = 30;
/// The interval at which an order that waits for stock checks again. Arrivals wake it at once, so this is a fallback for a
/// lost event.
const STOCK_POLL_INTERVAL_SECONDS: i64 = 600;

impl Order {
    /// Applies the result of an action that was requested under `key`.
    ///
    /// The result is ignored if the workflow has turned to something else in the meantime. If it comes back to the step,
    /// the step is requested again, and the service that carries it out recognises the key.
    pub fn completed(&mut self, action: &Action, key: &str, completion: Completion, now: Timestamp) -> Effects {
        if !self.is_current(action, key) {
            return Effects::default();
        }
        match completion {
            Completion::StockCommitted => {
                self.add_to_timeline(now, TimelineKind::StockCommitted, TimelineData::default());
                self.step_completed(Step::CommitStock, now)
            }
            Completion::Captured { moved, of_rest, totals, receipt_number } => {
                self.record.totals = totals;
                self.record.receipt_number = receipt_number;
                // The gateway may have captured on its own, such as on a page of its own.
                let amount = if self.captures == 0 { totals.captured } else { moved };
                self.count_capture(moved, of_rest);
                // Nothing is captured for an order whose total is zero.
                if !amount.is_zero() {
                    self.add_to_timeline(now, TimelineKind::Captured, timeline::amount(amount));
                }
                self.step_completed(Step::Capture, now)
            }
            Completion::ShipmentCreated(shipment) => self.shipment_created(&shipment, now),
            Completion::ShipmentLeft => self.cancellation_too_late(now),
            Completion::ShipmentCancelled => self.compensation_completed(Compensation::CancelShipment, now),
            Completion::PaymentUndone(totals) => {
                self.payment_undone(totals, now);
                self.compensation_completed(Compensation::UndoPayment, now)
            }
            Completion::StockReleased => self.compensation_completed(Compensation::ReleaseStock, now),
            Completion::Refunded { key, amount, totals } => self.refund_completed(&key, amount, totals, now),
            Completion::ReturnRefunded { id, amount, totals } => self.return_refunded(id, amount, totals, now),
            Completion::Restocked(id) => {
                self.return_step_completed(id, ReturnStep::Restock, now);
                Effects::default()
            }
        }
    }

    /// Returns true if the action is still to be carried out and was requested under its current key. Refunds and returns
    /// are independent of the state of the workflow.
    fn is_current(&self, action: &Action, key: &str) -> bool {
        let pending = match action {
            Action::Step(_) | Action::Compensate(_) => self.next_action().as_ref() == Some(action),
            Action::Refund(refund) => self.refunds.iter().any(|known| known.key == refund.key && known.is_due()),
            Action::Return { .. } => self.returns.iter().any(|one| one.next_action().as_ref() == Some(action)),
        };
        // A retry by staff changes the key, so that a late result of the earlier request is ignored.
        pending && self.step_key(action) == key
    }

    /// Continues behind a completed forward step, unless the order is to be cancelled.
    pub(super) fn step_completed(&mut self, step: Step, now: Timestamp) -> Effects {
        let next = match (step, self.record.capture) {
            (Step::CommitStock, CaptureTiming::Now) => Step::Capture,
            // The authorisation is captured as the carrier picks up the shipments.
            (Step::CommitStock, CaptureTiming::Shipped) => Step::CreateShipment,
            (Step::Capture | Step::CreateShipment, _) => return self.advance(now),
        };
        self.transition_to(Workflow::Running { step: next }, now);
        if self.cancellation.is_some() {
            self.compensate(None, now);
        }
        Effects::default()
    }

    /// Continues to the state that the shipments require: to be announced, awaited, paid for after leaving, or delivered.
    pub(super) fn advance(&mut self, now: Timestamp) -> Effects {
        if self.shipments.is_empty() {
            self.transition_to(Workflow::Running { step: Step::CreateShipment }, now);
        } else if self.capture_is_due() {
            self.transition_to(Workflow::Running { step: Step::Capture }, now);
        } else if self.has_arrived() {
            self.transition_to(Workflow::AwaitingDelivery, now);
            return self.deliver(now);
        // Entering the state again would reset the schedule of a refund that is being retried.
        } else if self.workflow != Workflow::AwaitingDelivery {
            self.transition_to(Workflow::AwaitingDelivery, now);
        }
        if self.cancellation.is_some() {
            self.compensate(None, now);
        }
        Effects::default()
    }

    fn shipment_created(&mut self, shipment: &ShipmentView, now: Timestamp) -> Effects {
        let mut effects = Effects::default();
        let (id, number, status) = (shipment.id, shipment.number.clone(), shipment.status);
        if self.early_updates.iter().any(|update| update.shipment == id && update.status > status) {
            // The response is older than the update, so its items may be as well. The repeated announcement returns the
            // current shipment.
            self.schedule_next(now);
            return effects;
        }
        // A repeated announcement returns the same shipment.
        self.shipments.retain(|known| known.id != id);
        self.shipments.push(order_shipment(shipment));
        let data = TimelineData { tracking_number: Some(number), ..TimelineData::default() };
        self.add_to_timeline(now, TimelineKind::ShipmentCreated, data);
        self.transition_to(Workflow::AwaitingDelivery, now);
        if self.cancellation.is_some() {
            self.compensate(None, now);
        } else {
            self.add_to_timeline(now, TimelineKind::Confirmed, TimelineData::default());
            effects.emails.push(EmailTemplate::Confirmed);
        }
        // The shipment may have moved before the response to its announcement arrived.
        let early = std::mem::take(&mut self.early_updates);
        for update in early.into_iter().chain([ShipmentUpdate { shipment: id, status, at: now }]) {
            effects.merge(self.shipment_updated(update));
        }
        effects
    }

    /// Continues an order that could not be cancelled because its shipment had left. If the response to the announcement
    /// was lost, the shipment is announced again to learn its number.
    fn cancellation_too_late(&mut self, now: Timestamp) -> Effects {
        self.cancellation = None;
        self.transition_to(Workflow::AwaitingDelivery, now);
        self.add_to_timeline(now, TimelineKind::CancellationFailed, TimelineData::default());
        let mut effects = Effects::from(EmailTemplate::TooLateToCancel);
        effects.merge(self.advance(now));
        if self.shipments.is_empty() && self.early_updates.is_empty() {
            // If the announcement is refused, the order is compensated and arrives here again at once. The delay leaves
            // time for the carrier's first update, which ends that cycle.
            self.next_at = now.saturating_add(SignedDuration::from_secs(POLL_INTERVAL_SECONDS)).ok();
        }
        effects
    }

    /// Applies the failure of an action that was requested under `key`.
    pub fn failed(&mut self, action: &Action, key: &str, failure: &Failure, now: Timestamp) -> Effects {
        if !self.is_current(action, key) {
            return Effects::default();
        }
        let reason_before = self.review_reason().map(str::to_owned);
        self.apply_failure(action, failure, now);
        self.review_email(reason_before.as_deref())
    }

    fn apply_failure(&mut self, action: &Action, failure: &Failure, now: Timestamp) {
        let (reason, delay) = match failure {
            Failure::Transient(reason) => {
                self.tries += 1;
                (reason, backoff(self.tries))
            }
            // Waiting does not count as a failed attempt, however long it takes.
            Failure::Waiting(reason) => (reason, self.start_waiting(action, now)),
            Failure::Refused(reason) | Failure::NeedsDecision(reason) | Failure::OutcomeUnknown(reason) => {
                self.tries += 1;
                (reason, 0)
            }
        };
        self.last_failure = Some(reason.clone());
        self.next_at = now.saturating_add(SignedDuration::from_secs(delay)).ok();
        let final_failure = !matches!(failure, Failure::Transient(_) | Failure::Waiting(_));
        let reason = reason.clone();
        match action {
            Action::Step(step) => {
                // With a cancellation requested, another attempt would only have to be compensated.
                if final_failure || self.tries >= MAX_STEP_TRIES || self.cancellation.is_some() {
                    self.step_failed(*step, failure, reason, now);
                }
            }
            // A compensation is never skipped, because the customer would lose money or the shop stock.
            Action::Compensate(compensation) if final_failure || self.tries >= MAX_COMPENSATION_TRIES => {
                let resume_at = ResumePoint::Compensation(*compensation);
                self.require_attention(resume_at, reason, failure.may_have_taken_effect(), now);
            }
            Action::Refund(refund) if matches!(failure, Failure::OutcomeUnknown(_)) => {
                self.refund_needs_attention(&refund.key, reason, now);
            }
            // Staff requested this refund and can request another, so a refusal does not suspend the order.
            Action::Refund(refund) if final_failure => self.refund_failed(&refund.key, reason, now),
            Action::Return { id, step } if final_failure || self.tries >= MAX_COMPENSATION_TRIES => {
                self.return_needs_attention(*id, *step, reason, failure.may_have_taken_effect(), now);
            }
            Action::Compensate(_) | Action::Refund(_) | Action::Return { .. } => {}
        }
    }

    /// Notes that the order waits for stock or for the gateway. Returns the delay of the next attempt in seconds.
    fn start_waiting(&mut self, action: &Action, now: Timestamp) -> i64 {
        if *action != Action::Step(Step::CommitStock) {
            return POLL_INTERVAL_SECONDS;
        }
        if self.awaited_skus.is_empty() {
            // An arrival of any of its SKUs wakes the order: a check too many is cheap.
            let mut skus: Vec<Sku> = self.record.cart.lines.iter().map(|line| line.sku.clone()).collect();
            skus.sort_unstable();
            skus.dedup();
            let data = TimelineData { skus: skus.clone(), ..TimelineData::default() };
            self.add_to_timeline(now, TimelineKind::AwaitingStock, data);
            self.awaited_skus = skus;
        }
        STOCK_POLL_INTERVAL_SECONDS
    }

    /// Gives up a forward step. The order is compensated, unless its shipment has left or staff must decide.
    fn step_failed(&mut self, step: Step, failure: &Failure, reason: String, now: Timestamp) {
        // A shipment that has left cannot be compensated automatically. A manual step that payment could not record must not
        // be compensated either, because the ledger does not contain it.
        let staff_must_decide = matches!(failure, Failure::NeedsDecision(_) | Failure::OutcomeUnknown(_));
        let undone_in_part = self.has_received_return();
        if self.has_left()
            || undone_in_part
            || self.manual_note.is_some()
            // Staff have asked for this capture, so they decide what its refusal means.
            || (step == Step::Capture && self.capture_requested)
            || (staff_must_decide && self.cancellation.is_none())
        {
            self.require_attention(ResumePoint::Step(step), reason, failure.may_have_taken_effect(), now);
        } else {
            self.cancellation.get_or_insert(reason);
            self.compensate(None, now);
        }
    }

    /// Starts to compensate all steps, the latest first; `author` is the person who requested it.
    ///
    /// Steps that were never requested are compensated as well: each service remembers the compensation, and refuses a
    /// request for the step that is still on its way.
    pub(super) fn compensate(&mut self, author: Option<&str>, now: Timestamp) {
        self.transition_to(Workflow::Compensating { compensation: Compensation::CancelShipment }, now);
        let staff_note = StaffNote { author: author.map(ToOwned::to_owned), reason: self.cancellation.clone() };
        self.add_with_note(now, TimelineKind::CancellationRequested, TimelineData::default(), Some(staff_note));
    }
}

fn backoff(tries: u32) -> i64 {
    2_i64.saturating_pow(tries.min(10)).min(MAX_BACKOFF_SECONDS)
}
