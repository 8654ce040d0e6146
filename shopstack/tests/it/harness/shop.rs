//! The shop under test.

use super::client::Client;
use super::process::{Process, program};
use serde::Deserialize;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::sync::{Mutex, OnceCell};

/// A demo shop: a process of the test's own, or the one that `SHOPSTACK_BASE_URL` names.
pub struct Shop {
    process: Option<Process>,
    folder: Option<TempDir>,
    base_url: String,
    /// Cached tokens of staff, and when they were issued.
    tokens: Mutex<HashMap<&'static str, (String, Instant)>>,
}

/// The report of `shopstack audit --json`.
#[derive(Debug, Deserialize)]
pub struct Audit {
    pub findings: Vec<Finding>,
}

/// A finding of the audit.
#[derive(Debug, Deserialize)]
pub struct Finding {
    /// One of `violation`, `needs_attention` and `in_progress`.
    pub class: String,
    #[serde(rename = "subject")]
    pub _subject: String,
    pub detail: String,
}

/// The default log filter.
const WARNINGS: &str = "warn";

/// The time for which a staff token is reused. It is valid for longer.
const FRESH: Duration = Duration::from_secs(300);

/// The accounts of the demo shop.
const LOGINS: &[(&str, &str)] = &[
    ("customer", "meadow-lantern-27"),
    ("warehouse", "parcel-thicket-62"),
    ("support", "harbour-pencil-38"),
    ("merchant", "orchard-kettle-49"),
    ("admin", "granite-feather-51"),
];

fn external_url() -> Option<String> {
    let url = std::env::var_os("SHOPSTACK_BASE_URL")?.into_string().unwrap();
    Some(url.trim_end_matches('/').to_owned()).filter(|url| !url.is_empty())
}

/// The data directory of a demo shop that is filled once per run: copying is faster than filling.
fn demo_data_dir() -> &'static Path {
    static FILLED: std::sync::OnceLock<TempDir> = std::sync::OnceLock::new();
    let folder = FILLED.get_or_init(|| {
        // Statics are not dropped, so the folder is in the target directory and the next run removes it.
        let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("filled");
        let _ = std::fs::remove_dir_all(&place);
        std::fs::create_dir_all(&place).unwrap();
        let folder = TempDir::new_in(place).unwrap();
        Process::start(&folder.path().join("data"), 0, WARNINGS).kill();
        folder
    });
    folder.path()
}

/// Copies a directory recursively.
pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

