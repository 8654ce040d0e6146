//! Imports of uploaded files. They run one after another in the background, and their progress is stored for those who wait.

use crate::catalogue::Catalogue;
use crate::import::{self, Format, ImportError, ImportIssue, ImportObserver, ImportSettings, MAX_ISSUES, Progress};
use chassis::page::Page;
use chassis::tasks::Tasks;
use chassis::{Problem, StoreError, problem};
use contracts::catalogue::{ImportCounts, ImportStatus, ProductImport};
use jiff::SignedDuration;
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tempfile::NamedTempFile;
use uuid::Uuid;

/// The largest size of an uploaded file, in bytes. Larger files are imported with `shopstack import`, which needs no memory
/// for them.
pub const MAX_UPLOAD_BYTES: usize = 10 << 20;
/// The interval at which the progress is stored.
const SAVE_INTERVAL: Duration = Duration::from_secs(1);
/// An import without progress for this time belongs to a program that has ended.
const INTERRUPTED_AFTER: SignedDuration = SignedDuration::from_secs(30);
/// The time for which finished imports are listed.
const RETENTION: SignedDuration = SignedDuration::from_hours(24 * 90);

/// The imports of this process.
#[derive(Clone)]
pub struct ProductImports {
    catalogue: Catalogue,
    tasks: Tasks,
    /// Held by the import that runs. Replicas do not wait for each other; the versions of products guard what they write.
    turn: Arc<tokio::sync::Mutex<()>>,
}

/// An uploaded file with the options of its import.
pub struct Upload {
    pub file_name: String,
    pub format: Format,
    pub dry_run: bool,
    pub set_stock: bool,
    pub author: String,
    pub content: axum::body::Bytes,
}

impl ProductImports {
    pub fn new(catalogue: Catalogue, tasks: Tasks) -> Self {
        Self { catalogue, tasks, turn: Arc::default() }
    }

    /// Stores an uploaded file and imports it in the background.
    ///
    /// # Errors
    /// 422 for an empty file; when the file cannot be stored.
    pub async fn start(&self, upload: Upload) -> Result<ProductImport, Problem> {
        if upload.content.is_empty() {
            return Err(Problem::invalid("", "the body must be a product file, but it is empty"));
        }
        let now = self.catalogue.system.now();
        let import = ProductImport {
            id: self.catalogue.system.id(),
            status: ImportStatus::Waiting,
            file_name: upload.file_name,
            dry_run: upload.dry_run,
            set_stock: upload.set_stock,
            author: upload.author,
            started_at: now,
            updated_at: now,
            bytes_read: 0,
            bytes_total: u64::try_from(upload.content.len()).unwrap_or(u64::MAX),
            counts: ImportCounts::default(),
            resumed_after: None,
            issues: Vec::new(),
            error: None,
        };
        let file = self.write_file(upload.format, upload.content).await?;
        let expired = now.saturating_sub(RETENTION).map_err(Problem::internal)?;
        self.catalogue.products.purge_imports(expired).await?;
        self.catalogue.products.save_import(&import).await?;
        let (this, started) = (self.clone(), import.clone());
        // Tracked, so that a shutdown waits until its status is stored.
        drop(self.tasks.run(async move { this.run(started, file).await }));
        Ok(import)
    }

    /// Returns the import with this id.
    ///
    /// # Errors
    /// 404 if there is none.
    pub async fn get(&self, id: Uuid) -> Result<ProductImport, Problem> {
        let stored = self.catalogue.products.import(id).await?;
        stored
            .map(|import| self.current(import))
            .ok_or_else(|| problem::NOT_FOUND.detail("There is no import with this id."))
    }

    /// Lists the imports before `before`, the newest first, without their issues.
    ///
    /// # Errors
    /// When the store is unavailable.
    pub async fn list(&self, before: Option<Uuid>, limit: usize) -> Result<Page<ProductImport>, Problem> {
        let mut items = self.catalogue.products.imports(before, limit + 1).await?;
        let more = items.len() > limit;
        items.truncate(limit);
        let next_cursor = items.last().filter(|_| more).map(|import| chassis::page::encode(&import.id));
        Ok(Page { items: items.into_iter().map(|import| self.current(import)).collect(), next_cursor })
    }

