//! The catalogue service: products, categories, search, prices, tax rates, promotions, images and stock.

mod access;
mod api;
mod catalogue;
pub mod export;
mod image_name;
mod images;
pub mod import;
pub mod product;
mod product_imports;
mod sanitise;
pub mod search;
pub mod stock;
pub mod store;
mod workers;

pub use catalogue::Catalogue;
pub use images::{ImageFile, ImageLibrary};
pub use product::STANDARD_TAX_CLASS;
pub use workers::image_fetcher::{FetchPolicy, ImageFetcher};

use chassis::{Service, ServiceContext, StartError, StoreError, SystemContext, mongo};
use contracts::UnfitCurrency;
use contracts::catalogue::Shop;
use events::{Broker, Relay};
use product_imports::ProductImports;
use search::{Language, SearchIndex};
use std::path::Path;
use std::sync::Arc;
use store::{
    GridFsImages, ImageFolder, MongoProducts, MongoStock, ProductStore, SqliteProducts, SqliteStock, StockStore,
};
use workers::response_purge;
use workers::stock_metrics::{self, StockMetrics};

/// Routes with a larger body limit than the default of one megabyte, in bytes.
const LARGE_BODIES: &[(&str, usize)] = &[
    ("/api/v1/images", images::MAX_IMAGE_BYTES),
    ("/api/v1/imports", product_imports::MAX_UPLOAD_BYTES),
    ("/api/v1/products/{handle}", 8 << 20),
    ("/api/v1/pages/{handle}", 2 << 20),
];

impl Catalogue {
    /// Opens catalogue over SQLite files, a search index and an image folder below `folder`.
    ///
    /// A new shop gets `first_shop` as its settings; its currency cannot be changed afterwards.
    ///
    /// # Errors
    /// When a file cannot be opened.
    pub async fn embedded(folder: &Path, system: SystemContext, first_shop: Shop) -> Result<Self, StoreError> {
        Self::with_index(Stores::embedded(folder, &system).await?, folder, system, first_shop).await
    }

    /// Opens catalogue over MongoDB, with a search index for this replica below `folder`.
    ///
    /// # Errors
    /// When MongoDB is unavailable or the index cannot be opened.
    pub async fn production(
        address: &mongo::ConnectionSettings,
        folder: &Path,
        system: SystemContext,
        first_shop: Shop,
    ) -> Result<Self, StoreError> {
        Self::with_index(Stores::mongo(address, &system).await?, folder, system, first_shop).await
    }

    /// Opens catalogue over SQLite files for writing while a shop may be running.
    ///
    /// The index files belong to the running shop, which follows the change log.
    ///
    /// # Errors
    /// When a file cannot be opened.
    pub async fn embedded_without_index(
        folder: &Path,
        system: SystemContext,
        first_shop: Shop,
    ) -> Result<Self, StoreError> {
        Self::without_index(Stores::embedded(folder, &system).await?, system, first_shop).await
    }

    /// Opens catalogue over MongoDB for writing while replicas may be running.
    ///
    /// # Errors
    /// When MongoDB is unavailable.
    pub async fn production_without_index(
        address: &mongo::ConnectionSettings,
        system: SystemContext,
        first_shop: Shop,
    ) -> Result<Self, StoreError> {
        Self::without_index(Stores::mongo(address, &system).await?, system, first_shop).await
    }

    async fn with_index(stores: Stores, folder: &Path, system: SystemContext, first: Shop) -> Result<Self, StoreError> {
        let shop = stores.initialise_shop(first).await?;
        let (index, checkpoint) =
            SearchIndex::open(&folder.join("search"), shop.currency, Language::of_locale(&shop.locale))?;
        let catalogue = Self::new(stores.products, stores.stock, stores.images, index, system, shop)
            .with_upload_folder(folder.join("uploads"))
            .map_err(|error| StoreError::Fault(format!("the folder of uploads cannot be emptied: {error}")))?;
        catalogue.indexer.refresh_categories().await?;
        catalogue.indexer.complete(checkpoint).await?;
        Ok(catalogue)
    }

