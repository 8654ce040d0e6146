//! The context that a request passes on to every call it causes: request id, trace (W3C Trace Context) and deadline.

use crate::schema::attributes;
use crate::trace::Tracer;
use http::{HeaderMap, HeaderValue};
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::trace::{
    SpanBuilder, SpanContext, SpanId, Status, TraceContextExt, TraceFlags, TraceId, TraceState,
};
use opentelemetry::{Context as OtelContext, KeyValue};
use opentelemetry_http::{HeaderExtractor, HeaderInjector};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{IdGenerator, RandomIdGenerator};
use serde::{Deserialize, Serialize};
use std::future::Future;
use std::sync::{Arc, LazyLock};
use std::time::Duration;
use tokio::time::Instant;

/// The header that carries the request id.
pub const REQUEST_ID: &str = "x-request-id";
/// The header that carries the trace, defined by <https://www.w3.org/TR/trace-context/>.
pub const TRACEPARENT: &str = "traceparent";
/// The header that carries what other tracing systems add to the trace, defined there as well.
pub const TRACESTATE: &str = "tracestate";
/// The header that carries the caller's remaining time, in milliseconds.
pub const DEADLINE: &str = "x-deadline-ms";
/// The header of a monitoring probe: `X-INSTANA-SYNTHETIC: 1`.
pub const SYNTHETIC: &str = "x-instana-synthetic";

static PROPAGATOR: LazyLock<TraceContextPropagator> = LazyLock::new(TraceContextPropagator::new);

tokio::task_local! {
    static CURRENT: Context;
    static TASK: Task;
}

/// The task that writes a log line.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Task {
    pub(crate) service: Option<&'static str>,
    pub(crate) worker: Option<&'static str>,
}

/// The context of a request, or of one run of a worker. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Context {
    request_id: Arc<str>,
    deadline: Option<Instant>,
    is_synthetic: bool,
    tracer: Tracer,
    trace: OtelContext,
}

impl Context {
    /// The context of an incoming request: reads its headers and starts the span of the server, below the caller's.
    ///
    /// `longest` bounds the deadline. A synthetic request gets no span, and neither do the calls it causes.
    pub fn of_request(
        tracer: &Tracer,
        headers: &HeaderMap,
        longest: Duration,
        is_synthetic: bool,
        span: SpanBuilder,
    ) -> Self {
        let caller = PROPAGATOR.extract_with_context(&OtelContext::new(), &HeaderExtractor(headers));
        let trace = match is_synthetic {
            true if caller.span().span_context().is_valid() => caller,
            true => caller.with_remote_span_context(unrecorded()),
            false => tracer.start(span, &caller),
        };
        // The id is written to logs and returned in a header, so arbitrary text is not accepted.
        let request_id = text(headers, REQUEST_ID)
            .filter(|id| is_acceptable(id))
            .map_or_else(|| trace.span().span_context().trace_id().to_string().into(), Arc::from);
        let asked = text(headers, DEADLINE).and_then(|text| text.parse().ok());
        // A client may shorten the deadline, never extend it.
        let allowed = asked.map_or(longest, |millis| Duration::from_millis(millis).min(longest));
        let deadline = Instant::now().checked_add(allowed);
        Self { request_id, deadline, is_synthetic, tracer: tracer.clone(), trace }
    }

    /// The context of work outside a request: starts a span below the one in `origin`, or a new trace without one.
    pub fn of_work(tracer: &Tracer, origin: Option<&TraceOrigin>, span: SpanBuilder) -> Self {
        let parent = origin.map_or_else(OtelContext::new, TraceOrigin::remote);
        let trace = tracer.start(span, &parent);
        let request_id = trace.span().span_context().trace_id().to_string().into();
        Self { request_id, deadline: None, is_synthetic: false, tracer: tracer.clone(), trace }
    }

    /// Starts a span below this one. In a synthetic context no span starts.
    #[must_use]
    pub fn start(&self, span: SpanBuilder) -> Self {
        if self.is_synthetic {
            return self.clone();
        }
        Self { trace: self.tracer.start(span, &self.trace), ..self.clone() }
    }

