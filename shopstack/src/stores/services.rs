//! The stores of the services that a process serves.

use super::backends::wait_for;
use super::{Backends, DataDir, OpenError, email_renderer, initial_shop};
use crate::sandbox_endpoint::SandboxEndpoint;
use crate::secrets::{SecretFolder, Secrets};
use crate::settings::Settings;
use catalogue::Catalogue;
use chassis::SystemContext;
use chassis::secret::SecretKey;
use contracts::payment::OrderLinks;
use events::Broker;
use futures::FutureExt;
use payment::store::PaymentStore;
use std::sync::Arc;

/// The stores of services, each `None` if the service does not run in this process.
pub struct ServiceStores {
    /// Accounts and sessions, with the keys of the user service.
    pub user: Option<user::Dependencies>,
    /// Products, stock and images.
    pub catalogue: Option<Catalogue>,
    pub cart: Option<cart::Stores>,
    pub payment: Option<Arc<dyn PaymentStore>>,
    /// The sandbox, if it is used.
    pub sandbox: Option<SandboxEndpoint>,
    /// Shipping quotes and shipments.
    pub shipping: Option<shipping::Stores>,
    pub ratings: Option<ratings::Stores>,
    pub dispatch: Option<dispatch::Stores>,
    /// The broker of events.
    pub broker: Arc<dyn Broker>,
    /// Signs the links in emails that open an order without a login.
    pub links: OrderLinks,
}

impl ServiceStores {
    pub(super) async fn embedded(
        data_dir: &DataDir,
        settings: &Settings,
        system: &SystemContext,
        base_url: &str,
    ) -> Result<Self, OpenError> {
        let secrets = Secrets::open(data_dir.path(), system)?;
        let links = OrderLinks::new(secrets.link_key);
        let renderer = email_renderer(settings, base_url, &links);
        // Concurrently, because each waits for the disk to flush its own file.
        let (user_store, catalogue, cart, payment, dispatch, broker, shipping, ratings) = tokio::try_join!(
            data_dir.accounts(),
            Catalogue::embedded(data_dir.path(), system.clone(), initial_shop(settings)),
            data_dir.cart(),
            data_dir.payments(system),
            data_dir.dispatch(renderer, system),
            data_dir.broker(),
            data_dir.shipping(),
            data_dir.ratings(),
        )?;
        let keys = user::Settings::new(secrets.session_key, secrets.refresh_key, settings.secure());
        Ok(Self {
            // A single process counts failed logins by itself. Only replicas need shared counters.
            user: Some(user::Dependencies { store: Arc::new(user_store), failures: None, settings: keys }),
            catalogue: Some(catalogue),
            cart: Some(cart),
            payment: Some(Arc::new(payment)),
            sandbox: SandboxEndpoint::open(settings, system).await?,
            shipping: Some(shipping),
            ratings: Some(ratings),
            dispatch: Some(dispatch),
            broker: Arc::new(broker),
            links,
        })
    }

    /// Opens the stores of the named services. Each block is behind its feature and its future is boxed, so that a
    /// program built for one service does not link the stores of the others: an async function's state machine embeds
    /// every future it may await.
    pub(super) async fn production(
        names: &[&'static str],
        settings: &Settings,
        backends: &Backends,
        secrets: &SecretFolder,
        system: &SystemContext,
        base_url: &str,
    ) -> Result<Self, OpenError> {
        let runs = |name: &str| names.contains(&name);
        let links = if runs("payment") || runs("dispatch") {
            OrderLinks::new(secrets.link_key()?)
        } else {
            // The other services sign no links and are not given the key, so a random one takes its place.
            OrderLinks::new(SecretKey::new(system.bytes()))
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
            broker: Arc::new(backends.broker()),
            links: links.clone(),
        };
        if cfg!(feature = "user") && runs("user") {
            stores.user = Some(user_dependencies(settings, backends, secrets).boxed().await?);
        }
        if cfg!(feature = "catalogue") && runs("catalogue") {
            let folder = &settings.options.data_dir;
            let open = || Catalogue::production(&backends.mongo, folder, system.clone(), initial_shop(settings));
            stores.catalogue = Some(wait_for("MongoDB", open).boxed().await?);
        }
        if cfg!(feature = "cart") && runs("cart") {
            stores.cart = Some(wait_for("Redis", || backends.cart()).boxed().await?);
        }
        if cfg!(feature = "payment") && runs("payment") {
            stores.payment = Some(Arc::new(wait_for("MySQL", || backends.payments(system)).boxed().await?));
            // Only payment talks to the gateway.
            stores.sandbox = SandboxEndpoint::open(settings, system).boxed().await?;
        }
        if cfg!(feature = "shipping") && runs("shipping") {
            stores.shipping = Some(wait_for("MySQL", || backends.shipping()).boxed().await?);
        }
        if cfg!(feature = "ratings") && runs("ratings") {
            stores.ratings = Some(wait_for("MySQL", || backends.ratings()).boxed().await?);
        }
        if cfg!(feature = "dispatch") && runs("dispatch") {
            let open = || backends.dispatch(email_renderer(settings, base_url, &links), system);
            stores.dispatch = Some(wait_for("MySQL", open).boxed().await?);
        }
        Ok(stores)
    }
}

/// The accounts on MongoDB, the shared counters of failed logins on Redis, and the keys of the user service.
pub(super) async fn user_dependencies(
    settings: &Settings,
    backends: &Backends,
    secrets: &SecretFolder,
) -> Result<user::Dependencies, OpenError> {
    let keys = user::Settings::new(secrets.session_key()?, secrets.refresh_key()?, settings.secure());
    let store = wait_for("MongoDB", || backends.accounts()).await?;
    // Redis is not waited for, because without it each replica limits logins by itself.
    let failures = user::RedisFailureCounter::new(&backends.redis)?;
    Ok(user::Dependencies { store: Arc::new(store), failures: Some(Arc::new(failures)), settings: keys })
}