    async fn without_index(stores: Stores, system: SystemContext, first: Shop) -> Result<Self, StoreError> {
        let shop = stores.initialise_shop(first).await?;
        // An empty index: writers need its currency and never search.
        let index = SearchIndex::in_memory(shop.currency, Language::of_locale(&shop.locale))?;
        Ok(Self::new(stores.products, stores.stock, stores.images, index, system, shop))
    }

    /// Creates the worker that fetches the remote images of this catalogue.
    pub fn image_fetcher(&self, policy: FetchPolicy) -> ImageFetcher {
        let (products, images, indexer) = (Arc::clone(&self.products), self.images.clone(), self.indexer.clone());
        ImageFetcher::new(products, images, indexer, self.system.clone(), policy)
    }
}

struct Stores {
    products: Arc<dyn ProductStore>,
    stock: Arc<dyn StockStore>,
    images: ImageLibrary,
}

impl Stores {
    async fn embedded(folder: &Path, system: &SystemContext) -> Result<Self, StoreError> {
        let products = Arc::new(SqliteProducts::open(&folder.join("catalogue.db")).await?);
        let stock = SqliteStock::open(&folder.join("stock.db")).await?.with_system(system.clone());
        let images = ImageLibrary::new(Arc::new(ImageFolder::open(&folder.join("media"))?));
        Ok(Self { products, stock: Arc::new(stock), images })
    }

    async fn mongo(address: &mongo::ConnectionSettings, system: &SystemContext) -> Result<Self, StoreError> {
        let products = Arc::new(MongoProducts::open(address).await?);
        let stock = MongoStock::open(address).await?.with_system(system.clone());
        let images = ImageLibrary::new(Arc::new(GridFsImages::open(address).await?));
        Ok(Self { products, stock: Arc::new(stock), images })
    }

    /// Returns the shop's settings, which become `first` in a new shop.
    async fn initialise_shop(&self, first: Shop) -> Result<Shop, StoreError> {
        let demo = first.demo;
        let stored = match self.products.shop().await? {
            Some(stored) => stored,
            // Several replicas may start at once: all of them get the settings of the first one.
            None => {
                let unfit = |error: UnfitCurrency| StoreError::Fault(format!("The shop cannot be created: {error}."));
                first.currency.check_for_new_shop().map_err(unfit)?;
                self.products.initialise_shop(&first).await?
            }
        };
        if let Err(error) = stored.currency.check_for_new_shop() {
            tracing::warn!(%error, "the shop's currency; its prices and orders stay in it");
        }
        // The demo flag is a start option of the process, not a stored setting.
        Ok(Shop { demo, ..stored })
    }
}

/// Starts the service and its workers. Stock events are published to `broker`.
///
/// # Errors
/// When an operation is missing from the access table.
pub fn start(
    service_context: ServiceContext,
    catalogue: Catalogue,
    broker: Arc<dyn Broker>,
) -> Result<Service, StartError> {
    service_context.health.depends_on("products", true, catalogue.products.clone());
    service_context.health.depends_on("stock", true, catalogue.stock.clone());
    // Optional for readiness: events stay in the outbox while the broker is unavailable.
    service_context.health.depends_on("broker", false, broker.clone());
    // Products publish no events, so only the stock database has an outbox.
    Relay::new(catalogue.stock.outbox(), broker, &service_context).start(&service_context.tasks);
    let (indexer, checkpoint) = (catalogue.indexer.clone(), catalogue.index.checkpoint());
    service_context.tasks.worker("search", |stop| indexer.run(checkpoint, stop));
    let fetcher = catalogue.image_fetcher(FetchPolicy::PublicInternet);
    service_context.tasks.worker("images", |stop| fetcher.run(stop));
    let (stock, system) = (catalogue.stock.clone(), service_context.system.clone());
    service_context.tasks.worker("response-purge", |stop| response_purge::run(stock, system, stop));
    let levels = StockMetrics::new(catalogue.stock.clone(), &service_context.metrics);
    service_context.tasks.periodic("stock-metrics", stock_metrics::INTERVAL, move || {
        let levels = levels.clone();
        async move { levels.count().await }
    });
    let imports = ProductImports::new(catalogue.clone(), service_context.tasks.clone());
    service_context.finish(api::routes(catalogue, imports), access::RULES, LARGE_BODIES)
}
