//! Limits failed logins: after ten failures within fifteen minutes, logins for an email and from a client address are
//! rejected for a while.
//!
//! Replicas count together in Redis. While Redis is unavailable, and in a single process, each replica counts in its own
//! memory, which a restart clears.

use async_trait::async_trait;
use chassis::StoreError;
use chassis::health::Check;
use jiff::{SignedDuration, Timestamp};
use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The number of failures within [`FAILURE_WINDOW`] that blocks further logins.
pub const MAX_FAILURES: usize = 10;
/// A failure counts for this long.
pub const FAILURE_WINDOW: SignedDuration = SignedDuration::from_mins(15);
/// Bounds the memory: when more keys fail at the same time, old ones are dropped.
const MAX_KEYS: usize = 20_000;

/// The key that failures are counted by. A digest of fixed size, so that no email stays in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RateLimitKey([u8; 32]);

impl RateLimitKey {
    /// Creates the key of logins with this email, whether or not it has an account.
    pub fn email(normalised: &str) -> Self {
        // The text is part of the key in Redis: counters survive an update of the service.
        Self(chassis::secret::sha256(format!("address {normalised}").as_bytes()))
    }

    /// Creates the key of logins from this client address.
    pub fn client(client: IpAddr) -> Self {
        // An IPv6 client usually controls a whole /64 network, so its prefix is the key.
        // IPv4-mapped addresses of a dual-stack socket are converted, so that they are the same client.
        let network = match client.to_canonical() {
            IpAddr::V4(address) => address.octets().to_vec(),
            IpAddr::V6(address) => address.octets().into_iter().take(8).collect(),
        };
        let bytes: Vec<String> = network.iter().map(ToString::to_string).collect();
        Self(chassis::secret::sha256(format!("client [{}]", bytes.join(", ")).as_bytes()))
    }

