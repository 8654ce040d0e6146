//! Writers of products that meet, in one process and in two.

use super::{Store, image, product, sku, successor};
use crate::conformance;
use crate::place::Place;
use catalogue::product::Product;
use catalogue::store::Written;
use contracts::ProductId;
use futures::future::join_all;
use std::collections::HashSet;
use std::time::Duration;
use testkit::TestEnvironment;

async fn both(place: &Place) -> [Store; 2] {
    [place.products().await, place.products().await]
}

fn done(written: &[Written]) -> usize {
    written.iter().filter(|written| **written == Written::Done).count()
}

async fn write_at_once(stores: &[Store; 2], products: &[Product]) -> Vec<Written> {
    let writes = products.iter().enumerate().map(|(n, one)| stores[n % 2].write(one));
    join_all(writes).await.into_iter().map(Result::unwrap).collect()
}

async fn of_several_editors_of_one_version_one_is_first(place: Place, env: &TestEnvironment) {
    let stores = both(&place).await;
    let first = product(env, "mug", &["MUG"]);
    stores[0].write(&first).await.unwrap();
    let edits: Vec<Product> = (0..8).map(|n| Product { title: format!("Edit {n}"), ..successor(&first) }).collect();
    let written = write_at_once(&stores, &edits).await;
    assert_eq!(done(&written), 1, "{written:?}");
    let winner = written.iter().position(|written| *written == Written::Done).unwrap();
    assert_eq!(stores[1].by_handle("mug").await.unwrap(), Some(edits[winner].clone()));
    assert_eq!(stores[1].variants(&[sku("MUG")]).await.unwrap()[0].title, edits[winner].title);
}

async fn of_several_new_products_one_gets_the_handle(place: Place, env: &TestEnvironment) {
    let stores = both(&place).await;
    let rivals: Vec<Product> = (0..8).map(|n| product(env, "mug", &[&format!("MUG-{n}")])).collect();
    let written = write_at_once(&stores, &rivals).await;
    assert_eq!(done(&written), 1, "{written:?}");
    let kept = stores[0].by_handle("mug").await.unwrap().unwrap();
    let skus: Vec<_> = rivals.iter().flat_map(Product::skus).cloned().collect();
    let owners: HashSet<ProductId> = stores[1].owners(&skus).await.unwrap().into_values().collect();
    assert_eq!(owners, HashSet::from([kept.id]));
}

async fn of_several_products_one_gets_the_sku(place: Place, env: &TestEnvironment) {
    let stores = both(&place).await;
    let rivals: Vec<Product> = (0..8).map(|n| product(env, &format!("mug-{n}"), &["MUG"])).collect();
    let written = write_at_once(&stores, &rivals).await;
    assert_eq!(done(&written), 1, "{written:?}");
    let winner = written.iter().position(|written| *written == Written::Done).unwrap();
    assert_eq!(stores[0].owners(&[sku("MUG")]).await.unwrap()[&sku("MUG")], rivals[winner].id);
    assert_eq!(stores[0].after(None, 10).await.unwrap(), [rivals[winner].clone()]);
}

async fn imports_and_editors_at_once_all_get_through(place: Place, env: &TestEnvironment) {
    let stores = both(&place).await;
    let batch = |of: &str| -> Vec<Product> {
        (0..20).map(|n| product(env, &format!("{of}-{n}"), &[&format!("{of}-{n}")])).collect()
    };
    let (one, other, single) = (batch("one"), batch("other"), batch("single"));
    let imports = async { tokio::join!(stores[0].write_all(&one), stores[1].write_all(&other)) };
    let ((first, second), edited) = tokio::join!(imports, write_at_once(&stores, &single));
    assert_eq!((done(&first.unwrap()), done(&second.unwrap()), done(&edited)), (20, 20, 20));
    assert_eq!(stores[0].after(None, 100).await.unwrap().len(), 60);
}

