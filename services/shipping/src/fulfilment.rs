//! The work of people on shipments: packing, handing over to a carrier, and splitting; and what carriers report of them.
//!
//! Pure: a change takes a shipment as it is and returns it as it becomes, or the reason why it is refused. A repeated change
//! is `None`: nothing is left to do.

use crate::shipment::{CheckpointKind, Shipment, ShipmentChange, TrackingCheckpoint, TrackingRecord};
use contracts::shipping::{CarrierEvent, CarrierStatus, CarrierTracking, ShipmentLine, ShipmentStatus};
use contracts::{Quantity, Sku};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// The largest number of shipments of an order.
pub const MAX_SHIPMENTS: usize = 100;

/// The reason why a change is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The carrier of the shipment reports by itself.
    #[error("This carrier reports by itself, so its shipments are not changed by people.")]
    ReportedByCarrier,
    /// The shipment has left.
    #[error("The shipment has left. Correct its tracking, or take the items back as a return.")]
    HasLeft,
    /// The shipment has not left yet.
    #[error("The shipment has not left yet. Mark it as shipped first.")]
    HasNotLeft,
    /// The shipment was cancelled.
    #[error("The shipment is cancelled.")]
    Cancelled,
    /// The order has as many shipments as an order can have.
    #[error("An order has at most {MAX_SHIPMENTS} shipments, cancelled ones included.")]
    TooManyShipments,
    /// The order has no other shipment that the items can go to.
    #[error("This is the only open shipment of its order. Cancel the order, if nothing is to be shipped.")]
    OnlyShipment,
}

/// The reason why a shipment cannot be split.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SplitError {
    /// The shipment is in a status that does not allow it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The shipment has fewer units of a SKU.
    #[error("The shipment has fewer units of {0}.")]
    TooMany(Sku),
    /// Nothing is split off, or nothing would be left.
    #[error("A part of the items must be split off, and a part must be left.")]
    NotAPart,
    /// The items are not known, because an earlier version created the shipment.
    #[error("The items of this shipment are not known, because an earlier version created it.")]
    UnknownItems,
}

/// Marks a shipment as packed.
///
/// # Errors
/// When it has left or is cancelled.
pub fn pack(shipment: &Shipment, now: Timestamp) -> Result<Option<ShipmentChange>, Refusal> {
    match open_status(shipment)? {
        ShipmentStatus::Packed => Ok(None),
        _ => Ok(Some(moved(shipment, ShipmentStatus::Packed, CheckpointKind::Packed, now))),
    }
}

/// Marks a shipment as handed over to a carrier.
///
/// # Errors
/// When it has left under another number, or is cancelled.
pub fn ship(
    shipment: &Shipment,
    tracking: &CarrierTracking,
    now: Timestamp,
) -> Result<Option<ShipmentChange>, Refusal> {
    if shipment.status == ShipmentStatus::InTransit && shipment.details.tracking.as_ref() == Some(tracking) {
        return Ok(None);
    }
    open_status(shipment)?;
    let mut change = moved(shipment, ShipmentStatus::InTransit, CheckpointKind::PickedUp, now);
    change.shipment.details.tracking = Some(tracking.clone());
    Ok(Some(change))
}

/// Corrects the carrier or the tracking number of a shipment that has left.
///
/// # Errors
/// When it has not left, or is cancelled.
pub fn correct_tracking(shipment: &Shipment, tracking: &CarrierTracking) -> Result<Option<ShipmentChange>, Refusal> {
    match shipment.status {
        ShipmentStatus::Announced | ShipmentStatus::Packed => return Err(Refusal::HasNotLeft),
        ShipmentStatus::Cancelled => return Err(Refusal::Cancelled),
        ShipmentStatus::InTransit | ShipmentStatus::OutForDelivery | ShipmentStatus::Delivered => {}
    }
    // What a carrier reports by itself has no tracking of a person.
    let Some(known) = &shipment.details.tracking else { return Err(Refusal::ReportedByCarrier) };
    if known == tracking {
        return Ok(None);
    }
    let mut change = unmoved(shipment, shipment.status);
    change.shipment.details.tracking = Some(tracking.clone());
    Ok(Some(change))
}

