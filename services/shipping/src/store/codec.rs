//! The stored forms that all databases share: names of settings, and documents.

use crate::shipment::ShipmentDetails;
use chassis::StoreError;

/// The setting with the place id of the warehouse.
pub const WAREHOUSE: &str = "warehouse";
/// The setting with the shipping prices.
pub const ZONES: &str = "zones";
/// The setting with the version of the loaded gazetteer.
pub const GAZETTEER: &str = "gazetteer";

/// The maximum number of checkpoints that tracking shows.
// A bound on the response, also for carriers that report very often.
pub const MAX_TRACKING_RECORDS: i64 = 100;

/// Converts a limit or a count into the integer type of SQL.
pub fn sql_integer(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Reads the details of a shipment; those of earlier versions have none.
pub fn parse_details(stored: Option<&str>) -> Result<ShipmentDetails, StoreError> {
    Ok(stored.map(serde_json::from_str).transpose()?.unwrap_or_default())
}
