//! The inbox in Redis.
//!
//! There are four keys: `done`, a sorted set of the events that took effect or were discarded, scored by the
//! millisecond of their ids; `due`, a sorted set of the events to retry, scored by the time of the next attempt;
//! `dead`, a sorted set of the dead letters, scored by the time at which they were received; and `failures`, a hash
//! with the fields `<id>:event`, `<id>:tries`, `<id>:reason` and `<id>:received_at` of each failed event. An event is
//! in at most one of the three sets. Failed events and dead letters never expire.
//!
//! A service records an event in the same script that carries out its effect. The script includes [`ACCEPT_FUNCTIONS`],
//! its first keys are [`RedisInbox::keys`], and its first arguments are [`RedisInbox::accept_arguments`].

mod data_migration;

use super::{DeadLetters, Failure, Inbox, InboxCounts};
use crate::Event;
use ::redis::Script;
use async_trait::async_trait;
use chassis::StoreError;
use chassis::redis::{Database, micros, moment};
use contracts::EventId;
use jiff::Timestamp;
use std::sync::LazyLock;

/// The time in seconds after which Redis deletes the set of events that are done, if no event is added: 60 days, twice
/// the retention of the consumer, which purges older events in batches.
const DONE_TTL: u64 = 60 * 24 * 3600;
/// The number of events purged by one script, which blocks the server while it runs.
const PURGE_BATCH_SIZE: u64 = 1000;

/// Lua functions for scripts that carry out the effect of an event. `is_done()` is true if the event took effect or was
/// discarded before; `accept()` marks it as done.
///
/// The script's first four keys must be [`RedisInbox::keys`] and its first three arguments
/// [`RedisInbox::accept_arguments`].
pub const ACCEPT_FUNCTIONS: &str = "
    local function is_done()
        return redis.call('ZSCORE', KEYS[1], ARGV[1])
    end
    local function accept()
        redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1])
        redis.call('EXPIRE', KEYS[1], ARGV[3])
        redis.call('ZREM', KEYS[2], ARGV[1])
        redis.call('ZREM', KEYS[3], ARGV[1])
        for _, field in ipairs({':event', ':tries', ':reason', ':received_at'}) do
            redis.call('HDEL', KEYS[4], ARGV[1] .. field)
        end
    end";

/// Arguments: the event's id, the event, the reason, the increment of `tries` (1 or 0), the current time, and the time
/// of the next attempt or an empty string.
static FAIL: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "
    local id, event, reason, tries, now, next_at = unpack(ARGV)
    if redis.call('ZSCORE', KEYS[1], id) then return 0 end
    redis.call('HSET', KEYS[4], id .. ':event', event, id .. ':reason', reason)
    redis.call('HINCRBY', KEYS[4], id .. ':tries', tries)
    redis.call('HSETNX', KEYS[4], id .. ':received_at', now)
    if next_at == '' then
        redis.call('ZREM', KEYS[2], id)
        redis.call('ZADD', KEYS[3], redis.call('HGET', KEYS[4], id .. ':received_at'), id)
    else
        redis.call('ZREM', KEYS[3], id)
        redis.call('ZADD', KEYS[2], next_at, id)
    end
    return 1",
    )
});

/// The end of a script that returns the failures with these `ids`.
const LIST_FAILURES: &str = "
    local found = {}
    for _, id in ipairs(ids) do
        local row = redis.call('HMGET', KEYS[4], id .. ':event', id .. ':tries', id .. ':reason', id .. ':received_at')
        if row[1] then found[#found + 1] = row end
    end
    return found";

/// Lists the events that are due. Arguments: the current time, the limit.
static DUE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(&format!(
        "local ids = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', ARGV[1], 'LIMIT', 0, ARGV[2]){LIST_FAILURES}"
    ))
});

/// Lists the dead letters, the newest first. The only argument is the limit.
static DEAD_LETTERS: LazyLock<Script> = LazyLock::new(|| {
    Script::new(&format!(
        "local ids = redis.call('ZREVRANGEBYSCORE', KEYS[3], '+inf', '-inf', 'LIMIT', 0, ARGV[1]){LIST_FAILURES}"
    ))
});

/// Returns a dead letter. The only argument is the event's id.
static DEAD_LETTER: LazyLock<Script> = LazyLock::new(|| {
    Script::new(&format!("local ids = redis.call('ZSCORE', KEYS[3], ARGV[1]) and {{ARGV[1]}} or {{}}{LIST_FAILURES}"))
});

/// Schedules a dead letter for a retry. Arguments: the event's id, the current time.
// A replayed event gets all attempts again, so its count restarts.
static REPLAY: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "
    if redis.call('ZREM', KEYS[3], ARGV[1]) == 0 then return 0 end
    redis.call('HSET', KEYS[4], ARGV[1] .. ':tries', 0)
    redis.call('ZADD', KEYS[2], ARGV[2], ARGV[1])
    return 1",
    )
});

