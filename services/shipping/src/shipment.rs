//! Shipments: the way a parcel takes, and what may still be done to it.

use crate::places::Place;
use crate::zones::Speed;
use contracts::shipping::{ShipmentStatus, ShipmentView, TrackingEvent};
use contracts::{OrderId, ShipmentId};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// Who carries the parcels.
pub const CARRIER: &str = "ShopStack Parcel";

/// A stop on a parcel's way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stop {
    /// Where the parcel then stands.
    pub status: ShipmentStatus,
    /// Where.
    pub place: String,
    /// For people.
    pub text: String,
}

impl Stop {
    fn new(status: ShipmentStatus, place: &Place, text: impl Into<String>) -> Self {
        Self { status, place: place.name.clone(), text: text.into() }
    }

    /// What happened, as tracking tells it.
    pub fn event(&self, at: Timestamp) -> TrackingEvent {
        TrackingEvent { at, status: self.status, place: self.place.clone(), text: self.text.clone() }
    }
}

/// Where a parcel goes: from the warehouse through the largest town of each country it touches.
pub struct Way<'places> {
    /// The warehouse's town.
    pub from: &'places Place,
    /// The largest town of the warehouse's country.
    pub hub: &'places Place,
    /// Where the parcel enters another country, with that country's name; none within one.
    pub entry: Option<(&'places Place, String)>,
    /// The town it goes to.
    pub to: &'places Place,
}

impl Way<'_> {
    /// What is known once the carrier has been told.
    pub fn start(&self) -> Stop {
        Stop::new(ShipmentStatus::Announced, self.from, "The carrier expects the parcel")
    }

    /// The stops that follow, in order; delivery is the last.
    pub fn stops(&self) -> Vec<Stop> {
        use ShipmentStatus::{Delivered, InTransit, OutForDelivery};
        let mut stops = vec![
            Stop::new(InTransit, self.from, "Picked up at the warehouse"),
            Stop::new(InTransit, self.hub, "Sorted in the parcel centre"),
        ];
        if let Some((place, country)) = &self.entry {
            stops.push(Stop::new(InTransit, place, format!("Arrived in {country}")));
        }
        stops.extend([
            Stop::new(InTransit, self.to, "Arrived at the delivery depot"),
            Stop::new(OutForDelivery, self.to, "Out for delivery"),
            Stop::new(Delivered, self.to, "Delivered"),
        ]);
        stops
    }
}

/// A parcel to be announced. Whom it goes to is not kept: nothing here needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Announcement {
    /// The shipment.
    pub id: ShipmentId,
    /// The order.
    pub order_id: OrderId,
    /// The caller's step: with the order, what makes a second announcement the same.
    pub step_key: String,
    /// Its tracking number.
    pub number: String,
    /// The way of shipping.
    pub speed: Speed,
    /// What is known at once.
    pub start: Stop,
    /// The stops ahead.
    pub stops: Vec<Stop>,
    /// When it was announced.
    pub at: Timestamp,
    /// When it moves on.
    pub due: Timestamp,
    /// When it should arrive.
    pub arrival: Timestamp,
}

/// A parcel that is due to move on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parcel {
    /// The shipment.
    pub id: ShipmentId,
    /// The order.
    pub order_id: OrderId,
    /// The way of shipping.
    pub speed: Speed,
    /// How many stops it has passed.
    pub passed: usize,
    /// All its stops.
    pub stops: Vec<Stop>,
}

/// A parcel's step from one stop to the next.
#[derive(Debug, Clone, PartialEq)]
pub struct Movement {
    /// The shipment.
    pub id: ShipmentId,
    /// How many stops it has passed before. It moves only if that is still so.
    pub passed: usize,
    /// Where it comes to.
    pub stop: Stop,
    /// When.
    pub at: Timestamp,
    /// When it moves on; never again once it is delivered.
    pub due: Option<Timestamp>,
    /// When it should arrive.
    pub arrival: Timestamp,
    /// What the other services hear of it.
    pub event: events::Event,
}

/// What became of an announcement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Announced {
    /// There is such a shipment, now or since before.
    Shipment(ShipmentView),
    /// It was cancelled; there is no parcel and will be none.
    Cancelled,
}

/// What became of a cancellation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cancellation {
    /// There will be no parcel.
    Cancelled,
    /// It has left.
    AlreadyShipped,
}

/// How long a parcel takes from one stop to the next: express half as long.
pub fn step(speed: Speed, pace: SignedDuration) -> SignedDuration {
    match speed {
        Speed::Standard => pace,
        Speed::Express => (pace / 2).max(SignedDuration::from_secs(1)),
    }
}

/// The moment after `steps` steps; the end of the calendar at most.
pub fn after(at: Timestamp, step: SignedDuration, steps: usize) -> Timestamp {
    let steps = i32::try_from(steps).unwrap_or(i32::MAX);
    at.saturating_add(step.saturating_mul(steps)).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::places::Point;
    use contracts::PlaceId;

    fn place(name: &str) -> Place {
        let at = Point { latitude: 0, longitude: 0 };
        Place { id: PlaceId(1), name: name.into(), region: String::new(), country: "DE".parse().unwrap(), at }
    }

    #[test]
    fn a_parcel_within_the_country_is_sorted_once_and_one_abroad_passes_the_border() {
        let [from, hub, far, to] = ["Potsdam", "Berlin", "Paris", "Nice"].map(place);
        let abroad = Way { from: &from, hub: &hub, entry: Some((&far, "France".into())), to: &to }.stops();
        let names: Vec<&str> = abroad.iter().map(|stop| stop.place.as_str()).collect();
        assert_eq!(names, ["Potsdam", "Berlin", "Paris", "Nice", "Nice", "Nice"]);
        assert_eq!(abroad[2].text, "Arrived in France");
        let within = Way { from: &from, hub: &hub, entry: None, to: &hub }.stops();
        assert_eq!(within.len(), 5);
        assert_eq!(within.last().unwrap().status, ShipmentStatus::Delivered);
    }

    #[test]
    fn express_takes_half_the_time_and_never_none() {
        assert_eq!(step(Speed::Express, SignedDuration::from_secs(20)), SignedDuration::from_secs(10));
        assert_eq!(step(Speed::Express, SignedDuration::from_secs(1)), SignedDuration::from_secs(1));
        assert_eq!(after(Timestamp::MAX, SignedDuration::from_hours(1), 9), Timestamp::MAX);
    }
}
