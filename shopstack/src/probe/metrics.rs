//! The metrics of the synthetic buyer.

use super::{ProbeReport, Step};
use chassis::telemetry::Metrics;
use chassis::telemetry::metrics::{Counter, Gauge, Histogram};
use chassis::telemetry::schema::metrics::{
    PROBE_CONSECUTIVE_FAILURES, PROBE_LAST_RUN, PROBE_LAST_SUCCESS, PROBE_RUNS, PROBE_STEP_DURATION,
};
use jiff::Timestamp;
use std::collections::HashMap;

/// The metrics of the purchases that one process makes.
pub struct ProbeMetrics {
    duration: Histogram<1>,
    runs: Counter<1>,
    failures: Gauge<1>,
    last_run: Gauge<0>,
    last_success: Gauge<0>,
    in_a_row: HashMap<&'static str, u32>,
}

impl ProbeMetrics {
    pub fn new(metrics: &Metrics) -> Self {
        let failures = metrics.gauge(&PROBE_CONSECUTIVE_FAILURES);
        for step in Step::ALL {
            failures.set_count(0, [step.as_str()]);
        }
        Self {
            duration: metrics.histogram(&PROBE_STEP_DURATION),
            runs: metrics.counter(&PROBE_RUNS).starting_with([["succeeded"], ["failed"]]),
            failures,
            last_run: metrics.gauge(&PROBE_LAST_RUN),
            last_success: metrics.gauge(&PROBE_LAST_SUCCESS),
            in_a_row: HashMap::new(),
        }
    }

    /// Records a purchase that ended at `now`.
    pub fn record(&mut self, report: &ProbeReport, now: Timestamp) {
        for result in &report.steps {
            let step = result.step.as_str();
            if result.outcome.is_ok() {
                self.duration.observe(result.duration.as_secs_f64(), [step]);
            }
        }
        let failed = report.failed().map(|result| result.step.as_str());
        // Only the step that fails now counts on: after another failure it is a new one.
        self.in_a_row.retain(|step, _| Some(*step) == failed);
        if let Some(step) = failed {
            *self.in_a_row.entry(step).or_default() += 1;
        }
        for step in Step::ALL.iter().map(|step| step.as_str()) {
            self.failures.set_count(self.in_a_row.get(step).copied().unwrap_or_default().into(), [step]);
        }
        self.runs.add_one([if failed.is_some() { "failed" } else { "succeeded" }]);
        let seconds = u64::try_from(now.as_second()).unwrap_or_default();
        self.last_run.set_count(seconds, []);
        if failed.is_none() {
            self.last_success.set_count(seconds, []);
        }
    }
}
