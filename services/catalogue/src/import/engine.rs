//! Runs an import: compares batches of products with the stored ones and writes those that differ.

mod categories;
mod compare;
mod report;
mod write;

use super::draft::RowPosition;
use super::dry_run::DryRunState;
use super::patch::ProductPatch;
use super::reader::{ReaderItem, SourceFile};
use super::{ImportCounts, ImportError, ImportIssue, ImportObserver, ImportRun, ImportSettings, Summary};
use crate::catalogue::Catalogue;
use crate::product::Product;
use categories::Categories;
use chassis::Problem;
use contracts::Sku;
use jiff::SignedDuration;
use std::collections::{BTreeSet, HashSet};
use std::path::Path;
use tokio::sync::mpsc;

/// The limits of one transaction, so that other writers do not wait long for it.
const BATCH_PRODUCTS: usize = 64;
const BATCH_VARIANTS: usize = 500;
const BATCH_BYTES: usize = 4 << 20;
/// The largest number of products that are parsed but not processed yet.
const READ_AHEAD: usize = 16;
/// An unfinished import can be resumed for this time.
const RESUME_WINDOW: SignedDuration = SignedDuration::from_hours(24 * 90);

/// Runs an import; see [`super::run`].
pub async fn run(
    catalogue: &Catalogue,
    path: &Path,
    settings: &ImportSettings,
    observer: &mut dyn ImportObserver,
) -> Result<Summary, ImportError> {
    let shop = catalogue.shop().await?;
    if let Some(file) = settings.currency.filter(|file| *file != shop.currency) {
        return Err(ImportError::Currency { file, shop: shop.currency });
    }
    let path = path.to_owned();
    let source = blocking(move || SourceFile::open(&path)).await??;
    let mut engine = Engine::begin(catalogue, settings, observer, &source).await?;
    let (sender, mut receiver) = mpsc::channel(READ_AHEAD);
    let (skip, exponent) = (engine.run.rows, shop.currency.exponent());
    // Parses while batches are written, and ends by itself when the receiver is dropped.
    let reader = tokio::task::spawn_blocking(move || source.read(skip, exponent, &sender));
    let mut batch = Batch::default();
    while let Some(item) = receiver.recv().await {
        if !batch.accepts(&item) {
            engine.process(std::mem::take(&mut batch)).await?;
        }
        batch.add(item);
    }
    engine.process(batch).await?;
    reader.await.map_err(|error| Problem::internal(format!("the reader of the import file panicked: {error}")))?;
    engine.finish().await
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
    tokio::task::spawn_blocking(work).await.map_err(Problem::internal)
}

/// The products of one transaction.
#[derive(Default)]
struct Batch {
    items: Vec<ReaderItem>,
    handles: HashSet<String>,
    variants: usize,
    bytes: usize,
}

fn variant_count(item: &ReaderItem) -> usize {
    item.patch.as_ref().and_then(|patch| patch.variants.as_ref()).map_or(0, Vec::len)
}

impl Batch {
    fn accepts(&self, item: &ReaderItem) -> bool {
        // Non-adjacent rows of a handle are merged with what its earlier rows stored, so they need a later batch.
        let is_new_handle = item.patch.as_ref().is_none_or(|patch| !self.handles.contains(&patch.handle));
        let has_room = self.items.len() < BATCH_PRODUCTS
            && self.variants + variant_count(item) <= BATCH_VARIANTS
            && self.bytes + item.size <= BATCH_BYTES;
        self.items.is_empty() || (is_new_handle && has_room)
    }

    fn add(&mut self, item: ReaderItem) {
        self.handles.extend(item.patch.as_ref().map(|patch| patch.handle.clone()));
        self.variants += variant_count(&item);
        self.bytes += item.size;
        self.items.push(item);
    }
}

/// A product that may be written, with the patch that it was built from.
struct Candidate {
    patch: ProductPatch,
    position: RowPosition,
    product: Product,
    is_new: bool,
    stock: Vec<CountedStock>,
    /// SKUs that take the place of stored ones.
    replaced: Vec<ReplacedSku>,
    /// The number of new SKUs that are counted and have no quantity in the file.
    without_quantity: u64,
}

/// The stock of a SKU according to the file.
struct CountedStock {
    sku: Sku,
    count: u32,
    /// The line of the SKU's row.
    line: u64,
    is_new: bool,
}

