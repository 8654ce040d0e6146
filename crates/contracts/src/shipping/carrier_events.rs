//! The events that carriers report by webhook.

use super::ShipmentStatus;
use crate::SingleLineText;
use chassis::{ProblemKind, StatusCode};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The signature of a webhook is missing, wrong, or too old.
pub const INVALID_SIGNATURE: ProblemKind =
    ProblemKind::new(StatusCode::BAD_REQUEST, "invalid-signature", "Invalid signature");

/// An event in the transport of a shipment, as its carrier reports it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "carrier": "DHL", "tracking_number": "00340434161094042557", "status": "out_for_delivery",
    "occurred_at": "2026-01-15T08:12:00Z", "place": "Hamburg", "description": "With the courier"
}))]
pub struct CarrierEvent {
    /// The name of the carrier as shown to customers, 1 to 60 characters.
    pub carrier: SingleLineText<60>,
    /// The carrier's tracking number, 1 to 64 characters.
    pub tracking_number: SingleLineText<64>,
    /// The shop's number of the shipment, `SS` and twelve characters, which the label has as its reference. It finds a shipment
    /// that nobody has marked as shipped. Default: null.
    #[serde(default)]
    pub reference: Option<SingleLineText<64>>,
    /// The status that the carrier reports.
    pub status: CarrierStatus,
    /// The time of the event (RFC 3339), not in the future.
    pub occurred_at: Timestamp,
    /// The name of the place, 1 to 100 characters. Default: null, the place is not known.
    #[serde(default)]
    pub place: Option<SingleLineText<100>>,
    /// The carrier's own description, which customers see, 1 to 200 characters. Default: null, a description of the status.
    #[serde(default)]
    pub description: Option<SingleLineText<200>>,
}

/// The status of a shipment in the words of carriers.
///
/// - `label_created`: the label exists; the carrier does not have the parcel yet
/// - `in_transit`: the carrier has picked it up, or it has passed a depot
/// - `out_for_delivery`: the driver is on the way to the recipient
/// - `awaiting_pickup`: it waits at a shop or locker for the recipient
/// - `delivered`: the recipient has received it
/// - `delivery_failed`: the recipient was not found; the carrier tries again
/// - `exception`: it is delayed, damaged or lost
/// - `returned_to_sender`: it is on its way back to the merchant
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CarrierStatus {
    /// The label exists; the carrier does not have the parcel yet.
    LabelCreated,
    /// The carrier has picked it up, or it has passed a depot.
    InTransit,
    /// The driver is on the way to the recipient.
    OutForDelivery,
    /// It waits at a shop or locker for the recipient.
    AwaitingPickup,
    /// The recipient has received it.
    Delivered,
    /// The recipient was not found.
    DeliveryFailed,
    /// It is delayed, damaged or lost.
    Exception,
    /// It is on its way back to the merchant.
    ReturnedToSender,
}

impl CarrierStatus {
    /// Returns the status that a shipment has at least reached when this is reported; `None` where it proves nothing, since a
    /// label or a problem does not mean that the carrier has the parcel.
    pub const fn shipment_status(self) -> Option<ShipmentStatus> {
        match self {
            Self::LabelCreated | Self::Exception => None,
            Self::InTransit | Self::ReturnedToSender => Some(ShipmentStatus::InTransit),
            Self::OutForDelivery | Self::AwaitingPickup | Self::DeliveryFailed => Some(ShipmentStatus::OutForDelivery),
            Self::Delivered => Some(ShipmentStatus::Delivered),
        }
    }
}
