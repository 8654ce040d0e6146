//! The progress of product imports, stored so that a killed import can resume.

use async_trait::async_trait;
use chassis::StoreError;
use contracts::catalogue::ImportCounts;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// The progress of the import of one file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportRun {
    /// The digest of the file and of the import settings.
    pub key: String,
    /// The id of the run, which keys its stock adjustments. A restarted import gets a new one.
    pub id: String,
    /// The number of times the file was started under this id.
    pub pass: u32,
    /// The number of rows that are processed.
    pub rows: u64,
    /// True once the file was read to its end.
    pub finished: bool,
    /// The outcome of the products so far.
    pub counts: ImportCounts,
}

/// The state of a handle within an import run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SeenHandle {
    /// The pass that saw the handle last.
    pub pass: u32,
    /// True if the rows of the handle are not adjacent in the file.
    pub non_adjacent: bool,
}

/// Stores the progress of imports.
#[async_trait]
pub trait ImportRuns: Send + Sync {
    /// Returns the run with this key.
    async fn import_run(&self, key: &str) -> Result<Option<ImportRun>, StoreError>;

    /// Stores the run together with the handles it has seen since the last call.
    ///
    /// A handle that is seen twice in one pass becomes non-adjacent. A finished run keeps only its non-adjacent handles.
    async fn save_import_run(&self, run: &ImportRun, handles: &[String], now: Timestamp) -> Result<(), StoreError>;

    /// Returns the state of these handles in the run with this id.
    async fn seen_handles(&self, id: &str, handles: &[String]) -> Result<HashMap<String, SeenHandle>, StoreError>;

    /// Deletes the runs that were last stored before `before`, with their handles.
    async fn purge_import_runs(&self, before: Timestamp) -> Result<(), StoreError>;
}
