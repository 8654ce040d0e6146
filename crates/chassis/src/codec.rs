//! Conversions between values and their stored representation, which is the same in every database.

use crate::store::StoreError;
use jiff::Timestamp;

/// Returns the stored representation of a time: microseconds since 1970.
pub fn micros(at: Timestamp) -> i64 {
    at.as_microsecond()
}

/// Reads a stored time.
///
/// # Errors
/// [`StoreError::Fault`] when the number is out of range.
pub fn moment(micros: i64) -> Result<Timestamp, StoreError> {
    Timestamp::from_microsecond(micros).map_err(|error| StoreError::Fault(error.to_string()))
}

/// Parses a stored text.
///
/// # Errors
/// [`StoreError::Fault`] when it does not parse.
pub fn parse<T: std::str::FromStr>(text: &str) -> Result<T, StoreError>
where
    T::Err: std::fmt::Display,
{
    text.parse().map_err(|error| StoreError::Fault(format!("stored value \"{text}\": {error}")))
}
