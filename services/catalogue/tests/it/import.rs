//! Import, export and the fetching of images.

mod columns;
mod csv_dialects;
mod export;
mod formats;
mod handles;
mod images;
mod inventory;
mod own_cases;
mod repeats;
mod runs;
mod skus;
mod variants;
mod woocommerce;

use catalogue::Catalogue;
use catalogue::import::{
    self, ImportError, ImportIssue, ImportObserver, ImportSettings, IssueSeverity, Progress, Summary,
};
use catalogue::product::Product;
use contracts::catalogue::{Shop, StockRecord};
use std::path::PathBuf;
use tempfile::TempDir;
use testkit::TestEnvironment;

/// An empty shop with a folder for import files.
pub struct TestShop {
    pub env: TestEnvironment,
    pub catalogue: Catalogue,
    folder: TempDir,
}

impl TestShop {
    pub async fn new() -> Self {
        Self::with_currency("USD").await
    }

    pub async fn with_currency(currency: &str) -> Self {
        let (env, folder) = (TestEnvironment::default(), tempfile::tempdir().unwrap());
        let catalogue = open(&env, &folder, currency).await;
        Self { env, catalogue, folder }
    }

    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    pub async fn import(&self, csv: impl AsRef<[u8]>) -> Summary {
        self.import_with(csv, &ImportSettings::default()).await.unwrap()
    }

    pub async fn import_with(&self, csv: impl AsRef<[u8]>, settings: &ImportSettings) -> Result<Summary, ImportError> {
        import::run(&self.catalogue, &self.file("products.csv", csv), settings, &mut ()).await
    }

    pub async fn product(&self, handle: &str) -> Product {
        self.catalogue.find(handle).await.unwrap()
    }

    pub async fn stock(&self, sku: &str) -> StockRecord {
        self.catalogue.stock_record(sku.parse().unwrap()).await.unwrap()
    }
}

pub async fn open(env: &TestEnvironment, folder: &TempDir, currency: &str) -> Catalogue {
    let shop = Shop {
        name: "Test".to_owned(),
        currency: currency.parse().unwrap(),
        locale: "en-US".to_owned(),
        country: "US".parse().unwrap(),
        prices_include_tax: false,
        seller: None,
        demo: false,
    };
    Catalogue::embedded(&folder.path().join("data"), env.system.clone(), shop).await.unwrap()
}

/// Records progress and issues of an import.
#[derive(Default)]
pub struct Recorder {
    pub issues: Vec<ImportIssue>,
    pub progress: Vec<Progress>,
}

impl ImportObserver for Recorder {
    fn progress(&mut self, progress: Progress) {
        self.progress.push(progress);
    }

    fn issue(&mut self, issue: &ImportIssue) {
        self.issues.push(issue.clone());
    }
}

/// Returns line, column and reason of the errors.
pub fn errors(summary: &Summary) -> Vec<(u64, &str, &str)> {
    let errors = summary.issues.iter().filter(|issue| issue.severity == IssueSeverity::Error);
    errors.map(|issue| (issue.line, issue.column.as_str(), issue.reason.as_str())).collect()
}

/// Returns line and text of the warnings about rows.
pub fn warnings(summary: &Summary) -> Vec<(u64, &str)> {
    let warnings = row_issues(summary).filter(|issue| issue.severity == IssueSeverity::Warning);
    warnings.map(|issue| (issue.line, issue.reason.as_str())).collect()
}

/// Returns the warnings about the file as a whole, which have the line of its header row.
pub fn file_warnings(summary: &Summary) -> Vec<&str> {
    summary.issues.iter().filter(|issue| issue.line == 1).map(|issue| issue.reason.as_str()).collect()
}

fn row_issues(summary: &Summary) -> impl Iterator<Item = &ImportIssue> {
    summary.issues.iter().filter(|issue| issue.line > 1)
}

/// Fails if the import is incomplete or has issues with rows.
#[track_caller]
pub fn assert_no_issues(summary: &Summary) {
    let issues: Vec<String> = row_issues(summary).map(ToString::to_string).collect();
    assert_eq!(issues, [] as [String; 0]);
    assert!(summary.complete);
}

/// An inventory file or a file of another shop system, as recorded in the shared cases.
pub fn case(name: &str) -> Vec<u8> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases").join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
