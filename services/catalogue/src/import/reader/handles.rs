//! Chooses the handles of rows that have none, or one that cannot be used.

use super::CellError;
use crate::import::digest;
use crate::product::{handle_from_title, is_valid_handle};
use std::collections::{HashMap, HashSet};

/// The largest number of handles that are remembered, at about 16 bytes each.
const MAX_HANDLES: usize = 1 << 20;
/// The largest number of unusable handles that are replaced.
const MAX_REPLACED: usize = 10_000;

/// The handles of a file.
///
/// Handles are chosen in the order of the file from its own content alone, so that a repeated import chooses the same ones.
#[derive(Debug, Default)]
pub struct Handles {
    /// Digests of the handles that are given or chosen.
    taken: HashSet<u64>,
    /// The handles chosen for unusable ones.
    replaced: HashMap<String, String>,
}

/// A handle that was chosen for a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChosenHandle {
    pub handle: String,
    /// True if the merchant should be told, because the choice is not obvious.
    pub is_notable: bool,
}

impl Handles {
    /// Records a handle that the file gives.
    pub fn record(&mut self, handle: &str) {
        if self.taken.len() < MAX_HANDLES {
            self.taken.insert(digest(handle));
        }
    }

    /// Chooses the handle of a product that has a title only. Each call is another product.
    ///
    /// # Errors
    /// When the title has no letters or digits.
    pub fn of_title(&mut self, title: &str) -> Result<ChosenHandle, CellError> {
        let (base, handle) = self.free(title)?;
        self.record(&handle);
        Ok(ChosenHandle { is_notable: handle != base, handle })
    }

    /// Chooses a handle for one that cannot be used. The same text always gets the same handle.
    ///
    /// # Errors
    /// When the text has no letters or digits.
    pub fn replacing(&mut self, text: &str) -> Result<ChosenHandle, CellError> {
        if let Some(handle) = self.replaced.get(text) {
            return Ok(ChosenHandle { handle: handle.clone(), is_notable: false });
        }
        let (_, handle) = self.free(text)?;
        self.record(&handle);
        if self.replaced.len() < MAX_REPLACED {
            self.replaced.insert(text.to_owned(), handle.clone());
        }
        Ok(ChosenHandle { handle, is_notable: true })
    }

    /// Returns the handle derived from a text, and the same with a number if it is taken or reserved.
    fn free(&self, text: &str) -> Result<(String, String), CellError> {
        let base = handle_from_title(text);
        if base.is_empty() {
            return Err(CellError::NotAHandle(text.into()));
        }
        let is_free = |handle: &String| is_valid_handle(handle) && !self.taken.contains(&digest(handle));
        let numbered = (2_u32..).map(|number| format!("{base}-{number}"));
        let handle = std::iter::once(base.clone()).chain(numbered).find(is_free).unwrap_or_else(|| base.clone());
        Ok((base, handle))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_with_one_title_get_handles_of_their_own() {
        let mut handles = Handles::default();
        handles.record("poster-2");
        let mut chosen = || handles.of_title("Poster").expect("it has letters");
        assert_eq!(chosen(), ChosenHandle { handle: "poster".to_owned(), is_notable: false });
        assert_eq!(chosen(), ChosenHandle { handle: "poster-3".to_owned(), is_notable: true });
    }

    #[test]
    fn rows_with_one_unusable_handle_belong_together() {
        let mut handles = Handles::default();
        assert_eq!(handles.replacing("a/b").expect("letters").handle, "a-b");
        assert_eq!(handles.replacing("a b").expect("letters").handle, "a-b-2");
        assert_eq!(handles.replacing("a/b").expect("letters").handle, "a-b");
        assert!(handles.replacing("★").is_err());
    }
}
