//! The columns of files from various sources.

use super::{TestShop, assert_no_issues, errors, warnings};
use catalogue::import::{ImportError, ImportSettings};
use catalogue::product::Product;
use contracts::catalogue::{Oversell, ProductStatus, WithdrawalException};

const UNTIL_2024: &str = "\
Handle,Title,Body (HTML),Vendor,Product Category,Type,Tags,Published,Option1 Name,Option1 Value,Option2 Name,Option2 Value,\
Option3 Name,Option3 Value,Variant SKU,Variant Grams,Variant Inventory Tracker,Variant Inventory Qty,\
Variant Inventory Policy,Variant Fulfillment Service,Variant Price,Variant Compare At Price,Variant Requires Shipping,\
Variant Taxable,Variant Barcode,Image Src,Image Position,Image Alt Text,Gift Card,SEO Title,Variant Image,\
Variant Weight Unit,Variant Tax Code,Cost per item,Included / United States,Price / International,Status
tee,Classic Tee,<p>Soft</p>,Acme,Apparel & Accessories > Clothing,Shirts,\"summer, cotton\",TRUE,Size,S,Color,Red,,,TEE-S,\
150.0,shopify,5,deny,manual,19.99,24.99,TRUE,TRUE,'0123456789012,https://cdn.example/1.jpg,1,Front,FALSE,SEO,\
https://cdn.example/2.jpg,lb,,9.00,TRUE,,active
tee,,,,,,,,,M,,Blue,,,TEE-M,160.0,shopify,7,continue,manual,21.00,,TRUE,TRUE,,https://cdn.example/2.jpg,2,Back,,,\
,lb,,,,,
tee,,,,,,,,,,,,,,,,,,,,,,,,,https://cdn.example/3.jpg,3,,,,,,,,,,
";

const SINCE_2024: &str = "\
Title,URL handle,Description,Vendor,Product category,Type,Tags,Published on online store,Status,SKU,Barcode,Option1 name,\
Option1 value,Option1 Linked To,Option2 name,Option2 value,Price,Compare-at price,Cost per item,Charge tax,Tax code,\
Inventory tracker,Inventory quantity,Continue selling when out of stock,Weight value (grams),Weight unit for display,\
Requires shipping,Fulfillment service,Product image URL,Image position,Image alt text,Variant image URL,Gift card,\
Color (product.metafields.shopify.color-pattern)
Classic Tee,tee,<p>Soft</p>,Acme,Apparel & Accessories > Clothing,Shirts,\"summer, cotton\",TRUE,active,TEE-S,0123456789012,\
Size,S,,Color,Red,19.99,24.99,9.00,TRUE,,shopify,5,DENY,150,lb,TRUE,manual,https://cdn.example/1.jpg,1,Front,\
https://cdn.example/2.jpg,FALSE,red
,tee,,,,,,,,TEE-M,,,M,,,Blue,21.00,,,TRUE,,shopify,7,CONTINUE,160,lb,TRUE,manual,https://cdn.example/2.jpg,2,Back,,,
,tee,,,,,,,,,,,,,,,,,,,,,,,,,,,https://cdn.example/3.jpg,3,,,,
";

