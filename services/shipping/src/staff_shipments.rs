//! The use cases of staff: listing shipments, and recording what people do with them.

use crate::fulfilment::{self, Change, Refusal, SplitError};
use crate::shipment::{NewShipment, Shipment, ShipmentDetails, ShipmentFilter, ShipmentWrite, TrackingRecord};
use crate::store::{Store, split_key};
use chassis::page::Page;
use chassis::{Problem, SystemContext, problem};
use contracts::events::{EventData, ShipmentMoved, ShipmentsChanged};
use contracts::shipping::{CarrierTracking, SHIPMENT_UNCHANGEABLE, ShipmentLine, ShipmentStatus, StaffShipment};
use contracts::{OrderId, ShipmentId};
use events::Event;
use jiff::Timestamp;
use std::sync::Arc;

/// The number of times that a change is tried again when another one came first.
const MAX_ATTEMPTS: usize = 5;
/// The largest number of shipments of an order.
const MAX_SHIPMENTS: usize = 100;

/// The shipments of a shop, as its staff work on them.
#[derive(Clone)]
pub struct StaffShipments {
    /// The store of the shipping service.
    pub store: Arc<dyn Store>,
    /// The clock and the ids of new shipments.
    pub system: SystemContext,
}

impl StaffShipments {
    /// Returns a page of shipments for staff, the earliest first.
    ///
    /// # Errors
    /// When the store is unavailable.
    pub async fn list(
        &self,
        filter: ShipmentFilter,
        after: Option<ShipmentId>,
        limit: usize,
    ) -> Result<Page<StaffShipment>, Problem> {
        let found = self.store.shipments(filter, after, limit + 1).await?;
        let views = found.into_iter().map(Shipment::staff_view).collect();
        Ok(Page::cut(views, limit, |view: &StaffShipment| view.shipment.id))
    }

    /// Returns the shipments of an order, the earliest first.
    ///
    /// # Errors
    /// When the store is unavailable.
    pub async fn of_order(&self, order: OrderId) -> Result<Vec<Shipment>, Problem> {
        Ok(self.store.shipments(ShipmentFilter::Order(order), None, MAX_SHIPMENTS).await?)
    }

    /// Marks a shipment as packed.
    ///
    /// # Errors
    /// 404, or [`SHIPMENT_UNCHANGEABLE`].
    pub async fn pack(&self, id: ShipmentId) -> Result<StaffShipment, Problem> {
        self.change(id, fulfilment::pack).await
    }

    /// Marks a shipment as handed over to a carrier.
    ///
    /// # Errors
    /// 404, or [`SHIPMENT_UNCHANGEABLE`].
    pub async fn ship(&self, id: ShipmentId, tracking: &CarrierTracking) -> Result<StaffShipment, Problem> {
        self.change(id, |shipment, now| fulfilment::ship(shipment, tracking, now)).await
    }

    /// Corrects the carrier or the tracking number of a shipment that has left.
    ///
    /// # Errors
    /// 404, or [`SHIPMENT_UNCHANGEABLE`].
    pub async fn correct_tracking(&self, id: ShipmentId, tracking: &CarrierTracking) -> Result<StaffShipment, Problem> {
        self.change(id, |shipment, _| fulfilment::correct_tracking(shipment, tracking)).await
    }

    /// Marks a shipment as delivered.
    ///
    /// # Errors
    /// 404, or [`SHIPMENT_UNCHANGEABLE`].
    pub async fn deliver(&self, id: ShipmentId) -> Result<StaffShipment, Problem> {
        self.change(id, fulfilment::deliver).await
    }

    /// Ships a part of the items of a shipment apart. Returns the new shipment, the same for a repeated request.
    ///
    /// # Errors
    /// 404, 422 for items that the shipment does not have, or [`SHIPMENT_UNCHANGEABLE`].
    pub async fn split(&self, id: ShipmentId, lines: &[ShipmentLine], request: &str) -> Result<StaffShipment, Problem> {
        for _ in 0..MAX_ATTEMPTS {
            let shipment = self.shipment(id).await?;
            let step_key = split_key(&shipment.step_key, request);
            let earlier = self.of_order(shipment.order_id).await?.into_iter().find(|one| one.step_key == step_key);
            if let Some(earlier) = earlier {
                return Ok(earlier.staff_view());
            }
            let rest = fulfilment::split(&shipment, lines).map_err(|error| match error {
                SplitError::Refused(refusal) => refused(refusal),
                error @ (SplitError::TooMany(_) | SplitError::NotAPart | SplitError::UnknownItems) => {
                    Problem::invalid("/lines", error.to_string())
                }
            })?;
            let now = self.system.now();
            let split_off = self.new_split(&shipment, lines, step_key, now);
            let write = ShipmentWrite {
                events: vec![self.event(&ShipmentsChanged { order_id: shipment.order_id })?],
                changed: vec![(shipment.status, rest)],
                records: Vec::new(),
                split_off: Some(split_off.clone()),
            };
            if self.store.write_shipments(&write).await? {
                return Ok(self.shipment(split_off.id).await?.staff_view());
            }
        }
        Err(changed_meanwhile())
    }

