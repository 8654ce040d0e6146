//! What the services keep, opened from a data directory: each in a file of its own.

use super::sandbox::SandboxPlace;
use crate::secrets::Secrets;
use crate::settings::Settings;
use catalogue::Catalogue;
use chassis::{SystemContext, StoreError};
use contracts::catalogue::Shop;
use contracts::events::TOPOLOGY;
use contracts::payment::OrderLinks;
use dispatch::mail::Writer;
use events::{Broker, broker::EmbeddedBroker};
use payment::store::{PaymentStore, SqlitePayments};
use std::sync::Arc;

/// What the services keep; `None` for a service that does not run in this process.
pub struct Stores {
    /// Accounts and sessions.
    pub user: Option<user::Dependencies>,
    /// Products, stock, pictures.
    pub catalogue: Option<Catalogue>,
    /// Carts.
    pub cart: Option<cart::Stores>,
    /// Payments.
    pub payment: Option<Arc<dyn PaymentStore>>,
    /// The sandbox, where it is used.
    pub sandbox: Option<SandboxPlace>,
    /// Places, quotes, parcels.
    pub shipping: Option<shipping::Stores>,
    /// Reviews.
    pub ratings: Option<ratings::Stores>,
    /// Orders.
    pub dispatch: Option<dispatch::Stores>,
    /// Events on their way.
    pub broker: Arc<dyn Broker>,
    /// What opens orders without logging in.
    pub links: OrderLinks,
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

/// Who writes letters, with links that begin with `base_url`.
pub fn writer(settings: &Settings, base_url: &str, links: &OrderLinks) -> Writer {
    Writer { shop: settings.shop_name.clone(), base_url: base_url.to_owned(), links: links.clone() }
}

impl Stores {
    /// Opens everything in the data directory.
    ///
    /// # Errors
    /// What cannot be opened, and why.
    pub async fn embedded(
        settings: &Settings,
        secrets: &Secrets,
        system: &SystemContext,
        base_url: &str,
    ) -> Result<Self, String> {
        let folder = &settings.options.data_dir;
        let links = OrderLinks::new(secrets.link_key.clone());
        let writer = writer(settings, base_url, &links);
        let file = |name: &str| folder.join(name);
        // Side by side: each waits for its own file.
        let (user_store, catalogue, cart, payment, dispatch, broker, shipping, ratings) = tokio::try_join!(
            async { user::SqliteStore::open(&file("user.db")).await },
            Catalogue::embedded(folder, system.clone(), first_shop(settings)),
            async { cart::Stores::embedded(&file("cart.db")).await },
            async { SqlitePayments::open(&file("payment.db"), system.clone()).await },
            async { dispatch::Stores::embedded(&file("dispatch.db"), writer, system.clone()).await },
            async { EmbeddedBroker::open(&file("broker.db"), TOPOLOGY).await },
            async { shipping::Stores::embedded(&file("shipping.db")).await },
            async { ratings::Stores::embedded(&file("ratings.db")).await },
        )
        .map_err(|error: StoreError| error.to_string())?;
        let user_settings =
            user::Settings::new(secrets.session_key.clone(), secrets.refresh_key.clone(), settings.secure());
        Ok(Self {
            user: Some(user::Dependencies { store: Arc::new(user_store), failures: None, settings: user_settings }),
            catalogue: Some(catalogue),
            cart: Some(cart),
            payment: Some(Arc::new(payment)),
            sandbox: SandboxPlace::of(settings, system).await?,
            shipping: Some(shipping),
            ratings: Some(ratings),
            dispatch: Some(dispatch),
            broker: Arc::new(broker),
            links,
        })
    }
}
