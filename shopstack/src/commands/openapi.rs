//! `shopstack openapi` prints the OpenAPI document.

use super::CommandError;
use crate::compose::RunningShop;
use crate::settings::{Options, Settings};
use axum::body::Body;
use axum::http::Request;
use chassis::SystemContext;
use chassis::config::Environment;
use chassis::telemetry::Tracing;
use std::process::ExitCode;
use tower::ServiceExt;

/// The largest document that is read, in bytes.
const MAX_DOCUMENT_BYTES: usize = 16 << 20;

/// Prints the document as an empty shop serves it. The shop is composed in a temporary directory and listens nowhere.
pub(super) async fn run() -> Result<ExitCode, CommandError> {
    let folder = tempfile::tempdir().map_err(CommandError::file(&std::env::temp_dir()))?;
    let options = Options { data_dir: folder.path().to_owned(), demo: true, ..Options::default() };
    // The environment is empty, so that the document is the same on every machine.
    let settings = Settings::read(options, &mut Environment::default())?;
    let shop =
        RunningShop::open(&settings, &SystemContext::host(), &Tracing::disabled(), "http://localhost:8080").await?;
    let mut request = Request::new(Body::empty());
    *request.uri_mut() = axum::http::Uri::from_static("/api/openapi.json");
    request.headers_mut().insert("host", axum::http::HeaderValue::from_static("localhost"));
    let Ok(response) = shop.edge.clone().oneshot(request).await;
    let bytes = axum::body::to_bytes(response.into_body(), MAX_DOCUMENT_BYTES).await.map_err(CommandError::Document)?;
    let document: serde_json::Value = serde_json::from_slice(&bytes)?;
    println!("{}", serde_json::to_string_pretty(&document)?);
    shop.shut_down().await;
    Ok(ExitCode::SUCCESS)
}
