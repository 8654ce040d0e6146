//! Interrupted imports and their resumption.

use super::{TestShop, assert_no_issues, open};
use catalogue::import::{self, ImportObserver, ImportSettings, Progress};
use std::future::Future;
use std::pin::pin;
use std::task::Poll;
use tokio::sync::Notify;

fn many_products() -> String {
    let head = "Handle,Title,Option1 Name,Option1 Value,SKU,Price,Inventory quantity\n";
    let row = |n: u32| format!("p{n},Product {n},Size,S,P{n}-S,{n}.50,4\np{n},,,M,P{n}-M,{n}.75,5\n");
    head.to_owned() + &(0..300).map(row).collect::<String>()
}

/// Notifies after some batches.
struct BatchCounter<'b> {
    after: usize,
    reached: &'b Notify,
}

impl ImportObserver for BatchCounter<'_> {
    fn progress(&mut self, _: Progress) {
        self.after -= 1;
        if self.after == 0 {
            self.reached.notify_one();
        }
    }
}

/// Runs an import and drops it after some batches.
async fn import_and_interrupt(shop: &TestShop, batches: usize, settings: &ImportSettings) {
    let path = shop.file("products.csv", many_products());
    let reached = Notify::new();
    let mut observer = BatchCounter { after: batches, reached: &reached };
    tokio::select! {
        biased;
        () = reached.notified() => {}
        _ = import::run(&shop.catalogue, &path, settings, &mut observer) => panic!("the import ended before it was interrupted"),
    }
}

#[tokio::test]
async fn an_interrupted_import_resumes() {
    let shop = TestShop::new().await;
    import_and_interrupt(&shop, 2, &ImportSettings::default()).await;
    let summary = shop.import(many_products()).await;
    assert_no_issues(&summary);
    let resumed = summary.resumed_after.expect("the import resumes");
    assert!(resumed > 0 && resumed < 600 && resumed % 2 == 0, "after a whole product: {resumed}");
    assert_eq!((summary.counts.created, summary.counts.unchanged, summary.counts.rows), (300, 0, 600));
    assert_eq!(shop.product("p0").await.version, 1);
    // A finished import starts from the beginning again.
    assert_eq!(shop.import(many_products()).await.resumed_after, None);
}

#[tokio::test]
async fn another_process_resumes_the_import_of_a_killed_one() {
    let TestShop { env, catalogue, folder } = TestShop::new().await;
    let shop = TestShop { env, catalogue, folder };
    import_and_interrupt(&shop, 3, &ImportSettings::default()).await;
    let TestShop { env, catalogue, folder } = shop;
    drop(catalogue);
    let catalogue = open(&env, &folder, "USD").await;
    let shop = TestShop { env, catalogue, folder };
    let summary = shop.import(many_products()).await;
    assert!(summary.resumed_after.is_some());
    assert_eq!((summary.counts.created, summary.counts.unchanged), (300, 0));
}

#[tokio::test]
async fn restart_begins_at_the_first_row() {
    let shop = TestShop::new().await;
    import_and_interrupt(&shop, 2, &ImportSettings::default()).await;
    let settings = ImportSettings { restart: true, ..ImportSettings::default() };
    let summary = shop.import_with(many_products(), &settings).await.unwrap();
    assert_eq!(summary.resumed_after, None);
    assert!(summary.counts.unchanged > 0);
    assert_eq!(summary.counts.created + summary.counts.unchanged, 300);
}

#[tokio::test]
async fn a_changed_file_is_another_import() {
    let shop = TestShop::new().await;
    import_and_interrupt(&shop, 2, &ImportSettings::default()).await;
    let summary = shop.import(many_products().replace("Product 0,", "Product zero,")).await;
    assert_eq!((summary.resumed_after, summary.counts.updated), (None, 1));
    assert_eq!(shop.product("p0").await.title, "Product zero");
}

#[tokio::test]
async fn a_dry_run_is_not_resumed() {
    let shop = TestShop::new().await;
    import_and_interrupt(&shop, 2, &ImportSettings { dry_run: true, ..ImportSettings::default() }).await;
    let summary = shop.import(many_products()).await;
    assert_eq!((summary.resumed_after, summary.counts.created), (None, 300));
}

/// Polls the future at most `polls` times, then drops it. Returns the number of polls if it completed.
async fn poll_then_drop<T>(polls: usize, work: impl Future<Output = T>) -> Option<usize> {
    let mut work = pin!(work);
    let mut done = 0;
    std::future::poll_fn(|context| {
        if done == polls {
            return Poll::Ready(None);
        }
        done += 1;
        work.as_mut().poll(context).map(|_| Some(done))
    })
    .await
}

fn fewer_products() -> String {
    many_products().lines().take(1 + 2 * 130).map(|line| format!("{line}\n")).collect()
}

async fn count_polls(settings: &ImportSettings) -> usize {
    let shop = TestShop::new().await;
    let path = shop.file("products.csv", fewer_products());
    poll_then_drop(usize::MAX, import::run(&shop.catalogue, &path, settings, &mut ())).await.unwrap()
}

async fn assert_resumable_at_any_point(settings: &ImportSettings, times: usize) {
    let all = count_polls(settings).await;
    assert!(all > 30, "too few polls for a meaningful test: {all}");
    for time in 0..times {
        let shop = TestShop::new().await;
        let path = shop.file("products.csv", fewer_products());
        poll_then_drop(1 + all * time / times, import::run(&shop.catalogue, &path, settings, &mut ())).await;
        let summary = import::run(&shop.catalogue, &path, settings, &mut ()).await.unwrap();
        assert_no_issues(&summary);
        assert_eq!(summary.counts.rows, 260);
        let products = shop.catalogue.products.page_after(None, 1000).await.unwrap();
        assert_eq!(products.len(), 130, "interrupted at {time} of {times}");
        assert!(products.iter().all(|product| product.version == 1 && product.variants.len() == 2));
        assert_eq!(shop.stock("P9-M").await.level.on_hand, 5);
        assert_eq!(shop.catalogue.stock.violations(10).await.unwrap(), Vec::<String>::new());
    }
}

#[tokio::test]
async fn an_import_interrupted_at_any_point_loses_and_repeats_nothing() {
    assert_resumable_at_any_point(&ImportSettings::default(), 20).await;
}

#[tokio::test]
async fn an_interrupted_import_sets_stock_once() {
    let shop = TestShop::new().await;
    assert_no_issues(&shop.import(fewer_products().replace(",4\n", ",1\n")).await);
    let settings = ImportSettings { set_stock: true, ..ImportSettings::default() };
    let path = shop.file("products.csv", fewer_products());
    for polls in [40, 200, 500] {
        poll_then_drop(polls, import::run(&shop.catalogue, &path, &settings, &mut ())).await;
    }
    assert_no_issues(&import::run(&shop.catalogue, &path, &settings, &mut ()).await.unwrap());
    for sku in ["P0-S", "P64-S", "P129-S"] {
        let level = shop.stock(sku).await;
        assert_eq!((level.level.on_hand, level.history.len()), (4, 2), "{sku}");
    }
}
