//! SKUs that spreadsheets have changed, that several variants have, or that were corrected.

use super::{TestShop, assert_no_issues, case, errors, warnings};
use catalogue::import::{DuplicateSkus, ImportSettings};

#[tokio::test]
async fn the_apostrophe_before_digits_is_removed() {
    let shop = TestShop::new().await;
    assert_no_issues(&shop.import(case("numeric-sku-apostrophe.csv")).await);
    let product = shop.product("ap-a").await;
    assert_eq!(
        (product.variants[0].sku.as_str(), product.variants[0].barcode.as_deref()),
        ("0112", Some("4006381333931"))
    );
    assert_eq!(shop.stock("0112").await.level.on_hand, 4);
    // An older export has the digits alone: the same product.
    let plain = String::from_utf8(case("numeric-sku-apostrophe.csv")).unwrap().replace('\'', "");
    assert_eq!(shop.import(plain).await.counts.unchanged, 2);
}

#[tokio::test]
async fn other_cells_lose_the_apostrophe_of_spreadsheets_too() {
    let shop = TestShop::new().await;
    let csv = "Handle,Title,Option1 Name,Option1 Value,SKU,Price\na,'=1+1,Year,'2024,'tis,5\na,,,'90s,B,5\n";
    assert_no_issues(&shop.import(csv).await);
    let product = shop.product("a").await;
    let values: Vec<_> = product.variants.iter().map(|variant| variant.option_values[0].as_str()).collect();
    assert_eq!((product.title.as_str(), values), ("=1+1", vec!["2024", "'90s"]));
    assert_eq!(product.variants[0].sku.as_str(), "'tis");
}

#[tokio::test]
async fn codes_that_a_spreadsheet_has_shortened_are_named() {
    let shop = TestShop::new().await;
    let summary = shop.import("Handle,Title,SKU,Price,Barcode\na,A,A,5,4.00638E+12\nb,B,1.5E+3,5,\n").await;
    let lines: Vec<u64> = warnings(&summary).iter().map(|warning| warning.0).collect();
    assert_eq!((lines, summary.counts.created), (vec![2, 3], 2));
}

#[tokio::test]
async fn variants_with_one_sku_get_skus_of_their_own() {
    let shop = TestShop::new().await;
    let file = case("duplicate-skus-as-shopify-allows.csv");
    let summary = shop.import(&file).await;
    assert_eq!((summary.counts.created, errors(&summary)), (2, Vec::new()));
    assert_eq!(warnings(&summary).iter().map(|warning| warning.0).collect::<Vec<_>>(), [3, 4, 5]);
    let skus: Vec<String> = shop.product("ds-a").await.skus().map(ToString::to_string).collect();
    assert_eq!(skus, ["ROUTE", "ds-a_12", "ds-a_14"]);
    assert_eq!(shop.product("ds-b").await.variants[0].sku.as_str(), "ds-b");
    let again = shop.import(&file).await;
    assert_eq!((again.counts.unchanged, again.counts.updated), (2, 0), "{:?}", again.issues);
}

#[tokio::test]
async fn a_row_without_a_handle_does_not_copy_a_product_that_was_renamed() {
    let shop = TestShop::new().await;
    shop.import("Title,SKU,Variant Price\nPoster,PO-1,5\n").await;
    let summary = shop.import("Title,SKU,Variant Price\nLarge poster,PO-1,5\n").await;
    assert_eq!(errors(&summary)[0], (2, "SKU", "PO-1 belongs to another product"));
    assert!(shop.catalogue.find("large-poster").await.is_err());
}

#[tokio::test]
async fn a_new_sku_takes_its_stock_from_the_file_where_the_old_one_has_none() {
    let shop = TestShop::new().await;
    shop.import("Handle,Title,Price,Inventory quantity\ntee,Tee,5,0\n").await;
    let summary = shop.import("Handle,Title,SKU,Price,Inventory quantity\ntee,Tee,TEE-1,5,7\n").await;
    assert_no_issues(&summary);
    assert_eq!(shop.stock("TEE-1").await.level.on_hand, 7);
}

#[tokio::test]
async fn a_dry_run_reports_the_same_as_an_import() {
    let file = case("duplicate-skus-as-shopify-allows.csv");
    let dry_run = ImportSettings { dry_run: true, ..ImportSettings::default() };
    let expected = TestShop::new().await.import_with(&file, &dry_run).await.unwrap();
    assert_eq!(expected.issues, TestShop::new().await.import(&file).await.issues);
}

#[tokio::test]
async fn duplicate_skus_can_be_refused() {
    let shop = TestShop::new().await;
    let settings = ImportSettings { duplicate_skus: DuplicateSkus::Refuse, ..ImportSettings::default() };
    let summary = shop.import_with(case("duplicate-skus-as-shopify-allows.csv"), &settings).await.unwrap();
    let lines: Vec<u64> = errors(&summary).iter().map(|error| error.0).collect();
    assert!([3, 4, 5].iter().all(|line| lines.contains(line)), "{:?}", summary.issues);
}

#[tokio::test]
async fn a_corrected_sku_starts_without_stock() {
    let shop = TestShop::new().await;
    shop.import(case("sku-corrected-1.csv")).await;
    let summary = shop.import(case("sku-corrected-2.csv")).await;
    let [(2, text)] = warnings(&summary)[..] else { panic!("{:?}", summary.issues) };
    assert!(text.starts_with("RN-OLD becomes RN-NEW: 10 units on hand, of which 0 are reserved"), "{text}");
    assert_eq!(shop.stock("RN-OLD").await.level.on_hand, 10);
    assert_eq!(shop.stock("RN-NEW").await.level.on_hand, 0, "the same ten units are not sold twice");
    assert_no_issues(&shop.import(case("sku-corrected-2.csv")).await);
}

#[tokio::test]
async fn the_stock_of_a_corrected_sku_is_set_on_request() {
    let shop = TestShop::new().await;
    shop.import(case("sku-corrected-1.csv")).await;
    let settings = ImportSettings { set_stock: true, ..ImportSettings::default() };
    shop.import_with(case("sku-corrected-2.csv"), &settings).await.unwrap();
    assert_eq!(shop.stock("RN-NEW").await.level.on_hand, 10);
}
