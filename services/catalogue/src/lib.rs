//! Catalogue: products, categories, search, prices, taxes, promotions, pictures, and stock with its reservations.

mod access;
mod api;
mod catalogue;
pub mod export;
pub mod import;
mod media;
pub mod images;
pub mod product;
mod sanitise;
pub mod search;
pub mod stock;
pub mod store;

pub use catalogue::{Catalogue, STANDARD};
pub use media::Media;

use chassis::idempotency::RETENTION;
use chassis::{ServiceContext, Service, SystemContext, StoreError, mongo};
use contracts::catalogue::Shop;
use events::{Broker, Relay};
use jiff::Timestamp;
use images::{Fetcher, Reach};
use search::SearchIndex;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use store::{
    GridFsImages, MongoProducts, MongoStock, ImageFolder, ProductStore, SqliteProducts, SqliteStock, StockStore,
};
use tokio_util::sync::CancellationToken;

/// Routes that take more than a megabyte.
const LARGE_BODIES: &[(&str, usize)] = &[("/api/v1/images", media::LARGEST), ("/api/v1/products/{handle}", 8 << 20)];

impl Catalogue {
    /// Catalogue over SQLite files, an index and a folder of pictures below `folder`. `first_shop` becomes the settings
    /// of a shop that has none; its currency is the shop's for ever.
    ///
    /// # Errors
    /// When a file cannot be opened.
    pub async fn embedded(folder: &Path, system: SystemContext, first_shop: Shop) -> Result<Self, StoreError> {
        Self::with_index(Stores::embedded(folder, &system).await?, folder, system, first_shop).await
    }

    /// Catalogue over MongoDB, with an index of this replica's own below `folder`.
    ///
    /// # Errors
    /// When MongoDB cannot be reached, or the index cannot be opened.
    pub async fn production(
        address: &mongo::ConnectionSettings,
        folder: &Path,
        system: SystemContext,
        first_shop: Shop,
    ) -> Result<Self, StoreError> {
        Self::with_index(Stores::mongo(address, &system).await?, folder, system, first_shop).await
    }

    /// Catalogue over the same files, for writing beside a shop that may be running: the index belongs to that one, which
    /// follows what is written here.
    ///
    /// # Errors
    /// When a file cannot be opened.
    pub async fn beside(folder: &Path, system: SystemContext, first_shop: Shop) -> Result<Self, StoreError> {
        Self::without_index(Stores::embedded(folder, &system).await?, system, first_shop).await
    }

    /// The same over MongoDB.
    ///
    /// # Errors
    /// When MongoDB cannot be reached.
    pub async fn beside_production(
        address: &mongo::ConnectionSettings,
        system: SystemContext,
        first_shop: Shop,
    ) -> Result<Self, StoreError> {
        Self::without_index(Stores::mongo(address, &system).await?, system, first_shop).await
    }

    async fn with_index(stores: Stores, folder: &Path, system: SystemContext, first: Shop) -> Result<Self, StoreError> {
        let shop = stores.settle(first).await?;
        let (index, followed) = SearchIndex::open(&folder.join("search"), shop.currency)?;
        let catalogue = Self::new(stores.products, stores.stock, stores.media, index, system, shop);
        catalogue.follower.refresh_categories().await?;
        // What is listed is what is there, from the first request on.
        match followed {
            Some(followed) => catalogue.follower.catch_up(followed).await?,
            None => catalogue.follower.rebuild().await?,
        };
        Ok(catalogue)
    }

    async fn without_index(stores: Stores, system: SystemContext, first: Shop) -> Result<Self, StoreError> {
        let shop = stores.settle(first).await?;
        let index = SearchIndex::in_memory(shop.currency)?;
        Ok(Self::new(stores.products, stores.stock, stores.media, index, system, shop))
    }

    /// Fetches the pictures of this catalogue's products.
    pub fn fetcher(&self, reach: Reach) -> Fetcher {
        let (products, media, follower) = (Arc::clone(&self.products), self.media.clone(), self.follower.clone());
        Fetcher::new(products, media, follower, self.system.clone(), reach)
    }
}

struct Stores {
    products: Arc<dyn ProductStore>,
    stock: Arc<dyn StockStore>,
    media: Media,
}

impl Stores {
    async fn embedded(folder: &Path, system: &SystemContext) -> Result<Self, StoreError> {
        let products = Arc::new(SqliteProducts::open(&folder.join("catalogue.db")).await?);
        let stock = SqliteStock::open(&folder.join("stock.db")).await?.with_sources(system.clone());
        let media = Media::new(Arc::new(ImageFolder::open(&folder.join("media"))?));
        Ok(Self { products, stock: Arc::new(stock), media })
    }

    async fn mongo(address: &mongo::ConnectionSettings, system: &SystemContext) -> Result<Self, StoreError> {
        let products = Arc::new(MongoProducts::open(address).await?);
        let stock = MongoStock::open(address).await?.with_sources(system.clone());
        let media = Media::new(Arc::new(GridFsImages::open(address).await?));
        Ok(Self { products, stock: Arc::new(stock), media })
    }

    /// The shop's settings, which become `first` when there are none.
    async fn settle(&self, first: Shop) -> Result<Shop, StoreError> {
        let demo = first.demo;
        let known = match self.products.shop().await? {
            Some(known) => known,
            // Of several replicas that start at once, one begins it.
            None => self.products.begin_shop(&first).await?,
        };
        // Whether this is a demonstration is decided anew at each start.
        Ok(Shop { demo, ..known })
    }
}

/// Starts the service; what is told of stock goes to `broker`.
///
/// # Errors
/// When it is put together wrongly.
pub fn start(service_context: ServiceContext, catalogue: Catalogue, broker: Arc<dyn Broker>) -> Result<Service, String> {
    service_context.health.depends_on("products", true, catalogue.products.clone());
    service_context.health.depends_on("stock", true, catalogue.stock.clone());
    // While it is away, what is to be told waits in the outbox.
    service_context.health.depends_on("broker", false, broker.clone());
    Relay::new(catalogue.stock.outbox(), broker, service_context.system.clone()).start(&service_context.tasks);
    let (follower, followed) = (catalogue.follower.clone(), catalogue.index.followed());
    service_context.tasks.worker("search", |stop| follower.run(followed, stop));
    let fetcher = catalogue.fetcher(Reach::Internet);
    service_context.tasks.worker("pictures", |stop| fetcher.run(stop));
    let (stock, system) = (catalogue.stock.clone(), service_context.system.clone());
    service_context.tasks.worker("answers", |stop| forget_answers(stock, system, stop));
    service_context.finish(api::routes(catalogue), access::RULES, LARGE_BODIES)
}

const BETWEEN_CLEANINGS: Duration = Duration::from_secs(600);

/// Forgets answers that need not be kept any longer, until shutdown.
async fn forget_answers(stock: Arc<dyn StockStore>, system: SystemContext, stop: CancellationToken) {
    loop {
        tokio::select! { () = stop.cancelled() => return, () = tokio::time::sleep(BETWEEN_CLEANINGS) => {} }
        let before = system.now().saturating_sub(RETENTION).unwrap_or(Timestamp::MIN);
        if let Err(error) = stock.forget_answers(before).await {
            tracing::warn!(%error, "old answers stay for now");
        }
    }
}