    /// Corrects the status of an import whose program has ended without a word.
    fn current(&self, import: ProductImport) -> ProductImport {
        let is_open = matches!(import.status, ImportStatus::Waiting | ImportStatus::Running);
        let silent = self.catalogue.system.now().duration_since(import.updated_at);
        let status = if is_open && silent > INTERRUPTED_AFTER { ImportStatus::Interrupted } else { import.status };
        ProductImport { status, ..import }
    }

    /// Writes the file to disk, since the importer reads it several times. It is deleted when the import ends.
    async fn write_file(&self, format: Format, content: axum::body::Bytes) -> Result<NamedTempFile, Problem> {
        let folder = self.catalogue.upload_folder.clone();
        let suffix = match format {
            Format::Csv => ".csv",
            Format::Ndjson => ".ndjson",
        };
        let write = move || {
            std::fs::create_dir_all(&folder)?;
            let mut file = tempfile::Builder::new().prefix("import-").suffix(suffix).tempfile_in(&folder)?;
            file.write_all(&content)?;
            Ok::<_, std::io::Error>(file)
        };
        let written = tokio::task::spawn_blocking(write).await.map_err(Problem::internal)?;
        written.map_err(|error| Problem::internal(format!("the uploaded file cannot be stored: {error}")))
    }

    async fn run(self, import: ProductImport, file: NamedTempFile) {
        let settings = ImportSettings {
            set_stock: import.set_stock,
            dry_run: import.dry_run,
            author: import.author.clone(),
            // Who uploads a file again wants it to take effect again.
            repeat: true,
            ..ImportSettings::default()
        };
        let state = Arc::new(Mutex::new(import));
        let work = async {
            let _turn = self.turn.lock().await;
            change(&state, |import| import.status = ImportStatus::Running);
            import::run(&self.catalogue, file.path(), &settings, &mut Watcher(Arc::clone(&state))).await
        };
        // Polled together with the import, which may hold the writer that it waits for.
        let saving = async {
            loop {
                tokio::time::sleep(SAVE_INTERVAL).await;
                self.save(&state).await;
            }
        };
        // All three have ended when the result is stored below.
        let outcome = tokio::select! {
            outcome = work => Some(outcome),
            // Finished batches remain, and the same file resumes after them.
            () = self.tasks.stopping() => None,
            () = saving => None,
        };
        change(&state, |import| match outcome {
            Some(Ok(summary)) => {
                import.status = if summary.complete { ImportStatus::Finished } else { ImportStatus::Failed };
                import.error = (!summary.complete).then(|| "The file ended unexpectedly; see the issues.".to_owned());
                import.counts = summary.counts;
                import.resumed_after = summary.resumed_after;
                import.issues = summary.issues;
                if summary.complete {
                    import.bytes_read = import.bytes_total;
                }
            }
            Some(Err(error)) => {
                tracing::warn!(%error, "an import failed");
                import.status = ImportStatus::Failed;
                import.error = Some(match error {
                    // Its text has the path of the file on this machine.
                    ImportError::File { .. } => "The uploaded file cannot be read.".to_owned(),
                    other => other.to_string(),
                });
            }
            None => import.status = ImportStatus::Interrupted,
        });
        self.save(&state).await;
    }

    async fn save(&self, state: &Mutex<ProductImport>) {
        let now = self.catalogue.system.now();
        let import = {
            let mut import = state.lock().unwrap_or_else(PoisonError::into_inner);
            import.updated_at = now;
            import.clone()
        };
        let saved: Result<(), StoreError> = self.catalogue.products.save_import(&import).await;
        if let Err(error) = saved {
            // The import itself goes on or has ended; those who wait see it as interrupted.
            tracing::warn!(%error, import = %import.id, "the progress of an import cannot be stored");
        }
    }
}

fn change(state: &Mutex<ProductImport>, change: impl FnOnce(&mut ProductImport)) {
    change(&mut state.lock().unwrap_or_else(PoisonError::into_inner));
}

/// Takes the progress of an import over into what is stored of it.
struct Watcher(Arc<Mutex<ProductImport>>);

impl ImportObserver for Watcher {
    fn progress(&mut self, progress: Progress) {
        change(&self.0, |import| {
            import.bytes_read = progress.bytes_read;
            import.counts = progress.counts;
        });
    }

    fn issue(&mut self, issue: &ImportIssue) {
        change(&self.0, |import| {
            if import.issues.len() < MAX_ISSUES {
                import.issues.push(issue.clone());
            }
        });
    }
}
