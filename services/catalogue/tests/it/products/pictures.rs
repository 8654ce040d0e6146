//! The queue of pictures to be fetched.

use super::{picture, product, sku, successor};
use crate::conformance;
use crate::place::Place;
use catalogue::pictures::DuePicture;
use catalogue::product::Product;
use catalogue::store::ProductStore;
use jiff::{SignedDuration, Timestamp};
use std::collections::HashMap;
use testkit::House;

const ONE: &str = "https://a.example/$one.png?a=\u{1F600}";
const TWO: &str = "https://a.example/two.png";

fn with_pictures(house: &House, handle: &str, urls: &[&str]) -> Product {
    let pictures = urls.iter().map(|url| picture(url)).collect();
    Product { pictures, ..product(house, handle, &[handle]) }
}

fn later(house: &House, seconds: i64) -> Timestamp {
    house.sources.now().checked_add(SignedDuration::from_secs(seconds)).unwrap()
}

async fn due(store: &dyn ProductStore, now: Timestamp) -> Vec<String> {
    store.due_pictures(now, 10).await.unwrap().into_iter().map(|due| due.url).collect()
}

async fn remote_pictures_wait_and_are_replaced_when_fetched(place: Place, house: &House) {
    let (store, now) = (place.products().await, house.sources.now());
    let mug = with_pictures(house, "mug", &["/media/own.png", ONE, ONE, TWO]);
    store.write(&mug).await.unwrap();
    assert_eq!((store.waiting_pictures(10).await.unwrap(), store.waiting_pictures(1).await.unwrap()), (2, 1));
    assert!(due(&*store, later(house, -1)).await.is_empty(), "their time has not come");
    assert_eq!(store.due_pictures(now, 1).await.unwrap().len(), 1);
    let (_, start) = store.changes_after(0, 10).await.unwrap();
    store.picture_fetched(mug.id, ONE, "/media/1.png").await.unwrap();
    let kept = store.by_handle("mug").await.unwrap().unwrap();
    let urls: Vec<&str> = kept.pictures.iter().map(|picture| picture.url.as_str()).collect();
    assert_eq!((urls, kept.version), (vec!["/media/own.png", "/media/1.png", "/media/1.png", TWO], 1));
    assert_eq!(store.changes_after(start, 10).await.unwrap().0, [mug.id]);
    assert_eq!(due(&*store, now).await, [TWO]);
    let known = store.known_pictures(&[ONE.to_owned(), TWO.to_owned()]).await.unwrap();
    assert_eq!(known, HashMap::from([(ONE.to_owned(), "/media/1.png".to_owned())]));
    assert!(store.known_pictures(&[]).await.unwrap().is_empty());
}

async fn what_was_fetched_before_is_known_to_other_products(place: Place, house: &House) {
    let (store, now) = (place.products().await, house.sources.now());
    let (mug, cup) = (with_pictures(house, "mug", &[ONE]), with_pictures(house, "cup", &[ONE]));
    store.write(&mug).await.unwrap();
    store.picture_fetched(mug.id, ONE, "/media/1.png").await.unwrap();
    store.write(&cup).await.unwrap();
    let expected =
        DuePicture { product_id: cup.id, url: ONE.to_owned(), attempts: 0, known: Some("/media/1.png".to_owned()) };
    assert_eq!(store.due_pictures(now, 10).await.unwrap(), [expected]);
    store.write(&successor(&mug)).await.unwrap();
    assert_eq!(store.waiting_pictures(10).await.unwrap(), 2, "an editor put the address back");
}

async fn a_variant_shows_its_own_picture_once_it_is_fetched(place: Place, house: &House) {
    let store = place.products().await;
    let mut mug = with_pictures(house, "mug", &[ONE, TWO]);
    mug.variants[0].picture = Some(1);
    store.write(&mug).await.unwrap();
    let shown = async || store.variants(&[sku("mug")]).await.unwrap().remove(0).picture.map(|picture| picture.url);
    assert_eq!(shown().await, None);
    store.picture_fetched(mug.id, ONE, "/media/1.png").await.unwrap();
    assert_eq!(shown().await.as_deref(), Some("/media/1.png"));
    store.picture_fetched(mug.id, TWO, "/media/2.png").await.unwrap();
    assert_eq!(shown().await.as_deref(), Some("/media/2.png"));
}

