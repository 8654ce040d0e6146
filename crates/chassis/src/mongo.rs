//! Production storage on MongoDB: a replica set, written and read by majority.

use crate::config::{Environment, Variable};
use crate::health::{Check, CheckError};
use crate::store::StoreError;
use async_trait::async_trait;
use mongodb::bson::doc;
use mongodb::error::{ErrorKind, TRANSIENT_TRANSACTION_ERROR, UNKNOWN_TRANSACTION_COMMIT_RESULT, WriteFailure};
use mongodb::options::{Acknowledgment, ClientOptions, ReadConcern, SelectionCriteria, WriteConcern};
use mongodb::{Client, ClientSession, Collection};
use std::time::Duration;

pub use crate::codec::{micros, moment, parse};

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

/// What the environment says about MongoDB.
pub const VARIABLES: &[Variable] = &[MONGO_URL, MONGO_PREFIX];

/// How long an operation waits for a server that can do it.
const PATIENCE: Duration = Duration::from_secs(5);
/// What a server says that cannot be asked just now, after the driver has asked again: unreachable hosts (6, 7, 89, 9001),
/// shutting down (91, 11600), no primary, or another one than before (189, 10107, 11602, 13435, 13436), too slow (262).
/// The numbers stand in MongoDB's `error_codes.yml`.
const AWAY: [i32; 12] = [6, 7, 89, 91, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436];
/// How often a commit of unknown outcome is asked for again.
const COMMITS: u32 = 3;

/// Where MongoDB is.
#[derive(Debug, Clone)]
pub struct ConnectionSettings {
    url: String,
    prefix: String,
}

impl ConnectionSettings {
    /// Reads it; `None` when something is wrong, which `environment` then knows.
    pub fn read(environment: &mut Environment) -> Option<Self> {
        Some(Self { url: environment.text(&MONGO_URL)?, prefix: environment.text(&MONGO_PREFIX)? })
    }

    /// The same with another beginning of the databases' names: for tests, which share a server.
    #[must_use]
    pub fn with_prefix(self, prefix: &str) -> Self {
        Self { prefix: prefix.to_owned(), ..self }
    }
}

/// One service's database.
#[derive(Clone)]
pub struct Database {
    client: Client,
    database: mongodb::Database,
}

impl Database {
    /// Connects to the database of `service`.
    ///
    /// # Errors
    /// When the address is wrong, the server cannot be reached, or it is no replica set.
    pub async fn open(address: &ConnectionSettings, service: &str) -> Result<Self, StoreError> {
        let mut options = ClientOptions::parse(&address.url).await?;
        options.app_name = Some(format!("shopstack-{service}"));
        options.server_selection_timeout.get_or_insert(PATIENCE);
        options.connect_timeout.get_or_insert(PATIENCE);
        options.max_pool_size.get_or_insert(20);
        // What was acknowledged survives the loss of a server, and what is read was acknowledged.
        options.write_concern = Some(WriteConcern::builder().w(Acknowledgment::Majority).journal(true).build());
        options.read_concern = Some(ReadConcern::majority());
        options.selection_criteria = Some(SelectionCriteria::ReadPreference(mongodb::options::ReadPreference::Primary));
        let client = Client::with_options(options)?;
        let database = client.database(&format!("{}{service}", address.prefix));
        let hello = database.run_command(doc! { "hello": 1 }).await?;
        if !hello.contains_key("setName") {
            return Err(StoreError::Fault(
                "this MongoDB is no replica set, which transactions need; start mongod with --replSet".to_owned(),
            ));
        }
        Ok(Self { client, database })
    }

    /// A collection.
    pub fn collection<T: Send + Sync>(&self, name: &str) -> Collection<T> {
        self.database.collection(name)
    }

    /// The database itself: for indexes, change streams and files.
    pub fn inner(&self) -> &mongodb::Database {
        &self.database
    }

    /// Asks the server as a whole.
    pub(crate) async fn admin(
        &self,
        command: mongodb::bson::Document,
    ) -> mongodb::error::Result<mongodb::bson::Document> {
        self.client.database("admin").run_command(command).await
    }

    /// Begins a unit of work of several operations: give the session to each, then [`commit`] it, all of it within
    /// [`crate::store::retried`]. Dropped before its commit, it is aborted.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when no server is there.
    pub async fn begin(&self) -> Result<ClientSession, StoreError> {
        let mut session = self.client.start_session().await?;
        session.start_transaction().await?;
        Ok(session)
    }
}

/// Makes the unit of work last.
///
/// # Errors
/// [`StoreError::Interrupted`] when it lost a race: run all of it again.
pub async fn commit(mut session: ClientSession) -> Result<(), StoreError> {
    for _ in 1..COMMITS {
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
}

impl From<mongodb::error::Error> for StoreError {
    fn from(error: mongodb::error::Error) -> Self {
        match error.kind.as_ref() {
            // Was waited for already, so that trying again at once is of no use, whatever the label says.
            ErrorKind::ServerSelection { .. } | ErrorKind::DnsResolve { .. } => Self::Unavailable(error.to_string()),
            _ if error.contains_label(TRANSIENT_TRANSACTION_ERROR) => Self::TransactionAborted(error.to_string()),
            ErrorKind::Io(_) | ErrorKind::ConnectionPoolCleared { .. } => Self::Unavailable(error.to_string()),
            // 112: a write outside a transaction met one inside.
            ErrorKind::Command(command) if command.code == 112 => Self::TransactionAborted(error.to_string()),
            ErrorKind::Command(command) if AWAY.contains(&command.code) => Self::Unavailable(error.to_string()),
            _ if error.contains_label(mongodb::error::RETRYABLE_WRITE_ERROR) => Self::Unavailable(error.to_string()),
            _ => Self::Fault(error.to_string()),
        }
    }
}

/// Whether `error` says that a unique key is taken.
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
