//! The mapping of orders to columns, the same in every SQL database.

use crate::order::Order;
use chassis::StoreError;
use contracts::OrderId;

/// The number of attempts after which an email is given up.
pub const MAX_MAIL_TRIES: i64 = 30;

/// Reads an order from its document.
pub fn order_from(document: &str) -> Result<Order, StoreError> {
    Ok(serde_json::from_str(document)?)
}

/// Returns the exclusive upper bound of ids for a page.
pub fn upper_bound(before: Option<OrderId>) -> String {
    // Ids are hexadecimal, so "g" sorts after all of them.
    before.map_or("g".to_owned(), |id| id.to_string())
}

/// Returns the exclusive lower bound of ids for a page.
pub fn lower_bound(after: Option<OrderId>) -> String {
    after.map_or_else(String::new, |id| id.to_string())
}

/// Converts the size of a page to the type that the databases take.
pub fn row_limit(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

/// Returns the number of emails as the column that counts them takes it.
pub fn mail_count(mails: usize) -> i64 {
    i64::try_from(mails).unwrap_or(i64::MAX)
}
