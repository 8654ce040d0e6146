//! Runs an import: compares batches of products with what is kept and writes what differs.

use super::columns::Column;
use super::draft::{Built, build};
use super::patch::{CategoryName, Patch};
use super::reader::{Message, Source};
use super::rehearsal::Rehearsal;
use super::{
    Counts, ISSUES_KEPT, ImportError, ImportRun, ImportSettings, Issue, Progress, SeenHandle, Severity, Summary, Watch,
};
use crate::catalogue::Catalogue;
use crate::product::{Product, handle_of};
use crate::stock::Adjusted;
use crate::store::{NewSku, Written};
use chassis::{Problem, StoreError, secret};
use contracts::{Line, ProductId, Sku};
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
/// How often a product is tried that somebody else writes at the same moment.
const TRIES: usize = 5;
/// How many names of categories are remembered.
const CATEGORIES: usize = 5000;
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
    categories: HashMap<String, Line<120>>,
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
            id: catalogue.sources.id().to_string(),
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
                    let old = catalogue.sources.now().saturating_sub(REMEMBERED);
                    catalogue.products.forget_import_runs(old.map_err(Problem::internal)?).await?;
                }
            }
        }
        if !settings.dry_run {
            // Its id must last from the first correction of stock on.
            catalogue.products.save_import_run(&run, &[], catalogue.sources.now()).await?;
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
            self.catalogue.products.save_import_run(&self.run, &handles, self.catalogue.sources.now()).await?;
        }
        self.tell(bytes);
        tokio::task::yield_now().await;
        Ok(())
    }

    /// What is known of the handles from the rows further up.
    async fn seen(&mut self, handles: &[String]) -> Result<HashMap<String, SeenHandle>, StoreError> {
        if !self.settings.dry_run {
            return self.catalogue.products.seen_handles(&self.run.id, handles).await;
        }
        let here = SeenHandle { pass: self.run.pass, scattered: false };
        let mut seen = HashMap::new();
        for handle in handles {
            if self.rehearsal.has_seen(handle) {
                seen.insert(handle.clone(), here);
            }
            self.rehearsal.see(handle);
        }
        Ok(seen)
    }

    /// What is to become of each product of a batch.
    async fn compare(
        &mut self,
        patches: Vec<Patch>,
        seen: &HashMap<String, SeenHandle>,
    ) -> Result<Vec<Outcome>, ImportError> {
        let handles: Vec<String> = patches.iter().map(|patch| patch.handle.clone()).collect();
        let kept = self.catalogue.products.by_handles(&handles).await?;
        let kept: HashMap<String, Product> =
            kept.into_iter().map(|product| (product.handle.clone(), product)).collect();
        let known = self.catalogue.products.known_pictures(&remote_pictures(&patches)).await?;
        let mut built = Vec::with_capacity(patches.len());
        for patch in patches {
            self.summary.counts.untracked += patch.untracked;
            let seen = seen.get(&patch.handle).copied().unwrap_or_default();
            let again = seen.pass == self.run.pass;
            if again {
                let reason = "rows of this product are not together; these are added to those further up";
                self.issues.push(patch.issue(patch.line, "", Severity::Warning, reason));
            }
            if again && self.settings.dry_run && !kept.contains_key(&patch.handle) {
                // What it would be added to was not written.
                continue;
            }
            let scattered = again || seen.scattered;
            let made = self.build(&patch, kept.get(&patch.handle), scattered, &known);
            built.push((patch, scattered, made));
        }
        let skus: Vec<Sku> = built
            .iter()
            .filter_map(|(_, _, made)| made.as_ref())
            .flat_map(|made| made.draft.variants.iter().map(|variant| variant.sku.clone()))
            .collect();
        let mut owners = self.catalogue.products.owners(&skus).await?;
        let mut outcomes = Vec::with_capacity(built.len());
        for (patch, scattered, made) in built {
            let before = kept.get(&patch.handle);
            outcomes.push(match made {
                Some(made) => self.judge(patch, scattered, made, before, &mut owners),
                None => Outcome::Skipped,
            });
        }
        Ok(outcomes)
    }

    fn build(
        &mut self,
        patch: &Patch,
        before: Option<&Product>,
        scattered: bool,
        known: &HashMap<String, String>,
    ) -> Option<Built> {
        let (categories, new) = (&mut self.categories, &mut self.new_categories);
        let mut find = |name: &CategoryName| category_of(name, categories, new);
        build(patch, before, scattered, known, &mut find, &mut self.issues)
    }

    /// Leaves out the variants whose SKU is another product's, and makes the product.
    fn judge(
        &mut self,
        patch: Patch,
        scattered: bool,
        mut made: Built,
        before: Option<&Product>,
        owners: &mut HashMap<Sku, ProductId>,
    ) -> Outcome {
        let own = before.map(|product| product.id);
        for place in (0..made.draft.variants.len()).rev() {
            let sku = &made.draft.variants[place].sku;
            let elsewhere = owners.get(sku).is_some_and(|owner| Some(*owner) != own);
            if elsewhere || (self.settings.dry_run && self.rehearsal.is_taken(sku, &patch.handle)) {
                let reason = format!("{sku} belongs to another product");
                let line = made.origins[place].line.unwrap_or(patch.line);
                self.issues.push(patch.fault(line, patch.column(Column::Sku), reason));
                made.leave_out(place);
            }
        }
        let Some(product) = self.product(&patch, &mut made, before) else { return Outcome::Skipped };
        // SKUs that this product gives up are free for those behind it.
        for sku in before.iter().flat_map(|product| product.skus()) {
            owners.remove(sku);
        }
        for sku in product.skus() {
            owners.insert(sku.clone(), product.id);
        }
        let told = made.draft.variants.iter().zip(&made.origins);
        let stock =
            told.filter_map(|(variant, origin)| Some((variant.sku.clone(), origin.stock?, origin.line?))).collect();
        let unchanged = before.is_some_and(|before| same(before, &product));
        let candidate = Candidate { patch, scattered, product, is_new: before.is_none(), stock };
        if unchanged { Outcome::Unchanged(candidate) } else { Outcome::Write(candidate) }
    }

    /// The product, without the variants that the rules of products refuse.
    fn product(&mut self, patch: &Patch, made: &mut Built, before: Option<&Product>) -> Option<Product> {
        for last in [false, true] {
            if made.draft.variants.is_empty() {
                self.issues.push(patch.fault(patch.line, "", "is left out: none of its variants can be taken"));
                return None;
            }
            made.finish(before);
            let problem = match Product::from_draft(&patch.handle, made.draft.clone(), before, &self.catalogue.sources)
            {
                Ok(product) => return Some(product),
                Err(problem) => problem,
            };
            let mut places: Vec<usize> = Vec::new();
            for error in &problem.errors {
                let mut parts = error.pointer.split('/').skip(1);
                let place = (parts.next() == Some("variants")).then(|| parts.next()?.parse::<usize>().ok()).flatten();
                let part = place.and(parts.next()).unwrap_or(&error.pointer);
                let column = Column::of_draft(part).map_or(part, |column| patch.column(column));
                let origin = place.and_then(|place| made.origins.get(place));
                let line = origin.and_then(|origin| origin.line).unwrap_or(patch.line);
                self.issues.push(patch.fault(line, column, error.detail.clone()));
                places.extend(place);
            }
            if last || places.is_empty() || places.len() < problem.errors.len() {
                return None;
            }
            places.sort_unstable();
            places.dedup();
            for place in places.into_iter().rev() {
                made.leave_out(place);
            }
        }
        None
    }

    async fn write(&mut self, outcomes: Vec<Outcome>) -> Result<(), ImportError> {
        let (mut writing, mut unchanged) = (Vec::new(), Vec::new());
        for outcome in outcomes {
            match outcome {
                Outcome::Skipped => self.summary.counts.skipped += 1,
                Outcome::Unchanged(candidate) => unchanged.push(candidate),
                Outcome::Write(candidate) => writing.push(candidate),
            }
        }
        self.summary.counts.unchanged += unchanged.len() as u64;
        if self.settings.dry_run {
            self.new_categories.clear();
            for candidate in &writing {
                self.count(candidate);
            }
            return Ok(());
        }
        if !self.new_categories.is_empty() {
            self.catalogue.products.make_categories(&std::mem::take(&mut self.new_categories)).await?;
        }
        let mut stock: Vec<(String, Sku, u32, u64)> = Vec::new();
        let note = |stock: &mut Vec<_>, candidate: &mut Candidate| {
            let handle = &candidate.patch.handle;
            stock.extend(candidate.stock.drain(..).map(|(sku, count, line)| (handle.clone(), sku, count, line)));
        };
        for candidate in &mut unchanged {
            note(&mut stock, candidate);
        }
        for (mut candidate, written) in self.keep(writing).await? {
            let kept = match written {
                Written::Done => true,
                Written::Stale => match self.try_again(&candidate.patch, candidate.scattered).await? {
                    Some(another) => {
                        candidate = another;
                        true
                    }
                    None => false,
                },
                Written::SkuTaken(sku) => {
                    let reason = format!("{sku} belongs to another product since a moment ago");
                    let patch = &candidate.patch;
                    self.issues.push(patch.fault(patch.line, patch.column(Column::Sku), reason));
                    false
                }
            };
            if kept {
                self.count(&candidate);
                note(&mut stock, &mut candidate);
            } else {
                self.summary.counts.skipped += 1;
            }
        }
        if self.settings.set_stock {
            self.set_stock(stock).await?;
        }
        self.catalogue.follower.notify();
        Ok(())
    }

    const fn count(&mut self, candidate: &Candidate) {
        let counts = &mut self.summary.counts;
        if candidate.is_new {
            counts.created += 1;
        } else {
            counts.updated += 1;
        }
    }

    /// Writes levels, then products: a level without a product hurts nobody.
    async fn keep(&self, candidates: Vec<Candidate>) -> Result<Vec<(Candidate, Written)>, StoreError> {
        if candidates.is_empty() {
            return Ok(Vec::new());
        }
        let mut levels = Vec::new();
        for candidate in &candidates {
            let counts: HashMap<&Sku, u32> = candidate.stock.iter().map(|(sku, count, _)| (sku, *count)).collect();
            levels.extend(candidate.product.variants.iter().map(|variant| NewSku {
                sku: variant.sku.clone(),
                oversell: variant.oversell,
                initial: counts.get(&variant.sku).copied().map_or(0, i64::from),
            }));
        }
        self.catalogue.stock.ensure(&levels, &self.settings.author, self.catalogue.sources.now()).await?;
        let products: Vec<Product> = candidates.iter().map(|candidate| candidate.product.clone()).collect();
        let written = self.catalogue.products.write_all(&products).await?;
        Ok(candidates.into_iter().zip(written).collect())
    }

    /// Somebody else wrote the product between reading and writing: read it again.
    async fn try_again(&mut self, patch: &Patch, scattered: bool) -> Result<Option<Candidate>, ImportError> {
        let told = self.issues.len();
        for _ in 0..TRIES {
            // What was wrong the first time was told the first time.
            self.issues.truncate(told);
            let before = self.catalogue.products.by_handle(&patch.handle).await?;
            let known = self.catalogue.products.known_pictures(&remote_pictures(std::slice::from_ref(patch))).await?;
            let Some(made) = self.build(patch, before.as_ref(), scattered, &known) else { return Ok(None) };
            let skus: Vec<Sku> = made.draft.variants.iter().map(|variant| variant.sku.clone()).collect();
            let mut owners = self.catalogue.products.owners(&skus).await?;
            match self.judge(patch.clone(), scattered, made, before.as_ref(), &mut owners) {
                Outcome::Skipped => return Ok(None),
                Outcome::Unchanged(candidate) => {
                    self.issues.truncate(told);
                    return Ok(Some(candidate));
                }
                Outcome::Write(candidate) => {
                    self.issues.truncate(told);
                    if let Some((candidate, Written::Done)) = self.keep(vec![candidate]).await?.pop() {
                        return Ok(Some(candidate));
                    }
                }
            }
        }
        self.issues.push(patch.fault(
            patch.line,
            "",
            "is written by somebody else all the time; import the file again",
        ));
        Ok(None)
    }

    /// Corrects stock, once per run and SKU.
    async fn set_stock(&mut self, stock: Vec<(String, Sku, u32, u64)>) -> Result<(), ImportError> {
        let skus: Vec<Sku> = stock.iter().map(|(_, sku, ..)| sku.clone()).collect();
        let levels = self.catalogue.stock.levels(&skus).await?;
        for (handle, sku, count, line) in stock {
            let on_hand = levels.get(&sku).map_or(0, |level| level.on_hand);
            let digest = secret::sha256_hex(format!("{}\u{1f}{sku}", self.run.id).as_bytes());
            let key = format!("{sku}:import:{}", digest.get(..40).unwrap_or_default());
            let (author, now) = (&self.settings.author, self.catalogue.sources.now());
            let change = i64::from(count) - on_hand;
            match self.catalogue.stock.adjust(&sku, change, "import", &key, author, now).await? {
                Adjusted::Done => self.summary.counts.stock_set += 1,
                Adjusted::Refused | Adjusted::Unknown => self.issues.push(Issue {
                    line,
                    column: "Variant Inventory Qty".to_owned(),
                    handle: Some(handle),
                    severity: Severity::Error,
                    reason: format!("stock cannot be {count}: more of {sku} is promised to orders"),
                }),
            }
        }
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
                self.catalogue.products.save_import_run(&self.run, &[], self.catalogue.sources.now()).await?;
                self.catalogue.follower.refresh_categories().await?;
            }
            self.tell(self.bytes);
        }
        Ok(self.summary)
    }
}

