//! Slows down those who guess passwords: after ten failures within a quarter of an hour, an account's address and a
//! client have to wait. All replicas count together where there is a place for that; while that is away, and in one
//! process, each counts in its own memory, which a restart empties.

use async_trait::async_trait;
use chassis::StoreError;
use chassis::health::Check;
use jiff::{SignedDuration, Timestamp};
use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How many failures make somebody wait.
pub const MOST_FAILURES: usize = 10;
/// How long a failure counts.
pub const WINDOW: SignedDuration = SignedDuration::from_mins(15);
/// Bounds the memory; more than so many guessers at a time are no longer told apart.
const MOST_KEYS: usize = 20_000;

/// Whose failures are counted. A digest, so that no address stays in memory and each takes the same room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key([u8; 32]);

impl Key {
    /// Failures to log in with this address, whether or not there is such an account.
    pub fn address(normalised: &str) -> Self {
        Self(chassis::secret::sha256(format!("address {normalised}").as_bytes()))
    }

    /// Failures from this client; of IPv6 the network, since one party has all of its addresses.
    pub fn client(client: IpAddr) -> Self {
        let network = match client.to_canonical() {
            IpAddr::V4(address) => address.octets().to_vec(),
            IpAddr::V6(address) => address.octets().into_iter().take(8).collect(),
        };
        Self(chassis::secret::sha256(format!("client {network:?}").as_bytes()))
    }

