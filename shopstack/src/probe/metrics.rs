//! The metrics of the synthetic buyer.

use super::{ProbeReport, Step};
use chassis::telemetry::Metrics;
use chassis::telemetry::metrics::{Counter, Gauge, Histogram};
use chassis::telemetry::schema::metrics::{
    PROBE_CONSECUTIVE_FAILURES, PROBE_LAST_RUN, PROBE_LAST_SUCCESS, PROBE_RUNS, PROBE_STEP_DURATION,
};
use jiff::Timestamp;

/// The metrics of the purchases that one process makes.
pub struct ProbeMetrics {
    duration: Histogram<1>,
    runs: Counter<1>,
    failures: Gauge<1>,
    last_run: Gauge<0>,
    last_success: Gauge<0>,
    /// The purchases that failed in a row up to the last one.
    in_a_row: u32,
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
            in_a_row: 0,
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
        self.in_a_row = if failed.is_some() { self.in_a_row.saturating_add(1) } else { 0 };
        for step in Step::ALL.iter().map(|step| step.as_str()) {
            // An outage may fail another step each time, so all failures count, at the step of the last one.
            self.failures.set_count(if failed == Some(step) { self.in_a_row.into() } else { 0 }, [step]);
        }
        self.runs.add_one([if failed.is_some() { "failed" } else { "succeeded" }]);
        let seconds = u64::try_from(now.as_second()).unwrap_or_default();
        self.last_run.set_count(seconds, []);
        if failed.is_none() {
            self.last_success.set_count(seconds, []);
        }
    }
}
