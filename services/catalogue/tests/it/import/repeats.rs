//! Repeated imports, and files whose rows of one product are not adjacent.

use super::{TestShop, assert_no_issues, errors};
use catalogue::import::{DuplicateSkus, ImportSettings, IssueSeverity};

const HEAD: &str = "Handle,Title,Option1 Name,Option1 Value,SKU,Price,Inventory quantity,Image Src\n";

fn many_products() -> String {
    let row = |n: u32| {
        format!("p{n},Product {n},Size,S,P{n}-S,{n}.50,4,https://cdn.example/{n}.jpg\np{n},,,M,P{n}-M,{n}.75,5,\n")
    };
    HEAD.to_owned() + &(0..150).map(row).collect::<String>()
}

#[tokio::test]
async fn importing_a_file_twice_changes_nothing() {
    let shop = TestShop::new().await;
    let first = shop.import(many_products()).await;
    assert_no_issues(&first);
    assert_eq!((first.counts.created, first.counts.updated, first.counts.unchanged), (150, 0, 0));
    let second = shop.import(many_products()).await;
    assert_no_issues(&second);
    assert_eq!((second.counts.created, second.counts.updated, second.counts.unchanged), (0, 0, 150));
    assert_eq!(shop.product("p7").await.version, 1);
    assert_eq!(shop.stock("P7-S").await.history.len(), 1);
}

#[tokio::test]
async fn only_changed_products_are_written() {
    let shop = TestShop::new().await;
    shop.import(many_products()).await;
    let second = shop.import(many_products().replace(",7.50,", ",8.00,")).await;
    assert_eq!((second.counts.updated, second.counts.unchanged), (1, 149));
    let product = shop.product("p7").await;
    assert_eq!((product.version, product.variants[0].price), (2, 800));
}

#[tokio::test]
async fn non_adjacent_rows_are_added_with_a_warning() {
    let shop = TestShop::new().await;
    let csv = format!(
        "{HEAD}tee,Tee,Size,S,T-S,5,1,https://cdn.example/1.jpg\nmug,Mug,,,M,5,1,\ntee,,,M,T-M,6,2,https://cdn.example/2.jpg\n\
         cup,Cup,,,C,5,1,\ntee,,,,,,,https://cdn.example/3.jpg\n"
    );
    let summary = shop.import(&csv).await;
    assert_eq!(errors(&summary), []);
    let warnings: Vec<_> = summary.issues.iter().map(|issue| (issue.line, issue.severity)).collect();
    assert_eq!(warnings, [(4, IssueSeverity::Warning), (6, IssueSeverity::Warning)]);
    let tee = shop.product("tee").await;
    assert_eq!((tee.title.as_str(), tee.variants.len(), tee.images.len()), ("Tee", 2, 3));
    assert_eq!(tee.options[0].values.len(), 2);
    assert_eq!(shop.stock("T-M").await.level.on_hand, 2);
}

#[tokio::test]
async fn importing_a_file_with_non_adjacent_rows_twice_changes_nothing() {
    let shop = TestShop::new().await;
    let csv = format!("{HEAD}tee,Tee,Size,S,T-S,5,1,\nmug,Mug,,,M,5,1,\ntee,,,M,T-M,6,2,\n");
    shop.import(&csv).await;
    let version = shop.product("tee").await.version;
    let summary = shop.import(&csv).await;
    assert_eq!((summary.counts.created, summary.counts.updated), (0, 0));
    assert_eq!((shop.product("tee").await.version, shop.product("tee").await.variants.len()), (version, 2));
    // Another file without one of the variants removes it.
    shop.import(format!("{HEAD}tee,Tee,Size,S,T-S,5,1,\n")).await;
    assert_eq!(shop.product("tee").await.variants.len(), 1);
}

#[tokio::test]
async fn non_adjacent_rows_with_other_options_are_errors() {
    let shop = TestShop::new().await;
    let csv = format!("{HEAD}tee,Tee,Size,S,T-S,5,1,\nmug,Mug,,,M,5,1,\ntee,,Color,Red,T-R,6,2,\n");
    let summary = shop.import(&csv).await;
    assert_eq!(errors(&summary), [(4, "Option1 Name", "differs from the options in the rows of this product above")]);
    assert_eq!(shop.product("tee").await.variants.len(), 1);
}

#[tokio::test]
async fn a_dry_run_reports_everything_and_writes_nothing() {
    let shop = TestShop::new().await;
    shop.import(format!("{HEAD}mug,Mug,,,M,5,1,\njug,Jug,,,J,5,1,\n")).await;
    let csv = format!(
        "{HEAD}mug,Mug,,,M,5,1,\njug,Jug,,,J,7,1,\ntee,Tee,Size,S,T-S,5,1,\nhat,Hat,,,T-S,5,1,\ncup,Cup,,,C,x,1,\ntee,,,M,T-M,6,2,\n"
    );
    let refuse = ImportSettings { duplicate_skus: DuplicateSkus::Refuse, ..ImportSettings::default() };
    let settings = ImportSettings { dry_run: true, set_stock: true, ..refuse.clone() };
    let summary = shop.import_with(&csv, &settings).await.unwrap();
    let counts = summary.counts;
    assert_eq!((counts.created, counts.updated, counts.unchanged, counts.skipped), (1, 1, 1, 2));
    let found: Vec<_> = errors(&summary).iter().map(|error| (error.0, error.1)).collect();
    assert_eq!(found, [(5, "SKU"), (5, ""), (6, "Price"), (6, "")]);
    assert!(shop.catalogue.find("tee").await.is_err());
    assert_eq!(shop.product("jug").await.version, 1);
    assert_eq!(shop.stock("M").await.history.len(), 1);
    assert_eq!(shop.catalogue.products.categories().await.unwrap(), []);
    // The import itself has the reported result.
    let real = shop.import_with(&csv, &refuse).await.unwrap();
    assert_eq!((real.counts.created, real.resumed_after), (1, None));
}
