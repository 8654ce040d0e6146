//! A service's database with an outbox, an inbox and a table of effects: in SQLite and in MySQL.

use async_trait::async_trait;
use chassis::StoreError;
use chassis::{mysql, sqlite};
use events::inbox::{mysql::MysqlInbox, sqlite::SqliteInbox};
use events::outbox::{mysql::MysqlOutbox, sqlite::SqliteOutbox};
use events::{Event, Inbox, Outbox};
use std::sync::Arc;
use tempfile::TempDir;

/// What the suites need of a database.
#[async_trait]
pub trait Books: Send + Sync + 'static {
    fn inbox(&self) -> Arc<dyn Inbox>;
    fn outbox(&self) -> Arc<dyn Outbox>;
    /// Adds events in one unit of work, which is committed or not.
    async fn add(&self, events: &[Event], commit: bool);
    /// How many rows the outbox has.
    async fn told(&self) -> i64;
    /// Carries out the effect of an event, once.
    async fn effect(&self, event: &Event) -> Result<(), StoreError>;
    /// How many effects there were.
    async fn effects(&self) -> i64;
}

/// In an SQLite file.
pub struct SqliteBooks {
    database: sqlite::Database,
    outbox: SqliteOutbox,
    _folder: TempDir,
}

impl SqliteBooks {
    pub async fn open() -> Arc<dyn Books> {
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
impl Books for SqliteBooks {
    fn inbox(&self) -> Arc<dyn Inbox> {
        Arc::new(SqliteInbox::new(self.database.clone()))
    }
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
    async fn told(&self) -> i64 {
        self.count("outbox").await
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

/// In a MySQL database.
pub struct MysqlBooks {
    database: mysql::Database,
    outbox: MysqlOutbox,
}

impl MysqlBooks {
    pub async fn open() -> Arc<dyn Books> {
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
impl Books for MysqlBooks {
    fn inbox(&self) -> Arc<dyn Inbox> {
        Arc::new(MysqlInbox::new(self.database.clone()))
    }
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
    async fn told(&self) -> i64 {
        sqlx::query_scalar(counting("outbox")).fetch_one(self.database.pool()).await.unwrap()
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

/// Runs the functions of a suite on every kind of database.
#[macro_export]
macro_rules! on_all_books {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test]
            async fn $name() {
                super::$name($crate::books::SqliteBooks::open().await).await;
            })*
        }
        mod mysql {
            $(#[tokio::test]
            #[ignore = "needs the servers of make services"]
            async fn $name() {
                super::$name($crate::books::MysqlBooks::open().await).await;
            })*
        }
    };
}