    /// Limits the time of all calls in this context.
    #[must_use]
    pub fn with_timeout(self, timeout: Duration) -> Self {
        Self { deadline: Instant::now().checked_add(timeout), ..self }
    }

    /// The id that users quote when they ask about a request.
    pub fn request_id(&self) -> &str {
        &self.request_id
    }

    /// The name of the service that does the work.
    pub fn service(&self) -> &'static str {
        self.tracer.service()
    }

    /// True for a request of a monitoring probe, which stays out of traces and business metrics.
    pub fn is_synthetic(&self) -> bool {
        self.is_synthetic
    }

    pub fn trace_id(&self) -> TraceId {
        self.trace.span().span_context().trace_id()
    }

    pub fn span_id(&self) -> SpanId {
        self.trace.span().span_context().span_id()
    }

    /// True if the trace was selected for export. Others are exported if they turn out to be slow, or fail.
    pub fn is_sampled(&self) -> bool {
        self.trace.span().span_context().is_sampled()
    }

    /// The trace if it was selected for export. The id of another would lead nowhere.
    pub(crate) fn exported_trace(&self) -> Option<TraceId> {
        self.is_sampled().then(|| self.trace_id())
    }

    /// Adds an attribute to the span.
    pub fn record(&self, attribute: KeyValue) {
        self.trace.span().set_attribute(attribute);
    }

    /// Links the span to the one that stored `origin`, unless both belong to one trace.
    pub fn link(&self, origin: &TraceOrigin) {
        let other = origin.remote().span().span_context().clone();
        if other.is_valid() && other.trace_id() != self.trace_id() {
            self.trace.span().add_link(other, Vec::new());
        }
    }

    /// Marks the span as failed. `error_type` is one of the values of `error.type` in the schema.
    pub fn fail(&self, error_type: &str) {
        let span = self.trace.span();
        span.set_attribute(attributes::ERROR_TYPE.of(error_type.to_owned()));
        // The description stays empty: messages of errors may contain personal data.
        span.set_status(Status::error(""));
    }

    /// Counts a database operation of the service.
    pub(crate) fn observe_database(&self, took: Duration, system: &str, operation: &str) {
        if !self.is_synthetic {
            self.tracer.database().observe_in(self, took.as_secs_f64(), [system, operation]);
        }
    }

    /// Ends the span. Work that goes on in the background may still refer to it.
    pub fn end(&self) {
        self.trace.span().end();
    }

    /// The trace and span, to be stored with work that is done later.
    pub fn origin(&self) -> Option<TraceOrigin> {
        TraceOrigin::of(self.trace.span().span_context())
    }

    /// Writes the context into the headers of a call.
    pub fn write(&self, headers: &mut HeaderMap) {
        PROPAGATOR.inject_context(&self.trace, &mut HeaderInjector(headers));
        // The propagator writes an empty header for a trace without state.
        if headers.get(TRACESTATE).is_some_and(HeaderValue::is_empty) {
            headers.remove(TRACESTATE);
        }
        if let Ok(value) = HeaderValue::from_str(&self.request_id) {
            headers.insert(REQUEST_ID, value);
        }
        if let Some(left) = self.time_left() {
            headers.insert(DEADLINE, HeaderValue::from(u64::try_from(left.as_millis()).unwrap_or(u64::MAX)));
        }
        if self.is_synthetic {
            headers.insert(SYNTHETIC, HeaderValue::from_static("1"));
        }
    }

    /// Returns the caller's remaining time; `None` without a deadline.
    pub fn time_left(&self) -> Option<Duration> {
        self.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()))
    }
}

/// The trace and span that caused stored work, such as an event or an order, in the format of the headers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TraceOrigin {
    /// Trace id, span id and flags.
    pub traceparent: String,
    /// The additions of other tracing systems, if there are any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tracestate: Option<String>,
}

impl TraceOrigin {
    fn of(span: &SpanContext) -> Option<Self> {
        let traceparent = format!("00-{}-{}-{:02x}", span.trace_id(), span.span_id(), span.trace_flags().to_u8());
        let tracestate = Some(span.trace_state().header()).filter(|state| !state.is_empty());
        span.is_valid().then_some(Self { traceparent, tracestate })
    }

