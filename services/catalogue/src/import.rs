//! Imports products from Shopify's product CSV and from NDJSON.
//!
//! A file is read on a thread of its own, row by row. The rows of one handle become one product; batches of products are
//! compared with the stored ones and written in one transaction each. Memory is bounded: rows, products, batches and the
//! channel between the threads have a maximum size. The progress is stored with each batch, so an interrupted import
//! resumes where it stopped.
//!
//! Semantics:
//! - **A product in the file replaces the stored product with its handle.** A column that is absent leaves the stored
//!   value; an empty cell clears it. Variants that are not in the file are removed, unless a row of the product is
//!   invalid or its rows are not adjacent: then none is removed.
//! - **Importing the same file again changes nothing**: a product that already has the content keeps its version.
//! - **Rows of one handle that are not adjacent** are added to the product written from the rows above, with a warning.
//! - **An invalid row** is reported with line, column and reason, and the rest is imported. A product without a valid
//!   variant, or with an error in a cell that all variants share, is skipped.
//! - **A row with a title and no handle** is a product of its own, with a handle derived from the title. It never takes the
//!   place of a stored product that has none of its SKUs.
//! - **A blank SKU** becomes that of the stored variant with the same option values, or else [`derived_sku`].
//! - **A SKU that another variant has** is replaced by [`derived_sku`], with a warning, since Shopify allows duplicates; or
//!   refused, see [`DuplicateSkus`].
//! - **A SKU that takes the place of another one**, with the same option values, starts without stock: the units are counted
//!   under the old SKU.
//! - **Stock** applies to new SKUs. With [`ImportSettings::set_stock`] the stock of existing SKUs is set as well, once per
//!   run: importing a finished file again does not set it again, but `restart` does.
//! - Variants that Shopify does not track (blank inventory tracker) are not counted here either.

mod cells;
mod columns;
mod draft;
mod dry_run;
mod engine;
mod formats;
pub mod inventory;
mod ndjson;
mod patch;
mod reader;
mod rows;

pub use crate::product::EXEMPT_TAX_CLASS;
pub use crate::store::{ImportRun, ImportRuns, SeenHandle};
pub use cells::CellError;
pub use contracts::catalogue::{ImportCounts, ImportIssue, IssueSeverity};
pub use patch::derived_sku;
pub use reader::UnsupportedFile;

pub(crate) use cells::{format_decimal, guarded};

use crate::catalogue::Catalogue;
use chassis::{Problem, StoreError, secret};
use contracts::Currency;
use std::path::{Path, PathBuf};

/// The largest number of issues in a summary. [`ImportObserver::issue`] receives all of them.
pub const MAX_ISSUES: usize = 1000;

/// The format of a file of products.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// The product CSV of Shopify.
    Csv,
    /// One JSON object per line: a product as in the API, with its `handle`.
    Ndjson,
}

impl Format {
    /// Returns the format for the extension of a file name.
    pub fn of(path: &Path) -> Option<Self> {
        let extension = path.extension()?.to_str()?.to_lowercase();
        match extension.as_str() {
            "csv" | "tsv" | "txt" => Some(Self::Csv),
            "ndjson" | "jsonl" => Some(Self::Ndjson),
            _ => None,
        }
    }
}

/// The treatment of a variant whose SKU another variant has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DuplicateSkus {
    /// It gets a SKU derived from its handle and option values, with a warning.
    #[default]
    Derive,
    /// It is skipped with an error.
    Refuse,
}

/// The options of an import.
#[derive(Debug, Clone)]
pub struct ImportSettings {
    /// The currency of the prices in the file, if known. The import is refused if the shop has another one.
    pub currency: Option<Currency>,
    /// Sets the stock of existing SKUs, too.
    pub set_stock: bool,
    pub duplicate_skus: DuplicateSkus,
    /// Checks the file and writes nothing.
    pub dry_run: bool,
    /// Starts at the first row even if an earlier run can be resumed.
    pub restart: bool,
    /// Sets stock again although the same file has been imported before. An interrupted run is resumed all the same.
    pub repeat: bool,
    /// The author of stock adjustments, shown in the stock history.
    pub author: String,
}

impl Default for ImportSettings {
    fn default() -> Self {
        Self {
            currency: None,
            set_stock: false,
            duplicate_skus: DuplicateSkus::default(),
            dry_run: false,
            restart: false,
            repeat: false,
            author: "import".to_owned(),
        }
    }
}

/// The progress of an import.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// The number of bytes that are processed.
    pub bytes_read: u64,
    /// The size of the file in bytes.
    pub bytes_total: u64,
    /// The outcome so far.
    pub counts: ImportCounts,
}

/// Observes a running import. `()` ignores everything.
pub trait ImportObserver: Send + Sync {
    /// Receives the progress after each batch.
    fn progress(&mut self, _progress: Progress) {}

    /// Receives each issue once its batch is written, in the order of the file.
    fn issue(&mut self, _issue: &ImportIssue) {}
}

impl ImportObserver for () {}

/// The result of an import, or the expected result in a dry run.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Summary {
    /// The counts, including those before a resumption.
    pub counts: ImportCounts,
    /// The row after which an interrupted run was resumed.
    pub resumed_after: Option<u64>,
    /// The first issues of this run, at most [`MAX_ISSUES`].
    pub issues: Vec<ImportIssue>,
    /// True if the file was read to its end.
    pub complete: bool,
}

/// An import that was refused, or ended before the end of the file.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error("cannot read {path}: {source}")]
    File {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    /// The file has no products that could be imported.
    #[error(transparent)]
    Unsupported(#[from] UnsupportedFile),
    /// The prices of the file are in another currency than the shop's.
    #[error("The file's prices are in {file}, but the shop's currency is {shop}. Prices are not converted.")]
    Currency {
        /// The currency given in the settings.
        file: Currency,
        shop: Currency,
    },
    /// A store failed. Finished batches remain, and the next run resumes after them.
    #[error(transparent)]
    Store(#[from] Problem),
}

impl From<StoreError> for ImportError {
    fn from(error: StoreError) -> Self {
        Self::Store(error.into())
    }
}

/// Returns the first 64 bits of the SHA-256, to remember many texts in little memory. A collision only affects the report of a
/// dry run, or adds a number to a handle.
fn digest(text: &str) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = secret::sha256(text.as_bytes());
    u64::from_be_bytes([a, b, c, d, e, f, g, h])
}

/// Imports a file.
///
/// If the future is dropped, finished batches remain and the next run resumes after them.
///
/// # Errors
/// When the file is not a product file, its currency is not the shop's, or a store fails. Invalid rows are reported as
/// issues instead.
pub async fn run(
    catalogue: &Catalogue,
    file: &Path,
    settings: &ImportSettings,
    observer: &mut dyn ImportObserver,
) -> Result<Summary, ImportError> {
    engine::run(catalogue, file, settings, observer).await
}
