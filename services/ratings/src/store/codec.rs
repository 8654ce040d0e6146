//! Conversions between values and rows that all SQL stores share.

use super::Position;
use chassis::StoreError;
use contracts::ratings::{ReviewState, Score};
use uuid::Uuid;

/// Returns the key after which a page starts. Without a position it sorts before every row.
pub fn page_start(after: Option<Position>, descending: bool) -> (i64, String) {
    // The extreme keys sort before every row, so first and later pages share one statement.
    let start = if descending { (i64::MAX, Uuid::max()) } else { (i64::MIN, Uuid::nil()) };
    let (by, id) = after.map_or(start, |position| (position.by, position.id.0));
    (by, id.to_string())
}

/// Converts a limit to the type that SQL databases bind.
pub fn limit_to_bind(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

/// Reads a stored number of reviews or votes.
pub fn count(column: &str, number: i64) -> Result<u64, StoreError> {
    u64::try_from(number).map_err(|_| StoreError::Fault(format!("{column} is {number}")))
}

/// Reads a stored score.
pub fn score(stars: i64) -> Result<Score, StoreError> {
    let score = u8::try_from(stars).ok().and_then(Score::new);
    score.ok_or_else(|| StoreError::Fault(format!("stored score {stars}")))
}

/// Returns the stored name of a state. SQL statements compare these names, so they never change.
pub fn state_as_str(state: ReviewState) -> &'static str {
    match state {
        ReviewState::Published => "published",
        ReviewState::Pending => "pending",
        ReviewState::Rejected => "rejected",
    }
}

/// Reads a stored state.
pub fn state(name: &str) -> Result<ReviewState, StoreError> {
    match name {
        "published" => Ok(ReviewState::Published),
        "pending" => Ok(ReviewState::Pending),
        "rejected" => Ok(ReviewState::Rejected),
        other => Err(StoreError::Fault(format!("unknown review state '{other}'"))),
    }
}
