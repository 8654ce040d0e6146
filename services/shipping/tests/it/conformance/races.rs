//! What must hold when many do something at once, in several replicas.

use super::{Subject, cancellation, shipment};
use crate::shop::few_places;
use chassis::StoreError;
use contracts::shipping::ShipmentStatus;
use jiff::{SignedDuration, Timestamp};
use shipping::shipment::{Announced, Announcement, Cancellation};
use shipping::zones;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::task::JoinSet;

/// Runs all at once; what they answered, in any order.
async fn at_once<T: Send + 'static>(all: impl IntoIterator<Item = impl Future<Output = T> + Send + 'static>) -> Vec<T> {
    all.into_iter().collect::<JoinSet<T>>().join_all().await
}

pub async fn many_that_start_at_once_load_the_places_once(subject: Subject) {
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
        assert_eq!(at_once((0..6).map(start)).await, [4; 6]);
        assert_eq!(read.load(Ordering::SeqCst), 7);
    }
}

pub async fn one_of_many_changes_of_prices_wins(subject: Subject) {
    for version in [0, 1] {
        let change = |turn| {
            let store = subject.replica(turn);
            let mut table = zones::built_in();
            table.version = version;
            table.zones[0].name = format!("by {turn}").parse().unwrap();
            async move { store.set_zones(&table).await.map(|version| (turn, version)) }
        };
        let answers = at_once((0..8).map(change)).await;
        let won: Vec<_> = answers.iter().filter_map(|answer| answer.as_ref().ok()).collect();
        let lost = answers.iter().filter(|answer| matches!(answer, Err(StoreError::Conflict))).count();
        assert_eq!((won.len(), lost), (1, 7));
        let table = subject.store.zones().await.unwrap().unwrap();
        assert_eq!((table.version, table.zones[0].name.to_string()), (version + 1, format!("by {}", won[0].0)));
        assert_eq!(won[0].1, version + 1);
    }
}

pub async fn many_announcements_at_once_are_one_parcel(subject: Subject) {
    for parcels in 1..=8 {
        let order_id = subject.announcement().order_id;
        let announce = |turn| {
            let store = subject.replica(turn);
            let announcement = Announcement { order_id, ..subject.announcement() };
            async move { shipment(store.announce(&announcement).await.unwrap()) }
        };
        let announced = at_once((0..10).map(announce)).await;
        assert!(announced.iter().all(|shipment| *shipment == announced[0]));
        assert_eq!(subject.store.due_parcels(Timestamp::MAX, 100).await.unwrap().len(), parcels);
        let tracking = subject.store.tracking(&announced[0].number).await.unwrap().unwrap();
        assert_eq!(tracking.events.len(), 1);
    }
}

pub async fn announcements_and_cancellations_at_once_agree(subject: Subject) {
    let steps: Vec<_> = (0..16).map(|_| subject.announcement()).collect();
    let both = |(turn, announcement): (usize, &Announcement)| {
        let (announcing, cancelling) = (subject.replica(turn), subject.replica(turn / 2));
        let announcement = announcement.clone();
        async move {
            let cancellation = cancellation(&announcement);
            let (announced, cancelled) =
                tokio::join!(announcing.announce(&announcement), cancelling.cancel(&cancellation, announcement.at));
            assert_eq!(cancelled.unwrap(), Cancellation::Cancelled);
            (announcement, announced.unwrap() == Announced::Cancelled)
        }
    };
    for (announcement, refused) in at_once(steps.iter().enumerate().map(both)).await {
        assert_eq!(subject.store.announce(&announcement).await.unwrap(), Announced::Cancelled);
        let tracking = subject.store.tracking(&announcement.number).await.unwrap();
        let told = tracking.map(|tracking| (tracking.status, tracking.events.len()));
        assert_eq!(told, (!refused).then_some((ShipmentStatus::Cancelled, 2)));
    }
    assert!(subject.store.due_parcels(Timestamp::MAX, 100).await.unwrap().is_empty());
}

pub async fn many_movements_at_once_are_one(subject: Subject) {
    let announced = subject.announcement();
    subject.store.announce(&announced).await.unwrap();
    let go = |turn| {
        let store = subject.replica(turn);
        let movement = subject.movement(&announced, 0, announced.due, Some(announced.arrival));
        async move { (store.move_parcel(&movement).await.unwrap(), movement.event.id) }
    };
    let moved: Vec<_> = at_once((0..10).map(go)).await.into_iter().filter(|(moved, _)| *moved).collect();
    let told: Vec<_> = subject.outbox.unpublished(10).await.unwrap().iter().map(|event| event.id).collect();
    assert_eq!(moved, [(true, told[0])]);
    assert_eq!(told.len(), 1);
    assert_eq!(subject.store.due_parcels(Timestamp::MAX, 10).await.unwrap()[0].passed, 1);
}

pub async fn a_parcel_leaves_or_is_cancelled_but_not_both(subject: Subject) {
    let mut movements = Vec::new();
    for _ in 0..16 {
        let announced = subject.announcement();
        subject.store.announce(&announced).await.unwrap();
        let movement = subject.movement(&announced, 0, announced.due, Some(announced.arrival));
        movements.push((announced, movement));
    }
    let both = |(turn, (announced, movement)): (usize, (Announcement, _))| {
        let (moving, cancelling) = (subject.replica(turn), subject.replica(turn / 2));
        async move {
            let cancellation = cancellation(&announced);
            let (moved, cancelled) =
                tokio::join!(moving.move_parcel(&movement), cancelling.cancel(&cancellation, announced.due));
            (announced, moved.unwrap(), cancelled.unwrap())
        }
    };
    let mut left = 0;
    for (announced, moved, cancelled) in at_once(movements.into_iter().enumerate().map(both)).await {
        let expected = if moved { Cancellation::AlreadyShipped } else { Cancellation::Cancelled };
        assert_eq!(cancelled, expected);
        let tracking = subject.store.tracking(&announced.number).await.unwrap().unwrap();
        let status = if moved { ShipmentStatus::InTransit } else { ShipmentStatus::Cancelled };
        assert_eq!((tracking.status, tracking.events.len()), (status, 2));
        left += usize::from(moved);
    }
    assert_eq!(subject.outbox.unpublished(100).await.unwrap().len(), left);
    assert_eq!(subject.store.due_parcels(Timestamp::MAX, 100).await.unwrap().len(), left);
}

pub async fn old_quotes_are_forgotten_once_by_many_cleaners(subject: Subject) {
    let now = subject.system.now();
    for seconds in 0..40 {
        subject.store.keep_quote(&subject.quote(now + SignedDuration::from_secs(seconds))).await.unwrap();
    }
    let clean = |turn| {
        let store = subject.replica(turn);
        async move { store.forget_quotes(now + SignedDuration::from_secs(29), 4).await.unwrap() }
    };
    let forgotten: usize = at_once((0..6).map(clean)).await.iter().sum();
    assert!(forgotten > 0 && forgotten <= 24, "{forgotten}");
    let rest = subject.store.forget_quotes(now + SignedDuration::from_secs(29), 100).await.unwrap();
    assert_eq!(forgotten + rest, 30);
    assert_eq!(subject.store.forget_quotes(Timestamp::MAX, 100).await.unwrap(), 10);
}
