//! Scripts, sizes and wrong clocks.

use super::{event, id, moment, note, place};
use chassis::StoreError;
use dispatch::order::{Effects, Order};
use dispatch::store::{OrderFilter, OrderStore};
use std::sync::Arc;
use testkit::samples;

/// More than the 64 kB of a `TEXT` column and the 1 MB of a small `max_allowed_packet`.
const LARGE: usize = 3 << 20;

pub async fn every_script_and_size_is_stored(store: Arc<dyn OrderStore>) {
    let mut record = samples::order(id(1), "guest:a", 2500, moment(0));
    record.address.name = "Žofie 李小龍 🧶 علي".parse().unwrap();
    record.cart.lines[0].title = "A mug 🫖, «quoted» 'twice' \\ %_".into();
    record.cart.lines[0].option_values = vec!["x".repeat(200_000)];
    let (order, effects) = Order::placed(record, moment(0));
    store.place(&event(1), &order, &effects, moment(0)).await.unwrap();
    assert_eq!(store.find(id(1)).await.unwrap().unwrap(), order);
    let mail = store.latest_emails(10).await.unwrap().remove(0);
    assert!(mail.body.contains("Žofie 李小龍 🧶 علي") && mail.body.contains("🫖, «quoted» 'twice' \\ %_"));
    assert!(mail.body.len() > 200_000);
    let grow = |order: &mut Order| {
        order.last_failure = Some("𝄞".repeat(LARGE / 4));
        Ok(Effects::default())
    };
    let grown = store.change(id(1), moment(1), &grow).await.unwrap().unwrap().unwrap();
    assert_eq!(store.find(id(1)).await.unwrap().unwrap(), grown);
    let of_guest = OrderFilter { owner: Some("guest:a".to_owned()), ..OrderFilter::default() };
    assert_eq!(store.list(&of_guest, None, 10).await.unwrap(), std::slice::from_ref(&grown));
    assert_eq!(store.claim(moment(1), moment(61), 10).await.unwrap()[0].order, grown);
}

pub async fn a_lease_is_measured_by_the_clock_of_the_caller(store: Arc<dyn OrderStore>) {
    place(&store, 1, "guest:a").await;
    assert!(store.claim(moment(-1), moment(59), 5).await.unwrap().is_empty(), "not due yet by a slow clock");
    let first = store.claim(moment(0), moment(60), 5).await.unwrap().remove(0);
    for late in [-3600, 0, 59] {
        assert!(store.claim(moment(late), moment(late + 60), 5).await.unwrap().is_empty(), "at {late}");
    }
    // A fast clock claims it too early, and the fence keeps the first worker from saving.
    let early = store.claim(moment(7200), moment(7260), 5).await.unwrap().remove(0);
    assert_eq!(early.fence, first.fence + 1);
    assert!(matches!(store.save_step(&first, moment(1), moment(61), &note).await, Err(StoreError::Conflict)));
    assert_eq!(store.save_step(&early, moment(7201), moment(7261), &note).await.unwrap().order.tries, 1);
}
