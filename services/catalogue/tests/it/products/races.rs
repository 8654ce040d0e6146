//! Concurrent writers of products, in one process and in two.

use super::{Store, image, product, sku, successor};
use crate::conformance;
use crate::store_backend::StoreBackend;
use catalogue::product::Product;
use catalogue::store::WriteOutcome;
use contracts::ProductId;
use futures::future::join_all;
use std::collections::HashSet;
use std::time::Duration;
use testkit::TestEnvironment;

async fn both(backend: &StoreBackend) -> [Store; 2] {
    [backend.products().await, backend.products().await]
}

fn done(written: &[WriteOutcome]) -> usize {
    written.iter().filter(|written| **written == WriteOutcome::Done).count()
}

async fn write_at_once(stores: &[Store; 2], products: &[Product]) -> Vec<WriteOutcome> {
    let writes = products.iter().enumerate().map(|(n, one)| stores[n % 2].write(one));
    join_all(writes).await.into_iter().map(Result::unwrap).collect()
}

async fn one_of_several_concurrent_editors_wins(backend: StoreBackend, env: &TestEnvironment) {
    let stores = both(&backend).await;
    let first = product(env, "mug", &["MUG"]);
    stores[0].write(&first).await.unwrap();
    let edits: Vec<Product> = (0..8).map(|n| Product { title: format!("Edit {n}"), ..successor(&first) }).collect();
    let written = write_at_once(&stores, &edits).await;
    assert_eq!(done(&written), 1, "{written:?}");
    let winner = written.iter().position(|written| *written == WriteOutcome::Done).unwrap();
    assert_eq!(stores[1].by_handle("mug").await.unwrap(), Some(edits[winner].clone()));
    assert_eq!(stores[1].variants(&[sku("MUG")]).await.unwrap()[0].title, edits[winner].title);
}

async fn one_of_several_new_products_gets_the_handle(backend: StoreBackend, env: &TestEnvironment) {
    let stores = both(&backend).await;
    let rivals: Vec<Product> = (0..8).map(|n| product(env, "mug", &[&format!("MUG-{n}")])).collect();
    let written = write_at_once(&stores, &rivals).await;
    assert_eq!(done(&written), 1, "{written:?}");
    let kept = stores[0].by_handle("mug").await.unwrap().unwrap();
    let skus: Vec<_> = rivals.iter().flat_map(Product::skus).cloned().collect();
    let owners: HashSet<ProductId> = stores[1].owners(&skus).await.unwrap().into_values().collect();
    assert_eq!(owners, HashSet::from([kept.id]));
}

async fn one_of_several_products_gets_the_sku(backend: StoreBackend, env: &TestEnvironment) {
    let stores = both(&backend).await;
    let rivals: Vec<Product> = (0..8).map(|n| product(env, &format!("mug-{n}"), &["MUG"])).collect();
    let written = write_at_once(&stores, &rivals).await;
    assert_eq!(done(&written), 1, "{written:?}");
    let winner = written.iter().position(|written| *written == WriteOutcome::Done).unwrap();
    assert_eq!(stores[0].owners(&[sku("MUG")]).await.unwrap()[&sku("MUG")], rivals[winner].id);
    assert_eq!(stores[0].page_after(None, 10).await.unwrap(), [rivals[winner].clone()]);
}

async fn concurrent_imports_and_editors_all_succeed(backend: StoreBackend, env: &TestEnvironment) {
    let stores = both(&backend).await;
    let batch = |of: &str| -> Vec<Product> {
        (0..20).map(|n| product(env, &format!("{of}-{n}"), &[&format!("{of}-{n}")])).collect()
    };
    let (one, other, single) = (batch("one"), batch("other"), batch("single"));
    let imports = async { tokio::join!(stores[0].write_all(&one), stores[1].write_all(&other)) };
    let ((first, second), edited) = tokio::join!(imports, write_at_once(&stores, &single));
    assert_eq!((done(&first.unwrap()), done(&second.unwrap()), done(&edited)), (20, 20, 20));
    assert_eq!(stores[0].page_after(None, 100).await.unwrap().len(), 60);
}

