//! The stored forms that all databases share: names of settings and statuses.

use crate::shipment::ShipmentDetails;
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

/// Reads a stored status.
pub fn parse_status(name: &str) -> Result<ShipmentStatus, StoreError> {
    match name {
        "announced" => Ok(ShipmentStatus::Announced),
        "packed" => Ok(ShipmentStatus::Packed),
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

/// Separates a step from what makes a shipment that was split off unique.
const SPLIT_MARK: char = '#';

/// Returns the step key of a shipment that is split off another one, the same for a repeated request.
pub fn split_key(step_key: &str, request: &str) -> String {
    format!("{}{SPLIT_MARK}{request}", announced_step(step_key))
}

/// Returns the step that announced a shipment, or the one that it was split off.
pub fn announced_step(step_key: &str) -> &str {
    step_key.split_once(SPLIT_MARK).map_or(step_key, |(step, _)| step)
}

/// Reads the details of a shipment; those of earlier versions have none.
pub fn parse_details(stored: Option<&str>) -> Result<ShipmentDetails, StoreError> {
    Ok(stored.map(serde_json::from_str).transpose()?.unwrap_or_default())
}
