//! The error of a command, which is printed before the program exits with 2.

use crate::compose::ComposeError;
use crate::data_dir_lock::LockError;
use crate::data_migration::MigrationError;
use crate::probe::ProbeError;
use crate::secrets::SecretsError;
use crate::stores::OpenError;
use chassis::config::ConfigError;
use chassis::http::BindError;
use chassis::telemetry::trace::TraceError;
use chassis::transport::RemoteError;
use chassis::{Problem, StoreError};
use contracts::EventId;
use events::BrokerError;
use std::io;
use std::path::{Path, PathBuf};

/// A command that could not be carried out.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Secrets(#[from] SecretsError),
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Compose(#[from] ComposeError),
    #[error(transparent)]
    Migration(#[from] MigrationError),
    #[error(transparent)]
    Lock(#[from] LockError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Broker(#[from] BrokerError),
    #[error(transparent)]
    Bind(#[from] BindError),
    #[error(transparent)]
    Remote(#[from] RemoteError),
    #[error(transparent)]
    Traces(#[from] TraceError),
    #[error(transparent)]
    Import(#[from] catalogue::import::ImportError),
    #[error(transparent)]
    Export(#[from] catalogue::export::ExportError),
    #[error(transparent)]
    Probe(#[from] ProbeError),
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    #[error(transparent)]
    Template(#[from] indicatif::style::TemplateError),
    #[error("{}: {source}", .path.display())]
    File { path: PathBuf, source: io::Error },
    #[error("standard input: {0}")]
    Input(#[source] io::Error),
    #[error("the OpenAPI document: {0}")]
    Document(#[source] axum::Error),
    #[error("cannot serve: {0}")]
    Serve(#[source] io::Error),
    /// The shop refused a change.
    #[error("{}", refusal(.0))]
    Refused(Box<Problem>),
    /// An argument or option has an invalid value.
    #[error("{0}")]
    Usage(String),
    #[error("There is no order {0}.")]
    UnknownOrder(String),
    #[error("There is no failed email {0}.")]
    UnknownEmail(String),
    #[error("There is no failed event {0} in this queue.")]
    UnknownEvent(EventId),
    #[error("No response from {address} within {seconds} s.")]
    HealthcheckTimeout { address: std::net::SocketAddr, seconds: u64 },
    #[error("No response from {address}: {source}")]
    Healthcheck { address: std::net::SocketAddr, source: io::Error },
}

impl CommandError {
    /// A failure of a file or directory.
    pub(super) fn file(path: &Path) -> impl Fn(io::Error) -> Self {
        move |source| Self::File { path: path.to_owned(), source }
    }
}

impl From<Problem> for CommandError {
    fn from(problem: Problem) -> Self {
        Self::Refused(Box::new(problem))
    }
}

/// The detail of a problem, with its invalid fields.
fn refusal(problem: &Problem) -> String {
    let mut text = problem.detail.to_string();
    for error in &problem.errors {
        text.push_str(&format!(" {}: {}", error.pointer, error.detail));
    }
    text
}
