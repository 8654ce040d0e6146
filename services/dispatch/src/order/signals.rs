//! What people and carriers say to a workflow.

use super::{Effects, Move, Order, Workflow};
use crate::mail::Letter;
use contracts::dispatch::TimelineKind;
use contracts::events::{EventLine, OrderDelivered};
use contracts::shipping::ShipmentStatus;
use jiff::Timestamp;

impl Order {
    /// Somebody wants it cancelled; `author` when that is known. False when it is too late.
    pub fn cancel(&mut self, author: Option<&str>, reason: &str, now: Timestamp) -> bool {
        if !self.can_cancel() {
            return false;
        }
        self.cancellation = Some(reason.to_owned());
        // While a step is being done, its end decides; what waits is undone at once.
        let waits = self.workflow == Workflow::AwaitingDelivery || self.workflow.is_parked();
        if waits || self.next_at.is_none_or(|next| next > now) {
            self.compensate_for(author, now);
        }
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
            _ => {}
        }
        if self.workflow == Workflow::AwaitingDelivery {
            effects.join(self.onward(moved.at));
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
