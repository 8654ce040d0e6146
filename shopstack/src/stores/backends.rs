//! The stores in production: in the databases and the message broker that the environment names.

use super::OpenError;
use catalogue::Catalogue;
use catalogue::store::{GridFsImages, MongoProducts, MongoStock};
use chassis::config::{Environment, Variable};
use chassis::{StoreError, SystemContext, mongo, mysql, redis};
use contracts::catalogue::Shop;
use contracts::events::TOPOLOGY;
use dispatch::mail::EmailRenderer;
use dispatch::store::MysqlOrders;
use events::BrokerError;
use events::broker::rabbitmq::{self, RabbitBroker};
use futures::FutureExt;
use payment::store::MysqlPayments;
use std::time::Duration;
use tokio::time::Instant;

/// The time that a start waits for its backends, which orchestrators start at the same moment.
const START_TIMEOUT: Duration = Duration::from_secs(120);
const RETRY_INTERVAL: Duration = Duration::from_secs(2);

/// The connection settings of all backends.
#[derive(Debug, Clone)]
pub struct Backends {
    /// MongoDB: accounts, catalogue, stock, images.
    pub mongo: mongo::ConnectionSettings,
    /// Redis: carts, and the counters of failed logins.
    pub redis: redis::ConnectionSettings,
    /// MySQL or MariaDB: payments, orders, shipments, reviews.
    pub mysql: mysql::ConnectionSettings,
    pub rabbitmq: rabbitmq::ConnectionSettings,
}

/// All variables of the backends, for `.env.example`.
pub fn variables() -> impl Iterator<Item = &'static Variable> {
    mongo::VARIABLES.iter().chain(redis::VARIABLES).chain(mysql::VARIABLES).chain(rabbitmq::VARIABLES)
}

impl Backends {
    /// Reads the connection settings. Returns `None` if some cannot be used; `environment` then has the problems.
    pub fn read(environment: &mut Environment) -> Option<Self> {
        // All four are read before any is unwrapped, so that one report lists the problems of all.
        let mongo = mongo::ConnectionSettings::read(environment);
        let redis = redis::ConnectionSettings::read(environment);
        let mysql = mysql::ConnectionSettings::read(environment);
        let rabbitmq = rabbitmq::ConnectionSettings::read(environment);
        Some(Self { mongo: mongo?, redis: redis?, mysql: mysql?, rabbitmq: rabbitmq? })
    }

    pub(super) async fn accounts(&self) -> Result<user::MongoStore, StoreError> {
        user::MongoStore::open(&self.mongo).await
    }

    pub(super) async fn products(&self) -> Result<MongoProducts, StoreError> {
        MongoProducts::open(&self.mongo).await
    }

    pub(super) async fn stock(&self) -> Result<MongoStock, StoreError> {
        MongoStock::open(&self.mongo).await
    }

    pub(super) async fn images(&self) -> Result<GridFsImages, StoreError> {
        GridFsImages::open(&self.mongo).await
    }

    pub(super) async fn catalogue_without_index(
        &self,
        system: &SystemContext,
        first_shop: &Shop,
    ) -> Result<Catalogue, OpenError> {
        let open = || Catalogue::production_without_index(&self.mongo, system.clone(), first_shop.clone());
        wait_for("MongoDB", open).await
    }

    pub(super) async fn cart(&self) -> Result<cart::Stores, StoreError> {
        cart::Stores::redis(&self.redis).await
    }

    pub(super) async fn carts(&self) -> Result<cart::store::RedisCarts, StoreError> {
        cart::store::RedisCarts::open(&self.redis).await
    }

    pub(super) async fn payments(&self, system: &SystemContext) -> Result<MysqlPayments, StoreError> {
        MysqlPayments::open(&self.mysql, system.clone()).await
    }

