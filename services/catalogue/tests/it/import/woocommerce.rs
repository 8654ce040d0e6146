//! Product files of WooCommerce.

use super::{TestShop, assert_no_issues, errors, file_warnings, warnings};
use contracts::catalogue::{Oversell, ProductStatus};

const HEADINGS: &str = "ID,Type,SKU,\"GTIN, UPC, EAN, or ISBN\",Name,Published,\"Is featured?\",\"Visibility in catalog\",\
    \"Short description\",Description,\"Date sale price starts\",\"Date sale price ends\",\"Tax status\",\"Tax class\",\
    \"In stock?\",Stock,\"Low stock amount\",\"Backorders allowed?\",\"Weight (kg)\",\"Sale price\",\"Regular price\",\
    Categories,Tags,Images,Parent,Upsells,\"Attribute 1 name\",\"Attribute 1 value(s)\",\"Attribute 1 visible\",\
    \"Attribute 2 name\",\"Attribute 2 value(s)\"\n";

/// The variations stand before and after their product, and name it by id and by SKU.
const ROWS: &str = "12,variation,HOOD-B,,Hoodie - Blue,1,0,visible,,,,,taxable,,1,4,,notify,,,45,,,https://cdn.example/blue.jpg,id:10,,Color,Blue,1,Size,L\n\
    10,variable,HOOD,,Hoodie,1,0,visible,Warm.,\"First\\n\\nSecond\",,,taxable,reduced-rate,1,,,0,0.8,,,\"Clothing > Hoodies, Sale\",\"soft, warm\",\"https://cdn.example/a.jpg, https://cdn.example/b.jpg\",,,Color,\"Red, Blue\",1,Size,\"S, L\"\n\
    11,variation,HOOD-R,4006381333931,Hoodie - Red,1,0,visible,,,,,taxable,,1,,,0,0.7,40,45,,,,HOOD,,Color,Red,1,Size,S\n\
    13,simple,MUG,,Mug,-1,0,visible,,,,,none,,0,,,0,,,9.50,,,,,,,,,,\n\
    14,\"simple, downloadable, virtual\",BOOK,,E-book,1,0,visible,,,,,taxable,,1,,,0,,,5,,,,,,,,,,\n";

#[tokio::test]
async fn products_and_their_variations_are_imported() {
    let shop = TestShop::new().await;
    let summary = shop.import(format!("{HEADINGS}{ROWS}")).await;
    let counts = &summary.counts;
    assert_eq!((counts.rows, counts.created, counts.errors), (5, 3, 0), "{:?}", summary.issues);
    let hoodie = shop.product("hoodie").await;
    assert_eq!(hoodie.description_html, "<p>Warm.</p>\n<p>First</p><p>Second</p>");
    assert_eq!(
        (hoodie.category.as_deref(), hoodie.standard_category.as_deref()),
        (Some("hoodies"), Some("Clothing > Hoodies"))
    );
    assert_eq!((hoodie.tags.join("|"), hoodie.tax_class.as_str()), ("soft|warm|Sale".to_owned(), "reduced-rate"));
    let options: Vec<&str> = hoodie.options.iter().map(|option| option.name.as_str()).collect();
    assert_eq!((options, hoodie.images.len()), (vec!["Color", "Size"], 3));
    let [blue, red] = hoodie.variants.as_slice() else { panic!("two variants") };
    assert_eq!((red.option_values.join("/"), red.price, red.compare_at_price), ("Red/S".to_owned(), 4000, Some(4500)));
    assert_eq!(
        (red.oversell, red.weight_grams, red.barcode.as_deref()),
        (Oversell::Untracked, 700, Some("4006381333931"))
    );
    assert_eq!((blue.oversell, blue.weight_grams, blue.image), (Oversell::Continue, 800, Some(2)));
    assert_eq!(shop.stock("HOOD-B").await.level.on_hand, 4);
    let mug = shop.product("mug").await;
    assert_eq!(
        (mug.status, mug.tax_class.as_str(), mug.variants[0].oversell),
        (ProductStatus::Draft, "exempt", Oversell::Deny)
    );
    let book = shop.product("e-book").await;
    assert_eq!((book.status, book.variants[0].is_digital), (ProductStatus::Draft, true));
}

#[tokio::test]
async fn an_import_that_is_repeated_changes_nothing() {
    let shop = TestShop::new().await;
    let file = format!("{HEADINGS}{ROWS}");
    shop.import(&file).await;
    let summary = shop.import(&file).await;
    assert_eq!(
        (summary.counts.created, summary.counts.updated, summary.counts.unchanged),
        (0, 0, 3),
        "{:?}",
        summary.issues
    );
}

#[tokio::test]
async fn an_export_of_the_imported_products_has_all_of_it() {
    let shop = TestShop::new().await;
    shop.import(format!("{HEADINGS}{ROWS}")).await;
    let mut csv = Vec::new();
    let settings = catalogue::export::ExportSettings::default();
    catalogue::export::run(&shop.catalogue, catalogue::import::Format::Csv, &settings, &mut csv, &mut |_| {})
        .await
        .unwrap();
    let summary = shop.import(csv).await;
    assert_eq!((summary.counts.updated, summary.counts.unchanged), (0, 3), "{:?}", summary.issues);
}

#[tokio::test]
async fn problems_are_reported_with_the_headings_of_the_file() {
    let shop = TestShop::new().await;
    let rows = "1,grouped,SET,,Set,1,0,visible,,,,,taxable,,1,,,0,,,,,,,,,,,,,\n\
                2,variation,LOST,,Lost,1,0,visible,,,,,taxable,,1,1,,0,,,5,,,,id:99,,Color,Red,1,,\n\
                3,simple,PEN,,Pen,1,0,hidden,,,2026-12-01,,taxable,,1,1,,0,,3,cheap,,,,,PEN-2,,,,,\n\
                4,simple,CUP,,Cup,1,0,visible,,,2026-12-01,,taxable,,1,parent,,0,,3,5,,,,,,,,,,\n";
    let summary = shop.import(format!("{HEADINGS}{rows}")).await;
    let columns: Vec<_> = errors(&summary).iter().map(|(line, column, _)| (*line, (*column).to_owned())).collect();
    for expected in [(2, "Type"), (3, "Parent"), (4, "Regular price")] {
        assert!(columns.contains(&(expected.0, expected.1.to_owned())), "{columns:?}");
    }
    assert_eq!(warnings(&summary).iter().filter(|(line, _)| *line == 5).count(), 2, "{:?}", summary.issues);
    assert_eq!(shop.product("cup").await.variants[0].price, 500);
    assert_eq!(file_warnings(&summary), ["these columns are not imported: Upsells"]);
}

#[tokio::test]
async fn a_product_is_not_taken_for_another_of_its_title() {
    let shop = TestShop::new().await;
    let rows = "1,simple,A,,Poster,1,0,visible,,,,,taxable,,1,1,,0,,,5,,,,,,,,,,\n\
                2,simple,B,,Poster,1,0,visible,,,,,taxable,,1,1,,0,,,6,,,,,,,,,,\n";
    assert_no_issues(&shop.import(format!("{HEADINGS}{rows}")).await);
    assert_eq!(
        (shop.product("poster").await.variants[0].price, shop.product("poster-2").await.variants[0].price),
        (500, 600)
    );
}
