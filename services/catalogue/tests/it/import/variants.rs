//! Options, SKUs, stock and faulty rows.

use super::{Bench, clean, errors};
use catalogue::import::{ImportSettings, derived_sku};
use catalogue::store::Once;
use contracts::catalogue::{AdjustmentKind, Oversell};

#[tokio::test]
async fn three_options_and_all_their_variants_are_one_product() {
    let bench = Bench::new().await;
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
    clean(&bench.import(csv).await);
    let tee = bench.product("tee").await;
    assert_eq!(tee.variants.len(), 12);
    let values: Vec<Vec<&str>> =
        tee.options.iter().map(|option| option.values.iter().map(|value| value.as_str()).collect()).collect();
    assert_eq!(values, [vec!["S", "M"], vec!["Red", "Blue", "Green"], vec!["Wool", "Silk"]]);
}

#[tokio::test]
async fn shopifys_default_title_is_no_option() {
    let bench = Bench::new().await;
    clean(&bench.import("Handle,Title,Option1 Name,Option1 Value,SKU,Price\nmug,Mug,Title,Default Title,M,5\n").await);
    let mug = bench.product("mug").await;
    assert_eq!((mug.options.len(), mug.variants[0].option_values.len()), (0, 0));
}

#[tokio::test]
async fn an_option_that_happens_to_be_called_title_is_one() {
    let bench = Bench::new().await;
    clean(&bench.import("Handle,Title,Option1 Name,Option1 Value,SKU,Price\nhat,Hat,Title,Grey,H,5\n").await);
    assert_eq!(bench.product("hat").await.variants[0].option_values, ["Grey"]);
}

#[tokio::test]
async fn a_missing_option_value_is_a_fault_of_its_row() {
    let bench = Bench::new().await;
    let csv = "Handle,Title,Option1 Name,Option1 Value,SKU,Price\ntee,Tee,Size,S,S,5\ntee,,,,M,5\ntee,,,L,L,5\n";
    let summary = bench.import(csv).await;
    assert_eq!(errors(&summary), [(3, "Option1 Value", "is missing")]);
    assert_eq!(bench.product("tee").await.variants.len(), 2);
}

#[tokio::test]
async fn a_faulty_variant_is_left_out_and_the_product_goes_in() {
    let bench = Bench::new().await;
    let csv = "Handle,Title,Option1 Name,Option1 Value,SKU,Price\n\
               tee,Tee,Size,S,S,free\ntee,,,M,M,5\ntee,,,L,L,\ntee,,,M,M2,6\ntee,,,XL,M,6\n";
    let summary = bench.import(csv).await;
    let expected = [
        (2, "Price", "\"free\" is not a number such as 19.99"),
        (4, "Price", "is missing"),
        (5, "Option1 Value", "is the same choice as line 3"),
        (6, "SKU", "M is there twice"),
    ];
    assert_eq!(errors(&summary), expected);
    let tee = bench.product("tee").await;
    assert_eq!((tee.title.as_str(), tee.variants.len()), ("Tee", 1));
}

#[tokio::test]
async fn a_product_without_any_good_variant_is_left_out() {
    let bench = Bench::new().await;
    let summary = bench.import("Handle,Title,SKU,Price\na,A,A,x\nb,B,B,5\nc,C,,\n").await;
    assert_eq!((summary.counts.created, summary.counts.skipped), (1, 2));
    assert!(bench.catalogue.find("a").await.is_err());
    assert!(errors(&summary).iter().any(|error| error.0 == 4));
}

#[tokio::test]
async fn a_product_without_title_is_left_out_unless_there_is_one() {
    let bench = Bench::new().await;
    let summary = bench.import("Handle,Title,SKU,Price\na,,A,5\n").await;
    assert_eq!(errors(&summary), [(2, "Title", "is missing")]);
    clean(&bench.import("Handle,Title,SKU,Price\na,A,A,5\n").await);
    clean(&bench.import("Handle,Title,SKU,Price\na,,A,6\n").await);
    assert_eq!((bench.product("a").await.title.as_str(), bench.product("a").await.variants[0].price), ("A", 600));
}

#[tokio::test]
async fn a_faulty_row_takes_no_variant_away_from_a_product_that_there_is() {
    let bench = Bench::new().await;
    let head = "Handle,Title,Option1 Name,Option1 Value,SKU,Price\n";
    clean(&bench.import(format!("{head}tee,Tee,Size,S,S,5\ntee,,,M,M,5\n")).await);
    bench.import(format!("{head}tee,Tee,Size,S,S,6\ntee,,,M,M,oops\n")).await;
    let tee = bench.product("tee").await;
    let prices: Vec<(&str, i64)> = tee.variants.iter().map(|variant| (variant.sku.as_str(), variant.price)).collect();
    assert_eq!(prices, [("S", 600), ("M", 500)]);
}

