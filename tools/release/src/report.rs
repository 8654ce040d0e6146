//! The report of a release: the file by which a later phase of a build knows what happened in this one.

use crate::publish::Versions;
use serde::{Deserialize, Serialize};
use std::io;
use std::path::Path;

/// The state of a release.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub struct Report {
    /// The versions that the release builds or has delivered.
    pub versions: Versions,
    /// The failure, if the release has failed.
    pub failure: Option<String>,
    /// True when Slack has been told of the end, so that a later phase does not repeat it.
    pub is_notified: bool,
}

impl Report {
    /// Reads a report; one that is not there is that of a release that has not begun.
    pub fn read(path: &Path) -> io::Result<Self> {
        match std::fs::read(path) {
            Ok(bytes) => Ok(serde_json::from_slice(&bytes)?),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error),
        }
    }

    /// Writes the report, with the folders that its path needs.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(path, serde_json::to_vec_pretty(self)?)
    }
}
