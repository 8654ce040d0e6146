//! Runs an import: compares batches of products with what is kept and writes what differs.

mod compare;
mod write;

use super::patch::Patch;
use super::reader::{Message, Source};
use super::rehearsal::Rehearsal;
use super::{Counts, ISSUES_KEPT, ImportError, ImportRun, ImportSettings, Issue, Progress, Severity, Summary, Watch};
use crate::catalogue::Catalogue;
use crate::product::Product;
use chassis::Problem;
use contracts::{SingleLineText, Sku};
use jiff::SignedDuration;
use std::collections::{HashMap, HashSet};
use std::path::Path;
use tokio::sync::mpsc;

/// How much is written in one transaction, so that other writers need not wait long.
const PRODUCTS: usize = 64;
const VARIANTS: usize = 500;
const BYTES: usize = 4 << 20;
/// How many products the reader may be ahead.
const AHEAD: usize = 16;
/// For how long an import that was not finished can be continued.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(24 * 90);

/// See [`super::run`].
pub async fn run(
    catalogue: &Catalogue,
    file: &Path,
    settings: &ImportSettings,
    watch: &mut dyn Watch,
) -> Result<Summary, ImportError> {
    let shop = catalogue.shop().await?;
    if let Some(asked) = settings.currency.filter(|asked| *asked != shop.currency) {
        return Err(ImportError::Currency { asked, shop: shop.currency });
    }
    let path = file.to_owned();
    let source = blocking(move || Source::open(&path)).await??;
    let mut engine = Engine::begin(catalogue, settings, watch, &source).await?;
    let (sender, mut receiver) = mpsc::channel(AHEAD);
    let (skip, exponent) = (engine.run.rows, shop.currency.exponent());
    // Reads on while this writes; ends by itself when the receiver is dropped.
    let reading = tokio::task::spawn_blocking(move || source.read(skip, exponent, &sender));
    let mut batch = Batch::default();
    while let Some(message) = receiver.recv().await {
        if !batch.takes(&message) {
            engine.process(std::mem::take(&mut batch)).await?;
        }
        batch.add(message);
    }
    engine.process(batch).await?;
    reading.await.map_err(|error| Problem::internal(format!("reading the file: {error}")))?;
    engine.finish().await
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
    tokio::task::spawn_blocking(work).await.map_err(Problem::internal)
}

/// Products that are written together.
#[derive(Default)]
struct Batch {
    messages: Vec<Message>,
    handles: HashSet<String>,
    variants: usize,
    bytes: usize,
}

fn variants_of(message: &Message) -> usize {
    message.patch.as_ref().and_then(|patch| patch.variants.as_ref()).map_or(0, Vec::len)
}

impl Batch {
    fn takes(&self, message: &Message) -> bool {
        let apart = message.patch.as_ref().is_none_or(|patch| !self.handles.contains(&patch.handle));
        let room = self.messages.len() < PRODUCTS
            && self.variants + variants_of(message) <= VARIANTS
            && self.bytes + message.size <= BYTES;
        self.messages.is_empty() || (apart && room)
    }

    fn add(&mut self, message: Message) {
        self.handles.extend(message.patch.as_ref().map(|patch| patch.handle.clone()));
        self.variants += variants_of(&message);
        self.bytes += message.size;
        self.messages.push(message);
    }
}

/// A product that is to be written, with what it was made of.
struct Candidate {
    patch: Patch,
    scattered: bool,
    product: Product,
    is_new: bool,
    /// What the file says of stock, with the line.
    stock: Vec<(Sku, u32, u64)>,
}

/// What becomes of a product.
enum Outcome {
    Unchanged(Candidate),
    Write(Candidate),
    Skipped,
}

struct Engine<'e> {
    catalogue: &'e Catalogue,
    settings: &'e ImportSettings,
    watch: &'e mut dyn Watch,
    run: ImportRun,
    bytes: u64,
    summary: Summary,
    /// Whether the rest of the file could not be read.
    broken: bool,
    rehearsal: Rehearsal,
    /// Handles of categories by name in lower case.
    categories: HashMap<String, SingleLineText<120>>,
    new_categories: Vec<(String, String)>,
    issues: Vec<Issue>,
}

