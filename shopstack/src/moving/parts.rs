//! The parts of a shop: what each service keeps, here and there.

use crate::audit::nobody;
use crate::compose::Backends;
use cart::store::{RedisCarts, SqliteCarts};
use catalogue::store::{GridFsImages, MongoProducts, MongoStock, ImageFolder, SqliteProducts, SqliteStock};
use chassis::data_migration::{Exporter, Importer};
use chassis::{SystemContext, StoreError};
use dispatch::store::{MysqlOrders, SqliteOrders};
use payment::store::{MysqlPayments, SqlitePayments};
use std::path::Path;
use user::{MongoStore, SqliteStore};

/// What one service keeps, or one of the places in which it keeps it.
pub struct Part {
    /// The service, or the place.
    pub service: &'static str,
    /// The kind of records that an empty shop has none of.
    pub telling: &'static str,
    /// What it keeps here.
    pub from: Box<dyn Exporter>,
    /// Where that goes.
    pub to: Box<dyn Importer>,
}

impl Part {
    fn new(
        service: &'static str,
        telling: &'static str,
        from: impl Exporter + 'static,
        to: impl Importer + 'static,
    ) -> Self {
        Self { service, telling, from: Box::new(from), to: Box::new(to) }
    }
}

/// All parts of the shop in `folder`.
///
/// # Errors
/// When a file cannot be opened, or a backend not be reached.
pub async fn parts(folder: &Path, backends: &Backends, system: &SystemContext) -> Result<Vec<Part>, StoreError> {
    let file = |name: &str| folder.join(name);
    let (mysql, mongo) = (&backends.mysql, &backends.mongo);
    let accounts = SqliteStore::open(&file("user.db")).await?.contents();
    let products = SqliteProducts::open(&file("catalogue.db")).await?.contents();
    let stock = SqliteStock::open(&file("stock.db")).await?.contents();
    let images = ImageFolder::open(&file("media"))?.contents();
    let payments = SqlitePayments::open(&file("payment.db"), system.clone()).await?.contents();
    let orders = SqliteOrders::open(&file("dispatch.db"), nobody(), system.clone()).await?.contents();
    let parcels = shipping::store::sqlite::SqliteStore::open(&file("shipping.db")).await?.contents();
    let reviews = ratings::store::sqlite::SqliteStore::open(&file("ratings.db")).await?.contents();
    let carts = SqliteCarts::open(&file("cart.db")).await?.contents();
    Ok(vec![
        Part::new("user", "accounts", accounts, MongoStore::open(mongo).await?.contents()),
        Part::new("stock", "levels", stock, MongoStock::open(mongo).await?.contents()),
        Part::new("pictures", "pictures", images, GridFsImages::open(mongo).await?.contents()),
        // After its levels: a product that has changed is what a search index looks at.
        Part::new("catalogue", "products", products, MongoProducts::open(mongo).await?.contents()),
        Part::new("payment", "payments", payments, MysqlPayments::open(mysql, system.clone()).await?.contents()),
        Part::new("dispatch", "orders", orders, MysqlOrders::open(mysql, nobody(), system.clone()).await?.contents()),
        Part::new("shipping", "shipments", parcels, shipping::store::mysql::MysqlStore::open(mysql).await?.contents()),
        Part::new("ratings", "reviews", reviews, ratings::store::mysql::MysqlStore::open(mysql).await?.contents()),
        Part::new("cart", "carts", carts, RedisCarts::open(&backends.redis).await?.contents()),
    ])
}
