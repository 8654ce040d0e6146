//! The circuit breaker: after several calls without a response it opens for a moment, so that callers fail at once
//! instead of waiting, and a starting service is not overloaded.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// The number of consecutive calls without a response that opens the breaker.
const FAILURE_THRESHOLD: u32 = 5;
const MIN_OPEN_TIME: Duration = Duration::from_millis(500);
// Clients are told to retry after two seconds (Retry-After), so a probe must be possible by then.
const MAX_OPEN_TIME: Duration = Duration::from_secs(2);
/// A call that its caller cancels after this time counts as a call without a response.
const ABANDONED_CALL_TIMEOUT: Duration = Duration::from_secs(2);

#[derive(Debug)]
struct State {
    failures: u32,
    open_time: Duration,
    /// The end of the open state. Then one call is let through to probe.
    open_until: Option<Instant>,
}

/// The circuit breaker of one callee.
#[derive(Debug, Clone)]
pub struct Breaker(Arc<Mutex<State>>);

impl Default for Breaker {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(State { failures: 0, open_time: MIN_OPEN_TIME, open_until: None })))
    }
}

impl Breaker {
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Admits a call; `None` while the breaker is open.
    pub fn admit(&self, now: Instant) -> Option<Call> {
        let mut state = self.state();
        if let Some(until) = state.open_until {
            if now < until {
                return None;
            }
            // This call probes the callee. Others are rejected until it gets a response, or until the next open period
            // ends.
            state.open_until = now.checked_add(state.open_time);
        }
        Some(Call { breaker: self.clone(), began: now, settled: false })
    }

    fn record_response(&self) {
        let mut state = self.state();
        *state = State { failures: 0, open_time: MIN_OPEN_TIME, open_until: None };
    }

    fn record_failure(&self, now: Instant) {
        let mut state = self.state();
        // Only consecutive failures count: one response resets them.
        state.failures = state.failures.saturating_add(1);
        if state.failures >= FAILURE_THRESHOLD {
            state.open_until = now.checked_add(state.open_time);
            state.open_time = state.open_time.saturating_mul(2).min(MAX_OPEN_TIME);
        }
    }
}

/// A call in progress. If it is dropped without a result after `ABANDONED_CALL_TIMEOUT`, it counts as a call without a
/// response.
#[derive(Debug)]
pub struct Call {
    breaker: Breaker,
    began: Instant,
    settled: bool,
}

impl Call {
    /// Records the end of the call. `record_response` is true if the callee responded, even with an error.
    pub fn settle(mut self, record_response: bool, now: Instant) {
        self.settled = true;
        if record_response { self.breaker.record_response() } else { self.breaker.record_failure(now) }
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        // A caller with a short deadline says nothing about the callee, so early cancellations do not count.
        if !self.settled && self.began.elapsed() >= ABANDONED_CALL_TIMEOUT {
            self.breaker.record_failure(Instant::now());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fail(breaker: &Breaker, times: u32, now: Instant) {
        for _ in 0..times {
            breaker.admit(now).expect("let through").settle(false, now);
        }
    }

    #[test]
    fn failures_below_the_threshold_keep_the_breaker_closed() {
        let (breaker, now) = (Breaker::default(), Instant::now());
        fail(&breaker, FAILURE_THRESHOLD - 1, now);
        breaker.admit(now).expect("let through").settle(true, now);
        fail(&breaker, FAILURE_THRESHOLD - 1, now);
        assert!(breaker.admit(now).is_some());
    }

    #[test]
    fn consecutive_failures_open_the_breaker_until_one_probe_call() {
        let (breaker, now) = (Breaker::default(), Instant::now());
        fail(&breaker, FAILURE_THRESHOLD, now);
        assert!(breaker.admit(now).is_none());
        let later = now + MIN_OPEN_TIME;
        let trial = breaker.admit(later).expect("one tries");
        assert!(breaker.admit(later).is_none(), "the others wait");
        trial.settle(true, later);
        assert!(breaker.admit(later).is_some());
    }

    #[test]
    fn each_failed_probe_doubles_the_open_time_up_to_a_limit() {
        let (breaker, mut now) = (Breaker::default(), Instant::now());
        fail(&breaker, FAILURE_THRESHOLD, now);
        let mut open_time = MIN_OPEN_TIME;
        for _ in 0..8 {
            now += open_time;
            fail(&breaker, 1, now);
            open_time = (open_time * 2).min(MAX_OPEN_TIME);
            assert!(breaker.admit(now + open_time - Duration::from_millis(1)).is_none());
        }
        assert!(breaker.admit(now + MAX_OPEN_TIME).is_some());
    }

    #[test]
    fn a_call_cancelled_after_the_timeout_counts_as_a_failure_an_early_one_does_not() {
        let (breaker, now) = (Breaker::default(), Instant::now());
        for _ in 0..FAILURE_THRESHOLD {
            drop(breaker.admit(now));
        }
        assert!(breaker.admit(now).is_some());
        for _ in 0..FAILURE_THRESHOLD {
            drop(breaker.admit(now.checked_sub(ABANDONED_CALL_TIMEOUT).expect("a machine that runs for seconds")));
        }
        assert!(breaker.admit(now).is_none());
    }
}