#[tokio::test]
async fn variants_that_are_not_in_the_file_go() {
    let bench = Bench::new().await;
    let head = "Handle,Title,Option1 Name,Option1 Value,SKU,Price\n";
    clean(&bench.import(format!("{head}tee,Tee,Size,S,S,5\ntee,,,M,M,5\n")).await);
    clean(&bench.import(format!("{head}tee,Tee,Size,M,M,5\n")).await);
    let tee = bench.product("tee").await;
    assert_eq!((tee.variants.len(), tee.options[0].values.len()), (1, 1));
}

#[tokio::test]
async fn a_blank_sku_becomes_a_lasting_one() {
    let bench = Bench::new().await;
    let csv = "Handle,Title,Option1 Name,Option1 Value,Option2 Name,Option2 Value,Variant SKU,Variant Price\n\
               tee,Tee,Size,S,Color,Navy Blue,,5\ntee,,,M,,Red,,5\n";
    clean(&bench.import(csv).await);
    let skus: Vec<String> = bench.product("tee").await.skus().map(ToString::to_string).collect();
    assert_eq!(skus, ["tee_S_Navy Blue", "tee_M_Red"]);
    assert_eq!(bench.import(csv).await.counts.unchanged, 1);
    // In another order, and beside others, they are the same.
    clean(
        &bench
            .import(format!("{csv}tee,,,S,,Red,,5\n").replace(
                "tee,Tee,Size,S,Color,Navy Blue,,5\ntee,,,M,,Red",
                "tee,Tee,Size,M,Color,Red,,5\ntee,,,S,,Navy Blue",
            ))
            .await,
    );
    let skus: Vec<String> = bench.product("tee").await.skus().map(ToString::to_string).collect();
    assert_eq!(skus, ["tee_M_Red", "tee_S_Navy Blue", "tee_S_Red"]);
}

#[tokio::test]
async fn a_long_derived_sku_is_cut_and_told_apart_by_a_digest() {
    let bench = Bench::new().await;
    let long = "a-very-long-handle-that-says-everything-about-the-product-there-is";
    let csv = format!("Handle,Title,Option1 Name,Option1 Value,Price\n{long},A,Size,S,5\n{long},,,M,5\n");
    clean(&bench.import(csv).await);
    let skus: Vec<String> = bench.product(long).await.skus().map(ToString::to_string).collect();
    assert!(skus.iter().all(|sku| sku.chars().count() <= 64) && skus[0] != skus[1], "{skus:?}");
    assert_eq!(skus[0], derived_sku(long, &["S"]).unwrap().as_str());
}

#[tokio::test]
async fn a_sku_given_later_by_hand_stays_when_the_file_has_none() {
    let bench = Bench::new().await;
    let csv = "Handle,Title,Option1 Name,Option1 Value,SKU,Price\ntee,Tee,Size,S,,5\n";
    clean(&bench.import(csv).await);
    clean(&bench.import(csv.replace("S,,5", "S,REAL,5")).await);
    assert_eq!(bench.import(csv).await.counts.unchanged, 1);
    assert_eq!(bench.product("tee").await.variants[0].sku.as_str(), "REAL");
}

#[tokio::test]
async fn a_sku_of_another_product_is_a_fault_of_its_row() {
    let bench = Bench::new().await;
    let csv = "Handle,Title,Option1 Name,Option1 Value,SKU,Price\na,A,,,X,5\nb,B,Size,S,X,5\nb,,,M,Y,5\n";
    let summary = bench.import(csv).await;
    assert_eq!(errors(&summary), [(3, "SKU", "X belongs to another product")]);
    assert_eq!(bench.product("b").await.variants.len(), 1);
    // In a file of its own, too.
    let summary = bench.import("Handle,Title,SKU,Price\nc,C,X,5\n").await;
    assert_eq!(errors(&summary)[0], (2, "SKU", "X belongs to another product"));
}

#[tokio::test]
async fn a_sku_can_move_from_one_product_to_one_below() {
    let bench = Bench::new().await;
    clean(&bench.import("Handle,Title,SKU,Price\na,A,X,5\n").await);
    clean(&bench.import("Handle,Title,SKU,Price\na,A,Z,5\nb,B,X,5\n").await);
    assert_eq!(bench.product("b").await.variants[0].sku.as_str(), "X");
}

#[tokio::test]
async fn stock_counts_for_new_skus_alone() {
    let bench = Bench::new().await;
    clean(&bench.import("Handle,Title,SKU,Price,Inventory quantity\na,A,X,5,3\n").await);
    let summary = bench.import("Handle,Title,SKU,Price,Inventory quantity\na,A,X,6,9\n").await;
    assert_eq!((summary.counts.updated, summary.counts.stock_set), (1, 0));
    assert_eq!(bench.stock("X").await.level.on_hand, 3);
}

