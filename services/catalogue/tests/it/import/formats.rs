//! Files of other tools, columns that are not used, and misplaced quotation marks.

use super::{TestShop, assert_no_issues, case, errors, file_warnings, warnings};
use catalogue::import::ImportError;
use catalogue::import::{ImportSettings, UnsupportedFile};

async fn refusal(file: impl AsRef<[u8]>) -> String {
    let error = TestShop::new().await.import_with(file, &ImportSettings::default()).await.unwrap_err();
    assert!(matches!(error, ImportError::Unsupported(_)), "{error}");
    error.to_string()
}

#[tokio::test]
async fn files_of_other_tools_are_refused_by_name() {
    assert!(refusal(case("etsy-listings.csv")).await.contains("Etsy"));
    assert!(refusal(case("shopify-inventory-export.csv")).await.contains("inventory CSV"));
    for (headings, name) in [
        ("Product ID,Product Page,Product URL,Title,SKU,Price,Sale Price,Stock", "Squarespace"),
        ("handleId,fieldType,name,sku,price", "Wix"),
        ("sku,attribute_set_code,product_type,name,price", "Magento"),
        ("Product Id,Product Handle,Product Title,Variant Title,Variant SKU", "Medusa"),
        ("name,slug,optionGroups,optionValues,sku,price", "Vendure"),
        ("Item Type,Product ID,Product Name,Brand Name,Price", "BigCommerce"),
        ("First Name,Last Name,Email,Total Spent", "customer"),
        ("Name,Email,Financial Status,Fulfillment Status,Total", "order"),
        ("id,title,description,availability,link,price", "Google"),
    ] {
        assert!(refusal(format!("{headings}\n")).await.contains(name), "{headings}");
    }
}

#[tokio::test]
async fn a_title_alone_does_not_make_a_product_file() {
    assert!(refusal("Title,Price,SKU\nMug,5,M\n").await.contains("Handle"));
    assert!(refusal("").await.contains("empty"));
    assert!(refusal("\n\n").await.contains("empty"));
    assert!(matches!(
        TestShop::new().await.import_with("name\nx\n", &ImportSettings::default()).await,
        Err(ImportError::Unsupported(UnsupportedFile::Columns(_)))
    ));
}

#[tokio::test]
async fn the_line_that_names_the_delimiter_and_empty_lines_may_precede_the_header() {
    let shop = TestShop::new().await;
    assert_no_issues(&shop.import(case("excel-sep-line.csv")).await);
    assert_eq!(shop.product("sep-a").await.variants[0].price, 950);
    let summary = shop.import("\n;;\nsep=|\nHandle|Title|Price\nmug|Mug, large|cheap\n").await;
    assert_eq!(
        errors(&summary)[..1],
        [(5, "Price", "\"cheap\" is not a price such as 19.99")],
        "lines are those of the file"
    );
}

#[tokio::test]
async fn columns_that_are_not_imported_are_named_once() {
    let shop = TestShop::new().await;
    let csv = "Handle,Title,Price,Colour code,Empty,Variant Fulfillment Service,Shelf,Inventory quantity\n\
               a,A,5,,,manual,3,1\nb,B,5,red,,manual,4,1\n";
    let summary = shop.import(csv).await;
    assert_eq!(file_warnings(&summary), ["these columns are not imported: Colour code, Shelf"]);
    let dry_run = ImportSettings { dry_run: true, ..ImportSettings::default() };
    let summary = TestShop::new().await.import_with(csv, &dry_run).await.unwrap();
    assert_eq!(file_warnings(&summary).len(), 1, "a dry run says what would be lost");
}

#[tokio::test]
async fn a_file_without_quantities_says_so() {
    let shop = TestShop::new().await;
    let summary = shop.import(case("no-quantity-column.csv")).await;
    assert_eq!((summary.counts.created, summary.counts.without_quantity), (2, 2));
    let [warning] = file_warnings(&summary)[..] else { panic!("{:?}", summary.issues) };
    assert!(warning.starts_with("the file has no quantities: 2 counted SKUs start at 0"), "{warning}");
    let again = shop.import(case("no-quantity-column.csv")).await;
    assert_eq!(file_warnings(&again), [] as [&str; 0], "nothing new starts at 0");
}

#[tokio::test]
async fn a_file_that_ends_within_quotation_marks_is_incomplete() {
    let shop = TestShop::new().await;
    let summary = shop.import(case("unclosed-quote-in-last-column.csv")).await;
    assert!(!summary.complete);
    let expected = "a quotation mark is not closed; the rest of the file was not read";
    assert_eq!(errors(&summary), [(2, "", expected)]);
    assert!(shop.catalogue.find("dl-a").await.is_err(), "its description would have the rows behind it");
}

#[tokio::test]
async fn rows_before_an_unclosed_quotation_mark_are_imported() {
    let shop = TestShop::new().await;
    let summary = shop.import("Handle,Title,Price\na,A,5\nb,\"B,6\nc,C,7\n").await;
    assert_eq!((summary.complete, summary.counts.created, errors(&summary)[0].0), (false, 1, 3));
}

#[tokio::test]
async fn a_quotation_mark_within_a_cell_that_is_not_doubled_is_named() {
    let shop = TestShop::new().await;
    let summary = shop.import(case("inch-quotes.csv")).await;
    let [(line, text)] = warnings(&summary)[..] else { panic!("{:?}", summary.issues) };
    assert!(line == 2 && text.contains("must be doubled"), "{line}: {text}");
    assert_eq!(shop.product("qt2").await.title, "7\" tablet");
    assert_eq!(shop.product("qt3").await.title, "7\" tablet");
}

#[tokio::test]
async fn tax_classes_without_a_rate_are_named_and_exempt_goods_are_not_taxed() {
    let shop = TestShop::new().await;
    let summary = shop.import(case("tax-code-and-shipping.csv")).await;
    let about_tax = |warning: &&&str| warning.contains("tax class");
    let found = file_warnings(&summary);
    let found: Vec<_> = found.iter().filter(about_tax).collect();
    assert_eq!(
        found,
        [&"tax class PC040100 has no rate in any country: its products are taxed like the class standard"]
    );
    assert_eq!(shop.product("tc-exempt").await.tax_class, "exempt");
}

#[tokio::test]
async fn variants_of_one_product_with_different_taxes_are_named() {
    let shop = TestShop::new().await;
    let csv =
        "Handle,Title,Option1 Name,Option1 Value,SKU,Price,Variant Taxable\na,A,Size,S,A-S,5,TRUE\na,,,M,A-M,5,FALSE\n";
    let summary = shop.import(csv).await;
    let [(3, text)] = warnings(&summary)[..] else { panic!("{:?}", summary.issues) };
    assert!(text.contains("all variants are taxed"), "{text}");
}