/// Discards a dead letter. Arguments: those of [`ACCEPT_FUNCTIONS`], then the reason, which is retained as long as the
/// event's id.
// The reason is written after `accept`, which deletes the fields of the event.
static DISCARD: LazyLock<Script> = LazyLock::new(|| {
    Script::new(&format!(
        "{ACCEPT_FUNCTIONS}
    if not redis.call('ZSCORE', KEYS[3], ARGV[1]) then return 0 end
    accept()
    redis.call('HSET', KEYS[4], ARGV[1] .. ':reason', ARGV[4])
    return 1"
    ))
});

/// Purges events that are done. Arguments: the exclusive end of the purged period in milliseconds, the limit.
static PURGE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "
    local ids = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', '(' .. ARGV[1], 'LIMIT', 0, ARGV[2])
    for _, id in ipairs(ids) do
        redis.call('HDEL', KEYS[4], id .. ':reason')
        redis.call('ZREM', KEYS[1], id)
    end
    return #ids",
    )
});

/// Counts the events to retry and the dead letters.
static COUNTS: LazyLock<Script> =
    LazyLock::new(|| Script::new("return {redis.call('ZCARD', KEYS[2]), redis.call('ZCARD', KEYS[3])}"));

/// The inbox of one service.
#[derive(Clone)]
pub struct RedisInbox(Database);

impl RedisInbox {
    /// Creates the inbox, whose keys have the prefix of `database`.
    pub const fn new(database: Database) -> Self {
        Self(database)
    }

    /// Returns the keys `done`, `due`, `dead` and `failures`, for scripts that include [`ACCEPT_FUNCTIONS`].
    pub fn keys(&self) -> [String; 4] {
        ["done", "due", "dead", "failures"].map(|name| self.0.key(&format!("inbox:{name}")))
    }

    /// Returns the arguments of scripts that include [`ACCEPT_FUNCTIONS`]: the event's id, the millisecond of that id,
    /// and the lifetime of the set of events that are done, in seconds.
    pub fn accept_arguments(id: EventId) -> [String; 3] {
        // The id is a UUIDv7, whose first 48 bits are the millisecond.
        [id.to_string(), (id.0.as_u128() >> 80).to_string(), DONE_TTL.to_string()]
    }

    async fn run<T: ::redis::FromRedisValue>(&self, script: &Script, arguments: &[String]) -> Result<T, StoreError> {
        let arguments: Vec<&[u8]> = arguments.iter().map(String::as_bytes).collect();
        self.0.run(script, &self.keys(), &arguments).await
    }

    async fn list(&self, script: &Script, arguments: &[String]) -> Result<Vec<Failure>, StoreError> {
        let rows: Vec<(String, u32, String, i64)> = self.run(script, arguments).await?;
        rows.into_iter().map(failure).collect()
    }
}

fn failure((event, tries, reason, received_at): (String, u32, String, i64)) -> Result<Failure, StoreError> {
    Ok(Failure { event: serde_json::from_str(&event)?, tries, reason, received_at: moment(received_at)? })
}

fn time_argument(at: Timestamp) -> String {
    micros(at).to_string()
}

fn limit_argument(limit: usize) -> String {
    // Redis parses the limit as a signed 64-bit integer and rejects larger ones.
    i64::try_from(limit).unwrap_or(i64::MAX).to_string()
}

#[async_trait]
impl Inbox for RedisInbox {
    async fn fail(
        &self,
        event: &Event,
        reason: &str,
        counts: bool,
        next: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let next_at = next.map(time_argument).unwrap_or_default();
        let tries = u8::from(counts).to_string();
        let body = serde_json::to_string(event)?;
        let arguments = [event.id.to_string(), body, reason.to_owned(), tries, time_argument(now), next_at];
        self.run(&FAIL, &arguments).await
    }

    async fn due(&self, now: Timestamp, limit: usize) -> Result<Vec<Failure>, StoreError> {
        self.list(&DUE, &[time_argument(now), limit_argument(limit)]).await
    }

    async fn counts(&self) -> Result<InboxCounts, StoreError> {
        let (retrying, dead) = self.run(&COUNTS, &[]).await?;
        Ok(InboxCounts { retrying, dead })
    }

    async fn purge(&self, before: Timestamp) -> Result<u64, StoreError> {
        let arguments = [before.as_millisecond().max(0).to_string(), PURGE_BATCH_SIZE.to_string()];
        let mut total = 0;
        loop {
            let purged: u64 = self.run(&PURGE, &arguments).await?;
            total += purged;
            if purged < PURGE_BATCH_SIZE {
                return Ok(total);
            }
        }
    }
}

#[async_trait]
impl DeadLetters for RedisInbox {
    async fn dead_letters(&self, limit: usize) -> Result<Vec<Failure>, StoreError> {
        self.list(&DEAD_LETTERS, &[limit_argument(limit)]).await
    }

    async fn dead_letter(&self, id: EventId) -> Result<Option<Failure>, StoreError> {
        Ok(self.list(&DEAD_LETTER, &[id.to_string()]).await?.pop())
    }

    async fn replay(&self, id: EventId, now: Timestamp) -> Result<bool, StoreError> {
        self.run(&REPLAY, &[id.to_string(), time_argument(now)]).await
    }

    async fn discard(&self, id: EventId, reason: &str) -> Result<bool, StoreError> {
        let [id, published, ttl] = Self::accept_arguments(id);
        self.run(&DISCARD, &[id, published, ttl, reason.to_owned()]).await
    }
}