    fn remote(&self) -> OtelContext {
        let mut headers = HeaderMap::new();
        let fields = [(TRACEPARENT, Some(&self.traceparent)), (TRACESTATE, self.tracestate.as_ref())];
        for (name, value) in fields {
            if let Some(value) = value.and_then(|value| HeaderValue::from_str(value).ok()) {
                headers.insert(name, value);
            }
        }
        PROPAGATOR.extract_with_context(&OtelContext::new(), &HeaderExtractor(&headers))
    }
}

/// Prepares the headers of a request that enters the shop for the services behind the edge, as nginx does: without a valid
/// trace the request starts one, and its id is that of the trace unless the client chose one. Returns the id.
pub fn admit(headers: &mut HeaderMap) -> String {
    let caller = PROPAGATOR.extract_with_context(&OtelContext::new(), &HeaderExtractor(headers));
    let caller = if caller.span().span_context().is_valid() {
        caller
    } else {
        headers.remove(TRACESTATE);
        let started = caller.with_remote_span_context(unrecorded());
        PROPAGATOR.inject_context(&started, &mut HeaderInjector(headers));
        headers.remove(TRACESTATE);
        started
    };
    let id = text(headers, REQUEST_ID)
        .filter(|id| is_acceptable(id))
        .map_or_else(|| caller.span().span_context().trace_id().to_string(), str::to_owned);
    // An id from outside that is not well-formed is replaced for the services as well, so that all logs have the same one.
    match HeaderValue::from_str(&id) {
        Ok(value) => headers.insert(REQUEST_ID, value),
        Err(_) => headers.remove(REQUEST_ID),
    };
    id
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

fn is_acceptable(id: &str) -> bool {
    (8..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

/// Ids for a synthetic request, whose log lines can be found by them.
fn unrecorded() -> SpanContext {
    let ids = RandomIdGenerator::default();
    SpanContext::new(ids.new_trace_id(), ids.new_span_id(), TraceFlags::NOT_SAMPLED, true, TraceState::default())
}

/// Returns the context of the request that is being served.
pub fn current() -> Option<Context> {
    CURRENT.try_with(Clone::clone).ok()
}

/// Calls `read` with the current context, without cloning it.
pub fn with_current<T>(read: impl FnOnce(&Context) -> T) -> Option<T> {
    CURRENT.try_with(read).ok()
}

/// The task that runs; its service is that of the context, if there is one.
pub(crate) fn current_task() -> Task {
    let task = TASK.try_with(|task| *task).unwrap_or_default();
    Task { service: with_current(Context::service).or(task.service), ..task }
}

/// Runs `work` within `context`.
pub async fn within<T>(context: Context, work: impl Future<Output = T>) -> T {
    CURRENT.scope(context, work).await
}

/// Calls `work`, which does not wait, within `context`.
pub fn enter<T>(context: &Context, work: impl FnOnce() -> T) -> T {
    CURRENT.sync_scope(context.clone(), work)
}

/// Runs `work` as a task of a service, whose log lines name the service and worker.
pub async fn of_task<T>(
    service: Option<&'static str>,
    worker: Option<&'static str>,
    work: impl Future<Output = T>,
) -> T {
    TASK.scope(Task { service, worker }, work).await
}

/// Binds `work` to the current context, so that it can run in another task.
pub fn carry<T>(work: impl Future<Output = T>) -> impl Future<Output = T> {
    let context = current();
    async move {
        match context {
            Some(context) => CURRENT.scope(context, work).await,
            None => work.await,
        }
    }
}

/// An error that can be classified for the attribute `error.type`.
pub trait ErrorType {
    /// One of the values of `error.type` in the schema.
    fn error_type(&self) -> &'static str;
}

/// Ends the span of `context` with the result of its work.
pub fn finish<T, E: ErrorType>(context: &Context, result: Result<T, E>) -> Result<T, E> {
    if let Err(error) = &result {
        context.fail(error.error_type());
    }
    context.end();
    result
}