/// Whether two states of a product differ in nothing but version and time.
fn same(before: &Product, after: &Product) -> bool {
    let after = Product { version: before.version, updated_at: before.updated_at, ..after.clone() };
    *before == after
}

fn remote_pictures(patches: &[Patch]) -> Vec<String> {
    let mut addresses = HashSet::new();
    for patch in patches {
        addresses.extend(patch.pictures.iter().flatten().map(|picture| picture.url.as_str()));
        addresses.extend(patch.variants.iter().flatten().filter_map(|variant| variant.picture.as_ref()?.as_deref()));
    }
    addresses.into_iter().filter(|address| !address.starts_with("/media/")).map(ToOwned::to_owned).collect()
}

/// The handle of a category, which is to be made when it is not known.
fn category_of(
    name: &CategoryName,
    known: &mut HashMap<String, Line<120>>,
    new: &mut Vec<(String, String)>,
) -> Option<Line<120>> {
    let (handle, name) = match name {
        CategoryName::Name(name) => match known.get(&name.as_str().to_lowercase()) {
            Some(handle) => return Some(handle.clone()),
            None => (handle_of(name.as_str()).chars().take(120).collect::<String>().parse().ok()?, name.clone()),
        },
        CategoryName::Handle(handle, name) => (handle.clone(), name.clone().unwrap_or_else(|| handle.clone())),
    };
    let heard = known.get(&name.as_str().to_lowercase()) == Some(&handle);
    if !heard {
        if known.len() >= CATEGORIES {
            known.clear();
        }
        known.insert(name.as_str().to_lowercase(), handle.clone());
        new.push((handle.to_string(), name.to_string()));
    }
    Some(handle)
}
