//! Production storage on MongoDB: a replica set with majority reads and writes.

mod pool;

pub use crate::codec::{micros, moment, parse};
use crate::config::{Environment, Variable};
use crate::health::{Check, CheckError, Connections};
use crate::store::StoreError;
use async_trait::async_trait;
use mongodb::bson::doc;
use mongodb::error::{ErrorKind, TRANSIENT_TRANSACTION_ERROR, UNKNOWN_TRANSACTION_COMMIT_RESULT, WriteFailure};
use mongodb::options::{Acknowledgment, ClientOptions, ReadConcern, SelectionCriteria, ServerAddress, WriteConcern};
use mongodb::{Client, ClientSession, Collection};
use pool::Pool;
use std::ops::Deref;
use std::time::Duration;
use telemetry::database::{DatabaseName, Operation};

const MONGO_URL: Variable = Variable {
    name: "MONGO_URL",
    default: "mongodb://mongodb:27017/?replicaSet=rs0",
    help: "MongoDB, a replica set, with user and password if it has them",
};
const MONGO_PREFIX: Variable = Variable {
    name: "MONGO_PREFIX",
    default: "shopstack_",
    help: "beginning of the databases' names; catalogue's is shopstack_catalogue",
};

/// The environment variables of MongoDB.
pub const VARIABLES: &[Variable] = &[MONGO_URL, MONGO_PREFIX];

/// The port of a server whose URL names none.
const DEFAULT_PORT: u16 = 27017;
/// The time to wait for a suitable server.
const SERVER_SELECTION_TIMEOUT: Duration = Duration::from_secs(5);
/// The error codes of a temporarily unavailable server, after the driver's own retry: unreachable hosts (6, 7, 89,
/// 9001), shutdown (91, 11600), no primary or a new one (189, 10107, 11602, 13435, 13436), time limit exceeded (262).
/// Source: MongoDB's `error_codes.yml`.
const UNAVAILABLE_CODES: [i32; 12] = [6, 7, 89, 91, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436];
/// The maximum number of times that a commit is sent while its outcome is unknown.
const MAX_COMMIT_ATTEMPTS: u32 = 3;

/// The connection settings of MongoDB.
#[derive(Debug, Clone)]
pub struct ConnectionSettings {
    url: String,
    prefix: String,
}

impl ConnectionSettings {
    /// Reads the settings. `None` means that a variable is missing.
    pub fn read(environment: &mut Environment) -> Option<Self> {
        Some(Self { url: environment.text(&MONGO_URL)?, prefix: environment.text(&MONGO_PREFIX)? })
    }

    /// Replaces the prefix of the database names, for tests that share a server.
    #[must_use]
    pub fn with_prefix(self, prefix: &str) -> Self {
        Self { prefix: prefix.to_owned(), ..self }
    }
}

/// The database of one service.
#[derive(Clone)]
pub struct Database {
    client: Client,
    database: mongodb::Database,
    name: DatabaseName,
    pool: Pool,
}

impl Database {
    /// Connects to the database of `service`.
    ///
    /// # Errors
    /// When the URL is invalid, the server cannot be reached, or it is not a replica set.
    pub async fn open(settings: &ConnectionSettings, service: &str) -> Result<Self, StoreError> {
        let mut options = ClientOptions::parse(&settings.url).await?;
        options.app_name = Some(format!("shopstack-{service}"));
        options.server_selection_timeout.get_or_insert(SERVER_SELECTION_TIMEOUT);
        options.connect_timeout.get_or_insert(SERVER_SELECTION_TIMEOUT);
        // The driver's default of 100 connections per process is too many with several replicas of two services.
        options.max_pool_size.get_or_insert(20);
        // An acknowledged write survives the loss of a server, and a read returns only writes that a majority has.
        options.write_concern = Some(WriteConcern::builder().w(Acknowledgment::Majority).journal(true).build());
        options.read_concern = Some(ReadConcern::majority());
        options.selection_criteria = Some(SelectionCriteria::ReadPreference(mongodb::options::ReadPreference::Primary));
        let server = options.hosts.first().and_then(|host| match host {
            ServerAddress::Tcp { host, port } => Some((host.as_str().into(), port.unwrap_or(DEFAULT_PORT))),
            _ => None,
        });
        let pool = Pool::new(options.max_pool_size);
        options.cmap_event_handler = Some(pool.handler());
        let client = Client::with_options(options)?;
        let database = client.database(&format!("{}{service}", settings.prefix));
        let hello = database.run_command(doc! { "hello": 1 }).await?;
        if !hello.contains_key("setName") {
            return Err(StoreError::Fault(
                "this MongoDB is no replica set, which transactions need; start mongod with --replSet".to_owned(),
            ));
        }
        let name = DatabaseName { system: "mongodb", namespace: database.name().into(), server };
        Ok(Self { client, database, name, pool })
    }

