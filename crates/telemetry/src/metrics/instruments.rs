//! Counters, gauges and histograms with the labels of their declaration.

use super::Buckets;
use crate::context::{self, Context};
use crate::schema::metrics::Metric;
use opentelemetry::trace::TraceId;
use prometheus_client::encoding::{EncodeLabel, EncodeLabelSet, LabelSetEncoder};
use prometheus_client::metrics::counter;
use prometheus_client::metrics::exemplar::HistogramWithExemplars;
use prometheus_client::metrics::family::{Family, MetricConstructor};
use prometheus_client::metrics::gauge;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// The number of label sets of one metric. Beyond, values are counted under [`OVERFLOW`], so that a mistake in a label
/// cannot fill the memory of the service and of Prometheus.
pub const MAX_LABEL_SETS: usize = 1000;
/// The label value of everything beyond [`MAX_LABEL_SETS`].
pub const OVERFLOW: &str = "overflow";

/// Label values, in the order of the declared names.
#[derive(Debug, Clone)]
pub(crate) struct Labels<const N: usize> {
    names: &'static [&'static str; N],
    values: [String; N],
}

// The names are those of the metric, equal for all label sets of a family.
impl<const N: usize> PartialEq for Labels<N> {
    fn eq(&self, other: &Self) -> bool {
        self.values == other.values
    }
}

impl<const N: usize> Eq for Labels<N> {}

impl<const N: usize> Hash for Labels<N> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.values.hash(state);
    }
}

impl<const N: usize> EncodeLabelSet for Labels<N> {
    fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> Result<(), std::fmt::Error> {
        for (name, value) in self.names.iter().zip(&self.values) {
            (*name, value.as_str()).encode(encoder.encode_label())?;
        }
        Ok(())
    }
}

/// The label sets of one metric, bounded in number.
struct Bounded<const N: usize, M, C = fn() -> M> {
    names: &'static [&'static str; N],
    family: Family<Labels<N>, M, C>,
    count: Arc<AtomicUsize>,
}

impl<const N: usize, M, C: Clone> Clone for Bounded<N, M, C> {
    fn clone(&self) -> Self {
        Self { names: self.names, family: self.family.clone(), count: Arc::clone(&self.count) }
    }
}

impl<const N: usize, M: Clone, C: MetricConstructor<M>> Bounded<N, M, C> {
    fn new(metric: &'static Metric<N>, family: Family<Labels<N>, M, C>) -> Self {
        Self { names: &metric.labels, family, count: Arc::default() }
    }

    fn with<T>(&self, values: [&str; N], update: impl FnOnce(&M) -> T) -> T {
        let labels = Labels { names: self.names, values: values.map(str::to_owned) };
        if let Some(known) = self.family.get(&labels) {
            return update(&known);
        }
        // Several threads may add one label set at the same time, which counts it twice: the bound need not be exact.
        let is_new = self.count.fetch_add(1, Ordering::Relaxed) < MAX_LABEL_SETS;
        let labels =
            if is_new { labels } else { Labels { names: self.names, values: [(); N].map(|()| OVERFLOW.into()) } };
        update(&self.family.get_or_create(&labels))
    }
}

/// A counter, which only grows.
#[derive(Clone)]
pub struct Counter<const N: usize>(Bounded<N, counter::Counter>);

impl<const N: usize> Counter<N> {
    pub(super) fn new(metric: &'static Metric<N>, family: Family<Labels<N>, counter::Counter>) -> Self {
        Self(Bounded::new(metric, family))
    }

    /// Creates these series at 0. Prometheus sees no increase in a series that begins with its first count.
    #[must_use]
    pub fn starting_with<'l>(self, all: impl IntoIterator<Item = [&'l str; N]>) -> Self {
        for labels in all {
            self.add(0, labels);
        }
        self
    }

    pub fn add_one(&self, labels: [&str; N]) {
        self.add(1, labels);
    }

    pub fn add(&self, count: u64, labels: [&str; N]) {
        self.0.with(labels, |counter| counter.inc_by(count));
    }
}

/// A counter of a quantity that is no number of things.
#[derive(Clone)]
pub struct FloatCounter<const N: usize>(Bounded<N, counter::Counter<f64, AtomicU64>>);

impl<const N: usize> FloatCounter<N> {
    pub(super) fn new(metric: &'static Metric<N>, family: Family<Labels<N>, counter::Counter<f64, AtomicU64>>) -> Self {
        Self(Bounded::new(metric, family))
    }

    /// Raises the counter to a total that is counted elsewhere. It never falls.
    pub fn raise_to(&self, total: f64, labels: [&str; N]) {
        self.0.with(labels, |counter| {
            if total > counter.get() {
                // The client library keeps the bits of the number.
                counter.inner().store(total.to_bits(), Ordering::Relaxed);
            }
        });
    }
}

/// A gauge, which can take any value.
#[derive(Clone)]
pub struct Gauge<const N: usize>(Bounded<N, gauge::Gauge<f64, AtomicU64>>);

impl<const N: usize> Gauge<N> {
    pub(super) fn new(metric: &'static Metric<N>, family: Family<Labels<N>, gauge::Gauge<f64, AtomicU64>>) -> Self {
        Self(Bounded::new(metric, family))
    }

    pub fn set(&self, value: f64, labels: [&str; N]) {
        self.0.with(labels, |gauge| gauge.set(value));
    }

    /// Sets the value to a number of things.
    pub fn set_count(&self, count: u64, labels: [&str; N]) {
        self.set(approximate(count), labels);
    }

    /// Adds one until the guard is dropped.
    pub fn hold(&self, labels: [&str; N]) -> Hold {
        let gauge = self.0.with(labels, Clone::clone);
        gauge.inc();
        Hold(gauge)
    }
}

/// Counts as one in a gauge while it lives.
pub struct Hold(gauge::Gauge<f64, AtomicU64>);

impl Drop for Hold {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// A histogram, whose samples name the trace they were taken in.
#[derive(Clone)]
pub struct Histogram<const N: usize>(Bounded<N, HistogramWithExemplars<Labels<1>>, Buckets>);

impl<const N: usize> Histogram<N> {
    pub(super) fn new(
        metric: &'static Metric<N>,
        family: Family<Labels<N>, HistogramWithExemplars<Labels<1>>, Buckets>,
    ) -> Self {
        Self(Bounded::new(metric, family))
    }

    /// Adds a sample. It names the trace of the current context, if that is exported.
    pub fn observe(&self, value: f64, labels: [&str; N]) {
        let trace = context::with_current(Context::exported_trace).flatten();
        self.add(value, labels, trace);
    }

    /// Adds a sample that is a number of things.
    pub fn observe_count(&self, count: u64, labels: [&str; N]) {
        self.observe(approximate(count), labels);
    }

    /// Adds a sample of the work in `context`.
    pub fn observe_in(&self, context: &Context, value: f64, labels: [&str; N]) {
        self.add(value, labels, context.exported_trace());
    }

    fn add(&self, value: f64, labels: [&str; N], trace: Option<TraceId>) {
        let exemplar = trace.map(|trace| Labels { names: &["trace_id"], values: [trace.to_string()] });
        self.0.with(labels, |histogram| histogram.observe(value, exemplar, None));
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
fn approximate(count: u64) -> f64 {
    count as f64
}
