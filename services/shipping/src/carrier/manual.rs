//! The carrier of a shop whose staff report on shipments: a person packs them and hands them to a company of their choice.

use super::{Booking, Carrier, CarrierUpdate, Consignment, tracking_number};
use crate::shipment::{CheckpointKind, DueShipment, MANUAL_CARRIER, TrackingCheckpoint};
use crate::zones::Speed;
use chassis::SystemContext;
use contracts::shipping::{DeliveryDays, ShipmentStatus};
use jiff::{SignedDuration, Timestamp};

/// The delivery time when the order does not state one, as of an order of an earlier version.
const fn usual_days(speed: Speed) -> DeliveryDays {
    match speed {
        Speed::Standard => DeliveryDays { min: 2, max: 5 },
        Speed::Express => DeliveryDays { min: 1, max: 2 },
    }
}

/// A carrier that waits for people to report.
#[derive(Debug, Clone, Copy)]
pub struct ManualCarrier;

/// Books a shipment that is to be packed at a place.
pub fn booking(system: &SystemContext, place: String, estimated_delivery: Timestamp) -> Booking {
    Booking {
        tracking_number: tracking_number::generate(system),
        checkpoint: TrackingCheckpoint {
            status: ShipmentStatus::Announced,
            place,
            kind: Some(CheckpointKind::ToBePacked),
            text: None,
        },
        planned: Vec::new(),
        next_update_at: None,
        estimated_delivery,
    }
}

impl Carrier for ManualCarrier {
    fn name(&self) -> &str {
        MANUAL_CARRIER
    }

    fn announce(&self, consignment: &Consignment<'_>, system: &SystemContext) -> Booking {
        let days = consignment.request.estimated_days.unwrap_or_else(|| usual_days(consignment.speed)).max;
        let delivery = consignment.at.saturating_add(SignedDuration::from_hours(24 * i64::from(days)));
        booking(system, consignment.route.origin.name.clone(), delivery.unwrap_or(Timestamp::MAX))
    }

    fn next_update(&self, _: &DueShipment, _: Timestamp) -> Option<CarrierUpdate> {
        None
    }

    fn parse_tracking_number(&self, typed: &str) -> Option<String> {
        tracking_number::parse(typed)
    }
}
