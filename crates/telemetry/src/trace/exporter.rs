//! Exports spans over OTLP, those of each service with a resource of its own.

use super::{TraceError, TraceSettings};
use crate::scope::{SERVICE, service_of};
use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use opentelemetry::KeyValue;
use opentelemetry_http::{HttpClient, HttpError};
use opentelemetry_otlp::{SpanExporter as OtlpExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::trace::{SpanData, SpanExporter};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::runtime::Handle;

/// The time limit of one export.
const EXPORT_TIMEOUT: Duration = Duration::from_secs(5);
/// The maximum size of a collector's response.
const MAX_RESPONSE_BYTES: u64 = 1 << 20;

/// An exporter that sends the spans of each service with the resource of that service, so that a shop in one process shows
/// as eight services.
#[derive(Debug)]
pub(super) struct ServiceExporter {
    client: TokioClient,
    /// The URL for traces.
    endpoint: String,
    resource: Vec<KeyValue>,
    exporters: Mutex<HashMap<String, Arc<OtlpExporter>>>,
    /// True after a failed export, so that an outage is logged once.
    failing: AtomicBool,
}

impl ServiceExporter {
    pub(super) fn otlp(endpoint: &str, settings: &TraceSettings) -> Result<Self, TraceError> {
        let client = reqwest::Client::builder().timeout(EXPORT_TIMEOUT).build()?;
        let resource =
            settings.resource.iter().map(|(name, value)| KeyValue::new(name.clone(), value.clone())).collect();
        let exporter = Self {
            client: TokioClient { runtime: Handle::current(), client },
            endpoint: format!("{}/v1/traces", endpoint.trim_end_matches('/')),
            resource,
            exporters: Mutex::default(),
            failing: AtomicBool::new(false),
        };
        // Built once at start, so that invalid settings are reported at once.
        exporter.build("shopstack")?;
        Ok(exporter)
    }

    fn build(&self, service: &str) -> Result<OtlpExporter, TraceError> {
        let mut exporter = OtlpExporter::builder()
            .with_http()
            .with_http_client(self.client.clone())
            .with_endpoint(&self.endpoint)
            .with_timeout(EXPORT_TIMEOUT)
            .build()?;
        exporter.set_resource(&self.resource_of(service));
        Ok(exporter)
    }

    fn resource_of(&self, service: &str) -> Resource {
        Resource::builder_empty()
            .with_attributes(self.resource.clone())
            .with_attributes([
                KeyValue::new(SERVICE, service.to_owned()),
                KeyValue::new("service.namespace", "shopstack"),
                KeyValue::new("service.version", env!("CARGO_PKG_VERSION")),
            ])
            .build()
    }

    fn exporter_of(&self, service: &str) -> Result<Arc<OtlpExporter>, TraceError> {
        let mut exporters = self.exporters.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(exporter) = exporters.get(service) {
            return Ok(Arc::clone(exporter));
        }
        let exporter = Arc::new(self.build(service)?);
        exporters.insert(service.to_owned(), Arc::clone(&exporter));
        Ok(exporter)
    }

    fn report(&self, result: &OTelSdkResult) {
        match result {
            Ok(()) if self.failing.swap(false, Ordering::Relaxed) => tracing::info!("traces are exported again"),
            Ok(()) => {}
            Err(error) if !self.failing.swap(true, Ordering::Relaxed) => {
                tracing::warn!(%error, "traces cannot be exported; spans are dropped until the collector responds");
            }
            Err(_) => {}
        }
    }
}

impl SpanExporter for ServiceExporter {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let mut by_service: HashMap<String, Vec<SpanData>> = HashMap::new();
        for span in batch {
            by_service.entry(service_of(&span)).or_default().push(span);
        }
        let mut result = Ok(());
        for (service, spans) in by_service {
            let exported = match self.exporter_of(&service) {
                Ok(exporter) => exporter.export(spans).await,
                Err(error) => Err(OTelSdkError::InternalFailure(error.to_string())),
            };
            if exported.is_err() {
                // The other services go to the same collector, and each would wait for the time limit again.
                result = exported;
                break;
            }
        }
        self.report(&result);
        result
    }
}

/// The HTTP client of the exporter. The exporter runs on a thread without a runtime, so requests run on the program's.
#[derive(Debug, Clone)]
struct TokioClient {
    runtime: Handle,
    client: reqwest::Client,
}

#[async_trait]
impl HttpClient for TokioClient {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let request = reqwest::Request::try_from(request)?;
        let client = self.client.clone();
        let exchange = async move {
            let response = client.execute(request).await?;
            let mut builder = Response::builder().status(response.status());
            if let Some(headers) = builder.headers_mut() {
                *headers = response.headers().clone();
            }
            if response.content_length().is_some_and(|length| length > MAX_RESPONSE_BYTES) {
                return Err(HttpError::from("the response of the collector is too large"));
            }
            let body = response.bytes().await?;
            Ok(builder.body(body)?)
        };
        self.runtime.spawn(exchange).await?
    }
}
