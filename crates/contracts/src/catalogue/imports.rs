//! Imports of product files.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// The status of an import.
///
/// - `waiting`: another import has to finish first
/// - `running`: the file is being read
/// - `finished`: the file was read to its end
/// - `failed`: the import ended early; `error` gives the reason
/// - `interrupted`: the program ended meanwhile. The same file, uploaded again, continues where it stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ImportStatus {
    /// Another import has to finish first.
    Waiting,
    /// The file is being read.
    Running,
    /// The file was read to its end.
    Finished,
    /// The import ended early.
    Failed,
    /// The program ended meanwhile.
    Interrupted,
}

/// The number of rows and products per outcome. It is stored with the run, so it includes the work before a resumption.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ImportCounts {
    /// Rows that were read, without the header.
    pub rows: u64,
    /// Products that were created.
    pub created: u64,
    /// Products that were changed.
    pub updated: u64,
    /// Products that already had the content of the file.
    pub unchanged: u64,
    /// Products that were skipped because of errors.
    pub skipped: u64,
    /// Variants without inventory tracking, which can be ordered without stock.
    pub untracked: u64,
    /// New SKUs that are counted, without a quantity in the file.
    pub without_quantity: u64,
    /// SKUs whose stock was set, those of new SKUs included.
    pub stock_set: u64,
    /// Issues that are errors.
    pub errors: u64,
    /// Issues that are warnings.
    pub warnings: u64,
}

impl ImportCounts {
    /// Returns the number of products, whatever their outcome.
    pub const fn products(&self) -> u64 {
        self.created + self.updated + self.unchanged + self.skipped
    }
}

/// The severity of an issue.
///
/// - `error`: a row or product was skipped
/// - `warning`: everything was imported, but perhaps not as intended
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum IssueSeverity {
    /// A row or product was skipped.
    Error,
    /// Everything was imported, but perhaps not as intended.
    Warning,
}

/// A problem with a row of the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ImportIssue {
    /// The line where the row begins, counted from 1.
    pub line: u64,
    /// The column as named in the file, or a JSON pointer; empty if the issue concerns the whole row.
    pub column: String,
    /// The handle of the product, if known.
    pub handle: Option<String>,
    /// The severity of the issue.
    pub severity: IssueSeverity,
    /// The problem in words, to be read after line and column.
    pub reason: String,
}

impl std::fmt::Display for ImportIssue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}", self.line)?;
        if !self.column.is_empty() {
            write!(f, ", {}", self.column)?;
        }
        if let Some(handle) = &self.handle {
            write!(f, " ({handle})")?;
        }
        write!(f, ": {}", self.reason)
    }
}

/// An import of a product file, with its progress and result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "id": "0193a5c2-7b1e-7c44-9d0a-3f6e2b815c77",
    "status": "finished",
    "file_name": "products.csv",
    "dry_run": true,
    "set_stock": false,
    "author": "account:0193a5c2-7b1e-7c44-9d0a-3f6e2b815c11",
    "started_at": "2027-01-15T09:30:00Z",
    "updated_at": "2027-01-15T09:30:04Z",
    "bytes_read": 51200,
    "bytes_total": 51200,
    "counts": { "rows": 120, "created": 40, "updated": 2, "unchanged": 0, "skipped": 1, "untracked": 0,
        "without_quantity": 0, "stock_set": 118, "errors": 1, "warnings": 0 },
    "resumed_after": null,
    "issues": [{ "line": 17, "column": "Variant Price", "handle": "fjord-mug", "severity": "error",
        "reason": "must be a price such as 12.90" }],
    "error": null
}))]
pub struct ProductImport {
    /// The unique id of the import.
    pub id: Uuid,
    /// The status of the import.
    pub status: ImportStatus,
    /// The name of the file as uploaded.
    pub file_name: String,
    /// True if the file is checked and nothing is written; the counts are what an import would do.
    pub dry_run: bool,
    /// True if the stock of existing SKUs is set, too.
    pub set_stock: bool,
    /// The account or API key that uploaded the file, by id.
    pub author: String,
    /// The time of the upload (UTC, RFC 3339).
    pub started_at: Timestamp,
    /// The time of the last progress (UTC, RFC 3339).
    pub updated_at: Timestamp,
    /// The number of bytes that are processed.
    pub bytes_read: u64,
    /// The size of the file in bytes.
    pub bytes_total: u64,
    /// The outcome so far.
    pub counts: ImportCounts,
    /// The row after which an interrupted import of the same file was resumed; null if it began at the first one.
    pub resumed_after: Option<u64>,
    /// The first issues, at most 1000; empty in lists. `counts` has the number of all.
    pub issues: Vec<ImportIssue>,
    /// The reason of a failed import; null for all others.
    pub error: Option<String>,
}
