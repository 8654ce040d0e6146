//! Options, SKUs, stock and rows with errors.

use super::{TestShop, assert_no_issues, errors};
use catalogue::import::{DuplicateSkus, ImportSettings, derived_sku};
use catalogue::store::Idempotency;
use contracts::catalogue::{AdjustmentKind, Oversell};

#[tokio::test]
async fn three_options_and_all_their_variants_are_one_product() {
    let shop = TestShop::new().await;
    let mut csv =
        "Handle,Title,Option1 Name,Option1 Value,Option2 Name,Option2 Value,Option3 Name,Option3 Value,SKU,Price\n"
            .to_owned();
    let mut first = true;
    for size in ["S", "M"] {
        for colour in ["Red", "Blue", "Green"] {
            for cloth in ["Wool", "Silk"] {
                let (title, names) = if first { ("Tee", ["Size", "Color", "Cloth"]) } else { ("", ["", "", ""]) };
                let sku = format!("T-{size}-{colour}-{cloth}");
                csv +=
                    &format!("tee,{title},{},{size},{},{colour},{},{cloth},{sku},9.50\n", names[0], names[1], names[2]);
                first = false;
            }
        }
    }
    assert_no_issues(&shop.import(csv).await);
    let tee = shop.product("tee").await;
    assert_eq!(tee.variants.len(), 12);
    let values: Vec<Vec<&str>> =
        tee.options.iter().map(|option| option.values.iter().map(|value| value.as_str()).collect()).collect();
    assert_eq!(values, [vec!["S", "M"], vec!["Red", "Blue", "Green"], vec!["Wool", "Silk"]]);
}

#[tokio::test]
async fn shopifys_default_title_is_not_an_option() {
    let shop = TestShop::new().await;
    assert_no_issues(
        &shop.import("Handle,Title,Option1 Name,Option1 Value,SKU,Price\nmug,Mug,Title,Default Title,M,5\n").await,
    );
    let mug = shop.product("mug").await;
    assert_eq!((mug.options.len(), mug.variants[0].option_values.len()), (0, 0));
}

#[tokio::test]
async fn an_option_may_be_named_title() {
    let shop = TestShop::new().await;
    assert_no_issues(&shop.import("Handle,Title,Option1 Name,Option1 Value,SKU,Price\nhat,Hat,Title,Grey,H,5\n").await);
    assert_eq!(shop.product("hat").await.variants[0].option_values, ["Grey"]);
}

#[tokio::test]
async fn a_missing_option_value_is_an_error_in_its_row() {
    let shop = TestShop::new().await;
    let csv = "Handle,Title,Option1 Name,Option1 Value,SKU,Price\ntee,Tee,Size,S,S,5\ntee,,,,M,5\ntee,,,L,L,5\n";
    let summary = shop.import(csv).await;
    assert_eq!(errors(&summary), [(3, "Option1 Value", "is missing")]);
    assert_eq!(shop.product("tee").await.variants.len(), 2);
}

#[tokio::test]
async fn an_invalid_variant_is_skipped_and_the_product_is_imported() {
    let shop = TestShop::new().await;
    let csv = "Handle,Title,Option1 Name,Option1 Value,SKU,Price\n\
               tee,Tee,Size,S,S,free\ntee,,,M,M,5\ntee,,,L,L,\ntee,,,M,M2,6\ntee,,,XL,M,6\n";
    let refuse = ImportSettings { duplicate_skus: DuplicateSkus::Refuse, ..ImportSettings::default() };
    let summary = shop.import_with(csv, &refuse).await.unwrap();
    let expected = [
        (2, "Price", "\"free\" is not a price such as 19.99"),
        (4, "Price", "is missing"),
        (5, "Option1 Value", "repeats the option values of line 3"),
        (6, "SKU", "M occurs twice in this product"),
    ];
    assert_eq!(errors(&summary), expected);
    let tee = shop.product("tee").await;
    assert_eq!((tee.title.as_str(), tee.variants.len()), ("Tee", 1));
}

