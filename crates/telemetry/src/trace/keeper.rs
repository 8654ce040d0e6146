//! Decides which traces are exported once they have ended in this process.

use crate::recent::RecentTraces;
use opentelemetry::trace::{SpanContext, Status, TraceFlags, TraceId};
use opentelemetry::{Context, trace::Span as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{BatchSpanProcessor, Span, SpanData, SpanProcessor};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The number of locks that the open traces are spread over.
const SHARDS: usize = 16;
/// The number of open traces of one shard. Beyond, spans of traces that were not selected are dropped.
const MAX_TRACES: usize = 64;
/// The number of spans of one trace that wait for its end. Beyond, they are decided one by one.
const MAX_SPANS: usize = 256;

/// Holds the spans of a trace back until no span of it is open in this process. Selected traces are then exported, and of
/// the others those with an error or a slow span.
///
/// A process sees only its own part of a trace that spans several. The parts of the others are exported when they are
/// slow or failed as well, which they usually are, since the caller waits for the callee.
#[derive(Debug)]
pub(super) struct TraceKeeper {
    next: Option<BatchSpanProcessor>,
    slow: Duration,
    recent: RecentTraces,
    shards: [Mutex<HashMap<TraceId, OpenTrace>>; SHARDS],
}

#[derive(Debug, Default)]
struct OpenTrace {
    open_spans: usize,
    /// True if the trace was selected, has an error or was slow.
    keep: bool,
    spans: Vec<SpanData>,
}

impl TraceKeeper {
    pub(super) fn new(next: Option<BatchSpanProcessor>, slow: Duration, recent: RecentTraces) -> Self {
        Self { next, slow, recent, shards: Default::default() }
    }

    fn shard(&self, id: TraceId) -> MutexGuard<'_, HashMap<TraceId, OpenTrace>> {
        // Trace ids are random, so their last byte spreads them evenly.
        let [.., last] = id.to_bytes();
        self.shards[usize::from(last) % SHARDS].lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_notable(&self, span: &SpanData) -> bool {
        let took = span.end_time.duration_since(span.start_time).unwrap_or_default();
        span.span_context.is_sampled() || matches!(span.status, Status::Error { .. }) || took >= self.slow
    }

    fn export(&self, span: SpanData) {
        if let Some(next) = &self.next {
            next.on_end(sampled(span));
        }
    }
}

impl SpanProcessor for TraceKeeper {
    fn on_start(&self, span: &mut Span, _parent: &Context) {
        let id = span.span_context().trace_id();
        let mut shard = self.shard(id);
        let count = shard.len();
        match shard.get_mut(&id) {
            Some(trace) => trace.open_spans += 1,
            None if count < MAX_TRACES => {
                shard.insert(id, OpenTrace { open_spans: 1, ..OpenTrace::default() });
            }
            None => {}
        }
    }

    fn on_end(&self, span: SpanData) {
        let keep = self.is_notable(&span);
        let id = span.span_context.trace_id();
        let mut shard = self.shard(id);
        let Some(trace) = shard.get_mut(&id) else {
            drop(shard);
            // Too many traces were open when this span started.
            if keep {
                self.export(span);
            }
            return;
        };
        trace.open_spans = trace.open_spans.saturating_sub(1);
        trace.keep |= keep;
        let overflow = if trace.spans.len() < MAX_SPANS {
            trace.spans.push(span);
            None
        } else {
            trace.keep.then_some(span)
        };
        let ended = if trace.open_spans == 0 { shard.remove(&id) } else { None };
        // Released before the export, which takes a lock of its own.
        drop(shard);
        if let Some(span) = overflow {
            self.export(span);
        }
        let Some(trace) = ended else { return };
        if self.recent.is_enabled() {
            self.recent.add(&trace.spans);
        }
        if trace.keep {
            for span in trace.spans {
                self.export(span);
            }
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.next.as_ref().map_or(Ok(()), SpanProcessor::force_flush)
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.next.as_ref().map_or(Ok(()), |next| next.shutdown_with_timeout(timeout))
    }

    fn set_resource(&mut self, resource: &Resource) {
        if let Some(next) = &mut self.next {
            next.set_resource(resource);
        }
    }
}

/// Sets the sampled flag, which is missing on spans that are kept for their error or duration.
fn sampled(mut span: SpanData) -> SpanData {
    let context = &span.span_context;
    span.span_context = SpanContext::new(
        context.trace_id(),
        context.span_id(),
        context.trace_flags() | TraceFlags::SAMPLED,
        context.is_remote(),
        context.trace_state().clone(),
    );
    span
}
