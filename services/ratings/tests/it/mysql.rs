//! Tests of the MySQL store alone: a connection lost during a transaction, and several replicas.

use crate::conformance::{account, event, product, purchase, query_for, submission};
use chassis::StoreError;
use chassis::mysql::Database;
use ratings::store::mysql::MysqlStore;
use ratings::store::{RecordOutcome, Store};

/// Kills the connection of the statement that waits for a lock, and then never returns.
async fn kill_blocked_connection(database: &Database) {
    let name: String = sqlx::query_scalar("SELECT database()").fetch_one(database.pool()).await.unwrap();
    loop {
        let waiting: Option<i64> = sqlx::query_scalar(
            "SELECT CAST(id AS SIGNED) FROM information_schema.processlist
             WHERE db = ? AND command <> 'Sleep' AND info LIKE 'INSERT INTO tallies%'",
        )
        .bind(&name)
        .fetch_optional(database.pool())
        .await
        .unwrap();
        if let Some(connection) = waiting {
            sqlx::query(sqlx::AssertSqlSafe(format!("KILL {connection}"))).execute(database.pool()).await.unwrap();
            return std::future::pending().await;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn a_lost_connection_changes_nothing_and_a_retry_succeeds() {
    let address = testkit::servers::mysql();
    let store = MysqlStore::open(&address).await.unwrap();
    store.submit_review(&submission(1, product(1), account(1), 5, "Before")).await.unwrap();
    let other = Database::open(&address, "ratings", &[]).await.unwrap();
    let mut holding = other.begin().await.unwrap();
    sqlx::query("SELECT * FROM tallies FOR UPDATE").fetch_all(&mut *holding).await.unwrap();

    let bought = purchase(account(1), product(1));
    let event = event(1);
    let lost = tokio::select! {
        answer = store.record_purchase(&event, &bought) => answer,
        () = kill_blocked_connection(&other) => unreachable!("a killed connection returns an error"),
    };
    assert!(matches!(lost, Err(StoreError::Unavailable(_))), "{lost:?}");
    holding.rollback().await.unwrap();

    assert!(!store.reviews(&query_for(product(1), None)).await.unwrap()[0].verified);
    assert_eq!(store.record_purchase(&event, &bought).await.unwrap(), RecordOutcome::Applied);
    assert!(store.reviews(&query_for(product(1), None)).await.unwrap()[0].verified);
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn commits_are_visible_to_every_replica() {
    let address = testkit::servers::mysql();
    let (one, two) = (MysqlStore::open(&address).await.unwrap(), MysqlStore::open(&address).await.unwrap());
    let written = one.submit_review(&submission(1, product(1), account(1), 4, "Kept")).await.unwrap();
    one.database().close().await;
    assert_eq!(two.reviews(&query_for(product(1), None)).await.unwrap(), [written]);
    let unavailable = one.reviews(&query_for(product(1), None)).await;
    assert!(matches!(unavailable, Err(StoreError::Unavailable(_))), "{unavailable:?}");
}
