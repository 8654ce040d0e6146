//! The shop under test.

use super::process::{PROGRAM, Process};
use super::visitor::Visitor;
use serde::Deserialize;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::sync::{Mutex, OnceCell};

/// A demonstration shop: a process of this test's own, or what `SHOPSTACK_BASE_URL` names.
pub struct Shop {
    process: Option<Process>,
    folder: Option<TempDir>,
    base_url: String,
    /// Tokens of staff, and when they were given.
    tokens: Mutex<HashMap<&'static str, (String, Instant)>>,
}

/// What `shopstack audit --json` says.
#[derive(Debug, Deserialize)]
pub struct Audit {
    /// What was found.
    pub findings: Vec<Finding>,
}

/// Something the audit found.
#[derive(Debug, Deserialize)]
pub struct Finding {
    /// `violation`, `parked`, `in_progress`.
    pub class: String,
    /// What it is about.
    #[serde(rename = "subject")]
    pub _subject: String,
    /// What was found.
    pub detail: String,
}

/// What a shop logs unless a test wants more.
const WARNINGS: &str = "warn";

/// For how long a token of staff is taken for good; it is for longer.
const FRESH: Duration = Duration::from_secs(300);

/// Who works in the demonstration.
const LOGINS: &[(&str, &str)] = &[
    ("customer", "meadow-lantern-27"),
    ("support", "harbour-pencil-38"),
    ("merchant", "orchard-kettle-49"),
    ("admin", "granite-feather-51"),
];

fn elsewhere() -> Option<String> {
    let url = std::env::var_os("SHOPSTACK_BASE_URL")?.into_string().unwrap();
    Some(url.trim_end_matches('/').to_owned()).filter(|url| !url.is_empty())
}

/// The books of a demonstration that was filled once; filling takes longer than copying.
fn filled() -> &'static Path {
    static FILLED: std::sync::OnceLock<TempDir> = std::sync::OnceLock::new();
    let folder = FILLED.get_or_init(|| {
        // Statics are not dropped, so the folder is in the target directory, and one run tidies up after another.
        let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("filled");
        let _ = std::fs::remove_dir_all(&place);
        std::fs::create_dir_all(&place).unwrap();
        let folder = TempDir::new_in(place).unwrap();
        Process::start(&folder.path().join("books"), 0, WARNINGS).kill();
        folder
    });
    folder.path()
}

