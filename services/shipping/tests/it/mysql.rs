//! Behaviour specific to MySQL: the whole gazetteer, and broken connections.

use crate::conformance::{Subject, due_at};
use chassis::StoreError;
use chassis::mysql::Database;
use contracts::Country;
use shipping::Stores;
use shipping::name_normalisation;
use shipping::places::Gazetteer;
use shipping::store::Store;
use shipping::store::mysql::MysqlStore;
use shipping::store::sqlite::SqliteStore;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn searches_of_the_whole_gazetteer_agree_with_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let embedded = SqliteStore::open(&folder.path().join("shipping.db")).await.unwrap();
    let mysql = MysqlStore::open(&testkit::servers::mysql()).await.unwrap();
    for store in [&embedded as &dyn Store, &mysql] {
        assert!(shipping::load_places(store, &Gazetteer::BUILT_IN).await.unwrap());
        assert!(!shipping::load_places(store, &Gazetteer::BUILT_IN).await.unwrap());
    }
    let countries = embedded.inhabited_countries().await.unwrap();
    assert_eq!(mysql.inhabited_countries().await.unwrap(), countries);
    for country in countries {
        assert_eq!(mysql.largest_place(country).await.unwrap(), embedded.largest_place(country).await.unwrap());
    }
    let typed = [
        "mun",
        "Mün",
        "muen",
        "MÜNCHEN",
        "Koln",
        "köln",
        "koe",
        "wien",
        "vien",
        "Вена",
        "мо",
        "Москва",
        "北京",
        "東京",
        "L’Aqu",
        "laq",
        "saint é",
        "st ",
        "sa",
        "san",
        "a",
        "z",
        "Łó",
        "ş",
        "İz",
        "is",
        "Ø",
        "ae",
        "neu",
        "hof",
        "x y",
        "القا",
        "ירו",
        "Αθή",
        "ไทย",
        "서울",
        "n'd",
        "o",
        "é",
        "zzzz",
    ];
    for country in
        ["DE", "AT", "FR", "IT", "US", "RU", "CN", "JP", "TR", "PL", "GB", "EG", "IL", "GR", "TH", "KR", "DK"]
    {
        let country: Country = country.parse().unwrap();
        for text in typed {
            for limit in [1, 10, 500] {
                let keys = name_normalisation::keys(text);
                let expected = embedded.search_places(country, &keys, limit).await.unwrap();
                assert_eq!(mysql.search_places(country, &keys, limit).await.unwrap(), expected, "{country} {text:?}");
            }
        }
    }
}

/// Kills the connection of the statement that is blocked by another one, and never returns.
async fn kill_connection(database: &Database, statement: &str) {
    let name: String = sqlx::query_scalar("SELECT database()").fetch_one(database.pool()).await.unwrap();
    loop {
        let waiting: Option<i64> = sqlx::query_scalar(
            "SELECT CAST(id AS SIGNED) FROM information_schema.processlist
             WHERE db = ? AND command <> 'Sleep' AND info LIKE ?",
        )
        .bind(&name)
        .bind(format!("{statement}%"))
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
async fn a_connection_lost_during_an_update_changes_nothing_and_the_retry_succeeds() {
    let address = testkit::servers::mysql();
    let store = Arc::new(MysqlStore::open(&address).await.unwrap());
    let stores = Stores { store: store.clone(), outbox: Arc::new(store.outbox()) };
    let subject = Subject::new(stores, store.clone());
    let announced = subject.announcement();
    store.announce(&announced).await.unwrap();
    let update = subject.update(&announced, 0, due_at(&announced), Some(announced.booking.estimated_delivery));
    // The event is the last row that an update writes. Another transaction with the same id blocks it there.
    let other = Database::open(&address, "shipping", &[]).await.unwrap();
    let mut blocking = other.begin().await.unwrap();
    sqlx::query("INSERT INTO outbox (event_id, body) VALUES (?, '')")
        .bind(update.event.id.to_string())
        .execute(&mut *blocking)
        .await
        .unwrap();

    let lost = tokio::select! {
        answer = store.apply_update(&update) => answer,
        () = kill_connection(&other, "INSERT INTO outbox") => unreachable!("a connection that is cut answers"),
    };
    assert!(matches!(lost, Err(StoreError::Unavailable(_))), "{lost:?}");
    blocking.rollback().await.unwrap();

    let tracking = store.tracking(&announced.booking.tracking_number).await.unwrap().unwrap();
    assert_eq!(tracking.records.len(), 1);
    assert_eq!(store.due_shipments(due_at(&announced), 10).await.unwrap()[0].updates, 0);
    assert!(store.apply_update(&update).await.unwrap());
    assert_eq!(store.tracking(&announced.booking.tracking_number).await.unwrap().unwrap().records.len(), 2);
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn an_aborted_load_of_places_does_not_block_the_next_one() {
    let address = testkit::servers::mysql();
    let store = MysqlStore::open(&address).await.unwrap();
    let other = MysqlStore::open(&address).await.unwrap();
    let (places, begun) = (Gazetteer::BUILT_IN, AtomicBool::new(false));
    let mut entries = places.entries().inspect(|_| begun.store(true, Ordering::SeqCst));
    {
        let mut loading = store.replace_gazetteer("one", &mut entries);
        while !begun.load(Ordering::SeqCst) {
            tokio::select! { biased; loaded = &mut loading => panic!("{loaded:?}"), () = tokio::task::yield_now() => {} }
        }
    }
    other.replace_gazetteer("one", &mut crate::harness::few_places().entries()).await.unwrap();
    assert_eq!(store.inhabited_countries().await.unwrap().len(), 4);
}
