//! Shipments and their tracking.

use crate::zones::Speed;
use contracts::shipping::{CarrierTracking, ShipmentLine, ShipmentStatus, ShipmentView, StaffShipment};
use contracts::{Country, OrderId, ShipmentId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A point in the life of a shipment. Its text for customers is rendered by the API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrackingCheckpoint {
    pub status: ShipmentStatus,
    /// The name of the town.
    pub place: String,
    /// The kind; missing in what earlier versions stored, and where the carrier describes the checkpoint itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<CheckpointKind>,
    /// The carrier's own description. Earlier versions stored an English text for every checkpoint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// The stored name of the carrier whose shipments people report on.
pub const MANUAL_CARRIER: &str = "manual";

/// A shipment as it is stored, without its checkpoints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shipment {
    pub id: ShipmentId,
    pub order_id: OrderId,
    /// The caller's step, or that of the shipment that this one was split off.
    pub step_key: String,
    /// The shop's tracking number.
    pub tracking_number: String,
    pub speed: Speed,
    /// The name of the carrier, see [`crate::carrier::Carrier::name`].
    pub carrier: String,
    pub status: ShipmentStatus,
    /// The number of changes since the announcement.
    pub version: u64,
    pub estimated_delivery: Timestamp,
    pub details: ShipmentDetails,
}

impl Shipment {
    /// Returns true if people report on the shipment.
    pub fn is_manual(&self) -> bool {
        self.carrier == MANUAL_CARRIER
    }

    /// Returns the number under which the carrier tracks the shipment, when a person or the carrier has said so.
    pub fn carrier_number(&self) -> Option<&str> {
        Some(self.details.tracking.as_ref()?.tracking_number.as_ref()?.as_str())
    }

    /// Returns true if the shipment has left with the carrier of this name.
    pub fn is_carried_by(&self, name: &str) -> bool {
        self.details.tracking.as_ref().is_some_and(|tracking| tracking.carrier.as_str().eq_ignore_ascii_case(name))
    }

    /// Returns the shipment as customers see it.
    pub fn view(self) -> ShipmentView {
        ShipmentView {
            id: self.id,
            order_id: self.order_id,
            number: self.tracking_number,
            carrier: shown_carrier(&self.carrier, self.details.tracking.as_ref()),
            status: self.status,
            lines: self.details.lines,
            tracking: self.details.tracking,
            version: self.version,
        }
    }

    /// Returns the shipment as staff see it.
    pub fn staff_view(self) -> StaffShipment {
        StaffShipment {
            order_number: self.details.order_number.clone(),
            option: self.speed.as_str().to_owned(),
            created_at: self.details.created_at,
            shipment: self.view(),
        }
    }
}

/// Returns the name of the carrier for customers. A shipment that people are still to ship has none.
pub fn shown_carrier(stored: &str, tracking: Option<&CarrierTracking>) -> String {
    match tracking {
        Some(tracking) => tracking.carrier.as_str().to_owned(),
        None if stored == MANUAL_CARRIER => String::new(),
        None => stored.to_owned(),
    }
}

/// The part of a shipment that is stored as a document. Shipments of earlier versions have none.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ShipmentDetails {
    /// The number of the order.
    #[serde(default)]
    pub order_number: String,
    /// The items; empty when they are not known.
    #[serde(default)]
    pub lines: Vec<ShipmentLine>,
    /// The name of the warehouse's town.
    #[serde(default)]
    pub place: String,
    /// The tracking at the carrier of a shipment that a person has sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tracking: Option<CarrierTracking>,
    /// The time of the announcement; 1970 when it is not known.
    #[serde(default)]
    pub created_at: Timestamp,
}

/// Separates a step from what makes a shipment that was split off unique.
const SPLIT_MARK: char = '#';

/// Returns the step key of a shipment that a request splits off one with this step key.
pub fn split_key(step_key: &str, request: &str) -> String {
    format!("{}{SPLIT_MARK}{request}", announced_step(step_key))
}

/// Returns the step that announced a shipment, or the one that it was split off.
pub fn announced_step(step_key: &str) -> &str {
    step_key.split_once(SPLIT_MARK).map_or(step_key, |(step, _)| step)
}

/// Selects the shipments to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShipmentFilter {
    /// Selects the shipments of all orders.
    All,
    /// Selects the shipments in a status.
    Status(ShipmentStatus),
    /// Selects the shipments of an order.
    Order(OrderId),
}

/// A change of a shipment by a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShipmentChange {
    /// The status before the change.
    pub status_before: ShipmentStatus,
    /// The shipment after the change, with its version before. Nothing is stored when it was changed since.
    pub shipment: Shipment,
    /// The checkpoint that the shipment has passed, when the change moved it.
    pub record: Option<TrackingRecord>,
}

