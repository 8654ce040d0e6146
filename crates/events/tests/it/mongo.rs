//! What is particular to the outbox in MongoDB, where units of work run side by side.

use crate::books::{MongoBooks, Producer};
use crate::samples::{placed, placed_after};
use chassis::mongo;
use events::Outbox;
use events::outbox::mongo::MongoOutbox;
use futures::TryStreamExt;
use futures::future::join_all;
use mongodb::bson::{Document, doc};
use std::time::Duration;

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn an_event_that_is_committed_after_later_ones_is_not_missed() {
    let books = MongoBooks::open().await;
    let mut late = books.database.begin().await.unwrap();
    books.outbox.add(&mut late, &placed(1)).await.unwrap();
    books.add(&[placed(2), placed(3)], true).await;
    assert_eq!(books.outbox.unpublished(10).await.unwrap(), [placed(2), placed(3)]);
    books.outbox.mark_published(&[placed(2).id, placed(3).id]).await.unwrap();
    mongo::commit(late).await.unwrap();
    assert_eq!(books.outbox.unpublished(10).await.unwrap(), [placed(1)]);
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn units_of_work_that_tell_something_do_not_wait_for_each_other() {
    let books = MongoBooks::open().await;
    let (mut one, mut other) = (books.database.begin().await.unwrap(), books.database.begin().await.unwrap());
    books.outbox.add(&mut one, &placed(1)).await.unwrap();
    books.outbox.add(&mut other, &placed(2)).await.unwrap();
    mongo::commit(other).await.unwrap();
    mongo::commit(one).await.unwrap();
    assert_eq!(books.outbox.pending().await.unwrap(), 2);
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn whoever_waits_hears_that_something_was_added() {
    let books = MongoBooks::open().await;
    books.outbox.notify();
    tokio::time::timeout(Duration::from_secs(10), books.outbox.added()).await.unwrap();
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn several_may_open_it_at_once() {
    let books = MongoBooks::open().await;
    let opened = join_all((0..4).map(|_| MongoOutbox::open(books.database.clone()))).await;
    assert!(opened.iter().all(Result::is_ok));
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn a_long_history_of_published_events_slows_nobody_down_and_is_forgotten() {
    let books = MongoBooks::open().await;
    for portion in 0..11 {
        let events: Vec<_> = (0..100).map(|number| placed_after(0, portion * 100 + number)).collect();
        books.add(&events, true).await;
        let ids: Vec<_> = events.iter().map(|event| event.id).collect();
        books.outbox.mark_published(&ids).await.unwrap();
    }
    books.add(&[placed_after(1, 1)], true).await;
    let command = doc! { "profile": 2, "slowms": 0 };
    books.database.inner().run_command(command).await.unwrap();
    assert_eq!(books.outbox.unpublished(10).await.unwrap().len(), 1);
    assert_eq!(books.outbox.pending().await.unwrap(), 1);
    assert_eq!(books.outbox.purge(placed_after(1, 0).time).await.unwrap(), 1_100);
    books.database.inner().run_command(doc! { "profile": 0 }).await.unwrap();
    let profile = books.database.collection::<Document>("system.profile");
    let noted: Vec<Document> =
        profile.find(doc! { "ns": { "$regex": "outbox$" } }).await.unwrap().try_collect().await.unwrap();
    assert!(noted.len() >= 5, "{}", noted.len());
    let read = noted.iter().filter_map(|one| one.get_i32("docsExamined").ok()).max();
    assert!(read.is_some_and(|read| read <= 1_000), "no more is read than is forgotten at once: {read:?}");
    assert!(noted.iter().all(|one| !one.get_str("planSummary").is_ok_and(|plan| plan.contains("COLLSCAN"))));
    assert_eq!(books.told().await, 1);
}
