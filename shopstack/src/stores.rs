//! Opens the stores of a shop. This is the only place that knows which service stores its data in which file or backend;
//! every command gets its stores from a [`StorageTarget`].

mod audit;
pub mod backends;
mod data_dir;
mod gateway_ledger;
mod migration;
mod services;

pub use audit::AuditStores;
pub use backends::Backends;
pub use data_dir::DataDir;
pub use gateway_ledger::{GatewayLedger, GatewayRecords};
pub use migration::migration_sources;
pub use services::ServiceStores;

use crate::data_dir_lock::DataDirLock;
use crate::sandbox_endpoint::SandboxError;
use crate::secrets::{SecretFolder, Secrets, SecretsError};
use crate::settings::{RemoteServices, Settings};
use catalogue::Catalogue;
use chassis::config::Environment;
use chassis::transport::Transport;
use chassis::{StoreError, SystemContext};
use contracts::catalogue::{Seller, Shop};
use contracts::payment::OrderLinks;
use dispatch::mail::EmailRenderer;
use dispatch::store::OrderStore;
use events::DeadLetters;
use futures::FutureExt;
use payment::store::PaymentStore;
use shipping::StaffShipments;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use user::Accounts;

/// The cause of an [`OpenError`] from a constructor of a service.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Stores that could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The data directory holds no shop.
    #[error("There is no shop in {}. Name its directory with --data-dir, or begin one with `shopstack up`.", .0.display())]
    NoShop(PathBuf),
    /// A backend did not answer within the time that a start waits for it.
    #[error("{backend} could not be reached within {seconds} s: {source}")]
    Unreachable {
        /// The backend's product name.
        backend: &'static str,
        /// The time waited, in seconds.
        seconds: u64,
        source: StoreError,
    },
    /// A backend answered, and its database cannot be used.
    #[error("{backend}: {source}")]
    Backend {
        /// The backend's product name.
        backend: &'static str,
        source: StoreError,
    },
    /// A service's part cannot be built from what was opened.
    #[error("cannot open {part}: {source}")]
    Part {
        /// The part, such as `the accounts`.
        part: &'static str,
        source: BoxError,
    },
    /// A store cannot be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The secrets cannot be read.
    #[error(transparent)]
    Secrets(#[from] SecretsError),
    /// The sandbox cannot be opened.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    /// The program was built for a single service, and the target needs all of them.
    #[error("This program was built for a single service. Use one with all services for a data directory.")]
    SingleService,
}

/// The place where a shop stores its data.
pub enum StorageTarget {
    /// The files of one process.
    DataDir(DataDir),
    /// The databases and the message broker that the environment names.
    Backends {
        /// The directory for what is rebuilt when it is missing: the search index, and the sandbox's ledger.
        data_dir: PathBuf,
        backends: Box<Backends>,
        /// The secrets of the services.
        secrets: SecretFolder,
    },
}

/// The orders of a shop, and the events that its services and its broker have given up on.
pub struct OrderStores {
    pub orders: Arc<dyn OrderStore>,
    /// The dead letters of all consumers, by the names of their queues, and those of the broker.
    pub dead_letters: Vec<(&'static str, Arc<dyn DeadLetters>)>,
}

impl StorageTarget {
    /// The shop in a data directory.
    pub fn data_dir(folder: &Path) -> Self {
        Self::DataDir(DataDir::new(folder))
    }

    /// Reads the shop on the backends that the environment names. Returns `None` if some cannot be used; `environment`
    /// then has the problems.
    pub fn backends(folder: &Path, environment: &mut Environment) -> Option<Self> {
        // Both are read before either is unwrapped, so that one report lists the problems of both.
        let (remote, backends) = (RemoteServices::read(environment), Backends::read(environment));
        let secrets = SecretFolder::at(&remote?.secrets);
        Some(Self::Backends { data_dir: folder.to_owned(), backends: Box::new(backends?), secrets })
    }

