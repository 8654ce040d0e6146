//! The built-in carrier: it moves shipments by the clock, for demonstrations and tests.

use super::{Booking, Carrier, CarrierUpdate, Consignment, Route, tracking_number};
use crate::places::Place;
use crate::shipment::{CheckpointKind, DueShipment, TrackingCheckpoint};
use crate::zones::Speed;
use chassis::SystemContext;
use chassis::config::ConfigError;
use contracts::shipping::ShipmentStatus;
use jiff::{SignedDuration, Timestamp};
use std::time::Duration;

const MIN_PACE: SignedDuration = SignedDuration::from_secs(1);
const MIN_POLL_INTERVAL: Duration = Duration::from_secs(1);
const MAX_POLL_INTERVAL: Duration = Duration::from_secs(60);

/// A carrier whose shipments pass their planned checkpoints at a fixed pace.
#[derive(Debug, Clone, Copy)]
pub struct SimulatedCarrier {
    pace: SignedDuration,
}

impl SimulatedCarrier {
    /// The name stored with its shipments.
    pub const NAME: &'static str = "ShopStack Parcel";

    /// Creates the carrier. A standard shipment takes `pace` from checkpoint to checkpoint, an express one half of it.
    ///
    /// # Errors
    /// When `pace` is shorter than one second.
    pub fn new(pace: SignedDuration) -> Result<Self, ConfigError> {
        // Shorter steps would only be limited by the poll interval.
        if pace < MIN_PACE {
            return Err(ConfigError::new("the carrier pace must be at least one second"));
        }
        Ok(Self { pace })
    }

    fn step(&self, speed: Speed) -> SignedDuration {
        match speed {
            Speed::Standard => self.pace,
            Speed::Express => (self.pace / 2).max(MIN_PACE),
        }
    }
}

impl Carrier for SimulatedCarrier {
    fn name(&self) -> &str {
        Self::NAME
    }

    fn announce(&self, consignment: &Consignment<'_>, system: &SystemContext) -> Booking {
        let (step, planned) = (self.step(consignment.speed), plan(&consignment.route));
        Booking {
            tracking_number: tracking_number::generate(system),
            checkpoint: checkpoint(ShipmentStatus::Announced, consignment.route.origin, CheckpointKind::LabelCreated),
            next_update_at: Some(after(consignment.at, step, 1)),
            estimated_delivery: after(consignment.at, step, planned.len()),
            planned,
        }
    }

    fn next_update(&self, shipment: &DueShipment, now: Timestamp) -> Option<CarrierUpdate> {
        let checkpoint = shipment.planned.get(shipment.updates)?.clone();
        let remaining = shipment.planned.len() - shipment.updates - 1;
        let step = self.step(shipment.speed);
        // From the present, not from the due time: after a long outage a shipment still passes one checkpoint per step,
        // and the estimate moves with it.
        Some(CarrierUpdate {
            checkpoint,
            next_update_at: (remaining > 0).then(|| after(now, step, 1)),
            estimated_delivery: after(now, step, remaining),
        })
    }

    fn parse_tracking_number(&self, typed: &str) -> Option<String> {
        tracking_number::parse(typed)
    }

    fn poll_interval(&self) -> Duration {
        // An update is late by up to one poll interval; a quarter of the pace is not noticed.
        (self.pace.unsigned_abs() / 4).clamp(MIN_POLL_INTERVAL, MAX_POLL_INTERVAL)
    }
}

/// Returns the checkpoints after the announcement, in order. The last one is the delivery.
fn plan(route: &Route<'_>) -> Vec<TrackingCheckpoint> {
    use ShipmentStatus::{Delivered, InTransit, OutForDelivery};
    let mut planned = vec![
        checkpoint(InTransit, route.origin, CheckpointKind::PickedUp),
        checkpoint(InTransit, route.origin_hub, CheckpointKind::Sorted),
    ];
    if let Some(hub) = route.destination_hub {
        planned.push(checkpoint(InTransit, hub, CheckpointKind::EnteredCountry(hub.country)));
    }
    planned.extend([
        checkpoint(InTransit, route.destination, CheckpointKind::ArrivedAtDepot),
        checkpoint(OutForDelivery, route.destination, CheckpointKind::OutForDelivery),
        checkpoint(Delivered, route.destination, CheckpointKind::Delivered),
    ]);
    planned
}

fn checkpoint(status: ShipmentStatus, place: &Place, kind: CheckpointKind) -> TrackingCheckpoint {
    TrackingCheckpoint { status, place: place.name.clone(), kind: Some(kind), text: None }
}

/// Returns the time after `steps` steps, at most the end of the calendar.
fn after(at: Timestamp, step: SignedDuration, steps: usize) -> Timestamp {
    let steps = i32::try_from(steps).unwrap_or(i32::MAX);
    at.saturating_add(step.saturating_mul(steps)).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::places::Point;
    use contracts::PlaceId;

    fn place(name: &str, country: &str) -> Place {
        let at = Point { latitude: 0, longitude: 0 };
        Place { id: PlaceId(1), name: name.into(), region: String::new(), country: country.parse().unwrap(), at }
    }

    #[test]
    fn a_domestic_shipment_has_one_hub_and_one_abroad_has_two() {
        let [origin, origin_hub] = ["Potsdam", "Berlin"].map(|name| place(name, "DE"));
        let [abroad_hub, abroad] = ["Paris", "Nice"].map(|name| place(name, "FR"));
        let route = |destination_hub, destination| Route {
            origin: &origin,
            origin_hub: &origin_hub,
            destination_hub,
            destination,
        };
        let planned = plan(&route(Some(&abroad_hub), &abroad));
        let names: Vec<&str> = planned.iter().map(|checkpoint| checkpoint.place.as_str()).collect();
        assert_eq!(names, ["Potsdam", "Berlin", "Paris", "Nice", "Nice", "Nice"]);
        assert_eq!(planned[2].kind, Some(CheckpointKind::EnteredCountry("FR".parse().unwrap())));
        let domestic = plan(&route(None, &origin_hub));
        assert_eq!(domestic.len(), 5);
        assert_eq!(domestic.last().unwrap().status, ShipmentStatus::Delivered);
    }

    #[test]
    fn express_takes_half_the_time_but_at_least_a_second() {
        let step = |seconds| SimulatedCarrier::new(SignedDuration::from_secs(seconds)).unwrap().step(Speed::Express);
        assert_eq!(step(20), SignedDuration::from_secs(10));
        assert_eq!(step(1), SignedDuration::from_secs(1));
        assert_eq!(after(Timestamp::MAX, SignedDuration::from_hours(1), 9), Timestamp::MAX);
    }

    #[test]
    fn a_pace_below_one_second_is_rejected() {
        assert!(SimulatedCarrier::new(SignedDuration::from_millis(999)).is_err());
    }
}
