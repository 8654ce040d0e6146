//! `shopstack import` and `shopstack export`.

use super::{CommandError, StorageArgs, count, require};
use crate::settings::{Options, Settings};
use catalogue::Catalogue;
use catalogue::export::{self, ExportCounts, ExportSettings};
use catalogue::import::{
    self, DuplicateSkus, Format, ImportIssue, ImportObserver, ImportSettings, IssueSeverity, Progress, Summary,
    inventory,
};
use chassis::SystemContext;
use chassis::config::Environment;
use clap::Args;
use contracts::Currency;
use indicatif::{ProgressBar, ProgressStyle};
use std::path::PathBuf;
use std::process::ExitCode;
use tokio::io::AsyncWriteExt;

/// Images are counted up to this number.
const MAX_COUNTED_IMAGES: u32 = 100_000;
const BAR: &str = "{bar:32} {bytes}/{total_bytes}  {msg}  {elapsed_precise}, {eta} left";

#[derive(Debug, Args)]
pub(super) struct ImportArgs {
    #[command(flatten)]
    storage: StorageArgs,
    /// The file: .csv as exported by Shopify or WooCommerce, or .ndjson
    file: PathBuf,
    /// The currency of the prices in the file; must be the shop's
    #[arg(long)]
    currency: Option<Currency>,
    /// Set the stock of existing SKUs too; without it the file's stock applies to new SKUs only
    #[arg(long)]
    set_stock: bool,
    /// The file is an inventory CSV of Shopify: set the stock of its SKUs, summed over the locations
    #[arg(long, conflicts_with_all = ["currency", "set_stock", "refuse_duplicate_skus", "new_shop", "restart"])]
    inventory: bool,
    /// Skip variants whose SKU another variant has; without it they get a SKU of their own, with a warning
    #[arg(long)]
    refuse_duplicate_skus: bool,
    /// Begin a shop in the data directory if there is none
    #[arg(long)]
    new_shop: bool,
    /// Check the file without writing anything
    #[arg(long)]
    dry_run: bool,
    /// Start at the first row, even if an earlier run was interrupted
    #[arg(long)]
    restart: bool,
}

#[derive(Debug, Args)]
pub(super) struct ExportArgs {
    #[command(flatten)]
    storage: StorageArgs,
    /// The file to write, .csv or .ndjson
    file: PathBuf,
    /// The shop's public URL, to make the URLs of its images absolute, so that another shop can fetch them
    #[arg(long)]
    public_url: Option<String>,
}

/// Opens the catalogue of a shop that may be running.
pub(super) async fn open(
    storage: &StorageArgs,
    currency: Option<Currency>,
    new_shop: bool,
) -> Result<Catalogue, CommandError> {
    let mut environment = Environment::from_process();
    let target = storage.read(&mut environment);
    let options = Options::of_command(&storage.data.data_dir);
    let mut settings = Settings::read(options, &mut environment)?;
    if let Some(currency) = currency {
        // Applies to a new shop only. An existing one keeps its currency, and the import is refused if it differs.
        settings.currency = currency;
    }
    let target = require(target)?;
    if !new_shop {
        target.require_data()?;
    }
    Ok(target.catalogue(&settings, &SystemContext::host()).await?)
}

