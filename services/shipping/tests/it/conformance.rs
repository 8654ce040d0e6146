//! What every implementation of the store must do.

mod races;
mod texts;

use crate::shop::{BERLIN, MUNICH, few_places};
use chassis::{ManualClock, SeededRandom, SystemContext, StoreError};
use contracts::events::ShipmentMoved;
use contracts::shipping::{BoundQuote, PlaceView, Quote, ShipmentCancellation, ShipmentStatus, ShipmentView};
use contracts::{CartId, Country, OrderId, PlaceId, QuoteId, ShipmentId};
use events::{Event, Outbox};
use jiff::{SignedDuration, Timestamp};
use races::*;
use shipping::Stores;
use shipping::shipment::{Announced, Announcement, Cancellation, Movement, Stop};
use shipping::store::Store;
use shipping::zones::{self, Speed};
use std::future::Future;
use std::sync::Arc;
use texts::*;

/// A store under test.
pub struct Subject {
    store: Arc<dyn Store>,
    /// The same store as another replica of the service sees it.
    other: Arc<dyn Store>,
    outbox: Arc<dyn Outbox>,
    system: SystemContext,
}

impl Subject {
    pub fn new(Stores { store, outbox }: Stores, other: Arc<dyn Store>) -> Self {
        let clock = ManualClock::new("2026-11-22T09:00:00Z".parse().unwrap());
        let system = SystemContext::new(Arc::new(clock), Arc::new(SeededRandom::new(7)));
        Self { store, other, outbox, system }
    }

    /// This replica and the other one, by turns.
    fn replica(&self, turn: usize) -> Arc<dyn Store> {
        if turn.is_multiple_of(2) { self.store.clone() } else { self.other.clone() }
    }

    pub fn announcement(&self) -> Announcement {
        let now = self.system.now();
        let stop = |status| Stop { status, place: "Berlin".into(), text: "There".into() };
        Announcement {
            id: ShipmentId(self.system.id()),
            order_id: OrderId(self.system.id()),
            step_key: "ship".into(),
            number: self.system.token::<9>(),
            speed: Speed::Express,
            start: stop(ShipmentStatus::Announced),
            stops: vec![stop(ShipmentStatus::InTransit), stop(ShipmentStatus::Delivered)],
            at: now,
            due: now + SignedDuration::from_secs(10),
            arrival: now + SignedDuration::from_secs(20),
        }
    }

    pub fn movement(&self, of: &Announcement, passed: usize, at: Timestamp, due: Option<Timestamp>) -> Movement {
        let stop = of.stops[passed].clone();
        let moved = ShipmentMoved { order_id: of.order_id, shipment_id: of.id, status: stop.status, at };
        let event = Event::new(&self.system, "shipping", &moved).unwrap();
        Movement { id: of.id, passed, stop, at, due, arrival: at, event }
    }

    fn quote(&self, expires_at: Timestamp) -> BoundQuote {
        let place = PlaceView { id: PlaceId(BERLIN), name: "Berlin".into(), region: String::new(), country: germany() };
        let quote = Quote { quote_id: QuoteId(self.system.id()), place, expires_at, options: Vec::new() };
        BoundQuote { quote, cart_id: CartId(self.system.id()), lines_digest: "abc".into() }
    }
}

fn germany() -> Country {
    "DE".parse().unwrap()
}

fn cancellation(of: &Announcement) -> ShipmentCancellation {
    ShipmentCancellation { order_id: of.order_id, step_key: of.step_key.clone() }
}

fn shipment(announced: Announced) -> ShipmentView {
    let Announced::Shipment(shipment) = announced else { panic!("cancelled") };
    shipment
}

/// On a file, which one process has.
async fn embedded<W: Future<Output = ()>>(what: impl FnOnce(Subject) -> W) {
    let folder = tempfile::tempdir().unwrap();
    let stores = Stores::embedded(&folder.path().join("shipping.db")).await.unwrap();
    let other = stores.store.clone();
    what(Subject::new(stores, other)).await;
}

/// On a database of its own, which two replicas have.
async fn mysql<W: Future<Output = ()>>(what: impl FnOnce(Subject) -> W) {
    let address = testkit::servers::mysql();
    let (stores, other) = (Stores::mysql(&address).await.unwrap(), Stores::mysql(&address).await.unwrap());
    what(Subject::new(stores, other.store)).await;
}

macro_rules! conformance {
    ($($name:ident),* $(,)?) => {
        mod embedded {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::embedded(super::$name).await;
            })*
        }
        mod mysql {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            #[ignore = "needs the servers of make services"]
            async fn $name() {
                super::mysql(super::$name).await;
            })*
        }
    };
}