    /// Returns the key in hexadecimal digits.
    pub fn hex(&self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// A counter of failed logins that all replicas share.
#[async_trait]
pub trait SharedFailureCounter: Check {
    /// Returns, for each key, the time of the oldest of its last ten failures, or `None` after fewer failures.
    async fn oldest(&self, keys: &[RateLimitKey]) -> Result<Vec<Option<Timestamp>>, StoreError>;

    /// Counts a failure of each key.
    async fn add(&self, keys: &[RateLimitKey], now: Timestamp) -> Result<(), StoreError>;

    /// Deletes the failures of a key.
    async fn reset(&self, key: RateLimitKey) -> Result<(), StoreError>;
}

/// Limits failed logins. Logins in progress count only once they have failed, so a burst can exceed the limit by as many
/// as the password hasher runs and queues.
#[derive(Default)]
pub struct LoginRateLimiter {
    local: LocalFailures,
    shared: Option<Arc<dyn SharedFailureCounter>>,
}

impl LoginRateLimiter {
    /// Creates a limiter that also counts in `shared`.
    pub fn new(shared: Option<Arc<dyn SharedFailureCounter>>) -> Self {
        Self { local: LocalFailures::default(), shared }
    }

    /// Returns the time until all of `keys` may try again, or `None` if they may try now.
    pub async fn retry_after(&self, keys: &[RateLimitKey], now: Timestamp) -> Option<SignedDuration> {
        if let Some(shared) = &self.shared {
            match shared.oldest(keys).await {
                Ok(oldest) => return oldest.into_iter().flatten().filter_map(|oldest| remaining(oldest, now)).max(),
                // Fails open: customers can log in while Redis is unavailable, limited by the local counter.
                Err(error) => tracing::warn!(%error, "shared login failures unavailable; using the local counter"),
            }
        }
        self.local.retry_after(keys, now)
    }

    /// Counts a failure of each of `keys`.
    pub async fn record_failure(&self, keys: &[RateLimitKey], now: Timestamp) {
        // Always counted locally too, for the time when the shared counter becomes unavailable.
        self.local.record_failure(keys, now);
        if let Some(shared) = &self.shared
            && let Err(error) = shared.add(keys, now).await
        {
            tracing::warn!(%error, "login failure not counted for all replicas");
        }
    }

    /// Deletes the failures of `key` after a successful login.
    pub async fn reset(&self, key: RateLimitKey) {
        self.local.reset(key);
        if let Some(shared) = &self.shared
            && let Err(error) = shared.reset(key).await
        {
            tracing::warn!(%error, "login failures not reset; they expire after fifteen minutes");
        }
    }
}

/// The failures that this process has counted.
#[derive(Debug, Default)]
struct LocalFailures(Mutex<HashMap<RateLimitKey, VecDeque<Timestamp>>>);

impl LocalFailures {
    fn retry_after(&self, keys: &[RateLimitKey], now: Timestamp) -> Option<SignedDuration> {
        let failures = self.failures();
        keys.iter().filter_map(|key| failures.get(key).and_then(|times| retry_after(times, now))).max()
    }

    fn record_failure(&self, keys: &[RateLimitKey], now: Timestamp) {
        let mut failures = self.failures();
        for key in keys {
            make_room(&mut failures, *key, now);
            let times = failures.entry(*key).or_default();
            times.push_back(now);
            // Ten times are enough: only the oldest of the last ten decides.
            if times.len() > MAX_FAILURES {
                times.pop_front();
            }
        }
    }

    fn reset(&self, key: RateLimitKey) {
        self.failures().remove(&key);
    }

    fn failures(&self) -> MutexGuard<'_, HashMap<RateLimitKey, VecDeque<Timestamp>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn retry_after(times: &VecDeque<Timestamp>, now: Timestamp) -> Option<SignedDuration> {
    let oldest = *times.front().filter(|_| times.len() >= MAX_FAILURES)?;
    remaining(oldest, now)
}

/// Returns the time until the oldest of ten failures leaves the window.
fn remaining(oldest: Timestamp, now: Timestamp) -> Option<SignedDuration> {
    let remaining = FAILURE_WINDOW.checked_sub(now.duration_since(oldest))?;
    remaining.is_positive().then_some(remaining)
}

/// Makes room for `key`: drops expired keys first, then an arbitrary one.
fn make_room(failures: &mut HashMap<RateLimitKey, VecDeque<Timestamp>>, key: RateLimitKey, now: Timestamp) {
    if failures.len() < MAX_KEYS || failures.contains_key(&key) {
        return;
    }
    // Linear in the number of keys, but only reached by a distributed attack.
    failures.retain(|_, times| times.back().is_some_and(|last| now.duration_since(*last) < FAILURE_WINDOW));
    if failures.len() >= MAX_KEYS
        && let Some(any) = failures.keys().next().copied()
    {
        failures.remove(&any);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).expect("a time")
    }

    #[test]
    fn ten_failures_block_until_the_first_leaves_the_window() {
        let (limiter, key) = (LocalFailures::default(), RateLimitKey::email("ada@example.com"));
        for second in 0..10 {
            assert_eq!(limiter.retry_after(&[key], at(second)), None);
            limiter.record_failure(&[key], at(second));
        }
        assert_eq!(limiter.retry_after(&[key], at(10)), Some(SignedDuration::from_secs(890)));
        assert_eq!(limiter.retry_after(&[key], at(899)), Some(SignedDuration::from_secs(1)));
        assert_eq!(limiter.retry_after(&[key], at(900)), None);
        assert_eq!(limiter.retry_after(&[RateLimitKey::email("eve@example.com")], at(10)), None);
    }

    #[test]
    fn a_successful_login_resets_the_failures() {
        let (limiter, key) = (LocalFailures::default(), RateLimitKey::email("ada@example.com"));
        (0..9).for_each(|second| limiter.record_failure(&[key], at(second)));
        limiter.reset(key);
        limiter.record_failure(&[key], at(10));
        assert_eq!(limiter.retry_after(&[key], at(11)), None);
    }

    #[test]
    fn an_ipv6_network_is_one_client() {
        let key = |text: &str| RateLimitKey::client(text.parse().expect("an address"));
        assert_eq!(key("2001:db8:1:2::1"), key("2001:db8:1:2:ffff::9"));
        assert_ne!(key("2001:db8:1:2::1"), key("2001:db8:1:3::1"));
        assert_ne!(key("192.0.2.1"), key("192.0.2.2"));
        assert_eq!(key("192.0.2.1"), key("::ffff:192.0.2.1"));
    }

    #[test]
    fn keys_of_an_earlier_version_are_the_same() {
        let earlier = chassis::secret::sha256(b"client [192, 0, 2, 1]");
        assert_eq!(RateLimitKey::client("192.0.2.1".parse().expect("an address")), RateLimitKey(earlier));
    }

    #[test]
    fn memory_is_bounded() {
        let limiter = LocalFailures::default();
        for number in 0..MAX_KEYS + 100 {
            limiter.record_failure(&[RateLimitKey::email(&number.to_string())], at(0));
        }
        assert_eq!(limiter.failures().len(), MAX_KEYS);
    }
}