/// Copies a folder with all that is in it.
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
    /// The shop that tests share which do not disturb each other.
    pub async fn shared() -> &'static Self {
        static SHARED: OnceCell<Shop> = OnceCell::const_new();
        SHARED.get_or_init(Self::start).await
    }

    /// A shop of the test's own, if it can be had.
    pub async fn start() -> Self {
        Self::start_logging(WARNINGS).await
    }

    /// The same, which logs what `filter` says.
    pub async fn start_logging(filter: &'static str) -> Self {
        if let Some(base_url) = elsewhere() {
            let shop = Self { process: None, folder: None, base_url, tokens: Mutex::default() };
            shop.finds_all_its_goods().await;
            return shop;
        }
        let started = tokio::task::spawn_blocking(|| {
            let folder = TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
            copy(&filled().join("books"), &folder.path().join("books"));
            (Process::start(&folder.path().join("books"), 0, filter), folder)
        });
        let (process, folder) = started.await.unwrap();
        let base_url = process.base_url.clone();
        let shop = Self { process: Some(process), folder: Some(folder), base_url, tokens: Mutex::default() };
        shop.finds_all_its_goods().await;
        shop
    }

    /// The search index follows the catalogue by itself; tests begin when it has caught up.
    async fn finds_all_its_goods(&self) {
        let goods: Vec<serde_json::Value> = serde_json::from_str(include_str!("../../../demo/products.json")).unwrap();
        let visitor = self.stranger();
        super::eventually("the search index has caught up", 30, async || {
            let page = visitor.get("/api/v1/products?limit=1").await.expect(200);
            (page["count"]["value"].as_u64() >= Some(goods.len() as u64)).then_some(())
        })
        .await;
    }

    /// Whether it is this test's own, to be killed and audited.
    pub fn is_own(&self) -> bool {
        self.process.is_some()
    }

    /// Where it is.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// Where its books are, when it is the test's own.
    pub fn books(&self) -> Option<PathBuf> {
        self.folder.as_ref().map(|folder| folder.path().join("books"))
    }

    /// What it has logged as an error.
    pub fn logged_errors(&self) -> Vec<String> {
        let log = self.process.as_ref().map(Process::log).unwrap_or_default();
        log.lines().filter(|line| line.contains("\"ERROR\"") || line.contains("panicked")).map(str::to_owned).collect()
    }

    /// The lines it has logged that contain `text`; none when it is not this test's own.
    pub fn logged(&self, text: &str) -> Vec<String> {
        let log = self.process.as_ref().map(Process::log).unwrap_or_default();
        log.lines().filter(|line| line.contains(text)).map(str::to_owned).collect()
    }

    /// Ends it by `kill -9`.
    pub fn kill(&mut self) {
        self.process.as_mut().unwrap().kill();
    }

    /// Starts it again where it was, over the same books.
    pub async fn start_again(&mut self) {
        let (books, port) = (self.books().unwrap(), self.process.as_ref().unwrap().port());
        self.process = Some(tokio::task::spawn_blocking(move || Process::start(&books, port, WARNINGS)).await.unwrap());
    }

    /// Somebody without a session.
    pub fn stranger(&self) -> Visitor {
        Visitor::new(&self.base_url)
    }

    /// A new guest.
    pub async fn guest(&self) -> Visitor {
        self.stranger().into_guest().await
    }

    /// A new customer with an account.
    pub async fn customer(&self) -> Visitor {
        self.stranger().into_customer(&super::unique("customer")).await
    }

    /// The demonstration's `customer`, `support`, `merchant` or `admin`.
    pub async fn staff(&self, role: &'static str) -> Visitor {
        let mut tokens = self.tokens.lock().await;
        if let Some((token, _)) = tokens.get(role).filter(|(_, given)| given.elapsed() < FRESH) {
            return self.stranger().with_token(token);
        }
        let password = LOGINS.iter().find(|(name, _)| *name == role).unwrap().1;
        let visitor = self.stranger().logged_in(&format!("{role}@example.com"), password).await;
        tokens.insert(role, (visitor.token().unwrap().to_owned(), Instant::now()));
        visitor
    }

    /// `shopstack audit`: nothing, when the shop is not this test's own.
    pub async fn audit(&self) -> Option<Audit> {
        let books = self.books()?;
        let audit = move || Command::new(PROGRAM).args(["audit", "--json", "--data-dir"]).arg(books).output().unwrap();
        let output = tokio::task::spawn_blocking(audit).await.unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let audit: Audit = serde_json::from_str(&text)
            .unwrap_or_else(|error| panic!("{error}: {text} {}", String::from_utf8_lossy(&output.stderr)));
        let violated = audit.findings.iter().any(|finding| finding.class == "violation");
        assert_eq!(output.status.code(), Some(i32::from(violated)), "{text}");
        Some(audit)
    }

    /// Waits until the audit finds nothing that is under way but parcels, and checks that it finds nothing wrong.
    pub async fn passes_its_audit(&self, seconds: u32) {
        let calm = async || {
            let Some(audit) = self.audit().await else { return Some(()) };
            let wrong: Vec<_> = audit.findings.iter().filter(|finding| finding.class != "in_progress").collect();
            assert!(wrong.is_empty(), "{wrong:#?}");
            audit.findings.iter().all(|finding| finding.detail == "AwaitingDelivery").then_some(())
        };
        super::eventually("the audit finds nothing under way", seconds, calm).await;
    }
}
