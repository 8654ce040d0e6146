//! The interface to carriers, and the carriers that a shop has.
//!
//! A carrier decides and performs no I/O: the service stores what it returns. A carrier that reports by itself names the
//! time of its next update, and [`crate::workers::tracking`] asks for it then.

pub mod manual;
pub mod simulated;
pub mod tracking_number;

pub use crate::shipment::{Booking, CarrierUpdate};

use crate::places::Place;
use crate::shipment::DueShipment;
use crate::zones::Speed;
use chassis::SystemContext;
use contracts::shipping::ShipmentRequest;
use jiff::Timestamp;
use std::sync::Arc;
use std::time::Duration;

/// The time between two checks for due updates, for carriers that need no shorter one.
const POLL_INTERVAL: Duration = Duration::from_secs(60);

/// A carrier: it takes shipments at the warehouse and brings them to customers.
pub trait Carrier: Send + Sync + 'static {
    /// Returns the name that is stored with each shipment and shown to customers. It must not change, because shipments in
    /// transit are matched to their carrier by it.
    fn name(&self) -> &str;

    /// Accepts a shipment. For a repeated announcement it is called again and its booking is dropped, so it must not have
    /// side effects.
    fn announce(&self, consignment: &Consignment<'_>, system: &SystemContext) -> Booking;

    /// Returns the update that is due for a shipment of this carrier, or `None` when the carrier has nothing to report.
    fn next_update(&self, shipment: &DueShipment, now: Timestamp) -> Option<CarrierUpdate>;

    /// Returns the tracking number that a customer typed, in the form in which it is stored, or `None` when it cannot be
    /// one of this carrier's.
    fn parse_tracking_number(&self, typed: &str) -> Option<String>;

    /// Returns the time between two checks for due updates.
    fn poll_interval(&self) -> Duration {
        POLL_INTERVAL
    }
}

/// A shipment to be handed to a carrier.
pub struct Consignment<'a> {
    /// The request, with address and weight for the label.
    pub request: &'a ShipmentRequest,
    pub speed: Speed,
    pub route: Route<'a>,
    /// The time of the announcement.
    pub at: Timestamp,
}

/// The places on the way from the warehouse to the customer.
pub struct Route<'a> {
    pub origin: &'a Place,
    /// The largest town of the warehouse's country.
    pub origin_hub: &'a Place,
    /// The largest town of the destination's country; `None` for a domestic shipment.
    pub destination_hub: Option<&'a Place>,
    pub destination: &'a Place,
}

/// The carriers of a shop: the one that takes new shipments, and those that still have earlier ones in transit.
#[derive(Clone)]
pub struct Carriers {
    current: Arc<dyn Carrier>,
    earlier: Vec<Arc<dyn Carrier>>,
}

impl Carriers {
    /// Creates the set with the carrier of new shipments.
    pub fn new(current: impl Carrier) -> Self {
        Self { current: Arc::new(current), earlier: Vec::new() }
    }

    /// Adds a carrier that takes no new shipments.
    #[must_use]
    pub fn with_earlier(mut self, carrier: impl Carrier) -> Self {
        self.earlier.push(Arc::new(carrier));
        self
    }

    /// The carrier of new shipments.
    pub fn current(&self) -> &dyn Carrier {
        &*self.current
    }

    /// Finds a carrier by its name.
    pub fn find(&self, name: &str) -> Option<&dyn Carrier> {
        self.all().find(|carrier| carrier.name() == name)
    }

    /// Returns the tracking numbers that a customer may mean: at most one of each carrier.
    pub fn parse_tracking_number(&self, typed: &str) -> Vec<String> {
        let mut numbers: Vec<String> = self.all().filter_map(|carrier| carrier.parse_tracking_number(typed)).collect();
        // Two carriers may use the same format; one lookup is enough then.
        numbers.dedup();
        numbers
    }

    /// Returns the shortest poll interval of all carriers.
    pub fn poll_interval(&self) -> Duration {
        self.all().map(Carrier::poll_interval).min().unwrap_or(POLL_INTERVAL)
    }

    fn all(&self) -> impl Iterator<Item = &dyn Carrier> {
        std::iter::once(&*self.current).chain(self.earlier.iter().map(|carrier| &**carrier))
    }
}
