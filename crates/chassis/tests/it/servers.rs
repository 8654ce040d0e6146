//! The plumbing of MySQL, Redis and MongoDB, on real servers.

use chassis::health::Check;
use chassis::mysql::{self, Migration};
use chassis::store::{StoreError, retry_transaction};
use chassis::{mongo, redis};
use mongodb::bson::{Document, doc};
use std::sync::atomic::{AtomicUsize, Ordering};
use testkit::servers;

const NOTES: Migration = Migration {
    version: 1,
    name: "notes",
    sql: "CREATE TABLE IF NOT EXISTS notes (id BIGINT PRIMARY KEY, text VARCHAR(40) NOT NULL) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
          CREATE TABLE IF NOT EXISTS marks (id BIGINT PRIMARY KEY)",
};

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn concurrent_starts_migrate_mysql_once() {
    let address = servers::mysql();
    let open = || mysql::Database::open(&address, "notes", &[NOTES]);
    let (one, two, three) = tokio::join!(open(), open(), open());
    for database in [one.unwrap(), two.unwrap(), three.unwrap()] {
        database.check().await.unwrap();
        let count: i64 =
            sqlx::query_scalar("SELECT count(*) FROM schema_migrations").fetch_one(database.pool()).await.unwrap();
        assert_eq!(count, 1);
    }
    let changed = Migration { sql: "SELECT 1", ..NOTES };
    let Err(message) = mysql::Database::open(&address, "notes", &[changed]).await else { panic!("another migration") };
    assert!(message.to_string().contains("differs"), "{message}");
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn a_mysql_deadlock_is_retried() {
    let database = mysql::Database::open(&servers::mysql(), "notes", &[NOTES]).await.unwrap();
    sqlx::query("INSERT INTO notes (id, text) VALUES (1, ''), (2, '')").execute(database.pool()).await.unwrap();
    let attempts = AtomicUsize::new(0);
    let both = tokio::sync::Barrier::new(2);
    let change = async |first: i64, second: i64| {
        let unit = || async {
            let again = attempts.fetch_add(1, Ordering::SeqCst) >= 2;
            let mut work = database.begin().await?;
            let update = "UPDATE notes SET text = concat(text, 'x') WHERE id = ?";
            sqlx::query(update).bind(first).execute(&mut *work).await?;
            if !again {
                both.wait().await;
            }
            sqlx::query(update).bind(second).execute(&mut *work).await?;
            work.commit().await
        };
        retry_transaction(unit).await
    };
    let (one, two) = tokio::join!(change(1, 2), change(2, 1));
    one.unwrap();
    two.unwrap();
    assert!(attempts.load(Ordering::SeqCst) > 2, "one of them was given up");
    let texts: Vec<String> = sqlx::query_scalar("SELECT text FROM notes").fetch_all(database.pool()).await.unwrap();
    assert_eq!(texts, ["xx", "xx"]);
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn a_redis_script_reads_and_writes_its_own_keys() {
    let address = servers::redis();
    let (carts, others) = (
        redis::Database::open(&address, "cart").await.unwrap(),
        redis::Database::open(&address, "user").await.unwrap(),
    );
    let script = ::redis::Script::new("return redis.call('INCRBY', KEYS[1], ARGV[1])");
    let run = async |database: &redis::Database| {
        database.run::<i64>(&script, &[database.key("count")], &[b"2"]).await.unwrap()
    };
    assert_eq!((run(&carts).await, run(&carts).await, run(&others).await), (2, 4, 2));
    carts.check().await.unwrap();
    let wrong = ::redis::Script::new("return redis.call('NOTHING')");
    assert!(matches!(carts.run::<i64>(&wrong, &[], &[]).await, Err(StoreError::Fault(_))));
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn a_mongodb_write_conflict_is_retried() {
    let database = mongo::Database::open(&servers::mongo(), "notes").await.unwrap();
    let notes = database.collection::<Document>("notes");
    notes.insert_one(doc! { "_id": 1, "count": 0 }).await.unwrap();
    let increase = || async {
        let mut session = database.begin().await?;
        let seen = notes.find_one(doc! { "_id": 1 }).session(&mut session).await?.unwrap();
        let count = seen.get_i32("count").unwrap() + 1;
        notes.update_one(doc! { "_id": 1 }, doc! { "$set": { "count": count } }).session(&mut session).await?;
        mongo::commit(session).await
    };
    let (one, two, three) =
        tokio::join!(retry_transaction(increase), retry_transaction(increase), retry_transaction(increase));
    assert_eq!((one.is_ok(), two.is_ok(), three.is_ok()), (true, true, true));
    let seen = notes.find_one(doc! { "_id": 1 }).await.unwrap().unwrap();
    assert_eq!(seen.get_i32("count").unwrap(), 3);
    let Err(error) = notes.insert_one(doc! { "_id": 1 }).await else { panic!("twice") };
    assert!(mongo::is_duplicate(&error));
    database.check().await.unwrap();
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn a_transaction_without_commit_changes_nothing() {
    let database = mysql::Database::open(&servers::mysql(), "notes", &[NOTES]).await.unwrap();
    let mut work = database.begin().await.unwrap();
    sqlx::query("INSERT INTO notes (id, text) VALUES (1, '')").execute(&mut *work).await.unwrap();
    drop(work);
    let count: i64 = sqlx::query_scalar("SELECT count(*) FROM notes").fetch_one(database.pool()).await.unwrap();
    assert_eq!(count, 0);
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn an_idle_connection_closed_by_mysql_is_unavailable() {
    let database = mysql::Database::open(&servers::mysql(), "notes", &[NOTES]).await.unwrap();
    let mut work = database.begin().await.unwrap();
    sqlx::query("INSERT INTO notes (id, text) VALUES (1, '')").execute(&mut *work).await.unwrap();
    let silent: i64 = sqlx::query_scalar("SELECT CAST(connection_id() AS SIGNED)").fetch_one(&mut *work).await.unwrap();
    sqlx::query("SET SESSION wait_timeout = 1").execute(&mut *work).await.unwrap();
    let there = "SELECT count(*) FROM information_schema.processlist WHERE id = ?";
    while sqlx::query_scalar::<_, i64>(there).bind(silent).fetch_one(database.pool()).await.unwrap() > 0 {
        tokio::task::yield_now().await;
    }
    let message = sqlx::query("INSERT INTO notes (id, text) VALUES (2, '')").execute(&mut *work).await;
    let message = message.map_err(StoreError::from);
    assert!(matches!(message, Err(StoreError::Unavailable(_))), "{message:?}");
    drop(work);
    let count: i64 = sqlx::query_scalar("SELECT count(*) FROM notes").fetch_one(database.pool()).await.unwrap();
    assert_eq!(count, 0, "nothing was changed, and the next one has another connection");
}
