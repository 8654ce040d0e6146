//! Puts the services together: their stores, their ways to each other, and in one process the gateway in front.

mod house;
mod production;
pub mod sandbox;
mod stores;

pub use house::{BUILT, House, PROGRAM, SERVICES};
pub use production::{Backends, catalogue_beside, user_dependencies, variables};
pub use stores::{Stores, first_shop, writer};

use crate::openapi;
use crate::secrets::Secrets;
use crate::settings::Settings;
use axum::Router;
use catalogue::Catalogue;
use chassis::client::ServiceClient;
use chassis::transport::in_process;
use chassis::{Service, SystemContext};
use contracts::cart::CartClient;
use contracts::catalogue::CatalogueClient;
use contracts::payment::PaymentClient;
use contracts::shipping::ShippingClient;
use dispatch::mail::{FolderMailer, Mailer, SmtpMailer};
use futures::FutureExt;
use payment::GatewaySettings;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use user::Accounts;
use utoipa::openapi::OpenApi;

/// How long shutdown waits for what is under way.
const PATIENCE: Duration = Duration::from_secs(15);

impl House {
    /// Starts the services whose stores are there, in an order in which each finds the ones it calls.
    ///
    /// What is only for a service stands behind its feature, and what is waited for there is boxed: else a program built
    /// without the service would have its code all the same, since the state of this function could hold it.
    ///
    /// # Errors
    /// When they are put together wrongly.
    pub async fn start(&mut self, stores: Stores, settings: &Settings, base_url: &str) -> Result<(), String> {
        let Stores { user, catalogue, cart, payment, sandbox, shipping, ratings, dispatch, broker, links } = stores;
        if cfg!(feature = "user")
            && let Some(dependencies) = user
        {
            let service = user::start(self.service_context("user")?, dependencies).boxed().await?;
            self.started.push(service);
        }
        if cfg!(feature = "catalogue")
            && let Some(catalogue) = catalogue
        {
            let service = catalogue::start(self.service_context("catalogue")?, catalogue, Arc::clone(&broker))?;
            self.started.push(service);
        }
        if cfg!(feature = "shipping")
            && let Some(shipping::Stores { store, outbox }) = shipping
        {
            let mut choices = shipping::Settings::new(settings.country);
            if let Some(pace) = settings.carrier_pace {
                choices.carrier_pace = pace;
            }
            let dependencies = shipping::Dependencies { store, outbox, broker: Arc::clone(&broker), settings: choices };
            let service = shipping::start(self.service_context("shipping")?, dependencies).boxed().await?;
            self.started.push(service);
        }
        if cfg!(feature = "ratings")
            && let Some(ratings::Stores { store, inbox }) = ratings
        {
            let service_context = self.service_context("ratings")?;
            let catalogue = CatalogueClient(self.client(&service_context, "catalogue")?);
            let (broker, settings) = (Arc::clone(&broker), settings.ratings);
            let dependencies = ratings::Dependencies { store, inbox, broker, catalogue, settings };
            self.started.push(ratings::start(service_context, dependencies).boxed().await?);
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
            self.started.push(cart::start(service_context, dependencies)?);
        }
        if cfg!(feature = "payment")
            && let Some(store) = payment
        {
            let service_context = self.service_context("payment")?;
            let reach = sandbox.as_ref().map(|place| &place.reach);
            if let Some(here) = sandbox.as_ref().and_then(|place| place.here.clone()) {
                service_context.tasks.worker("sandbox", |stop| here.run(stop));
            }
            let dependencies = payment::Dependencies {
                store,
                broker: Arc::clone(&broker),
                cart: CartClient(self.client(&service_context, "cart")?),
                catalogue: CatalogueClient(self.client(&service_context, "catalogue")?),
                gateways: GatewaySettings::reach(&settings.gateways, reach, &self.system)?,
                sandbox: reach.map(|reach| reach.transport.clone()),
                links: links.clone(),
                base_url: base_url.to_owned(),
            };
            let service = payment::start(service_context, dependencies)?;
            if let Some(place) = &sandbox {
                place.deliver_to(in_process(service.router.clone(), service.tasks.clone()));
            }
            self.started.push(service);
        }
        if cfg!(feature = "dispatch")
            && let Some(dispatch::Stores { store, inbox }) = dispatch
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
                links,
                mailbox: settings.options.demo,
                settings: settings.dispatch.clone(),
            };
            self.started.push(dispatch::start(service_context, dependencies)?);
        }
        Ok(())
    }

    /// Starts web, which serves `openapi` as the description of the API.
    ///
    /// # Errors
    /// When it is put together wrongly.
    pub fn start_web(&mut self, openapi: String, base_url: &str) -> Result<(), String> {
        let service_context = self.service_context("web")?;
        let catalogue = CatalogueClient(self.client(&service_context, "catalogue")?);
        let template = web::storefront_template();
        let dependencies = web::Dependencies { catalogue, base_url: base_url.to_owned(), openapi, template };
        self.started.push(web::start(service_context, dependencies).map_err(|error| error.to_string())?);
        Ok(())
    }

    /// The public API of the services with these names, in one.
    ///
    /// # Errors
    /// When one of them does not run here.
    pub fn gateway(&self, names: &[&'static str], settings: &Settings) -> Result<Router, String> {
        let mut services = HashMap::new();
        for name in names {
            services.insert(*name, self.transport(name)?);
        }
        let health = self.started.iter().map(|service| (service.name, service.health.clone())).collect();
        Ok(web::edge(web::Upstreams { services, health }, settings.edge, self.system.clone()))
    }

    /// The services that run here, in the order they were started.
    pub fn into_services(mut self) -> Vec<Service> {
        // Served as one text; the trees it was made of are megabytes.
        for service in &mut self.started {
            service.openapi = OpenApi::default();
        }
        self.started
    }
}

