//! The contract of the image queue.

use super::{image, product, sku, successor};
use crate::conformance;
use crate::store_backend::StoreBackend;
use catalogue::product::Product;
use catalogue::store::{DueImage, ProductStore};
use jiff::{SignedDuration, Timestamp};
use std::collections::HashMap;
use testkit::TestEnvironment;

const ONE: &str = "https://a.example/$one.png?a=\u{1F600}";
const TWO: &str = "https://a.example/two.png";

fn with_images(env: &TestEnvironment, handle: &str, urls: &[&str]) -> Product {
    let images = urls.iter().map(|url| image(url)).collect();
    Product { images, ..product(env, handle, &[handle]) }
}

fn later(env: &TestEnvironment, seconds: i64) -> Timestamp {
    env.system.now().checked_add(SignedDuration::from_secs(seconds)).unwrap()
}

async fn due(store: &dyn ProductStore, now: Timestamp) -> Vec<String> {
    store.due_images(now, 10).await.unwrap().into_iter().map(|due| due.url).collect()
}

async fn remote_images_are_queued_and_replaced_when_fetched(backend: StoreBackend, env: &TestEnvironment) {
    let (store, now) = (backend.products().await, env.system.now());
    let mug = with_images(env, "mug", &["/media/own.png", ONE, ONE, TWO]);
    store.write(&mug).await.unwrap();
    assert_eq!((store.pending_images(10).await.unwrap(), store.pending_images(1).await.unwrap()), (2, 1));
    assert!(due(&*store, later(env, -1)).await.is_empty(), "they are not due yet");
    assert_eq!(store.due_images(now, 1).await.unwrap().len(), 1);
    let (_, start) = store.changes_after(0, 10).await.unwrap();
    store.replace_image_url(mug.id, ONE, "/media/1.png").await.unwrap();
    let kept = store.by_handle("mug").await.unwrap().unwrap();
    let urls: Vec<&str> = kept.images.iter().map(|image| image.url.as_str()).collect();
    assert_eq!((urls, kept.version), (vec!["/media/own.png", "/media/1.png", "/media/1.png", TWO], 1));
    assert_eq!(store.changes_after(start, 10).await.unwrap().0, [mug.id]);
    assert_eq!(due(&*store, now).await, [TWO]);
    let known = store.fetched_images(&[ONE.to_owned(), TWO.to_owned()]).await.unwrap();
    assert_eq!(known, HashMap::from([(ONE.to_owned(), "/media/1.png".to_owned())]));
    assert!(store.fetched_images(&[]).await.unwrap().is_empty());
}

async fn a_fetched_url_is_known_to_other_products(backend: StoreBackend, env: &TestEnvironment) {
    let (store, now) = (backend.products().await, env.system.now());
    let (mug, cup) = (with_images(env, "mug", &[ONE]), with_images(env, "cup", &[ONE]));
    store.write(&mug).await.unwrap();
    store.replace_image_url(mug.id, ONE, "/media/1.png").await.unwrap();
    store.write(&cup).await.unwrap();
    let expected =
        DueImage { product_id: cup.id, url: ONE.to_owned(), attempts: 0, fetched_url: Some("/media/1.png".to_owned()) };
    assert_eq!(store.due_images(now, 10).await.unwrap(), [expected]);
    store.write(&successor(&mug)).await.unwrap();
    assert_eq!(store.pending_images(10).await.unwrap(), 2, "an editor restored the remote URL");
}

async fn a_variant_shows_its_own_image_once_fetched(backend: StoreBackend, env: &TestEnvironment) {
    let store = backend.products().await;
    let mut mug = with_images(env, "mug", &[ONE, TWO]);
    mug.variants[0].image = Some(1);
    store.write(&mug).await.unwrap();
    let shown = async || store.variants(&[sku("mug")]).await.unwrap().remove(0).image.map(|image| image.url);
    assert_eq!(shown().await, None);
    store.replace_image_url(mug.id, ONE, "/media/1.png").await.unwrap();
    assert_eq!(shown().await.as_deref(), Some("/media/1.png"));
    store.replace_image_url(mug.id, TWO, "/media/2.png").await.unwrap();
    assert_eq!(shown().await.as_deref(), Some("/media/2.png"));
}