#[tokio::test]
async fn a_product_without_a_valid_variant_is_skipped() {
    let shop = TestShop::new().await;
    let summary = shop.import("Handle,Title,SKU,Price\na,A,A,x\nb,B,B,5\nc,C,,\n").await;
    assert_eq!((summary.counts.created, summary.counts.skipped), (1, 2));
    assert!(shop.catalogue.find("a").await.is_err());
    assert!(errors(&summary).iter().any(|error| error.0 == 4));
}

#[tokio::test]
async fn a_new_product_without_a_title_is_skipped() {
    let shop = TestShop::new().await;
    let summary = shop.import("Handle,Title,SKU,Price\na,,A,5\n").await;
    assert_eq!(errors(&summary), [(2, "Title", "is missing")]);
    assert_no_issues(&shop.import("Handle,Title,SKU,Price\na,A,A,5\n").await);
    assert_no_issues(&shop.import("Handle,Title,SKU,Price\na,,A,6\n").await);
    assert_eq!((shop.product("a").await.title.as_str(), shop.product("a").await.variants[0].price), ("A", 600));
}

#[tokio::test]
async fn an_invalid_row_removes_no_stored_variant() {
    let shop = TestShop::new().await;
    let head = "Handle,Title,Option1 Name,Option1 Value,SKU,Price\n";
    assert_no_issues(&shop.import(format!("{head}tee,Tee,Size,S,S,5\ntee,,,M,M,5\n")).await);
    shop.import(format!("{head}tee,Tee,Size,S,S,6\ntee,,,M,M,oops\n")).await;
    let tee = shop.product("tee").await;
    let prices: Vec<(&str, i64)> = tee.variants.iter().map(|variant| (variant.sku.as_str(), variant.price)).collect();
    assert_eq!(prices, [("S", 600), ("M", 500)]);
}

#[tokio::test]
async fn variants_that_are_not_in_the_file_are_removed() {
    let shop = TestShop::new().await;
    let head = "Handle,Title,Option1 Name,Option1 Value,SKU,Price\n";
    assert_no_issues(&shop.import(format!("{head}tee,Tee,Size,S,S,5\ntee,,,M,M,5\n")).await);
    assert_no_issues(&shop.import(format!("{head}tee,Tee,Size,M,M,5\n")).await);
    let tee = shop.product("tee").await;
    assert_eq!((tee.variants.len(), tee.options[0].values.len()), (1, 1));
}

#[tokio::test]
async fn a_blank_sku_becomes_a_stable_derived_one() {
    let shop = TestShop::new().await;
    let csv = "Handle,Title,Option1 Name,Option1 Value,Option2 Name,Option2 Value,Variant SKU,Variant Price\n\
               tee,Tee,Size,S,Color,Navy Blue,,5\ntee,,,M,,Red,,5\n";
    assert_no_issues(&shop.import(csv).await);
    let skus: Vec<String> = shop.product("tee").await.skus().map(ToString::to_string).collect();
    assert_eq!(skus, ["tee_S_Navy Blue", "tee_M_Red"]);
    assert_eq!(shop.import(csv).await.counts.unchanged, 1);
    // They are the same in another order and with other variants.
    assert_no_issues(
        &shop
            .import(format!("{csv}tee,,,S,,Red,,5\n").replace(
                "tee,Tee,Size,S,Color,Navy Blue,,5\ntee,,,M,,Red",
                "tee,Tee,Size,M,Color,Red,,5\ntee,,,S,,Navy Blue",
            ))
            .await,
    );
    let skus: Vec<String> = shop.product("tee").await.skus().map(ToString::to_string).collect();
    assert_eq!(skus, ["tee_M_Red", "tee_S_Navy Blue", "tee_S_Red"]);
}

