//! Two replicas of the service over one database.

use crate::shop::{PASSWORD, Shop};
use async_trait::async_trait;
use chassis::StoreError;
use chassis::health::{Check, CheckError};
use jiff::SignedDuration;
use std::sync::Arc;
use testkit::servers;
use user::{RateLimitKey, RedisFailureCounter, SharedFailureCounter, SqliteStore, Store};

async fn replicas(failures: &Arc<dyn SharedFailureCounter>, folder: &tempfile::TempDir) -> [Shop; 2] {
    let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&folder.path().join("user.db")).await.expect("a store"));
    let shop = || Shop::with_failure_counter(store.clone(), Some(Arc::clone(failures)), false);
    [shop().await, shop().await]
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn replicas_share_the_failures_and_their_reset() {
    let folder = tempfile::tempdir().expect("a folder");
    let failures: Arc<dyn SharedFailureCounter> =
        Arc::new(RedisFailureCounter::new(&servers::redis()).expect("counters"));
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

struct UnavailableCounter;

#[async_trait]
impl SharedFailureCounter for UnavailableCounter {
    async fn oldest(&self, _: &[RateLimitKey]) -> Result<Vec<Option<jiff::Timestamp>>, StoreError> {
        Err(StoreError::Unavailable("unavailable".into()))
    }
    async fn add(&self, _: &[RateLimitKey], _: jiff::Timestamp) -> Result<(), StoreError> {
        Err(StoreError::Unavailable("unavailable".into()))
    }
    async fn reset(&self, _: RateLimitKey) -> Result<(), StoreError> {
        Err(StoreError::Unavailable("unavailable".into()))
    }
}

#[async_trait]
impl Check for UnavailableCounter {
    async fn check(&self) -> Result<(), CheckError> {
        Err(CheckError::new("unavailable"))
    }
}

#[tokio::test]
async fn without_the_shared_counter_each_replica_limits_logins_itself() {
    let folder = tempfile::tempdir().expect("a folder");
    let failures: Arc<dyn SharedFailureCounter> = Arc::new(UnavailableCounter);
    let [one, other] = replicas(&failures, &folder).await;
    one.register("ada@example.com").await;
    for _ in 0..10 {
        one.login("ada@example.com", "a wrong password").await.expect(401);
    }
    one.login("ada@example.com", PASSWORD).await.expect(429);
    other.login("ada@example.com", PASSWORD).await.expect(200);
}
