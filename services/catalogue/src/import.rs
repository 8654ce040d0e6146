//! Products from files: Shopify's product CSV as merchants export it, and NDJSON.
//!
//! A file is read in a thread of its own, row by row; the rows of one handle become one product, small batches of
//! products are compared with what is kept and written in one transaction each. Memory is bounded by construction: a row
//! and a product have a largest size, the channel and the batches have a length. How far a run has come is kept with every
//! batch, so that one that was killed continues where it stopped.
//!
//! What a file means:
//! - **A product in the file takes the place of the one with its handle.** A column that the file does not have leaves
//!   what is kept; an empty cell empties it. Variants that are not in the file go, except when a row of the product is
//!   faulty or its rows are not together: then none goes.
//! - **The same file again changes nothing**: products that are already like that are left alone, with their version.
//! - **Rows of one handle that are not together** are added to what was written from the rows above, with a warning.
//! - **A faulty row** is reported with line, column and reason, and the rest goes in. A product without any good variant,
//!   or with a fault in what all variants share, is left out.
//! - **A blank SKU** becomes the one that the kept variant with the same option values has, or else [`derived_sku`].
//! - **Stock** counts for new SKUs. With [`ImportSettings::set_stock`] it also corrects the stock of the others, once per
//!   run: importing a finished file again does not set it again, `restart` does.
//! - Goods that Shopify does not count (a blank inventory tracker, no quantity) can be ordered without stock.

mod cells;
mod columns;
mod draft;
mod engine;
mod ndjson;
mod patch;
mod reader;
mod rehearsal;
mod rows;
mod runs;

pub use patch::derived_sku;
pub use runs::{ImportRun, ImportRuns, SeenHandle};

pub(crate) use cells::decimal_of;

use crate::catalogue::Catalogue;
use chassis::{Problem, StoreError};
use contracts::Currency;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// The tax class of products that Shopify does not tax. It needs tax rates of its own, usually of 0 %.
pub const EXEMPT: &str = "exempt";
/// How many issues a summary holds. All of them are told to [`Watch::issue`].
pub const ISSUES_KEPT: usize = 1000;

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Shopify's product CSV.
    Csv,
    /// One JSON object a line: a product as the API takes it, with its `handle`.
    Ndjson,
}

impl Format {
    /// The format that a file name ends in.
    pub fn of(path: &Path) -> Option<Self> {
        let extension = path.extension()?.to_str()?.to_lowercase();
        match extension.as_str() {
            "csv" | "tsv" | "txt" => Some(Self::Csv),
            "ndjson" | "jsonl" => Some(Self::Ndjson),
            _ => None,
        }
    }
}

/// How to import.
#[derive(Debug, Clone)]
pub struct ImportSettings {
    /// The currency that the prices are in, when it is said; must be the shop's.
    pub currency: Option<Currency>,
    /// Corrects the stock of SKUs that exist, too.
    pub set_stock: bool,
    /// Checks everything and writes nothing.
    pub dry_run: bool,
    /// Begins at the first row, whatever was done before.
    pub restart: bool,
    /// Who does it, for the history of stock.
    pub author: String,
}

impl Default for ImportSettings {
    fn default() -> Self {
        Self { currency: None, set_stock: false, dry_run: false, restart: false, author: "import".to_owned() }
    }
}

/// How bad an issue is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Something was left out.
    Error,
    /// Everything went in, perhaps not as meant.
    Warning,
}

/// Something wrong with a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issue {
    /// The line where the row begins, the first line being 1.
    pub line: u64,
    /// The column as the file names it; empty when it is the whole row.
    pub column: String,
    /// The product, when it is known.
    pub handle: Option<String>,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong.
    pub reason: String,
}

impl std::fmt::Display for Issue {
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

/// How far an import is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Bytes of the file that are done.
    pub bytes_read: u64,
    /// Bytes of the file.
    pub bytes_total: u64,
    /// Rows done, without the header.
    pub rows: u64,
    /// Products done: created, updated, unchanged or left out.
    pub products: u64,
    /// Faulty rows so far.
    pub errors: u64,
}

/// Looks on while an import runs. `()` looks away.
pub trait Watch: Send {
    /// Another batch is done.
    fn progress(&mut self, _progress: Progress) {}

    /// Something is wrong with a row. Told once its batch is done, in the order of the file.
    fn issue(&mut self, _issue: &Issue) {}
}

impl Watch for () {}

/// What became of the products of a file; kept with the run, so that it counts what was done before a run was killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Counts {
    /// Rows, without the header.
    pub rows: u64,
    /// Products that are new.
    pub created: u64,
    /// Products that changed.
    pub updated: u64,
    /// Products that were like that before.
    pub unchanged: u64,
    /// Products that were left out.
    pub skipped: u64,
    /// Variants that Shopify does not count and that can be ordered without stock.
    pub untracked: u64,
    /// SKUs whose stock was set.
    pub stock_set: u64,
    /// Faults.
    pub errors: u64,
    /// Warnings.
    pub warnings: u64,
}

impl Counts {
    /// All products.
    pub const fn products(&self) -> u64 {
        self.created + self.updated + self.unchanged + self.skipped
    }
}

/// What an import did. In a dry run: what it would do.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Summary {
    /// The counts, those before a resumption included.
    pub counts: Counts,
    /// The row after which an earlier run was continued.
    pub resumed_after: Option<u64>,
    /// The first issues of this run, at most [`ISSUES_KEPT`].
    pub issues: Vec<Issue>,
    /// Whether the file was read to its end.
    pub complete: bool,
}

/// Why nothing, or not everything, could be imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file cannot be read.
    #[error("cannot read {path}: {reason}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// It is not a file of products.
    #[error("{0}")]
    NotProducts(String),
    /// The prices are in another currency than the shop's.
    #[error("the file is said to be in {asked}, but the shop sells in {shop}; prices are not converted")]
    Currency {
        /// What was asked for.
        asked: Currency,
        /// What the shop sells in.
        shop: Currency,
    },
    /// A store failed. What was done is kept; the next run continues.
    #[error("{0}")]
    Store(#[from] Problem),
}

impl From<StoreError> for ImportError {
    fn from(error: StoreError) -> Self {
        Self::Store(error.into())
    }
}

/// Imports a file. Dropped half-way, it leaves whole products, and the next run continues.
///
/// # Errors
/// When the file is none of products, is in another currency, or a store fails. Faulty rows are no error.
pub async fn run(
    catalogue: &Catalogue,
    file: &Path,
    settings: &ImportSettings,
    watch: &mut dyn Watch,
) -> Result<Summary, ImportError> {
    engine::run(catalogue, file, settings, watch).await
}
