//! The backends of the conformance tests: SQLite files and a real MongoDB server.

use catalogue::store::{MongoProducts, MongoStock, ProductStore, SqliteProducts, SqliteStock, StockStore};
use chassis::mongo::ConnectionSettings;
use std::sync::Arc;
use tempfile::TempDir;
use testkit::{TestEnvironment, servers};

/// The database of one test. Stores opened from it twice behave like those of two processes.
pub enum StoreBackend {
    /// SQLite files in a temporary folder.
    Sqlite(TempDir),
    /// A new database of a real server.
    Mongo(ConnectionSettings),
}

impl StoreBackend {
    /// Creates a temporary folder.
    pub fn sqlite() -> Self {
        Self::Sqlite(tempfile::tempdir().unwrap())
    }

    /// Creates a database on the server.
    pub fn mongo() -> Self {
        Self::Mongo(servers::mongo())
    }

    /// Opens the stock store.
    pub async fn stock(&self) -> Arc<dyn StockStore> {
        match self {
            Self::Sqlite(folder) => Arc::new(SqliteStock::open(&folder.path().join("stock.db")).await.unwrap()),
            Self::Mongo(address) => Arc::new(MongoStock::open(address).await.unwrap()),
        }
    }

    /// Opens the product store.
    pub async fn products(&self) -> Arc<dyn ProductStore> {
        match self {
            Self::Sqlite(folder) => Arc::new(SqliteProducts::open(&folder.path().join("catalogue.db")).await.unwrap()),
            Self::Mongo(address) => Arc::new(MongoProducts::open(address).await.unwrap()),
        }
    }
}

/// Runs a test on SQLite files.
pub async fn on_sqlite(test: impl AsyncFnOnce(StoreBackend, &TestEnvironment)) {
    test(StoreBackend::sqlite(), &TestEnvironment::default()).await;
}

/// Runs a test on a real MongoDB server.
pub async fn on_mongo(test: impl AsyncFnOnce(StoreBackend, &TestEnvironment)) {
    test(StoreBackend::mongo(), &TestEnvironment::default()).await;
}

/// Turns each function into one test per backend.
#[macro_export]
macro_rules! conformance {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test]
            async fn $name() {
                $crate::store_backend::on_sqlite(super::$name).await;
            })+
        }
        mod mongo {
            $(#[tokio::test]
            #[ignore = "needs the servers of make services"]
            async fn $name() {
                $crate::store_backend::on_mongo(super::$name).await;
            })+
        }
    };
}
