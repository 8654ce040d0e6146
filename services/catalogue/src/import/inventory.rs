//! Sets stock from Shopify's inventory CSV, which has a row for each SKU and location.
//!
//! A shop has one stock per SKU, so the quantities of all locations are added up. The units that can be sold here are those on
//! hand without those that Shopify has committed to its own orders, and without those it holds back (damaged, reserved).

use super::cells;
use super::reader::{CsvTable, UnsupportedFile};
use super::{ImportCounts, ImportError, ImportIssue, ImportObserver, IssueSeverity, Progress, Summary};
use crate::catalogue::Catalogue;
use crate::product::Product;
use crate::stock::{Adjustment, AdjustmentOutcome, StockLevel};
use crate::store::Idempotency;
use chassis::{Problem, secret};
use contracts::Sku;
use contracts::catalogue::{AdjustmentKind, Oversell};
use csv::StringRecord;
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

/// The number of rows whose products are read at once, and of SKUs that are adjusted before the progress is reported.
const BATCH: usize = 500;

/// The columns of an inventory CSV.
struct Columns {
    handle: Option<usize>,
    options: Vec<usize>,
    sku: usize,
    /// The units on hand, the first of these columns that has a number in a row.
    on_hand: Vec<usize>,
    /// Units that are on hand and cannot be sold.
    held: Vec<usize>,
}

impl Columns {
    fn find(table: &CsvTable) -> Result<Self, UnsupportedFile> {
        let index = |name: &str| table.headings().iter().position(|heading| heading == name);
        let all = |names: &[&str]| names.iter().filter_map(|name| index(name)).collect::<Vec<_>>();
        // A merchant who counts enters the result as the new number; files until 2025 have one column.
        let mut on_hand = all(&["on hand (new)", "on hand (current)", "on hand"]);
        let mut held = all(&["committed", "committed (not editable)", "unavailable", "unavailable (not editable)"]);
        if on_hand.is_empty() {
            on_hand = all(&["available"]);
            held.clear();
        }
        match index("sku") {
            Some(sku) if !on_hand.is_empty() => Ok(Self {
                handle: index("handle"),
                options: all(&["option1 value", "option2 value", "option3 value"]),
                sku,
                on_hand,
                held,
            }),
            _ => Err(UnsupportedFile::NotInventory(
                table.titles().iter().take(5).cloned().collect::<Vec<_>>().join(", "),
            )),
        }
    }
}

/// The units of a SKU, summed over the locations.
#[derive(Default)]
struct Count {
    /// The first line of the SKU.
    line: u64,
    units: i64,
    held: i64,
}

/// A row that names a location's quantity.
struct Row {
    line: u64,
    handle: String,
    values: Vec<String>,
    sku: String,
    on_hand: i64,
    held: i64,
}

/// Sets the stock of the SKUs in the file; SKUs that are not in the file keep theirs.
///
/// Setting is absolute, so an interrupted run is repeated. The author is shown in the stock history.
///
/// # Errors
/// When the file is no inventory CSV or cannot be read, or a store fails. Invalid rows are reported as issues instead.
pub async fn run(
    catalogue: &Catalogue,
    path: &Path,
    author: &str,
    dry_run: bool,
    observer: &mut dyn ImportObserver,
) -> Result<Summary, ImportError> {
    let path = path.to_owned();
    let read = move || {
        let table = CsvTable::open(&path)?;
        let columns = Columns::find(&table)?;
        read_rows(table, &columns)
    };
    let (rows, issues, bytes) = tokio::task::spawn_blocking(read)
        .await
        .map_err(|error| Problem::internal(format!("the reader of the import file panicked: {error}")))??;
    let mut import = Inventory { catalogue, author, dry_run, observer, summary: Summary::default(), bytes };
    import.summary.counts.rows = (rows.len() + issues.len()) as u64;
    issues.into_iter().for_each(|issue| import.report(issue));
    let counts = import.counts(rows).await?;
    import.set(counts).await?;
    import.summary.complete = true;
    Ok(import.summary)
}

fn read_rows(table: CsvTable, columns: &Columns) -> Result<(Vec<Row>, Vec<ImportIssue>, u64), ImportError> {
    let (bytes, titles) = (table.bytes, table.titles().to_vec());
    let (mut rows, mut issues) = (Vec::new(), Vec::new());
    table.read(|line, record| match row(line, record, columns) {
        Ok(Some(row)) => rows.push(row),
        // Shopify writes "not stocked" for a location that does not have the SKU.
        Ok(None) => {}
        Err((column, error)) => issues.push(ImportIssue {
            line,
            column: titles.get(column).cloned().unwrap_or_default(),
            handle: None,
            severity: IssueSeverity::Error,
            reason: error.to_string(),
        }),
    })?;
    Ok((rows, issues, bytes))
}

fn row(line: u64, record: &StringRecord, columns: &Columns) -> Result<Option<Row>, (usize, cells::CellError)> {
    let cell = |index: usize| cells::unguarded(record.get(index).unwrap_or_default().trim());
    let number = |index: usize| match cell(index) {
        "" => Ok(None),
        text if text.eq_ignore_ascii_case("not stocked") => Ok(None),
        text => cells::quantity(text).map(Some).map_err(|error| (index, error)),
    };
    let mut on_hand = None;
    for index in &columns.on_hand {
        if on_hand.is_none() {
            on_hand = number(*index)?;
        }
    }
    let Some(on_hand) = on_hand else { return Ok(None) };
    let mut held = 0;
    for index in &columns.held {
        held += number(*index)?.unwrap_or(0).max(0);
    }
    Ok(Some(Row {
        line,
        handle: columns.handle.map(cell).unwrap_or_default().to_owned(),
        // Products without options have the value `Default Title` in Shopify's files.
        values: columns
            .options
            .iter()
            .map(|index| cell(*index))
            .filter(|value| !value.is_empty() && *value != "Default Title")
            .map(ToOwned::to_owned)
            .collect(),
        sku: cell(columns.sku).to_owned(),
        on_hand,
        held,
    }))
}