    /// Cancels a shipment that has not left, and puts its items into another one of the order.
    ///
    /// # Errors
    /// 404, or [`SHIPMENT_UNCHANGEABLE`].
    pub async fn merge(&self, id: ShipmentId) -> Result<StaffShipment, Problem> {
        for _ in 0..MAX_ATTEMPTS {
            let shipment = self.shipment(id).await?;
            let others = self.of_order(shipment.order_id).await?;
            // A repeated request.
            if shipment.status == ShipmentStatus::Cancelled && shipment.details.lines.is_empty() {
                return Ok(shipment.staff_view());
            }
            let now = self.system.now();
            let (Change { shipment: cancelled, record }, into) =
                fulfilment::merge(&shipment, &others, now).map_err(refused)?;
            let before = others.iter().find(|other| other.id == into.id).map_or(into.status, |other| other.status);
            let write = ShipmentWrite {
                events: vec![
                    self.moved(&cancelled, now)?,
                    self.event(&ShipmentsChanged { order_id: shipment.order_id })?,
                ],
                records: record.map(|record| (cancelled.id, record)).into_iter().collect(),
                changed: vec![(shipment.status, cancelled), (before, into)],
                split_off: None,
            };
            if self.store.write_shipments(&write).await? {
                return Ok(self.shipment(id).await?.staff_view());
            }
        }
        Err(changed_meanwhile())
    }

    async fn change(
        &self,
        id: ShipmentId,
        change: impl Fn(&Shipment, Timestamp) -> Result<Option<Change>, Refusal>,
    ) -> Result<StaffShipment, Problem> {
        for _ in 0..MAX_ATTEMPTS {
            let (shipment, now) = (self.shipment(id).await?, self.system.now());
            let Some(Change { shipment: after, record }) = change(&shipment, now).map_err(refused)? else {
                return Ok(shipment.staff_view());
            };
            let event = if after.status == shipment.status {
                self.event(&ShipmentsChanged { order_id: shipment.order_id })?
            } else {
                self.moved(&after, now)?
            };
            let records: Vec<(ShipmentId, TrackingRecord)> = record.map(|record| (id, record)).into_iter().collect();
            let changed = vec![(shipment.status, after)];
            let write = ShipmentWrite { changed, records, split_off: None, events: vec![event] };
            if self.store.write_shipments(&write).await? {
                return Ok(self.shipment(id).await?.staff_view());
            }
        }
        Err(changed_meanwhile())
    }

    async fn shipment(&self, id: ShipmentId) -> Result<Shipment, Problem> {
        let missing = || problem::NOT_FOUND.detail("No shipment has this id.");
        self.store.shipment(id).await?.ok_or_else(missing)
    }

    fn new_split(&self, of: &Shipment, lines: &[ShipmentLine], step_key: String, at: Timestamp) -> NewShipment {
        let place = of.details.place.clone();
        let details = ShipmentDetails {
            order_number: of.details.order_number.clone(),
            lines: lines.to_vec(),
            place: place.clone(),
            tracking: None,
            created_at: at,
        };
        NewShipment {
            id: ShipmentId(self.system.id()),
            order_id: of.order_id,
            step_key,
            speed: of.speed,
            carrier: of.carrier.clone(),
            at,
            booking: crate::carrier::manual::booking(&self.system, place, of.estimated_delivery),
            details,
        }
    }

    fn moved(&self, shipment: &Shipment, at: Timestamp) -> Result<Event, Problem> {
        let Shipment { id, order_id, status, .. } = *shipment;
        self.event(&ShipmentMoved { order_id, shipment_id: id, status, at })
    }

    fn event(&self, data: &impl EventData) -> Result<Event, Problem> {
        Event::new(&self.system, "shipping", data).map_err(Problem::internal)
    }
}

fn refused(refusal: Refusal) -> Problem {
    SHIPMENT_UNCHANGEABLE.detail(refusal.to_string())
}

fn changed_meanwhile() -> Problem {
    problem::CONFLICT.detail("The shipment was changed at the same time. Load it again.")
}
