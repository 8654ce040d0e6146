//! Traces: one tracer per service over one pipeline per process.

mod exporter;
mod keeper;
mod settings;
pub mod spans;

pub use settings::{Sampler, TraceSettings};

use crate::metrics::{Histogram, Metrics};
use crate::recent::RecentTraces;
use crate::schema::metrics::DB_CLIENT_OPERATION_DURATION;
use crate::scope;
use exporter::ServiceExporter;
use keeper::TraceKeeper;
use opentelemetry::Context as OtelContext;
use opentelemetry::trace::{SpanBuilder, Tracer as _, TracerProvider};
use opentelemetry_sdk::trace::{BatchSpanProcessor, SdkTracer, SdkTracerProvider};
use std::sync::Arc;
use std::time::Duration;

/// The time in which the last spans are sent at shutdown. A collector that hangs must not delay the end of the process.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(2);

/// The pipeline that records, selects and exports the spans of all services of a process.
#[derive(Debug, Clone)]
pub struct Tracing {
    provider: SdkTracerProvider,
    recent: RecentTraces,
}

impl Tracing {
    /// Starts the pipeline. Spans are exported over OTLP when an endpoint is set, on a thread of their own.
    ///
    /// # Errors
    /// When the exporter cannot be set up, for example because the endpoint is not a URL.
    pub fn start(settings: &TraceSettings) -> Result<Self, TraceError> {
        let exporter = match &settings.endpoint {
            Some(endpoint) => Some(ServiceExporter::otlp(endpoint, settings)?),
            None => None,
        };
        Ok(Self::with(settings, exporter))
    }

    /// A pipeline that records nothing. Trace ids are still created and passed on.
    pub fn disabled() -> Self {
        Self::with(&TraceSettings { sampler: Sampler::Off, ..TraceSettings::default() }, None)
    }

    fn with(settings: &TraceSettings, exporter: Option<ServiceExporter>) -> Self {
        let recent = RecentTraces::new(settings.recent);
        let records = settings.sampler != Sampler::Off && (exporter.is_some() || settings.recent > 0);
        let mut builder = SdkTracerProvider::builder();
        if records {
            let next = exporter.map(|exporter| BatchSpanProcessor::builder(exporter).build());
            builder = builder.with_sampler(settings.sampler.clone()).with_span_processor(TraceKeeper::new(
                next,
                settings.keep_slower_than,
                recent.clone(),
            ));
        } else {
            builder = builder.with_sampler(opentelemetry_sdk::trace::Sampler::AlwaysOff);
        }
        Self { provider: builder.build(), recent }
    }

    /// The tracer of a service, whose database operations are counted in `metrics`.
    pub fn tracer(&self, service: &'static str, metrics: &Metrics) -> Tracer {
        let database = metrics.histogram(&DB_CLIENT_OPERATION_DURATION);
        Tracer(Arc::new(Inner { service, database, tracer: self.provider.tracer_with_scope(scope::of(service)) }))
    }

    /// The traces that ended last in this process.
    pub fn recent(&self) -> &RecentTraces {
        &self.recent
    }

    /// Exports the remaining spans, for at most two seconds. Spans that end later are dropped.
    pub fn shut_down(&self) {
        // The only possible failures are a dead collector and a repeated call; neither needs handling at the end.
        if let Err(error) = self.provider.shutdown_with_timeout(SHUTDOWN_TIMEOUT) {
            tracing::debug!(%error, "the last spans were not exported");
        }
    }
}

/// A pipeline for traces that could not be started.
#[derive(Debug, thiserror::Error)]
pub enum TraceError {
    /// The OTLP exporter rejects its settings.
    #[error("cannot export traces: {0}")]
    Exporter(#[from] opentelemetry_otlp::ExporterBuildError),
    /// The HTTP client could not be built.
    #[error("cannot set up the HTTP client for traces: {0}")]
    Client(#[from] reqwest::Error),
}

/// Starts the spans of one service. Cheap to clone.
#[derive(Clone)]
pub struct Tracer(Arc<Inner>);

struct Inner {
    service: &'static str,
    tracer: SdkTracer,
    /// Here, since stores are opened before the service that uses them and know its context only.
    database: Histogram<2>,
}

impl Tracer {
    /// The name of the service.
    pub fn service(&self) -> &'static str {
        self.0.service
    }

    pub(crate) fn database(&self) -> &Histogram<2> {
        &self.0.database
    }

    /// Starts a span below the one in `parent`, or a new trace without one, and returns the context with the span.
    pub(crate) fn start(&self, span: SpanBuilder, parent: &OtelContext) -> OtelContext {
        use opentelemetry::trace::TraceContextExt;
        parent.with_span(self.0.tracer.build_with_context(span, parent))
    }
}

impl std::fmt::Debug for Tracer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_tuple("Tracer").field(&self.0.service).finish()
    }
}
