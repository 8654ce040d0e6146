//! The process of a shop under test.

use std::io::{BufRead, BufReader, Lines, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

pub const PROGRAM: &str = env!("CARGO_BIN_EXE_shopstack");

/// The program for a shop of the test's own: without the variables of the services that the tests may run against.
pub fn program() -> Command {
    let mut command = Command::new(PROGRAM);
    command.env_clear();
    let kept = ["PATH", "HOME", "TMPDIR", "RUST_BACKTRACE", "LLVM_PROFILE_FILE"];
    command.envs(kept.iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
    command
}

/// The part of the link to the page for the first admin that its code follows.
const SETUP_LINK: &str = "/admin/setup#code=";

/// A running `shopstack up --demo`, or `shopstack serve`.
pub struct Process {
    child: Child,
    /// Held open, so that the shop can keep writing to it.
    _output: Option<Lines<BufReader<ChildStdout>>>,
    reaper: Option<Child>,
    log: PathBuf,
    pub base_url: String,
    /// The URL of the operations listener; empty for `shopstack serve`.
    pub operations_url: String,
    /// The code of the first admin, if the shop printed one.
    pub setup_code: Option<String>,
}

impl Process {
    /// Starts a demo shop in the data directory `folder` and waits for its banner. `filter` is the log filter.
    pub fn start(folder: &Path, port: u16, filter: &str) -> Self {
        let port = port.to_string();
        let mut command = program();
        command.args(["up", "--demo", "--operations-port", "0", "--port", &port, "--data-dir"]).arg(folder);
        command.env("CARRIER_PACE", "1").env("LOG", filter);
        Self::up(command, folder, "Pay with the card")
    }

    /// Like [`Self::start`] on a free port, with these variables besides.
    pub fn start_with(folder: &Path, environment: &[(&str, String)]) -> Self {
        let mut command = program();
        command.args(["up", "--demo", "--operations-port", "0", "--port", "0", "--data-dir"]).arg(folder);
        command.env("CARRIER_PACE", "1").envs(environment.iter().map(|(name, value)| (*name, value)));
        Self::up(command, folder, "Pay with the card")
    }

    /// Starts a shop in an existing data directory with these variables, and waits for its banner.
    pub fn start_existing(folder: &Path, environment: &[(&str, &str)]) -> Self {
        let mut command = program();
        command.args(["up", "--operations-port", "0", "--port", "0", "--data-dir"]).arg(folder);
        command.envs(environment.iter().copied()).env("LOG", "warn");
        Self::up(command, folder, "  Data ")
    }

    /// Starts a shop in an empty data directory with these variables, and waits for the code of its first admin.
    pub fn start_empty(folder: &Path, environment: &[(&str, &str)]) -> Self {
        let mut command = program();
        command.args(["up", "--operations-port", "0", "--port", "0", "--data-dir"]).arg(folder);
        command.envs(environment.iter().copied()).env("LOG", "warn");
        Self::up(command, folder, SETUP_LINK)
    }

    /// Runs `shopstack up` and reads its banner up to the line that contains `last`.
    fn up(mut command: Command, folder: &Path, last: &str) -> Self {
        let log = folder.with_extension("log");
        let out = std::fs::OpenOptions::new().append(true).create(true).open(&log).unwrap();
        let mut child =
            command.env("LOG_FORMAT", "json").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(out).spawn().unwrap();
        let reaper = spawn_reaper(&child, folder.parent().unwrap());
        let (mut base_url, mut operations_url, mut setup_code) = (None, String::new(), None);
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        for line in lines.by_ref().map(Result::unwrap) {
            if line.trim_start().starts_with("Shop ") {
                base_url = line.split_whitespace().find(|word| word.starts_with("http://")).map(str::to_owned);
            } else if line.trim_start().starts_with("Operations ") {
                let url = line.split_whitespace().find(|word| word.starts_with("http://")).unwrap_or_default();
                operations_url = url.trim_end_matches('/').to_owned();
            }
            if let Some((_, code)) = line.split_once(SETUP_LINK) {
                setup_code = Some(code.trim().to_owned());
            }
            if line.contains(last) {
                break;
            }
        }
        let Some(base_url) = base_url else {
            panic!("the shop did not start: {}", std::fs::read_to_string(&log).unwrap_or_default());
        };
        let base_url = base_url.trim_end_matches('/').to_owned();
        Self { child, _output: Some(lines), reaper: Some(reaper), log, base_url, operations_url, setup_code }
    }

    /// Starts all services with this environment, and waits until they are open.
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
        let reaper = spawn_reaper(&child, folder.parent().unwrap());
        let mut process = Self {
            child,
            _output: None,
            reaper: Some(reaper),
            log,
            base_url: String::new(),
            operations_url: String::new(),
            setup_code: None,
        };
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

    /// The port of the public address.
    pub fn port(&self) -> u16 {
        self.base_url.rsplit(':').next().and_then(|port| port.parse().ok()).unwrap()
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Kills the process with SIGKILL.
    pub fn kill(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if let Some(mut reaper) = self.reaper.take() {
            let _ = reaper.stdin.take().map(|mut pipe| pipe.write_all(b"over\n"));
            let _ = reaper.wait();
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Starts a shell that kills the child and removes its folder when this test program ends, however it ends: its end closes
/// the pipe that the shell reads. Statics are never dropped, so `Drop` is not enough.
fn spawn_reaper(child: &Child, folder: &Path) -> Child {
    Command::new("sh")
        .args(["-c", r#"read -r said; [ "$said" = over ] || { kill -9 "$1"; rm -rf "$2"; }"#, "reaper"])
        .arg(child.id().to_string())
        .arg(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}
