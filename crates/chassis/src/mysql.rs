//! Production storage on MySQL 8.0 and later, and on MariaDB 10.11 and later: one database per service.
//!
//! Time is stored as microseconds since 1970 (`BIGINT`), money as minor units and currency, documents as text.

pub(crate) mod login;
mod traced;

pub use crate::codec::{micros, moment, parse};
use crate::config::{Environment, UnknownValue, Variable};
use crate::health::{Check, CheckError, Connections};
pub use crate::migration::Migration;
use crate::migration::Step;
use crate::store::StoreError;
use async_trait::async_trait;
use sqlx::error::DatabaseError;
use sqlx::mysql::{
    MySqlConnectOptions, MySqlConnection, MySqlDatabaseError, MySqlPool, MySqlPoolOptions, MySqlSslMode,
};
use sqlx::pool::PoolConnection;
use sqlx::{Connection, Executor, MySql, Row};
use std::path::PathBuf;
use std::time::Duration;
use telemetry::database::{DatabaseName, Operation};
pub use traced::{Pooled, Write};

const DB_HOST: Variable = Variable { name: "DB_HOST", default: "mysql", help: "host of MySQL or MariaDB" };
const DB_PORT: Variable = Variable { name: "DB_PORT", default: "3306", help: "port of MySQL or MariaDB" };
const DB_USER: Variable = Variable { name: "DB_USER", default: "shopstack", help: "user of MySQL or MariaDB" };
const DB_PASSWORD: Variable = Variable { name: "DB_PASSWORD", default: "", help: "password of that user" };
const DB_PREFIX: Variable = Variable {
    name: "DB_PREFIX",
    default: "shopstack_",
    help: "beginning of the databases' names; payment's is shopstack_payment",
};
const DB_TLS: Variable = Variable {
    name: "DB_TLS",
    default: "verify",
    help: "verify (encrypted, the server's certificate is checked), encrypt (encrypted only) or off",
};
const DB_CA: Variable = Variable {
    name: "DB_CA",
    default: "",
    help: "file with the authority that signed the server's certificate; without it the public ones are trusted",
};
const DB_CONNECTIONS: Variable =
    Variable { name: "DB_CONNECTIONS", default: "10", help: "connections to MySQL that one service holds at most" };

/// The environment variables of MySQL.
pub const VARIABLES: &[Variable] = &[DB_HOST, DB_PORT, DB_USER, DB_PASSWORD, DB_PREFIX, DB_TLS, DB_CA, DB_CONNECTIONS];

/// The collation of all texts, which every `CREATE TABLE` names: MariaDB 11.8 otherwise takes another one than MySQL and
/// earlier versions, even in a database that was made with this one, and then refuses to compare texts of two tables. It
/// compares characters by their codes, as keys, SKUs and tokens need it, and all supported servers have it.
pub const COLLATION: &str = "utf8mb4_bin";
/// The time to wait for a free connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
/// The time to wait for another process that migrates the same database, in seconds.
const MIGRATION_LOCK_TIMEOUT: i64 = 300;

/// The encryption of connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tls {
    Verify,
    Encrypt,
    Off,
}

impl std::str::FromStr for Tls {
    type Err = UnknownValue;

    fn from_str(text: &str) -> Result<Self, UnknownValue> {
        match text {
            "verify" => Ok(Self::Verify),
            "encrypt" => Ok(Self::Encrypt),
            "off" => Ok(Self::Off),
            other => Err(UnknownValue::new(other, "verify, encrypt or off")),
        }
    }
}

/// The connection settings of MySQL.
#[derive(Debug, Clone)]
pub struct ConnectionSettings {
    host: String,
    port: u16,
    user: String,
    password: String,
    prefix: String,
    tls: Tls,
    authority: Option<PathBuf>,
    connections: u32,
}

impl ConnectionSettings {
    /// Reads the settings. `None` means that a variable is missing or invalid; `environment` records the values that do
    /// not parse.
    pub fn read(environment: &mut Environment) -> Option<Self> {
        Some(Self {
            host: environment.text(&DB_HOST)?,
            port: environment.parse(&DB_PORT)?,
            user: environment.text(&DB_USER)?,
            password: environment.text(&DB_PASSWORD).unwrap_or_default(),
            prefix: environment.text(&DB_PREFIX)?,
            tls: environment.parse(&DB_TLS)?,
            authority: environment.text(&DB_CA).map(PathBuf::from),
            connections: environment.parse(&DB_CONNECTIONS)?,
        })
    }

