//! The embedded broker: queues in an SQLite file.
//!
//! A row is an event in a queue, and its acknowledgement deletes it. The set of delivered rows exists only in memory,
//! so after a crash all of them are delivered again.

mod dead_letters;

use super::{AckToken, Broker, BrokerError, Delivery, Subscription};
use crate::Event;
use async_trait::async_trait;
use chassis::StoreError;
use chassis::health::{Check, CheckError};
use chassis::sqlite::{Database, Durability, Migration};
use contracts::events::Consumer;
use sqlx::Row;
use std::collections::{HashMap, HashSet, VecDeque};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;

// With AUTOINCREMENT, SQLite never reuses an id, which may still be the key of an undecodable message.
const MIGRATIONS: &[Migration] = &[Migration {
    version: 1,
    name: "queues and what could not be decoded",
    sql: "CREATE TABLE messages (
              id INTEGER PRIMARY KEY AUTOINCREMENT,
              queue TEXT NOT NULL,
              body TEXT NOT NULL
          );
          CREATE INDEX messages_by_queue ON messages (queue, id);
          CREATE TABLE undecodable (id INTEGER PRIMARY KEY, queue TEXT NOT NULL, body TEXT NOT NULL, reason TEXT NOT NULL);",
}];

const PREFETCH: i64 = 32;
/// The time after which a queue is read without a notification: a command of another process may have replayed an event.
const POLL_INTERVAL: Duration = Duration::from_secs(30);

/// A broker that runs within the process.
#[derive(Clone)]
pub struct EmbeddedBroker {
    database: Database,
    queues: Arc<HashMap<&'static str, Arc<Queue>>>,
    topology: &'static [Consumer],
}

#[derive(Default)]
struct Queue {
    arrived: Notify,
    handed_out: Mutex<HashSet<i64>>,
}

impl EmbeddedBroker {
    /// The schema migrations of the broker, in order.
    pub const MIGRATIONS: &'static [Migration] = MIGRATIONS;

    /// Opens the broker's file with the given consumers.
    ///
    /// # Errors
    /// When the file cannot be opened.
    pub async fn open(path: &Path, topology: &'static [Consumer]) -> Result<Self, StoreError> {
        let database = Database::open(path, Durability::PowerLoss, MIGRATIONS).await?;
        let queues = topology.iter().map(|consumer| (consumer.queue, Arc::default())).collect();
        Ok(Self { database, queues: Arc::new(queues), topology })
    }

    /// Returns the database file, for health checks.
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// Returns the events that some consumer has not acknowledged, each once, in the order of arrival.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn unacknowledged(&self) -> Result<Vec<Event>, StoreError> {
        let bodies: Vec<String> = sqlx::query_scalar("SELECT body FROM messages GROUP BY body ORDER BY min(id)")
            .fetch_all(&mut *self.database.read().await?)
            .await?;
        bodies.iter().map(|body| Ok(serde_json::from_str(body)?)).collect()
    }

    async fn insert(&self, events: &[Event]) -> Result<HashSet<&'static str>, StoreError> {
        let mut touched = HashSet::new();
        let mut transaction = self.database.begin().await?;
        for event in events {
            let body = serde_json::to_string(event)?;
            // There is one row per bound queue, as each consumer acknowledges its own copy.
            for consumer in self.topology.iter().filter(|consumer| consumer.types.contains(&event.kind.as_str())) {
                sqlx::query("INSERT INTO messages (queue, body) VALUES (?, ?)")
                    .bind(consumer.queue)
                    .bind(&body)
                    .execute(&mut *transaction)
                    .await?;
                touched.insert(consumer.queue);
            }
        }
        // All events of a batch become visible together; the relay marks them only after this.
        transaction.commit().await?;
        Ok(touched)
    }
}

fn unavailable(error: impl std::fmt::Display) -> BrokerError {
    BrokerError(error.to_string())
}

#[async_trait]
impl Check for EmbeddedBroker {
    async fn check(&self) -> Result<(), CheckError> {
        self.database.check().await
    }
}

