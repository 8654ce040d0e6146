//! Production storage on Redis: small documents that live for a while.

use crate::config::{Environment, OnOff, Variable};
use crate::health::{Check, CheckError};
use crate::store::StoreError;
pub use crate::codec::{micros, moment, parse};
use async_trait::async_trait;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{FromRedisValue, RedisError, Script};
use std::time::Duration;

const REDIS_HOST: Variable = Variable { name: "REDIS_HOST", default: "redis", help: "host of Redis" };
const REDIS_PORT: Variable = Variable { name: "REDIS_PORT", default: "6379", help: "port of Redis" };
const REDIS_USER: Variable = Variable { name: "REDIS_USER", default: "", help: "user of Redis, if it has users" };
const REDIS_PASSWORD: Variable = Variable { name: "REDIS_PASSWORD", default: "", help: "password of Redis" };
const REDIS_TLS: Variable = Variable { name: "REDIS_TLS", default: "off", help: "on or off" };
const REDIS_PREFIX: Variable =
    Variable { name: "REDIS_PREFIX", default: "shopstack", help: "beginning of all keys; one per shop" };

/// What the environment says about Redis.
pub const VARIABLES: &[Variable] = &[REDIS_HOST, REDIS_PORT, REDIS_USER, REDIS_PASSWORD, REDIS_TLS, REDIS_PREFIX];

/// How long a command may take.
const PATIENCE: Duration = Duration::from_secs(2);

/// Where Redis is, and what its keys begin with.
#[derive(Debug, Clone)]
pub struct ConnectionSettings {
    info: redis::ConnectionInfo,
    prefix: String,
}

impl ConnectionSettings {
    /// Reads it; `None` when something is wrong, which `environment` then knows.
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

    /// The same with another beginning of all keys: for tests, which share a server.
    #[must_use]
    pub fn with_prefix(self, prefix: &str) -> Self {
        Self { prefix: prefix.to_owned(), ..self }
    }
}

/// The keys of one service.
#[derive(Clone)]
pub struct Database {
    connection: ConnectionManager,
    prefix: String,
}

impl Database {
    /// Connects; all keys begin with the shop's prefix and the service's name.
    ///
    /// # Errors
    /// When Redis cannot be reached or refuses.
    pub async fn open(address: &ConnectionSettings, service: &str) -> Result<Self, StoreError> {
        let client = redis::Client::open(address.info.clone())?;
        let connection = client.get_connection_manager_with_config(config()).await?;
        Ok(Self { connection, prefix: format!("{}:{service}", address.prefix) })
    }

    /// The same without connecting yet: the first command does.
    ///
    /// # Errors
    /// When the address makes no sense.
    pub fn unconnected(address: &ConnectionSettings, service: &str) -> Result<Self, StoreError> {
        let client = redis::Client::open(address.info.clone())?;
        let connection = client.get_connection_manager_lazy(config())?;
        Ok(Self { connection, prefix: format!("{}:{service}", address.prefix) })
    }

    /// The key of this name.
    pub fn key(&self, name: &str) -> String {
        format!("{}:{name}", self.prefix)
    }

    /// A connection to send commands on; many can share it.
    pub fn connection(&self) -> ConnectionManager {
        self.connection.clone()
    }

    /// Runs a script, which takes effect as a whole or not at all: the one way to change what depends on what is there.
    ///
    /// # Errors
    /// When Redis is away, or the script fails.
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

fn config() -> ConnectionManagerConfig {
    ConnectionManagerConfig::new()
        .set_connection_timeout(Some(PATIENCE))
        .set_response_timeout(Some(PATIENCE))
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
        // A server that starts, fails over or is out of memory is right to be asked again later.
        let busy =
            matches!(error.code(), Some("LOADING" | "READONLY" | "OOM" | "MASTERDOWN" | "CLUSTERDOWN" | "TRYAGAIN"));
        if busy || error.is_io_error() || error.is_timeout() || error.is_connection_dropped() {
            Self::Unavailable(error.to_string())
        } else {
            Self::Fault(error.to_string())
        }
    }
}
