//! What of cart moves with a shop: carts, and which events have taken effect. Redis has no tables, so both are records of
//! this module's own.

use super::redis::lifetime;
use super::redis_inbox::RedisInbox;
use crate::cart::Cart;
use ::redis::{AsyncCommands, Pipeline};
use async_trait::async_trait;
use chassis::StoreError;
use chassis::redis::Database;
use chassis::data_migration::Column::{Integer, Text};
use chassis::data_migration::{Exporter, Page, Importer, Record, Table};
use contracts::EventId;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

const CARTS: &str = "carts";
const INBOX: &str = "inbox";

/// What an SQLite file has of it. Of an event that is done nothing is kept but that.
pub const MOVED: &[Table] = &[
    Table { name: CARTS, only: None, from: None, key: &["owner"], columns: &[("owner", Text), ("document", Text)] },
    Table {
        name: INBOX,
        only: None,
        from: Some(
            "(SELECT event_id, CASE WHEN state = 'discarded' THEN 'done' ELSE state END AS state, next_at,
                 CASE WHEN state IN ('retrying', 'dead') THEN body END AS body,
                 CASE WHEN state IN ('retrying', 'dead') THEN tries END AS tries,
                 CASE WHEN state IN ('retrying', 'dead') THEN reason END AS reason,
                 CASE WHEN state IN ('retrying', 'dead') THEN received_at END AS received_at
             FROM inbox)",
        ),
        key: &["event_id"],
        columns: &[
            ("event_id", Text),
            ("state", Text),
            ("body", Text),
            ("tries", Integer),
            ("reason", Text),
            ("next_at", Integer),
            ("received_at", Integer),
        ],
    },
];

/// Carts and inbox in Redis.
#[derive(Clone)]
pub struct RedisContents {
    database: Database,
    /// The owners, in order: asked for once, with the first page.
    owners: Arc<Mutex<Vec<String>>>,
}

impl RedisContents {
    pub(super) fn new(database: Database) -> Self {
        Self { database, owners: Arc::default() }
    }

    fn document(&self, owner: &str) -> String {
        self.database.key(&format!("document:{owner}"))
    }

    async fn list_owners(&self) -> Result<Vec<String>, StoreError> {
        let beginning = self.document("");
        let pattern = beginning.replace(['\\', '*', '?', '['], "?") + "*";
        let mut connection = self.database.connection();
        // A scan may give a key twice.
        let (mut owners, mut cursor) = (BTreeSet::new(), 0_u64);
        loop {
            let mut command = ::redis::cmd("SCAN");
            command.arg(cursor).arg("MATCH").arg(&pattern).arg("COUNT").arg(1000);
            let (next, keys): (u64, Vec<String>) = command.query_async(&mut connection).await?;
            owners.extend(keys.iter().filter_map(|key| key.strip_prefix(&beginning)).map(str::to_owned));
            cursor = next;
            if cursor == 0 {
                return Ok(owners.into_iter().collect());
            }
        }
    }

    async fn carts(&self, from: Option<&str>, limit: usize) -> Result<Page, StoreError> {
        if from.is_none() {
            let owners = self.list_owners().await?;
            *self.owners.lock().unwrap_or_else(PoisonError::into_inner) = owners;
        }
        let begin: usize = from.and_then(|place| place.parse().ok()).unwrap_or_default();
        let (owners, more) = {
            let all = self.owners.lock().unwrap_or_else(PoisonError::into_inner);
            let end = all.len().min(begin + limit);
            (all[begin.min(end)..end].to_vec(), end < all.len())
        };
        let mut records = Vec::with_capacity(owners.len());
        if !owners.is_empty() {
            let keys: Vec<String> = owners.iter().map(|owner| self.document(owner)).collect();
            let documents: Vec<Option<String>> = self.database.connection().mget(keys).await?;
            for (owner, document) in owners.into_iter().zip(documents) {
                // One that has ended since it was listed is no longer there.
                if let Some(document) = document {
                    records.push(record(&owner, json!({ "owner": owner, "document": document })));
                }
            }
        }
        Ok(Page { records, next: more.then(|| (begin + limit).to_string()) })
    }

    async fn inbox(&self) -> Result<Page, StoreError> {
        let [done, due, dead, failures] = RedisInbox::new(self.database.clone()).keys();
        let mut connection = self.database.connection();
        let mut records = Vec::new();
        let ids: Vec<String> = connection.zrange(done, 0, -1).await?;
        records.extend(ids.iter().map(|id| {
            let nothing = Value::Null;
            let value = json!({ "event_id": id, "state": "done", "body": nothing, "tries": nothing, "reason": nothing,
                "next_at": nothing, "received_at": nothing });
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
        Ok(Page { records, next: None })
    }
}

/// The key of a record is written as that of a table's row is.
fn record(id: &str, value: Value) -> Record {
    Record { key: json!([id]).to_string(), value }
}

#[async_trait]
impl Exporter for RedisContents {
    fn kinds(&self) -> Vec<&'static str> {
        vec![CARTS, INBOX]
    }

    async fn page(&self, kind: &str, from: Option<&str>, limit: usize) -> Result<Page, StoreError> {
        match kind {
            CARTS => self.carts(from, limit).await,
            INBOX => self.inbox().await,
            other => Err(StoreError::Fault(format!("there are no {other} to copy"))),
        }
    }
}

#[async_trait]
impl Importer for RedisContents {
    async fn receive(&self, kind: &str, records: &[Record]) -> Result<(), StoreError> {
        let mut pipeline = ::redis::pipe();
        pipeline.atomic();
        for record in records {
            match kind {
                CARTS => self.take_cart(&mut pipeline, &record.value)?,
                INBOX => self.take_event(&mut pipeline, &record.value)?,
                other => return Err(StoreError::Fault(format!("{other} are not kept here"))),
            }
        }
        Ok(pipeline.query_async(&mut self.database.connection()).await?)
    }
}

impl RedisContents {
    fn take_cart(&self, pipeline: &mut Pipeline, value: &Value) -> Result<(), StoreError> {
        let (owner, document) = (text(value, "owner")?, text(value, "document")?);
        let cart: Cart = serde_json::from_str(document)?;
        let lifetime = lifetime(owner);
        pipeline.set_ex(self.document(owner), document, lifetime).ignore();
        for id in cart.generations() {
            pipeline.set_ex(self.database.key(&format!("owner:{id}")), owner, lifetime).ignore();
        }
        Ok(())
    }

    fn take_event(&self, pipeline: &mut Pipeline, value: &Value) -> Result<(), StoreError> {
        let id: EventId = chassis::redis::parse(text(value, "event_id")?)?;
        let [done, due, dead, failures] = RedisInbox::new(self.database.clone()).keys();
        let [id, told, remembered] = RedisInbox::accepting(id);
        let (set, score) = match text(value, "state")? {
            "done" => {
                pipeline.zadd(&done, &id, told).ignore();
                pipeline.cmd("EXPIRE").arg(&done).arg(remembered).ignore();
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

fn text<'v>(value: &'v Value, name: &str) -> Result<&'v str, StoreError> {
    value[name].as_str().ok_or_else(|| StoreError::Fault(format!("a record has no {name}")))
}

fn number(value: &Value, name: &str) -> Result<i64, StoreError> {
    value[name].as_i64().ok_or_else(|| StoreError::Fault(format!("a record has no {name}")))
}
