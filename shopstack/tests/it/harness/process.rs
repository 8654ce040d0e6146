//! A shop's process: started, read until it is open, killed.

use std::io::{BufRead, BufReader, Lines, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

/// The program under test.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_shopstack");

/// A running `shopstack up --demo`, or `shopstack serve`.
pub struct Process {
    child: Child,
    /// Kept, so that the shop can go on writing.
    _output: Option<Lines<BufReader<ChildStdout>>>,
    heir: Option<Child>,
    log: PathBuf,
    /// Where the shop is.
    pub base_url: String,
}

impl Process {
    /// Starts it over the books in `folder` and waits until it says that it is open. `filter` says what it logs.
    pub fn start(folder: &Path, port: u16, filter: &str) -> Self {
        let log = folder.with_extension("log");
        let out = std::fs::OpenOptions::new().append(true).create(true).open(&log).unwrap();
        let mut child = Command::new(PROGRAM)
            .args(["up", "--demo", "--operations-port", "0", "--port", &port.to_string(), "--data-dir"])
            .arg(folder)
            .env("CARRIER_PACE", "1")
            .env("LOG", filter)
            .env("LOG_FORMAT", "json")
            .env_remove("SMTP_URL")
            .env_remove("PUBLIC_URL")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(out)
            .spawn()
            .unwrap();
        let heir = heir(&child, folder.parent().unwrap());
        let mut base_url = None;
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        for line in lines.by_ref().map(Result::unwrap) {
            if line.trim_start().starts_with("Shop ") {
                base_url = line.split_whitespace().find(|word| word.starts_with("http://")).map(str::to_owned);
            } else if line.contains("Pay with any name") {
                break;
            }
        }
        let Some(base_url) = base_url else {
            panic!("the shop did not open: {}", std::fs::read_to_string(&log).unwrap_or_default());
        };
        let base_url = base_url.trim_end_matches('/').to_owned();
        Self { child, _output: Some(lines), heir: Some(heir), log, base_url }
    }

    /// Starts all services on the backends and secrets that `environment` names, and waits until they are open.
    pub fn serve(folder: &Path, environment: &[(&str, String)]) -> Self {
        let log = folder.with_extension("log");
        let out = std::fs::OpenOptions::new().append(true).create(true).open(&log).unwrap();
        let child = Command::new(PROGRAM)
            .args(["serve", "user", "catalogue", "cart", "payment", "shipping", "ratings", "dispatch", "web"])
            .args(["--host", "127.0.0.1", "--port", "0", "--operations-port", "0", "--demo", "--data-dir"])
            .arg(folder)
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .env("PUBLIC_URL", "http://127.0.0.1")
            .env("CARRIER_PACE", "1")
            .env("LOG", "info")
            .env("LOG_FORMAT", "json")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(out)
            .spawn()
            .unwrap();
        let heir = heir(&child, folder.parent().unwrap());
        let mut process = Self { child, _output: None, heir: Some(heir), log, base_url: String::new() };
        while process.base_url.is_empty() {
            assert!(process.child.try_wait().unwrap().is_none(), "the services ended: {}", process.log());
            std::thread::sleep(std::time::Duration::from_millis(50));
            let log = process.log();
            let lines = log.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
            let mut open = lines.filter(|line| line["message"] == "open");
            process.base_url =
                open.find_map(|line| Some(format!("http://{}", line["address"].as_str()?))).unwrap_or_default();
        }
        process
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
            let _ = heir.stdin.take().map(|mut pipe| pipe.write_all(b"over\n"));
            let _ = heir.wait();
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
fn heir(child: &Child, folder: &Path) -> Child {
    Command::new("sh")
        .args(["-c", r#"read -r said; [ "$said" = over ] || { kill -9 "$1"; rm -rf "$2"; }"#, "heir"])
        .arg(child.id().to_string())
        .arg(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}
