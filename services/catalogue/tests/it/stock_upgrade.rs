//! Stores of an earlier version are upgraded without a change of levels and history.

use crate::stock::{adjustment, sku};
use catalogue::stock::{AdjustmentOutcome, StockLevel};
use catalogue::store::{Idempotency, MongoStock, SqliteStock, StockFilter, StockStore};
use chassis::{mongo, sqlite};
use contracts::catalogue::Oversell;
use mongodb::bson::{Document, doc};
use testkit::{TestEnvironment, servers};

/// The SKU, units on hand, reserved units, policy and history of each stored level.
const STORED: [(&str, i64, i64, &str, &[i64]); 4] = [
    ("A", 12, 2, "deny", &[10, 3, -1]),
    ("AHEAD", 1, 4, "continue", &[1]),
    ("ENDED", 0, 2, "deny", &[5, -5]),
    ("LAST", 5, 0, "deny", &[5]),
];

async fn expect_upgraded(store: &dyn StockStore, env: &TestEnvironment) {
    let levels = store.levels(&STORED.map(|(name, ..)| sku(name))).await.unwrap();
    for (name, on_hand, reserved, policy, changes) in STORED {
        let oversell = if policy == "deny" { Oversell::Deny } else { Oversell::Continue };
        let (backordered, lost) = ((reserved - on_hand).max(0), 0);
        assert_eq!(levels[&sku(name)], StockLevel { on_hand, reserved, oversell, backordered, lost, low_at: None });
        let history = store.history(&sku(name), None, 10).await.unwrap();
        assert_eq!(history.iter().rev().map(|line| line.change).collect::<Vec<_>>(), changes, "{name}");
        let mut sum = 0;
        for (number, line) in (1..).zip(history.iter().rev()) {
            sum += line.change;
            assert_eq!((line.number, line.on_hand, line.forced, line.kind), (number, sum, false, None), "{name}");
        }
    }
    let listed = async |filter: StockFilter| {
        store.list(&filter.into(), None, 10).await.unwrap().into_iter().map(|(sku, _)| sku).collect::<Vec<_>>()
    };
    assert_eq!(listed(StockFilter::Low).await, [sku("ENDED"), sku("LAST")]);
    assert_eq!(listed(StockFilter::Shortfall).await, [sku("AHEAD"), sku("ENDED")]);

    let now = env.system.now();
    assert_eq!(
        store.adjust(&adjustment("A", -1, now), Idempotency::Key("new")).await.unwrap(),
        AdjustmentOutcome::Done
    );
    let latest = store.history(&sku("A"), None, 1).await.unwrap().remove(0);
    assert_eq!((latest.number, latest.on_hand), (4, 11));
    assert_eq!(store.outbox().unpublished(10).await.unwrap(), []);
}

#[tokio::test]
async fn a_file_of_the_first_version_is_upgraded() {
    let (folder, env) = (tempfile::tempdir().unwrap(), TestEnvironment::default());
    let path = folder.path().join("stock.db");
    let first = &SqliteStock::MIGRATIONS[..1];
    let database = sqlite::Database::open(&path, sqlite::Durability::KilledProcess, first).await.unwrap();
    let mut transaction = database.begin().await.unwrap();
    for (name, on_hand, reserved, policy, _) in STORED {
        sqlx::query("INSERT INTO levels (sku, on_hand, reserved, oversell) VALUES (?, ?, ?, ?)")
            .bind(name)
            .bind(on_hand)
            .bind(reserved)
            .bind(policy)
            .execute(&mut *transaction)
            .await
            .unwrap();
    }
    // The entries of the SKUs are interleaved.
    for position in 0..3 {
        for (name, .., changes) in STORED {
            let Some(change) = changes.get(position) else { continue };
            let line =
                "INSERT INTO history (sku, at, change, reason, note, author) VALUES (?, 1, ?, 'adjusted', '', '')";
            sqlx::query(line).bind(name).bind(change).execute(&mut *transaction).await.unwrap();
        }
    }
    transaction.commit().await.unwrap();
    database.close().await;
    expect_upgraded(&SqliteStock::open(&path).await.unwrap(), &env).await;
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn a_database_of_the_first_version_is_upgraded_by_concurrent_replicas() {
    let (address, env) = (servers::mongo(), TestEnvironment::default());
    let database = mongo::Database::open(&address, "catalogue").await.unwrap();
    for (name, on_hand, reserved, oversell, changes) in STORED {
        let lines = i64::try_from(changes.len()).unwrap();
        let level = doc! {
            "_id": name, "on_hand": on_hand, "reserved": reserved, "oversell": oversell, "lines": lines,
        };
        database.collection::<Document>("levels").insert_one(level).await.unwrap();
        for (number, change) in (1_i64..).zip(changes) {
            let line = doc! {
                "sku": name, "number": number, "at": 1_i64, "change": change, "reason": "adjusted", "note": "", "author": "",
            };
            database.collection::<Document>("history").insert_one(line).await.unwrap();
        }
    }
    let (one, other) = tokio::join!(MongoStock::open(&address), MongoStock::open(&address));
    other.unwrap();
    expect_upgraded(&one.unwrap(), &env).await;
    let again = MongoStock::open(&address).await.unwrap();
    assert_eq!(again.history(&sku("A"), None, 10).await.unwrap()[0].on_hand, 11);
}
