//! Eight services in one process: their stores, their ways to each other, and the gateway in front.

use crate::openapi;
use crate::secrets::Secrets;
use crate::settings::Settings;
use axum::Router;
use cart::store::SqliteCarts;
use catalogue::Catalogue;
use chassis::auth::{JwkSet, KeySet, ServiceIdentity, ServiceKeys, SigningKey, Verifier};
use chassis::client::ServiceClient;
use chassis::transport::{Transport, in_process};
use chassis::{Foundation, Service, Sources};
use contracts::cart::CartClient;
use contracts::catalogue::{CatalogueClient, Shop};
use contracts::events::TOPOLOGY;
use contracts::payment::{OrderLinks, PaymentClient};
use contracts::shipping::ShippingClient;
use dispatch::mail::{FolderMailer, Mailer, SmtpMailer, Writer};
use dispatch::store::SqliteOrders;
use events::{Broker, broker::EmbeddedBroker};
use payment::gateway::sandbox::{Sandbox, SandboxLedger};
use payment::store::SqlitePayments;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use user::Accounts;
use utoipa::openapi::OpenApi;

const SERVICES: &[&str] = &["user", "catalogue", "cart", "payment", "shipping", "ratings", "dispatch", "web"];
/// How long shutdown waits for what is under way.
const PATIENCE: Duration = Duration::from_secs(15);

/// What the shop keeps, opened from its data directory.
pub struct Stores {
    /// Accounts.
    pub accounts: Accounts,
    /// Products, stock, pictures.
    pub catalogue: Catalogue,
    /// Carts.
    pub carts: SqliteCarts,
    /// Payments.
    pub payments: SqlitePayments,
    /// The sandbox's own books, where it is allowed.
    pub sandbox: Option<SandboxLedger>,
    /// Orders.
    pub orders: SqliteOrders,
    /// Events on their way.
    pub broker: EmbeddedBroker,
    user_store: Arc<user::SqliteStore>,
    user_settings: user::Settings,
    shipping: shipping::Embedded,
    ratings: ratings::Embedded,
    secrets: Secrets,
}

/// The settings of a shop that has none yet.
pub fn first_shop(settings: &Settings) -> Shop {
    Shop {
        name: settings.shop_name.clone(),
        currency: settings.currency,
        locale: "en".to_owned(),
        country: settings.country,
        prices_include_tax: !settings.options.demo,
        demo: settings.options.demo,
    }
}

impl Stores {
    /// Opens everything; `base_url` goes into letters.
    ///
    /// # Errors
    /// What cannot be opened, and why.
    pub async fn open(settings: &Settings, sources: &Sources, base_url: &str) -> Result<Self, String> {
        let folder = &settings.options.data_dir;
        let told = |error: chassis::StoreError| error.to_string();
        let secrets = Secrets::open(folder, sources)?;
        let user_settings =
            user::Settings::new(secrets.session_key.clone(), secrets.refresh_key.clone(), settings.secure());
        let writer = Writer {
            shop: settings.shop_name.clone(),
            base_url: base_url.to_owned(),
            links: OrderLinks::new(secrets.link_key.clone()),
        };
        // Side by side: each waits for its own file.
        let (user_store, catalogue, carts, payments, orders, broker, shipping, ratings) = tokio::try_join!(
            async { user::SqliteStore::open(&folder.join("user.db")).await.map_err(told) },
            async { Catalogue::embedded(folder, sources.clone(), first_shop(settings)).await.map_err(told) },
            async { SqliteCarts::open(&folder.join("cart.db")).await.map_err(told) },
            async { SqlitePayments::open(&folder.join("payment.db"), sources.clone()).await.map_err(told) },
            async { SqliteOrders::open(&folder.join("dispatch.db"), writer, sources.clone()).await.map_err(told) },
            async { EmbeddedBroker::open(&folder.join("broker.db"), TOPOLOGY).await.map_err(told) },
            async { shipping::embedded(&folder.join("shipping.db")).await.map_err(told) },
            async { ratings::open_embedded(&folder.join("ratings.db")).await.map_err(told) },
        )?;
        let sandbox = if settings.sandbox {
            Some(SandboxLedger::open(&folder.join("sandbox-gateway.db")).await.map_err(told)?)
        } else {
            None
        };
        let user_store = Arc::new(user_store);
        let accounts = Accounts::new(user_store.clone(), &user_settings, sources.clone())?;
        Ok(Self {
            accounts,
            catalogue,
            carts,
            payments,
            sandbox,
            orders,
            broker,
            user_store,
            user_settings,
            shipping,
            ratings,
            secrets,
        })
    }
}

