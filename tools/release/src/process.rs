//! Runs external programs: the only place that starts one. Each call has a timeout, its error says what to do, and secrets
//! are removed from everything that is shown.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;
use tokio::runtime::Runtime;

/// The time for a program that only reads or writes a little.
pub const SHORT: Duration = Duration::from_secs(300);
/// The time for the build of an image. An emulated platform takes ten times as long as the machine's own.
pub const BUILD: Duration = Duration::from_secs(4 * 3600);
const REMOVED: &str = "[removed]";
const MAX_SHOWN: usize = 4000;

/// An external program that could not be run or did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum ToolError {
    /// The program is not installed.
    #[error("{program} is not installed or not in PATH: {hint}")]
    Missing { program: String, hint: &'static str },
    /// The system did not start the program, or its output could not be read.
    #[error("{program} could not be run: {source}")]
    Io { program: String, source: io::Error },
    /// The program was ended because it took too long.
    #[error("`{command}` did not end within {seconds} s and was killed: {hint}")]
    TimedOut { command: String, seconds: u64, hint: &'static str },
    /// The program ended with another code than 0.
    #[error("`{command}` failed ({status}): {output}\n{hint}")]
    Failed { command: String, status: ExitStatus, output: String, hint: &'static str },
    /// The program printed something that is not text.
    #[error("`{command}` printed something that is not UTF-8")]
    NotText { command: String },
}

/// Returns the advice that an error of a program carries.
fn hint(program: &str) -> &'static str {
    match program {
        "git" => "Check that the clone has the whole history and may push to the remote.",
        "cargo" => {
            "Check that the workspace builds with --locked at this revision, and that its registry is reachable."
        }
        "docker" => {
            "Check that the engine runs, that `docker buildx ls` shows a builder for each platform, and the registry login."
        }
        "trivy" => "Fix or accept the findings above; accepted ones go into .trivyignore with a reason.",
        "cosign" => "Check --cosign-key, or for keyless signing that the build has an OIDC token.",
        "aws" => "Check the role of the build and its region.",
        _ => "Check that it is installed.",
    }
}

/// A program with its arguments.
#[derive(Debug, Clone)]
pub struct Call {
    program: &'static str,
    arguments: Vec<String>,
    folder: Option<PathBuf>,
    environment: Vec<(&'static str, String)>,
    input: Option<Vec<u8>>,
    timeout: Duration,
    is_shown: bool,
}

impl Call {
    /// Creates a call without arguments.
    pub fn new(program: &'static str) -> Self {
        let (arguments, environment) = (Vec::new(), Vec::new());
        Self { program, arguments, folder: None, environment, input: None, timeout: SHORT, is_shown: false }
    }

    /// Adds arguments after those that it has.
    pub fn args<I: IntoIterator<Item = S>, S: Into<String>>(mut self, arguments: I) -> Self {
        self.arguments.extend(arguments.into_iter().map(Into::into));
        self
    }

    /// Runs the program in this folder.
    pub fn within(mut self, folder: &Path) -> Self {
        self.folder = Some(folder.to_owned());
        self
    }

    /// Sets an environment variable of the program.
    pub fn env(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.environment.push((name, value.into()));
        self
    }

    /// Writes these bytes to the standard input of the program, which is empty otherwise.
    pub fn input(mut self, input: impl Into<Vec<u8>>) -> Self {
        self.input = Some(input.into());
        self
    }

    /// Ends the program after this time instead of [`SHORT`].
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Shows the output while the program runs, on the standard error of this one, instead of reading it.
    pub const fn shown(mut self) -> Self {
        self.is_shown = true;
        self
    }

    /// Returns the command as a shell would read it.
    fn line(&self) -> String {
        let words = std::iter::once(self.program).chain(self.arguments.iter().map(String::as_str));
        words.map(quoted).collect::<Vec<_>>().join(" ")
    }
}

fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,@+%^".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

/// The end of a program.
#[derive(Debug)]
pub struct Ended {
    /// The code or the signal by which it ended.
    pub status: ExitStatus,
    pub output: Vec<u8>,
    pub errors: String,
}

/// Runs programs, or in a dry run prints those that would change something.
#[derive(Debug)]
pub struct Tools {
    runtime: Runtime,
    secrets: Vec<String>,
    is_dry_run: bool,
}

impl Tools {
    /// Creates the runner; `secrets` never appear in anything that it shows.
    pub fn new(is_dry_run: bool, secrets: Vec<String>) -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let secrets = secrets.into_iter().filter(|secret| !secret.is_empty()).collect();
        Ok(Self { runtime, secrets, is_dry_run })
    }

    /// Returns true when nothing may be changed.
    pub const fn is_dry_run(&self) -> bool {
        self.is_dry_run
    }

    /// Runs a future to its end, for clients that are asynchronous.
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.runtime.block_on(future)
    }

    /// Returns the text without secrets and without credentials in URLs.
    pub fn redacted(&self, text: &str) -> String {
        let text = self.secrets.iter().fold(text.to_owned(), |text, secret| text.replace(secret, REMOVED));
        without_credentials(&text)
    }

    /// Runs a program that changes nothing, whatever its exit code.
    pub fn ask(&self, call: &Call) -> Result<Ended, ToolError> {
        self.block_on(self.run(call))
    }

    /// Runs a program that changes nothing and must succeed, and returns its output without the last line break.
    pub fn read(&self, call: &Call) -> Result<String, ToolError> {
        let ended = self.succeeded(call)?;
        let text =
            String::from_utf8(ended.output).map_err(|_| ToolError::NotText { command: self.redacted(&call.line()) })?;
        Ok(text.strip_suffix('\n').unwrap_or(&text).to_owned())
    }

    /// Runs a program that must succeed and returns its output as it is.
    pub fn bytes(&self, call: &Call) -> Result<Vec<u8>, ToolError> {
        Ok(self.succeeded(call)?.output)
    }

    /// Runs a program that changes something and must succeed. A dry run only prints it.
    pub fn change(&self, call: &Call) -> Result<(), ToolError> {
        if self.is_dry_run {
            self.announce(call);
            return Ok(());
        }
        self.succeeded(call).map(|_| ())
    }

    /// Prints a command as one that a dry run does not run.
    pub fn announce(&self, call: &Call) {
        println!("would run: {}", self.redacted(&call.line()));
    }

    /// Returns the error for a call that ended with a failure.
    pub fn failure(&self, call: &Call, ended: &Ended) -> ToolError {
        let errors = if ended.errors.trim().is_empty() {
            String::from_utf8_lossy(&ended.output)
        } else {
            (&*ended.errors).into()
        };
        let output =
            if call.is_shown { "see its output above".to_owned() } else { self.redacted(&end_of(errors.trim())) };
        ToolError::Failed {
            command: self.redacted(&call.line()),
            status: ended.status,
            output,
            hint: hint(call.program),
        }
    }

    fn succeeded(&self, call: &Call) -> Result<Ended, ToolError> {
        let ended = self.ask(call)?;
        if ended.status.success() { Ok(ended) } else { Err(self.failure(call, &ended)) }
    }

    async fn run(&self, call: &Call) -> Result<Ended, ToolError> {
        let failed = |source| ToolError::Io { program: call.program.to_owned(), source };
        let mut command = Command::new(call.program);
        command.args(&call.arguments).kill_on_drop(true);
        command.envs(call.environment.iter().map(|(name, value)| (name, value)));
        if let Some(folder) = &call.folder {
            command.current_dir(folder);
        }
        command.stdin(if call.input.is_some() { Stdio::piped() } else { Stdio::null() });
        if call.is_shown {
            eprintln!("+ {}", self.redacted(&call.line()));
            command.stdout(io::stderr());
        } else {
            command.stdout(Stdio::piped()).stderr(Stdio::piped());
        }
        let mut child = command.spawn().map_err(|source| match source.kind() {
            io::ErrorKind::NotFound if call.folder.as_ref().is_none_or(|folder| folder.is_dir()) => {
                ToolError::Missing { program: call.program.to_owned(), hint: hint(call.program) }
            }
            _ => failed(source),
        })?;
        let stdin = child.stdin.take();
        let write = async {
            if let (Some(mut stdin), Some(input)) = (stdin, &call.input) {
                // A program that ends without reading all of its input reports why by its exit code.
                match stdin.write_all(input).await {
                    Err(error) if error.kind() != io::ErrorKind::BrokenPipe => return Err(error),
                    _ => {}
                }
            }
            Ok(())
        };
        let both = async { tokio::join!(write, child.wait_with_output()) };
        let Ok((written, output)) = tokio::time::timeout(call.timeout, both).await else {
            let (command, seconds) = (self.redacted(&call.line()), call.timeout.as_secs());
            return Err(ToolError::TimedOut { command, seconds, hint: hint(call.program) });
        };
        written.map_err(failed)?;
        let output = output.map_err(failed)?;
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        Ok(Ended { status: output.status, output: output.stdout, errors })
    }
}

