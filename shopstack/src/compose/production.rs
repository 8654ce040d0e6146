//! What the services keep in production: in the backends that the environment names.

use super::sandbox::SandboxPlace;
use super::stores::{Stores, first_shop, writer};
use crate::secrets::SecretFolder;
use crate::settings::Settings;
use catalogue::Catalogue;
use chassis::config::{Environment, Variable};
use chassis::{SystemContext, StoreError, mongo, mysql, redis};
use contracts::events::TOPOLOGY;
use contracts::payment::OrderLinks;
use events::broker::rabbitmq::{self, RabbitBroker};
use futures::FutureExt;
use payment::store::MysqlPayments;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// How long a start waits for its backends.
const PATIENCE: Duration = Duration::from_secs(120);
const BETWEEN: Duration = Duration::from_secs(2);

/// Where the backends are.
#[derive(Debug, Clone)]
pub struct Backends {
    /// MongoDB.
    pub mongo: mongo::ConnectionSettings,
    /// Redis.
    pub redis: redis::ConnectionSettings,
    /// MySQL.
    pub mysql: mysql::ConnectionSettings,
    /// RabbitMQ.
    pub rabbitmq: rabbitmq::ConnectionSettings,
}

/// All that the environment can say about backends.
pub fn variables() -> impl Iterator<Item = &'static Variable> {
    mongo::VARIABLES.iter().chain(redis::VARIABLES).chain(mysql::VARIABLES).chain(rabbitmq::VARIABLES)
}

impl Backends {
    /// Reads where they are; `None` when something is wrong, which `environment` then knows.
    pub fn read(environment: &mut Environment) -> Option<Self> {
        let (mongo, redis) = (mongo::ConnectionSettings::read(environment), redis::ConnectionSettings::read(environment));
        let (mysql, rabbitmq) = (mysql::ConnectionSettings::read(environment), rabbitmq::ConnectionSettings::read(environment));
        Some(Self { mongo: mongo?, redis: redis?, mysql: mysql?, rabbitmq: rabbitmq? })
    }
}

/// Tries until it works, saying each time what is missing; gives up in the end, and at once when trying again is no use.
async fn patiently<T, F>(what: &str, mut open: impl FnMut() -> F) -> Result<T, String>
where
    F: Future<Output = Result<T, StoreError>>,
{
    let began = Instant::now();
    loop {
        match open().await {
            Ok(opened) => return Ok(opened),
            Err(StoreError::Fault(cause)) => return Err(format!("{what}: {cause}")),
            Err(error) if began.elapsed() >= PATIENCE => {
                return Err(format!("{what} could not be reached for {} s: {error}", PATIENCE.as_secs()));
            }
            Err(error) => {
                let left = PATIENCE.saturating_sub(began.elapsed()).as_secs();
                tracing::warn!(%error, "waiting for {what}; giving up in {left} s");
            }
        }
        tokio::time::sleep(BETWEEN).await;
    }
}

impl Stores {
    /// Opens what the services with these names keep; behind features and in boxes, as in [`House::start`](super::House::start).
    ///
    /// # Errors
    /// What cannot be opened or reached, and why.
    pub async fn production(
        names: &[&'static str],
        settings: &Settings,
        backends: &Backends,
        secrets: &SecretFolder,
        system: &SystemContext,
        base_url: &str,
    ) -> Result<Self, String> {
        let runs = |name: &str| names.contains(&name);
        let links = if runs("payment") || runs("dispatch") {
            OrderLinks::new(secrets.link_key()?)
        } else {
            OrderLinks::new(chassis::secret::SecretKey::new(system.bytes()))
        };
        let mut stores = Self {
            user: None,
            catalogue: None,
            cart: None,
            payment: None,
            sandbox: None,
            shipping: None,
            ratings: None,
            dispatch: None,
            // Connects when it is first needed: payment takes orders while it is away.
            broker: Arc::new(RabbitBroker::unconnected(backends.rabbitmq.clone(), TOPOLOGY)),
            links: links.clone(),
        };
        if cfg!(feature = "user") && runs("user") {
            stores.user = Some(user_dependencies(settings, backends, secrets).boxed().await?);
        }
        if cfg!(feature = "catalogue") && runs("catalogue") {
            stores.catalogue = Some(catalogue(settings, backends, system).boxed().await?);
        }
        if cfg!(feature = "cart") && runs("cart") {
            stores.cart = Some(patiently("Redis", || cart::Stores::redis(&backends.redis)).boxed().await?);
        }
        if cfg!(feature = "payment") && runs("payment") {
            let open = || MysqlPayments::open(&backends.mysql, system.clone());
            stores.payment = Some(Arc::new(patiently("MySQL", open).boxed().await?));
            stores.sandbox = SandboxPlace::of(settings, system).boxed().await?;
        }
        if cfg!(feature = "shipping") && runs("shipping") {
            stores.shipping = Some(patiently("MySQL", || shipping::Stores::mysql(&backends.mysql)).boxed().await?);
        }
        if cfg!(feature = "ratings") && runs("ratings") {
            stores.ratings = Some(patiently("MySQL", || ratings::Stores::mysql(&backends.mysql)).boxed().await?);
        }
        if cfg!(feature = "dispatch") && runs("dispatch") {
            let open = || {
                let writer = writer(settings, base_url, &links);
                dispatch::Stores::mysql(&backends.mysql, writer, system.clone())
            };
            stores.dispatch = Some(patiently("MySQL", open).boxed().await?);
        }
        Ok(stores)
    }
}

/// User's accounts and its keys.
///
/// # Errors
/// What cannot be opened or reached, and why.
pub async fn user_dependencies(
    settings: &Settings,
    backends: &Backends,
    secrets: &SecretFolder,
) -> Result<user::Dependencies, String> {
    let keys = user::Settings::new(secrets.session_key()?, secrets.refresh_key()?, settings.secure());
    let store = patiently("MongoDB", || user::MongoStore::open(&backends.mongo)).await?;
    let failures = user::RedisFailures::at(&backends.redis).map_err(|error| error.to_string())?;
    Ok(user::Dependencies { store: Arc::new(store), failures: Some(Arc::new(failures)), settings: keys })
}

/// The catalogue; its search index is kept in the data directory, and made anew when it is missing.
async fn catalogue(settings: &Settings, backends: &Backends, system: &SystemContext) -> Result<Catalogue, String> {
    let folder = &settings.options.data_dir;
    let open = || Catalogue::production(&backends.mongo, folder, system.clone(), first_shop(settings));
    patiently("MongoDB", open).await
}

/// The catalogue, for writing beside a shop that may be running.
///
/// # Errors
/// What cannot be opened or reached, and why.
pub async fn catalogue_beside(
    settings: &Settings,
    backends: &Backends,
    system: &SystemContext,
) -> Result<Catalogue, String> {
    let open = || Catalogue::beside_production(&backends.mongo, system.clone(), first_shop(settings));
    patiently("MongoDB", open).await
}
