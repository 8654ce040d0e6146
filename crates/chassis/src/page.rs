//! Cursor pagination: opaque cursors, bounded pages, no counting.

use crate::problem::Problem;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Page<T> {
    /// The items of this page.
    pub items: Vec<T>,
    /// The cursor of the next page, to be passed as `cursor`; null on the last page.
    pub next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// Cuts `items`, which were fetched as `limit + 1`, to a page, and derives the cursor from its last item.
    pub fn cut<K: Serialize>(mut items: Vec<T>, limit: usize, key: impl Fn(&T) -> K) -> Self {
        // One extra row shows that there is a next page, without counting all rows.
        let more = items.len() > limit;
        items.truncate(limit);
        let next_cursor = if more { items.last().map(|item| encode(&key(item))) } else { None };
        Self { items, next_cursor }
    }
}

/// Encodes a position as an opaque cursor.
pub fn encode(key: &impl Serialize) -> String {
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(key).unwrap_or_default())
}

/// Decodes the position of a cursor.
///
/// # Errors
/// 422 when the text was not made by [`encode`].
pub fn decode<K: DeserializeOwned>(cursor: &str) -> Result<K, Problem> {
    URL_SAFE_NO_PAD
        .decode(cursor)
        .ok()
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .ok_or_else(|| Problem::invalid("cursor", "is not a cursor of this list; start without a cursor"))
}

/// Returns the requested page size, or the default.
///
/// # Errors
/// 422 when it is not between 1 and the maximum.
pub fn limit(requested: Option<u32>, default: u32, max: u32) -> Result<usize, Problem> {
    let limit = requested.unwrap_or(default);
    if (1..=max).contains(&limit) {
        Ok(limit as usize)
    } else {
        Err(Problem::invalid("limit", format!("must be between 1 and {max}")))
    }
}