impl Shop {
    /// The shop shared by tests that do not disturb each other.
    pub async fn shared() -> &'static Self {
        static SHARED: OnceCell<Shop> = OnceCell::const_new();
        SHARED.get_or_init(Self::start).await
    }

    /// Starts a shop of the test's own, unless `SHOPSTACK_BASE_URL` names one.
    pub async fn start() -> Self {
        Self::start_logging(WARNINGS).await
    }

    /// Like [`Self::start`], with this log filter.
    pub async fn start_logging(filter: &'static str) -> Self {
        if let Some(base_url) = external_url() {
            let shop = Self { process: None, folder: None, base_url, tokens: Mutex::default() };
            shop.wait_for_search_index().await;
            return shop;
        }
        let started = tokio::task::spawn_blocking(|| {
            let folder = TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
            copy(&demo_data_dir().join("data"), &folder.path().join("data"));
            (Process::start(&folder.path().join("data"), 0, filter), folder)
        });
        let (process, folder) = started.await.unwrap();
        let base_url = process.base_url.clone();
        let shop = Self { process: Some(process), folder: Some(folder), base_url, tokens: Mutex::default() };
        shop.wait_for_search_index().await;
        shop
    }

    /// Starts a shop of the test's own with these variables, also where other tests use one that runs already.
    pub async fn start_with(environment: Vec<(&'static str, String)>) -> Self {
        let started = tokio::task::spawn_blocking(move || {
            let folder = TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
            copy(&demo_data_dir().join("data"), &folder.path().join("data"));
            (Process::start_with(&folder.path().join("data"), &environment), folder)
        });
        let (process, folder) = started.await.unwrap();
        let base_url = process.base_url.clone();
        let shop = Self { process: Some(process), folder: Some(folder), base_url, tokens: Mutex::default() };
        shop.wait_for_search_index().await;
        shop
    }

    /// Starts a shop of the test's own in an empty data directory, without demo data, and with people who ship.
    pub async fn start_empty() -> Self {
        let started = tokio::task::spawn_blocking(|| {
            let folder = TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
            let environment = [("PAYMENT_GATEWAY", "sandbox"), ("SANDBOX_CAPTURE", "shipped")];
            (Process::start_empty(&folder.path().join("data"), &environment), folder)
        });
        let (process, folder) = started.await.unwrap();
        let base_url = process.base_url.clone();
        Self { process: Some(process), folder: Some(folder), base_url, tokens: Mutex::default() }
    }

    /// The code that makes the first admin of an empty shop.
    pub fn setup_code(&self) -> &str {
        self.process.as_ref().and_then(|process| process.setup_code.as_deref()).unwrap()
    }

    /// The URL of its operations listener.
    pub fn operations_url(&self) -> &str {
        self.process.as_ref().map_or("", |process| &process.operations_url)
    }

    /// All lines of its log.
    pub fn log(&self) -> String {
        self.process.as_ref().map(Process::log).unwrap_or_default()
    }

    /// Waits until the search index has caught up with the catalogue.
    async fn wait_for_search_index(&self) {
        let product: Vec<serde_json::Value> =
            serde_json::from_str(include_str!("../../../demo/products.json")).unwrap();
        let client = self.anonymous();
        super::eventually("the search index has caught up", 30, async || {
            let page = client.get("/api/v1/products?limit=1").await.expect(200);
            (page["count"]["value"].as_u64() >= Some(product.len() as u64)).then_some(())
        })
        .await;
    }

    /// Returns true if the process is the test's own, and so can be killed and audited.
    pub fn is_own(&self) -> bool {
        self.process.is_some()
    }

    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// The data directory, if the process is the test's own.
    pub fn data_dir(&self) -> Option<PathBuf> {
        self.folder.as_ref().map(|folder| folder.path().join("data"))
    }

    /// The errors and panics in its log.
    pub fn logged_errors(&self) -> Vec<String> {
        let log = self.process.as_ref().map(Process::log).unwrap_or_default();
        log.lines().filter(|line| line.contains("\"ERROR\"") || line.contains("panicked")).map(str::to_owned).collect()
    }

    /// The log lines that contain `text`; none if the process is not the test's own.
    pub fn logged(&self, text: &str) -> Vec<String> {
        let log = self.process.as_ref().map(Process::log).unwrap_or_default();
        log.lines().filter(|line| line.contains(text)).map(str::to_owned).collect()
    }

    /// Kills the process with SIGKILL.
    pub fn kill(&mut self) {
        self.process.as_mut().unwrap().kill();
    }

    /// Restarts it on the same port and data directory.
    pub async fn restart(&mut self) {
        let (data_dir, port) = (self.data_dir().unwrap(), self.process.as_ref().unwrap().port());
        self.process =
            Some(tokio::task::spawn_blocking(move || Process::start(&data_dir, port, WARNINGS)).await.unwrap());
    }

    /// A client without a session.
    pub fn anonymous(&self) -> Client {
        Client::new(&self.base_url)
    }

    pub async fn guest(&self) -> Client {
        self.anonymous().into_guest().await
    }

    pub async fn customer(&self) -> Client {
        self.anonymous().into_customer(&super::unique("customer")).await
    }

    /// A client logged in as the `customer`, `support`, `merchant` or `admin` of the demo shop.
    pub async fn staff(&self, role: &'static str) -> Client {
        let mut tokens = self.tokens.lock().await;
        if let Some((token, _)) = tokens.get(role).filter(|(_, given)| given.elapsed() < FRESH) {
            return self.anonymous().with_token(token);
        }
        let password = LOGINS.iter().find(|(name, _)| *name == role).unwrap().1;
        let client = self.anonymous().logged_in(&format!("{role}@example.com"), password).await;
        tokens.insert(role, (client.token().unwrap().to_owned(), Instant::now()));
        client
    }

    /// Runs `shopstack audit`; `None` if the process is not the test's own.
    pub async fn audit(&self) -> Option<Audit> {
        let data_dir = self.data_dir()?;
        let audit = move || program().args(["audit", "--json", "--data-dir"]).arg(data_dir).output().unwrap();
        let output = tokio::task::spawn_blocking(audit).await.unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let audit: Audit = serde_json::from_str(&text)
            .unwrap_or_else(|error| panic!("{error}: {text} {}", String::from_utf8_lossy(&output.stderr)));
        let violated = audit.findings.iter().any(|finding| finding.class == "violation");
        assert_eq!(output.status.code(), Some(i32::from(violated)), "{text}");
        Some(audit)
    }

    /// Waits until only deliveries are in progress, and checks that the audit finds no problem.
    pub async fn assert_audit_is_clean(&self, seconds: u32) {
        let calm = async || {
            let Some(audit) = self.audit().await else { return Some(()) };
            let unexpected: Vec<_> = audit.findings.iter().filter(|finding| finding.class != "in_progress").collect();
            assert!(unexpected.is_empty(), "{unexpected:#?}");
            audit.findings.iter().all(|finding| finding.detail == "awaiting delivery").then_some(())
        };
        super::eventually("the audit finds nothing in progress", seconds, calm).await;
    }
}