async fn an_editor_and_a_fetched_image_at_once_lose_neither(place: Place, env: &TestEnvironment) {
    let stores = both(&place).await;
    for n in 0..6 {
        let first = Product {
            images: vec![image("https://a.example/1.png"), image("https://a.example/2.png")],
            ..product(env, &format!("mug-{n}"), &[&format!("MUG-{n}")])
        };
        stores[0].write(&first).await.unwrap();
        let edit = Product { title: "Edited".to_owned(), ..successor(&first) };
        let (written, fetched, other) = tokio::join!(
            stores[0].write(&edit),
            stores[1].image_fetched(first.id, "https://a.example/1.png", "/media/1.png"),
            stores[0].image_fetched(first.id, "https://a.example/2.png", "/media/2.png"),
        );
        assert_eq!(written.unwrap(), Written::Done);
        fetched.unwrap();
        other.unwrap();
        // What the editor put back is due again, and known.
        for due in stores[1].due_images(env.system.now(), 10).await.unwrap() {
            let media = due.known.unwrap();
            stores[1].image_fetched(due.product_id, &due.url, &media).await.unwrap();
        }
        let kept = stores[0].by_handle(&first.handle).await.unwrap().unwrap();
        assert_eq!((kept.title.as_str(), kept.version), ("Edited", 2));
        assert_eq!(kept.images, [image("/media/1.png"), image("/media/2.png")]);
    }
}

async fn followers_miss_no_change_while_others_write(place: Place, env: &TestEnvironment) {
    let stores = both(&place).await;
    let (one, other) = (place.products().await, place.products().await);
    let all: Vec<Product> = (0..30).map(|n| product(env, &format!("p{n}"), &[&format!("S{n}")])).collect();
    let follow = async |follower: Store| {
        let (mut seen, mut place) = (HashSet::new(), 0);
        while seen.len() < all.len() {
            let (ids, reached) = follower.changes_after(place, 4).await.unwrap();
            let found = follower.by_ids(&ids).await.unwrap();
            assert!(reached >= place && found.len() == ids.len(), "a change is seen with what it tells of");
            assert!(ids.into_iter().all(|id| seen.insert(id)), "a change twice");
            place = reached;
            tokio::task::yield_now().await;
        }
    };
    let both = async { tokio::join!(follow(one), follow(other)) };
    let (written, followed) =
        tokio::join!(write_at_once(&stores, &all), tokio::time::timeout(Duration::from_secs(300), both));
    assert_eq!(done(&written), 30);
    assert!(followed.is_ok(), "a follower misses a change");
}

async fn a_reader_never_finds_a_product_gone_that_is_rewritten(place: Place, env: &TestEnvironment) {
    let stores = both(&place).await;
    let mut present = product(env, "mug", &["MUG-1", "MUG-2"]);
    stores[0].write(&present).await.unwrap();
    let (id, rewritten) = (present.id, tokio::sync::Notify::new());
    let rewrite = async {
        for _ in 0..25 {
            present = successor(&present);
            assert_eq!(stores[0].write(&present).await.unwrap(), Written::Done);
        }
        rewritten.notify_one();
    };
    let read = async {
        let end = rewritten.notified();
        tokio::pin!(end);
        while futures::poll!(&mut end).is_pending() {
            assert_eq!(stores[1].by_ids(&[id]).await.unwrap().len(), 1);
            assert_eq!(stores[1].variants(&[sku("MUG-1"), sku("MUG-2")]).await.unwrap().len(), 2);
        }
    };
    tokio::join!(rewrite, read);
}

async fn several_that_open_an_empty_place_at_once_share_it(place: Place, env: &TestEnvironment) {
    let stores = join_all((0..4).map(|_| place.products())).await;
    for (n, store) in stores.iter().enumerate() {
        store.check().await.unwrap();
        store.write(&product(env, &format!("p{n}"), &[&format!("S{n}")])).await.unwrap();
    }
    assert_eq!(stores[0].changes_after(0, 10).await.unwrap().0.len(), 4);
}

conformance!(
    of_several_editors_of_one_version_one_is_first,
    of_several_new_products_one_gets_the_handle,
    of_several_products_one_gets_the_sku,
    imports_and_editors_at_once_all_get_through,
    an_editor_and_a_fetched_image_at_once_lose_neither,
    followers_miss_no_change_while_others_write,
    a_reader_never_finds_a_product_gone_that_is_rewritten,
    several_that_open_an_empty_place_at_once_share_it,
);
