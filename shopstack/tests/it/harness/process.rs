//! A shop's process: started, read until it is open, killed.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};

/// The program under test.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_shopstack");

/// A running `shopstack up --demo`.
pub struct Process {
    child: Child,
    heir: Option<ChildStdin>,
    log: PathBuf,
    /// Where the shop is.
    pub base_url: String,
    /// Where its health and metrics are.
    pub operations_url: String,
}

impl Process {
    /// Starts it over the books in `folder` and waits until it says that it is open.
    pub fn start(folder: &Path, port: u16) -> Self {
        let log = folder.with_extension("log");
        let out = std::fs::OpenOptions::new().append(true).create(true).open(&log).unwrap();
        let mut child = Command::new(PROGRAM)
            .args(["up", "--demo", "--operations-port", "0", "--port", &port.to_string(), "--data-dir"])
            .arg(folder)
            .env("CARRIER_PACE", "1")
            .env("LOG", "warn")
            .env("LOG_FORMAT", "json")
            .env_remove("SMTP_URL")
            .env_remove("PUBLIC_URL")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(out)
            .spawn()
            .unwrap();
        let heir = heir(&child, folder.parent().unwrap());
        let (mut base_url, mut operations_url) = (None, None);
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        for line in lines.by_ref().map(Result::unwrap) {
            let address = || line.split_whitespace().find(|word| word.starts_with("http://")).map(str::to_owned);
            if line.trim_start().starts_with("Shop ") {
                base_url = address();
            } else if line.trim_start().starts_with("Operations ") {
                operations_url = address();
            } else if line.contains("Pay with any name") {
                break;
            }
        }
        let shown = || format!("the shop did not open: {}", std::fs::read_to_string(&log).unwrap_or_default());
        let without_slash = |url: Option<String>| url.unwrap_or_else(|| panic!("{}", shown())).trim_end_matches('/').to_owned();
        let (base_url, operations_url) = (without_slash(base_url), without_slash(operations_url));
        Self { child, heir: Some(heir), log, base_url, operations_url }
    }

    /// The port customers come to.
    pub fn port(&self) -> u16 {
        self.base_url.rsplit(':').next().and_then(|port| port.parse().ok()).unwrap()
    }

    /// What it has logged.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        // Gone already is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if let Some(mut heir) = self.heir.take() {
            let _ = heir.write_all(b"over\n");
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Statics are never dropped: when this test program ends, however it ends, the pipe does, and this shell kills the
/// one child it was told of, and removes its temporary folder.
fn heir(child: &Child, folder: &Path) -> ChildStdin {
    let mut shell = Command::new("sh")
        .args(["-c", r#"read -r said; [ "$said" = over ] || { kill -9 "$1"; rm -rf "$2"; }"#, "heir"])
        .arg(child.id().to_string())
        .arg(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    shell.stdin.take().unwrap()
}