struct Inventory<'i> {
    catalogue: &'i Catalogue,
    author: &'i str,
    dry_run: bool,
    observer: &'i mut dyn ImportObserver,
    summary: Summary,
    bytes: u64,
}

impl Inventory<'_> {
    fn report(&mut self, issue: ImportIssue) {
        match issue.severity {
            IssueSeverity::Error => self.summary.counts.errors += 1,
            IssueSeverity::Warning => self.summary.counts.warnings += 1,
        }
        self.observer.issue(&issue);
        if self.summary.issues.len() < super::MAX_ISSUES {
            self.summary.issues.push(issue);
        }
    }

    fn error(&mut self, line: u64, handle: Option<String>, reason: String) {
        self.report(ImportIssue { line, column: String::new(), handle, severity: IssueSeverity::Error, reason });
    }

    fn warn_about_file(&mut self, reason: String) {
        self.report(ImportIssue {
            line: 1,
            column: String::new(),
            handle: None,
            severity: IssueSeverity::Warning,
            reason,
        });
    }

    /// Adds up the rows of each SKU.
    async fn counts(&mut self, rows: Vec<Row>) -> Result<BTreeMap<Sku, Count>, ImportError> {
        let mut counts: BTreeMap<Sku, Count> = BTreeMap::new();
        for batch in rows.chunks(BATCH) {
            let handles: Vec<String> = batch.iter().map(|row| row.handle.clone()).collect();
            let products = self.catalogue.products.by_handles(&handles).await?;
            let products: HashMap<&str, &Product> =
                products.iter().map(|product| (product.handle.as_str(), product)).collect();
            for row in batch {
                match sku_of(row, products.get(row.handle.as_str()).copied()) {
                    Some(sku) => {
                        let count = counts.entry(sku).or_insert_with(|| Count { line: row.line, ..Count::default() });
                        count.units += row.on_hand;
                        count.held += row.held;
                    }
                    None => {
                        let handle = Some(row.handle.clone()).filter(|handle| !handle.is_empty());
                        self.error(row.line, handle, "names no SKU, and no variant has these option values".to_owned());
                    }
                }
            }
        }
        Ok(counts)
    }

    /// Sets the stock to the counts.
    async fn set(&mut self, counts: BTreeMap<Sku, Count>) -> Result<(), ImportError> {
        let run = self.catalogue.system.id();
        let (total, mut done, mut held, mut untracked) = (counts.len(), 0, 0, 0);
        let counts: Vec<(Sku, Count)> = counts.into_iter().collect();
        for batch in counts.chunks(BATCH) {
            let skus: Vec<Sku> = batch.iter().map(|(sku, _)| sku.clone()).collect();
            let levels = self.catalogue.stock.levels(&skus).await?;
            for (sku, count) in batch {
                match levels.get(sku) {
                    None => self.error(count.line, None, format!("no product of the shop has the SKU {sku}")),
                    Some(level) if level.oversell == Oversell::Untracked => untracked += 1,
                    Some(level) => {
                        held += count.held;
                        self.set_level(&run.to_string(), sku, count, level).await?;
                    }
                }
            }
            done += batch.len();
            let bytes_read = self.bytes * done as u64 / total.max(1) as u64;
            let counts: &ImportCounts = &self.summary.counts;
            self.observer.progress(Progress { bytes_read, bytes_total: self.bytes, counts: *counts });
        }
        if held > 0 {
            self.warn_about_file(format!(
                "{held} units are on hand, but committed to orders of Shopify or unavailable there; they are not counted"
            ));
        }
        if untracked > 0 {
            self.warn_about_file(format!(
                "{untracked} SKUs are not counted in this shop, so their quantities have no effect"
            ));
        }
        self.catalogue.indexer.notify();
        Ok(())
    }

    async fn set_level(&mut self, run: &str, sku: &Sku, count: &Count, level: &StockLevel) -> Result<(), ImportError> {
        let units = (count.units - count.held).max(0);
        let change = units - level.on_hand;
        if change == 0 {
            return Ok(());
        }
        if self.dry_run {
            self.summary.counts.stock_set += 1;
            return Ok(());
        }
        let digest = secret::sha256_hex(format!("{run}\u{1f}{sku}").as_bytes());
        let adjustment = Adjustment {
            sku: sku.clone(),
            change,
            kind: AdjustmentKind::Counted,
            note: "inventory import".to_owned(),
            force: false,
            author: self.author.to_owned(),
            at: self.catalogue.system.now(),
        };
        let key = format!("inventory:{}", digest.get(..40).unwrap_or_default());
        match self.catalogue.stock.adjust(&adjustment, Idempotency::Key(&key)).await? {
            AdjustmentOutcome::Done => self.summary.counts.stock_set += 1,
            _ => {
                let reason = format!("stock cannot be set to {units}: more units of {sku} are reserved for orders");
                self.error(count.line, None, reason);
            }
        }
        Ok(())
    }
}

/// Returns the SKU that a row is about: that of the variant with its option values, or else the one it names.
///
/// Shopify allows equal SKUs, and the product import gives such variants SKUs of their own, so the values decide.
fn sku_of(row: &Row, product: Option<&Product>) -> Option<Sku> {
    let by_values =
        product.and_then(|product| product.variants.iter().find(|variant| variant.option_values == row.values));
    by_values.map(|variant| variant.sku.clone()).or_else(|| row.sku.parse().ok())
}
