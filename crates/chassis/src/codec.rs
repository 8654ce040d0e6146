//! How values stand in databases, whichever it is.

use crate::store::StoreError;
use jiff::Timestamp;

/// A moment as it is stored.
pub fn micros(at: Timestamp) -> i64 {
    at.as_microsecond()
}

/// A stored moment.
///
/// # Errors
/// [`StoreError::Fault`] when the number is outside the calendar.
pub fn moment(micros: i64) -> Result<Timestamp, StoreError> {
    Timestamp::from_microsecond(micros).map_err(|error| StoreError::Fault(error.to_string()))
}

/// A stored text read back into its type.
///
/// # Errors
/// [`StoreError::Fault`] when it does not parse.
pub fn parse<T: std::str::FromStr>(text: &str) -> Result<T, StoreError>
where
    T::Err: std::fmt::Display,
{
    text.parse().map_err(|error| StoreError::Fault(format!("stored value {text:?}: {error}")))
}