async fn a_removed_url_leaves_the_queue(backend: StoreBackend, env: &TestEnvironment) {
    let (store, now) = (backend.products().await, env.system.now());
    let mug = with_images(env, "mug", &[ONE, TWO]);
    store.write(&mug).await.unwrap();
    store.record_image_failure(mug.id, ONE, "not found", None).await.unwrap();
    store.write(&Product { images: vec![image(TWO)], ..successor(&mug) }).await.unwrap();
    assert_eq!((due(&*store, now).await, store.failed_images(None, 10).await.unwrap()), (vec![TWO.to_owned()], vec![]));
    store.replace_image_url(mug.id, ONE, "/media/1.png").await.unwrap();
    assert!(store.fetched_images(&[ONE.to_owned()]).await.unwrap().is_empty());
    assert!(store.remove(mug.id).await.unwrap());
    assert_eq!(store.pending_images(10).await.unwrap(), 0);
    store.replace_image_url(mug.id, TWO, "/media/2.png").await.unwrap();
    assert!(store.by_handle("mug").await.unwrap().is_none());
}

async fn a_failed_image_is_due_again_after_its_delay(backend: StoreBackend, env: &TestEnvironment) {
    let (store, now) = (backend.products().await, env.system.now());
    let mug = with_images(env, "mug", &[ONE, TWO]);
    store.write(&mug).await.unwrap();
    store.record_image_failure(mug.id, ONE, "busy", Some(later(env, 60))).await.unwrap();
    assert_eq!(due(&*store, now).await, [TWO]);
    let again = store.due_images(later(env, 60), 10).await.unwrap();
    let attempts: Vec<(&str, u32)> = again.iter().map(|due| (due.url.as_str(), due.attempts)).collect();
    assert_eq!(attempts, [(TWO, 0), (ONE, 1)], "the longest waiting first");
    store.write(&successor(&mug)).await.unwrap();
    assert_eq!(store.due_images(now, 10).await.unwrap().iter().map(|due| due.attempts).max(), Some(0));
}

async fn failures_are_paged_and_can_be_retried(backend: StoreBackend, env: &TestEnvironment) {
    let (store, now) = (backend.products().await, env.system.now());
    for handle in ["a", "b", "c"] {
        let one = with_images(env, handle, &[ONE, TWO]);
        store.write(&one).await.unwrap();
        for url in [TWO, ONE] {
            store.record_image_failure(one.id, url, "not found", None).await.unwrap();
        }
        store.record_image_failure(one.id, ONE, "too late", None).await.unwrap();
    }
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = store.failed_images(after, 4).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some((last.product_id, last.url.clone()));
        seen.extend(page);
    }
    let mut sorted = seen.clone();
    sorted.sort_by_key(|one| (one.product_id, one.url.clone()));
    assert_eq!(seen, sorted);
    assert!(seen.iter().all(|one| one.reason == "not found") && seen.len() == 6);
    assert_eq!(seen.iter().filter(|one| one.handle == "b").count(), 2);
    assert_eq!(store.retry_images(now).await.unwrap(), 6);
    assert_eq!((store.pending_images(10).await.unwrap(), store.retry_images(now).await.unwrap()), (6, 0));
}

conformance!(
    remote_images_are_queued_and_replaced_when_fetched,
    a_fetched_url_is_known_to_other_products,
    a_variant_shows_its_own_image_once_fetched,
    a_removed_url_leaves_the_queue,
    a_failed_image_is_due_again_after_its_delay,
    failures_are_paged_and_can_be_retried,
);