    /// It in hexadecimal digits.
    pub fn hex(&self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// Failures that all replicas count together.
#[async_trait]
pub trait SharedFailures: Check {
    /// When the oldest of the last ten failures of each key was; `None` for one that has failed less often.
    async fn oldest(&self, keys: &[Key]) -> Result<Vec<Option<Timestamp>>, StoreError>;

    /// Counts a failure of each key.
    async fn add(&self, keys: &[Key], now: Timestamp) -> Result<(), StoreError>;

    /// Forgets the failures of a key.
    async fn forget(&self, key: Key) -> Result<(), StoreError>;
}

/// Counts failures. Guesses that are under way count only once they have failed, so a burst can go beyond the limit by
/// what the pool for password hashing takes at a time.
#[derive(Default)]
pub struct Throttle {
    memory: Memory,
    shared: Option<Arc<dyn SharedFailures>>,
}

impl Throttle {
    /// One that counts together with others, if there is a place for that.
    pub fn new(shared: Option<Arc<dyn SharedFailures>>) -> Self {
        Self { memory: Memory::default(), shared }
    }

    /// How long all of `keys` have to wait; `None` when another try is fine.
    pub async fn wait(&self, keys: &[Key], now: Timestamp) -> Option<SignedDuration> {
        if let Some(shared) = &self.shared {
            match shared.oldest(keys).await {
                Ok(oldest) => return oldest.into_iter().flatten().filter_map(|oldest| left(oldest, now)).max(),
                Err(error) => tracing::warn!(%error, "failures to log in are counted by each replica for itself"),
            }
        }
        self.memory.wait(keys, now)
    }

    /// Counts a failure of each of `keys`.
    pub async fn failed(&self, keys: &[Key], now: Timestamp) {
        self.memory.failed(keys, now);
        if let Some(shared) = &self.shared
            && let Err(error) = shared.add(keys, now).await
        {
            tracing::warn!(%error, "a failure to log in was not counted for all replicas");
        }
    }

    /// Forgets the failures of `key`: its owner has come.
    pub async fn succeeded(&self, key: Key) {
        self.memory.succeeded(key);
        if let Some(shared) = &self.shared
            && let Err(error) = shared.forget(key).await
        {
            tracing::warn!(%error, "failures to log in could not be forgotten; they count for a quarter of an hour");
        }
    }
}

/// What this process has counted.
#[derive(Debug, Default)]
struct Memory(Mutex<HashMap<Key, VecDeque<Timestamp>>>);

impl Memory {
    /// How long all of `keys` have to wait; `None` when another try is fine.
    fn wait(&self, keys: &[Key], now: Timestamp) -> Option<SignedDuration> {
        let failures = self.failures();
        keys.iter().filter_map(|key| failures.get(key).and_then(|moments| wait(moments, now))).max()
    }

    /// Counts a failure of each of `keys`.
    fn failed(&self, keys: &[Key], now: Timestamp) {
        let mut failures = self.failures();
        for key in keys {
            make_room(&mut failures, *key, now);
            let moments = failures.entry(*key).or_default();
            moments.push_back(now);
            if moments.len() > MOST_FAILURES {
                moments.pop_front();
            }
        }
    }

    /// Forgets the failures of `key`: its owner has come.
    fn succeeded(&self, key: Key) {
        self.failures().remove(&key);
    }

    fn failures(&self) -> MutexGuard<'_, HashMap<Key, VecDeque<Timestamp>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn wait(moments: &VecDeque<Timestamp>, now: Timestamp) -> Option<SignedDuration> {
    let oldest = *moments.front().filter(|_| moments.len() >= MOST_FAILURES)?;
    left(oldest, now)
}

/// How long the oldest of ten failures still counts.
fn left(oldest: Timestamp, now: Timestamp) -> Option<SignedDuration> {
    let left = WINDOW.checked_sub(now.duration_since(oldest))?;
    left.is_positive().then_some(left)
}

fn make_room(failures: &mut HashMap<Key, VecDeque<Timestamp>>, key: Key, now: Timestamp) {
    if failures.len() < MOST_KEYS || failures.contains_key(&key) {
        return;
    }
    failures.retain(|_, moments| moments.back().is_some_and(|last| now.duration_since(*last) < WINDOW));
    if failures.len() >= MOST_KEYS
        && let Some(any) = failures.keys().next().copied()
    {
        failures.remove(&any);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).expect("a moment")
    }

    #[test]
    fn the_tenth_failure_closes_the_door_until_the_first_is_a_quarter_of_an_hour_old() {
        let (throttle, key) = (Memory::default(), Key::address("ada@example.com"));
        for second in 0..10 {
            assert_eq!(throttle.wait(&[key], at(second)), None);
            throttle.failed(&[key], at(second));
        }
        assert_eq!(throttle.wait(&[key], at(10)), Some(SignedDuration::from_secs(890)));
        assert_eq!(throttle.wait(&[key], at(899)), Some(SignedDuration::from_secs(1)));
        assert_eq!(throttle.wait(&[key], at(900)), None);
        assert_eq!(throttle.wait(&[Key::address("eve@example.com")], at(10)), None);
    }

    #[test]
    fn the_owner_opens_the_door_again() {
        let (throttle, key) = (Memory::default(), Key::address("ada@example.com"));
        (0..9).for_each(|second| throttle.failed(&[key], at(second)));
        throttle.succeeded(key);
        throttle.failed(&[key], at(10));
        assert_eq!(throttle.wait(&[key], at(11)), None);
    }

    #[test]
    fn one_network_is_one_client() {
        let key = |text: &str| Key::client(text.parse().expect("an address"));
        assert_eq!(key("2001:db8:1:2::1"), key("2001:db8:1:2:ffff::9"));
        assert_ne!(key("2001:db8:1:2::1"), key("2001:db8:1:3::1"));
        assert_ne!(key("192.0.2.1"), key("192.0.2.2"));
        assert_eq!(key("192.0.2.1"), key("::ffff:192.0.2.1"));
    }

    #[test]
    fn memory_is_bounded_however_many_guess() {
        let throttle = Memory::default();
        for number in 0..MOST_KEYS + 100 {
            throttle.failed(&[Key::address(&number.to_string())], at(0));
        }
        assert_eq!(throttle.failures().len(), MOST_KEYS);
    }
}