/// Marks a shipment as delivered.
///
/// # Errors
/// When it has not left, is cancelled, or its carrier reports by itself.
pub fn deliver(shipment: &Shipment, now: Timestamp) -> Result<Option<ShipmentChange>, Refusal> {
    if !shipment.is_manual() {
        return Err(Refusal::ReportedByCarrier);
    }
    match shipment.status {
        ShipmentStatus::Delivered => Ok(None),
        ShipmentStatus::InTransit | ShipmentStatus::OutForDelivery => {
            let mut change = moved(shipment, ShipmentStatus::Delivered, CheckpointKind::Delivered, now);
            change.shipment.estimated_delivery = now;
            Ok(Some(change))
        }
        ShipmentStatus::Announced | ShipmentStatus::Packed => Err(Refusal::HasNotLeft),
        ShipmentStatus::Cancelled => Err(Refusal::Cancelled),
    }
}

/// Records an event that the carrier of a shipment reports. Events may come late, in any order, and several times; the status
/// never goes back. `records` are the checkpoints that the shipment has passed.
///
/// # Errors
/// When it is cancelled, or has a carrier that does not report by webhook.
pub fn record_event(
    shipment: &Shipment,
    records: &[TrackingRecord],
    event: &CarrierEvent,
) -> Result<Option<ShipmentChange>, Refusal> {
    if !shipment.is_manual() {
        return Err(Refusal::ReportedByCarrier);
    }
    if shipment.status == ShipmentStatus::Cancelled {
        return Err(Refusal::Cancelled);
    }
    // Nothing can happen to a shipment before it exists.
    let at = event.occurred_at.max(shipment.details.created_at);
    let reported = event.status.shipment_status().unwrap_or(shipment.status);
    let checkpoint = TrackingCheckpoint {
        status: reported,
        place: event.place.as_ref().map(|place| place.as_str().to_owned()).unwrap_or_default(),
        kind: checkpoint_kind(event.status),
        text: event.description.as_ref().map(|text| text.as_str().to_owned()),
    };
    let record = TrackingRecord { at, checkpoint };
    if records.iter().any(|known| is_same_event(known, &record)) {
        return Ok(None);
    }
    // Carriers report the end of the way back as a delivery, too. The customer does not have the parcel.
    let is_returned = records.iter().any(|known| known.checkpoint.kind == Some(CheckpointKind::ReturnedToSender));
    let status = if is_returned { shipment.status } else { shipment.status.max(reported) };
    let mut change = unmoved(shipment, status);
    if change.shipment.status == ShipmentStatus::Delivered && shipment.status != ShipmentStatus::Delivered {
        change.shipment.estimated_delivery = at;
    }
    // The first scan of a parcel that nobody has marked as shipped.
    if change.shipment.status >= ShipmentStatus::InTransit && change.shipment.details.tracking.is_none() {
        let tracking_number = Some(event.tracking_number.clone());
        let tracking = CarrierTracking { carrier: event.carrier.clone(), tracking_number, tracking_url: None };
        change.shipment.details.tracking = Some(tracking);
    }
    change.record = Some(record);
    Ok(Some(change))
}

/// Returns true if both are of one event. The status is not compared: that of a problem is the shipment's own, which moves on.
fn is_same_event(a: &TrackingRecord, b: &TrackingRecord) -> bool {
    let key = |record: &TrackingRecord| {
        let TrackingCheckpoint { place, kind, text, status: _ } = &record.checkpoint;
        (record.at, place.clone(), *kind, text.clone())
    };
    key(a) == key(b)
}

/// Returns the kind of checkpoint of a carrier's status; `None` where the status of the shipment describes it.
const fn checkpoint_kind(status: CarrierStatus) -> Option<CheckpointKind> {
    match status {
        CarrierStatus::LabelCreated => Some(CheckpointKind::LabelCreated),
        CarrierStatus::InTransit => None,
        CarrierStatus::OutForDelivery => Some(CheckpointKind::OutForDelivery),
        CarrierStatus::AwaitingPickup => Some(CheckpointKind::AwaitingPickup),
        CarrierStatus::Delivered => Some(CheckpointKind::Delivered),
        CarrierStatus::DeliveryFailed => Some(CheckpointKind::DeliveryFailed),
        CarrierStatus::Exception => Some(CheckpointKind::Exception),
        CarrierStatus::ReturnedToSender => Some(CheckpointKind::ReturnedToSender),
    }
}

