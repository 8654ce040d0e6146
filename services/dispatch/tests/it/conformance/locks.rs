//! Rows that another transaction has locked.

use super::{id, moment, place};
use crate::shop::renderer;
use chassis::mysql::Database;
use dispatch::store::{MysqlOrders, OrderStore};
use std::sync::Arc;
use testkit::{TestEnvironment, servers};

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn a_worker_skips_an_order_that_is_being_changed() {
    let address = servers::mysql();
    let store = MysqlOrders::open(&address, renderer(), TestEnvironment::default().system).await.unwrap();
    let store: Arc<dyn OrderStore> = Arc::new(store);
    for number in 1..=3 {
        place(&store, number, "guest:a").await;
    }
    let other = Database::open(&address, "dispatch", &[]).await.unwrap();
    let mut work = other.begin().await.unwrap();
    sqlx::query("SELECT id FROM orders WHERE id = ? FOR UPDATE")
        .bind(id(1).to_string())
        .fetch_one(&mut *work)
        .await
        .unwrap();
    let claimed = store.claim(moment(1), moment(61), 2).await.unwrap();
    assert_eq!(claimed.iter().map(|claim| claim.order.id()).collect::<Vec<_>>(), [id(2), id(3)]);
    assert!(store.claim(moment(1), moment(61), 2).await.unwrap().is_empty());
    work.rollback().await.unwrap();
    assert_eq!(store.claim(moment(1), moment(61), 2).await.unwrap()[0].order.id(), id(1));
}
