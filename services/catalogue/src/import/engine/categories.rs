//! The categories that the products of a file refer to.

use crate::import::patch::CategoryName;
use crate::product::handle_from_title;
use crate::store::Category;
use contracts::SingleLineText;
use std::collections::{HashMap, HashSet};

/// The known categories, and those to create with the next batch.
#[derive(Debug, Default)]
pub struct Categories {
    /// Handles by name in lower case.
    handles: HashMap<String, SingleLineText<120>>,
    taken: HashSet<String>,
    /// Categories to create, as handle and name.
    new: Vec<(String, String)>,
}

impl Categories {
    pub fn of(stored: Vec<Category>) -> Self {
        let mut categories = Self::default();
        for Category { handle, name, .. } in stored {
            if let Ok(handle) = handle.parse() {
                categories.add(name.to_lowercase(), handle);
            }
        }
        categories
    }

    fn add(&mut self, name: String, handle: SingleLineText<120>) {
        self.taken.insert(handle.to_string());
        self.handles.insert(name, handle);
    }

    /// Returns the handle of a category, which is created with the next batch if it does not exist.
    pub fn handle(&mut self, name: &CategoryName) -> Option<SingleLineText<120>> {
        let (handle, name) = match name {
            CategoryName::Name(name) => match self.handles.get(&name.as_str().to_lowercase()) {
                Some(handle) => return Some(handle.clone()),
                None => (self.free_handle(name.as_str())?, name.clone()),
            },
            CategoryName::Handle(handle, name) => (handle.clone(), name.clone().unwrap_or_else(|| handle.clone())),
        };
        let key = name.as_str().to_lowercase();
        // The store ignores categories that exist already.
        if self.handles.get(&key) != Some(&handle) {
            self.add(key, handle.clone());
            self.new.push((handle.to_string(), name.to_string()));
        }
        Some(handle)
    }

    /// Derives a handle that no category with another name has: `C`, `C++` and `C#` are three categories.
    fn free_handle(&self, name: &str) -> Option<SingleLineText<120>> {
        let base: String = handle_from_title(name).chars().take(110).collect();
        let numbered = (2_u32..).map(|number| format!("{base}-{number}"));
        std::iter::once(base.clone()).chain(numbered).find(|handle| !self.taken.contains(handle))?.parse().ok()
    }

    /// Takes the categories to create, as handle and name.
    pub fn take_new(&mut self) -> Vec<(String, String)> {
        std::mem::take(&mut self.new)
    }
}
