//! The same file again, and rows that are not together.

use super::{Bench, clean, errors};
use catalogue::import::{ImportSettings, Severity};

const HEAD: &str = "Handle,Title,Option1 Name,Option1 Value,SKU,Price,Inventory quantity,Image Src\n";

fn many() -> String {
    let row = |n: u32| {
        format!("p{n},Product {n},Size,S,P{n}-S,{n}.50,4,https://cdn.example/{n}.jpg\np{n},,,M,P{n}-M,{n}.75,5,\n")
    };
    HEAD.to_owned() + &(0..150).map(row).collect::<String>()
}

#[tokio::test]
async fn importing_a_file_twice_changes_nothing() {
    let bench = Bench::new().await;
    let first = bench.import(many()).await;
    clean(&first);
    assert_eq!((first.counts.created, first.counts.updated, first.counts.unchanged), (150, 0, 0));
    let second = bench.import(many()).await;
    clean(&second);
    assert_eq!((second.counts.created, second.counts.updated, second.counts.unchanged), (0, 0, 150));
    assert_eq!(bench.product("p7").await.version, 1);
    assert_eq!(bench.stock("P7-S").await.history.len(), 1);
}

#[tokio::test]
async fn only_what_changed_is_written() {
    let bench = Bench::new().await;
    bench.import(many()).await;
    let second = bench.import(many().replace(",7.50,", ",8.00,")).await;
    assert_eq!((second.counts.updated, second.counts.unchanged), (1, 149));
    let product = bench.product("p7").await;
    assert_eq!((product.version, product.variants[0].price), (2, 800));
}

#[tokio::test]
async fn rows_that_are_not_together_are_added_with_a_warning() {
    let bench = Bench::new().await;
    let csv = format!(
        "{HEAD}tee,Tee,Size,S,T-S,5,1,https://cdn.example/1.jpg\nmug,Mug,,,M,5,1,\ntee,,,M,T-M,6,2,https://cdn.example/2.jpg\n\
         cup,Cup,,,C,5,1,\ntee,,,,,,,https://cdn.example/3.jpg\n"
    );
    let summary = bench.import(&csv).await;
    assert_eq!(errors(&summary), []);
    let warnings: Vec<_> = summary.issues.iter().map(|issue| (issue.line, issue.severity)).collect();
    assert_eq!(warnings, [(4, Severity::Warning), (6, Severity::Warning)]);
    let tee = bench.product("tee").await;
    assert_eq!((tee.title.as_str(), tee.variants.len(), tee.images.len()), ("Tee", 2, 3));
    assert_eq!(tee.options[0].values.len(), 2);
    assert_eq!(bench.stock("T-M").await.level.on_hand, 2);
}

#[tokio::test]
async fn a_file_whose_rows_are_not_together_changes_nothing_the_second_time() {
    let bench = Bench::new().await;
    let csv = format!("{HEAD}tee,Tee,Size,S,T-S,5,1,\nmug,Mug,,,M,5,1,\ntee,,,M,T-M,6,2,\n");
    bench.import(&csv).await;
    let version = bench.product("tee").await.version;
    let summary = bench.import(&csv).await;
    assert_eq!((summary.counts.created, summary.counts.updated), (0, 0));
    assert_eq!((bench.product("tee").await.version, bench.product("tee").await.variants.len()), (version, 2));
    // Another file without one of them takes it away.
    bench.import(format!("{HEAD}tee,Tee,Size,S,T-S,5,1,\n")).await;
    assert_eq!(bench.product("tee").await.variants.len(), 1);
}

#[tokio::test]
async fn rows_further_down_with_other_options_are_faults() {
    let bench = Bench::new().await;
    let csv = format!("{HEAD}tee,Tee,Size,S,T-S,5,1,\nmug,Mug,,,M,5,1,\ntee,,Color,Red,T-R,6,2,\n");
    let summary = bench.import(&csv).await;
    assert_eq!(errors(&summary), [(4, "Option1 Name", "has other options than the rows of this product further up")]);
    assert_eq!(bench.product("tee").await.variants.len(), 1);
}

#[tokio::test]
async fn a_dry_run_tells_everything_and_writes_nothing() {
    let bench = Bench::new().await;
    bench.import(format!("{HEAD}mug,Mug,,,M,5,1,\njug,Jug,,,J,5,1,\n")).await;
    let csv = format!(
        "{HEAD}mug,Mug,,,M,5,1,\njug,Jug,,,J,7,1,\ntee,Tee,Size,S,T-S,5,1,\nhat,Hat,,,T-S,5,1,\ncup,Cup,,,C,x,1,\ntee,,,M,T-M,6,2,\n"
    );
    let settings = ImportSettings { dry_run: true, set_stock: true, ..ImportSettings::default() };
    let summary = bench.import_with(&csv, &settings).await.unwrap();
    let counts = summary.counts;
    assert_eq!((counts.created, counts.updated, counts.unchanged, counts.skipped), (1, 1, 1, 2));
    let faults: Vec<_> = errors(&summary).iter().map(|error| (error.0, error.1)).collect();
    assert_eq!(faults, [(5, "SKU"), (5, ""), (6, "Price"), (6, "")]);
    assert!(bench.catalogue.find("tee").await.is_err());
    assert_eq!(bench.product("jug").await.version, 1);
    assert_eq!(bench.stock("M").await.history.len(), 1);
    assert_eq!(bench.catalogue.products.categories().await.unwrap(), []);
    // What it says is what happens.
    let real = bench.import(&csv).await;
    assert_eq!((real.counts.created, real.resumed_after), (1, None));
}