/// Returns the end of a text that is too long to show.
fn end_of(text: &str) -> String {
    let start = text.len().saturating_sub(MAX_SHOWN);
    let start = (start..text.len()).find(|&place| text.is_char_boundary(place)).unwrap_or(0);
    text[start..].to_owned()
}

/// Removes `user:password@` from URLs: git prints the URL of a remote as it was configured.
fn without_credentials(text: &str) -> String {
    let mut parts = text.split("://");
    let mut result = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|c: char| c.is_whitespace() || "/'\"".contains(c)).unwrap_or(part.len());
        result.push_str("://");
        match part[..end].rfind('@') {
            Some(at) => {
                result.push_str(REMOVED);
                result.push_str(&part[at..]);
            }
            None => result.push_str(part),
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tools() -> Tools {
        Tools::new(false, vec!["hunter2".into()]).unwrap()
    }

    #[test]
    fn credentials_and_secrets_are_not_shown() {
        let text =
            "To https://x-access-token:ghs_1@example.org/shop.git\n! password hunter2, see https://example.org/a@b";
        let shown = tools().redacted(text);
        assert_eq!(
            shown,
            "To https://[removed]@example.org/shop.git\n! password [removed], see https://example.org/a@b"
        );
    }

    #[test]
    fn a_program_that_takes_too_long_is_ended() {
        let call = Call::new("sleep").args(["600"]).timeout(Duration::from_millis(10));
        assert!(matches!(tools().ask(&call), Err(ToolError::TimedOut { .. })));
    }

    #[test]
    fn an_error_says_what_was_run_and_what_to_do() {
        let error = tools().read(&Call::new("git").args(["rev-parse", "--verify", "no such revision"])).unwrap_err();
        let text = error.to_string();
        assert!(text.contains("git rev-parse --verify 'no such revision'") && text.contains("whole history"), "{text}");
    }

    #[test]
    fn a_missing_program_is_named() {
        let error = tools().read(&Call::new("shopstack-no-such-program")).unwrap_err();
        assert!(matches!(error, ToolError::Missing { .. }), "{error}");
    }
}
