//! Imports that are stopped half-way.

use super::{Bench, clean, open};
use catalogue::import::{self, ImportSettings, Progress, Watch};
use std::future::Future;
use std::pin::pin;
use std::task::Poll;
use tokio::sync::Notify;

fn many() -> String {
    let head = "Handle,Title,Option1 Name,Option1 Value,SKU,Price,Inventory quantity\n";
    let row = |n: u32| format!("p{n},Product {n},Size,S,P{n}-S,{n}.50,4\np{n},,,M,P{n}-M,{n}.75,5\n");
    head.to_owned() + &(0..300).map(row).collect::<String>()
}

/// Rings after some batches.
struct Bell<'b> {
    after: usize,
    bell: &'b Notify,
}

impl Watch for Bell<'_> {
    fn progress(&mut self, _: Progress) {
        self.after -= 1;
        if self.after == 0 {
            self.bell.notify_one();
        }
    }
}

/// Imports until so many batches are done, then is gone.
async fn stopped_after(bench: &Bench, batches: usize, settings: &ImportSettings) {
    let path = bench.file("products.csv", many());
    let bell = Notify::new();
    let mut watch = Bell { after: batches, bell: &bell };
    tokio::select! {
        biased;
        () = bell.notified() => {}
        _ = import::run(&bench.catalogue, &path, settings, &mut watch) => panic!("it was to be stopped"),
    }
}

#[tokio::test]
async fn an_import_that_was_stopped_goes_on_where_it_was() {
    let bench = Bench::new().await;
    stopped_after(&bench, 2, &ImportSettings::default()).await;
    let summary = bench.import(many()).await;
    clean(&summary);
    let resumed = summary.resumed_after.expect("it goes on");
    assert!(resumed > 0 && resumed < 600 && resumed % 2 == 0, "after a whole product: {resumed}");
    assert_eq!((summary.counts.created, summary.counts.unchanged, summary.counts.rows), (300, 0, 600));
    assert_eq!(bench.product("p0").await.version, 1);
    // Finished, it begins at the beginning again.
    assert_eq!(bench.import(many()).await.resumed_after, None);
}

#[tokio::test]
async fn another_process_goes_on_where_the_first_was_killed() {
    let Bench { env, catalogue, folder } = Bench::new().await;
    let bench = Bench { env, catalogue, folder };
    stopped_after(&bench, 3, &ImportSettings::default()).await;
    let Bench { env, catalogue, folder } = bench;
    drop(catalogue);
    let catalogue = open(&env, &folder, "USD").await;
    let bench = Bench { env, catalogue, folder };
    let summary = bench.import(many()).await;
    assert!(summary.resumed_after.is_some());
    assert_eq!((summary.counts.created, summary.counts.unchanged), (300, 0));
}

#[tokio::test]
async fn restart_begins_at_the_first_row() {
    let bench = Bench::new().await;
    stopped_after(&bench, 2, &ImportSettings::default()).await;
    let settings = ImportSettings { restart: true, ..ImportSettings::default() };
    let summary = bench.import_with(many(), &settings).await.unwrap();
    assert_eq!(summary.resumed_after, None);
    assert!(summary.counts.unchanged > 0);
    assert_eq!(summary.counts.created + summary.counts.unchanged, 300);
}

#[tokio::test]
async fn a_changed_file_is_another_import() {
    let bench = Bench::new().await;
    stopped_after(&bench, 2, &ImportSettings::default()).await;
    let summary = bench.import(many().replace("Product 0,", "Product zero,")).await;
    assert_eq!((summary.resumed_after, summary.counts.updated), (None, 1));
    assert_eq!(bench.product("p0").await.title, "Product zero");
}

#[tokio::test]
async fn a_dry_run_does_not_count_as_a_beginning() {
    let bench = Bench::new().await;
    stopped_after(&bench, 2, &ImportSettings { dry_run: true, ..ImportSettings::default() }).await;
    let summary = bench.import(many()).await;
    assert_eq!((summary.resumed_after, summary.counts.created), (None, 300));
}

/// Polls the work so often, then drops it; says how often it was polled until its end, when it came there.
async fn dropped_after<T>(polls: usize, work: impl Future<Output = T>) -> Option<usize> {
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

fn few() -> String {
    many().lines().take(1 + 2 * 130).map(|line| format!("{line}\n")).collect()
}

async fn whole(settings: &ImportSettings) -> usize {
    let bench = Bench::new().await;
    let path = bench.file("products.csv", few());
    dropped_after(usize::MAX, import::run(&bench.catalogue, &path, settings, &mut ())).await.unwrap()
}

async fn stopped_anywhere(settings: &ImportSettings, times: usize) {
    let all = whole(settings).await;
    assert!(all > 30, "there are many places to stop at: {all}");
    for time in 0..times {
        let bench = Bench::new().await;
        let path = bench.file("products.csv", few());
        dropped_after(1 + all * time / times, import::run(&bench.catalogue, &path, settings, &mut ())).await;
        let summary = import::run(&bench.catalogue, &path, settings, &mut ()).await.unwrap();
        clean(&summary);
        assert_eq!(summary.counts.rows, 260);
        let products = bench.catalogue.products.after(None, 1000).await.unwrap();
        assert_eq!(products.len(), 130, "stopped at {time} of {times}");
        assert!(products.iter().all(|product| product.version == 1 && product.variants.len() == 2));
        assert_eq!(bench.stock("P9-M").await.level.on_hand, 5);
        assert_eq!(bench.catalogue.stock.violations(10).await.unwrap(), Vec::<String>::new());
    }
}

#[tokio::test]
async fn wherever_it_is_stopped_nothing_is_lost_or_done_twice() {
    stopped_anywhere(&ImportSettings::default(), 20).await;
}

#[tokio::test]
async fn stopped_while_it_sets_stock_it_sets_it_once() {
    let bench = Bench::new().await;
    clean(&bench.import(few().replace(",4\n", ",1\n")).await);
    let settings = ImportSettings { set_stock: true, ..ImportSettings::default() };
    let path = bench.file("products.csv", few());
    for polls in [40, 200, 500] {
        dropped_after(polls, import::run(&bench.catalogue, &path, &settings, &mut ())).await;
    }
    clean(&import::run(&bench.catalogue, &path, &settings, &mut ()).await.unwrap());
    for sku in ["P0-S", "P64-S", "P129-S"] {
        let level = bench.stock(sku).await;
        assert_eq!((level.level.on_hand, level.history.len()), (4, 2), "{sku}");
    }
}
