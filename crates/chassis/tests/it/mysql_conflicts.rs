//! Conflicts of transactions that MariaDB 11.8 reports as error 1020 instead of waiting: it rolls the whole transaction
//! back.

use chassis::mysql::{Database, Migration};
use chassis::store::{StoreError, is_duplicate, retry_transaction};
use std::sync::atomic::{AtomicUsize, Ordering};
use testkit::servers;

const COUNTERS: Migration = Migration {
    version: 1,
    name: "counters",
    sql: "CREATE TABLE IF NOT EXISTS counters (id BIGINT PRIMARY KEY, value BIGINT NOT NULL) \
          ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;",
};
/// A statement with a subselect. It begins to read before it waits for the row.
const ADD_FROM_ROW_2: &str = "UPDATE counters SET value = value + (SELECT value FROM (SELECT value FROM counters WHERE id = 2) AS other) WHERE id = 1";
const ADD_ONE: &str = "UPDATE counters SET value = value + 1 WHERE id = 1";

/// Returns two counters of 0 and 10.
async fn counters() -> Database {
    let database = Database::open(&servers::mysql(), "counters", &[COUNTERS]).await.unwrap();
    sqlx::query("INSERT INTO counters VALUES (1, 0), (2, 10)").execute(database.pool()).await.unwrap();
    database
}

async fn value(database: &Database) -> i64 {
    sqlx::query_scalar("SELECT value FROM counters WHERE id = 1").fetch_one(database.pool()).await.unwrap()
}

/// Runs `work`, whose `statement` waits for counter 1, and commits a change of that counter meanwhile.
async fn conflicting<T>(database: &Database, statement: &str, work: impl Future<Output = T>) -> T {
    let mut first = database.begin().await.unwrap();
    sqlx::query(ADD_ONE).execute(&mut *first).await.unwrap();
    let release = async {
        let waiting = "SELECT count(*) FROM information_schema.processlist WHERE db = database() AND info = ?";
        while sqlx::query_scalar::<_, i64>(waiting).bind(statement).fetch_one(&mut *first).await.unwrap() == 0 {
            tokio::task::yield_now().await;
        }
        first.commit().await.unwrap();
    };
    let (result, ()) = tokio::join!(work, release);
    result
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn a_transaction_whose_row_was_changed_while_it_waited_is_run_again() {
    let database = counters().await;
    let attempts = AtomicUsize::new(0);
    let unit = || async {
        attempts.fetch_add(1, Ordering::SeqCst);
        let mut work = database.begin().await?;
        sqlx::query("UPDATE counters SET value = value + 1 WHERE id = 2").execute(&mut *work).await?;
        sqlx::query(ADD_FROM_ROW_2).execute(&mut *work).await?;
        work.commit().await
    };
    conflicting(&database, ADD_FROM_ROW_2, retry_transaction(unit)).await.unwrap();
    // 11 was added to 1: the earlier statement of the transaction did not take effect twice.
    assert_eq!(value(&database).await, 12);
    assert!((1..=2).contains(&attempts.load(Ordering::SeqCst)));
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn a_statement_outside_of_a_transaction_is_run_again() {
    let database = counters().await;
    let unit = || async {
        sqlx::query(ADD_FROM_ROW_2).execute(database.pool()).await?;
        Ok::<(), StoreError>(())
    };
    conflicting(&database, ADD_FROM_ROW_2, retry_transaction(unit)).await.unwrap();
    assert_eq!(value(&database).await, 11);
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn a_statement_without_subselect_just_waits() {
    let database = counters().await;
    // Statements of the stores outside of transactions have this form, and are not repeated.
    conflicting(&database, ADD_ONE, sqlx::query(ADD_ONE).execute(database.pool())).await.unwrap();
    assert_eq!(value(&database).await, 2);
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn an_insertion_that_waits_for_its_key_reports_the_duplicate() {
    let database = counters().await;
    let insertion = "INSERT INTO counters VALUES (3, 0)";
    let mut first = database.begin().await.unwrap();
    sqlx::query(insertion).execute(&mut *first).await.unwrap();
    let release = async {
        let waiting = "SELECT count(*) FROM information_schema.processlist WHERE db = database() AND info = ?";
        while sqlx::query_scalar::<_, i64>(waiting).bind(insertion).fetch_one(&mut *first).await.unwrap() == 0 {
            tokio::task::yield_now().await;
        }
        first.commit().await.unwrap();
    };
    let (inserted, ()) = tokio::join!(sqlx::query(insertion).execute(database.pool()), release);
    assert!(is_duplicate(&inserted.unwrap_err()), "the stores tell a known key from a conflict");
}