/// A running shop.
pub struct RunningShop {
    /// The way in.
    pub gateway: Router,
    /// The services, in the order they were started.
    pub services: Vec<Service>,
    /// Its accounts.
    pub accounts: Accounts,
    /// Its catalogue.
    pub catalogue: Catalogue,
    /// A client that speaks for the program itself.
    pub ratings: ServiceClient,
}

/// What services are built with, and how each finds the others.
struct House {
    sources: Sources,
    keys: HashMap<&'static str, SigningKey>,
    callers: ServiceKeys,
    session_keys: KeySet,
    started: Vec<Service>,
}

impl House {
    fn new(sources: &Sources, session_key: &SigningKey) -> Result<Self, String> {
        let mut keys = HashMap::new();
        for name in SERVICES.iter().chain(&["shopstack"]) {
            keys.insert(*name, SigningKey::generate(sources).map_err(|error| error.to_string())?);
        }
        let callers = ServiceKeys::new(keys.iter().map(|(name, key)| (*name, key)), sources.clone());
        let session_keys = KeySet::fixed(&JwkSet { keys: vec![session_key.jwk()] });
        Ok(Self { sources: sources.clone(), keys, callers, session_keys, started: Vec::new() })
    }

    fn foundation(&self, name: &'static str) -> Result<Foundation, String> {
        let identity = self.identity(name)?;
        let verifier = Verifier::new(self.session_keys.clone(), self.sources.clone());
        Ok(Foundation::new(self.sources.clone(), name, identity, verifier, self.callers.clone()))
    }

    fn identity(&self, name: &'static str) -> Result<ServiceIdentity, String> {
        let key = self.keys.get(name).ok_or_else(|| format!("no service is called {name}"))?;
        Ok(ServiceIdentity::new(name, key.clone(), self.sources.clone()))
    }

    fn transport(&self, callee: &'static str) -> Result<Transport, String> {
        let service = self.started.iter().find(|service| service.name == callee);
        let service = service.ok_or_else(|| format!("{callee} is called before it is started"))?;
        Ok(in_process(service.router.clone(), service.tasks.clone()))
    }

    fn client(&self, caller: &Foundation, callee: &'static str) -> Result<ServiceClient, String> {
        Ok(caller.client(callee, self.transport(callee)?))
    }
}

