//! Two replicas of the service over one database.

use crate::shop::{PASSWORD, Shop};
use async_trait::async_trait;
use chassis::StoreError;
use chassis::health::Check;
use jiff::SignedDuration;
use std::sync::Arc;
use testkit::servers;
use user::{Key, RedisFailures, SharedFailures, SqliteStore, Store};

async fn replicas(failures: &Arc<dyn SharedFailures>, folder: &tempfile::TempDir) -> [Shop; 2] {
    let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&folder.path().join("user.db")).await.expect("a store"));
    let shop = || Shop::counting(store.clone(), Some(Arc::clone(failures)), false);
    [shop().await, shop().await]
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn failures_at_all_replicas_count_together_and_a_success_at_one_forgives_at_all() {
    let folder = tempfile::tempdir().expect("a folder");
    let failures: Arc<dyn SharedFailures> = Arc::new(RedisFailures::at(&servers::redis()).expect("counters"));
    let [one, other] = replicas(&failures, &folder).await;
    one.register("ada@example.com").await;
    for round in 0..9 {
        let shop = if round % 2 == 0 { &one } else { &other };
        shop.login("ada@example.com", "a wrong password").await.expect(401);
    }
    other.login("ada@example.com", PASSWORD).await.expect(200);
    for _ in 0..5 {
        one.login("ada@example.com", "a wrong password").await.expect(401);
        other.login("ada@example.com", "a wrong password").await.expect(401);
    }
    one.login("ada@example.com", PASSWORD).await.expect(429);
    other.login("ada@example.com", PASSWORD).await.expect(429);
    one.env.advance(SignedDuration::from_secs(901));
    one.login("ada@example.com", PASSWORD).await.expect(200);
}

/// Counters that are away.
struct Away;

#[async_trait]
impl SharedFailures for Away {
    async fn oldest(&self, _: &[Key]) -> Result<Vec<Option<jiff::Timestamp>>, StoreError> {
        Err(StoreError::Unavailable("away".into()))
    }
    async fn add(&self, _: &[Key], _: jiff::Timestamp) -> Result<(), StoreError> {
        Err(StoreError::Unavailable("away".into()))
    }
    async fn forget(&self, _: Key) -> Result<(), StoreError> {
        Err(StoreError::Unavailable("away".into()))
    }
}

#[async_trait]
impl Check for Away {
    async fn check(&self) -> Result<(), String> {
        Err("away".into())
    }
}

#[tokio::test]
async fn while_the_counters_are_away_each_replica_counts_for_itself_and_logs_in() {
    let folder = tempfile::tempdir().expect("a folder");
    let failures: Arc<dyn SharedFailures> = Arc::new(Away);
    let [one, other] = replicas(&failures, &folder).await;
    one.register("ada@example.com").await;
    for _ in 0..10 {
        one.login("ada@example.com", "a wrong password").await.expect(401);
    }
    one.login("ada@example.com", PASSWORD).await.expect(429);
    other.login("ada@example.com", PASSWORD).await.expect(200);
}
