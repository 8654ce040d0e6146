//! The contract of [`shipping::store::Store`], tested on every store.

mod fulfilment;
mod races;
mod texts;

use crate::harness::{BERLIN, MUNICH, few_places};
use chassis::{ManualClock, SeededRandom, StoreError, SystemContext};
use contracts::events::ShipmentMoved;
use contracts::shipping::{BoundQuote, PlaceView, Quote, ShipmentCancellation, ShipmentStatus, ShipmentView};
use contracts::{CartId, Country, OrderId, PlaceId, QuoteId, ShipmentId};
use events::{Event, Outbox};
use fulfilment::*;
use jiff::{SignedDuration, Timestamp};
use races::*;
use shipping::Stores;
use shipping::carrier::{Booking, CarrierUpdate};
use shipping::shipment::{
    AnnounceOutcome, CancelOutcome, CheckpointKind, NewShipment, ShipmentDetails, TrackingCheckpoint, TrackingUpdate,
};
use shipping::store::Store;
use shipping::zones::{self, Speed};
use std::future::Future;
use std::sync::Arc;
use texts::*;

/// A store under test.
pub struct Subject {
    store: Arc<dyn Store>,
    /// A second handle of the store, as another replica of the service has it.
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

    /// Alternates between both replicas.
    fn replica(&self, turn: usize) -> Arc<dyn Store> {
        if turn.is_multiple_of(2) { self.store.clone() } else { self.other.clone() }
    }

    pub fn announcement(&self) -> NewShipment {
        let now = self.system.now();
        let checkpoint = |status| TrackingCheckpoint {
            status,
            place: "Berlin".into(),
            kind: Some(CheckpointKind::Sorted),
            text: None,
        };
        NewShipment {
            id: ShipmentId(self.system.id()),
            order_id: OrderId(self.system.id()),
            step_key: "ship".into(),
            speed: Speed::Express,
            carrier: "Test Carrier".into(),
            at: now,
            booking: Booking {
                tracking_number: self.system.token::<9>(),
                checkpoint: checkpoint(ShipmentStatus::Announced),
                planned: vec![checkpoint(ShipmentStatus::InTransit), checkpoint(ShipmentStatus::Delivered)],
                next_update_at: Some(now + SignedDuration::from_secs(10)),
                estimated_delivery: now + SignedDuration::from_secs(20),
            },
            details: ShipmentDetails {
                order_number: "S-1001".into(),
                lines: vec![line("MUG", 2), line("TEA", 1)],
                place: "Berlin".into(),
                tracking: None,
                created_at: now,
            },
        }
    }

    /// Creates the update with this index, after which the next one is due at `next`.
    pub fn update(&self, of: &NewShipment, index: usize, at: Timestamp, next: Option<Timestamp>) -> TrackingUpdate {
        let checkpoint = of.booking.planned[index].clone();
        let event_data = ShipmentMoved { order_id: of.order_id, shipment_id: of.id, status: checkpoint.status, at };
        let event = Event::new(&self.system, "shipping", &event_data).unwrap();
        let update = CarrierUpdate { checkpoint, next_update_at: next, estimated_delivery: at };
        TrackingUpdate { shipment_id: of.id, updates: index, at, update, event }
    }

    fn quote(&self, expires_at: Timestamp) -> BoundQuote {
        let place = PlaceView { id: PlaceId(BERLIN), name: "Berlin".into(), region: String::new(), country: germany() };
        let quote = Quote {
            quote_id: QuoteId(self.system.id()),
            place,
            destination: None,
            estimated: false,
            expires_at,
            options: Vec::new(),
        };
        BoundQuote { quote, cart_id: CartId(self.system.id()), lines_digest: "abc".into() }
    }
}

/// The time of a shipment's first update.
pub fn due_at(shipment: &NewShipment) -> Timestamp {
    shipment.booking.next_update_at.unwrap()
}

fn germany() -> Country {
    "DE".parse().unwrap()
}

fn cancellation(of: &NewShipment) -> ShipmentCancellation {
    ShipmentCancellation { order_id: of.order_id, step_key: of.step_key.clone() }
}

fn shipment(announced: AnnounceOutcome) -> ShipmentView {
    let AnnounceOutcome::Shipment(shipment) = announced else { panic!("cancelled") };
    shipment
}

/// Runs a test on an SQLite file, which one process uses.
async fn embedded<W: Future<Output = ()>>(what: impl FnOnce(Subject) -> W) {
    let folder = tempfile::tempdir().unwrap();
    let stores = Stores::embedded(&folder.path().join("shipping.db")).await.unwrap();
    let other = stores.store.clone();
    what(Subject::new(stores, other)).await;
}