/// Changes of shipments of one order, to be stored as a whole.
#[derive(Debug, Clone)]
pub struct ShipmentWrite {
    pub changes: Vec<ShipmentChange>,
    /// The shipment that was split off.
    pub split_off: Option<NewShipment>,
    /// The events to publish.
    pub events: Vec<events::Event>,
}

/// A kind of checkpoint that the API can describe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckpointKind {
    LabelCreated,
    ToBePacked,
    Packed,
    PickedUp,
    Sorted,
    EnteredCountry(Country),
    ArrivedAtDepot,
    OutForDelivery,
    AwaitingPickup,
    DeliveryFailed,
    Exception,
    ReturnedToSender,
    Delivered,
    Cancelled,
}

/// A checkpoint with the time at which the shipment passed it, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrackingRecord {
    pub at: Timestamp,
    #[serde(flatten)]
    pub checkpoint: TrackingCheckpoint,
}

/// A carrier's acceptance of a shipment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Booking {
    /// The number, unique among the shipments of all carriers.
    pub tracking_number: String,
    /// The first checkpoint. Its status is `Announced`, so that the shipment can be cancelled until the next one.
    pub checkpoint: TrackingCheckpoint,
    /// The checkpoints planned after the first one; empty when the carrier does not know them in advance.
    pub planned: Vec<TrackingCheckpoint>,
    /// The time of the next update; `None` for a carrier that does not report by itself.
    pub next_update_at: Option<Timestamp>,
    pub estimated_delivery: Timestamp,
}

/// A carrier's report on a shipment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CarrierUpdate {
    pub checkpoint: TrackingCheckpoint,
    /// The time of the next update; `None` when there will be none.
    pub next_update_at: Option<Timestamp>,
    pub estimated_delivery: Timestamp,
}

/// A shipment with its tracking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrackedShipment {
    pub tracking_number: String,
    /// The name of the carrier, see [`crate::carrier::Carrier::name`].
    pub carrier: String,
    pub status: ShipmentStatus,
    /// The passed checkpoints, the latest first.
    pub records: Vec<TrackingRecord>,
    pub estimated_delivery: Timestamp,
    /// The tracking at the carrier of a shipment that a person has sent.
    pub tracking: Option<CarrierTracking>,
}

/// A shipment to be stored. The recipient's address is not part of it: only the carrier needs that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewShipment {
    pub id: ShipmentId,
    pub order_id: OrderId,
    /// The caller's step. Together with the order it identifies a repeated announcement.
    pub step_key: String,
    pub speed: Speed,
    /// The name of the carrier, see [`crate::carrier::Carrier::name`].
    pub carrier: String,
    /// The time of the announcement.
    pub at: Timestamp,
    pub booking: Booking,
    pub details: ShipmentDetails,
}

/// A shipment for which an update of its carrier is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueShipment {
    pub id: ShipmentId,
    pub order_id: OrderId,
    /// The name of the carrier, see [`crate::carrier::Carrier::name`].
    pub carrier: String,
    pub speed: Speed,
    /// The number of updates since the announcement.
    pub updates: usize,
    /// All checkpoints planned at the announcement.
    pub planned: Vec<TrackingCheckpoint>,
}

/// An update of a shipment to be stored.
#[derive(Debug, Clone, PartialEq)]
pub struct TrackingUpdate {
    pub shipment_id: ShipmentId,
    /// The number of updates before this one. The update applies only while the stored number is the same, so that of
    /// several workers one stores it.
    pub updates: usize,
    pub at: Timestamp,
    pub update: CarrierUpdate,
    /// The event published with the update.
    pub event: events::Event,
}

/// The outcome of an announcement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AnnounceOutcome {
    /// The shipment exists, since now or since an earlier announcement of the same step.
    Shipment(ShipmentView),
    /// The step was cancelled before, so no shipment is created.
    Cancelled,
}

/// The outcome of a cancellation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CancelOutcome {
    Cancelled,
    /// The carrier has already picked the shipment up.
    AlreadyShipped,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tracking_of_earlier_versions_can_be_read() {
        let stored =
            r#"{"at":"2026-11-22T09:00:00Z","status":"in_transit","place":"Paris","text":"Arrived in France"}"#;
        let record: TrackingRecord = serde_json::from_str(stored).unwrap();
        assert_eq!((record.checkpoint.kind, record.checkpoint.text.as_deref()), (None, Some("Arrived in France")));
        let planned = r#"[{"status":"delivered","place":"Nice","text":"Delivered"}]"#;
        let planned: Vec<TrackingCheckpoint> = serde_json::from_str(planned).unwrap();
        assert_eq!(planned[0].place, "Nice");
    }

    #[test]
    fn stored_kinds_have_stable_names() {
        let france: Country = "FR".parse().unwrap();
        let name = |kind| serde_json::to_string(&kind).unwrap();
        assert_eq!(name(CheckpointKind::LabelCreated), r#""label_created""#);
        assert_eq!(name(CheckpointKind::EnteredCountry(france)), r#"{"entered_country":"FR"}"#);
    }
}
