//! Cursors that are valid only for the list that issued them.

use crate::store::Position;
use chassis::page;
use chassis::problem::Problem;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct Cursor<L> {
    list: L,
    after: Position,
}

/// Creates the key of [`page::Page::cut`] for a position in `list`.
pub fn encode<L: Serialize>(list: L, after: Position) -> impl Serialize {
    Cursor { list, after }
}

/// Decodes a cursor to its position in `list`.
///
/// # Errors
/// 422 when the cursor is malformed, or was issued for another list: a position there would skip reviews here.
pub fn decode<L: Copy + DeserializeOwned + PartialEq>(
    text: Option<&str>,
    list: L,
) -> Result<Option<Position>, Problem> {
    let Some(text) = text else { return Ok(None) };
    let cursor: Cursor<L> = page::decode(text)?;
    // The list is part of the cursor because the sort keys of two lists are not comparable.
    if cursor.list == list {
        Ok(Some(cursor.after))
    } else {
        Err(Problem::invalid("cursor", "belongs to another list; start without a cursor"))
    }
}
