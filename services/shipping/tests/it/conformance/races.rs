//! Concurrent operations of several replicas.

use super::{Subject, cancellation, due_at, shipment};
use crate::harness::few_places;
use chassis::StoreError;
use contracts::shipping::ShipmentStatus;
use jiff::{SignedDuration, Timestamp};
use shipping::shipment::{AnnounceOutcome, CancelOutcome, NewShipment};
use shipping::zones;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::task::JoinSet;

/// Runs all futures concurrently and returns their results in any order.
async fn concurrently<T: Send + 'static>(
    all: impl IntoIterator<Item = impl Future<Output = T> + Send + 'static>,
) -> Vec<T> {
    all.into_iter().collect::<JoinSet<T>>().join_all().await
}

pub async fn concurrent_starts_load_the_places_once(subject: Subject) {
    for version in 1..=6 {
        let read = Arc::new(AtomicUsize::new(0));
        let start = |turn| {
            let (store, read) = (subject.replica(turn), read.clone());
            async move {
                let places = few_places();
                let mut entries = places.entries().inspect(|_| {
                    read.fetch_add(1, Ordering::SeqCst);
                });
                store.replace_gazetteer(&version.to_string(), &mut entries).await.unwrap();
                store.inhabited_countries().await.unwrap().len()
            }
        };
        assert_eq!(concurrently((0..6).map(start)).await, [4; 6]);
        assert_eq!(read.load(Ordering::SeqCst), 7);
    }
}

pub async fn one_of_several_concurrent_price_changes_succeeds(subject: Subject) {
    for version in [0, 1] {
        let change = |turn| {
            let store = subject.replica(turn);
            let mut table = zones::built_in();
            table.version = version;
            table.zones[0].name = format!("by {turn}").parse().unwrap();
            async move { store.set_zones(&table).await.map(|version| (turn, version)) }
        };
        let answers = concurrently((0..8).map(change)).await;
        let won: Vec<_> = answers.iter().filter_map(|answer| answer.as_ref().ok()).collect();
        let lost = answers.iter().filter(|answer| matches!(answer, Err(StoreError::Conflict))).count();
        assert_eq!((won.len(), lost), (1, 7));
        let table = subject.store.zones().await.unwrap().unwrap();
        assert_eq!((table.version, table.zones[0].name.to_string()), (version + 1, format!("by {}", won[0].0)));
        assert_eq!(won[0].1, version + 1);
    }
}

pub async fn concurrent_announcements_of_a_step_are_one_shipment(subject: Subject) {
    for shipments in 1..=8 {
        let order_id = subject.announcement().order_id;
        let announce = |turn| {
            let store = subject.replica(turn);
            let announcement = NewShipment { order_id, ..subject.announcement() };
            async move { shipment(store.announce(&announcement).await.unwrap()) }
        };
        let announced = concurrently((0..10).map(announce)).await;
        assert!(announced.iter().all(|shipment| *shipment == announced[0]));
        assert_eq!(subject.store.due_shipments(Timestamp::MAX, 100).await.unwrap().len(), shipments);
        let tracking = subject.store.tracking(&announced[0].number).await.unwrap().unwrap();
        assert_eq!(tracking.records.len(), 1);
    }
}

pub async fn concurrent_announcements_and_cancellations_agree(subject: Subject) {
    let steps: Vec<_> = (0..16).map(|_| subject.announcement()).collect();
    let both = |(turn, announcement): (usize, &NewShipment)| {
        let (announcing, cancelling) = (subject.replica(turn), subject.replica(turn / 2));
        let announcement = announcement.clone();
        async move {
            let cancellation = cancellation(&announcement);
            let (announced, cancelled) =
                tokio::join!(announcing.announce(&announcement), cancelling.cancel(&cancellation, announcement.at));
            assert_eq!(cancelled.unwrap(), CancelOutcome::Cancelled);
            (announcement, announced.unwrap() == AnnounceOutcome::Cancelled)
        }
    };
    for (announcement, refused) in concurrently(steps.iter().enumerate().map(both)).await {
        assert_eq!(subject.store.announce(&announcement).await.unwrap(), AnnounceOutcome::Cancelled);
        let tracking = subject.store.tracking(&announcement.booking.tracking_number).await.unwrap();
        let published = tracking.map(|tracking| (tracking.status, tracking.records.len()));
        assert_eq!(published, (!refused).then_some((ShipmentStatus::Cancelled, 2)));
    }
    assert!(subject.store.due_shipments(Timestamp::MAX, 100).await.unwrap().is_empty());
}

