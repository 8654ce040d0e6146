//! A connection that the server closes during a transaction.

use super::{begin, key, moment, payment};
use chassis::StoreError;
use payment::idempotency::KeyState;
use payment::payment::{Effects, IdempotentResponse, Payment};
use payment::store::{MysqlPayments, PaymentStore};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use testkit::{TestEnvironment, servers};

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn a_lost_connection_writes_nothing() {
    let address = servers::mysql();
    let store = MysqlPayments::open(&address, TestEnvironment::default().system).await.unwrap();
    let store: Arc<dyn PaymentStore> = Arc::new(store);
    let begun = begin(&store, 1).await;
    let lost = AtomicBool::new(false);
    let place = |payment: &mut Payment| {
        if !lost.swap(true, Ordering::SeqCst) {
            servers::end_connections(&address, "payment");
        }
        let mut effects = Effects::default();
        payment.place(None, moment(1), &mut effects);
        effects.response = Some(IdempotentResponse { key: key("1", "").scope, status: 201, body: b"placed".to_vec() });
        Ok(effects)
    };
    let changed = store.change(begun.id, moment(1), &place).await;
    assert!(matches!(changed, Err(StoreError::Unavailable(_))), "{changed:?}");
    assert_eq!(store.find(begun.id).await.unwrap().unwrap(), begun);
    assert_eq!(store.outbox().pending().await.unwrap(), 0);
    assert_eq!(store.look_up(&key("1", ""), moment(1)).await.unwrap(), KeyState::InFlight);
    let placed = store.change(begun.id, moment(2), &place).await.unwrap().unwrap().unwrap();
    assert_eq!(store.find(begun.id).await.unwrap().unwrap(), placed, "the next attempt succeeds");
    assert_eq!(store.outbox().pending().await.unwrap(), 1);
    assert!(store.begin(payment(2, 2), &key("2", ""), moment(3)).await.is_ok());
}
