//! `shopstack import` and `shopstack export`.

use super::{Export, Import, Place};
use crate::compose::{Backends, catalogue_beside, first_shop};
use crate::settings::{Options, Settings};
use catalogue::Catalogue;
use catalogue::export::{self, ExportSettings, Exported};
use catalogue::import::{self, Format, ImportSettings, Issue, Progress, Severity, Summary, Watch};
use chassis::SystemContext;
use chassis::config::Environment;
use indicatif::{ProgressBar, ProgressStyle};
use std::process::ExitCode;

const BAR: &str = "{bar:32} {bytes}/{total_bytes}  {msg}  {elapsed_precise}, {eta} left";

/// The catalogue of this shop, which may be running.
async fn open(place: &Place, currency: Option<contracts::Currency>) -> Result<Catalogue, String> {
    let folder = &place.data.data_dir;
    let mut environment = Environment::from_process();
    let backends = if place.backends { Backends::read(&mut environment) } else { None };
    let options = Options { data_dir: folder.clone(), ..Options::default() };
    let mut settings = Settings::read(options, &mut environment)?;
    if let Some(currency) = currency {
        // Counts for a shop that is only now begun; an older one keeps its own and the import is refused.
        settings.currency = currency;
    }
    if let Some(backends) = &backends {
        return catalogue_beside(&settings, backends, &SystemContext::host()).await;
    }
    Catalogue::beside(folder, SystemContext::host(), first_shop(&settings)).await.map_err(|error| error.to_string())
}

pub(super) async fn import(asked: &Import) -> Result<ExitCode, String> {
    let size = std::fs::metadata(&asked.file).map_err(|error| format!("{}: {error}", asked.file.display()))?.len();
    let catalogue = open(&asked.place, asked.currency).await?;
    let settings = ImportSettings {
        currency: asked.currency,
        set_stock: asked.set_stock,
        dry_run: asked.dry_run,
        restart: asked.restart,
        author: "shopstack import".to_owned(),
    };
    let bar = ProgressBar::new(size);
    bar.set_style(ProgressStyle::with_template(BAR).map_err(|error| error.to_string())?);
    let mut shown = Shown(bar.clone());
    let summary =
        import::run(&catalogue, &asked.file, &settings, &mut shown).await.map_err(|error| error.to_string())?;
    bar.finish_and_clear();
    print(&summary, asked.dry_run);
    Ok(if summary.counts.errors == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

struct Shown(ProgressBar);

impl Watch for Shown {
    fn progress(&mut self, progress: Progress) {
        self.0.set_position(progress.bytes_read);
        self.0
            .set_message(format!("{} rows, {} products, {} errors", progress.rows, progress.products, progress.errors));
    }

    fn issue(&mut self, issue: &Issue) {
        let kind = if issue.severity == Severity::Error { "error" } else { "warning" };
        self.0.suspend(|| eprintln!("{kind}: {issue}"));
    }
}

fn print(summary: &Summary, dry_run: bool) {
    let counts = &summary.counts;
    if let Some(row) = summary.resumed_after {
        println!("Continued after row {row}, where an earlier run had stopped.");
    }
    println!(
        "{}{} rows: {} products created, {} updated, {} unchanged, {} left out.",
        if dry_run { "Nothing was written. " } else { "" },
        counts.rows,
        counts.created,
        counts.updated,
        counts.unchanged,
        counts.skipped
    );
    println!("{} errors, {} warnings, stock set for {} SKUs.", counts.errors, counts.warnings, counts.stock_set);
}

pub(super) async fn export(asked: &Export) -> Result<ExitCode, String> {
    let format = Format::of(&asked.file).ok_or_else(|| "name a file that ends in .csv or .ndjson".to_owned())?;
    let catalogue = open(&asked.place, None).await?;
    let settings = ExportSettings { public_address: asked.public_url.clone() };
    let told = |error: std::io::Error| format!("{}: {error}", asked.file.display());
    // Written beside and renamed, so that an export that is cut off leaves no half of a file.
    let temporary = asked.file.with_extension("part");
    let mut out = tokio::io::BufWriter::new(tokio::fs::File::create(&temporary).await.map_err(told)?);
    let bar = ProgressBar::new_spinner();
    let mut progress = |done: Exported| {
        bar.set_message(format!("{} products, {} rows", done.products, done.rows));
        bar.tick();
    };
    let done =
        export::run(&catalogue, format, &settings, &mut out, &mut progress).await.map_err(|error| error.to_string())?;
    tokio::io::AsyncWriteExt::flush(&mut out).await.map_err(told)?;
    drop(out);
    tokio::fs::rename(&temporary, &asked.file).await.map_err(told)?;
    bar.finish_and_clear();
    println!("{} products, {} rows, {} bytes.", done.products, done.rows, done.bytes);
    Ok(ExitCode::SUCCESS)
}
