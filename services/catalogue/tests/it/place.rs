//! Places that stores are opened in: files, and a real server.

use catalogue::store::{MongoProducts, MongoStock, ProductStore, SqliteProducts, SqliteStock, StockStore};
use chassis::mongo::ConnectionSettings;
use std::sync::Arc;
use tempfile::TempDir;
use testkit::{TestEnvironment, servers};

/// Where the stores of one test are. Opened twice, it is shared by two as by two processes.
pub enum Place {
    /// Files in a folder.
    Sqlite(TempDir),
    /// A database of a real server.
    Mongo(ConnectionSettings),
}

impl Place {
    /// A new folder.
    pub fn sqlite() -> Self {
        Self::Sqlite(tempfile::tempdir().unwrap())
    }

    /// A new database.
    pub fn mongo() -> Self {
        Self::Mongo(servers::mongo())
    }

    /// The store of stock.
    pub async fn stock(&self) -> Arc<dyn StockStore> {
        match self {
            Self::Sqlite(folder) => Arc::new(SqliteStock::open(&folder.path().join("stock.db")).await.unwrap()),
            Self::Mongo(address) => Arc::new(MongoStock::open(address).await.unwrap()),
        }
    }

    /// The store of products.
    pub async fn products(&self) -> Arc<dyn ProductStore> {
        match self {
            Self::Sqlite(folder) => Arc::new(SqliteProducts::open(&folder.path().join("catalogue.db")).await.unwrap()),
            Self::Mongo(address) => Arc::new(MongoProducts::open(address).await.unwrap()),
        }
    }
}

/// Runs a test on files.
pub async fn on_sqlite(test: impl AsyncFnOnce(Place, &TestEnvironment)) {
    test(Place::sqlite(), &TestEnvironment::default()).await;
}

/// Runs a test on a real server.
pub async fn on_mongo(test: impl AsyncFnOnce(Place, &TestEnvironment)) {
    test(Place::mongo(), &TestEnvironment::default()).await;
}

/// Makes a test of each function, on every implementation.
#[macro_export]
macro_rules! conformance {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test]
            async fn $name() {
                $crate::place::on_sqlite(super::$name).await;
            })+
        }
        mod mongo {
            $(#[tokio::test]
            #[ignore = "needs the servers of make services"]
            async fn $name() {
                $crate::place::on_mongo(super::$name).await;
            })+
        }
    };
}
