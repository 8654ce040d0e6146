//! What every implementation stores and asks alike.

use super::Position;
use chassis::StoreError;
use contracts::ratings::ReviewState;
use uuid::Uuid;

/// The key behind which a list goes on: without a position, the one before its first row.
pub fn boundary(after: Option<Position>, descending: bool) -> (i64, String) {
    let start = if descending { (i64::MAX, Uuid::max()) } else { (i64::MIN, Uuid::nil()) };
    let (by, id) = after.map_or(start, |position| (position.by, position.id.0));
    (by, id.to_string())
}

/// A number as a database takes it.
pub fn whole(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

/// A state as it is stored.
pub fn state_name(state: ReviewState) -> &'static str {
    match state {
        ReviewState::Published => "published",
        ReviewState::Pending => "pending",
        ReviewState::Rejected => "rejected",
    }
}

/// A state as it was stored.
pub fn state(name: &str) -> Result<ReviewState, StoreError> {
    match name {
        "published" => Ok(ReviewState::Published),
        "pending" => Ok(ReviewState::Pending),
        "rejected" => Ok(ReviewState::Rejected),
        other => Err(StoreError::Fault(format!("stored review state {other:?}"))),
    }
}
