//! Export and import of the inbox in Redis, as the same records that an inbox in a table has.
//!
//! A record has the columns of [`crate::inbox::TABLE`]. The record of an event that is done has only its id and state.

use super::RedisInbox;
use ::redis::{AsyncCommands, Pipeline};
use chassis::StoreError;
use chassis::data_migration::Record;
use contracts::EventId;
use serde_json::{Value, json};

impl RedisInbox {
    /// Returns all events of the inbox as records.
    ///
    /// # Errors
    /// When Redis is unavailable or returns an error.
    pub async fn records(&self) -> Result<Vec<Record>, StoreError> {
        let [done, due, dead, failures] = self.keys();
        let mut connection = self.0.connection();
        let mut records = Vec::new();
        let ids: Vec<String> = connection.zrange(done, 0, -1).await?;
        records.extend(ids.iter().map(|id| {
            let value = json!({ "event_id": id, "state": "done", "body": null, "tries": null, "reason": null,
                "next_at": null, "received_at": null });
            record(id, value)
        }));
        for (set, state) in [(due, "retrying"), (dead, "dead")] {
            let ids: Vec<(String, i64)> = connection.zrange_withscores(set, 0, -1).await?;
            for (id, score) in ids {
                let fields = ["event", "tries", "reason", "received_at"].map(|field| format!("{id}:{field}"));
                let (body, tries, reason, received_at): (String, i64, String, i64) =
                    connection.hmget(&failures, &fields[..]).await?;
                let next_at = (state == "retrying").then_some(score);
                let value = json!({ "event_id": id, "state": state, "body": body, "tries": tries, "reason": reason,
                    "next_at": next_at, "received_at": received_at });
                records.push(record(&id, value));
            }
        }
        Ok(records)
    }

    /// Adds the commands that store a record, an event of another inbox, to `pipeline`.
    ///
    /// # Errors
    /// [`StoreError::Fault`] when the record lacks a member.
    pub fn import(&self, pipeline: &mut Pipeline, value: &Value) -> Result<(), StoreError> {
        let id: EventId = chassis::redis::parse(text(value, "event_id")?)?;
        let [done, due, dead, failures] = self.keys();
        let [id, published, ttl] = Self::accept_arguments(id);
        let (set, score) = match text(value, "state")? {
            "done" => {
                pipeline.zadd(&done, &id, published).ignore();
                pipeline.cmd("EXPIRE").arg(&done).arg(ttl).ignore();
                return Ok(());
            }
            "retrying" => (due, number(value, "next_at")?),
            _ => (dead, number(value, "received_at")?),
        };
        pipeline.zadd(set, &id, score).ignore();
        for (field, name) in [("event", "body"), ("reason", "reason")] {
            pipeline.hset(&failures, format!("{id}:{field}"), text(value, name)?).ignore();
        }
        for field in ["tries", "received_at"] {
            pipeline.hset(&failures, format!("{id}:{field}"), number(value, field)?).ignore();
        }
        Ok(())
    }
}

fn record(id: &str, value: Value) -> Record {
    // The key has the format of a table row's key, so that the checksums of both agree.
    Record { key: json!([id]).to_string(), value }
}

fn text<'v>(value: &'v Value, name: &str) -> Result<&'v str, StoreError> {
    value[name].as_str().ok_or_else(|| missing(name))
}

fn number(value: &Value, name: &str) -> Result<i64, StoreError> {
    value[name].as_i64().ok_or_else(|| missing(name))
}

fn missing(name: &str) -> StoreError {
    StoreError::Fault(format!("the record of an event has no {name}"))
}
