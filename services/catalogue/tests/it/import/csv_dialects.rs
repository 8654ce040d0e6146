//! Properties of CSV files in practice: delimiters, line ends, encodings, and unusual content.

use super::{Recorder, TestShop, assert_no_issues, errors};
use catalogue::import::{self, ImportError, ImportSettings, UnsupportedFile};

const HEAD: &str = "Handle,Title,Body (HTML),Option1 Name,Option1 Value,Variant SKU,Variant Price";

#[tokio::test]
async fn cells_may_contain_quotes_commas_and_line_breaks() {
    let shop = TestShop::new().await;
    let csv =
        format!("{HEAD}\nmug,\"Mug, \"\"large\"\"\",\"<p>One\nTwo</p>\n\n<p>Three</p>\",,,M,5\ncup,Cup,,,,C,oops\n");
    let summary = shop.import(csv).await;
    let mug = shop.product("mug").await;
    assert_eq!(mug.title, "Mug, \"large\"");
    assert_eq!(mug.description_html, "<p>One\nTwo</p>\n\n<p>Three</p>");
    assert_eq!(errors(&summary)[0].0, 6, "the line in the file, not the number of the row");
}

#[tokio::test]
async fn lines_may_end_in_cr_lf_and_the_last_line_without_one() {
    let shop = TestShop::new().await;
    let csv = format!("{HEAD}\r\nmug,Mug,\"a\r\nb\",,,M,5\r\ncup,Cup,,,,C,x\r\n\r\njug,Jug,,,,J,y");
    let summary = shop.import(csv).await;
    assert_eq!(shop.product("mug").await.title, "Mug");
    let prices: Vec<u64> =
        errors(&summary).iter().filter(|error| error.1 == "Variant Price").map(|error| error.0).collect();
    assert_eq!(prices, [4, 6]);
    assert_eq!(summary.counts.rows, 3);
}

#[tokio::test]
async fn line_numbers_are_correct_with_line_feeds_alone() {
    let shop = TestShop::new().await;
    let csv = format!("{HEAD}\n\ncup,Cup,,,,C,x\njug,Jug,\"1\n2\",,,J,y");
    let summary = shop.import(csv).await;
    let prices: Vec<u64> =
        errors(&summary).iter().filter(|error| error.1 == "Variant Price").map(|error| error.0).collect();
    assert_eq!(prices, [3, 4]);
}

#[tokio::test]
async fn a_byte_order_mark_is_ignored() {
    let shop = TestShop::new().await;
    assert_no_issues(&shop.import(format!("\u{feff}{HEAD}\nmug,Mug,,,,M,5\n")).await);
    assert_no_issues(&shop.import("\u{feff}\"Handle\",\"Title\",\"Price\"\ncup,Cup,5\n").await);
    assert_eq!(shop.product("cup").await.title, "Cup");
}

#[tokio::test]
async fn semicolons_and_tabs_are_accepted_as_delimiters() {
    let shop = TestShop::new().await;
    assert_no_issues(&shop.import("Handle;Title;Variant Price\nmug;Mug, large;5.00\n").await);
    assert_no_issues(&shop.import("Handle\tTitle\tVariant Price\ncup\tCup; small\t5.00\n").await);
    assert_eq!(shop.product("mug").await.title, "Mug, large");
    assert_eq!(shop.product("cup").await.title, "Cup; small");
}

#[tokio::test]
async fn a_file_in_utf_16_is_refused_with_a_hint() {
    let shop = TestShop::new().await;
    let bytes: Vec<u8> = "\u{feff}Handle,Title\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let error = shop.import_with(bytes, &ImportSettings::default()).await.unwrap_err();
    assert!(matches!(&error, ImportError::Unsupported(UnsupportedFile::Utf16)), "{error}");
}

#[tokio::test]
async fn a_row_that_is_not_utf_8_is_skipped_and_the_rest_is_imported() {
    let shop = TestShop::new().await;
    let mut csv = format!("{HEAD}\nmug,Mug,,Size,S,M-S,5\nmug,,,,").into_bytes();
    csv.extend_from_slice(b"\xff\xfe,M-M,6\nmug,,,,L,M-L,7\ncup,Cup,,,,C,5\n\xff,Jug,,,,J,5\njug,J\xfcg,,,,J,5\n");
    let summary = shop.import(csv).await;
    let expected = [
        (3, "Option1 Value", "is not valid UTF-8"),
        (6, "Handle", "is not valid UTF-8"),
        (7, "Title", "is not valid UTF-8"),
    ];
    assert_eq!(errors(&summary), expected);
    let skus: Vec<String> = shop.product("mug").await.skus().map(ToString::to_string).collect();
    assert_eq!(skus, ["M-S", "M-L"]);
    assert_eq!(shop.product("cup").await.title, "Cup");
    assert!(shop.catalogue.find("jug").await.is_err());
}

#[tokio::test]
async fn text_in_any_script_is_imported_and_control_characters_are_errors() {
    let shop = TestShop::new().await;
    let csv = "Handle,Title,Tags,Price\nkäse,Käse 奶酪 🧀,\"süß, 甜\",5\nbad,B\u{7}d,,5\n";
    let summary = shop.import(csv).await;
    assert_eq!(shop.product("käse").await.title, "Käse 奶酪 🧀");
    assert_eq!(shop.product("käse").await.tags, ["süß", "甜"]);
    assert_eq!(errors(&summary), [(3, "Title", "must be a single line of printable characters")]);
}

