//! Cursors that only the list takes that gave them out.

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

/// The key of [`page::Page::cut`] for a place in `list`.
pub fn at<L: Serialize>(list: L, after: Position) -> impl Serialize {
    Cursor { list, after }
}

/// The place in `list` that the text stands for.
pub fn read<L: Copy + DeserializeOwned + PartialEq>(text: Option<&str>, list: L) -> Result<Option<Position>, Problem> {
    let Some(text) = text else { return Ok(None) };
    let cursor: Cursor<L> = page::decode(text)?;
    if cursor.list == list {
        Ok(Some(cursor.after))
    } else {
        Err(Problem::invalid("cursor", "belongs to another list; start without a cursor"))
    }
}
