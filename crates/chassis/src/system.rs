//! Time, ids and randomness as parameters, so that every behaviour can be replayed in a test.
//!
//! Calling the system's clock or generator directly is a lint error (`clippy.toml`); this file is the one exception.

use jiff::{SignedDuration, Timestamp};
use std::sync::{Arc, Mutex, PoisonError};
use uuid::Uuid;

/// Tells the time, in UTC.
pub trait Clock: Send + Sync + 'static {
    /// The present moment.
    fn now(&self) -> Timestamp;
}

/// Makes random bytes fit for secrets.
pub trait RandomSource: Send + Sync + 'static {
    /// Fills `bytes` with random data.
    fn fill(&self, bytes: &mut [u8]);
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the system's clock")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// A clock that moves only when told to.
#[derive(Debug)]
pub struct ManualClock(Mutex<Timestamp>);

impl ManualClock {
    /// A clock that stands at `start`.
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

/// A repeatable generator for tests; never for secrets that protect anything.
pub struct SeededRandom(Mutex<rand::rngs::StdRng>);

impl SeededRandom {
    /// The generator whose output is fixed by `seed`.
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

/// Where a service takes time, ids and randomness from.
#[derive(Clone)]
pub struct SystemContext {
    clock: Arc<dyn Clock>,
    generator: Arc<dyn RandomSource>,
}

impl SystemContext {
    /// Sources made of the given clock and generator.
    pub fn new(clock: Arc<dyn Clock>, generator: Arc<dyn RandomSource>) -> Self {
        Self { clock, generator }
    }

    /// The machine's own clock and random source.
    pub fn host() -> Self {
        Self::new(Arc::new(SystemClock), Arc::new(OsRandom))
    }

    /// The present moment, cut to microseconds: what the stores keep, so that a value read back equals the one written.
    pub fn now(&self) -> Timestamp {
        let now = self.clock.now();
        Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now)
    }

    /// A new UUIDv7 (RFC 9562): ordered by time, then random.
    pub fn id(&self) -> Uuid {
        let mut random = [0; 10];
        self.generator.fill(&mut random);
        let millis = u64::try_from(self.clock.now().as_millisecond()).unwrap_or(0);
        uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
    }

    /// `N` random bytes.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.generator.fill(&mut bytes);
        bytes
    }

    /// A random text of `N` bytes as unpadded base64url, fit for a secret token when `N` is 16 or more.
    pub fn token<const N: usize>(&self) -> String {
        use base64::Engine;
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(self.bytes::<N>())
    }
}