#[tokio::test]
async fn a_long_derived_sku_is_cut_and_made_unique_by_a_digest() {
    let shop = TestShop::new().await;
    let long = "a-very-long-handle-that-says-everything-about-the-product-there-is";
    let csv = format!("Handle,Title,Option1 Name,Option1 Value,Price\n{long},A,Size,S,5\n{long},,,M,5\n");
    assert_no_issues(&shop.import(csv).await);
    let skus: Vec<String> = shop.product(long).await.skus().map(ToString::to_string).collect();
    assert!(skus.iter().all(|sku| sku.chars().count() <= 64) && skus[0] != skus[1], "{skus:?}");
    assert_eq!(skus[0], derived_sku(long, &["S"]).unwrap().as_str());
}

#[tokio::test]
async fn a_stored_sku_remains_when_the_file_has_none() {
    let shop = TestShop::new().await;
    let csv = "Handle,Title,Option1 Name,Option1 Value,SKU,Price\ntee,Tee,Size,S,,5\n";
    assert_no_issues(&shop.import(csv).await);
    assert_no_issues(&shop.import(csv.replace("S,,5", "S,REAL,5")).await);
    assert_eq!(shop.import(csv).await.counts.unchanged, 1);
    assert_eq!(shop.product("tee").await.variants[0].sku.as_str(), "REAL");
}

#[tokio::test]
async fn a_sku_of_another_product_is_an_error_in_its_row() {
    let shop = TestShop::new().await;
    let csv = "Handle,Title,Option1 Name,Option1 Value,SKU,Price\na,A,,,X,5\nb,B,Size,S,X,5\nb,,,M,Y,5\n";
    let refuse = ImportSettings { duplicate_skus: DuplicateSkus::Refuse, ..ImportSettings::default() };
    let summary = shop.import_with(csv, &refuse).await.unwrap();
    assert_eq!(errors(&summary), [(3, "SKU", "X belongs to another product")]);
    assert_eq!(shop.product("b").await.variants.len(), 1);
    // The same applies to another file.
    let summary = shop.import_with("Handle,Title,SKU,Price\nc,C,X,5\n", &refuse).await.unwrap();
    assert_eq!(errors(&summary)[0], (2, "SKU", "X belongs to another product"));
}

#[tokio::test]
async fn a_sku_can_be_reassigned_to_a_later_product() {
    let shop = TestShop::new().await;
    assert_no_issues(&shop.import("Handle,Title,SKU,Price\na,A,X,5\n").await);
    assert_no_issues(&shop.import("Handle,Title,SKU,Price\na,A,Z,5\nb,B,X,5\n").await);
    assert_eq!(shop.product("b").await.variants[0].sku.as_str(), "X");
}

#[tokio::test]
async fn stock_applies_to_new_skus_only() {
    let shop = TestShop::new().await;
    assert_no_issues(&shop.import("Handle,Title,SKU,Price,Inventory quantity\na,A,X,5,3\n").await);
    let summary = shop.import("Handle,Title,SKU,Price,Inventory quantity\na,A,X,6,9\n").await;
    assert_eq!((summary.counts.updated, summary.counts.stock_set), (1, 0));
    assert_eq!(shop.stock("X").await.level.on_hand, 3);
}

#[tokio::test]
async fn stock_is_set_on_request_and_once_per_run() {
    let shop = TestShop::new().await;
    let csv = "Handle,Title,SKU,Price,Inventory quantity\na,A,X,5,9\nb,B,Y,5,2\n";
    assert_no_issues(&shop.import(csv.replace(",9", ",3")).await);
    let settings = ImportSettings { set_stock: true, ..ImportSettings::default() };
    let summary = shop.import_with(csv, &settings).await.unwrap();
    assert_no_issues(&summary);
    let level = shop.stock("X").await;
    assert_eq!(level.level.on_hand, 9);
    assert_eq!(
        (level.history[0].change, level.history[0].kind, level.history[0].note.as_str()),
        (6, Some(AdjustmentKind::Counted), "import")
    );
    // The stock changes; importing the same file does not set it again.
    let sold = crate::stock::adjustment("X", -4, shop.env.system.now());
    shop.catalogue.stock.adjust(&sold, Idempotency::Key("k")).await.unwrap();
    shop.import_with(csv, &settings).await.unwrap();
    assert_eq!(shop.stock("X").await.level.on_hand, 5);
    // A restarted import sets it again.
    shop.import_with(csv, &ImportSettings { restart: true, ..settings }).await.unwrap();
    assert_eq!(shop.stock("X").await.level.on_hand, 9);
}