    /// Opens the stores of the named services, as a process that serves them needs them.
    ///
    /// # Errors
    /// [`OpenError`] if a store cannot be opened.
    pub async fn services(
        &self,
        names: &[&'static str],
        settings: &Settings,
        system: &SystemContext,
        base_url: &str,
    ) -> Result<ServiceStores, OpenError> {
        match self {
            // Boxed and behind the feature: the future of the data directory holds the code of all services.
            Self::DataDir(folder) if cfg!(feature = "shop") => {
                ServiceStores::embedded(folder, settings, system, base_url).boxed().await
            }
            Self::DataDir(_) => Err(OpenError::SingleService),
            // Not boxed as a whole: each block of `production` is boxed by itself.
            Self::Backends { backends, secrets, .. } => {
                ServiceStores::production(names, settings, backends, secrets, system, base_url).await
            }
        }
    }

    /// Returns false if no process serves this shop. Services on backends cannot be seen from here.
    pub fn may_be_running(&self) -> bool {
        match self {
            Self::DataDir(folder) => DataDirLock::is_held(folder.path()),
            Self::Backends { .. } => true,
        }
    }

    /// Refuses a data directory without any data, for commands that would create an empty shop there.
    ///
    /// # Errors
    /// [`OpenError::NoShop`] if there is none.
    pub fn require_data(&self) -> Result<(), OpenError> {
        match self {
            Self::DataDir(folder) => folder.require_data(),
            Self::Backends { .. } => Ok(()),
        }
    }

    /// Opens the accounts.
    ///
    /// # Errors
    /// [`OpenError`] if the store cannot be opened.
    pub async fn accounts(&self, system: &SystemContext) -> Result<Accounts, OpenError> {
        // Nobody logs in here, so the keys of sessions are not needed.
        let store: Arc<dyn user::Store> = match self {
            Self::DataDir(folder) => Arc::new(folder.accounts().await?),
            Self::Backends { backends, .. } => Arc::new(backends::wait_for("MongoDB", || backends.accounts()).await?),
        };
        accounts(&store, user::PasswordCost::default(), system)
    }

    /// Opens the catalogue without a search index, for writing to a shop that may be running.
    ///
    /// # Errors
    /// [`OpenError`] if a store cannot be opened.
    pub async fn catalogue(&self, settings: &Settings, system: &SystemContext) -> Result<Catalogue, OpenError> {
        let first_shop = initial_shop(settings);
        Ok(match self {
            Self::DataDir(folder) => {
                Catalogue::embedded_without_index(folder.path(), system.clone(), first_shop).await?
            }
            Self::Backends { backends, .. } => backends.catalogue_without_index(system, &first_shop).await?,
        })
    }

    /// Opens the payments.
    ///
    /// # Errors
    /// [`OpenError`] if the store cannot be opened.
    pub async fn payments(&self, system: &SystemContext) -> Result<Arc<dyn PaymentStore>, OpenError> {
        Ok(match self {
            Self::DataDir(folder) => Arc::new(folder.require_shop()?.payments(system).await?),
            Self::Backends { backends, .. } => Arc::new(backends.payments(system).await?),
        })
    }

    /// Opens the shipments, for staff.
    ///
    /// # Errors
    /// [`OpenError`] if the store cannot be opened.
    pub async fn shipments(&self, system: &SystemContext) -> Result<StaffShipments, OpenError> {
        let store = match self {
            Self::DataDir(folder) => folder.require_shop()?.shipping().await?.store,
            Self::Backends { backends, .. } => backends.shipping().await?.store,
        };
        Ok(StaffShipments { store, system: system.clone() })
    }

    /// Opens the orders and all dead letters. Emails that a change of an order causes link to the shop's public URL.
    ///
    /// # Errors
    /// [`OpenError`] if a store or the key of the links cannot be opened.
    pub async fn orders(&self, settings: &Settings, system: &SystemContext) -> Result<OrderStores, OpenError> {
        // A running shop knows the address it listens on; a command does not, so it assumes the default.
        let base_url = settings.public_url.clone().unwrap_or_else(|| "http://127.0.0.1:8080".to_owned());
        let renderer = |link_key| email_renderer(settings, &base_url, &OrderLinks::new(link_key));
        let (dispatch, cart, ratings, broker): (_, _, _, Arc<dyn DeadLetters>) = match self {
            Self::DataDir(folder) => {
                let renderer = renderer(Secrets::open(folder.require_shop()?.path(), system)?.link_key);
                let broker = Arc::new(folder.broker().await?);
                (folder.dispatch(renderer, system).await?, folder.cart().await?, folder.ratings().await?, broker)
            }
            Self::Backends { backends, secrets, .. } => {
                let renderer = renderer(secrets.link_key()?);
                let broker = Arc::new(backends.broker());
                (backends.dispatch(renderer, system).await?, backends.cart().await?, backends.ratings().await?, broker)
            }
        };
        let dead_letters: Vec<(_, Arc<dyn DeadLetters>)> = vec![
            ("dispatch", dispatch.inbox),
            ("cart", cart.inbox),
            ("ratings", ratings.inbox),
            (events::api::BROKER, broker),
        ];
        Ok(OrderStores { orders: dispatch.store, dead_letters })
    }

    /// Opens all stores that an audit reads. The sandbox's ledger is read from `gateway` if given, else from the data
    /// directory if it is there.
    ///
    /// # Errors
    /// [`OpenError`] if a store cannot be opened.
    pub async fn audit(&self, gateway: Option<Transport>, system: &SystemContext) -> Result<AuditStores, OpenError> {
        Ok(match self {
            Self::DataDir(folder) => AuditStores::embedded(folder.require_shop()?, gateway, system).await?,
            Self::Backends { data_dir, backends, .. } => {
                AuditStores::production(backends, data_dir, gateway, system).await?
            }
        })
    }
}

/// The accounts of the user service, for use in this process.
///
/// # Errors
/// [`OpenError::Part`] if the settings of password hashing cannot be used.
pub fn accounts(
    store: &Arc<dyn user::Store>,
    password_cost: user::PasswordCost,
    system: &SystemContext,
) -> Result<Accounts, OpenError> {
    Accounts::new(Arc::clone(store), password_cost, system.clone())
        .map_err(|error| OpenError::Part { part: "the accounts", source: error.into() })
}

/// The settings that a shop begins with. They are stored at the first start, and changed by API afterwards.
pub fn initial_shop(settings: &Settings) -> Shop {
    Shop {
        name: settings.shop_name.clone(),
        currency: settings.currency,
        locale: "en".to_owned(),
        country: settings.country,
        prices_include_tax: !settings.options.demo,
        seller: demo_seller(settings),
        demo: settings.options.demo,
    }
}

/// Returns the seller on the documents of a demonstration, which names itself as one.
fn demo_seller(settings: &Settings) -> Option<Seller> {
    let name = settings.shop_name.parse().ok().filter(|_| settings.options.demo)?;
    let address = ["A demonstration of ShopStack", "1 Example Street"].iter().filter_map(|line| line.parse().ok());
    Some(Seller { name, address: address.collect(), tax_id: None })
}

/// The renderer of emails whose links begin with `base_url`.
fn email_renderer(settings: &Settings, base_url: &str, links: &OrderLinks) -> EmailRenderer {
    EmailRenderer {
        shop: settings.shop_name.clone().into(),
        base_url: base_url.to_owned(),
        links: links.clone(),
        merchant: settings.dispatch.shop_email.clone(),
        webhook: settings.dispatch.webhook_url.clone(),
    }
}