    pub(super) async fn dispatch(
        &self,
        renderer: EmailRenderer,
        system: &SystemContext,
    ) -> Result<dispatch::Stores, StoreError> {
        dispatch::Stores::mysql(&self.mysql, renderer, system.clone()).await
    }

    pub(super) async fn orders(
        &self,
        renderer: EmailRenderer,
        system: &SystemContext,
    ) -> Result<MysqlOrders, StoreError> {
        MysqlOrders::open(&self.mysql, renderer, system.clone()).await
    }

    pub(super) async fn shipping(&self) -> Result<shipping::Stores, StoreError> {
        shipping::Stores::mysql(&self.mysql).await
    }

    pub(super) async fn shipments(&self) -> Result<shipping::store::mysql::MysqlStore, StoreError> {
        shipping::store::mysql::MysqlStore::open(&self.mysql).await
    }

    pub(super) async fn ratings(&self) -> Result<ratings::Stores, StoreError> {
        ratings::Stores::mysql(&self.mysql).await
    }

    pub(super) async fn reviews(&self) -> Result<ratings::store::mysql::MysqlStore, StoreError> {
        ratings::store::mysql::MysqlStore::open(&self.mysql).await
    }

    /// The broker, which connects when it is first used: payment accepts orders while RabbitMQ is unavailable.
    pub fn broker(&self) -> RabbitBroker {
        RabbitBroker::unconnected(self.rabbitmq.clone(), TOPOLOGY)
    }

    /// Brings the schemas of the named service up to date by opening its stores. Redis has no schema.
    ///
    /// # Errors
    /// [`OpenError`] if a backend cannot be reached, or a migration fails.
    pub async fn migrate(&self, service: &str, first_shop: &Shop, system: &SystemContext) -> Result<(), OpenError> {
        // Guarded and boxed, so that a program built for one service does not link the stores of the others.
        match service {
            "payment" if cfg!(feature = "payment") => drop(self.payments(system).boxed().await?),
            "dispatch" if cfg!(feature = "dispatch") => {
                drop(self.dispatch(EmailRenderer::disabled(), system).boxed().await?);
            }
            "shipping" if cfg!(feature = "shipping") => drop(self.shipping().boxed().await?),
            "ratings" if cfg!(feature = "ratings") => drop(self.ratings().boxed().await?),
            "user" if cfg!(feature = "user") => drop(self.accounts().boxed().await?),
            "catalogue" if cfg!(feature = "catalogue") => {
                drop(self.catalogue_without_index(system, first_shop).boxed().await?);
            }
            _ => {}
        }
        Ok(())
    }

    /// Declares exchange and queues.
    ///
    /// # Errors
    /// [`BrokerError`] if RabbitMQ cannot be reached, or has queues of the same names with other properties.
    pub async fn declare_queues(&self) -> Result<(), BrokerError> {
        RabbitBroker::open(self.rabbitmq.clone(), TOPOLOGY).await.map(drop)
    }
}

/// Opens a store, and retries until the backend can be reached or [`START_TIMEOUT`] is over. A [`StoreError::Fault`] is
/// returned at once, since the same database would fail again.
pub(super) async fn wait_for<T, F>(backend: &'static str, mut open: impl FnMut() -> F) -> Result<T, OpenError>
where
    F: Future<Output = Result<T, StoreError>>,
{
    let started = Instant::now();
    loop {
        match open().await {
            Ok(opened) => return Ok(opened),
            Err(source @ StoreError::Fault(_)) => return Err(OpenError::Backend { backend, source }),
            Err(source) if started.elapsed() >= START_TIMEOUT => {
                return Err(OpenError::Unreachable { backend, seconds: START_TIMEOUT.as_secs(), source });
            }
            Err(error) => {
                let seconds_left = START_TIMEOUT.saturating_sub(started.elapsed()).as_secs();
                tracing::warn!(%error, backend, seconds_left, "waiting for a backend");
            }
        }
        tokio::time::sleep(RETRY_INTERVAL).await;
    }
}
