//! The use cases of staff: listing shipments, and recording what people do with them.

use crate::carrier::{manual, tracking_number};
use crate::fulfilment::{self, MAX_SHIPMENTS, Refusal, SplitError};
use crate::shipment::{
    NewShipment, Shipment, ShipmentChange, ShipmentDetails, ShipmentFilter, ShipmentWrite, split_key,
};
use crate::store::Store;
use chassis::idempotency::{IdempotentRequest, KEY_REUSED};
use chassis::page::Page;
use chassis::secret::sha256_hex;
use chassis::{Problem, SystemContext, problem};
use contracts::events::{EventData, ShipmentMoved, ShipmentsChanged};
use contracts::shipping::{
    CarrierEvent, CarrierTracking, SHIPMENT_UNCHANGEABLE, ShipmentLine, ShipmentStatus, StaffShipment,
};
use contracts::{OrderId, ShipmentId};
use events::Event;
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;

/// The number of times that a change is tried again when another one came first.
const MAX_ATTEMPTS: usize = 5;
/// The number of shipments of an order that are read. Splits at the same time may exceed the largest number by a few.
const MAX_READ: usize = 2 * MAX_SHIPMENTS;
/// The difference between the clocks of a carrier and of the shop up to which an event is not in the future.
const MAX_CLOCK_DIFFERENCE: SignedDuration = SignedDuration::from_mins(5);

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

    /// Returns a shipment for staff.
    ///
    /// # Errors
    /// 404 if there is none.
    pub async fn find(&self, id: ShipmentId) -> Result<StaffShipment, Problem> {
        self.shipment(id).await.map(Shipment::staff_view)
    }

    /// Returns the shipments of an order, the earliest first.
    ///
    /// # Errors
    /// When the store is unavailable.
    pub async fn of_order(&self, order: OrderId) -> Result<Vec<Shipment>, Problem> {
        Ok(self.store.shipments(ShipmentFilter::Order(order), None, MAX_READ).await?)
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
    /// 404, 422 for items that the shipment does not have or a key that was used for others, or [`SHIPMENT_UNCHANGEABLE`].
    pub async fn split(
        &self,
        id: ShipmentId,
        lines: &[ShipmentLine],
        request: &IdempotentRequest,
    ) -> Result<StaffShipment, Problem> {
        let scope = sha256_hex(format!("{} {}", request.scope.owner, request.scope.key).as_bytes());
        self.write(id, |shipment, all, now| {
            let key_of_scope = split_key(&shipment.step_key, &scope);
            let step_key = format!("{key_of_scope}.{}", request.body_digest);
            if let Some(earlier) = all.iter().find(|one| one.step_key.starts_with(&key_of_scope)) {
                let is_same = earlier.step_key == step_key;
                let reused = || KEY_REUSED.detail("This idempotency key was used for another split. Use a new one.");
                return if is_same { Ok(Plan::Unchanged(earlier.clone())) } else { Err(reused()) };
            }
            if all.len() >= MAX_SHIPMENTS {
                return Err(refused(Refusal::TooManyShipments));
            }
            let (rest, taken) = fulfilment::split(shipment, lines).map_err(|error| match error {
                SplitError::Refused(refusal) => refused(refusal),
                error @ (SplitError::TooMany(_) | SplitError::NotAPart | SplitError::UnknownItems) => {
                    Problem::invalid("/lines", error.to_string())
                }
            })?;
            let split_off = self.new_split(shipment, taken, step_key, now);
            Ok(Plan::Write { changes: vec![rest], shown: split_off.id, split_off: Some(split_off) })
        })
        .await
    }

    /// Cancels a shipment that has not left, and puts its items into another one of the order.
    ///
    /// # Errors
    /// 404, or [`SHIPMENT_UNCHANGEABLE`].
    pub async fn merge(&self, id: ShipmentId) -> Result<StaffShipment, Problem> {
        self.write(id, |shipment, all, now| {
            // A repeated request.
            if shipment.status == ShipmentStatus::Cancelled && shipment.details.lines.is_empty() {
                return Ok(Plan::Unchanged(shipment.clone()));
            }
            let changes = fulfilment::merge(shipment, all, now).map_err(refused)?;
            Ok(Plan::Write { changes: changes.into(), shown: id, split_off: None })
        })
        .await
    }

    /// Records an event that a carrier reports of each shipment with its number.
    ///
    /// # Errors
    /// 404 when no shipment has the number, 422 for an event in the future, or [`SHIPMENT_UNCHANGEABLE`].
    pub async fn record_event(&self, event: &CarrierEvent) -> Result<(), Problem> {
        if event.occurred_at > self.system.now().saturating_add(MAX_CLOCK_DIFFERENCE).unwrap_or(Timestamp::MAX) {
            return Err(Problem::invalid("/occurred_at", "is in the future"));
        }
        for shipment in self.shipments_of_event(event).await? {
            self.record_event_of(shipment.id, event).await?;
        }
        Ok(())
    }

    /// Returns the shipments with the number of the carrier; otherwise the one that the event refers to.
    async fn shipments_of_event(&self, event: &CarrierEvent) -> Result<Vec<Shipment>, Problem> {
        let mut found = self.store.shipments_with_number(event.tracking_number.as_str()).await?;
        found.retain(|shipment| shipment.carrier_number() == Some(event.tracking_number.as_str()));
        found.retain(|shipment| shipment.is_carried_by(event.carrier.as_str()));
        if let Some(reference) = event.reference.as_ref().filter(|_| found.is_empty()) {
            let referenced = tracking_number::parse(reference.as_str()).unwrap_or_default();
            found = self.store.shipments_with_number(&referenced).await?;
            found.retain(|shipment| shipment.tracking_number == referenced);
        }
        if found.is_empty() {
            return Err(
                problem::NOT_FOUND.detail("No shipment has this carrier and tracking number, nor the reference.")
            );
        }
        Ok(found)
    }

    async fn record_event_of(&self, id: ShipmentId, event: &CarrierEvent) -> Result<(), Problem> {
        for _ in 0..MAX_ATTEMPTS {
            // Read before the checkpoints: whoever adds one in between changes its version.
            let shipment = self.shipment(id).await?;
            let records = self.store.tracking(&shipment.tracking_number).await?.map(|found| found.records);
            let change = fulfilment::record_event(&shipment, &records.unwrap_or_default(), event).map_err(refused)?;
            let Some(change) = change else { return Ok(()) };
            if self.store(vec![change], None, shipment.order_id, self.system.now()).await? {
                return Ok(());
            }
        }
        Err(changed_meanwhile())
    }

    async fn change(
        &self,
        id: ShipmentId,
        change: impl Fn(&Shipment, Timestamp) -> Result<Option<ShipmentChange>, Refusal>,
    ) -> Result<StaffShipment, Problem> {
        self.write(id, |shipment, _, now| match change(shipment, now).map_err(refused)? {
            Some(change) => Ok(Plan::Write { changes: vec![change], shown: id, split_off: None }),
            None => Ok(Plan::Unchanged(shipment.clone())),
        })
        .await
    }

    /// Stores what is planned for a shipment and all shipments of its order, and plans again when they were changed meanwhile.
    async fn write(
        &self,
        id: ShipmentId,
        plan: impl Fn(&Shipment, &[Shipment], Timestamp) -> Result<Plan, Problem>,
    ) -> Result<StaffShipment, Problem> {
        for _ in 0..MAX_ATTEMPTS {
            let shipment = self.shipment(id).await?;
            let all = self.of_order(shipment.order_id).await?;
            let now = self.system.now();
            let (changes, shown, split_off) = match plan(&shipment, &all, now)? {
                Plan::Unchanged(shipment) => return Ok(shipment.staff_view()),
                Plan::Write { changes, shown, split_off } => (changes, shown, split_off),
            };
            if self.store(changes, split_off, shipment.order_id, now).await? {
                return Ok(self.shipment(shown).await?.staff_view());
            }
        }
        Err(changed_meanwhile())
    }

    /// Stores changes of shipments of an order with their events. Returns false when a shipment was changed meanwhile.
    async fn store(
        &self,
        changes: Vec<ShipmentChange>,
        split_off: Option<NewShipment>,
        order: OrderId,
        now: Timestamp,
    ) -> Result<bool, Problem> {
        let write = ShipmentWrite { events: self.events(&changes, order, now)?, changes, split_off };
        Ok(self.store.write_shipments(&write).await?)
    }

    /// Returns an event for each shipment that is moved, and one if items or tracking of others change.
    ///
    /// The time is that of the change, also where a carrier reports an earlier one: periods that begin with a delivery must not be
    /// shorter than the law wants because a report came late.
    fn events(&self, changes: &[ShipmentChange], order_id: OrderId, at: Timestamp) -> Result<Vec<Event>, Problem> {
        let mut events = Vec::new();
        for ShipmentChange { status_before, shipment, record } in changes {
            let (shipment_id, status) = (shipment.id, shipment.status);
            // A carrier also reports what does not move a shipment.
            if record.is_some() && *status_before != status {
                events.push(self.event(&ShipmentMoved { order_id, shipment_id, status, at })?);
            }
        }
        if changes.iter().any(|change| change.record.is_none()) {
            events.push(self.event(&ShipmentsChanged { order_id })?);
        }
        Ok(events)
    }

    async fn shipment(&self, id: ShipmentId) -> Result<Shipment, Problem> {
        let missing = || problem::NOT_FOUND.detail("No shipment has this id.");
        self.store.shipment(id).await?.ok_or_else(missing)
    }

    fn new_split(&self, of: &Shipment, lines: Vec<ShipmentLine>, step_key: String, at: Timestamp) -> NewShipment {
        let place = of.details.place.clone();
        let details = ShipmentDetails {
            order_number: of.details.order_number.clone(),
            lines,
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
            booking: manual::booking(&self.system, place, of.estimated_delivery),
            details,
        }
    }

    fn event(&self, data: &impl EventData) -> Result<Event, Problem> {
        Event::new(&self.system, "shipping", data).map_err(Problem::internal)
    }
}

fn changed_meanwhile() -> Problem {
    problem::CONFLICT.detail("The shipment was changed at the same time. Load it again.")
}

fn refused(refusal: Refusal) -> Problem {
    SHIPMENT_UNCHANGEABLE.detail(refusal.to_string())
}

/// The effect of a request on the shipments of an order.
enum Plan {
    /// The request was carried out before.
    Unchanged(Shipment),
    Write {
        changes: Vec<ShipmentChange>,
        /// The shipment that the response shows.
        shown: ShipmentId,
        split_off: Option<NewShipment>,
    },
}
