//! Failed logins in Redis, counted by all replicas together.

use crate::login_rate_limiter::{FAILURE_WINDOW, MAX_FAILURES, RateLimitKey, SharedFailureCounter};
use ::redis::{AsyncCommands, RedisError};
use async_trait::async_trait;
use chassis::StoreError;
use chassis::health::{Check, CheckError};
use chassis::redis::{ConnectionSettings, Database, micros, moment};
use jiff::Timestamp;

/// Counts failed logins in Redis. Emptying Redis resets all counters.
#[derive(Clone)]
pub struct RedisFailureCounter(Database);

impl RedisFailureCounter {
    /// Creates the counter. The connection is opened when it is first used, so that the service starts without Redis.
    ///
    /// # Errors
    /// When the connection settings are invalid.
    pub fn new(connection: &ConnectionSettings) -> Result<Self, StoreError> {
        Ok(Self(Database::unconnected(connection, "user")?))
    }

    fn key(&self, key: &RateLimitKey) -> String {
        self.0.key(&format!("failures:{}", key.hex()))
    }
}

/// Returns the list index of the oldest failure that counts.
fn last_index() -> isize {
    isize::try_from(MAX_FAILURES).unwrap_or(isize::MAX) - 1
}

#[async_trait]
impl SharedFailureCounter for RedisFailureCounter {
    async fn oldest(&self, keys: &[RateLimitKey]) -> Result<Vec<Option<Timestamp>>, StoreError> {
        let mut pipeline = ::redis::pipe();
        for key in keys {
            // Lists begin with the newest failure; beyond the limit nothing is stored, so the last index is the
            // oldest.
            pipeline.lindex(self.key(key), last_index());
        }
        let found: Vec<Option<i64>> = pipeline.query_async(&mut self.0.connection()).await?;
        found.into_iter().map(|at| at.map(moment).transpose()).collect()
    }

    async fn add(&self, keys: &[RateLimitKey], now: Timestamp) -> Result<(), StoreError> {
        let mut pipeline = ::redis::pipe();
        // One transaction: a list must never grow beyond its limit or lose its expiry.
        pipeline.atomic();
        for key in keys {
            let key = self.key(key);
            pipeline.lpush(&key, micros(now)).ignore();
            pipeline.ltrim(&key, 0, last_index()).ignore();
            // Twice the window: the reader decides by its own clock which failures count, the TTL only frees memory.
            pipeline.expire(&key, FAILURE_WINDOW.as_secs() * 2).ignore();
        }
        Ok(pipeline.query_async(&mut self.0.connection()).await?)
    }

    async fn reset(&self, key: RateLimitKey) -> Result<(), StoreError> {
        let deleted: Result<(), RedisError> = self.0.connection().del(self.key(&key)).await;
        Ok(deleted?)
    }
}

#[async_trait]
impl Check for RedisFailureCounter {
    async fn check(&self) -> Result<(), CheckError> {
        self.0.check().await
    }
}