async fn assert_imports_the_tee(csv: &str) {
    let shop = TestShop::new().await;
    let summary = shop.import(csv).await;
    assert_no_issues(&summary);
    assert_eq!((summary.counts.created, summary.counts.rows), (1, 3));
    let tee = shop.product("tee").await;
    assert_eq!((tee.title.as_str(), tee.vendor.as_str()), ("Classic Tee", "Acme"));
    assert_eq!(tee.description_html, "<p>Soft</p>");
    assert_eq!(tee.category.as_deref(), Some("shirts"));
    assert_eq!(tee.tags, ["summer", "cotton"]);
    assert_eq!(tee.status, ProductStatus::Active);
    assert_eq!(tee.tax_class, "standard");
    let options: Vec<_> = tee.options.iter().map(|option| (option.name.as_str(), option.values.len())).collect();
    assert_eq!(options, [("Size", 2), ("Color", 2)]);
    let [small, medium] = tee.variants.as_slice() else { panic!("two variants") };
    assert_eq!((small.sku.as_str(), small.price, small.compare_at_price), ("TEE-S", 1999, Some(2499)));
    assert_eq!((small.option_values.clone(), small.weight_grams), (vec!["S".to_owned(), "Red".to_owned()], 150));
    assert_eq!((small.oversell, small.barcode.as_deref()), (Oversell::Deny, Some("0123456789012")));
    assert_eq!(small.image, Some(1));
    assert_eq!((medium.price, medium.compare_at_price, medium.oversell), (2100, None, Oversell::Continue));
    assert_eq!((medium.image, medium.barcode.clone()), (None, None));
    let images: Vec<_> = tee.images.iter().map(|image| (image.url.as_str(), image.alt.as_str())).collect();
    let expected = [
        ("https://cdn.example/1.jpg", "Front"),
        ("https://cdn.example/2.jpg", "Back"),
        ("https://cdn.example/3.jpg", ""),
    ];
    assert_eq!(images, expected);
    assert_eq!((shop.stock("TEE-S").await.level.on_hand, shop.stock("TEE-M").await.level.on_hand), (5, 7));
}

#[tokio::test]
async fn the_columns_of_shopify_exports_until_2024_are_imported() {
    assert_imports_the_tee(UNTIL_2024).await;
}

#[tokio::test]
async fn the_columns_of_shopify_exports_since_2024_are_imported() {
    assert_imports_the_tee(SINCE_2024).await;
}

#[tokio::test]
async fn both_column_sets_import_the_same_product() {
    let shop = TestShop::new().await;
    shop.import(UNTIL_2024).await;
    let before = shop.product("tee").await;
    // Only the newer file has a metafield.
    let summary = shop.import(SINCE_2024).await;
    assert_eq!((summary.counts.unchanged, summary.counts.updated), (0, 1));
    let after = shop.product("tee").await;
    assert_eq!(after.metafields.len(), 1);
    let unchanged = Product { metafields: Vec::new(), version: 1, updated_at: before.updated_at, ..after };
    assert_eq!(unchanged, before);
}

#[tokio::test]
async fn headings_match_in_any_case_and_order_and_with_extra_spaces() {
    let shop = TestShop::new().await;
    assert_no_issues(&shop.import(" variant  PRICE ,TITLE,handle\n5.00,Mug,mug\n").await);
    assert_eq!(shop.product("mug").await.variants[0].price, 500);
}

#[tokio::test]
async fn errors_name_the_columns_as_in_the_file() {
    let shop = TestShop::new().await;
    let summary = shop.import("Title,URL handle,Price\nMug,mug,cheap\n").await;
    assert_eq!(errors(&summary)[0], (2, "Price", "\"cheap\" is not a price such as 19.99"));
}

#[tokio::test]
async fn a_title_and_a_price_are_sufficient() {
    let shop = TestShop::new().await;
    assert_no_issues(&shop.import("Title,Variant Price\nBlue Mug,5.00\n").await);
    let mug = shop.product("blue-mug").await;
    assert_eq!((mug.variants[0].sku.as_str(), mug.status), ("blue-mug", ProductStatus::Active));
}