/// Ends the workers of these services and waits for what is under way, the last started first. Says whether all came to
/// an end.
pub async fn shut_down(services: &[Service]) -> bool {
    let mut all = true;
    for service in services.iter().rev() {
        let ended = service.tasks.shut_down(PATIENCE).await;
        if !ended {
            tracing::warn!(service = service.name, "some work was cut off; it is taken up again at the next start");
        }
        all &= ended;
    }
    all
}

/// A whole shop, running in this process.
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

impl RunningShop {
    /// Opens the shop in the data directory and starts all services. `base_url` goes into letters and pages.
    ///
    /// # Errors
    /// What cannot be opened, and why.
    pub async fn open(settings: &Settings, system: &SystemContext, base_url: &str) -> Result<Self, String> {
        let secrets = Secrets::open(&settings.options.data_dir, system)?;
        let stores = Stores::embedded(settings, &secrets, system, base_url).await?;
        let (Some(user), Some(catalogue)) = (&stores.user, &stores.catalogue) else {
            return Err("a shop in one process has all its stores".to_owned());
        };
        let accounts = Accounts::new(Arc::clone(&user.store), &user.settings, system.clone())?;
        let catalogue = catalogue.clone();
        let mut house = House::of_one_process(system, &secrets.session_key)?;
        house.start(stores, settings, base_url).await?;
        let openapi = web::openapi_json(openapi::merged(&house.started)).map_err(|error| error.to_string())?;
        house.start_web(openapi, base_url)?;
        let ratings = ServiceClient::new("ratings", house.transport("ratings")?, house.identity(PROGRAM)?);
        let gateway = house.gateway(SERVICES, settings)?;
        Ok(Self { gateway, services: house.into_services(), accounts, catalogue, ratings })
    }

    /// Ends it; see [`shut_down`].
    pub async fn shut_down(self) -> bool {
        shut_down(&self.services).await
    }
}

fn mailer(settings: &Settings) -> Result<Arc<dyn Mailer>, String> {
    Ok(match &settings.smtp_url {
        Some(url) => Arc::new(SmtpMailer::new(url, &settings.mail_from)?),
        None => Arc::new(FolderMailer::new(&settings.options.data_dir.join("mail"), &settings.mail_from)),
    })
}