conformance!(
    an_empty_store_knows_nothing,
    places_are_found_by_key_and_by_size,
    zones_change_only_from_the_version_in_force,
    quotes_end_at_their_time,
    a_parcel_is_announced_once,
    a_cancelled_announcement_stays_cancelled,
    a_parcel_moves_once_from_each_stop,
    a_cancelled_parcel_does_not_move,
    parcels_are_due_in_the_order_of_their_time,
    names_in_every_script_are_kept_and_found,
    prefixes_end_where_other_names_begin,
    steps_are_told_apart_by_every_letter,
    documents_of_any_size_are_kept,
    a_broken_file_of_places_changes_nothing,
    many_that_start_at_once_load_the_places_once,
    one_of_many_changes_of_prices_wins,
    many_announcements_at_once_are_one_parcel,
    announcements_and_cancellations_at_once_agree,
    many_movements_at_once_are_one,
    a_parcel_leaves_or_is_cancelled_but_not_both,
    old_quotes_are_forgotten_once_by_many_cleaners,
);

async fn an_empty_store_knows_nothing(Subject { store, outbox, system, .. }: Subject) {
    assert_eq!(store.gazetteer_version().await.unwrap(), None);
    assert!(store.inhabited_countries().await.unwrap().is_empty());
    assert_eq!(store.largest_place(germany()).await.unwrap(), None);
    assert_eq!(store.place(PlaceId(BERLIN)).await.unwrap(), None);
    assert_eq!(store.warehouse().await.unwrap(), None);
    assert_eq!(store.zones().await.unwrap(), None);
    assert_eq!(store.tracking("SS").await.unwrap(), None);
    assert!(store.due_parcels(system.now(), 10).await.unwrap().is_empty());
    assert!(outbox.unpublished(10).await.unwrap().is_empty());
    assert_eq!(store.check().await, Ok(()));
}

async fn places_are_found_by_key_and_by_size(Subject { store, .. }: Subject) {
    store.replace_gazetteer("one", &mut few_places().entries()).await.unwrap();
    assert_eq!(store.gazetteer_version().await.unwrap().as_deref(), Some("one"));
    assert_eq!(store.largest_place(germany()).await.unwrap().unwrap().name, "Berlin");
    let names = async |keys: &[&str], limit| -> Vec<String> {
        let keys: Vec<String> = keys.iter().map(|key| (*key).to_owned()).collect();
        let found = store.search_places(germany(), &keys, limit).await.unwrap();
        found.into_iter().map(|place| place.name).collect()
    };
    assert_eq!(names(&["munchen"], 10).await, ["Munich"]);
    assert_eq!(names(&["mun", "muen"], 10).await, ["Munich"]);
    assert_eq!(names(&["p", "b"], 10).await, ["Berlin", "Potsdam"]);
    assert_eq!(names(&["p", "b"], 1).await, ["Berlin"]);
    assert_eq!(names(&["potsdam", "b"], 10).await, ["Potsdam", "Berlin"]);
    assert!(names(&[], 10).await.is_empty());
    store.set_warehouse(PlaceId(MUNICH)).await.unwrap();
    assert_eq!(store.warehouse().await.unwrap().unwrap().name, "Munich");
    store.set_warehouse(PlaceId(1)).await.unwrap();
    assert_eq!(store.warehouse().await.unwrap(), None);
}

async fn zones_change_only_from_the_version_in_force(Subject { store, .. }: Subject) {
    let mut table = zones::built_in();
    table.version = 3;
    assert!(matches!(store.set_zones(&table).await, Err(StoreError::Conflict)));
    assert_eq!(store.zones().await.unwrap(), None);
    table.version = 0;
    assert_eq!(store.set_zones(&table).await.unwrap(), 1);
    assert!(matches!(store.set_zones(&table).await, Err(StoreError::Conflict)));
    table.version = 1;
    table.excluded = vec![germany()];
    assert_eq!(store.set_zones(&table).await.unwrap(), 2);
    table.version = 2;
    assert_eq!(store.zones().await.unwrap(), Some(table));
}

async fn quotes_end_at_their_time(subject: Subject) {
    let (store, now) = (&subject.store, subject.system.now());
    let later = now + SignedDuration::from_secs(1);
    let quote = subject.quote(later);
    store.keep_quote(&quote).await.unwrap();
    assert_eq!(store.quote(quote.quote.quote_id, now).await.unwrap().as_ref(), Some(&quote));
    assert_eq!(store.quote(quote.quote.quote_id, later).await.unwrap(), None);
    assert_eq!(store.forget_quotes(now, 10).await.unwrap(), 0);
    assert_eq!(store.forget_quotes(later, 10).await.unwrap(), 1);
    assert_eq!(store.quote(quote.quote.quote_id, now).await.unwrap(), None);
}