impl RunningShop {
    /// Starts all services over their stores.
    ///
    /// # Errors
    /// When they are put together wrongly.
    pub async fn start(stores: Stores, settings: &Settings, sources: &Sources, base_url: &str) -> Result<Self, String> {
        let mut house = House::new(sources, &stores.secrets.session_key)?;
        let broker: Arc<dyn Broker> = Arc::new(stores.broker.clone());
        let links = OrderLinks::new(stores.secrets.link_key.clone());

        let user = house.foundation("user")?;
        let dependencies =
            user::Dependencies { store: stores.user_store.clone(), settings: stores.user_settings.clone() };
        house.started.push(user::start(user, dependencies).await?);

        let foundation = house.foundation("catalogue")?;
        house.started.push(catalogue::start(foundation, stores.catalogue.clone())?);

        let foundation = house.foundation("shipping")?;
        let mut shipping_settings = shipping::Settings::new(settings.country);
        if let Some(pace) = settings.carrier_pace {
            shipping_settings.carrier_pace = pace;
        }
        let dependencies = shipping::Dependencies {
            store: stores.shipping.store.clone(),
            outbox: stores.shipping.outbox.clone(),
            broker: Arc::clone(&broker),
            settings: shipping_settings,
        };
        house.started.push(shipping::start(foundation, dependencies).await?);

        let foundation = house.foundation("ratings")?;
        let catalogue = CatalogueClient(house.client(&foundation, "catalogue")?);
        let ratings::Embedded { store, inbox } = stores.ratings;
        let dependencies =
            ratings::Dependencies { store, inbox, broker: Arc::clone(&broker), catalogue, settings: settings.ratings };
        house.started.push(ratings::start(foundation, dependencies).await?);

        let foundation = house.foundation("cart")?;
        let dependencies = cart::Dependencies {
            inbox: Arc::new(stores.carts.inbox()),
            store: Arc::new(stores.carts),
            broker: Arc::clone(&broker),
            catalogue: CatalogueClient(house.client(&foundation, "catalogue")?),
            shipping: ShippingClient(house.client(&foundation, "shipping")?),
        };
        house.started.push(cart::start(foundation, dependencies)?);

        let foundation = house.foundation("payment")?;
        let dependencies = payment::Dependencies {
            outbox: Arc::new(stores.payments.outbox()),
            store: Arc::new(stores.payments),
            broker: Arc::clone(&broker),
            cart: CartClient(house.client(&foundation, "cart")?),
            catalogue: CatalogueClient(house.client(&foundation, "catalogue")?),
            sandbox: stores.sandbox.map(|ledger| Sandbox::new(ledger, sources.clone())),
            links: links.clone(),
        };
        house.started.push(payment::start(foundation, dependencies)?);

        let foundation = house.foundation("dispatch")?;
        let dependencies = dispatch::Dependencies {
            inbox: Arc::new(stores.orders.inbox()),
            outbox: Arc::new(stores.orders.outbox()),
            store: Arc::new(stores.orders),
            broker,
            catalogue: CatalogueClient(house.client(&foundation, "catalogue")?),
            payment: PaymentClient(house.client(&foundation, "payment")?),
            shipping: ShippingClient(house.client(&foundation, "shipping")?),
            mailer: mailer(settings)?,
            links,
            mailbox: settings.options.demo,
        };
        house.started.push(dispatch::start(foundation, dependencies)?);

        let foundation = house.foundation("web")?;
        let dependencies = web::Dependencies {
            catalogue: CatalogueClient(house.client(&foundation, "catalogue")?),
            base_url: base_url.to_owned(),
            openapi: openapi::merged(&house.started),
        };
        house.started.push(web::start(foundation, dependencies)?);
        // Served as one text from now on; the trees it was made of are megabytes.
        for service in &mut house.started {
            service.openapi = OpenApi::default();
        }

        Self::behind_gateway(house, stores.accounts, stores.catalogue)
    }

    fn behind_gateway(house: House, accounts: Accounts, catalogue: Catalogue) -> Result<Self, String> {
        let mut services = HashMap::new();
        for name in SERVICES {
            services.insert(*name, house.transport(name)?);
        }
        let health = house.started.iter().map(|service| (service.name, service.health.clone())).collect();
        let ratings = ServiceClient::new("ratings", house.transport("ratings")?, house.identity("shopstack")?);
        let gateway = web::gateway(web::Houses { services, health });
        Ok(Self { gateway, services: house.started, accounts, catalogue, ratings })
    }

    /// Ends the workers and waits for what is under way, the last started first. Says whether all came to an end.
    pub async fn shut_down(self) -> bool {
        let mut all = true;
        for service in self.services.iter().rev() {
            let ended = service.tasks.shut_down(PATIENCE).await;
            if !ended {
                tracing::warn!(service = service.name, "some work was cut off; it is taken up again at the next start");
            }
            all &= ended;
        }
        all
    }
}

fn mailer(settings: &Settings) -> Result<Arc<dyn Mailer>, String> {
    Ok(match &settings.smtp_url {
        Some(url) => Arc::new(SmtpMailer::new(url, &settings.mail_from)?),
        None => Arc::new(FolderMailer::new(&settings.options.data_dir.join("mail"), &settings.mail_from)),
    })
}