    /// Returns the collection of this name.
    pub fn collection<T: Send + Sync>(&self, name: &str) -> TracedCollection<T> {
        let operation = Operation::on_collection(&self.name, "command", name);
        TracedCollection { collection: self.database.collection(name), _operation: operation }
    }

    /// Returns the driver's database, for indexes and GridFS.
    pub fn inner(&self) -> &mongodb::Database {
        &self.database
    }

    /// Runs a command on the `admin` database.
    pub(crate) async fn admin(
        &self,
        command: mongodb::bson::Document,
    ) -> mongodb::error::Result<mongodb::bson::Document> {
        self.client.database("admin").run_command(command).await
    }

    /// Begins a transaction. Pass the session to each operation and then to [`commit`], all within
    /// [`crate::store::retry_transaction`]. Dropping the session before the commit aborts the transaction.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when no server is available.
    pub async fn begin(&self) -> Result<ClientSession, StoreError> {
        let mut session = self.client.start_session().await?;
        session.start_transaction().await?;
        Ok(session)
    }
}

/// A collection whose use is recorded as one database operation, from its creation until it is dropped. Take it from
/// [`Database::collection`] where it is used, and do not store it.
pub struct TracedCollection<T: Send + Sync> {
    collection: Collection<T>,
    _operation: Operation,
}

impl<T: Send + Sync> Deref for TracedCollection<T> {
    type Target = Collection<T>;

    fn deref(&self) -> &Collection<T> {
        &self.collection
    }
}

/// Commits the transaction.
///
/// # Errors
/// [`StoreError::TransactionAborted`] on a write conflict; run the whole transaction again.
pub async fn commit(mut session: ClientSession) -> Result<(), StoreError> {
    // A commit may be repeated: the server recognises a transaction that it has committed already.
    for _ in 1..MAX_COMMIT_ATTEMPTS {
        match session.commit_transaction().await {
            Err(error) if error.contains_label(UNKNOWN_TRANSACTION_COMMIT_RESULT) => {}
            other => return Ok(other?),
        }
    }
    Ok(session.commit_transaction().await?)
}

#[async_trait]
impl Check for Database {
    async fn check(&self) -> Result<(), CheckError> {
        self.database.run_command(doc! { "ping": 1 }).await.map(|_| ()).map_err(CheckError::new)
    }

    fn connections(&self) -> Option<Connections> {
        Some(self.pool.usage())
    }
}

impl From<mongodb::error::Error> for StoreError {
    fn from(error: mongodb::error::Error) -> Self {
        // The error's own text has its labels and source as the driver's types print them.
        let message = error.kind.to_string();
        match error.kind.as_ref() {
            // The driver has already waited for a server, so an immediate retry is useless even if the error has the
            // label.
            ErrorKind::ServerSelection { .. } | ErrorKind::DnsResolve { .. } => Self::Unavailable(message),
            _ if error.contains_label(TRANSIENT_TRANSACTION_ERROR) => Self::TransactionAborted(message),
            ErrorKind::Io(_) | ErrorKind::ConnectionPoolCleared { .. } => Self::Unavailable(message),
            // Code 112 is WriteConflict: a write outside a transaction conflicted with one inside.
            ErrorKind::Command(command) if command.code == 112 => Self::TransactionAborted(message),
            ErrorKind::Command(command) if UNAVAILABLE_CODES.contains(&command.code) => Self::Unavailable(message),
            _ if error.contains_label(mongodb::error::RETRYABLE_WRITE_ERROR) => Self::Unavailable(message),
            _ => Self::Fault(message),
        }
    }
}

/// Returns true if `error` reports a duplicate key.
pub fn is_duplicate(error: &mongodb::error::Error) -> bool {
    match error.kind.as_ref() {
        ErrorKind::Write(WriteFailure::WriteError(failure)) => failure.code == 11000,
        ErrorKind::Command(command) => command.code == 11000,
        ErrorKind::InsertMany(many) => {
            many.write_errors.as_ref().is_some_and(|errors| errors.iter().any(|one| one.code == 11000))
        }
        _ => false,
    }
}
