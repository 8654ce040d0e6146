//! What comes of the actions of a workflow.

use super::{Action, Done, Effects, Failure, Move, Order, Step, TRIES, UNDO_TRIES, Undo, Workflow};
use crate::mail::Letter;
use contracts::dispatch::{OrderShipment, TimelineKind};
use contracts::payment::PaymentSums;
use contracts::shipping::{ShipmentStatus, ShipmentView};
use jiff::{SignedDuration, Timestamp};

const LONGEST_PAUSE_SECONDS: i64 = 300;
const WAITING_SECONDS: i64 = 30;

impl Order {
    /// An action has come to its end.
    pub fn done(&mut self, done: Done, now: Timestamp) -> Effects {
        let mut effects = Effects::default();
        match done {
            Done::StockCommitted => {
                self.note(now, TimelineKind::StockCommitted, "The goods have been set aside for you.");
                self.forward(Step::Capture, now);
            }
            Done::Captured { sums, receipt_number } => {
                self.record.sums = sums;
                self.record.receipt_number = receipt_number;
                if !sums.captured.is_zero() {
                    self.note(now, TimelineKind::Captured, format!("{} have been charged.", sums.captured));
                }
                self.forward(Step::CreateShipment, now);
            }
            Done::ShipmentCreated(shipment) => effects = self.announced(shipment, now),
            Done::ShipmentLeft => effects = self.cannot_be_stopped(now),
            Done::ShipmentCancelled => {
                for shipment in &mut self.shipments {
                    shipment.status = ShipmentStatus::Cancelled;
                }
                self.go(Workflow::Compensating { undo: Undo::UndoPayment }, now);
            }
            Done::PaymentUndone(sums) => {
                let back = sums.refunded.amount > self.record.sums.refunded.amount;
                self.record.sums = sums;
                if back {
                    self.note(now, TimelineKind::Refunded, format!("{} have been given back.", sums.refunded));
                }
                // All is given back: what staff asked for before is part of it.
                self.refunds.iter_mut().for_each(|refund| refund.open = false);
                self.go(Workflow::Compensating { undo: Undo::ReleaseStock }, now);
            }
            Done::StockReleased => {
                self.go(Workflow::Cancelled, now);
                self.note(now, TimelineKind::Cancelled, "The order is cancelled. You do not pay anything.");
                effects.letters.push(Letter::Cancelled);
            }
            Done::Refunded(key, sums) => effects.letters.extend(self.refunded(&key, sums, now)),
        }
        effects
    }

    /// Goes on, unless somebody has asked to cancel meanwhile.
    fn forward(&mut self, step: Step, now: Timestamp) {
        self.go(Workflow::Running { step }, now);
        if self.cancellation.is_some() {
            self.compensate(now);
        }
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

    /// Cancelling came too late: the order goes on.
    fn cannot_be_stopped(&mut self, now: Timestamp) -> Effects {
        let mut effects = Effects::default();
        self.cancellation = None;
        // A parcel that has left was announced, although the answer may not have come: then it is asked for once more.
        let announced = !self.shipments.is_empty();
        let on = if announced { Workflow::AwaitingDelivery } else { Workflow::Running { step: Step::CreateShipment } };
        self.go(on, now);
        self.note(now, TimelineKind::Resumed, "Your parcel had left already: the order could not be cancelled.");
        effects.letters.push(Letter::TooLateToCancel);
        if announced && self.shipments.iter().all(|shipment| shipment.status == ShipmentStatus::Delivered) {
            effects.join(self.deliver(now));
        }
        effects
    }

    fn refunded(&mut self, key: &str, sums: PaymentSums, now: Timestamp) -> Option<Letter> {
        self.record.sums = sums;
        let refund = self.refunds.iter_mut().find(|refund| refund.key == key && refund.open)?;
        refund.open = false;
        let (amount, reason) = (refund.amount, refund.reason.clone());
        self.tries = 0;
        self.last_failure = None;
        self.next_at = Some(now);
        self.note(now, TimelineKind::Refunded, format!("{amount} have been given back: {reason}"));
        Some(Letter::Refunded { amount, reason })
    }

    /// An action has not come to its end.
    pub fn failed(&mut self, action: &Action, failure: Failure, now: Timestamp) -> Effects {
        self.tries += 1;
        let (reason, never, pause) = match failure {
            Failure::Later(reason) => (reason, false, backoff(self.tries)),
            Failure::Waiting(reason) => {
                // As long as it takes does not count as failing.
                self.tries = self.tries.saturating_sub(1);
                let stock = *action == Action::Forward(Step::CommitStock);
                if stock && self.last_failure.as_ref() != Some(&reason) {
                    self.note(
                        now,
                        TimelineKind::AwaitingStock,
                        "Some of the goods have yet to arrive. Your order waits for them.",
                    );
                }
                (reason, false, WAITING_SECONDS)
            }
            Failure::Never(reason) => (reason, true, 0),
        };
        self.last_failure = Some(reason.clone());
        self.next_at = now.saturating_add(SignedDuration::from_secs(pause)).ok();
        match action {
            Action::Forward(_) if never || self.tries >= TRIES || self.cancellation.is_some() => {
                self.cancellation.get_or_insert(reason);
                self.compensate(now);
                Effects::default()
            }
            Action::Forward(_) => Effects::default(),
            Action::Back(undo) if never || self.tries >= UNDO_TRIES => {
                self.park(*undo, reason, now);
                Effects::default()
            }
            Action::Back(_) => Effects::default(),
            Action::Refund(refund) if never => {
                self.give_refund_up(&refund.key, &reason, now);
                Effects::default()
            }
            Action::Refund(_) => Effects::default(),
        }
    }

    fn give_refund_up(&mut self, key: &str, reason: &str, now: Timestamp) {
        if let Some(refund) = self.refunds.iter_mut().find(|refund| refund.key == key) {
            refund.open = false;
        }
        self.note(now, TimelineKind::RefundFailed, format!("A refund could not be made: {reason}"));
    }

    fn park(&mut self, undo: Undo, reason: String, now: Timestamp) {
        self.workflow = Workflow::Parked { reason, undo };
        self.next_at = None;
        self.note(now, TimelineKind::Parked, "We are looking into your order.");
    }

    /// Begins to undo everything, the latest first. Steps that were never done are undone as well: each callee
    /// remembers that, so that a step still on its way is refused.
    pub(super) fn compensate(&mut self, now: Timestamp) {
        self.go(Workflow::Compensating { undo: Undo::CancelShipment }, now);
        self.note(now, TimelineKind::CancellationRequested, "Your order is being cancelled.");
    }
}

fn backoff(tries: u32) -> i64 {
    2_i64.saturating_pow(tries.min(10)).min(LONGEST_PAUSE_SECONDS)
}