#[tokio::test]
async fn stock_is_set_when_asked_for_and_once_per_run() {
    let bench = Bench::new().await;
    let csv = "Handle,Title,SKU,Price,Inventory quantity\na,A,X,5,9\nb,B,Y,5,2\n";
    clean(&bench.import(csv.replace(",9", ",3")).await);
    let settings = ImportSettings { set_stock: true, ..ImportSettings::default() };
    let summary = bench.import_with(csv, &settings).await.unwrap();
    clean(&summary);
    let level = bench.stock("X").await;
    assert_eq!(level.level.on_hand, 9);
    assert_eq!(
        (level.history[0].change, level.history[0].kind, level.history[0].note.as_str()),
        (6, Some(AdjustmentKind::Counted), "import")
    );
    // Something is sold; the same file does not put it back.
    let sold = crate::stock::correction("X", -4, bench.env.system.now());
    bench.catalogue.stock.adjust(&sold, Once::Key("k")).await.unwrap();
    bench.import_with(csv, &settings).await.unwrap();
    assert_eq!(bench.stock("X").await.level.on_hand, 5);
    // Begun anew it does.
    bench.import_with(csv, &ImportSettings { restart: true, ..settings }).await.unwrap();
    assert_eq!(bench.stock("X").await.level.on_hand, 9);
}

#[tokio::test]
async fn goods_that_are_not_counted_can_be_ordered() {
    let bench = Bench::new().await;
    let csv = "Handle,Title,SKU,Price,Variant Inventory Tracker,Variant Inventory Qty,Variant Inventory Policy\n\
               a,A,A,5,,,deny\nb,B,B,5,,0,deny\nc,C,C,5,shopify,0,deny\nd,D,D,5,,4,deny\ne,E,E,5,shopify,-3,continue\n";
    let summary = bench.import(csv).await;
    assert_eq!((summary.counts.untracked, summary.counts.errors, summary.counts.warnings), (2, 0, 1));
    for (handle, oversell) in [
        ("a", Oversell::Continue),
        ("b", Oversell::Continue),
        ("c", Oversell::Deny),
        ("d", Oversell::Deny),
        ("e", Oversell::Continue),
    ] {
        assert_eq!(bench.product(handle).await.variants[0].oversell, oversell, "{handle}");
    }
    assert_eq!(bench.stock("E").await.level.on_hand, 0);
}

#[tokio::test]
async fn columns_that_are_missing_leave_what_is_kept_and_empty_cells_empty_it() {
    let bench = Bench::new().await;
    let csv = "Handle,Title,Body (HTML),Vendor,Type,Tags,Option1 Name,Option1 Value,SKU,Price,Compare-at price,Barcode,\
               Weight value (grams),Image Src,Variant Image,Status\n\
               tee,Tee,<p>x</p>,Acme,Shirts,\"a, b\",Size,S,S,5,8,123,100,https://cdn.example/1.jpg,https://cdn.example/1.jpg,draft\n";
    clean(&bench.import(csv).await);
    let before = bench.product("tee").await;
    let summary = bench.import("Handle,Title\ntee,Tee\n").await;
    assert_eq!(summary.counts.unchanged, 1, "{:?}", summary.issues);
    let summary = bench.import("Handle,Variant SKU,Variant Price\ntee,S,5.00\n").await;
    assert_eq!(summary.counts.unchanged, 1, "{:?}", summary.issues);
    assert_eq!(bench.product("tee").await, before);
    clean(&bench.import("Handle,Title,Vendor,Tags,Type\ntee,Tee,,,\n").await);
    let after = bench.product("tee").await;
    assert_eq!((after.vendor.as_str(), after.tags.len(), after.category, after.version), ("", 0, None, 2));
    assert_eq!((after.description_html, after.variants), (before.description_html, before.variants));
}

#[tokio::test]
async fn images_are_in_their_positions_and_there_once() {
    let bench = Bench::new().await;
    let csv = "Handle,Title,Option1 Name,Option1 Value,SKU,Price,Image Src,Image Position,Image Alt Text,Variant Image\n\
               tee,Tee,Size,S,S,5,https://cdn.example/b.jpg,2,B,https://cdn.example/z.jpg\n\
               tee,,,M,M,5,https://cdn.example/a.jpg,1,A,https://cdn.example/b.jpg\n\
               tee,,,,,,https://cdn.example/b.jpg,3,again,\ntee,,,,,,ftp://cdn.example/c.jpg,4,,\n";
    let summary = bench.import(csv).await;
    assert_eq!(errors(&summary), [(5, "Image Src", "is no address that starts with https://")]);
    let tee = bench.product("tee").await;
    let images: Vec<_> =
        tee.images.iter().map(|image| (image.url.rsplit('/').next().unwrap(), image.alt.as_str())).collect();
    assert_eq!(images, [("a.jpg", "A"), ("b.jpg", "B"), ("z.jpg", "")]);
    let own: Vec<_> = tee.variants.iter().map(|variant| variant.image).collect();
    assert_eq!(own, [Some(2), Some(1)]);
}