/// Runs a test on a MySQL database, which two replicas use.
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
    an_empty_store_has_no_data,
    places_are_found_by_prefix_and_ranked_by_population,
    places_are_found_by_name_and_region,
    zones_are_replaced_only_from_the_version_in_force,
    quotes_expire,
    a_shipment_is_announced_once,
    a_cancelled_announcement_stays_cancelled,
    each_update_is_stored_once,
    a_cancelled_shipment_is_not_updated,
    due_shipments_are_sorted_by_due_time,
    names_in_any_script_are_stored_and_found,
    a_prefix_finds_no_other_names,
    step_keys_are_compared_exactly,
    documents_of_any_size_are_stored,
    a_malformed_gazetteer_changes_nothing,
    concurrent_starts_load_the_places_once,
    one_of_several_concurrent_price_changes_succeeds,
    concurrent_announcements_of_a_step_are_one_shipment,
    concurrent_announcements_and_cancellations_agree,
    one_of_several_concurrent_updates_is_stored,
    a_shipment_is_updated_or_cancelled_but_not_both,
    concurrent_purges_delete_each_quote_once,
    shipments_are_listed_by_status_and_order,
    a_change_is_stored_once_with_its_record_and_event,
    a_split_is_stored_once_and_cancelled_with_its_order,
    an_order_is_not_cancelled_when_one_of_its_shipments_has_left,
    a_cancellation_covers_a_shipment_that_is_being_split_off,
);

async fn an_empty_store_has_no_data(Subject { store, outbox, system, .. }: Subject) {
    assert_eq!(store.gazetteer_version().await.unwrap(), None);
    assert!(store.inhabited_countries().await.unwrap().is_empty());
    assert_eq!(store.largest_place(germany()).await.unwrap(), None);
    assert_eq!(store.place(PlaceId(BERLIN)).await.unwrap(), None);
    assert_eq!(store.warehouse().await.unwrap(), None);
    assert_eq!(store.zones().await.unwrap(), None);
    assert_eq!(store.tracking("SS").await.unwrap(), None);
    assert!(store.due_shipments(system.now(), 10).await.unwrap().is_empty());
    assert!(outbox.unpublished(10).await.unwrap().is_empty());
    store.check().await.unwrap();
}

async fn places_are_found_by_prefix_and_ranked_by_population(Subject { store, .. }: Subject) {
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
    let all = store.places(germany()).await.unwrap();
    assert_eq!(all.iter().map(|place| place.name.as_str()).collect::<Vec<_>>()[..2], ["Berlin", "Munich"]);
    assert_eq!(all[0].id, PlaceId(BERLIN));
    assert!(all.iter().all(|place| place.country == germany()));
    assert!(store.places("AQ".parse().unwrap()).await.unwrap().is_empty());
    store.set_warehouse(PlaceId(MUNICH)).await.unwrap();
    assert_eq!(store.warehouse().await.unwrap().unwrap().name, "Munich");
    store.set_warehouse(PlaceId(1)).await.unwrap();
    assert_eq!(store.warehouse().await.unwrap(), None);
}

async fn places_are_found_by_name_and_region(Subject { store, .. }: Subject) {
    let lines = "\
1\tHalle (Saale)\tDE\tSaxony-Anhalt\t1\t1\t230000\tHalle
2\tHalle\tDE\tNorth Rhine-Westphalia\t1\t1\t21000\t
3\tHalleiner Dorf\tDE\tNorth Rhine-Westphalia\t1\t1\t900000\t
4\tHalle\tAT\tTyrol\t1\t1\t9\t
";
    store.replace_gazetteer("one", &mut crate::harness::gazetteer(lines).entries()).await.unwrap();
    let named = store.namesakes(germany(), &["halle".to_owned(), "hall".to_owned()]).await.unwrap();
    let found: Vec<_> = named.iter().map(|one| (one.place.id.0, one.population, one.is_main)).collect();
    assert_eq!(found, [(1, 230_000, false), (2, 21_000, true)]);
    assert!(store.namesakes(germany(), &[]).await.unwrap().is_empty());
    let in_region = store.places_in_region(germany(), "North Rhine-Westphalia").await.unwrap();
    assert_eq!(in_region.iter().map(|place| place.id.0).collect::<Vec<_>>(), [3, 2]);
    let mut regions = store.regions(germany()).await.unwrap();
    regions.sort();
    assert_eq!(regions, ["North Rhine-Westphalia", "Saxony-Anhalt"]);
    let searched = store.search_places(germany(), &["halle".to_owned()], 10).await.unwrap();
    let ids: Vec<_> = searched.iter().map(|place| place.id.0).collect();
    assert_eq!(ids, [2, 1, 3], "the main name, another name, the beginning of a name");
}

