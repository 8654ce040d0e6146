//! Prometheus metrics: one registry per service, so that the services of one process stay apart.

mod exposition;
mod instruments;

pub use exposition::{Exposition, Format};
pub use instruments::{Counter, FloatCounter, Gauge, Histogram, Hold, MAX_LABEL_SETS, OVERFLOW};

use crate::schema::metrics::{Kind, Metric};
use instruments::Labels;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::exemplar::HistogramWithExemplars;
use prometheus_client::metrics::family::{Family, MetricConstructor};
use prometheus_client::registry::Registry;
use std::sync::{Arc, Mutex, PoisonError};

/// The metrics of one service. Cheap to clone.
///
/// Metrics are created from their declaration in [`crate::schema::metrics`]. A metric is created once per service; its
/// clones count together.
#[derive(Debug, Clone)]
pub struct Metrics {
    registry: Arc<Mutex<Registry>>,
}

impl Metrics {
    /// Creates an empty registry. Each of its metrics has the label `service` with this name.
    pub fn new(service: &'static str) -> Self {
        let registry = Registry::with_labels(std::iter::once(("service".into(), service.into())));
        Self { registry: Arc::new(Mutex::new(registry)) }
    }

    pub fn counter<const N: usize>(&self, metric: &'static Metric<N>) -> Counter<N> {
        debug_assert_eq!(metric.info.kind, Kind::Counter, "{}", metric.info.name);
        let family = Family::default();
        self.register(metric, family.clone());
        Counter::new(metric, family)
    }

    /// A counter of seconds or another quantity that is no number of things.
    pub fn float_counter<const N: usize>(&self, metric: &'static Metric<N>) -> FloatCounter<N> {
        debug_assert_eq!(metric.info.kind, Kind::Counter, "{}", metric.info.name);
        let family = Family::default();
        self.register(metric, family.clone());
        FloatCounter::new(metric, family)
    }

    pub fn gauge<const N: usize>(&self, metric: &'static Metric<N>) -> Gauge<N> {
        debug_assert_eq!(metric.info.kind, Kind::Gauge, "{}", metric.info.name);
        let family = Family::default();
        self.register(metric, family.clone());
        Gauge::new(metric, family)
    }

    pub fn histogram<const N: usize>(&self, metric: &'static Metric<N>) -> Histogram<N> {
        let buckets: &'static [f64] = match metric.info.kind {
            Kind::Histogram { buckets } => buckets,
            Kind::Counter | Kind::Gauge => &[],
        };
        let family = Family::new_with_constructor(Buckets(buckets));
        self.register(metric, family.clone());
        Histogram::new(metric, family)
    }

    fn register<const N: usize>(&self, metric: &'static Metric<N>, family: impl prometheus_client::registry::Metric) {
        // The encoder adds the suffix of counters and the full stop.
        let name = metric.info.name.strip_suffix("_total").unwrap_or(metric.info.name);
        let help = metric.info.description.trim_end_matches('.');
        self.registry.lock().unwrap_or_else(PoisonError::into_inner).register(name, help, family);
    }

    /// Returns all metrics of the service.
    pub fn exposition(&self) -> Exposition {
        let mut text = String::new();
        let registry = self.registry.lock().unwrap_or_else(PoisonError::into_inner);
        // Writing to a string cannot fail.
        if encode(&mut text, &registry).is_err() {
            text.clear();
        }
        Exposition::parse(&text)
    }
}

/// Creates the histogram of a new label set, with the buckets of its metric.
#[derive(Clone)]
pub(crate) struct Buckets(&'static [f64]);

impl MetricConstructor<HistogramWithExemplars<Labels<1>>> for Buckets {
    fn new_metric(&self) -> HistogramWithExemplars<Labels<1>> {
        HistogramWithExemplars::new(self.0.iter().copied())
    }
}
