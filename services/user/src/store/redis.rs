//! Failures to log in, counted in Redis by all replicas together.

use crate::throttle::{Key, MOST_FAILURES, SharedFailures, WINDOW};
use ::redis::{AsyncCommands, RedisError};
use async_trait::async_trait;
use chassis::StoreError;
use chassis::health::Check;
use chassis::redis::{ConnectionSettings, Database, micros, moment};
use jiff::Timestamp;

/// Failures to log in, in Redis. A Redis that is away, or was emptied, forgives.
#[derive(Clone)]
pub struct RedisFailures(Database);

impl RedisFailures {
    /// The counters in this Redis, which is reached when it is first needed.
    ///
    /// # Errors
    /// When the address makes no sense.
    pub fn at(address: &ConnectionSettings) -> Result<Self, StoreError> {
        Ok(Self(Database::unconnected(address, "user")?))
    }

    fn key(&self, key: &Key) -> String {
        self.0.key(&format!("failures:{}", key.hex()))
    }
}

/// The place in a list of the oldest of the failures that count.
fn last() -> isize {
    isize::try_from(MOST_FAILURES).unwrap_or(isize::MAX) - 1
}

#[async_trait]
impl SharedFailures for RedisFailures {
    async fn oldest(&self, keys: &[Key]) -> Result<Vec<Option<Timestamp>>, StoreError> {
        let mut pipeline = ::redis::pipe();
        for key in keys {
            pipeline.lindex(self.key(key), last());
        }
        let found: Vec<Option<i64>> = pipeline.query_async(&mut self.0.connection()).await?;
        found.into_iter().map(|at| at.map(moment).transpose()).collect()
    }

    async fn add(&self, keys: &[Key], now: Timestamp) -> Result<(), StoreError> {
        let mut pipeline = ::redis::pipe();
        pipeline.atomic();
        for key in keys {
            let key = self.key(key);
            pipeline.lpush(&key, micros(now)).ignore();
            pipeline.ltrim(&key, 0, last()).ignore();
            // Longer than it counts: what has expired is decided by the clock of who asks.
            pipeline.expire(&key, WINDOW.as_secs() * 2).ignore();
        }
        Ok(pipeline.query_async(&mut self.0.connection()).await?)
    }

    async fn forget(&self, key: Key) -> Result<(), StoreError> {
        let forgotten: Result<(), RedisError> = self.0.connection().del(self.key(&key)).await;
        Ok(forgotten?)
    }
}

#[async_trait]
impl Check for RedisFailures {
    async fn check(&self) -> Result<(), String> {
        self.0.check().await
    }
}
