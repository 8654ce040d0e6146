//! Structured logs: readable on a terminal, JSON elsewhere.

use crate::config::UnknownValue;
use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

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

impl std::str::FromStr for LogFormat {
    type Err = UnknownValue;

    fn from_str(text: &str) -> Result<Self, UnknownValue> {
        match text {
            "auto" => Ok(Self::Automatic),
            "pretty" => Ok(Self::Pretty),
            "json" => Ok(Self::Json),
            other => Err(UnknownValue::new(other, "auto, pretty or json")),
        }
    }
}

/// Starts logging to standard error. `filter` is as in `RUST_LOG`, for example `info,payment=debug`.
///
/// Called once per process; a second call changes nothing.
pub fn start(filter: &str, format: LogFormat) {
    let filter = EnvFilter::try_new(filter).unwrap_or_else(|_| EnvFilter::new("info"));
    let terminal = std::io::stderr().is_terminal();
    let json = match format {
        LogFormat::Automatic => !terminal,
        LogFormat::Pretty => false,
        LogFormat::Json => true,
    };
    let registry = tracing_subscriber::registry().with(filter);
    // Standard output carries the results of commands, which scripts read, so logs go to standard error.
    let started = if json {
        registry
            .with(
                tracing_subscriber::fmt::layer()
                    .json()
                    .flatten_event(true)
                    .with_current_span(true)
                    .with_span_list(false)
                    .with_writer(std::io::stderr),
            )
            .try_init()
    } else {
        registry
            .with(
                tracing_subscriber::fmt::layer()
                    .compact()
                    .with_ansi(terminal)
                    .with_target(false)
                    .with_writer(std::io::stderr),
            )
            .try_init()
    };
    if started.is_err() {
        tracing::debug!("logging was started before");
    }
}
