//! Puts the services together: gives each its stores and its clients of the others, and in one process the edge in front.

mod registry;

pub use registry::ServiceRegistry;

use crate::openapi;
use crate::service_names::{PROGRAM, SERVICES};
use crate::settings::Settings;
use crate::stores::{BoxError, OpenError, ServiceStores, StorageTarget, accounts};
use axum::Router;
use catalogue::Catalogue;
use chassis::client::ServiceClient;
use chassis::telemetry::{Metrics, Tracing};
use chassis::transport::{RemoteError, in_process, remote};
use chassis::{Service, StoreError, SystemContext};
use contracts::cart::CartClient;
use contracts::catalogue::CatalogueClient;
use contracts::payment::PaymentClient;
use contracts::shipping::ShippingClient;
use dispatch::mail::{FolderSender, MessageSender, SmtpSender, WebhookSender};
use futures::FutureExt;
use payment::GatewaySettings;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use user::Accounts;
use utoipa::openapi::OpenApi;

/// The time that a shutdown gives each service to finish its requests and tasks.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(15);

/// Services that could not be put together.
#[derive(Debug, thiserror::Error)]
pub enum ComposeError {
    /// A service, or something that only this service needs, could not be started.
    #[error("cannot start {service}: {source}")]
    Start { service: &'static str, source: BoxError },
    /// No key is known with which the caller could sign its calls.
    #[error("There is no key for {0}. Create it with `shopstack secrets`.")]
    MissingKey(&'static str),
    /// The address of a service is not configured, and it does not run in this process.
    #[error("The address of the service {0} is not configured.")]
    UnknownService(&'static str),
    /// The list of services to run is empty.
    #[error("No service was named to run.")]
    NoService,
    /// The address of a service cannot be used.
    #[error(transparent)]
    Remote(#[from] RemoteError),
    /// A signing key cannot be generated.
    #[error(transparent)]
    Key(#[from] StoreError),
    /// The stores cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The OpenAPI document cannot be serialised.
    #[error("the OpenAPI document: {0}")]
    OpenApi(#[from] serde_json::Error),
}

impl ComposeError {
    fn start<E: Into<BoxError>>(service: &'static str) -> impl FnOnce(E) -> Self {
        move |error| Self::Start { service, source: error.into() }
    }
}

impl ServiceRegistry {
    /// Starts the services whose stores were opened, in an order in which each finds the ones it calls.
    ///
    /// Each block is behind its feature, and its futures are boxed: else a program built without the service would link
    /// its code all the same, since this function's state machine embeds every future that it may await.
    ///
    /// # Errors
    /// [`ComposeError`] if a service cannot be started.
    pub async fn start(
        &mut self,
        stores: ServiceStores,
        settings: &Settings,
        base_url: &str,
    ) -> Result<(), ComposeError> {
        let ServiceStores { user, catalogue, cart, payment, sandbox, shipping, ratings, dispatch, broker, links } =
            stores;
        if cfg!(feature = "user")
            && let Some(dependencies) = user
        {
            let started = user::start(self.service_context("user")?, dependencies).boxed().await;
            self.add(started.map_err(ComposeError::start("user"))?);
        }
        if cfg!(feature = "catalogue")
            && let Some(catalogue) = catalogue
        {
            let started = catalogue::start(self.service_context("catalogue")?, catalogue, Arc::clone(&broker));
            self.add(started.map_err(ComposeError::start("catalogue"))?);
        }
        if cfg!(feature = "shipping")
            && let Some(shipping::Stores { store, outbox }) = shipping
        {
            let dependencies = shipping::Dependencies {
                store,
                outbox,
                broker: Arc::clone(&broker),
                carriers: settings.carrier.carriers().map_err(ComposeError::start("shipping"))?,
                settings: shipping::Settings {
                    webhook_secrets: settings.carrier.webhook_secrets.clone(),
                    ..shipping::Settings::new(settings.country)
                },
            };
            let started = shipping::start(self.service_context("shipping")?, dependencies).boxed().await;
            self.add(started.map_err(ComposeError::start("shipping"))?);
        }
        if cfg!(feature = "ratings")
            && let Some(ratings::Stores { store, inbox }) = ratings
        {
            // Ratings checks with the catalogue that a reviewed product exists.
            let service_context = self.service_context("ratings")?;
            let catalogue = CatalogueClient(self.client(&service_context, "catalogue")?);
            let (broker, settings) = (Arc::clone(&broker), settings.ratings);
            let dependencies = ratings::Dependencies { store, inbox, broker, catalogue, settings };
            let started = ratings::start(service_context, dependencies).boxed().await;
            self.add(started.map_err(ComposeError::start("ratings"))?);
        }
        if cfg!(feature = "cart")
            && let Some(cart::Stores { store, inbox }) = cart
        {
            let service_context = self.service_context("cart")?;
            let dependencies = cart::Dependencies {
                store,
                inbox,
                broker: Arc::clone(&broker),
                catalogue: CatalogueClient(self.client(&service_context, "catalogue")?),
                shipping: ShippingClient(self.client(&service_context, "shipping")?),
            };
            self.add(cart::start(service_context, dependencies).map_err(ComposeError::start("cart"))?);
        }
        if cfg!(feature = "payment")
            && let Some(store) = payment
        {
            let service_context = self.service_context("payment")?;
            let connection = sandbox.as_ref().map(|endpoint| &endpoint.connection);
            // The worker that sends webhooks stops with payment, which receives them.
            if let Some(local) = sandbox.as_ref().and_then(|endpoint| endpoint.local.clone()) {
                service_context.tasks.worker("sandbox", |stop| local.run(stop));
            }
            let gateways = GatewaySettings::connect(&settings.gateways, connection, self.system());
            let dependencies = payment::Dependencies {
                store,
                broker: Arc::clone(&broker),
                cart: CartClient(self.client(&service_context, "cart")?),
                catalogue: CatalogueClient(self.client(&service_context, "catalogue")?),
                gateways: gateways.map_err(ComposeError::start("payment"))?,
                sandbox: connection.map(|connection| connection.transport.clone()),
                links: links.clone(),
                base_url: base_url.to_owned(),
            };
            let service = payment::start(service_context, dependencies).map_err(ComposeError::start("payment"))?;
            // Only now is there a router that can receive webhooks.
            if let Some(endpoint) = &sandbox {
                endpoint.deliver_webhooks_to(in_process(service.router.clone(), service.tasks.clone()));
            }
            self.add(service);
        }
        if cfg!(feature = "dispatch")
            && let Some(dispatch::Stores { store, inbox, content }) = dispatch
        {
            let service_context = self.service_context("dispatch")?;
            let dependencies = dispatch::Dependencies {
                store,
                inbox,
                broker,
                catalogue: CatalogueClient(self.client(&service_context, "catalogue")?),
                payment: PaymentClient(self.client(&service_context, "payment")?),
                shipping: ShippingClient(self.client(&service_context, "shipping")?),
                mailer: mailer(settings)?,
                webhooks: webhook_sender(settings, &service_context.system)?,
                content,
                links,
                // Anyone may read the mailbox, so it exists only in demo shops.
                mailbox: settings.options.demo,
                settings: settings.dispatch.clone(),
            };
            self.add(dispatch::start(service_context, dependencies).map_err(ComposeError::start("dispatch"))?);
        }
        Ok(())
    }

    /// Starts web, which serves `openapi` as the document of the whole API.
    ///
    /// # Errors
    /// [`ComposeError`] if web cannot be started.
    pub fn start_web(&mut self, openapi: String, settings: &Settings, base_url: &str) -> Result<(), ComposeError> {
        let service_context = self.service_context("web")?;
        let catalogue = CatalogueClient(self.client(&service_context, "catalogue")?);
        let ratings = self.client(&service_context, "ratings")?;
        let (template, rendering, admin) = (web::storefront_template(), web::storefront_rendering(), web::admin_page());
        // Only the API of Robot Shop calls more services than these.
        let robot_shop = match settings.robot_shop.clone() {
            Some(settings) => {
                let clients = web::RobotShopClients {
                    catalogue: catalogue.clone(),
                    shipping: ShippingClient(self.client(&service_context, "shipping")?),
                    user: self.client(&service_context, "user")?,
                    cart: self.client(&service_context, "cart")?,
                    payment: self.client(&service_context, "payment")?,
                    ratings: ratings.clone(),
                    dispatch: self.client(&service_context, "dispatch")?,
                };
                Some((settings, clients))
            }
            None => None,
        };
        let base_url = base_url.to_owned();
        let feed = settings.feed.clone();
        let dependencies =
            web::Dependencies { catalogue, ratings, feed, base_url, openapi, template, rendering, admin, robot_shop };
        self.add(web::start(service_context, dependencies).map_err(ComposeError::start("web"))?);
        Ok(())
    }

    /// The edge: one router with the public API of the named services.
    ///
    /// # Errors
    /// [`ComposeError::UnknownService`] if one of them does not run here and its address is not configured.
    pub fn edge(&self, names: &[&'static str], settings: &Settings) -> Result<Router, ComposeError> {
        let mut services = HashMap::new();
        for name in names {
            services.insert(*name, self.transport(name)?);
        }
        let health = self.services().iter().map(|service| (service.name, service.health.clone())).collect();
        Ok(web::edge(web::Upstreams { services, health }, settings.edge, self.metrics()))
    }
}

/// Stops the workers of these services and waits for running tasks, the last started first, because the earlier ones are
/// called by the later ones. Returns true if all ended in time.
pub async fn shut_down(services: &[Service]) -> bool {
    let mut all = true;
    for service in services.iter().rev() {
        // Each service has the full timeout, since the last ones are usually idle.
        let ended = service.tasks.shut_down(SHUTDOWN_TIMEOUT).await;
        if !ended {
            tracing::warn!(services = service.name, "some tasks were cut off; they are resumed at the next start");
        }
        all &= ended;
    }
    all
}

/// A whole shop, running in this process.
pub struct RunningShop {
    /// The router of the public API and the storefront.
    pub edge: Router,
    /// The services, in the order in which they were started.
    pub services: Vec<Service>,
    /// The metrics of the process and of the edge.
    pub metrics: Metrics,
    pub accounts: Accounts,
    pub catalogue: Catalogue,
    /// A client of ratings that calls it as the program itself.
    pub ratings: ServiceClient,
}

impl RunningShop {
    /// Opens the shop in the data directory and starts all services. Links in emails and pages begin with `base_url`.
    ///
    /// # Errors
    /// [`ComposeError`] if a store cannot be opened or a service cannot be started.
    pub async fn open(
        settings: &Settings,
        system: &SystemContext,
        tracing: &Tracing,
        base_url: &str,
    ) -> Result<Self, ComposeError> {
        let target = StorageTarget::data_dir(&settings.options.data_dir);
        let stores = target.services(SERVICES, settings, system, base_url).await?;
        let (Some(user), Some(catalogue)) = (&stores.user, &stores.catalogue) else {
            return Err(ComposeError::NoService);
        };
        let (accounts, catalogue) = (accounts(&user.store, user.settings.password_cost, system)?, catalogue.clone());
        let mut registry = ServiceRegistry::single_process(system, tracing, &user.settings.session_key)?;
        registry.start(stores, settings, base_url).await?;
        // Before web starts, because web serves the document; its own operations are merged by `openapi_json`.
        let document = web::openapi_json(openapi::merged(registry.services()))?;
        registry.start_web(document, settings, base_url)?;
        let ratings = ServiceClient::new("ratings", registry.transport("ratings")?, registry.identity(PROGRAM)?);
        let edge = registry.edge(SERVICES, settings)?;
        let metrics = registry.metrics().clone();
        Ok(Self { edge, services: into_services(registry), metrics, accounts, catalogue, ratings })
    }

    /// Stops all services; see [`shut_down`].
    pub async fn shut_down(self) -> bool {
        shut_down(&self.services).await
    }
}

/// The running services, without their parts of the OpenAPI document: web serves it as one text, and the trees it was
/// made from take megabytes.
pub fn into_services(registry: ServiceRegistry) -> Vec<Service> {
    let mut services = registry.into_services();
    for service in &mut services {
        service.openapi = OpenApi::default();
    }
    services
}

/// The sender of webhooks to the merchant's program, if there is one.
fn webhook_sender(settings: &Settings, system: &SystemContext) -> Result<Option<Arc<dyn MessageSender>>, ComposeError> {
    let webhook = settings.dispatch.webhook().map_err(ComposeError::start("dispatch"))?;
    let Some(webhook) = webhook else { return Ok(None) };
    let transport = remote(webhook.url.origin(), system.clone())?;
    Ok(Some(Arc::new(WebhookSender::new(transport, webhook, system.clone()))))
}

fn mailer(settings: &Settings) -> Result<Arc<dyn MessageSender>, ComposeError> {
    Ok(match &settings.smtp_url {
        Some(url) => Arc::new(SmtpSender::new(url, &settings.mail_from).map_err(ComposeError::start("dispatch"))?),
        None => Arc::new(FolderSender::new(&settings.options.data_dir.join("mail"), &settings.mail_from)),
    })
}