pub async fn one_of_several_concurrent_updates_is_stored(subject: Subject) {
    let announced = subject.announcement();
    subject.store.announce(&announced).await.unwrap();
    let go = |turn| {
        let store = subject.replica(turn);
        let update = subject.update(&announced, 0, due_at(&announced), Some(announced.booking.estimated_delivery));
        async move { (store.apply_update(&update).await.unwrap(), update.event.id) }
    };
    let moved: Vec<_> = concurrently((0..10).map(go)).await.into_iter().filter(|(moved, _)| *moved).collect();
    let published: Vec<_> = subject.outbox.unpublished(10).await.unwrap().iter().map(|event| event.id).collect();
    assert_eq!(moved, [(true, published[0])]);
    assert_eq!(published.len(), 1);
    assert_eq!(subject.store.due_shipments(Timestamp::MAX, 10).await.unwrap()[0].updates, 1);
}

pub async fn a_shipment_is_updated_or_cancelled_but_not_both(subject: Subject) {
    let mut updates = Vec::new();
    for _ in 0..16 {
        let announced = subject.announcement();
        subject.store.announce(&announced).await.unwrap();
        let update = subject.update(&announced, 0, due_at(&announced), Some(announced.booking.estimated_delivery));
        updates.push((announced, update));
    }
    let both = |(turn, (announced, update)): (usize, (NewShipment, _))| {
        let (moving, cancelling) = (subject.replica(turn), subject.replica(turn / 2));
        async move {
            let cancellation = cancellation(&announced);
            let (moved, cancelled) =
                tokio::join!(moving.apply_update(&update), cancelling.cancel(&cancellation, due_at(&announced)));
            (announced, moved.unwrap(), cancelled.unwrap())
        }
    };
    let mut left = 0;
    for (announced, moved, cancelled) in concurrently(updates.into_iter().enumerate().map(both)).await {
        let expected = if moved { CancelOutcome::AlreadyShipped } else { CancelOutcome::Cancelled };
        assert_eq!(cancelled, expected);
        let tracking = subject.store.tracking(&announced.booking.tracking_number).await.unwrap().unwrap();
        let status = if moved { ShipmentStatus::InTransit } else { ShipmentStatus::Cancelled };
        assert_eq!((tracking.status, tracking.records.len()), (status, 2));
        left += usize::from(moved);
    }
    assert_eq!(subject.outbox.unpublished(100).await.unwrap().len(), left);
    assert_eq!(subject.store.due_shipments(Timestamp::MAX, 100).await.unwrap().len(), left);
}

pub async fn concurrent_purges_delete_each_quote_once(subject: Subject) {
    let now = subject.system.now();
    for seconds in 0..40 {
        subject.store.insert_quote(&subject.quote(now + SignedDuration::from_secs(seconds))).await.unwrap();
    }
    let purge = |turn| {
        let store = subject.replica(turn);
        async move { store.delete_expired_quotes(now + SignedDuration::from_secs(29), 4).await.unwrap() }
    };
    let deleted: usize = concurrently((0..6).map(purge)).await.iter().sum();
    assert!(deleted > 0 && deleted <= 24, "{deleted}");
    let rest = subject.store.delete_expired_quotes(now + SignedDuration::from_secs(29), 100).await.unwrap();
    assert_eq!(deleted + rest, 30);
    assert_eq!(subject.store.delete_expired_quotes(Timestamp::MAX, 100).await.unwrap(), 10);
}
