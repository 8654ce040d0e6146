//! Production storage on Redis, for small documents with a limited lifetime.

pub use crate::codec::{micros, moment, parse};
use crate::config::{Environment, OnOff, Variable};
use crate::health::{Check, CheckError};
use crate::store::StoreError;
use async_trait::async_trait;
use futures::FutureExt;
use redis::aio::{ConnectionLike, ConnectionManager, ConnectionManagerConfig};
use redis::{Arg, Cmd, FromRedisValue, Pipeline, RedisError, RedisFuture, Script, Value};
use std::time::Duration;
use telemetry::database::{DatabaseName, Operation};

const REDIS_HOST: Variable = Variable { name: "REDIS_HOST", default: "redis", help: "host of Redis" };
const REDIS_PORT: Variable = Variable { name: "REDIS_PORT", default: "6379", help: "port of Redis" };
const REDIS_USER: Variable = Variable { name: "REDIS_USER", default: "", help: "user of Redis, if it has users" };
const REDIS_PASSWORD: Variable = Variable { name: "REDIS_PASSWORD", default: "", help: "password of Redis" };
const REDIS_TLS: Variable = Variable { name: "REDIS_TLS", default: "off", help: "on or off" };
const REDIS_PREFIX: Variable =
    Variable { name: "REDIS_PREFIX", default: "shopstack", help: "beginning of all keys; one per shop" };

/// The environment variables of Redis.
pub const VARIABLES: &[Variable] = &[REDIS_HOST, REDIS_PORT, REDIS_USER, REDIS_PASSWORD, REDIS_TLS, REDIS_PREFIX];

/// The time limit of a command.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(2);

/// The connection settings of Redis, and the prefix of its keys.
#[derive(Debug, Clone)]
pub struct ConnectionSettings {
    info: redis::ConnectionInfo,
    prefix: String,
}

impl ConnectionSettings {
    /// Reads the settings. `None` means that a variable is missing or invalid; `environment` records the values that do
    /// not parse.
    pub fn read(environment: &mut Environment) -> Option<Self> {
        let host = environment.text(&REDIS_HOST)?;
        let port = environment.parse(&REDIS_PORT)?;
        let tls: OnOff = environment.parse(&REDIS_TLS)?;
        let address = if tls.is_on() {
            redis::ConnectionAddr::TcpTls { host, port, insecure: false, tls_params: None }
        } else {
            redis::ConnectionAddr::Tcp(host, port)
        };
        let mut settings = redis::RedisConnectionInfo::default();
        if let Some(user) = environment.text(&REDIS_USER) {
            settings = settings.set_username(user);
        }
        if let Some(password) = environment.text(&REDIS_PASSWORD) {
            settings = settings.set_password(password);
        }
        let info = redis::IntoConnectionInfo::into_connection_info(address).ok()?.set_redis_settings(settings);
        Some(Self { info, prefix: environment.text(&REDIS_PREFIX)? })
    }

    /// Replaces the prefix of all keys, for tests that share a server.
    #[must_use]
    pub fn with_prefix(self, prefix: &str) -> Self {
        Self { prefix: prefix.to_owned(), ..self }
    }
}

/// A connection to Redis for one service, with the prefix of its keys.
#[derive(Clone)]
pub struct Database {
    connection: Connection,
}

impl Database {
    /// Connects; all keys begin with the shop's prefix and the service's name.
    ///
    /// # Errors
    /// When Redis cannot be reached or rejects the login.
    pub async fn open(settings: &ConnectionSettings, service: &str) -> Result<Self, StoreError> {
        let client = redis::Client::open(settings.info.clone())?;
        let connection = client.get_connection_manager_with_config(config()).await?;
        Ok(Self::with(connection, settings, service))
    }

    /// Creates the client without connecting; the first command connects.
    ///
    /// # Errors
    /// When the connection settings are invalid.
    pub fn unconnected(settings: &ConnectionSettings, service: &str) -> Result<Self, StoreError> {
        let client = redis::Client::open(settings.info.clone())?;
        let connection = client.get_connection_manager_lazy(config())?;
        Ok(Self::with(connection, settings, service))
    }

