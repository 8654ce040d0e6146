//! Cancellation, the carrier's updates, and delivery.

use super::{Effects, Order, ShipmentUpdate, Workflow};
use crate::mail::EmailTemplate;
use contracts::dispatch::{TimelineData, TimelineKind};
use contracts::events::{EventLine, OrderDelivered};
use contracts::shipping::ShipmentStatus;
use jiff::Timestamp;

impl Order {
    /// Requests the cancellation of the order; `author` is the person who did, if known. Returns false if it is too late.
    pub fn cancel(&mut self, author: Option<&str>, reason: &str, now: Timestamp) -> bool {
        if !self.can_cancel() {
            return false;
        }
        self.cancellation = Some(reason.to_owned());
        // A step that is due may be in progress: its result decides where compensation starts. An order that waits for
        // anything else is compensated at once.
        let waits = self.workflow == Workflow::AwaitingDelivery || self.workflow.needs_attention();
        if waits || self.next_at.is_none_or(|next| next > now) {
            self.compensate(author, now);
        }
        true
    }

    /// Applies an update of the carrier. Updates may arrive in any order, even before the shipment is known; the status
    /// never moves backwards.
    pub fn shipment_updated(&mut self, update: ShipmentUpdate) -> Effects {
        let mut effects = Effects::default();
        let Some(shipment) = self.shipments.iter_mut().find(|shipment| shipment.id == update.shipment) else {
            self.early_updates.push(update);
            return effects;
        };
        // Repeated, or overtaken by a later update.
        if rank(update.status) <= rank(shipment.status) {
            return effects;
        }
        shipment.status = update.status;
        match update.status {
            ShipmentStatus::InTransit => {
                self.add_to_timeline(update.at, TimelineKind::Shipped, TimelineData::default());
                effects.emails.push(EmailTemplate::Shipped);
            }
            ShipmentStatus::OutForDelivery => {
                self.add_to_timeline(update.at, TimelineKind::OutForDelivery, TimelineData::default());
            }
            ShipmentStatus::Announced | ShipmentStatus::Delivered | ShipmentStatus::Cancelled => {}
        }
        if self.workflow == Workflow::AwaitingDelivery {
            effects.merge(self.advance(update.at));
        }
        effects
    }

    pub(super) fn deliver(&mut self, at: Timestamp) -> Effects {
        self.workflow = Workflow::Delivered;
        self.add_to_timeline(at, TimelineKind::Delivered, TimelineData::default());
        Effects { emails: vec![EmailTemplate::Delivered], delivered: Some(self.delivered_event()) }
    }

    fn delivered_event(&self) -> OrderDelivered {
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

    /// Makes the next action due now, because the stock or the response that the order waits for may have arrived.
    pub fn wake(&mut self, now: Timestamp) {
        self.next_at = self.next_at.map(|next| next.min(now));
    }
}

const fn rank(status: ShipmentStatus) -> u8 {
    // `Cancelled` ranks last, because nothing moves a cancelled shipment.
    match status {
        ShipmentStatus::Announced => 0,
        ShipmentStatus::InTransit => 1,
        ShipmentStatus::OutForDelivery => 2,
        ShipmentStatus::Delivered => 3,
        ShipmentStatus::Cancelled => 4,
    }
}
