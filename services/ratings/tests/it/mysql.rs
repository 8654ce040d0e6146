//! What only a server can do to a store: lose the connection in the middle of a unit of work.

use crate::conformance::{account, event, listing, product, purchase, writing};
use chassis::StoreError;
use chassis::mysql::Database;
use ratings::store::mysql::MysqlStore;
use ratings::store::{Outcome, Store};

/// Cuts the connection of the one statement that another one holds up, and waits for ever.
async fn cut(database: &Database) {
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
async fn a_connection_lost_in_the_middle_changes_nothing_and_the_next_try_succeeds() {
    let address = testkit::servers::mysql();
    let store = MysqlStore::open(&address).await.unwrap();
    store.write(&writing(1, product(1), account(1), 5, "Before")).await.unwrap();
    let other = Database::open(&address, "ratings", &[]).await.unwrap();
    let mut holding = other.begin().await.unwrap();
    sqlx::query("SELECT * FROM tallies FOR UPDATE").fetch_all(&mut *holding).await.unwrap();

    let bought = purchase(account(1), product(1));
    let told = event(1);
    let lost = tokio::select! {
        answer = store.record(&told, &bought) => answer,
        () = cut(&other) => unreachable!("a connection that is cut answers"),
    };
    assert!(matches!(lost, Err(StoreError::Unavailable(_))), "{lost:?}");
    holding.rollback().await.unwrap();

    assert!(!store.reviews(&listing(product(1), None)).await.unwrap()[0].verified);
    assert_eq!(store.record(&told, &bought).await.unwrap(), Outcome::Applied);
    assert!(store.reviews(&listing(product(1), None)).await.unwrap()[0].verified);
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn what_was_written_is_there_for_every_replica() {
    let address = testkit::servers::mysql();
    let (one, two) = (MysqlStore::open(&address).await.unwrap(), MysqlStore::open(&address).await.unwrap());
    let written = one.write(&writing(1, product(1), account(1), 4, "Kept")).await.unwrap();
    one.database().close().await;
    assert_eq!(two.reviews(&listing(product(1), None)).await.unwrap(), [written]);
    let away = one.reviews(&listing(product(1), None)).await;
    assert!(matches!(away, Err(StoreError::Unavailable(_))), "{away:?}");
}
