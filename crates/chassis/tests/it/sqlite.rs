//! Tests of embedded databases.

use chassis::health::Check;
use chassis::sqlite::{Database, Durability, Migration};
use futures::future::join_all;

const FIRST: Migration = Migration { version: 1, name: "notes", sql: "CREATE TABLE notes (text TEXT NOT NULL);" };
const SECOND: Migration = Migration { version: 2, name: "marks", sql: "ALTER TABLE notes ADD COLUMN mark INTEGER;" };

#[tokio::test]
async fn a_migrated_schema_keeps_its_data() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep/inside/notes.db");
    let database = Database::open(&path, Durability::PowerLoss, &[FIRST]).await.unwrap();
    let mut work = database.begin().await.unwrap();
    sqlx::query("INSERT INTO notes (text) VALUES ('kept')").execute(&mut *work).await.unwrap();
    work.commit().await.unwrap();
    database.close().await;
    let database = Database::open(&path, Durability::PowerLoss, &[FIRST, SECOND]).await.unwrap();
    let text: String = sqlx::query_scalar("SELECT text FROM notes WHERE mark IS NULL")
        .fetch_one(&mut *database.read().await.unwrap())
        .await
        .unwrap();
    assert_eq!(text, "kept");
}

#[tokio::test]
async fn an_edited_migration_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.db");
    Database::open(&path, Durability::KilledProcess, &[FIRST]).await.unwrap().close().await;
    let edited = Migration { sql: "CREATE TABLE notes (text TEXT);", ..FIRST };
    let Err(error) = Database::open(&path, Durability::KilledProcess, &[edited]).await else { panic!("opened") };
    assert!(error.to_string().contains("differs"), "{error}");
}

#[tokio::test]
async fn the_readers_cannot_write() {
    let folder = tempfile::tempdir().unwrap();
    let database = Database::open(&folder.path().join("notes.db"), Durability::KilledProcess, &[FIRST]).await.unwrap();
    assert!(
        sqlx::query("INSERT INTO notes (text) VALUES ('x')")
            .execute(&mut *database.read().await.unwrap())
            .await
            .is_err()
    );
}

#[tokio::test]
async fn a_dropped_transaction_is_rolled_back_and_releases_the_writer() {
    let folder = tempfile::tempdir().unwrap();
    let database = Database::open(&folder.path().join("notes.db"), Durability::KilledProcess, &[FIRST]).await.unwrap();
    let mut work = database.begin().await.unwrap();
    sqlx::query("INSERT INTO notes (text) VALUES ('gone')").execute(&mut *work).await.unwrap();
    drop(work);
    let again = database.begin().await.unwrap();
    again.commit().await.unwrap();
    let count: i64 =
        sqlx::query_scalar("SELECT count(*) FROM notes").fetch_one(&mut *database.read().await.unwrap()).await.unwrap();
    assert_eq!(count, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_openers_share_a_new_file() {
    let folder = tempfile::tempdir().unwrap();
    for round in 0..100 {
        let path = folder.path().join(format!("{round}.db"));
        let visits = (0..6).map(async |visitor| {
            let database = Database::open(&path, Durability::KilledProcess, &[FIRST, SECOND]).await.unwrap();
            database.check().await.unwrap();
            if visitor % 2 == 0 {
                database.close().await;
            }
        });
        join_all(visits).await;
    }
}
