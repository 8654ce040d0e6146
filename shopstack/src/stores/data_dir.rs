//! The stores in a data directory: each service has a file of its own.

use super::OpenError;
use catalogue::store::{ImageFolder, SqliteProducts, SqliteStock};
use chassis::{StoreError, SystemContext};
use contracts::events::TOPOLOGY;
use dispatch::mail::EmailRenderer;
use dispatch::store::SqliteOrders;
use events::broker::EmbeddedBroker;
use payment::store::SqlitePayments;
use std::path::{Path, PathBuf};

#[derive(Debug, Clone)]
pub struct DataDir(PathBuf);

impl DataDir {
    /// The data directory at this path. Nothing is opened yet.
    pub fn new(folder: &Path) -> Self {
        Self(folder.to_owned())
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Refuses a directory without a shop, where opening a store would create an empty one.
    ///
    /// # Errors
    /// [`OpenError::NoShop`] if there is none.
    pub fn require_shop(&self) -> Result<&Self, OpenError> {
        // An import or a new account makes other files before the first start, but never this one.
        if self.0.join("payment.db").exists() { Ok(self) } else { Err(OpenError::NoShop(self.0.clone())) }
    }

    /// Refuses a directory that no command has written to, which is usually a mistyped one.
    ///
    /// # Errors
    /// [`OpenError::NoShop`] if there is none.
    pub(super) fn require_data(&self) -> Result<(), OpenError> {
        let has_data = ["catalogue.db", "user.db", "payment.db"].iter().any(|file| self.0.join(file).exists());
        if has_data { Ok(()) } else { Err(OpenError::NoShop(self.0.clone())) }
    }

    pub(super) async fn accounts(&self) -> Result<user::SqliteStore, StoreError> {
        user::SqliteStore::open(&self.0.join("user.db")).await
    }

    pub(super) async fn products(&self) -> Result<SqliteProducts, StoreError> {
        SqliteProducts::open(&self.0.join("catalogue.db")).await
    }

    pub(super) async fn stock(&self) -> Result<SqliteStock, StoreError> {
        SqliteStock::open(&self.0.join("stock.db")).await
    }

    pub(super) fn images(&self) -> Result<ImageFolder, StoreError> {
        ImageFolder::open(&self.0.join("media"))
    }

    pub(super) async fn cart(&self) -> Result<cart::Stores, StoreError> {
        cart::Stores::embedded(&self.0.join("cart.db")).await
    }

    pub(super) async fn carts(&self) -> Result<cart::store::SqliteCarts, StoreError> {
        cart::store::SqliteCarts::open(&self.0.join("cart.db")).await
    }

    pub(super) async fn payments(&self, system: &SystemContext) -> Result<SqlitePayments, StoreError> {
        SqlitePayments::open(&self.0.join("payment.db"), system.clone()).await
    }

    pub(super) async fn dispatch(
        &self,
        renderer: EmailRenderer,
        system: &SystemContext,
    ) -> Result<dispatch::Stores, StoreError> {
        dispatch::Stores::embedded(&self.0.join("dispatch.db"), renderer, system.clone()).await
    }

    pub(super) async fn orders(
        &self,
        renderer: EmailRenderer,
        system: &SystemContext,
    ) -> Result<SqliteOrders, StoreError> {
        SqliteOrders::open(&self.0.join("dispatch.db"), renderer, system.clone()).await
    }

    pub(super) async fn shipping(&self) -> Result<shipping::Stores, StoreError> {
        shipping::Stores::embedded(&self.0.join("shipping.db")).await
    }

    pub(super) async fn shipments(&self) -> Result<shipping::store::sqlite::SqliteStore, StoreError> {
        shipping::store::sqlite::SqliteStore::open(&self.0.join("shipping.db")).await
    }

    pub(super) async fn ratings(&self) -> Result<ratings::Stores, StoreError> {
        ratings::Stores::embedded(&self.0.join("ratings.db")).await
    }

    pub(super) async fn reviews(&self) -> Result<ratings::store::sqlite::SqliteStore, StoreError> {
        ratings::store::sqlite::SqliteStore::open(&self.0.join("ratings.db")).await
    }

    /// Opens the broker.
    ///
    /// # Errors
    /// [`StoreError`] if its file cannot be opened.
    pub async fn broker(&self) -> Result<EmbeddedBroker, StoreError> {
        EmbeddedBroker::open(&self.0.join("broker.db"), TOPOLOGY).await
    }
}