/// A SKU that takes the place of a stored one with the same option values.
struct ReplacedSku {
    old: Sku,
    new: Sku,
    /// The line of the new SKU's row.
    line: u64,
}

/// The result of comparing a product with the stored one.
enum Comparison {
    Unchanged(Candidate),
    Changed(Candidate),
    Skipped,
}

struct Engine<'e> {
    catalogue: &'e Catalogue,
    settings: &'e ImportSettings,
    observer: &'e mut dyn ImportObserver,
    run: ImportRun,
    /// The size of the file in bytes.
    bytes: u64,
    summary: Summary,
    read_failed: bool,
    dry_run: DryRunState,
    categories: Categories,
    /// The tax classes of the products.
    tax_classes: BTreeSet<String>,
    has_quantities: bool,
    /// The issues of the current batch.
    issues: Vec<ImportIssue>,
}

impl<'e> Engine<'e> {
    async fn begin(
        catalogue: &'e Catalogue,
        settings: &'e ImportSettings,
        observer: &'e mut dyn ImportObserver,
        source: &SourceFile,
    ) -> Result<Self, ImportError> {
        // With `set_stock` the same file has another effect, so it is another run.
        let key = format!("{}{}", source.digest, if settings.set_stock { ":stock" } else { "" });
        let mut run = ImportRun {
            key,
            id: catalogue.system.id().to_string(),
            pass: 1,
            rows: 0,
            finished: false,
            counts: ImportCounts::default(),
        };
        let mut resumed_after = None;
        if !settings.dry_run {
            let stored = catalogue.products.import_run(&run.key).await?;
            let stored = stored.filter(|stored| !(settings.restart || (settings.repeat && stored.finished)));
            match stored {
                // The id remains, so that a repeated import does not set the stock again.
                Some(stored) if stored.finished => (run.id, run.pass) = (stored.id, stored.pass + 1),
                Some(stored) => {
                    resumed_after = Some(stored.rows).filter(|rows| *rows > 0);
                    run = stored;
                }
                None => {
                    let expired = catalogue.system.now().saturating_sub(RESUME_WINDOW);
                    catalogue.products.purge_import_runs(expired.map_err(Problem::internal)?).await?;
                }
            }
            // Stored before the first stock adjustment, whose idempotency key contains the run's id.
            catalogue.products.save_import_run(&run, &[], catalogue.system.now()).await?;
        }
        let categories = Categories::of(catalogue.products.categories().await?);
        Ok(Self {
            catalogue,
            settings,
            observer,
            bytes: source.bytes,
            summary: Summary { counts: run.counts, resumed_after, ..Summary::default() },
            run,
            read_failed: false,
            dry_run: DryRunState::default(),
            categories,
            tax_classes: BTreeSet::new(),
            has_quantities: source.has_quantities(),
            issues: Vec::new(),
        })
    }

    async fn process(&mut self, batch: Batch) -> Result<(), ImportError> {
        let Some(last) = batch.items.last() else { return Ok(()) };
        let (rows, bytes) = (last.rows, last.bytes);
        self.read_failed = last.read_failed;
        let handles: Vec<String> = batch.handles.into_iter().collect();
        let mut patches = Vec::with_capacity(batch.items.len());
        for item in batch.items {
            self.issues.extend(item.issues);
            patches.extend(item.patch);
        }
        let seen = self.seen_handles(&handles).await?;
        let comparisons = self.compare(patches, &seen).await?;
        self.write(comparisons).await?;
        self.summary.counts.rows = rows;
        self.report_issues();
        if !self.settings.dry_run {
            // Stored after the products: a crash in between repeats the batch, which then finds them unchanged.
            self.run.rows = rows;
            self.run.counts = self.summary.counts;
            self.catalogue.products.save_import_run(&self.run, &handles, self.catalogue.system.now()).await?;
        }
        self.report_progress(bytes);
        // SQLite batches may complete without ever waiting, which would starve other tasks of this thread.
        tokio::task::yield_now().await;
        Ok(())
    }

    async fn finish(mut self) -> Result<Summary, ImportError> {
        self.summary.complete = !self.read_failed;
        self.report_whole_file().await?;
        if self.summary.complete {
            if !self.settings.dry_run {
                self.run.finished = true;
                self.catalogue.products.save_import_run(&self.run, &[], self.catalogue.system.now()).await?;
                // New categories appear with their names in the facets at once.
                self.catalogue.indexer.refresh_categories().await?;
            }
            self.report_progress(self.bytes);
        }
        Ok(self.summary)
    }
}
