//! The stored forms that all databases share: names of settings and statuses.

use chassis::StoreError;
use contracts::shipping::ShipmentStatus;

/// The setting with the place id of the warehouse.
pub const WAREHOUSE: &str = "warehouse";
/// The setting with the shipping prices.
pub const ZONES: &str = "zones";
/// The setting with the version of the loaded gazetteer.
pub const GAZETTEER: &str = "gazetteer";

/// The maximum number of checkpoints that tracking shows.
// A bound on the response, also for carriers that report very often.
pub const MAX_TRACKING_RECORDS: i64 = 100;

/// Returns the stored name of a status.
pub const fn status_name(status: ShipmentStatus) -> &'static str {
    match status {
        ShipmentStatus::Announced => "announced",
        ShipmentStatus::InTransit => "in_transit",
        ShipmentStatus::OutForDelivery => "out_for_delivery",
        ShipmentStatus::Delivered => "delivered",
        ShipmentStatus::Cancelled => "cancelled",
    }
}

/// Reads a stored status.
pub fn parse_status(name: &str) -> Result<ShipmentStatus, StoreError> {
    match name {
        "announced" => Ok(ShipmentStatus::Announced),
        "in_transit" => Ok(ShipmentStatus::InTransit),
        "out_for_delivery" => Ok(ShipmentStatus::OutForDelivery),
        "delivered" => Ok(ShipmentStatus::Delivered),
        "cancelled" => Ok(ShipmentStatus::Cancelled),
        unknown => Err(StoreError::Fault(format!("unknown shipment status \"{unknown}\""))),
    }
}

/// Converts a limit or a count into the integer type of SQL.
pub fn sql_integer(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
