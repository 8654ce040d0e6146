//! Tests of the MongoDB outbox, where transactions run concurrently.

use crate::samples::{placed, placed_after};
use crate::test_database::{MongoTestDatabase, Producer};
use chassis::mongo;
use events::Outbox;
use events::outbox::mongo::MongoOutbox;
use futures::TryStreamExt;
use futures::future::join_all;
use mongodb::bson::{Document, doc};
use std::time::Duration;

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn an_event_committed_out_of_order_is_not_missed() {
    let test_database = MongoTestDatabase::open().await;
    let mut late = test_database.database.begin().await.unwrap();
    test_database.outbox.add(&mut late, &placed(1)).await.unwrap();
    test_database.add(&[placed(2), placed(3)], true).await;
    assert_eq!(test_database.outbox.unpublished(10).await.unwrap(), [placed(2), placed(3)]);
    test_database.outbox.mark_published(&[placed(2).id, placed(3).id]).await.unwrap();
    mongo::commit(late).await.unwrap();
    assert_eq!(test_database.outbox.unpublished(10).await.unwrap(), [placed(1)]);
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn transactions_with_events_run_concurrently() {
    let test_database = MongoTestDatabase::open().await;
    let (mut one, mut other) =
        (test_database.database.begin().await.unwrap(), test_database.database.begin().await.unwrap());
    test_database.outbox.add(&mut one, &placed(1)).await.unwrap();
    test_database.outbox.add(&mut other, &placed(2)).await.unwrap();
    mongo::commit(other).await.unwrap();
    mongo::commit(one).await.unwrap();
    assert_eq!(test_database.outbox.pending().await.unwrap(), 2);
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn a_waiter_is_notified_of_new_events() {
    let test_database = MongoTestDatabase::open().await;
    test_database.outbox.notify();
    tokio::time::timeout(Duration::from_secs(10), test_database.outbox.added()).await.unwrap();
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn a_database_can_be_opened_concurrently() {
    let test_database = MongoTestDatabase::open().await;
    let opened = join_all((0..4).map(|_| MongoOutbox::open(test_database.database.clone()))).await;
    assert!(opened.iter().all(Result::is_ok));
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn a_long_history_of_published_events_does_not_slow_reads_and_is_purged() {
    let test_database = MongoTestDatabase::open().await;
    for portion in 0..11 {
        let events: Vec<_> = (0..100).map(|number| placed_after(0, portion * 100 + number)).collect();
        test_database.add(&events, true).await;
        let ids: Vec<_> = events.iter().map(|event| event.id).collect();
        test_database.outbox.mark_published(&ids).await.unwrap();
    }
    test_database.add(&[placed_after(1, 1)], true).await;
    let command = doc! { "profile": 2, "slowms": 0 };
    test_database.database.inner().run_command(command).await.unwrap();
    assert_eq!(test_database.outbox.unpublished(10).await.unwrap().len(), 1);
    assert_eq!(test_database.outbox.pending().await.unwrap(), 1);
    assert_eq!(test_database.outbox.purge(placed_after(1, 0).time).await.unwrap(), 1_100);
    test_database.database.inner().run_command(doc! { "profile": 0 }).await.unwrap();
    let profile = test_database.database.collection::<Document>("system.profile");
    let noted: Vec<Document> =
        profile.find(doc! { "ns": { "$regex": "outbox$" } }).await.unwrap().try_collect().await.unwrap();
    assert!(noted.len() >= 5, "{}", noted.len());
    let read = noted.iter().filter_map(|one| one.get_i32("docsExamined").ok()).max();
    assert!(read.is_some_and(|read| read <= 1_000), "no more is read than is forgotten at once: {read:?}");
    assert!(noted.iter().all(|one| !one.get_str("planSummary").is_ok_and(|plan| plan.contains("COLLSCAN"))));
    assert_eq!(test_database.outbox_len().await, 1);
}
