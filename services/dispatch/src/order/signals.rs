//! What people and carriers say to a workflow.

use super::{Effects, Move, Order, Refund, Workflow};
use crate::mail::Letter;
use contracts::dispatch::TimelineKind;
use contracts::events::{EventLine, OrderDelivered};
use contracts::shipping::ShipmentStatus;
use jiff::Timestamp;

impl Order {
    /// Somebody wants it cancelled. False when it is too late.
    pub fn cancel(&mut self, reason: &str, now: Timestamp) -> bool {
        if !self.can_cancel() {
            return false;
        }
        self.cancellation = Some(reason.to_owned());
        // While a step is being done, its end decides; what waits is undone at once.
        if self.workflow == Workflow::AwaitingDelivery || self.next_at.is_none_or(|next| next > now) {
            self.compensate(now);
        }
        true
    }

    /// A person lets a parked workflow go on.
    pub fn resume(&mut self, now: Timestamp) -> bool {
        let Workflow::Parked { undo, .. } = &self.workflow else { return false };
        let undo = *undo;
        self.resumed += 1;
        self.go(Workflow::Compensating { undo }, now);
        self.note(now, TimelineKind::Resumed, "We are taking care of your order again.");
        true
    }

    /// Staff ask for a refund; once per key. False when more would be given back than was taken, or the key stands for
    /// another amount.
    pub fn refund(&mut self, refund: Refund, now: Timestamp) -> bool {
        if let Some(known) = self.refunds.iter().find(|known| known.key == refund.key) {
            return known.amount == refund.amount;
        }
        let open: i64 = self.refunds.iter().filter(|known| known.open).map(|known| known.amount.amount).sum();
        let sums = self.record.sums;
        let left = sums.captured.amount - sums.refunded.amount - open;
        let possible = matches!(self.workflow, Workflow::AwaitingDelivery | Workflow::Delivered);
        if !possible || refund.amount.currency != sums.captured.currency || refund.amount.amount > left {
            return false;
        }
        self.refunds.push(refund);
        self.next_at = Some(now);
        true
    }

    /// The carrier has moved a parcel. Moves may come in any order, even before the parcel is known here; it never goes
    /// back.
    pub fn shipment_moved(&mut self, moved: Move) -> Effects {
        let mut effects = Effects::default();
        let Some(shipment) = self.shipments.iter_mut().find(|shipment| shipment.id == moved.shipment) else {
            self.early_moves.push(moved);
            return effects;
        };
        if rank(moved.status) <= rank(shipment.status) {
            return effects;
        }
        shipment.status = moved.status;
        match moved.status {
            ShipmentStatus::InTransit => {
                self.note(moved.at, TimelineKind::Shipped, "Your parcel is on its way.");
                effects.letters.push(Letter::Shipped);
            }
            ShipmentStatus::OutForDelivery => {
                self.note(moved.at, TimelineKind::OutForDelivery, "Your parcel is with the driver.");
            }
            ShipmentStatus::Delivered if self.workflow == Workflow::AwaitingDelivery => {
                effects.join(self.deliver(moved.at));
            }
            _ => {}
        }
        effects
    }

    pub(super) fn deliver(&mut self, at: Timestamp) -> Effects {
        self.workflow = Workflow::Delivered;
        self.note(at, TimelineKind::Delivered, "Your parcel has been delivered.");
        Effects { letters: vec![Letter::Delivered], delivered: Some(self.delivered()) }
    }

    fn delivered(&self) -> OrderDelivered {
        let line = |line: &contracts::cart::CartLine| EventLine {
            sku: line.sku.clone(),
            product_id: line.product_id,
            quantity: line.quantity,
        };
        OrderDelivered {
            order_id: self.id(),
            owner: self.record.owner.clone(),
            lines: self.record.cart.lines.iter().map(line).collect(),
        }
    }

    /// Something that was waited for has come: it is looked at now.
    pub fn wake(&mut self, now: Timestamp) {
        self.next_at = self.next_at.map(|next| next.min(now));
    }
}

const fn rank(status: ShipmentStatus) -> u8 {
    match status {
        ShipmentStatus::Announced => 0,
        ShipmentStatus::InTransit => 1,
        ShipmentStatus::OutForDelivery => 2,
        ShipmentStatus::Delivered => 3,
        ShipmentStatus::Cancelled => 4,
    }
}