#[tokio::test]
async fn an_unclosed_quotation_mark_ends_the_import_within_the_row_limit() {
    let shop = TestShop::new().await;
    let mut csv = format!("{HEAD}\nmug,Mug,,,,M,5\ncup,\"Cup,,,,C,5\n");
    while csv.len() < 9 << 20 {
        csv.push_str("jug,Jug,,,,J,5\n");
    }
    let summary = shop.import(csv).await;
    assert!(!summary.complete);
    let [(line, _, reason)] = errors(&summary)[..] else { panic!("{:?}", summary.issues) };
    assert_eq!(line, 3);
    assert!(reason.contains("quotation mark"), "{reason}");
    assert_eq!(shop.product("mug").await.title, "Mug");
}

#[tokio::test]
async fn missing_cells_are_empty_and_extra_cells_are_errors() {
    let shop = TestShop::new().await;
    let csv = "Handle,Title,Variant Price,Vendor,Tags\na,A,5\nb,B,5,,,,\nc,C,5,Acme,x,y\n";
    let summary = shop.import(csv).await;
    assert_eq!(errors(&summary)[0].0, 4);
    assert_eq!((summary.counts.created, summary.counts.skipped), (2, 1));
}

#[tokio::test]
async fn empty_rows_are_ignored() {
    let shop = TestShop::new().await;
    let summary = shop.import("Handle,Title,Price\n,,\na,A,5\n , ,\nb,B,5\n,,\n").await;
    assert_no_issues(&summary);
    assert_eq!((summary.counts.created, summary.counts.rows), (2, 5));
}

#[tokio::test]
async fn a_header_alone_is_an_empty_import() {
    let shop = TestShop::new().await;
    let summary = shop.import("Handle,Title,Price\n").await;
    assert_no_issues(&summary);
    assert_eq!(summary.counts.products(), 0);
}

#[tokio::test]
async fn handles_are_normalised_and_derived_from_the_title_if_missing() {
    let shop = TestShop::new().await;
    let csv = "Handle,Title,Price\nBlue Mug!,Mug,5\n,Grüne Tasse,5\n,,5\n???,Jug,5\n";
    let summary = shop.import(csv).await;
    assert_eq!(shop.product("blue-mug").await.title, "Mug");
    assert_eq!(shop.product("grune-tasse").await.title, "Grüne Tasse");
    // The third row belongs to the product above, which already has its only variant.
    let lines: Vec<_> = errors(&summary).iter().map(|error| (error.0, error.1)).collect();
    assert_eq!(lines, [(4, "Option1 Value"), (5, "Handle")]);
}

#[tokio::test]
async fn unusual_cells_are_reported_as_errors() {
    let shop = TestShop::new().await;
    let long = "x".repeat(300_000);
    let tags = vec!["tag"; 300].iter().enumerate().map(|(n, tag)| format!("{tag}{n}")).collect::<Vec<_>>().join(",");
    let csv = format!(
        "Handle,Title,Body (HTML),Tags,Variant SKU,Variant Price,Variant Grams,Variant Inventory Qty,Image Src,Status\n\
         a,{long},,,,5,,,,\nb,B,{long},,,5,,,,\nc,C,,\"{tags}\",,5,,,,\nd,D,,,{long},5,,,,\ne,E,,,,99999999999999999999,,,,\n\
         f,F,,,,5,99999999999,,,\ng,G,,,,5,,99999999999,,\nh,H,,,,5,,,javascript:alert(1),\ni,I,,,,5,,,,gone\n\
         j,J,,,,-5,,,,\nk,K,,,,1e9,,,,\nl,L,,,,9000000000000,,,,\n=cmd|' /C calc'!A0,=1+1,,,,5,,,,\n"
    );
    let mut recorder = Recorder::default();
    let path = shop.file("odd.csv", csv);
    let summary = import::run(&shop.catalogue, &path, &ImportSettings::default(), &mut recorder).await.unwrap();
    let mut lines: Vec<u64> = errors(&summary).iter().map(|error| error.0).collect();
    lines.dedup();
    assert_eq!(lines, (2..=13).collect::<Vec<u64>>());
    assert_eq!(recorder.issues, summary.issues);
    // An invalid image is skipped, its product is not.
    assert_eq!(shop.product("h").await.images, []);
    assert_eq!(shop.product("cmd-c-calc-a0").await.title, "=1+1");
}

#[tokio::test]
async fn gift_cards_are_skipped() {
    let shop = TestShop::new().await;
    let summary = shop.import("Handle,Title,Gift Card,Price\na,A,TRUE,5\nb,B,FALSE,5\n").await;
    assert_eq!(errors(&summary), [(2, "Gift Card", "skipped: gift cards are not supported")]);
    assert_eq!((summary.counts.created, summary.counts.skipped), (1, 1));
}

#[tokio::test]
async fn html_is_sanitised() {
    let shop = TestShop::new().await;
    assert_no_issues(
        &shop.import("Handle,Title,Description,Price\na,A,<p onclick=x()>Hi<script>1</script></p>,5\n").await,
    );
    assert_eq!(shop.product("a").await.description_html, "<p>Hi</p>");
}

#[tokio::test]
async fn progress_is_reported_to_the_end() {
    let shop = TestShop::new().await;
    let rows: String = (0..200).map(|n| format!("p{n},P,5\n")).collect();
    let path = shop.file("many.csv", format!("Handle,Title,Price\n{rows}"));
    let mut recorder = Recorder::default();
    import::run(&shop.catalogue, &path, &ImportSettings::default(), &mut recorder).await.unwrap();
    assert!(recorder.progress.len() >= 4, "in batches");
    assert!(recorder.progress.is_sorted_by_key(|progress| (progress.bytes_read, progress.counts.products())));
    let last = recorder.progress.last().unwrap();
    assert_eq!(
        (last.bytes_read, last.counts.rows, last.counts.products(), last.counts.errors),
        (last.bytes_total, 200, 200, 0)
    );
    assert_eq!(last.bytes_total, std::fs::metadata(path).unwrap().len());
}
