//! The server ends the connection while a unit of work is under way.

use super::{begin, key, moment, payment};
use chassis::StoreError;
use chassis::mysql::{Address, Database};
use payment::idempotency::KeyState;
use payment::payment::{Effects, KeptAnswer, Payment};
use payment::store::{MysqlPayments, PaymentStore};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use testkit::{House, servers};

/// Ends all connections to a database, from a thread of its own: a change cannot wait.
fn end_connections(address: &Address) {
    let address = address.clone();
    let end = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let database = Database::open(&address, "payment", &[]).await.unwrap();
            let mut connection = database.pool().acquire().await.unwrap();
            let others: Vec<i64> = sqlx::query_scalar(
                "SELECT CAST(id AS SIGNED) FROM information_schema.processlist
                 WHERE db = database() AND id <> connection_id()",
            )
            .fetch_all(&mut *connection)
            .await
            .unwrap();
            assert!(!others.is_empty(), "nobody is connected");
            for id in others {
                let kill = format!("KILL {id}");
                sqlx::raw_sql(sqlx::AssertSqlSafe(kill)).execute(&mut *connection).await.unwrap();
            }
        });
    };
    std::thread::spawn(end).join().unwrap();
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn a_connection_lost_in_the_middle_changes_nothing() {
    let address = servers::mysql();
    let store = MysqlPayments::open(&address, House::default().sources).await.unwrap();
    let store: Arc<dyn PaymentStore> = Arc::new(store);
    let begun = begin(&store, 1).await;
    let lost = AtomicBool::new(false);
    let place = |payment: &mut Payment| {
        if !lost.swap(true, Ordering::SeqCst) {
            end_connections(&address);
        }
        let mut effects = Effects::default();
        payment.place(moment(1), &mut effects);
        effects.answer = Some(KeptAnswer { key: key("1", "").scope, status: 201, body: b"placed".to_vec() });
        Ok(effects)
    };
    let told = store.change(begun.id, moment(1), &place).await;
    assert!(matches!(told, Err(StoreError::Unavailable(_))), "{told:?}");
    assert_eq!(store.find(begun.id).await.unwrap().unwrap(), begun);
    assert_eq!(store.unpublished().await.unwrap(), 0);
    assert_eq!(store.look_up(&key("1", ""), moment(1)).await.unwrap(), KeyState::InFlight);
    let placed = store.change(begun.id, moment(2), &place).await.unwrap().unwrap().unwrap();
    assert_eq!(store.find(begun.id).await.unwrap().unwrap(), placed, "and it works the next time");
    assert_eq!(store.unpublished().await.unwrap(), 1);
    assert!(store.begin(payment(2, 2), &key("2", ""), moment(3)).await.is_ok());
}
