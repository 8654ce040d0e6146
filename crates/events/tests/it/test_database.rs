//! The databases under test: SQLite and MySQL with an outbox, an inbox and a table of effects; MongoDB with an outbox;
//! Redis with an inbox and a counter of effects.

use async_trait::async_trait;
use chassis::StoreError;
use chassis::{mongo, mysql, redis, sqlite};
use events::inbox::redis::{ACCEPT_FUNCTIONS, RedisInbox};
use events::inbox::{mysql::MysqlInbox, sqlite::SqliteInbox};
use events::outbox::{mongo::MongoOutbox, mysql::MysqlOutbox, sqlite::SqliteOutbox};
use events::{Event, Inbox, Outbox};
use mongodb::bson::{Document, doc};
use std::sync::Arc;
use tempfile::TempDir;

/// A database under the outbox conformance suite.
#[async_trait]
pub trait Producer: Send + Sync + 'static {
    fn outbox(&self) -> Arc<dyn Outbox>;
    /// Adds events in one transaction, which is rolled back unless `commit` is true.
    async fn add(&self, events: &[Event], commit: bool);
    /// Returns the number of events in the outbox.
    async fn outbox_len(&self) -> i64;
}

/// A database under the inbox conformance suite.
#[async_trait]
pub trait TestDatabase: Send + Sync + 'static {
    fn inbox(&self) -> Arc<dyn Inbox>;
    /// Records the effect of an event, unless it took effect before.
    async fn effect(&self, event: &Event) -> Result<(), StoreError>;
    /// Returns the number of effects so far.
    async fn effects(&self) -> i64;
}

/// A test database in an SQLite file.
pub struct SqliteTestDatabase {
    database: sqlite::Database,
    outbox: SqliteOutbox,
    _folder: TempDir,
}

impl SqliteTestDatabase {
    pub async fn open() -> Arc<Self> {
        let folder = tempfile::tempdir().unwrap();
        let migrations = [
            sqlite::Migration { version: 1, name: "outbox", sql: events::outbox::sqlite::SCHEMA },
            sqlite::Migration { version: 2, name: "inbox", sql: events::inbox::sqlite::SCHEMA },
            sqlite::Migration { version: 3, name: "effects", sql: "CREATE TABLE effects (event_id TEXT NOT NULL);" },
        ];
        let file = folder.path().join("service.db");
        let database = sqlite::Database::open(&file, sqlite::Durability::PowerLoss, &migrations).await.unwrap();
        Arc::new(Self { outbox: SqliteOutbox::new(database.clone()), database, _folder: folder })
    }

    async fn count(&self, table: &'static str) -> i64 {
        let mut reader = self.database.read().await.unwrap();
        sqlx::query_scalar(counting(table)).fetch_one(&mut *reader).await.unwrap()
    }
}

fn counting(table: &str) -> &'static str {
    if table == "outbox" { "SELECT count(*) FROM outbox" } else { "SELECT count(*) FROM effects" }
}

const EFFECT: &str = "INSERT INTO effects (event_id) VALUES (?)";

#[async_trait]
impl Producer for SqliteTestDatabase {
    fn outbox(&self) -> Arc<dyn Outbox> {
        Arc::new(self.outbox.clone())
    }
    async fn add(&self, events: &[Event], commit: bool) {
        let mut work = self.database.begin().await.unwrap();
        for event in events {
            self.outbox.add(&mut work, event).await.unwrap();
        }
        if commit {
            work.commit().await.unwrap();
        }
    }
    async fn outbox_len(&self) -> i64 {
        self.count("outbox").await
    }
}

#[async_trait]
impl TestDatabase for SqliteTestDatabase {
    fn inbox(&self) -> Arc<dyn Inbox> {
        Arc::new(SqliteInbox::new(self.database.clone()))
    }
    async fn effect(&self, event: &Event) -> Result<(), StoreError> {
        let mut work = self.database.begin().await?;
        if SqliteInbox::accept(&mut work, event).await? {
            sqlx::query(EFFECT).bind(event.id.to_string()).execute(&mut *work).await?;
        }
        work.commit().await
    }
    async fn effects(&self) -> i64 {
        self.count("effects").await
    }
}

/// A test database on a MySQL server.
pub struct MysqlTestDatabase {
    database: mysql::Database,
    outbox: MysqlOutbox,
}

impl MysqlTestDatabase {
    pub async fn open() -> Arc<Self> {
        let migrations = [
            mysql::Migration { version: 1, name: "outbox", sql: events::outbox::mysql::SCHEMA },
            mysql::Migration { version: 2, name: "inbox", sql: events::inbox::mysql::SCHEMA },
            mysql::Migration {
                version: 3,
                name: "effects",
                sql: "CREATE TABLE IF NOT EXISTS effects (event_id CHAR(36) NOT NULL)",
            },
        ];
        let database = mysql::Database::open(&testkit::servers::mysql(), "events", &migrations).await.unwrap();
        Arc::new(Self { outbox: MysqlOutbox::new(database.clone()), database })
    }
}

