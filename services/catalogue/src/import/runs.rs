//! How far the import of a file has come, kept so that it can go on after it was killed.

use super::Counts;
use async_trait::async_trait;
use chassis::StoreError;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// The import of one file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportRun {
    /// The digest of the file, and how it is imported.
    pub key: String,
    /// Its id, which corrections of stock are keyed by. A restart has another.
    pub id: String,
    /// How often the file was begun under this id.
    pub pass: u32,
    /// How many rows are done.
    pub rows: u64,
    /// Whether the file was read to its end.
    pub finished: bool,
    /// What became of its products.
    pub counts: Counts,
}

/// What is known of a handle from this file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SeenHandle {
    /// The pass in which it came last.
    pub pass: u32,
    /// Whether its rows are not together.
    pub scattered: bool,
}

/// Keeps the runs of imports.
#[async_trait]
pub trait ImportRuns: Send + Sync {
    /// The run under this key.
    async fn import_run(&self, key: &str) -> Result<Option<ImportRun>, StoreError>;

    /// Keeps the run with the handles it has come past since; a handle seen twice in a pass is scattered. Of a finished
    /// run only the scattered ones are kept.
    async fn save_import_run(&self, run: &ImportRun, handles: &[String], now: Timestamp) -> Result<(), StoreError>;

    /// What is known of these handles from the run with this id.
    async fn seen_handles(&self, id: &str, handles: &[String]) -> Result<HashMap<String, SeenHandle>, StoreError>;

    /// Forgets the runs, with their handles, that were not touched since.
    async fn forget_import_runs(&self, before: Timestamp) -> Result<(), StoreError>;
}
