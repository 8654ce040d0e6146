//! The traces that ended last in this process, for the operations page.

use crate::scope::service_of;
use opentelemetry::trace::{SpanId, Status, TraceId};
use opentelemetry_sdk::trace::SpanData;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

/// A span that has ended.
#[derive(Debug, Clone, PartialEq)]
pub struct RecentSpan {
    /// The id of the span.
    pub id: SpanId,
    /// The id of the parent; all zeros without one.
    pub parent: SpanId,
    /// The name of the service.
    pub service: String,
    /// The name of the span.
    pub name: String,
    /// The time at which the work began.
    pub start: SystemTime,
    /// The duration of the work.
    pub took: Duration,
    /// True if the work failed.
    pub failed: bool,
    /// The attributes, by name.
    pub attributes: Vec<(String, String)>,
}

/// A trace, or the part of one that ended at once.
#[derive(Debug, Clone, PartialEq)]
pub struct RecentTrace {
    /// The id of the trace.
    pub id: TraceId,
    /// The spans in the order in which they began.
    pub spans: Vec<RecentSpan>,
}

/// The traces that ended last, with their spans. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct RecentTraces {
    limit: usize,
    traces: Arc<Mutex<VecDeque<RecentTrace>>>,
}

impl RecentTraces {
    /// Keeps at most `limit` traces.
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit, traces: Arc::default() }
    }

    pub(crate) fn is_enabled(&self) -> bool {
        self.limit > 0
    }

    /// Adds spans of one trace. Spans of a trace that is still there join it, such as the later steps of an order.
    pub(crate) fn add(&self, spans: &[SpanData]) {
        let Some(first) = spans.first() else { return };
        let id = first.span_context.trace_id();
        let mut traces = self.traces.lock().unwrap_or_else(PoisonError::into_inner);
        let known = traces.iter().position(|trace| trace.id == id).and_then(|position| traces.remove(position));
        let mut trace = known.unwrap_or_else(|| RecentTrace { id, spans: Vec::new() });
        trace.spans.extend(spans.iter().map(recent));
        trace.spans.sort_by_key(|span| span.start);
        traces.push_back(trace);
        while traces.len() > self.limit {
            traces.pop_front();
        }
    }

    /// The traces, the one that ended last first.
    pub fn list(&self) -> Vec<RecentTrace> {
        self.traces.lock().unwrap_or_else(PoisonError::into_inner).iter().rev().cloned().collect()
    }
}

fn recent(span: &SpanData) -> RecentSpan {
    RecentSpan {
        id: span.span_context.span_id(),
        parent: span.parent_span_id,
        service: service_of(span),
        name: span.name.to_string(),
        start: span.start_time,
        took: span.end_time.duration_since(span.start_time).unwrap_or_default(),
        failed: matches!(span.status, Status::Error { .. }),
        attributes: span.attributes.iter().map(|one| (one.key.to_string(), one.value.to_string())).collect(),
    }
}