async fn a_concurrent_edit_and_fetched_image_are_both_stored(backend: StoreBackend, env: &TestEnvironment) {
    let stores = both(&backend).await;
    for n in 0..6 {
        let first = Product {
            images: vec![image("https://a.example/1.png"), image("https://a.example/2.png")],
            ..product(env, &format!("mug-{n}"), &[&format!("MUG-{n}")])
        };
        stores[0].write(&first).await.unwrap();
        let edit = Product { title: "Edited".to_owned(), ..successor(&first) };
        let (written, fetched, other) = tokio::join!(
            stores[0].write(&edit),
            stores[1].replace_image_url(first.id, "https://a.example/1.png", "/media/1.png"),
            stores[0].replace_image_url(first.id, "https://a.example/2.png", "/media/2.png"),
        );
        assert_eq!(written.unwrap(), WriteOutcome::Done);
        fetched.unwrap();
        other.unwrap();
        // A URL that the editor restored is due again, and known.
        for due in stores[1].due_images(env.system.now(), 10).await.unwrap() {
            let local_url = due.fetched_url.unwrap();
            stores[1].replace_image_url(due.product_id, &due.url, &local_url).await.unwrap();
        }
        let kept = stores[0].by_handle(&first.handle).await.unwrap().unwrap();
        assert_eq!((kept.title.as_str(), kept.version), ("Edited", 2));
        assert_eq!(kept.images, [image("/media/1.png"), image("/media/2.png")]);
    }
}

async fn readers_of_the_change_log_miss_no_concurrent_change(backend: StoreBackend, env: &TestEnvironment) {
    let stores = both(&backend).await;
    let (one, other) = (backend.products().await, backend.products().await);
    let all: Vec<Product> = (0..30).map(|n| product(env, &format!("p{n}"), &[&format!("S{n}")])).collect();
    let follow = async |follower: Store| {
        let (mut seen, mut position) = (HashSet::new(), 0);
        while seen.len() < all.len() {
            let (ids, reached) = follower.changes_after(position, 4).await.unwrap();
            let found = follower.by_ids(&ids).await.unwrap();
            assert!(reached >= position && found.len() == ids.len(), "a change is visible together with its product");
            assert!(ids.into_iter().all(|id| seen.insert(id)), "a change interrupted_then_repeated");
            position = reached;
            tokio::task::yield_now().await;
        }
    };
    let both = async { tokio::join!(follow(one), follow(other)) };
    let (written, followed) =
        tokio::join!(write_at_once(&stores, &all), tokio::time::timeout(Duration::from_secs(300), both));
    assert_eq!(done(&written), 30);
    assert!(followed.is_ok(), "a reader missed a change");
}

async fn a_product_is_never_missing_while_it_is_rewritten(backend: StoreBackend, env: &TestEnvironment) {
    let stores = both(&backend).await;
    let mut present = product(env, "mug", &["MUG-1", "MUG-2"]);
    stores[0].write(&present).await.unwrap();
    let (id, rewritten) = (present.id, tokio::sync::Notify::new());
    let rewrite = async {
        for _ in 0..25 {
            present = successor(&present);
            assert_eq!(stores[0].write(&present).await.unwrap(), WriteOutcome::Done);
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

async fn concurrent_opens_of_an_empty_backend_share_it(backend: StoreBackend, env: &TestEnvironment) {
    let stores = join_all((0..4).map(|_| backend.products())).await;
    for (n, store) in stores.iter().enumerate() {
        store.check().await.unwrap();
        store.write(&product(env, &format!("p{n}"), &[&format!("S{n}")])).await.unwrap();
    }
    assert_eq!(stores[0].changes_after(0, 10).await.unwrap().0.len(), 4);
}

conformance!(
    one_of_several_concurrent_editors_wins,
    one_of_several_new_products_gets_the_handle,
    one_of_several_products_gets_the_sku,
    concurrent_imports_and_editors_all_succeed,
    a_concurrent_edit_and_fetched_image_are_both_stored,
    readers_of_the_change_log_miss_no_concurrent_change,
    a_product_is_never_missing_while_it_is_rewritten,
    concurrent_opens_of_an_empty_backend_share_it,
);
