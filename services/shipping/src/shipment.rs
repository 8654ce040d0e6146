//! Shipments and their tracking.

use crate::zones::Speed;
use contracts::shipping::{ShipmentStatus, ShipmentView};
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

/// A kind of checkpoint that the API can describe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckpointKind {
    LabelCreated,
    PickedUp,
    Sorted,
    EnteredCountry(Country),
    ArrivedAtDepot,
    OutForDelivery,
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
