//! The stores under test, each empty and with its inbox.

use cart::store::{CartStore, RedisCarts, SqliteCarts};
use events::Inbox;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tempfile::TempDir;
use testkit::TestEnvironment;

/// A store and its inbox, with clock and ids.
pub struct Stores {
    pub carts: Arc<dyn CartStore>,
    pub inbox: Arc<dyn Inbox>,
    pub env: TestEnvironment,
    _folder: Option<TempDir>,
}

/// Each store gets another seed, because those on one server must not share ids.
fn env() -> TestEnvironment {
    static SEED: AtomicU64 = AtomicU64::new(1);
    TestEnvironment::new(SEED.fetch_add(1, Ordering::Relaxed))
}

impl Stores {
    pub async fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let carts = SqliteCarts::open(&folder.path().join("cart.db")).await.unwrap();
        let inbox = Arc::new(carts.inbox());
        Self { _folder: Some(folder), ..Self::of(Arc::new(carts), inbox) }
    }

    pub async fn redis() -> Self {
        Self::at(&testkit::servers::redis()).await
    }

    pub async fn at(address: &chassis::redis::ConnectionSettings) -> Self {
        let carts = RedisCarts::open(address).await.unwrap();
        let inbox = Arc::new(carts.inbox());
        Self::of(Arc::new(carts), inbox)
    }

    pub fn of(carts: Arc<dyn CartStore>, inbox: Arc<dyn Inbox>) -> Self {
        Self { carts, inbox, env: env(), _folder: None }
    }
}

/// Defines a test of each function on every store.
#[macro_export]
macro_rules! on_all_stores {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test]
            async fn $name() {
                super::$name(&$crate::stores::Stores::sqlite().await).await;
            })+
        }
        mod redis {
            $(#[tokio::test]
            #[ignore = "needs the servers of make services"]
            async fn $name() {
                super::$name(&$crate::stores::Stores::redis().await).await;
            })+
        }
    };
}
