//! Shipments that people work on.

use super::{Subject, cancellation};
use contracts::events::ShipmentsChanged;
use contracts::shipping::{CarrierTracking, ShipmentLine, ShipmentStatus};
use contracts::{Quantity, ShipmentId};
use events::Event;
use shipping::shipment::{
    CancelOutcome, CheckpointKind, NewShipment, Shipment, ShipmentChange, ShipmentDetails, ShipmentFilter,
    ShipmentWrite, TrackingCheckpoint, TrackingRecord, split_key,
};
use tokio::task::JoinSet;

pub fn line(sku: &str, quantity: u32) -> ShipmentLine {
    ShipmentLine { sku: sku.parse().unwrap(), quantity: Quantity::new(quantity).unwrap() }
}

impl Subject {
    async fn announced(&self) -> (NewShipment, Shipment) {
        let new = self.announcement();
        self.store.announce(&new).await.unwrap();
        let stored = self.store.shipment(new.id).await.unwrap().unwrap();
        (new, stored)
    }

    fn write(&self, before: &Shipment, after: Shipment) -> ShipmentWrite {
        let event = Event::new(&self.system, "shipping", &ShipmentsChanged { order_id: before.order_id }).unwrap();
        ShipmentWrite {
            changes: vec![ShipmentChange { status_before: before.status, shipment: after, record: None }],
            split_off: None,
            events: vec![event],
        }
    }

    /// Splits one unit of `MUG` off.
    fn split(&self, of: &Shipment, request: &str) -> ShipmentWrite {
        let rest = ShipmentDetails { lines: vec![line("MUG", 1), line("TEA", 1)], ..of.details.clone() };
        let split_off = NewShipment {
            order_id: of.order_id,
            step_key: split_key(&of.step_key, request),
            details: ShipmentDetails { lines: vec![line("MUG", 1)], ..of.details.clone() },
            ..self.announcement()
        };
        let write = self.write(of, Shipment { details: rest, ..of.clone() });
        ShipmentWrite { split_off: Some(split_off), ..write }
    }
}

pub async fn shipments_are_listed_by_status_and_order(subject: Subject) {
    let mut all = Vec::new();
    for _ in 0..5 {
        all.push(subject.announced().await.1);
    }
    // Ids of one moment are in no order.
    all.sort_by_key(|shipment| shipment.id);
    let packed = Shipment { status: ShipmentStatus::Packed, ..all[1].clone() };
    assert!(subject.store.write_shipments(&subject.write(&all[1], packed)).await.unwrap());
    let ids = async |filter, after, limit| -> Vec<ShipmentId> {
        let found = subject.store.shipments(filter, after, limit).await.unwrap();
        found.into_iter().map(|shipment| shipment.id).collect()
    };
    let id = |index: usize| all[index].id;
    let announced = ShipmentFilter::Status(ShipmentStatus::Announced);
    assert_eq!(ids(announced, None, 2).await, [id(0), id(2)]);
    assert_eq!(ids(announced, Some(id(2)), 10).await, [id(3), id(4)]);
    assert_eq!(ids(ShipmentFilter::Status(ShipmentStatus::Packed), None, 10).await, [id(1)]);
    assert_eq!(ids(ShipmentFilter::Order(all[3].order_id), None, 10).await, [id(3)]);
    assert_eq!(ids(ShipmentFilter::All, None, 10).await.len(), 5);
    assert_eq!(all[0].details.lines, [line("MUG", 2), line("TEA", 1)]);
    assert_eq!(subject.store.shipment(ShipmentId(subject.system.id())).await.unwrap(), None);
}