impl<'e> Engine<'e> {
    async fn begin(
        catalogue: &'e Catalogue,
        settings: &'e ImportSettings,
        watch: &'e mut dyn Watch,
        source: &Source,
    ) -> Result<Self, ImportError> {
        let key = format!("{}{}", source.digest, if settings.set_stock { ":stock" } else { "" });
        let mut run = ImportRun {
            key,
            id: catalogue.system.id().to_string(),
            pass: 1,
            rows: 0,
            finished: false,
            counts: Counts::default(),
        };
        let mut resumed_after = None;
        if !settings.dry_run {
            let kept = catalogue.products.import_run(&run.key).await?.filter(|_| !settings.restart);
            match kept {
                Some(kept) if kept.finished => (run.id, run.pass) = (kept.id, kept.pass + 1),
                Some(kept) => {
                    resumed_after = Some(kept.rows).filter(|rows| *rows > 0);
                    run = kept;
                }
                None => {
                    let old = catalogue.system.now().saturating_sub(REMEMBERED);
                    catalogue.products.forget_import_runs(old.map_err(Problem::internal)?).await?;
                }
            }
        }
        if !settings.dry_run {
            // Its id must last from the first correction of stock on.
            catalogue.products.save_import_run(&run, &[], catalogue.system.now()).await?;
        }
        let known = catalogue.products.categories().await?;
        let named =
            |category: &crate::store::Category| Some((category.name.to_lowercase(), category.handle.parse().ok()?));
        Ok(Self {
            catalogue,
            settings,
            watch,
            bytes: source.bytes,
            summary: Summary { counts: run.counts, resumed_after, ..Summary::default() },
            run,
            broken: false,
            rehearsal: Rehearsal::default(),
            categories: known.iter().filter_map(named).collect(),
            new_categories: Vec::new(),
            issues: Vec::new(),
        })
    }

    async fn process(&mut self, batch: Batch) -> Result<(), ImportError> {
        let Some(last) = batch.messages.last() else { return Ok(()) };
        let (rows, bytes) = (last.rows, last.bytes);
        self.broken = last.broken;
        let handles: Vec<String> = batch.handles.into_iter().collect();
        let mut patches = Vec::with_capacity(batch.messages.len());
        for message in batch.messages {
            self.issues.extend(message.issues);
            patches.extend(message.patch);
        }
        let seen = self.seen(&handles).await?;
        let outcomes = self.compare(patches, &seen).await?;
        self.write(outcomes).await?;
        self.settle(rows);
        if !self.settings.dry_run {
            self.run.rows = rows;
            self.run.counts = self.summary.counts;
            self.catalogue.products.save_import_run(&self.run, &handles, self.catalogue.system.now()).await?;
        }
        self.tell(bytes);
        tokio::task::yield_now().await;
        Ok(())
    }

    /// Counts the rows and tells the issues of a batch.
    fn settle(&mut self, rows: u64) {
        self.summary.counts.rows = rows;
        let mut issues = std::mem::take(&mut self.issues);
        issues.sort_by_key(|issue| issue.line);
        for issue in issues {
            match issue.severity {
                Severity::Error => self.summary.counts.errors += 1,
                Severity::Warning => self.summary.counts.warnings += 1,
            }
            self.watch.issue(&issue);
            if self.summary.issues.len() < ISSUES_KEPT {
                self.summary.issues.push(issue);
            }
        }
    }

    fn tell(&mut self, bytes: u64) {
        let counts = &self.summary.counts;
        self.watch.progress(Progress {
            bytes_read: bytes.min(self.bytes),
            bytes_total: self.bytes,
            rows: counts.rows,
            products: counts.products(),
            errors: counts.errors,
        });
    }

    async fn finish(mut self) -> Result<Summary, ImportError> {
        self.summary.complete = !self.broken;
        if self.summary.complete {
            if !self.settings.dry_run {
                self.run.finished = true;
                self.catalogue.products.save_import_run(&self.run, &[], self.catalogue.system.now()).await?;
                self.catalogue.follower.refresh_categories().await?;
            }
            self.tell(self.bytes);
        }
        Ok(self.summary)
    }
}
