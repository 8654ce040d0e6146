//! The English texts of tracking.

use crate::countries::Countries;
use crate::shipment::{CheckpointKind, TrackedShipment, TrackingCheckpoint};
use contracts::shipping::{ShipmentStatus, Tracking, TrackingEvent};

/// Renders the tracking of a shipment for customers.
pub fn render(mut shipment: TrackedShipment, countries: &Countries) -> Tracking {
    // Carriers may report late. What happened at the same time stays in the order of its reports.
    shipment.records.sort_by_key(|record| std::cmp::Reverse(record.at));
    let events = shipment.records.into_iter().map(|record| TrackingEvent {
        at: record.at,
        status: record.checkpoint.status,
        text: text(&record.checkpoint, countries),
        place: record.checkpoint.place,
    });
    Tracking {
        number: shipment.tracking_number,
        carrier: shipment.carrier,
        status: shipment.status,
        events: events.collect(),
        estimated_delivery: shipment.estimated_delivery,
        carrier_tracking: shipment.tracking,
    }
}

fn text(checkpoint: &TrackingCheckpoint, countries: &Countries) -> String {
    // A stored text is the carrier's own, or the only description that an earlier version stored.
    if let Some(text) = &checkpoint.text {
        return text.clone();
    }
    let text = match checkpoint.kind {
        Some(CheckpointKind::LabelCreated) => "Label created; the carrier is expecting the parcel",
        Some(CheckpointKind::ToBePacked) => "Being prepared",
        Some(CheckpointKind::Packed) => "Packed",
        Some(CheckpointKind::PickedUp) => "Picked up from the warehouse",
        Some(CheckpointKind::Sorted) => "Sorted at the parcel centre",
        Some(CheckpointKind::EnteredCountry(country)) => return format!("Arrived in {}", countries.name(country)),
        Some(CheckpointKind::ArrivedAtDepot) => "Arrived at the delivery depot",
        Some(CheckpointKind::OutForDelivery) => "Out for delivery",
        Some(CheckpointKind::AwaitingPickup) => "Ready to be picked up",
        Some(CheckpointKind::DeliveryFailed) => "Delivery failed; the carrier tries again",
        Some(CheckpointKind::Exception) => "Delayed; the carrier reports a problem",
        Some(CheckpointKind::ReturnedToSender) => "On its way back to the sender",
        Some(CheckpointKind::Delivered) => "Delivered",
        Some(CheckpointKind::Cancelled) => "Shipment cancelled",
        None => match checkpoint.status {
            ShipmentStatus::Announced => "Label created",
            ShipmentStatus::Packed => "Packed",
            ShipmentStatus::InTransit => "In transit",
            ShipmentStatus::OutForDelivery => "Out for delivery",
            ShipmentStatus::Delivered => "Delivered",
            ShipmentStatus::Cancelled => "Shipment cancelled",
        },
    };
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(kind: Option<CheckpointKind>, stored: Option<&str>) -> String {
        let text_of = |checkpoint| text(&checkpoint, &Countries::built_in());
        let status = ShipmentStatus::InTransit;
        text_of(TrackingCheckpoint { status, place: "Nice".into(), kind, text: stored.map(ToOwned::to_owned) })
    }

    #[test]
    fn a_kind_is_described_with_the_name_of_its_country() {
        assert_eq!(rendered(Some(CheckpointKind::EnteredCountry("FR".parse().unwrap())), None), "Arrived in France");
        assert_eq!(rendered(None, None), "In transit");
    }

    #[test]
    fn a_stored_text_is_shown_as_it_is() {
        assert_eq!(rendered(None, Some("Sorted in the parcel centre")), "Sorted in the parcel centre");
    }
}