pub(super) async fn import(args: &ImportArgs) -> Result<ExitCode, CommandError> {
    let size = std::fs::metadata(&args.file).map_err(CommandError::file(&args.file))?.len();
    // Without a search index: the running shop has it open, and follows the change log.
    let catalogue = open(&args.storage, args.currency, args.new_shop).await?;
    let settings = ImportSettings {
        currency: args.currency,
        set_stock: args.set_stock,
        duplicate_skus: if args.refuse_duplicate_skus { DuplicateSkus::Refuse } else { DuplicateSkus::Derive },
        dry_run: args.dry_run,
        restart: args.restart,
        repeat: false,
        author: "shopstack import".to_owned(),
    };
    let bar = ProgressBar::new(size);
    bar.set_style(ProgressStyle::with_template(BAR)?);
    let mut observer = Terminal(bar.clone());
    let summary = if args.inventory {
        inventory::run(&catalogue, &args.file, &settings.author, args.dry_run, &mut observer).await?
    } else {
        import::run(&catalogue, &args.file, &settings, &mut observer).await?
    };
    bar.finish_and_clear();
    let text =
        if args.inventory { inventory_text(&summary, args.dry_run) } else { summary_text(&summary, args.dry_run) };
    print!("{text}");
    let pending = catalogue.products.pending_images(MAX_COUNTED_IMAGES).await?;
    if pending > 0 && !args.dry_run {
        let more = if pending == MAX_COUNTED_IMAGES { " or more" } else { "" };
        println!(
            "{}{more} to fetch: the running shop does that in the background. `shopstack images failed` lists those that fail.",
            count(pending, "image")
        );
    }
    Ok(if summary.counts.errors == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Shows the progress of an import at the terminal.
struct Terminal(ProgressBar);

impl ImportObserver for Terminal {
    fn progress(&mut self, progress: Progress) {
        self.0.set_position(progress.bytes_read);
        self.0.set_message(format!(
            "{}, {}, {}",
            count(progress.counts.rows, "row"),
            count(progress.counts.products(), "product"),
            count(progress.counts.errors, "error")
        ));
    }

    fn issue(&mut self, issue: &ImportIssue) {
        let kind = if issue.severity == IssueSeverity::Error { "error" } else { "warning" };
        // The bar is hidden for the moment, else the line would be written into it.
        self.0.suspend(|| eprintln!("{kind}: {issue}"));
    }
}

fn inventory_text(summary: &Summary, dry_run: bool) -> String {
    let counts = &summary.counts;
    let note = if dry_run { "Dry run: nothing was written.\n" } else { "" };
    format!(
        "{note}{} read: stock changed for {}.\n{}, {}.\n",
        count(counts.rows, "row"),
        count(counts.stock_set, "SKU"),
        count(counts.errors, "error"),
        count(counts.warnings, "warning")
    )
}

fn summary_text(summary: &Summary, dry_run: bool) -> String {
    let counts = &summary.counts;
    let mut text = String::new();
    if let Some(row) = summary.resumed_after {
        text.push_str(&format!("Resumed after row {row}, where an earlier run was interrupted.\n"));
    }
    if dry_run {
        text.push_str("Dry run: nothing was written.\n");
    }
    text.push_str(&format!(
        "{} read: {} created, {} updated, {} unchanged, {} skipped.\n",
        count(counts.rows, "row"),
        count(counts.created, "product"),
        counts.updated,
        counts.unchanged,
        counts.skipped
    ));
    text.push_str(&format!(
        "{}, {}, stock set for {}.\n",
        count(counts.errors, "error"),
        count(counts.warnings, "warning"),
        count(counts.stock_set, "SKU")
    ));
    if counts.untracked > 0 {
        let variants = count(counts.untracked, "variant");
        text.push_str(&format!("{variants} not counted: they can always be bought, and no order waits for them.\n"));
    }
    text
}

pub(super) async fn export(args: &ExportArgs) -> Result<ExitCode, CommandError> {
    let format = Format::of(&args.file)
        .ok_or_else(|| CommandError::Usage("The file name must end in .csv or .ndjson.".to_owned()))?;
    let catalogue = open(&args.storage, None, false).await?;
    let settings = ExportSettings { public_url: args.public_url.clone() };
    // Written to a temporary file and renamed, so that an interrupted export leaves no incomplete file.
    let temporary = args.file.with_extension("part");
    let failed = CommandError::file(&args.file);
    let mut out = tokio::io::BufWriter::new(tokio::fs::File::create(&temporary).await.map_err(&failed)?);
    let bar = ProgressBar::new_spinner();
    let mut progress = |done: ExportCounts| {
        bar.set_message(format!("{}, {}", count(done.products, "product"), count(done.rows, "row")));
        bar.tick();
    };
    let done = export::run(&catalogue, format, &settings, &mut out, &mut progress).await?;
    out.flush().await.map_err(&failed)?;
    drop(out);
    tokio::fs::rename(&temporary, &args.file).await.map_err(&failed)?;
    bar.finish_and_clear();
    println!("{}, {}, {}.", count(done.products, "product"), count(done.rows, "row"), count(done.bytes, "byte"));
    Ok(ExitCode::SUCCESS)
}
