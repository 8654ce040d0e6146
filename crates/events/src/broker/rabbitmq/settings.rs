//! The connection settings of RabbitMQ.

use chassis::config::{Environment, Variable};
use lapin::uri::{AMQPAuthority, AMQPQueryString, AMQPScheme, AMQPUri, AMQPUserInfo};

const AMQP_HOST: Variable = Variable { name: "AMQP_HOST", default: "rabbitmq", help: "host of RabbitMQ" };
const AMQP_PORT: Variable = Variable { name: "AMQP_PORT", default: "5672", help: "port of RabbitMQ" };
const AMQP_USER: Variable = Variable { name: "AMQP_USER", default: "shopstack", help: "user of RabbitMQ" };
const AMQP_PASSWORD: Variable = Variable { name: "AMQP_PASSWORD", default: "", help: "password of that user" };
const AMQP_VHOST: Variable = Variable { name: "AMQP_VHOST", default: "/", help: "virtual host of RabbitMQ" };
const AMQP_TLS: Variable = Variable { name: "AMQP_TLS", default: "off", help: "on or off" };
const AMQP_PREFIX: Variable = Variable {
    name: "AMQP_PREFIX",
    default: "shopstack",
    help: "beginning of the names of exchange and queues; one per shop",
};

/// The environment variables of RabbitMQ.
pub const VARIABLES: &[Variable] = &[AMQP_HOST, AMQP_PORT, AMQP_USER, AMQP_PASSWORD, AMQP_VHOST, AMQP_TLS, AMQP_PREFIX];

/// The heartbeat timeout in seconds, after which a silent peer counts as unreachable.
const HEARTBEAT: u16 = 10;
/// The maximum size of a frame in bytes. lapin allocates buffers for 64 frames per connection, and most events are
/// small; a larger event is sent in several frames.
const FRAME: u32 = 16 << 10;
/// The time limit for connecting, in milliseconds.
const CONNECTING: u64 = 5_000;

/// The connection settings of RabbitMQ, and the prefix of its names.
#[derive(Debug, Clone)]
pub struct ConnectionSettings {
    uri: AMQPUri,
    prefix: String,
}

impl ConnectionSettings {
    /// Reads the settings. `None` means that a variable is missing or invalid; `environment` records the values that do
    /// not parse.
    pub fn read(environment: &mut Environment) -> Option<Self> {
        let tls: chassis::config::OnOff = environment.parse(&AMQP_TLS)?;
        let uri = AMQPUri {
            scheme: if tls.is_on() { AMQPScheme::AMQPS } else { AMQPScheme::AMQP },
            authority: AMQPAuthority {
                userinfo: AMQPUserInfo {
                    username: environment.text(&AMQP_USER)?,
                    password: environment.text(&AMQP_PASSWORD).unwrap_or_default(),
                },
                host: environment.text(&AMQP_HOST)?,
                port: environment.parse(&AMQP_PORT)?,
            },
            vhost: environment.text(&AMQP_VHOST)?,
            query: AMQPQueryString {
                heartbeat: Some(HEARTBEAT),
                connection_timeout: Some(CONNECTING),
                frame_max: Some(FRAME),
                ..AMQPQueryString::default()
            },
        };
        Some(Self { uri, prefix: environment.text(&AMQP_PREFIX)? })
    }

    /// Replaces the prefix of the names, for tests that share a server.
    #[must_use]
    pub fn with_prefix(self, prefix: &str) -> Self {
        Self { prefix: prefix.to_owned(), ..self }
    }

    /// Returns the AMQP URI, which contains the password.
    pub fn uri(&self) -> AMQPUri {
        self.uri.clone()
    }

    /// Returns the prefix of the names of exchange and queues.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }
}
