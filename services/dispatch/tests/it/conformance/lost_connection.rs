//! The server ends the connection while a unit of work is under way.

use super::{event, id, moment, place};
use crate::shop::renderer;
use chassis::StoreError;
use dispatch::mail::EmailTemplate;
use dispatch::order::{Effects, Order};
use dispatch::store::{MysqlOrders, OrderStore};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use testkit::{TestEnvironment, servers};

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn a_connection_lost_in_the_middle_changes_nothing() {
    let address = servers::mysql();
    let store = MysqlOrders::open(&address, renderer(), TestEnvironment::default().system).await.unwrap();
    let store: Arc<dyn OrderStore> = Arc::new(store);
    let order = place(&store, 1, "guest:a").await;
    let claim = store.claim(moment(1), moment(61), 5).await.unwrap().remove(0);
    let lost = AtomicBool::new(false);
    let step = |order: &mut Order| {
        if !lost.swap(true, Ordering::SeqCst) {
            servers::end_connections(&address, "dispatch");
        }
        order.tries += 1;
        Ok(Effects { emails: vec![EmailTemplate::Confirmed], ..Effects::default() })
    };
    let result = store.save_step(&claim, moment(2), moment(62), &step).await;
    assert!(matches!(result, Err(StoreError::Unavailable(_))), "{result:?}");
    assert_eq!(store.find(id(1)).await.unwrap().unwrap(), order);
    assert_eq!(store.latest_emails(10).await.unwrap().len(), 1);
    assert_eq!(
        store.save_step(&claim, moment(3), moment(63), &step).await.unwrap().order.tries,
        1,
        "the next attempt succeeds"
    );
    lost.store(false, Ordering::SeqCst);
    let result = store.on_event(&event(9), id(1), moment(4), &step).await;
    assert!(matches!(result, Err(StoreError::Unavailable(_))), "{result:?}");
    store.on_event(&event(9), id(1), moment(5), &step).await.unwrap();
    store.on_event(&event(9), id(1), moment(6), &step).await.unwrap();
    assert_eq!(store.find(id(1)).await.unwrap().unwrap().tries, 2, "the event was not lost, and took effect once");
}
