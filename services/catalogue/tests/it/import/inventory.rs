//! Stock from inventory files.

use super::{TestShop, assert_no_issues, errors, file_warnings};
use catalogue::import::{ImportError, Summary, inventory};

const SCARF: &str = "Handle,Title,Option1 Name,Option1 Value,SKU,Price,Variant Inventory Tracker,Variant Inventory Qty\n\
                     scarf,Scarf,Color,Red,SC-RED,5,shopify,1\nscarf,,,Blue,SC-BLUE,5,shopify,2\nscarf,,,Any,SC-ANY,5,,\n";

async fn import(shop: &TestShop, csv: &str) -> Summary {
    run(shop, csv, false).await.unwrap()
}

async fn run(shop: &TestShop, csv: &str, dry_run: bool) -> Result<Summary, ImportError> {
    inventory::run(&shop.catalogue, &shop.file("inventory.csv", csv), "test", dry_run, &mut ()).await
}

async fn on_hand(shop: &TestShop, sku: &str) -> i64 {
    shop.stock(sku).await.level.on_hand
}

#[tokio::test]
async fn the_quantities_of_all_locations_are_added_up() {
    let shop = TestShop::new().await;
    assert_no_issues(&shop.import(SCARF).await);
    let file = "Handle,Title,Option1 Name,Option1 Value,SKU,Location,Committed,Available,On hand (current),On hand (new)\n\
                scarf,Scarf,Color,Red,SC-RED,Warehouse,0,7,7,\nscarf,Scarf,Color,Red,SC-RED,Shop,0,2,2,3\n\
                scarf,Scarf,Color,Blue,SC-BLUE,Warehouse,0,0,not stocked,\n";
    let summary = import(&shop, file).await;
    assert_no_issues(&summary);
    assert_eq!((on_hand(&shop, "SC-RED").await, on_hand(&shop, "SC-BLUE").await), (10, 2));
    assert_eq!((summary.counts.rows, summary.counts.stock_set), (2, 1));
    // A repetition finds everything as it is.
    assert_eq!(import(&shop, file).await.counts.stock_set, 0);
}

#[tokio::test]
async fn units_that_cannot_be_sold_here_are_not_counted() {
    let shop = TestShop::new().await;
    shop.import(SCARF).await;
    let file = "Handle,SKU,Location,Unavailable (not editable),Committed (not editable),On hand (current)\n\
                scarf,SC-RED,Warehouse,1,2,9\nscarf,SC-BLUE,Warehouse,3,0,2\nscarf,SC-ANY,Warehouse,0,0,5\n";
    let summary = import(&shop, file).await;
    assert_eq!((on_hand(&shop, "SC-RED").await, on_hand(&shop, "SC-BLUE").await), (6, 0));
    let warnings = file_warnings(&summary);
    assert!(
        warnings[0].starts_with("6 units are on hand, but committed")
            && warnings[1].starts_with("1 SKUs are not counted"),
        "{warnings:?}"
    );
}

#[tokio::test]
async fn a_variant_is_found_by_its_values_where_skus_are_equal() {
    let shop = TestShop::new().await;
    shop.import("Handle,Title,Option1 Name,Option1 Value,SKU,Price\npen,Pen,Ink,Red,PEN,1\npen,,,Blue,PEN,1\n").await;
    let file = "Handle,Option1 Value,SKU,Location,On hand\npen,Red,PEN,A,4\npen,Blue,PEN,A,6\n";
    assert_no_issues(&import(&shop, file).await);
    assert_eq!((on_hand(&shop, "PEN").await, on_hand(&shop, "pen_Blue").await), (4, 6));
}

#[tokio::test]
async fn unknown_skus_invalid_numbers_and_reserved_units_are_errors() {
    let shop = TestShop::new().await;
    shop.import(SCARF).await;
    let summary = import(&shop, "SKU,Location,On hand\nNEW,A,1\nSC-RED,A,many\nSC-BLUE,A,8\n").await;
    let lines: Vec<u64> = errors(&summary).iter().map(|error| error.0).collect();
    assert_eq!((lines, on_hand(&shop, "SC-BLUE").await), (vec![3, 2], 8));
}

#[tokio::test]
async fn a_dry_run_changes_nothing_and_other_files_are_refused() {
    let shop = TestShop::new().await;
    shop.import(SCARF).await;
    let summary = run(&shop, "SKU,Location,On hand\nSC-RED,A,9\n", true).await.unwrap();
    assert_eq!((summary.counts.stock_set, on_hand(&shop, "SC-RED").await), (1, 1));
    assert!(matches!(run(&shop, SCARF, false).await, Err(ImportError::Unsupported(_))));
}
