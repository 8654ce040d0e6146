//! The circuit breaker: after several calls without an answer, a callee is left alone for a moment, so that its callers
//! fail at once instead of waiting, and it is not run over while it starts.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// How many calls in a row get no answer before the callee is left alone.
const FAILURES: u32 = 5;
const SHORTEST_REST: Duration = Duration::from_millis(500);
const LONGEST_REST: Duration = Duration::from_secs(2);
/// A call given up by its caller after this long counts as one without an answer.
const PATIENCE: Duration = Duration::from_secs(2);

#[derive(Debug)]
struct State {
    failures: u32,
    rest: Duration,
    /// Until when nobody calls. Then one call is let through to try.
    closed_to_calls_until: Option<Instant>,
}

/// One callee's breaker.
#[derive(Debug, Clone)]
pub struct Breaker(Arc<Mutex<State>>);

impl Default for Breaker {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(State { failures: 0, rest: SHORTEST_REST, closed_to_calls_until: None })))
    }
}

impl Breaker {
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets a call through; `None` while the callee is left alone.
    pub fn admit(&self, now: Instant) -> Option<Call> {
        let mut state = self.state();
        if let Some(until) = state.closed_to_calls_until {
            if now < until {
                return None;
            }
            // This one tries. Others wait for what becomes of it, or for the next rest to end.
            state.closed_to_calls_until = now.checked_add(state.rest);
        }
        Some(Call { breaker: self.clone(), began: now, settled: false })
    }

    fn answered(&self) {
        let mut state = self.state();
        *state = State { failures: 0, rest: SHORTEST_REST, closed_to_calls_until: None };
    }

    fn unanswered(&self, now: Instant) {
        let mut state = self.state();
        state.failures = state.failures.saturating_add(1);
        if state.failures >= FAILURES {
            state.closed_to_calls_until = now.checked_add(state.rest);
            state.rest = state.rest.saturating_mul(2).min(LONGEST_REST);
        }
    }
}

/// A call under way. Dropped unsettled after a while, it counts as one without an answer.
#[derive(Debug)]
pub struct Call {
    breaker: Breaker,
    began: Instant,
    settled: bool,
}

impl Call {
    /// Says whether there was an answer, whatever it said.
    pub fn settle(mut self, answered: bool, now: Instant) {
        self.settled = true;
        if answered { self.breaker.answered() } else { self.breaker.unanswered(now) }
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        if !self.settled && self.began.elapsed() >= PATIENCE {
            self.breaker.unanswered(Instant::now());
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
    fn a_few_failures_stop_nothing() {
        let (breaker, now) = (Breaker::default(), Instant::now());
        fail(&breaker, FAILURES - 1, now);
        breaker.admit(now).expect("let through").settle(true, now);
        fail(&breaker, FAILURES - 1, now);
        assert!(breaker.admit(now).is_some());
    }

    #[test]
    fn after_a_row_of_failures_the_callee_is_left_alone_and_then_tried_by_one() {
        let (breaker, now) = (Breaker::default(), Instant::now());
        fail(&breaker, FAILURES, now);
        assert!(breaker.admit(now).is_none());
        let later = now + SHORTEST_REST;
        let trial = breaker.admit(later).expect("one tries");
        assert!(breaker.admit(later).is_none(), "the others wait");
        trial.settle(true, later);
        assert!(breaker.admit(later).is_some());
    }

    #[test]
    fn each_failed_trial_makes_the_rest_longer_up_to_a_limit() {
        let (breaker, mut now) = (Breaker::default(), Instant::now());
        fail(&breaker, FAILURES, now);
        let mut rest = SHORTEST_REST;
        for _ in 0..8 {
            now += rest;
            fail(&breaker, 1, now);
            rest = (rest * 2).min(LONGEST_REST);
            assert!(breaker.admit(now + rest - Duration::from_millis(1)).is_none());
        }
        assert!(breaker.admit(now + LONGEST_REST).is_some());
    }

    #[test]
    fn a_caller_who_loses_patience_counts_and_one_who_hangs_up_at_once_does_not() {
        let (breaker, now) = (Breaker::default(), Instant::now());
        for _ in 0..FAILURES {
            drop(breaker.admit(now));
        }
        assert!(breaker.admit(now).is_some());
        for _ in 0..FAILURES {
            drop(breaker.admit(now.checked_sub(PATIENCE).expect("a machine that runs for seconds")));
        }
        assert!(breaker.admit(now).is_none());
    }
}