#[async_trait]
impl Broker for EmbeddedBroker {
    fn system_name(&self) -> &'static str {
        "shopstack"
    }

    async fn publish(&self, events: &[Event]) -> Result<(), BrokerError> {
        let touched = self.insert(events).await.map_err(unavailable)?;
        for queue in touched.iter().filter_map(|name| self.queues.get(name)) {
            queue.arrived.notify_waiters();
        }
        Ok(())
    }

    async fn pending(&self) -> Result<u64, BrokerError> {
        let mut reader = self.database.read().await.map_err(unavailable)?;
        let count: i64 =
            sqlx::query_scalar("SELECT count(*) FROM messages").fetch_one(&mut *reader).await.map_err(unavailable)?;
        Ok(count.unsigned_abs())
    }

    async fn dead_letter_count(&self) -> Result<u64, BrokerError> {
        let mut reader = self.database.read().await.map_err(unavailable)?;
        let count: i64 = sqlx::query_scalar("SELECT count(*) FROM undecodable")
            .fetch_one(&mut *reader)
            .await
            .map_err(unavailable)?;
        Ok(count.unsigned_abs())
    }

    async fn subscribe(&self, queue: &'static str) -> Result<Box<dyn Subscription>, BrokerError> {
        let state = self.queues.get(queue).ok_or_else(|| BrokerError(format!("the topology has no queue {queue}")))?;
        Ok(Box::new(EmbeddedSubscription {
            database: self.database.clone(),
            queue,
            state: Arc::clone(state),
            fetched: VecDeque::new(),
        }))
    }
}

struct EmbeddedSubscription {
    database: Database,
    queue: &'static str,
    state: Arc<Queue>,
    fetched: VecDeque<Delivery>,
}

impl EmbeddedSubscription {
    /// Fetches the oldest rows that no other subscription holds.
    async fn fetch(&mut self) -> Result<(), StoreError> {
        // The query itself excludes these ids. Otherwise, delivered rows could fill the limit and hide all others.
        let taken = {
            let handed_out = self.state.handed_out.lock().unwrap_or_else(PoisonError::into_inner);
            serde_json::to_string(&*handed_out)?
        };
        let rows = sqlx::query(
            "SELECT id, body FROM messages WHERE queue = ? AND id NOT IN (SELECT value FROM json_each(?)) ORDER BY id LIMIT ?",
        )
        .bind(self.queue)
        .bind(taken)
        .bind(PREFETCH)
        .fetch_all(&mut *self.database.read().await?)
        .await?;
        for row in rows {
            let (id, body): (i64, String) = (row.get(0), row.get(1));
            // Another subscription of this process may have taken the row between the two locks.
            if !self.state.handed_out.lock().unwrap_or_else(PoisonError::into_inner).insert(id) {
                continue;
            }
            let ack_token = EmbeddedAckToken {
                database: self.database.clone(),
                state: Arc::clone(&self.state),
                id,
                settled: false,
            };
            match serde_json::from_str(&body) {
                Ok(event) => self.fetched.push_back(Delivery::new(event, Box::new(ack_token))),
                Err(error) => self.set_aside(id, &body, &error.to_string()).await?,
            }
        }
        Ok(())
    }

    async fn set_aside(&self, id: i64, body: &str, reason: &str) -> Result<(), StoreError> {
        tracing::error!(queue = self.queue, error = reason, "cannot decode an event; moved to the undecodable table");
        let mut transaction = self.database.begin().await?;
        sqlx::query("INSERT INTO undecodable (id, queue, body, reason) VALUES (?, ?, ?, ?)")
            .bind(id)
            .bind(self.queue)
            .bind(body)
            .bind(reason)
            .execute(&mut *transaction)
            .await?;
        sqlx::query("DELETE FROM messages WHERE id = ?").bind(id).execute(&mut *transaction).await?;
        transaction.commit().await
    }
}

#[async_trait]
impl Subscription for EmbeddedSubscription {
    async fn next(&mut self) -> Result<Delivery, BrokerError> {
        loop {
            if let Some(delivery) = self.fetched.pop_front() {
                return Ok(delivery);
            }
            let state = Arc::clone(&self.state);
            let arrived = state.arrived.notified();
            tokio::pin!(arrived);
            // The notification is enabled before the query, so that an event that arrives in between is not missed.
            arrived.as_mut().enable();
            self.fetch().await.map_err(unavailable)?;
            if self.fetched.is_empty() {
                // Only another process adds without a notification, so the timeout itself needs no handling.
                let _ = tokio::time::timeout(POLL_INTERVAL, arrived).await;
            }
        }
    }
}

struct EmbeddedAckToken {
    database: Database,
    state: Arc<Queue>,
    id: i64,
    settled: bool,
}

#[async_trait]
impl AckToken for EmbeddedAckToken {
    async fn acknowledge(mut self: Box<Self>) -> Result<(), BrokerError> {
        let mut writer = self.database.write().await.map_err(unavailable)?;
        sqlx::query("DELETE FROM messages WHERE id = ?")
            .bind(self.id)
            .execute(&mut *writer)
            .await
            .map_err(unavailable)?;
        self.settled = true;
        Ok(())
    }
}

impl Drop for EmbeddedAckToken {
    fn drop(&mut self) {
        self.state.handed_out.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.id);
        if !self.settled {
            self.state.arrived.notify_waiters();
        }
    }
}
