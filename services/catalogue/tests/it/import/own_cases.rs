//! Files with one difficulty each, with the products and issues that they lead to in `.expected` files beside them.

use super::{TestShop, case, export};
use catalogue::import::Format;
use catalogue::product::Product;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

/// Describes the products of a shop, one line for each product and variant.
async fn described(shop: &TestShop) -> String {
    let products = shop.catalogue.products.page_after(None, 1000).await.unwrap();
    let by_handle: BTreeMap<String, Product> =
        products.into_iter().map(|product| (product.handle.clone(), product)).collect();
    let mut text = String::new();
    for (handle, product) in by_handle {
        let category = product.category.as_deref().or(product.standard_category.as_deref()).unwrap_or("-");
        let (title, status, tax_class) = (&product.title, status(&product), &product.tax_class);
        writeln!(text, "{handle} | {title} | {status} | category {category} | tax {tax_class}").unwrap();
        for image in &product.images {
            writeln!(text, "    image {} {}", image.url, image.alt).unwrap();
        }
        if !product.description_html.is_empty() {
            writeln!(text, "    text {:?}", product.description_html).unwrap();
        }
        for variant in &product.variants {
            let stock = shop.stock(variant.sku.as_str()).await;
            let price = variant.price;
            let (values, oversell) = (variant.option_values.join("/"), variant.oversell.as_str());
            let barcode = variant.barcode.as_deref().unwrap_or("-");
            let sku = &variant.sku;
            let on_hand = stock.level.on_hand;
            writeln!(text, "  {sku} | {values} | {price} | {oversell} {on_hand} | barcode {barcode}").unwrap();
        }
    }
    text
}

fn status(product: &Product) -> String {
    serde_json::to_value(product.status).unwrap().as_str().unwrap().to_owned()
}

#[tokio::test]
async fn each_file_leads_to_the_products_and_issues_beside_it() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/own");
    let mut names: Vec<String> = std::fs::read_dir(&folder)
        .unwrap()
        .filter_map(|entry| entry.unwrap().file_name().into_string().unwrap().strip_suffix(".csv").map(str::to_owned))
        .collect();
    names.sort();
    assert!(names.len() >= 30, "two files for each kind of the shared cases");
    let mut differences = String::new();
    for name in names {
        let shop = TestShop::new().await;
        let summary = shop.import(case(&format!("own/{name}.csv"))).await;
        let mut text = described(&shop).await;
        for issue in &summary.issues {
            writeln!(text, "{issue}").unwrap();
        }
        let expected = std::fs::read_to_string(folder.join(format!("{name}.expected"))).unwrap_or_default();
        if text != expected {
            write!(differences, "== {name}\n-- expected\n{expected}-- is\n{text}").unwrap();
        }
        // A cell that a spreadsheet shortened is reported again.
        if super::row_issues(&summary).next().is_none() {
            export::assert_round_trip(&shop, Format::Csv).await;
        }
    }
    assert!(differences.is_empty(), "{differences}");
}