async fn zones_are_replaced_only_from_the_version_in_force(Subject { store, .. }: Subject) {
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

async fn quotes_expire(subject: Subject) {
    let (store, now) = (&subject.store, subject.system.now());
    let later = now + SignedDuration::from_secs(1);
    let quote = subject.quote(later);
    store.insert_quote(&quote).await.unwrap();
    assert_eq!(store.quote(quote.quote.quote_id, now).await.unwrap().as_ref(), Some(&quote));
    assert_eq!(store.quote(quote.quote.quote_id, later).await.unwrap(), None);
    assert_eq!(store.delete_expired_quotes(now, 10).await.unwrap(), 0);
    assert_eq!(store.delete_expired_quotes(later, 10).await.unwrap(), 1);
    assert_eq!(store.quote(quote.quote.quote_id, now).await.unwrap(), None);
}

async fn a_shipment_is_announced_once(subject: Subject) {
    let first = subject.announcement();
    let again = NewShipment { order_id: first.order_id, ..subject.announcement() };
    let other = NewShipment { step_key: "again".into(), order_id: first.order_id, ..subject.announcement() };
    let announced = shipment(subject.store.announce(&first).await.unwrap());
    assert_eq!((announced.id, announced.status), (first.id, ShipmentStatus::Announced));
    assert_eq!(shipment(subject.store.announce(&again).await.unwrap()), announced);
    assert_eq!(shipment(subject.store.announce(&other).await.unwrap()).id, other.id);
    assert_eq!(subject.store.tracking(&again.booking.tracking_number).await.unwrap(), None);
    assert_eq!(subject.store.tracking(&first.booking.tracking_number).await.unwrap().unwrap().records.len(), 1);
}

async fn a_cancelled_announcement_stays_cancelled(subject: Subject) {
    let (store, now) = (&subject.store, subject.system.now());
    let (before, after) = (subject.announcement(), subject.announcement());
    for _ in 0..2 {
        assert_eq!(store.cancel(&cancellation(&before), now).await.unwrap(), CancelOutcome::Cancelled);
    }
    assert_eq!(store.announce(&before).await.unwrap(), AnnounceOutcome::Cancelled);
    store.announce(&after).await.unwrap();
    for _ in 0..2 {
        assert_eq!(store.cancel(&cancellation(&after), now).await.unwrap(), CancelOutcome::Cancelled);
    }
    assert_eq!(store.announce(&after).await.unwrap(), AnnounceOutcome::Cancelled);
    assert_eq!(store.tracking(&before.booking.tracking_number).await.unwrap(), None);
    assert_eq!(store.tracking(&after.booking.tracking_number).await.unwrap().unwrap().records.len(), 2);
}

async fn each_update_is_stored_once(subject: Subject) {
    let (store, announced) = (&subject.store, subject.announcement());
    store.announce(&announced).await.unwrap();
    let end = announced.booking.estimated_delivery;
    let first = subject.update(&announced, 0, due_at(&announced), Some(end));
    assert!(store.apply_update(&first).await.unwrap());
    let race = subject.update(&announced, 0, due_at(&announced), Some(end));
    assert!(!store.apply_update(&race).await.unwrap());
    let due = store.due_shipments(end, 10).await.unwrap();
    assert_eq!(
        (due.len(), due[0].updates, due[0].speed, due[0].carrier.as_str()),
        (1, 1, Speed::Express, "Test Carrier")
    );
    assert_eq!(due[0].planned, announced.booking.planned);
    let last = subject.update(&announced, 1, end, None);
    assert!(store.apply_update(&last).await.unwrap());
    assert!(store.due_shipments(Timestamp::MAX, 10).await.unwrap().is_empty());
    assert_eq!(store.cancel(&cancellation(&announced), end).await.unwrap(), CancelOutcome::AlreadyShipped);
    let published: Vec<_> = subject.outbox.unpublished(10).await.unwrap().iter().map(|event| event.id).collect();
    assert_eq!(published, [first.event.id, last.event.id]);
    let tracking = store.tracking(&announced.booking.tracking_number).await.unwrap().unwrap();
    assert_eq!((tracking.status, tracking.records.len()), (ShipmentStatus::Delivered, 3));
    assert_eq!(tracking.records[0].checkpoint.status, ShipmentStatus::Delivered);
}

async fn a_cancelled_shipment_is_not_updated(subject: Subject) {
    let (store, announced) = (&subject.store, subject.announcement());
    store.announce(&announced).await.unwrap();
    store.cancel(&cancellation(&announced), announced.at).await.unwrap();
    let update = subject.update(&announced, 0, due_at(&announced), None);
    assert!(!store.apply_update(&update).await.unwrap());
    assert!(store.due_shipments(Timestamp::MAX, 10).await.unwrap().is_empty());
    assert!(subject.outbox.unpublished(10).await.unwrap().is_empty());
}

async fn due_shipments_are_sorted_by_due_time(subject: Subject) {
    let now = subject.system.now();
    let mut ids = Vec::new();
    for seconds in [30, 10, 20] {
        let mut announced = subject.announcement();
        announced.booking.next_update_at = Some(now + SignedDuration::from_secs(seconds));
        subject.store.announce(&announced).await.unwrap();
        ids.push(announced.id);
    }
    let due = subject.store.due_shipments(now + SignedDuration::from_secs(20), 10).await.unwrap();
    assert_eq!(due.iter().map(|shipment| shipment.id).collect::<Vec<_>>(), [ids[1], ids[2]]);
    assert_eq!(subject.store.due_shipments(Timestamp::MAX, 1).await.unwrap().len(), 1);
}