pub async fn a_change_is_stored_once_with_its_record_and_event(subject: Subject) {
    let (new, before) = subject.announced().await;
    let mut after = before.clone();
    after.status = ShipmentStatus::InTransit;
    let tracking = CarrierTracking {
        carrier: "DHL".parse().unwrap(),
        tracking_number: Some("123".parse().unwrap()),
        tracking_url: Some("https://dhl.example/123".parse().unwrap()),
    };
    after.details.tracking = Some(tracking.clone());
    let checkpoint = TrackingCheckpoint {
        status: ShipmentStatus::InTransit,
        place: "Berlin".into(),
        kind: Some(CheckpointKind::PickedUp),
        text: None,
    };
    let mut write = subject.write(&before, after.clone());
    write.changes[0].record = Some(TrackingRecord { at: new.at, checkpoint });
    assert!(subject.store.write_shipments(&write).await.unwrap());
    assert!(!subject.store.write_shipments(&write).await.unwrap(), "the shipment was changed since it was read");
    let stored = subject.store.shipment(before.id).await.unwrap().unwrap();
    assert_eq!(stored, Shipment { version: 1, ..after });
    let tracked = subject.store.tracking(&new.booking.tracking_number).await.unwrap().unwrap();
    assert_eq!((tracked.records.len(), tracked.carrier.as_str(), tracked.tracking), (2, "DHL", Some(tracking)));
    assert_eq!(subject.outbox.unpublished(10).await.unwrap().len(), 1);
    for number in ["123", new.booking.tracking_number.as_str()] {
        assert_eq!(subject.store.shipments_with_number(number).await.unwrap(), std::slice::from_ref(&stored));
    }
    for number in ["12", "null", ""] {
        assert_eq!(subject.store.shipments_with_number(number).await.unwrap(), []);
    }
}

pub async fn a_split_is_stored_once_and_cancelled_with_its_order(subject: Subject) {
    let (new, before) = subject.announced().await;
    let split = subject.split(&before, "one");
    assert!(subject.store.write_shipments(&split).await.unwrap());
    let rest = subject.store.shipment(before.id).await.unwrap().unwrap();
    assert!(
        !subject.store.write_shipments(&subject.split(&rest, "one")).await.unwrap(),
        "this request was carried out"
    );
    let of_order = async || subject.store.shipments(ShipmentFilter::Order(before.order_id), None, 10).await.unwrap();
    assert_eq!(of_order().await.len(), 2);
    assert_eq!(subject.store.cancel(&cancellation(&new), new.at).await.unwrap(), CancelOutcome::Cancelled);
    assert!(of_order().await.iter().all(|shipment| shipment.status == ShipmentStatus::Cancelled));
    let stale = Shipment { status: ShipmentStatus::Packed, ..rest.clone() };
    assert!(!subject.store.write_shipments(&subject.write(&rest, stale)).await.unwrap(), "it is cancelled");
}

pub async fn an_order_is_not_cancelled_when_one_of_its_shipments_has_left(subject: Subject) {
    let (new, before) = subject.announced().await;
    let split = subject.split(&before, "one");
    assert!(subject.store.write_shipments(&split).await.unwrap());
    let second = subject.store.shipment(split.split_off.unwrap().id).await.unwrap().unwrap();
    let left = Shipment { status: ShipmentStatus::InTransit, ..second.clone() };
    assert!(subject.store.write_shipments(&subject.write(&second, left)).await.unwrap());
    assert_eq!(subject.store.cancel(&cancellation(&new), new.at).await.unwrap(), CancelOutcome::AlreadyShipped);
    let first = subject.store.shipment(before.id).await.unwrap().unwrap();
    assert_eq!(first.status, ShipmentStatus::Announced);
}

pub async fn a_cancellation_covers_a_shipment_that_is_being_split_off(subject: Subject) {
    for round in 0..12 {
        let (new, before) = subject.announced().await;
        let mut tasks = JoinSet::new();
        let (store, split) = (subject.replica(round), subject.split(&before, "race"));
        tasks.spawn(async move { store.write_shipments(&split).await.unwrap() });
        let (store, cancellation, at) = (subject.replica(round + 1), cancellation(&new), new.at);
        tasks.spawn(async move { store.cancel(&cancellation, at).await.unwrap() == CancelOutcome::Cancelled });
        tasks.join_all().await;
        let shipments = subject.store.shipments(ShipmentFilter::Order(before.order_id), None, 10).await.unwrap();
        let open: Vec<_> = shipments.iter().filter(|one| one.status != ShipmentStatus::Cancelled).collect();
        assert!(open.is_empty(), "an open shipment of a cancelled order: {open:?}");
    }
}