async fn an_address_that_is_gone_is_forgotten(place: Place, house: &House) {
    let (store, now) = (place.products().await, house.sources.now());
    let mug = with_pictures(house, "mug", &[ONE, TWO]);
    store.write(&mug).await.unwrap();
    store.picture_failed(mug.id, ONE, "not found", None).await.unwrap();
    store.write(&Product { pictures: vec![picture(TWO)], ..successor(&mug) }).await.unwrap();
    assert_eq!(
        (due(&*store, now).await, store.failed_pictures(None, 10).await.unwrap()),
        (vec![TWO.to_owned()], vec![])
    );
    store.picture_fetched(mug.id, ONE, "/media/1.png").await.unwrap();
    assert!(store.known_pictures(&[ONE.to_owned()]).await.unwrap().is_empty());
    assert!(store.remove(mug.id).await.unwrap());
    assert_eq!(store.waiting_pictures(10).await.unwrap(), 0);
    store.picture_fetched(mug.id, TWO, "/media/2.png").await.unwrap();
    assert!(store.by_handle("mug").await.unwrap().is_none());
}

async fn a_failure_is_tried_again_when_its_time_comes(place: Place, house: &House) {
    let (store, now) = (place.products().await, house.sources.now());
    let mug = with_pictures(house, "mug", &[ONE, TWO]);
    store.write(&mug).await.unwrap();
    store.picture_failed(mug.id, ONE, "busy", Some(later(house, 60))).await.unwrap();
    assert_eq!(due(&*store, now).await, [TWO]);
    let again = store.due_pictures(later(house, 60), 10).await.unwrap();
    let attempts: Vec<(&str, u32)> = again.iter().map(|due| (due.url.as_str(), due.attempts)).collect();
    assert_eq!(attempts, [(TWO, 0), (ONE, 1)], "the longest waiting first");
    store.write(&successor(&mug)).await.unwrap();
    assert_eq!(store.due_pictures(now, 10).await.unwrap().iter().map(|due| due.attempts).max(), Some(0));
}

async fn failures_are_listed_page_by_page_and_all_tried_again(place: Place, house: &House) {
    let (store, now) = (place.products().await, house.sources.now());
    for handle in ["a", "b", "c"] {
        let one = with_pictures(house, handle, &[ONE, TWO]);
        store.write(&one).await.unwrap();
        for url in [TWO, ONE] {
            store.picture_failed(one.id, url, "not found", None).await.unwrap();
        }
        store.picture_failed(one.id, ONE, "too late", None).await.unwrap();
    }
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = store.failed_pictures(after, 4).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some((last.product_id, last.url.clone()));
        seen.extend(page);
    }
    let mut sorted = seen.clone();
    sorted.sort_by_key(|one| (one.product_id, one.url.clone()));
    assert_eq!(seen, sorted);
    assert!(seen.iter().all(|one| one.reason == "not found") && seen.len() == 6);
    assert_eq!(seen.iter().filter(|one| one.handle == "b").count(), 2);
    assert_eq!(store.retry_pictures(now).await.unwrap(), 6);
    assert_eq!((store.waiting_pictures(10).await.unwrap(), store.retry_pictures(now).await.unwrap()), (6, 0));
}

conformance!(
    remote_pictures_wait_and_are_replaced_when_fetched,
    what_was_fetched_before_is_known_to_other_products,
    a_variant_shows_its_own_picture_once_it_is_fetched,
    an_address_that_is_gone_is_forgotten,
    a_failure_is_tried_again_when_its_time_comes,
    failures_are_listed_page_by_page_and_all_tried_again,
);