    fn with(connection: ConnectionManager, settings: &ConnectionSettings, service: &str) -> Self {
        let server = match settings.info.addr() {
            redis::ConnectionAddr::Tcp(host, port) | redis::ConnectionAddr::TcpTls { host, port, .. } => {
                Some((host.as_str().into(), *port))
            }
            _ => None,
        };
        // All keys begin with the name.
        let namespace = format!("{}:{service}", settings.prefix).into();
        Self { connection: Connection { inner: connection, name: DatabaseName { system: "redis", namespace, server } } }
    }

    /// Returns the full key of this name.
    pub fn key(&self, name: &str) -> String {
        format!("{}:{name}", self.connection.name.namespace)
    }

    /// Returns a connection, which many callers can share.
    pub fn connection(&self) -> Connection {
        self.connection.clone()
    }

    /// Runs a script. Redis executes no other command meanwhile, so a script is the one safe way to change data based
    /// on its present state.
    ///
    /// # Errors
    /// When Redis is unavailable, or the script fails.
    pub async fn run<T: FromRedisValue>(
        &self,
        script: &Script,
        keys: &[String],
        arguments: &[&[u8]],
    ) -> Result<T, StoreError> {
        let mut invocation = script.prepare_invoke();
        for key in keys {
            invocation.key(key);
        }
        for argument in arguments {
            invocation.arg(*argument);
        }
        Ok(invocation.invoke_async(&mut self.connection()).await?)
    }
}

/// A connection that reconnects by itself. Each command is recorded as a database operation.
#[derive(Clone)]
pub struct Connection {
    inner: ConnectionManager,
    name: DatabaseName,
}

impl ConnectionLike for Connection {
    fn req_packed_command<'a>(&'a mut self, command: &'a Cmd) -> RedisFuture<'a, Value> {
        let name = command.args_iter().next();
        let name = match &name {
            Some(Arg::Simple(name)) => String::from_utf8_lossy(name).to_uppercase(),
            _ => "command".to_owned(),
        };
        let operation = Operation::start(&self.name, &name);
        async move { recorded(operation, self.inner.req_packed_command(command).await) }.boxed()
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        pipeline: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        let operation = Operation::start(&self.name, "PIPELINE");
        async move { recorded(operation, self.inner.req_packed_commands(pipeline, offset, count).await) }.boxed()
    }

    fn get_db(&self) -> i64 {
        self.inner.get_db()
    }
}

fn recorded<T>(operation: Operation, result: Result<T, RedisError>) -> Result<T, RedisError> {
    match &result {
        Err(error) if error.is_io_error() || error.is_timeout() || error.is_connection_dropped() => {
            operation.fail("unavailable");
        }
        // A script that is not loaded yet is sent after that, which is no fault.
        Err(error) if error.code() != Some("NOSCRIPT") => operation.fail("fault"),
        _ => {}
    }
    drop(operation);
    result
}

fn config() -> ConnectionManagerConfig {
    ConnectionManagerConfig::new()
        .set_connection_timeout(Some(COMMAND_TIMEOUT))
        .set_response_timeout(Some(COMMAND_TIMEOUT))
        // A retried script could take effect twice, so the client reconnects once and otherwise reports the error.
        .set_number_of_retries(1)
        .set_max_delay(Duration::from_millis(500))
}

#[async_trait]
impl Check for Database {
    async fn check(&self) -> Result<(), CheckError> {
        let answer: Result<String, RedisError> = redis::cmd("PING").query_async(&mut self.connection()).await;
        answer.map(|_| ()).map_err(CheckError::new)
    }
}

impl From<RedisError> for StoreError {
    fn from(error: RedisError) -> Self {
        // A server that is starting, failing over or out of memory may accept the command later.
        let busy =
            matches!(error.code(), Some("LOADING" | "READONLY" | "OOM" | "MASTERDOWN" | "CLUSTERDOWN" | "TRYAGAIN"));
        if busy || error.is_io_error() || error.is_timeout() || error.is_connection_dropped() {
            Self::Unavailable(error.to_string())
        } else {
            Self::Fault(error.to_string())
        }
    }
}