/// Takes items out of a shipment, which has to be packed again. Returns the change, and the items with one line for each SKU.
///
/// # Errors
/// When the shipment has left, or the items are not a part of its own.
pub fn split(shipment: &Shipment, lines: &[ShipmentLine]) -> Result<(ShipmentChange, Vec<ShipmentLine>), SplitError> {
    open_status(shipment)?;
    if shipment.details.lines.is_empty() {
        return Err(SplitError::UnknownItems);
    }
    let (mut rest, taken) = (units(&shipment.details.lines), units(lines));
    for (sku, count) in &taken {
        match rest.get_mut(sku) {
            Some(left) if *left >= *count => *left -= count,
            _ => return Err(SplitError::TooMany(sku.clone())),
        }
    }
    rest.retain(|_, left| *left > 0);
    if taken.is_empty() || rest.is_empty() {
        return Err(SplitError::NotAPart);
    }
    let mut change = unmoved(shipment, ShipmentStatus::Announced);
    change.shipment.details.lines = shipment_lines(rest);
    Ok((change, shipment_lines(taken)))
}

/// Cancels an open shipment and puts its items into another one of the order, which has to be packed again.
///
/// # Errors
/// When the shipment has left, or the order has no other open one.
pub fn merge(shipment: &Shipment, others: &[Shipment], now: Timestamp) -> Result<[ShipmentChange; 2], Refusal> {
    open_status(shipment)?;
    let is_open = |other: &&Shipment| other.id != shipment.id && open_status(other).is_ok();
    let into = others.iter().find(is_open).ok_or(Refusal::OnlyShipment)?;
    let all = [into.details.lines.as_slice(), &shipment.details.lines].concat();
    let mut extended = unmoved(into, ShipmentStatus::Announced);
    extended.shipment.details.lines = shipment_lines(units(&all));
    let mut cancelled = moved(shipment, ShipmentStatus::Cancelled, CheckpointKind::Cancelled, now);
    cancelled.shipment.details.lines.clear();
    Ok([cancelled, extended])
}

/// Returns the status of a shipment that has not left and that people work on.
fn open_status(shipment: &Shipment) -> Result<ShipmentStatus, Refusal> {
    match shipment.status {
        ShipmentStatus::Cancelled => Err(Refusal::Cancelled),
        _ if !shipment.is_manual() => Err(Refusal::ReportedByCarrier),
        status @ (ShipmentStatus::Announced | ShipmentStatus::Packed) => Ok(status),
        ShipmentStatus::InTransit | ShipmentStatus::OutForDelivery | ShipmentStatus::Delivered => Err(Refusal::HasLeft),
    }
}

/// Changes a shipment that passes a checkpoint.
fn moved(shipment: &Shipment, status: ShipmentStatus, kind: CheckpointKind, at: Timestamp) -> ShipmentChange {
    let place = shipment.details.place.clone();
    let checkpoint = TrackingCheckpoint { status, place, kind: Some(kind), text: None };
    ShipmentChange { record: Some(TrackingRecord { at, checkpoint }), ..unmoved(shipment, status) }
}

/// Changes a shipment that stays where it is.
fn unmoved(shipment: &Shipment, status: ShipmentStatus) -> ShipmentChange {
    let after = Shipment { status, ..shipment.clone() };
    ShipmentChange { status_before: shipment.status, shipment: after, record: None }
}

fn units(lines: &[ShipmentLine]) -> BTreeMap<Sku, u32> {
    let mut units = BTreeMap::new();
    for line in lines {
        *units.entry(line.sku.clone()).or_default() += line.quantity.get();
    }
    units
}

/// Returns a line for each SKU. An order has one line for a SKU, so its units fit a quantity.
fn shipment_lines(units: BTreeMap<Sku, u32>) -> Vec<ShipmentLine> {
    let line = |(sku, count)| Some(ShipmentLine { sku, quantity: Quantity::new(count)? });
    units.into_iter().filter_map(line).collect()
}
