//! Structured logs: one JSON object per line, or a readable line on a terminal.

mod json;
mod recent;

use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

pub use json::JsonLines;
pub use recent::RecentLogs;

/// The target of the line per request, by which it can be filtered.
pub const REQUESTS: &str = "request";

/// The format of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// Pretty on a terminal, JSON otherwise.
    Automatic,
    /// One readable line per event.
    Pretty,
    /// One JSON object per event.
    Json,
}

impl LogFormat {
    /// True if lines are written as JSON.
    pub fn is_json(self) -> bool {
        match self {
            Self::Automatic => !std::io::stderr().is_terminal(),
            Self::Pretty => false,
            Self::Json => true,
        }
    }
}

impl std::str::FromStr for LogFormat {
    type Err = UnknownLogFormat;

    fn from_str(text: &str) -> Result<Self, UnknownLogFormat> {
        match text {
            "auto" => Ok(Self::Automatic),
            "pretty" => Ok(Self::Pretty),
            "json" => Ok(Self::Json),
            _ => Err(UnknownLogFormat),
        }
    }
}

/// A format that does not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected auto, pretty or json")]
pub struct UnknownLogFormat;

/// The lines to write, as in `RUST_LOG`: `info,payment=debug`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogFilter(String);

impl LogFilter {
    /// Business steps, warnings and errors, without a line per request: a page of the storefront makes ten.
    pub fn without_requests() -> Self {
        Self(format!("info,{REQUESTS}=warn"))
    }
}

impl Default for LogFilter {
    fn default() -> Self {
        Self("info".to_owned())
    }
}

impl std::str::FromStr for LogFilter {
    type Err = tracing_subscriber::filter::ParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        EnvFilter::try_new(text).map(|_| Self(text.to_owned()))
    }
}

/// Starts logging to standard error.
///
/// Called once per process; a second call changes nothing.
pub fn start(filter: &LogFilter, format: LogFormat) {
    start_with(filter, format, None);
}

/// Starts logging to standard error and to `recent`, for a process that shows its log lines.
pub fn start_with_recent(filter: &LogFilter, format: LogFormat) -> RecentLogs {
    let recent = RecentLogs::default();
    start_with(filter, format, Some(recent.clone()));
    recent
}

fn start_with(filter: &LogFilter, format: LogFormat, recent: Option<RecentLogs>) {
    // Parsed before, so it is the same filter again.
    let filter = EnvFilter::new(&filter.0);
    // Without colours: the layers share the formatted fields of spans, and these lines are read by programs.
    let json = tracing_subscriber::fmt::layer().event_format(JsonLines).with_ansi(false);
    let recent = recent.map(|recent| json.with_writer(recent));
    let registry = tracing_subscriber::registry().with(filter).with(recent);
    let layer = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let started = if format.is_json() {
        registry.with(layer.event_format(JsonLines)).try_init()
    } else {
        registry.with(layer.compact().with_ansi(std::io::stderr().is_terminal()).with_target(false)).try_init()
    };
    if started.is_err() {
        tracing::debug!("logging was started before");
    }
}
