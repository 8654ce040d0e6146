//! Time, ids and randomness as parameters, so that a test can replay every behaviour.
//!
//! A direct call of the system's clock or random source is a lint error (`clippy.toml`), except in this file.

use jiff::{SignedDuration, Timestamp};
use std::sync::{Arc, Mutex, PoisonError};
use uuid::Uuid;

/// A source of the current time, in UTC.
pub trait Clock: Send + Sync + 'static {
    /// Returns the current time.
    fn now(&self) -> Timestamp;
}

/// A source of random bytes that are fit for secrets.
pub trait RandomSource: Send + Sync + 'static {
    /// Fills `bytes` with random data.
    fn fill(&self, bytes: &mut [u8]);
}

/// The clock of the machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the system's clock")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// A clock that moves only when it is advanced, for tests.
#[derive(Debug)]
pub struct ManualClock(Mutex<Timestamp>);

impl ManualClock {
    /// Creates a clock that shows `start`.
    pub fn new(start: Timestamp) -> Self {
        Self(Mutex::new(start))
    }

    /// Moves the clock forward by `step` (back, when negative).
    pub fn advance(&self, step: SignedDuration) {
        let mut now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *now = now.saturating_add(step).unwrap_or(Timestamp::MAX);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The operating system's random source, through a fast cryptographic generator seeded by it.
#[derive(Debug, Clone, Copy, Default)]
pub struct OsRandom;

impl RandomSource for OsRandom {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the system's random source")]
    fn fill(&self, bytes: &mut [u8]) {
        use rand::Rng;
        rand::rng().fill_bytes(bytes);
    }
}

/// A repeatable random source for tests; never for real secrets.
pub struct SeededRandom(Mutex<rand::rngs::StdRng>);

impl SeededRandom {
    /// Creates a random source whose output is determined by `seed`.
    pub fn new(seed: u64) -> Self {
        use rand::SeedableRng;
        Self(Mutex::new(rand::rngs::StdRng::seed_from_u64(seed)))
    }
}

impl RandomSource for SeededRandom {
    fn fill(&self, bytes: &mut [u8]) {
        use rand::Rng;
        self.0.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(bytes);
    }
}

/// The source of a service's time, ids and randomness.
#[derive(Clone)]
pub struct SystemContext {
    clock: Arc<dyn Clock>,
    generator: Arc<dyn RandomSource>,
}

impl SystemContext {
    /// Combines the given clock and random source.
    pub fn new(clock: Arc<dyn Clock>, generator: Arc<dyn RandomSource>) -> Self {
        Self { clock, generator }
    }

    /// Uses the clock and random source of the machine.
    pub fn host() -> Self {
        Self::new(Arc::new(SystemClock), Arc::new(OsRandom))
    }

    /// Returns the current time, truncated to microseconds, which is the precision of all stores.
    pub fn now(&self) -> Timestamp {
        // MySQL and SQLite columns have microseconds; a nanosecond part would differ after reading it back.
        let now = self.clock.now();
        Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now)
    }

    /// Returns a new UUIDv7 (RFC 9562): ordered by time, then random.
    pub fn id(&self) -> Uuid {
        // A UUIDv7 has 74 random bits, for which ten bytes suffice.
        let mut random = [0; 10];
        self.generator.fill(&mut random);
        let millis = u64::try_from(self.clock.now().as_millisecond()).unwrap_or(0);
        uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
    }

    /// Returns `N` random bytes.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.generator.fill(&mut bytes);
        bytes
    }

    /// Returns `N` random bytes as unpadded base64url, fit for a secret token when `N` is 16 or more.
    pub fn token<const N: usize>(&self) -> String {
        use base64::Engine;
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(self.bytes::<N>())
    }
}