    /// Replaces the prefix of the database names, for tests that share a server.
    #[must_use]
    pub fn with_prefix(self, prefix: &str) -> Self {
        Self { prefix: prefix.to_owned(), ..self }
    }

    /// Returns the maximum number of connections of one service.
    pub(crate) fn connections(&self) -> i64 {
        i64::from(self.connections)
    }

    /// Returns true if the server's certificate is verified.
    pub(crate) fn verifies(&self) -> bool {
        self.tls == Tls::Verify
    }

    /// Returns true if connections are encrypted.
    pub(crate) fn encrypts(&self) -> bool {
        self.tls != Tls::Off
    }

    /// Returns the beginning of the names of the databases.
    pub(crate) fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Returns the host of the server.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    pub(crate) fn options(&self) -> MySqlConnectOptions {
        let mode = match self.tls {
            Tls::Verify => MySqlSslMode::VerifyIdentity,
            Tls::Encrypt => MySqlSslMode::Required,
            Tls::Off => MySqlSslMode::Disabled,
        };
        let options = MySqlConnectOptions::new()
            .host(&self.host)
            .port(self.port)
            .username(&self.user)
            .password(&self.password)
            .ssl_mode(mode)
            // MySQL's utf8 has at most three bytes per character, which is too few for emoji.
            .charset("utf8mb4");
        match &self.authority {
            // With a private authority only that one is trusted, and no public one.
            Some(file) => options.ssl_ca(file),
            None => options,
        }
    }

    fn database(&self, service: &str) -> String {
        format!("{}{service}", self.prefix)
    }
}

/// The database of one service.
#[derive(Clone)]
pub struct Database {
    pool: MySqlPool,
    name: DatabaseName,
}

impl Database {
    /// Opens the database of `service`, creates it when it is missing, and migrates its schema.
    ///
    /// # Errors
    /// When the server cannot be reached, rejects the login, or has migrations that differ from these.
    pub async fn open(
        settings: &ConnectionSettings,
        service: &str,
        migrations: &[Migration],
    ) -> Result<Self, StoreError> {
        let name = settings.database(service);
        if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            return Err(StoreError::Fault(format!("\"{name}\" is not a valid database name; see DB_PREFIX")));
        }
        create_database(settings, &name).await?;
        let pool = MySqlPoolOptions::new()
            .max_connections(settings.connections)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            // Below the idle limits of common proxies and load balancers, which drop connections silently.
            .idle_timeout(Duration::from_secs(300))
            .max_lifetime(Duration::from_secs(1800))
            // Session variables do not survive a reconnect, so every new connection sets them.
            .after_connect(|connection, _| Box::pin(prepare(connection)))
            .connect_with(settings.options().database(&name))
            .await?;
        let server = Some((settings.host.as_str().into(), settings.port));
        let database = Self { pool, name: DatabaseName { system: "mysql", namespace: name.as_str().into(), server } };
        database.migrate(&name, migrations).await?;
        Ok(database)
    }

    /// Returns an executor for a single statement that needs no transaction.
    pub fn pool(&self) -> Pooled<'_> {
        Pooled { pool: &self.pool, operation: Operation::start(&self.name, "statement") }
    }

    /// Returns a connection, for statements that must run on one and need no transaction.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when no connection is free or the server is unavailable.
    pub async fn acquire(&self) -> Result<PoolConnection<MySql>, StoreError> {
        Ok(self.pool.acquire().await?)
    }

    /// Begins a transaction. Lock the rows to change with `SELECT ... FOR UPDATE`, keep the transaction short, call no
    /// other services in it, and run it in [`crate::store::retry_transaction`].
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when no connection is free or the server is unavailable.
    pub async fn begin(&self) -> Result<Write, StoreError> {
        let operation = Operation::start(&self.name, "transaction");
        Ok(Write { transaction: self.pool.begin().await?, _operation: operation })
    }

    /// Closes all connections of the pool.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    async fn migrate(&self, name: &str, migrations: &[Migration]) -> Result<(), StoreError> {
        let mut connection = self.pool.acquire().await?;
        let lock = format!("migrate.{name}");
        // A named lock belongs to the connection, so a process that dies releases it. MySQL has no transactional DDL
        // that could serialise the migrations of several replicas.
        let locked: Option<i64> = sqlx::query_scalar("SELECT GET_LOCK(?, ?)")
            .bind(&lock)
            .bind(MIGRATION_LOCK_TIMEOUT)
            .fetch_one(&mut *connection)
            .await?;
        if locked != Some(1) {
            return Err(StoreError::Unavailable("another start has been migrating this database for minutes".into()));
        }
        // The lock is released also after a failed migration, so the result is checked only afterwards.
        let migrated = migrate(&mut connection, migrations).await;
        sqlx::query("DO RELEASE_LOCK(?)").bind(&lock).execute(&mut *connection).await?;
        migrated
    }
}

