//! The inbox in Redis, beside the carts that its events change.
//!
//! Four keys: `done`, the events that took effect or were thrown away, by the moment they were told; `due`, those to be
//! tried again, by when; `dead`, those given up, by when they came in; and `failures`, a hash of what is known of each
//! that failed, in the fields `<id>:event`, `<id>:tries`, `<id>:reason` and `<id>:received_at`. An event is in at most
//! one of the first three. What waits for somebody has no lifetime: it stays until somebody has looked at it.

use ::redis::Script;
use async_trait::async_trait;
use chassis::StoreError;
use chassis::redis::Database;
use contracts::EventId;
use events::{Event, Failure, Inbox};
use jiff::Timestamp;
use std::sync::LazyLock;

/// How long Redis keeps the events that are done when nothing happens any more, in seconds: 60 days, twice as long as the
/// consumer wants them remembered. The consumer forgets them one by one before.
const REMEMBERED: u64 = 60 * 24 * 3600;
/// How many are forgotten in one script.
const FORGOTTEN_AT_ONCE: u64 = 1000;

/// `is_done` says whether an event took effect or was thrown away, `accept` notes that it does. Its keys are the first of
/// the script, as [`RedisInbox::keys`] gives them; so are its arguments, as [`RedisInbox::accepting`] does.
pub(super) const ACCEPT: &str = "
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

/// Arguments: the event's id, the event, the reason, 1 or 0 tries more, now, the next time or nothing.
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

/// What is known of the events with these `ids`.
const LIST: &str = "
    local found = {}
    for _, id in ipairs(ids) do
        local row = redis.call('HMGET', KEYS[4], id .. ':event', id .. ':tries', id .. ':reason', id .. ':received_at')
        if row[1] then found[#found + 1] = row end
    end
    return found";

/// Arguments: now, how many.
static DUE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(&format!(
        "local ids = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', ARGV[1], 'LIMIT', 0, ARGV[2]){LIST}"
    ))
});

/// Arguments: how many.
static DEAD: LazyLock<Script> = LazyLock::new(|| {
    Script::new(&format!(
        "local ids = redis.call('ZREVRANGEBYSCORE', KEYS[3], '+inf', '-inf', 'LIMIT', 0, ARGV[1]){LIST}"
    ))
});

/// Arguments: the event's id.
static SHOW: LazyLock<Script> = LazyLock::new(|| {
    Script::new(&format!("local ids = redis.call('ZSCORE', KEYS[3], ARGV[1]) and {{ARGV[1]}} or {{}}{LIST}"))
});

/// Arguments: the event's id, now.
static REPLAY: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "
    if redis.call('ZREM', KEYS[3], ARGV[1]) == 0 then return 0 end
    redis.call('HSET', KEYS[4], ARGV[1] .. ':tries', 0)
    redis.call('ZADD', KEYS[2], ARGV[2], ARGV[1])
    return 1",
    )
});

/// Arguments: those of [`ACCEPT`], the reason. The reason is kept as long as the event is remembered.
static DISCARD: LazyLock<Script> = LazyLock::new(|| {
    Script::new(&format!(
        "{ACCEPT}
    if not redis.call('ZSCORE', KEYS[3], ARGV[1]) then return 0 end
    accept()
    redis.call('HSET', KEYS[4], ARGV[1] .. ':reason', ARGV[4])
    return 1"
    ))
});

/// Arguments: the end of what is forgotten, how many.
static FORGET: LazyLock<Script> = LazyLock::new(|| {
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

/// The inbox of cart.
#[derive(Clone)]
pub struct RedisInbox(Database);

impl RedisInbox {
    pub(super) const fn new(database: Database) -> Self {
        Self(database)
    }

    /// Its keys, for scripts that note an event together with its effect.
    pub(super) fn keys(&self) -> [String; 4] {
        ["done", "due", "dead", "failures"].map(|name| self.0.key(&format!("inbox:{name}")))
    }

    /// The arguments of [`ACCEPT`]: the event's id, when it was told, how long it is remembered. The id is a UUIDv7 and
    /// begins with the millisecond.
    pub(super) fn accepting(id: EventId) -> [String; 3] {
        [id.to_string(), (id.0.as_u128() >> 80).to_string(), REMEMBERED.to_string()]
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
    let received_at = Timestamp::from_microsecond(received_at).map_err(|error| StoreError::Fault(error.to_string()))?;
    Ok(Failure { event: serde_json::from_str(&event)?, tries, reason, received_at })
}

/// A moment as it is stored.
fn micros(at: Timestamp) -> String {
    at.as_microsecond().to_string()
}

/// How many, as Redis counts.
fn count(limit: usize) -> String {
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
        let next_at = next.map(micros).unwrap_or_default();
        let tries = u8::from(counts).to_string();
        let arguments =
            [event.id.to_string(), serde_json::to_string(event)?, reason.to_owned(), tries, micros(now), next_at];
        self.run(&FAIL, &arguments).await
    }

    async fn due(&self, now: Timestamp, limit: usize) -> Result<Vec<Failure>, StoreError> {
        self.list(&DUE, &[micros(now), count(limit)]).await
    }

    async fn dead_letters(&self, limit: usize) -> Result<Vec<Failure>, StoreError> {
        self.list(&DEAD, &[count(limit)]).await
    }

    async fn dead_letter(&self, id: EventId) -> Result<Option<Failure>, StoreError> {
        Ok(self.list(&SHOW, &[id.to_string()]).await?.pop())
    }

    async fn replay(&self, id: EventId, now: Timestamp) -> Result<bool, StoreError> {
        self.run(&REPLAY, &[id.to_string(), micros(now)]).await
    }

    async fn discard(&self, id: EventId, reason: &str) -> Result<bool, StoreError> {
        let [id, told, remembered] = Self::accepting(id);
        self.run(&DISCARD, &[id, told, remembered, reason.to_owned()]).await
    }

    async fn forget(&self, before: Timestamp) -> Result<u64, StoreError> {
        let arguments = [before.as_millisecond().max(0).to_string(), FORGOTTEN_AT_ONCE.to_string()];
        let mut all = 0;
        loop {
            let gone: u64 = self.run(&FORGET, &arguments).await?;
            all += gone;
            if gone < FORGOTTEN_AT_ONCE {
                return Ok(all);
            }
        }
    }
}