#[tokio::test]
async fn the_category_is_the_type_or_the_last_level_of_shopifys_category() {
    let shop = TestShop::new().await;
    let csv = "Handle,Title,Product Category,Type,Variant Price\n\
               a,A,Home > Kitchen > Coffee Cups,Mugs,1\nb,B,Home > Kitchen > Coffee Cups,,1\nc,C,,,1\nd,D,,!!!,1\n";
    let summary = shop.import(csv).await;
    assert_eq!((summary.counts.created, warnings(&summary).len()), (4, 1));
    assert_eq!(shop.product("a").await.category.as_deref(), Some("mugs"));
    assert_eq!(shop.product("b").await.category.as_deref(), Some("coffee-cups"));
    assert_eq!(shop.product("c").await.category, None);
    assert_eq!(shop.product("d").await.category, None);
    let names: Vec<String> =
        shop.catalogue.products.categories().await.unwrap().into_iter().map(|one| one.name).collect();
    assert_eq!(names, ["Coffee Cups", "Mugs"]);
}

#[tokio::test]
async fn an_existing_category_retains_its_handle_and_description() {
    let shop = TestShop::new().await;
    let draft = serde_json::from_value(serde_json::json!({"name": "Mugs", "description": "To drink from"})).unwrap();
    shop.catalogue.write_category("drinking", &draft).await.unwrap();
    assert_no_issues(&shop.import("Title,Type,Variant Price\nA,mugs,1\n").await);
    assert_eq!(shop.product("a").await.category.as_deref(), Some("drinking"));
    let categories = shop.catalogue.products.categories().await.unwrap();
    assert_eq!((categories.len(), categories[0].description.as_str()), (1, "To drink from"));
}

#[tokio::test]
async fn only_active_and_published_products_are_for_sale() {
    let shop = TestShop::new().await;
    let csv = "Handle,Title,Published,Status,Variant Price\n\
               a,A,TRUE,active,1\nb,B,FALSE,active,1\nc,C,TRUE,draft,1\nd,D,TRUE,ARCHIVED,1\ne,E,,,1\nf,F,true,unlisted,1\n";
    let summary = shop.import(csv).await;
    assert_eq!((summary.counts.created, warnings(&summary).len()), (6, 1));
    use ProductStatus::{Active, Archived, Draft};
    for (handle, status) in [("a", Active), ("b", Draft), ("c", Draft), ("d", Archived), ("e", Active), ("f", Draft)] {
        assert_eq!(shop.product(handle).await.status, status, "{handle}");
    }
}

#[tokio::test]
async fn taxable_flags_and_tax_codes_become_tax_classes() {
    let shop = TestShop::new().await;
    let csv =
        "Handle,Title,Variant Taxable,Variant Tax Code,Variant Price\na,A,FALSE,,1\nb,B,TRUE,reduced,1\nc,C,TRUE,,1\n";
    assert_no_issues(&shop.import(csv).await);
    for (handle, class) in [("a", "exempt"), ("b", "reduced"), ("c", "standard")] {
        assert_eq!(shop.product(handle).await.tax_class, class);
    }
}

#[tokio::test]
async fn weights_are_in_grams_or_in_the_unit_of_the_weight_column() {
    let shop = TestShop::new().await;
    let csv = "Handle,Title,Variant Grams,Variant Weight,Variant Weight Unit,Variant Price\n\
               a,A,3629,8,lb,1\nb,B,,8,lb,1\nc,C,,1.5,kg,1\nd,D,,12,oz,1\ne,E,0.5,,g,1\nf,F,,,,1\ng,G,,1,stone,1\n";
    let summary = shop.import(csv).await;
    assert_eq!(errors(&summary)[0].0, 8);
    for (handle, grams) in [("a", 3629), ("b", 3629), ("c", 1500), ("d", 340), ("e", 1), ("f", 0)] {
        assert_eq!(shop.product(handle).await.variants[0].weight_grams, grams, "{handle}");
    }
}

#[tokio::test]
async fn prices_have_the_decimals_of_the_shops_currency() {
    let yen = TestShop::with_currency("JPY").await;
    let summary = yen.import("Handle,Title,Price\na,A,1200.00\nb,B,12.50\n").await;
    assert_eq!(yen.product("a").await.variants[0].price, 1200);
    assert_eq!(errors(&summary)[0], (3, "Price", "\"12.50\" has decimals, but the shop's currency has none"));
    let dinar = TestShop::with_currency("BHD").await;
    assert_no_issues(&dinar.import("Handle,Title,Price\na,A,1.234\n").await);
    assert_eq!(dinar.product("a").await.variants[0].price, 1234);
}

