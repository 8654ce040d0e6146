//! The position of a data migration, stored in a file beside the source.

use super::MigrationError;
use chassis::secret;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

const FILE: &str = "migrate-data.json";

#[derive(Debug, Default, Serialize, Deserialize)]
struct StoredProgress {
    /// The digest of the target. Progress towards another target does not count.
    target: String,
    /// The positions by service and kind.
    places: BTreeMap<String, Position>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Position {
    Next(String),
    Done,
}

/// The position of a migration in every kind of records.
#[derive(Debug)]
pub struct Progress {
    file: PathBuf,
    stored: StoredProgress,
}

impl Progress {
    /// Reads the progress of a migration from `folder` to `target`.
    ///
    /// # Errors
    /// [`MigrationError`] if the file exists and cannot be read.
    pub fn open(folder: &Path, target: &str) -> Result<Self, MigrationError> {
        let file = folder.join(FILE);
        let target = secret::sha256_hex(target.as_bytes());
        let known = match std::fs::read_to_string(&file) {
            Ok(text) => serde_json::from_str(&text)
                .map_err(|source| MigrationError::ProgressFormat { path: file.clone(), source })?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => StoredProgress::default(),
            Err(source) => return Err(MigrationError::ProgressFile { path: file, source }),
        };
        // Another target starts from the beginning; its name may contain passwords, so only a digest is stored.
        let stored =
            if known.target == target { known } else { StoredProgress { target, ..StoredProgress::default() } };
        Ok(Self { file, stored })
    }

    /// Returns true if a migration to this target was interrupted before.
    pub fn is_begun(&self) -> bool {
        !self.stored.places.is_empty()
    }

    /// Returns true if all records of the kind were copied.
    pub fn is_done(&self, service: &str, kind: &str) -> bool {
        matches!(self.stored.places.get(&name(service, kind)), Some(Position::Done))
    }

    /// The position at which to resume; `None` for the beginning.
    pub fn position(&self, service: &str, kind: &str) -> Option<&str> {
        match self.stored.places.get(&name(service, kind)) {
            Some(Position::Next(position)) => Some(position),
            _ => None,
        }
    }

    /// Stores that everything before `next` was copied, or all if `next` is `None`.
    ///
    /// # Errors
    /// [`MigrationError::ProgressFile`] if the file cannot be written.
    pub fn advance(&mut self, service: &str, kind: &str, next: Option<String>) -> Result<(), MigrationError> {
        self.stored.places.insert(name(service, kind), next.map_or(Position::Done, Position::Next));
        self.save().map_err(|source| MigrationError::ProgressFile { path: self.file.clone(), source })
    }

    fn save(&self) -> Result<(), io::Error> {
        // Renamed over the old file, so that a crash leaves one of the two versions.
        let temporary = self.file.with_extension("new");
        std::fs::write(&temporary, serde_json::to_string_pretty(&self.stored)?)?;
        std::fs::rename(&temporary, &self.file)
    }

    /// Removes the file after a complete migration.
    ///
    /// # Errors
    /// [`MigrationError::ProgressFile`] if the file cannot be removed.
    pub fn finish(self) -> Result<(), MigrationError> {
        match std::fs::remove_file(&self.file) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                Err(MigrationError::ProgressFile { path: self.file, source })
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
    fn an_interrupted_migration_resumes_and_another_target_starts_from_the_beginning() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut progress = Progress::open(folder.path(), "first").expect("no file");
        assert!(!progress.is_begun());
        progress.advance("cart", "carts", Some("17".into())).expect("stored");
        progress.advance("user", "accounts", None).expect("stored");
        let progress = Progress::open(folder.path(), "first").expect("read");
        assert!(progress.is_begun() && progress.is_done("user", "accounts") && !progress.is_done("cart", "carts"));
        assert_eq!(progress.position("cart", "carts"), Some("17"));
        assert!(!Progress::open(folder.path(), "second").expect("another").is_begun());
        progress.finish().expect("removed");
        assert!(!Progress::open(folder.path(), "first").expect("no file").is_begun());
    }
}
