//! What every implementation stores alike: the names of settings and of where a shipment stands.

use chassis::StoreError;
use contracts::shipping::ShipmentStatus;

/// The setting with the id of the warehouse's town.
pub const WAREHOUSE: &str = "warehouse";
/// The setting with the prices.
pub const ZONES: &str = "zones";
/// The setting with the version of the places that are loaded.
pub const GAZETTEER: &str = "gazetteer";

/// The most events of one parcel that tracking shows.
pub const MOST_EVENTS: i64 = 100;

const NAMES: [(ShipmentStatus, &str); 5] = [
    (ShipmentStatus::Announced, "announced"),
    (ShipmentStatus::InTransit, "in_transit"),
    (ShipmentStatus::OutForDelivery, "out_for_delivery"),
    (ShipmentStatus::Delivered, "delivered"),
    (ShipmentStatus::Cancelled, "cancelled"),
];

/// Where a shipment stands, as it is stored.
pub fn name(status: ShipmentStatus) -> &'static str {
    NAMES.into_iter().find(|(known, _)| *known == status).map_or("", |(_, name)| name)
}

/// Where a shipment stands, as it was stored.
pub fn status(name: &str) -> Result<ShipmentStatus, StoreError> {
    let known = NAMES.into_iter().find(|(_, known)| *known == name);
    known.map(|(status, _)| status).ok_or_else(|| StoreError::Fault(format!("{name:?} is no status of a shipment")))
}

/// A number as a database takes it.
pub fn whole(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
