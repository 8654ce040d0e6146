//! Cancellation, the carrier's updates, and delivery.

use super::{Compensation, Effects, Order, ResumePoint, ShipmentUpdate, Workflow};
use crate::mail::EmailTemplate;
use contracts::Sku;
use contracts::dispatch::{OrderShipment, TimelineData, TimelineKind};
use contracts::events::{EventLine, OrderDelivered};
use contracts::shipping::{ShipmentStatus, ShipmentView};
use jiff::Timestamp;
use std::collections::HashMap;

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

    /// Returns the shipments that are not cancelled.
    pub fn live_shipments(&self) -> impl Iterator<Item = &OrderShipment> {
        self.shipments.iter().filter(|shipment| shipment.status != ShipmentStatus::Cancelled)
    }

    /// Returns true if the known shipments have all items. One that was split off may not be known yet.
    pub(super) fn ships_all_items(&self) -> bool {
        // The one shipment of an order of an earlier version has everything.
        if self.live_shipments().any(|shipment| shipment.lines.is_empty()) {
            return true;
        }
        let shipped = self.live_shipments().flat_map(|shipment| &shipment.lines);
        let mut units: HashMap<&Sku, i64> = HashMap::new();
        for line in &self.record.cart.lines {
            *units.entry(&line.sku).or_default() += line.quantity.signed();
        }
        for line in shipped {
            *units.entry(&line.sku).or_default() -= line.quantity.signed();
        }
        units.values().all(|missing| *missing <= 0)
    }

    /// Returns true while the response that creates the first shipment may still be on its way.
    pub fn awaits_first_shipment(&self) -> bool {
        let is_undone = matches!(self.workflow, Workflow::Compensating { .. } | Workflow::Cancelled);
        self.shipments.is_empty() && !is_undone
    }

    /// Returns true once the cancellation of the order has cancelled its shipments. All of them are, also those that the order does
    /// not know yet, and shipping sends no update of each.
    fn are_shipments_cancelled(&self) -> bool {
        match self.workflow {
            Workflow::Compensating { compensation }
            | Workflow::NeedsAttention { resume_at: ResumePoint::Compensation(compensation), .. } => {
                compensation != Compensation::CancelShipment
            }
            Workflow::Cancelled => true,
            Workflow::Running { .. }
            | Workflow::NeedsAttention { .. }
            | Workflow::AwaitingDelivery
            | Workflow::Delivered => false,
        }
    }

    /// Applies the items and tracking of the order's shipments, and adds those that were split off. Their status follows by
    /// [`Self::shipment_updated`]; updates that came before are applied here. Nothing is added before the response that
    /// creates the first shipment.
    pub fn shipments_changed(&mut self, shipments: &[ShipmentView], now: Timestamp) -> Effects {
        let mut effects = Effects::default();
        if self.shipments.is_empty() {
            return effects;
        }
        let is_cancelled = self.are_shipments_cancelled();
        for view in shipments {
            match self.shipments.iter_mut().find(|known| known.id == view.id) {
                // Read before a change that is applied already.
                Some(known) if known.version >= view.version => {}
                Some(known) => {
                    // The only step back: a packed shipment whose items were changed is packed again.
                    let is_reopened =
                        known.status == ShipmentStatus::Packed && view.status == ShipmentStatus::Announced;
                    let status = if is_reopened { ShipmentStatus::Announced } else { known.status };
                    *known = OrderShipment { status, ..order_shipment(view) };
                }
                None if is_cancelled || view.status == ShipmentStatus::Cancelled => {
                    self.shipments.push(OrderShipment { status: ShipmentStatus::Cancelled, ..order_shipment(view) });
                }
                None => {
                    self.shipments.push(order_shipment(view));
                    let data = TimelineData { tracking_number: Some(view.number.clone()), ..TimelineData::default() };
                    self.add_to_timeline(now, TimelineKind::ShipmentCreated, data);
                }
            }
        }
        for update in std::mem::take(&mut self.early_updates) {
            effects.merge(self.shipment_updated(update));
        }
        effects
    }

    /// Applies an update of the carrier. Updates may arrive in any order, even before the shipment is known; the status
    /// never moves backwards.
    pub fn shipment_updated(&mut self, update: ShipmentUpdate) -> Effects {
        let mut effects = Effects::default();
        let Some(shipment) = self.shipments.iter_mut().find(|shipment| shipment.id == update.shipment) else {
            self.early_updates.push(update);
            return effects;
        };
        // Repeated, or overtaken by a later update. Nothing moves a cancelled shipment, whose status is the last one.
        if update.status <= shipment.status {
            return effects;
        }
        shipment.status = update.status;
        match update.status {
            ShipmentStatus::InTransit => {
                let tracking_number = shipment.tracking.as_ref().and_then(|tracking| tracking.tracking_number.clone());
                let data = TimelineData {
                    tracking_number: tracking_number.map(|number| number.into_string()),
                    ..TimelineData::default()
                };
                effects.emails.push(EmailTemplate::Shipped(Box::new(shipment.clone())));
                self.add_to_timeline(update.at, TimelineKind::Shipped, data);
            }
            ShipmentStatus::OutForDelivery => {
                self.add_to_timeline(update.at, TimelineKind::OutForDelivery, TimelineData::default());
            }
            ShipmentStatus::Announced
            | ShipmentStatus::Packed
            | ShipmentStatus::Delivered
            | ShipmentStatus::Cancelled => {}
        }
        if self.workflow == Workflow::AwaitingDelivery {
            effects.merge(self.advance(update.at));
        }
        effects
    }

    pub(super) fn deliver(&mut self, at: Timestamp) -> Effects {
        self.workflow = Workflow::Delivered;
        self.add_to_timeline(at, TimelineKind::Delivered, TimelineData::default());
        Effects { delivered: Some(self.delivered_event()), ..EmailTemplate::Delivered.into() }
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

/// Returns a shipment as part of its order. Its status follows as an update, so that the timeline and the emails follow.
pub(super) fn order_shipment(view: &ShipmentView) -> OrderShipment {
    OrderShipment {
        id: view.id,
        number: view.number.clone(),
        carrier: view.carrier.clone(),
        status: ShipmentStatus::Announced,
        lines: view.lines.clone(),
        tracking: view.tracking.clone(),
        version: view.version,
    }
}
