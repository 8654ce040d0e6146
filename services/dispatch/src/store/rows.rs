//! How orders and letters stand in rows, whichever database holds them.

use crate::order::Order;
use chassis::StoreError;
use contracts::OrderId;
use contracts::dispatch::OrderStatus;

/// A letter that could not be sent so often is given up.
pub const MAIL_TRIES: i64 = 30;

/// An order of its document.
pub fn order_of(document: &str) -> Result<Order, StoreError> {
    Ok(serde_json::from_str(document)?)
}

/// The name of a status.
pub fn status_name(status: OrderStatus) -> String {
    format!("{status:?}").to_lowercase()
}

/// The upper end of a list: an id, or what comes after all ids.
pub fn below(before: Option<OrderId>) -> String {
    before.map_or("g".to_owned(), |id| id.to_string())
}

/// How many rows a statement may give.
pub fn bounded(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

/// The lower end of a list: an id, or what comes before all ids.
pub fn above(after: Option<OrderId>) -> String {
    after.map_or_else(String::new, |id| id.to_string())
}

/// An id of its text.
pub fn id_of(text: &str) -> Result<OrderId, StoreError> {
    text.parse().map_err(|error| StoreError::Fault(format!("{text:?} is no order's id: {error}")))
}