async fn a_parcel_is_announced_once(subject: Subject) {
    let first = subject.announcement();
    let again = Announcement { order_id: first.order_id, ..subject.announcement() };
    let other = Announcement { step_key: "again".into(), order_id: first.order_id, ..subject.announcement() };
    let announced = shipment(subject.store.announce(&first).await.unwrap());
    assert_eq!((announced.id, announced.status), (first.id, ShipmentStatus::Announced));
    assert_eq!(shipment(subject.store.announce(&again).await.unwrap()), announced);
    assert_eq!(shipment(subject.store.announce(&other).await.unwrap()).id, other.id);
    assert_eq!(subject.store.tracking(&again.number).await.unwrap(), None);
    assert_eq!(subject.store.tracking(&first.number).await.unwrap().unwrap().events.len(), 1);
}

async fn a_cancelled_announcement_stays_cancelled(subject: Subject) {
    let (store, now) = (&subject.store, subject.system.now());
    let (before, after) = (subject.announcement(), subject.announcement());
    for _ in 0..2 {
        assert_eq!(store.cancel(&cancellation(&before), now).await.unwrap(), Cancellation::Cancelled);
    }
    assert_eq!(store.announce(&before).await.unwrap(), Announced::Cancelled);
    store.announce(&after).await.unwrap();
    for _ in 0..2 {
        assert_eq!(store.cancel(&cancellation(&after), now).await.unwrap(), Cancellation::Cancelled);
    }
    assert_eq!(store.announce(&after).await.unwrap(), Announced::Cancelled);
    assert_eq!(store.tracking(&before.number).await.unwrap(), None);
    assert_eq!(store.tracking(&after.number).await.unwrap().unwrap().events.len(), 2);
}

async fn a_parcel_moves_once_from_each_stop(subject: Subject) {
    let (store, announced) = (&subject.store, subject.announcement());
    store.announce(&announced).await.unwrap();
    let end = announced.arrival;
    let first = subject.movement(&announced, 0, announced.due, Some(end));
    assert!(store.move_parcel(&first).await.unwrap());
    let race = subject.movement(&announced, 0, announced.due, Some(end));
    assert!(!store.move_parcel(&race).await.unwrap());
    let due = store.due_parcels(end, 10).await.unwrap();
    assert_eq!((due.len(), due[0].passed, due[0].speed), (1, 1, Speed::Express));
    assert_eq!(due[0].stops, announced.stops);
    let last = subject.movement(&announced, 1, end, None);
    assert!(store.move_parcel(&last).await.unwrap());
    assert!(store.due_parcels(Timestamp::MAX, 10).await.unwrap().is_empty());
    assert_eq!(store.cancel(&cancellation(&announced), end).await.unwrap(), Cancellation::AlreadyShipped);
    let told: Vec<_> = subject.outbox.unpublished(10).await.unwrap().iter().map(|event| event.id).collect();
    assert_eq!(told, [first.event.id, last.event.id]);
    let tracking = store.tracking(&announced.number).await.unwrap().unwrap();
    assert_eq!((tracking.status, tracking.events.len()), (ShipmentStatus::Delivered, 3));
    assert_eq!(tracking.events[0].status, ShipmentStatus::Delivered);
}

async fn a_cancelled_parcel_does_not_move(subject: Subject) {
    let (store, announced) = (&subject.store, subject.announcement());
    store.announce(&announced).await.unwrap();
    store.cancel(&cancellation(&announced), announced.at).await.unwrap();
    let movement = subject.movement(&announced, 0, announced.due, None);
    assert!(!store.move_parcel(&movement).await.unwrap());
    assert!(store.due_parcels(Timestamp::MAX, 10).await.unwrap().is_empty());
    assert!(subject.outbox.unpublished(10).await.unwrap().is_empty());
}

async fn parcels_are_due_in_the_order_of_their_time(subject: Subject) {
    let now = subject.system.now();
    let mut numbers = Vec::new();
    for seconds in [30, 10, 20] {
        let due = now + SignedDuration::from_secs(seconds);
        let announced = Announcement { due, ..subject.announcement() };
        subject.store.announce(&announced).await.unwrap();
        numbers.push(announced.id);
    }
    let due = subject.store.due_parcels(now + SignedDuration::from_secs(20), 10).await.unwrap();
    assert_eq!(due.iter().map(|parcel| parcel.id).collect::<Vec<_>>(), [numbers[1], numbers[2]]);
    assert_eq!(subject.store.due_parcels(Timestamp::MAX, 1).await.unwrap().len(), 1);
}