#[tokio::test]
async fn a_file_in_another_currency_is_refused() {
    let shop = TestShop::new().await;
    let csv = "Handle,Title,Price\na,A,1\n";
    let settings = ImportSettings { currency: Some("EUR".parse().unwrap()), ..ImportSettings::default() };
    let error = shop.import_with(csv, &settings).await.unwrap_err();
    assert!(matches!(error, ImportError::Currency { .. }), "{error}");
    assert!(error.to_string().contains("EUR") && error.to_string().contains("USD"), "{error}");
    assert!(shop.catalogue.find("a").await.is_err());
    let settings = ImportSettings { currency: Some("USD".parse().unwrap()), ..ImportSettings::default() };
    assert_no_issues(&shop.import_with(csv, &settings).await.unwrap());
}

#[tokio::test]
async fn a_file_without_products_is_refused() {
    let shop = TestShop::new().await;
    let error = shop.import_with("Order,Total\n1,2\n", &ImportSettings::default()).await.unwrap_err();
    assert!(matches!(error, ImportError::Unsupported(_)), "{error}");
    let error = shop.import_with("", &ImportSettings::default()).await.unwrap_err();
    assert!(matches!(error, ImportError::Unsupported(_)), "{error}");
    let missing = shop.file("x", "").with_file_name("missing.csv");
    let error =
        catalogue::import::run(&shop.catalogue, &missing, &ImportSettings::default(), &mut ()).await.unwrap_err();
    assert!(matches!(error, ImportError::File { .. }), "{error}");
    let error =
        catalogue::import::run(&shop.catalogue, &shop.file("p.xlsx", "PK"), &ImportSettings::default(), &mut ())
            .await
            .unwrap_err();
    assert!(matches!(error, ImportError::Unsupported(_)), "{error}");
}

#[tokio::test]
async fn a_column_that_is_absent_keeps_what_the_product_has() {
    let shop = TestShop::new().await;
    let full = "Handle,Title,Price,SEO Title,Cost per item,Fabric (product.metafields.custom.fabric),Care \
                (product.metafields.custom.care)\nmug,Mug,5,Good mug,2.00,clay,by hand\n";
    assert_no_issues(&shop.import(full).await);
    assert_no_issues(&shop.import("Handle,Title,Price,Care (product.metafields.custom.care)\nmug,Mug,6,\n").await);
    let mug = shop.product("mug").await;
    assert_eq!((mug.seo_title.as_deref(), mug.variants[0].cost), (Some("Good mug"), Some(200)));
    let fields: Vec<_> = mug.metafields.iter().map(|field| (field.name.as_str(), field.value.as_str())).collect();
    assert_eq!(fields, [("Fabric (product.metafields.custom.fabric)", "clay")]);
}

#[tokio::test]
async fn new_goods_that_are_not_shipped_are_drafts() {
    let shop = TestShop::new().await;
    let file = "Handle,Title,Price,Variant Requires Shipping\nbook,E-book,5,false\nmug,Mug,5,\n";
    let summary = shop.import(file).await;
    assert_eq!(warnings(&summary).len(), 1);
    assert_eq!(shop.product("book").await.status, ProductStatus::Draft);
    assert_eq!(shop.product("mug").await.status, ProductStatus::Active);
    // Whoever publishes it has decided to sell it.
    let mut published = shop.product("book").await;
    (published.status, published.version) = (ProductStatus::Active, published.version + 1);
    shop.catalogue.products.write(&published).await.unwrap();
    shop.import(file).await;
    assert_eq!(shop.product("book").await.status, ProductStatus::Active);
}