#[async_trait]
impl Producer for MysqlTestDatabase {
    fn outbox(&self) -> Arc<dyn Outbox> {
        Arc::new(self.outbox.clone())
    }
    async fn add(&self, events: &[Event], commit: bool) {
        let mut work = self.database.begin().await.unwrap();
        for event in events {
            self.outbox.add(&mut work, event).await.unwrap();
        }
        if commit {
            work.commit().await.unwrap();
        }
    }
    async fn outbox_len(&self) -> i64 {
        sqlx::query_scalar(counting("outbox")).fetch_one(self.database.pool()).await.unwrap()
    }
}

#[async_trait]
impl TestDatabase for MysqlTestDatabase {
    fn inbox(&self) -> Arc<dyn Inbox> {
        Arc::new(MysqlInbox::new(self.database.clone()))
    }
    async fn effect(&self, event: &Event) -> Result<(), StoreError> {
        let mut work = self.database.begin().await?;
        if MysqlInbox::accept(&mut work, event).await? {
            sqlx::query(EFFECT).bind(event.id.to_string()).execute(&mut *work).await?;
        }
        Ok(work.commit().await?)
    }
    async fn effects(&self) -> i64 {
        sqlx::query_scalar(counting("effects")).fetch_one(self.database.pool()).await.unwrap()
    }
}

/// A test database in Redis.
pub struct RedisTestDatabase(redis::Database);

impl RedisTestDatabase {
    pub async fn open() -> Arc<Self> {
        Arc::new(Self(redis::Database::open(&testkit::servers::redis(), "events").await.unwrap()))
    }

    fn counter(&self) -> String {
        self.0.key("effects")
    }
}

#[async_trait]
impl TestDatabase for RedisTestDatabase {
    fn inbox(&self) -> Arc<dyn Inbox> {
        Arc::new(RedisInbox::new(self.0.clone()))
    }
    async fn effect(&self, event: &Event) -> Result<(), StoreError> {
        let script = ::redis::Script::new(&format!(
            "{ACCEPT_FUNCTIONS}
            if is_done() then return end
            accept()
            redis.call('INCR', KEYS[5])"
        ));
        let keys = [RedisInbox::new(self.0.clone()).keys().to_vec(), vec![self.counter()]].concat();
        let arguments = RedisInbox::accept_arguments(event.id);
        self.0.run(&script, &keys, &arguments.each_ref().map(|argument| argument.as_bytes())).await
    }
    async fn effects(&self) -> i64 {
        let command = ::redis::cmd("GET").arg(self.counter()).query_async(&mut self.0.connection()).await;
        command.map(Option::unwrap_or_default).unwrap()
    }
}

/// A test database on a MongoDB server.
pub struct MongoTestDatabase {
    pub database: mongo::Database,
    pub outbox: MongoOutbox,
}

impl MongoTestDatabase {
    pub async fn open() -> Arc<Self> {
        let database = mongo::Database::open(&testkit::servers::mongo(), "events").await.unwrap();
        Arc::new(Self { outbox: MongoOutbox::open(database.clone()).await.unwrap(), database })
    }
}

#[async_trait]
impl Producer for MongoTestDatabase {
    fn outbox(&self) -> Arc<dyn Outbox> {
        Arc::new(self.outbox.clone())
    }
    async fn add(&self, events: &[Event], commit: bool) {
        let mut session = self.database.begin().await.unwrap();
        for event in events {
            self.outbox.add(&mut session, event).await.unwrap();
        }
        if commit {
            mongo::commit(session).await.unwrap();
        }
    }
    async fn outbox_len(&self) -> i64 {
        let all = self.database.collection::<Document>("outbox").count_documents(doc! {}).await.unwrap();
        i64::try_from(all).unwrap()
    }
}

/// Runs the tests of a suite on both SQL databases, which have an outbox and an inbox.
#[macro_export]
macro_rules! on_sql_databases {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test]
            async fn $name() {
                super::$name($crate::test_database::SqliteTestDatabase::open().await).await;
            })*
        }
        mod mysql {
            $(#[tokio::test]
            #[ignore = "needs the servers of make services"]
            async fn $name() {
                super::$name($crate::test_database::MysqlTestDatabase::open().await).await;
            })*
        }
    };
}

/// Runs the tests of the outbox suite on every kind of database with an outbox.
#[macro_export]
macro_rules! on_all_outboxes {
    ($($name:ident),* $(,)?) => {
        $crate::on_sql_databases!($($name),*);
        mod mongo {
            $(#[tokio::test]
            #[ignore = "needs the servers of make services"]
            async fn $name() {
                super::$name($crate::test_database::MongoTestDatabase::open().await).await;
            })*
        }
    };
}

/// Runs the tests of the inbox suite on every kind of database with an inbox.
#[macro_export]
macro_rules! on_all_inboxes {
    ($($name:ident),* $(,)?) => {
        $crate::on_sql_databases!($($name),*);
        mod redis {
            $(#[tokio::test]
            #[ignore = "needs the servers of make services"]
            async fn $name() {
                super::$name($crate::test_database::RedisTestDatabase::open().await).await;
            })*
        }
    };
}
