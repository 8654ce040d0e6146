//! How far a move came, kept in a file beside the source.

use chassis::secret;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const FILE: &str = "migrate-data.json";

#[derive(Debug, Default, Serialize, Deserialize)]
struct Kept {
    /// Where to, as a digest: what is known of another target does not count.
    target: String,
    /// The places reached, by service and kind.
    places: BTreeMap<String, Place>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Place {
    Next(String),
    Done,
}

/// How far a move came.
#[derive(Debug)]
pub struct Progress {
    file: PathBuf,
    kept: Kept,
}

impl Progress {
    /// What is known in `folder` of a move to `target`.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn open(folder: &Path, target: &str) -> Result<Self, String> {
        let file = folder.join(FILE);
        let target = secret::sha256_hex(target.as_bytes());
        let known = match std::fs::read_to_string(&file) {
            Ok(text) => {
                serde_json::from_str(&text).map_err(|error| format!("{}: {error}. Remove it", file.display()))?
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Kept::default(),
            Err(error) => return Err(format!("{}: {error}", file.display())),
        };
        let kept = if known.target == target { known } else { Kept { target, ..Kept::default() } };
        Ok(Self { file, kept })
    }

    /// Whether a move to this target was begun before.
    pub fn is_begun(&self) -> bool {
        !self.kept.places.is_empty()
    }

    /// Whether all records of the kind are copied.
    pub fn is_done(&self, service: &str, kind: &str) -> bool {
        matches!(self.kept.places.get(&name(service, kind)), Some(Place::Done))
    }

    /// Where to go on.
    pub fn place(&self, service: &str, kind: &str) -> Option<&str> {
        match self.kept.places.get(&name(service, kind)) {
            Some(Place::Next(place)) => Some(place),
            _ => None,
        }
    }

    /// Everything before `next` is copied, or all.
    ///
    /// # Errors
    /// When that cannot be kept.
    pub fn reached(&mut self, service: &str, kind: &str, next: Option<String>) -> Result<(), String> {
        self.kept.places.insert(name(service, kind), next.map_or(Place::Done, Place::Next));
        let told = |error: &dyn std::fmt::Display| format!("{}: {error}", self.file.display());
        let text = serde_json::to_string_pretty(&self.kept).map_err(|error| told(&error))?;
        let temporary = self.file.with_extension("new");
        std::fs::write(&temporary, text).map_err(|error| told(&error))?;
        std::fs::rename(&temporary, &self.file).map_err(|error| told(&error))
    }

    /// The move is over: nothing is to be known of it.
    ///
    /// # Errors
    /// When the file cannot be removed.
    pub fn finish(self) -> Result<(), String> {
        match std::fs::remove_file(&self.file) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(format!("{}: {error}", self.file.display()))
            }
            _ => Ok(()),
        }
    }
}

fn name(service: &str, kind: &str) -> String {
    format!("{service}/{kind}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_move_that_was_cut_off_goes_on_where_it_was_and_one_to_another_place_begins_anew() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut progress = Progress::open(folder.path(), "here").expect("nothing yet");
        assert!(!progress.is_begun());
        progress.reached("cart", "carts", Some("17".into())).expect("kept");
        progress.reached("user", "accounts", None).expect("kept");
        let progress = Progress::open(folder.path(), "here").expect("known");
        assert!(progress.is_begun() && progress.is_done("user", "accounts") && !progress.is_done("cart", "carts"));
        assert_eq!(progress.place("cart", "carts"), Some("17"));
        assert!(!Progress::open(folder.path(), "there").expect("another").is_begun());
        progress.finish().expect("removed");
        assert!(!Progress::open(folder.path(), "here").expect("gone").is_begun());
    }
}