#[tokio::test]
async fn untracked_variants_can_be_ordered_without_stock() {
    let shop = TestShop::new().await;
    let csv = "Handle,Title,SKU,Price,Variant Inventory Tracker,Variant Inventory Qty,Variant Inventory Policy\n\
               a,A,A,5,,,deny\nb,B,B,5,,0,deny\nc,C,C,5,shopify,0,deny\nd,D,D,5,,4,deny\ne,E,E,5,shopify,-3,continue\n";
    let summary = shop.import(csv).await;
    assert_eq!((summary.counts.untracked, summary.counts.errors, summary.counts.warnings), (3, 0, 1));
    for (handle, oversell) in [
        ("a", Oversell::Untracked),
        ("b", Oversell::Untracked),
        ("c", Oversell::Deny),
        ("d", Oversell::Untracked),
        ("e", Oversell::Continue),
    ] {
        assert_eq!(shop.product(handle).await.variants[0].oversell, oversell, "{handle}");
    }
    assert_eq!(shop.stock("E").await.level.on_hand, 0);
}

#[tokio::test]
async fn missing_columns_leave_stored_values_and_empty_cells_clear_them() {
    let shop = TestShop::new().await;
    let csv = "Handle,Title,Body (HTML),Vendor,Type,Tags,Option1 Name,Option1 Value,SKU,Price,Compare-at price,Barcode,\
               Weight value (grams),Image Src,Variant Image,Status\n\
               tee,Tee,<p>x</p>,Acme,Shirts,\"a, b\",Size,S,S,5,8,123,100,https://cdn.example/1.jpg,https://cdn.example/1.jpg,draft\n";
    assert_no_issues(&shop.import(csv).await);
    let before = shop.product("tee").await;
    let summary = shop.import("Handle,Title\ntee,Tee\n").await;
    assert_eq!(summary.counts.unchanged, 1, "{:?}", summary.issues);
    let summary = shop.import("Handle,Variant SKU,Variant Price\ntee,S,5.00\n").await;
    assert_eq!(summary.counts.unchanged, 1, "{:?}", summary.issues);
    assert_eq!(shop.product("tee").await, before);
    assert_no_issues(&shop.import("Handle,Title,Vendor,Tags,Type\ntee,Tee,,,\n").await);
    let after = shop.product("tee").await;
    assert_eq!((after.vendor.as_str(), after.tags.len(), after.category, after.version), ("", 0, None, 2));
    assert_eq!((after.description_html, after.variants), (before.description_html, before.variants));
}

#[tokio::test]
async fn images_are_ordered_by_position_without_duplicates() {
    let shop = TestShop::new().await;
    let csv = "Handle,Title,Option1 Name,Option1 Value,SKU,Price,Image Src,Image Position,Image Alt Text,Variant Image\n\
               tee,Tee,Size,S,S,5,https://cdn.example/b.jpg,2,B,https://cdn.example/z.jpg\n\
               tee,,,M,M,5,https://cdn.example/a.jpg,1,A,https://cdn.example/b.jpg\n\
               tee,,,,,,https://cdn.example/b.jpg,3,again,\ntee,,,,,,ftp://cdn.example/c.jpg,4,,\n";
    let summary = shop.import(csv).await;
    assert_eq!(errors(&summary), [(5, "Image Src", "must be a URL that starts with http:// or https://")]);
    let tee = shop.product("tee").await;
    let images: Vec<_> =
        tee.images.iter().map(|image| (image.url.rsplit('/').next().unwrap(), image.alt.as_str())).collect();
    assert_eq!(images, [("a.jpg", "A"), ("b.jpg", "B"), ("z.jpg", "")]);
    let own: Vec<_> = tee.variants.iter().map(|variant| variant.image).collect();
    assert_eq!(own, [Some(2), Some(1)]);
}
