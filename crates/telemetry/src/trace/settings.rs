//! The settings of traces.

use opentelemetry::trace::{Link, SpanKind, TraceContextExt, TraceId, TraceState};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::{SamplingDecision, SamplingResult, ShouldSample};
use std::time::Duration;

/// The settings of the pipeline for traces.
#[derive(Debug, Clone)]
pub struct TraceSettings {
    /// The base URL of the OTLP endpoint, such as `http://collector:4318`. Nothing is exported without one.
    pub endpoint: Option<String>,
    /// The selection of traces to export.
    pub sampler: Sampler,
    /// The duration from which a trace is exported even if it was not selected.
    pub keep_slower_than: Duration,
    /// Resource attributes that all services get, such as `deployment.environment.name`.
    pub resource: Vec<(String, String)>,
    /// The number of ended traces that stay in memory for the operations page.
    pub recent: usize,
}

impl Default for TraceSettings {
    fn default() -> Self {
        Self {
            endpoint: None,
            sampler: Sampler::Ratio(0.1),
            keep_slower_than: Duration::from_secs(1),
            resource: Vec::new(),
            recent: 0,
        }
    }
}

/// The selection of traces to export.
///
/// The decision depends on the trace id alone, so that all services decide alike and a public client cannot have its
/// requests recorded by setting the flag of `traceparent`.
#[derive(Debug, Clone, PartialEq)]
pub enum Sampler {
    On,
    /// No spans are recorded, not even those of errors.
    Off,
    /// This share of the traces, from 0 to 1, and all with an error or a slow span.
    Ratio(f64),
}

impl ShouldSample for Sampler {
    fn should_sample(
        &self,
        parent: Option<&Context>,
        trace_id: TraceId,
        _name: &str,
        _kind: &SpanKind,
        _attributes: &[KeyValue],
        _links: &[Link],
    ) -> SamplingResult {
        let decision = match self {
            Self::On => SamplingDecision::RecordAndSample,
            Self::Off => SamplingDecision::Drop,
            Self::Ratio(ratio) if is_selected(trace_id, *ratio) => SamplingDecision::RecordAndSample,
            // Recorded, since the trace may still turn out to be slow or to fail.
            Self::Ratio(_) => SamplingDecision::RecordOnly,
        };
        let trace_state =
            parent.map_or_else(TraceState::default, |parent| parent.span().span_context().trace_state().clone());
        SamplingResult { decision, attributes: Vec::new(), trace_state }
    }
}

/// Returns true if the random part of the trace id lies within the ratio. W3C Trace Context, level 2, promises random bits
/// in the lower seven bytes only.
#[expect(clippy::float_arithmetic, clippy::cast_precision_loss, reason = "a share of a random number")]
fn is_selected(trace_id: TraceId, ratio: f64) -> bool {
    let [.., a, b, c, d, e, f, g] = trace_id.to_bytes();
    let random = u64::from_be_bytes([0, a, b, c, d, e, f, g]);
    // 2^56 values, which f64 can scale without a visible bias.
    (random as f64) < ratio * (1_u64 << 56) as f64
}
