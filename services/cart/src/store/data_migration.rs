//! The carts and the inbox as records for a data migration. Redis has no tables, so this module reads and writes its keys.

use super::redis::keys::{document_key, owner_key, ttl};
use crate::cart::Cart;
use ::redis::{AsyncCommands, Pipeline};
use async_trait::async_trait;
use chassis::StoreError;
use chassis::data_migration::Column::{Integer, Text};
use chassis::data_migration::{Exporter, Importer, Page, Record, Table};
use chassis::redis::Database;
use events::inbox::redis::RedisInbox;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

const CARTS: &str = "carts";
const INBOX: &str = "inbox";
/// The number of keys that one step of a scan examines.
const SCAN_COUNT: usize = 1000;

/// The tables of an SQLite file that are migrated. Of an event that is done only its id and state are, because the inbox
/// in Redis stores nothing else of it.
pub const TABLES: &[Table] = &[
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

/// The carts and the inbox in Redis as records.
#[derive(Clone)]
pub struct RedisDataMigration {
    database: Database,
    /// The sorted owners of all carts, read with the first page: a scan has no order that later pages could rely on.
    owners: Arc<Mutex<Vec<String>>>,
}

impl RedisDataMigration {
    pub(super) fn new(database: Database) -> Self {
        Self { database, owners: Arc::default() }
    }

    async fn list_owners(&self) -> Result<Vec<String>, StoreError> {
        let prefix = document_key(&self.database, "");
        // A `?` matches any character, so the prefix is compared again below.
        let pattern = prefix.replace(['\\', '*', '?', '['], "?") + "*";
        let mut connection = self.database.connection();
        // A set, because a scan may return a key twice.
        let (mut owners, mut cursor) = (BTreeSet::new(), 0_u64);
        loop {
            let mut command = ::redis::cmd("SCAN");
            command.arg(cursor).arg("MATCH").arg(&pattern).arg("COUNT").arg(SCAN_COUNT);
            let (next, keys): (u64, Vec<String>) = command.query_async(&mut connection).await?;
            owners.extend(keys.iter().filter_map(|key| key.strip_prefix(&prefix)).map(str::to_owned));
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
        let start: usize = from.and_then(|index| index.parse().ok()).unwrap_or_default();
        let (owners, has_more) = {
            let all = self.owners.lock().unwrap_or_else(PoisonError::into_inner);
            let end = all.len().min(start + limit);
            (all[start.min(end)..end].to_vec(), end < all.len())
        };
        let mut records = Vec::with_capacity(owners.len());
        // `MGET` without keys is an error.
        if !owners.is_empty() {
            let keys: Vec<String> = owners.iter().map(|owner| document_key(&self.database, owner)).collect();
            let documents: Vec<Option<String>> = self.database.connection().mget(keys).await?;
            for (owner, document) in owners.into_iter().zip(documents) {
                // A cart may have expired since it was listed.
                if let Some(document) = document {
                    // The key has the form of a table row's key, so that checksums of both agree.
                    let key = json!([owner]).to_string();
                    records.push(Record { key, value: json!({ "owner": owner, "document": document }) });
                }
            }
        }
        Ok(Page { records, next: has_more.then(|| (start + limit).to_string()) })
    }

    fn import_cart(&self, pipeline: &mut Pipeline, value: &Value) -> Result<(), StoreError> {
        let (owner, document) = (text(value, "owner")?, text(value, "document")?);
        let cart: Cart = serde_json::from_str(document)?;
        // The exported records have no time of the last change, so each cart gets its full time to live.
        let ttl = ttl(owner);
        pipeline.set_ex(document_key(&self.database, owner), document, ttl).ignore();
        for id in cart.cart_ids() {
            pipeline.set_ex(owner_key(&self.database, id), owner, ttl).ignore();
        }
        Ok(())
    }
}

#[async_trait]
impl Exporter for RedisDataMigration {
    fn kinds(&self) -> Vec<&'static str> {
        vec![CARTS, INBOX]
    }

    async fn page(&self, kind: &str, from: Option<&str>, limit: usize) -> Result<Page, StoreError> {
        match kind {
            CARTS => self.carts(from, limit).await,
            INBOX => {
                let records = RedisInbox::new(self.database.clone()).records().await?;
                Ok(Page { records, next: None })
            }
            other => Err(unknown_kind(other)),
        }
    }
}

#[async_trait]
impl Importer for RedisDataMigration {
    async fn receive(&self, kind: &str, records: &[Record]) -> Result<(), StoreError> {
        let inbox = RedisInbox::new(self.database.clone());
        let mut pipeline = ::redis::pipe();
        // The transaction keeps a cart from being imported without the keys that lead from its ids to it.
        pipeline.atomic();
        for record in records {
            match kind {
                CARTS => self.import_cart(&mut pipeline, &record.value)?,
                INBOX => inbox.import(&mut pipeline, &record.value)?,
                other => return Err(unknown_kind(other)),
            }
        }
        Ok(pipeline.query_async(&mut self.database.connection()).await?)
    }
}

fn unknown_kind(kind: &str) -> StoreError {
    StoreError::Fault(format!("the cart store has no records of the kind {kind}"))
}

fn text<'v>(value: &'v Value, name: &str) -> Result<&'v str, StoreError> {
    value[name].as_str().ok_or_else(|| StoreError::Fault(format!("the record of a cart has no {name}")))
}