#[tokio::test]
async fn a_measure_in_another_dimension_or_unit_is_an_error() {
    let shop = TestShop::new().await;
    let file = "Handle,Title,Price,Unit Price Total Measure,Unit Price Total Measure Unit,Unit Price Base Measure,Unit Price \
                Base Measure Unit\na,A,5,250,stone,,\nb,B,5,250,g,1,l\nc,C,5,0.0,,0,\n";
    let summary = shop.import(file).await;
    let lines: Vec<u64> = errors(&summary).iter().map(|error| error.0).collect();
    assert_eq!((lines, summary.counts.created), (vec![2, 2, 3, 3], 1), "{:?}", summary.issues);
}

#[tokio::test]
async fn the_data_of_consumer_law_is_imported() {
    let shop = TestShop::new().await;
    let file = "Title,URL handle,SKU,Price,Withdrawal exception (product.metafields.shopstack.withdrawal_exception),\
                Manufacturer (product.metafields.shopstack.manufacturer),\
                Manufacturer address (product.metafields.shopstack.manufacturer_address),\
                Safety warnings (product.metafields.shopstack.safety_warnings)\n\
                Cake,cake,C-1,10.00,perishable,Bakery,\"1 Road\nTown\",Contains nuts.\n\
                Tea,tea,T-1,10.00,,,,\n";
    assert_no_issues(&shop.import(file).await);
    let cake = shop.product("cake").await;
    assert_eq!(cake.withdrawal_exception, Some(WithdrawalException::Perishable));
    let safety = cake.safety.unwrap();
    let manufacturer = safety.manufacturer.unwrap();
    assert_eq!((manufacturer.name.as_str(), manufacturer.address.as_str()), ("Bakery", "1 Road\nTown"));
    assert_eq!((safety.warnings.as_str(), safety.responsible_person), ("Contains nuts.", None));
    assert!(cake.metafields.is_empty());
    let tea = shop.product("tea").await;
    assert_eq!((tea.withdrawal_exception, tea.safety), (None, None));
    // A file without the columns leaves what is stored.
    assert_no_issues(&shop.import("Title,URL handle,SKU,Price\nCake,cake,C-1,11.00\n").await);
    let cake = shop.product("cake").await;
    assert_eq!(cake.withdrawal_exception, Some(WithdrawalException::Perishable));
    assert_eq!(cake.variants[0].price, 1100);
}

#[tokio::test]
async fn data_of_consumer_law_that_cannot_be_used_is_reported() {
    let shop = TestShop::new().await;
    let heading = "Withdrawal exception (product.metafields.shopstack.withdrawal_exception)";
    let summary = shop.import(&format!("Title,URL handle,SKU,Price,{heading}\nTea,tea,T-1,10.00,on sale\n")).await;
    let warnings = warnings(&summary);
    assert_eq!(warnings.len(), 1);
    assert!(warnings[0].1.contains("not imported"), "{warnings:?}");
    assert_eq!(shop.product("tea").await.withdrawal_exception, None);
    // What is stored stays, and the case of the letters does not count.
    assert_no_issues(
        &shop.import(&format!("Title,URL handle,SKU,Price,{heading}\nTea,tea,T-1,10.00,Perishable\n")).await,
    );
    let summary = shop.import(&format!("Title,URL handle,SKU,Price,{heading}\nTea,tea,T-1,12.00,perishible\n")).await;
    assert_eq!(super::warnings(&summary).len(), 1);
    let tea = shop.product("tea").await;
    assert_eq!((tea.withdrawal_exception, tea.variants[0].price), (Some(WithdrawalException::Perishable), 1200));
    // An empty cell removes it.
    assert_no_issues(&shop.import(&format!("Title,URL handle,SKU,Price,{heading}\nTea,tea,T-1,12.00,\n")).await);
    assert_eq!(shop.product("tea").await.withdrawal_exception, None);
}