/// Creates the database unless it exists. A user without the privilege needs an existing one.
async fn create_database(settings: &ConnectionSettings, name: &str) -> Result<(), StoreError> {
    let mut connection = login::connect(settings).await?;
    let known: Option<i64> = sqlx::query_scalar("SELECT 1 FROM information_schema.schemata WHERE schema_name = ?")
        .bind(name)
        .fetch_optional(&mut connection)
        .await?;
    // Queried first, because CREATE DATABASE fails without the privilege even if the database exists.
    if known.is_none() {
        let statement = format!("CREATE DATABASE IF NOT EXISTS `{name}` CHARACTER SET utf8mb4 COLLATE {COLLATION}");
        // The name has been checked: letters, digits, underscores.
        connection.execute(sqlx::AssertSqlSafe(statement)).await?;
    }
    connection.close().await?;
    Ok(())
}

async fn prepare(connection: &mut MySqlConnection) -> Result<(), sqlx::Error> {
    // The default, REPEATABLE READ, also locks the gaps between rows, so that other transactions could not insert
    // there. Transactions here lock the rows that they depend on explicitly.
    connection.execute("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED").await?;
    // The server's default of 50 s exceeds the time limits of calls (10 s) and of requests (30 s).
    connection.execute("SET SESSION innodb_lock_wait_timeout = 5").await?;
    Ok(())
}

/// Runs the statements of a migration. An interrupted migration is run again from its first statement, so columns and
/// keys that exist already are skipped: MySQL has no `IF NOT EXISTS` for them.
async fn apply(connection: &mut MySqlConnection, sql: &'static str) -> Result<(), StoreError> {
    // Every statement ends with a semicolon at the end of a line.
    let statements = sql.split(";\n").map(|statement| statement.trim().trim_end_matches(';'));
    for statement in statements.filter(|statement| !statement.is_empty()) {
        match sqlx::raw_sql(statement).execute(&mut *connection).await {
            Err(sqlx::Error::Database(error)) if is_there_already(error.as_ref()) => {}
            other => {
                other?;
            }
        }
    }
    Ok(())
}

/// Returns true for a duplicate column (1060) or a duplicate key name (1061).
fn is_there_already(error: &dyn DatabaseError) -> bool {
    let error = error.try_downcast_ref::<MySqlDatabaseError>();
    error.is_some_and(|error| matches!(error.number(), 1060 | 1061))
}

/// Applies the migrations that are missing. MySQL commits each schema change implicitly, so an interrupted migration is
/// run again. Its statements must therefore be repeatable (`IF NOT EXISTS`; existing columns and keys are skipped), and
/// each must end at the end of a line.
async fn migrate(connection: &mut MySqlConnection, migrations: &[Migration]) -> Result<(), StoreError> {
    connection
        .execute(
            "CREATE TABLE IF NOT EXISTS schema_migrations (version BIGINT PRIMARY KEY, name TEXT NOT NULL, \
             checksum CHAR(64) NOT NULL) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
        )
        .await?;
    let rows = sqlx::query("SELECT version, checksum FROM schema_migrations").fetch_all(&mut *connection).await?;
    let applied: Vec<(i64, String)> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    for migration in migrations {
        if let Step::Missing { checksum } = migration.step(&applied)? {
            apply(connection, migration.sql).await?;
            sqlx::query("INSERT INTO schema_migrations (version, name, checksum) VALUES (?, ?, ?)")
                .bind(migration.version)
                .bind(migration.name)
                .bind(checksum)
                .execute(&mut *connection)
                .await?;
        }
    }
    Ok(())
}

#[async_trait]
impl Check for Database {
    async fn check(&self) -> Result<(), CheckError> {
        sqlx::query("SELECT 1").execute(&self.pool).await.map(|_| ()).map_err(CheckError::new)
    }

    fn connections(&self) -> Option<Connections> {
        // Read one after the other, so that a connection returned between them must not make this negative.
        let (open, idle) = (self.pool.size(), u32::try_from(self.pool.num_idle()).unwrap_or(u32::MAX));
        let max = self.pool.options().get_max_connections();
        Some(Connections { used: open.saturating_sub(idle), idle: idle.min(open), max })
    }
}
