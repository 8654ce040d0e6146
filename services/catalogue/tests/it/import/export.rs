//! Exports import to the same catalogue.

use super::{TestShop, assert_no_issues, errors};
use catalogue::export::{self, ExportSettings};
use catalogue::import::{self, Format, ImportSettings};
use catalogue::product::Product;
use contracts::catalogue::ProductDraft;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};

async fn export_to_bytes(shop: &TestShop, format: Format, settings: &ExportSettings) -> Vec<u8> {
    let mut out = Vec::new();
    let counts = export::run(&shop.catalogue, format, settings, &mut out, &mut |_| {}).await.unwrap();
    assert_eq!(counts.bytes, out.len() as u64);
    out
}

async fn import_file(shop: &TestShop, format: Format, file: &[u8]) {
    let name = if format == Format::Csv { "export.csv" } else { "export.ndjson" };
    let path = shop.file(name, file);
    assert_no_issues(&import::run(&shop.catalogue, &path, &ImportSettings::default(), &mut ()).await.unwrap());
}

/// Returns the products without ids, versions and times, with their stock.
async fn content(shop: &TestShop) -> BTreeMap<String, (Product, Vec<i64>)> {
    let mut content = BTreeMap::new();
    for mut product in shop.catalogue.products.page_after(None, 1000).await.unwrap() {
        let mut stock = Vec::new();
        for sku in product.skus() {
            stock.push(shop.stock(sku.as_str()).await.level.on_hand);
        }
        (product.version, product.id.0) = (0, uuid::Uuid::nil());
        (product.created_at, product.updated_at) = Default::default();
        content.insert(product.handle.clone(), (product, stock));
    }
    content
}

/// Fails unless the products of a shop are the same after an export and an import.
pub async fn assert_round_trip(shop: &TestShop, format: Format) {
    let file = export_to_bytes(shop, format, &ExportSettings::default()).await;
    let other = TestShop::new().await;
    import_file(&other, format, &file).await;
    assert_eq!(content(&other).await, content(shop).await, "{}", String::from_utf8_lossy(&file));
    // Importing it to the original shop changes nothing.
    let path = shop.file("again.csv", &file).with_extension(if format == Format::Csv { "csv" } else { "ndjson" });
    std::fs::write(&path, &file).unwrap();
    let summary = import::run(&shop.catalogue, &path, &ImportSettings::default(), &mut ()).await.unwrap();
    assert_eq!(
        (summary.counts.created, summary.counts.updated, summary.counts.skipped),
        (0, 0, 0),
        "{:?}",
        summary.issues
    );
}

/// Generates a line of text with quotes, commas, other scripts, and beginnings of spreadsheet formulas.
fn line(max_length: usize) -> impl Strategy<Value = String> {
    let character = prop_oneof![
        8 => prop::char::range('a', 'z').prop_map(|c| c.to_string()),
        1 => prop::sample::select(vec!["\"", "'", ",", ";", " ", "=", "-", "ü", "奶", "🧀", "<b>", "&amp;", "#", "\u{301}", "0"])
            .prop_map(ToOwned::to_owned),
    ];
    prop::collection::vec(character, 0..max_length)
        .prop_map(|parts| parts.concat().trim().to_owned())
        .prop_map(|text| if text.is_empty() { "x".to_owned() } else { text })
}

fn product(number: usize) -> impl Strategy<Value = (String, Value, Option<String>)> {
    let options = prop::collection::vec(prop::collection::btree_set(line(6), 1..4), 0..4);
    let scalars = (
        line(40),
        prop::option::of(line(60)),
        prop::option::of(line(20)),
        prop::option::of(0usize..4),
        prop::collection::btree_set("[a-z ü'\"-]{1,8}".prop_map(|tag| format!("t{}", tag.trim_end())), 0..4),
        prop::sample::select(vec!["active", "draft", "archived"]),
        prop::sample::select(vec!["standard", "exempt", "reduced"]),
        0usize..4,
        any::<u64>(),
    );
    (options, scalars).prop_map(move |(options, scalars)| {
        let (title, description, vendor, category, tags, status, tax_class, images, seed) = scalars;
        let mut combinations: Vec<Vec<String>> = vec![Vec::new()];
        for values in &options {
            combinations = combinations
                .iter()
                .flat_map(|before| values.iter().map(|value| [before.clone(), vec![value.clone()]].concat()))
                .collect();
        }
        let policies = ["deny", "continue", "untracked"];
        let variants: Vec<Value> = combinations
            .iter()
            .enumerate()
            .map(|(index, values)| {
                let dice = seed.rotate_left(u32::try_from(index * 7 % 64).unwrap());
                json!({
                    "sku": format!("P{number}/{index} ä\"{}", dice % 100),
                    "option_values": values,
                    "price": dice % 1_000_000,
                    "compare_at_price": (dice % 3 == 0).then_some(dice % 2_000_000),
                    "weight_grams": dice % 50_000,
                    "oversell": policies[usize::try_from(dice % 3).unwrap()],
                    "barcode": (dice % 5 == 0).then(|| format!("0{}", dice % 1_000_000)),
                    "image": (images > 0 && dice % 4 == 0).then(|| dice % images as u64),
                    "cost": (dice % 7 == 0).then_some(dice % 500_000),
                    "unit_measure": (dice % 3 == 1).then(|| json!({
                        "content": format!("{}.{} {}", dice % 1000, 1 + dice % 9, ["g", "kg", "lb"][index % 3]),
                        "per": "100 g",
                    })),
                    // What is not counted has no quantity in a file.
                    "stock": if dice % 3 == 2 { 0 } else { dice % 1000 },
                })
            })
            .collect();
        let images: Vec<Value> = (0..images)
            .map(|image| json!({"url": format!("/media/{number}-{image}.png"), "alt": format!("{title}\n{image}")}))
            .collect();
        let names = ["Size", "Color \"x\"", "Cloth, or so"];
        let options: Vec<Value> =
            options.iter().zip(names).map(|(values, name)| json!({"name": name, "values": values})).collect();
        let category = category.map(|number| format!("Category No. {number}"));
        let draft = json!({
            "title": title,
            "description_html": description.map(|text| format!("<p>{text}</p>\n<p>\"quoted\", and more</p>")).unwrap_or_default(),
            "vendor": vendor.unwrap_or_default(),
            "category": category.as_ref().map(|name| catalogue::product::handle_from_title(name)),
            "tags": tags,
            "status": status,
            "tax_class": tax_class,
            "options": options,
            "variants": variants,
            "images": images,
            "seo_title": (seed % 2 == 0).then_some(&title),
            "seo_description": if seed % 3 == 0 { format!("{title}\n=1") } else { String::new() },
            // In a CSV it also names the category of a product without one.
            "standard_category": category.as_ref().map(|name| format!("Home > {name}")),
            "google_category": (seed % 5 == 0).then_some("166"),
            "withdrawal_exception": (seed % 3 == 1).then_some("perishable"),
            "translations": if seed % 2 == 0 { json!({}) } else { json!({
                "de": { "title": "Titel, \"deutsch\"", "description_html": "<p>=Text</p>", "texts": { "a, b": "c; \"d\"" } },
                "fr": { "seo_description": "Une ligne", "safety_warnings": "Attention\u{a0}!" },
            }) },
            "safety": (seed % 4 == 1).then(|| json!({
                "manufacturer": { "name": "Maker \"x\", or so", "address": "1 Road\nTown", "contact": "" },
                "responsible_person": (seed % 8 == 1).then(|| json!({ "name": "Person", "address": "", "contact": "=a@b.example" })),
                "warnings": title,
            })),
            "metafields": (0..seed % 4)
                .map(|field| (format!("Field {field} (product.metafields.custom.f{field})"), Value::from(title.clone())))
                .collect::<serde_json::Map<_, _>>(),
        });
        (format!("product-{number}"), draft, category)
    })
}

fn catalogues() -> impl Strategy<Value = Vec<(String, Value, Option<String>)>> {
    (0usize..6).prop_flat_map(|count| (0..count).map(product).collect::<Vec<_>>())
}

async fn catalogue_with(products: &[(String, Value, Option<String>)]) -> TestShop {
    let shop = TestShop::new().await;
    for (handle, draft, category) in products {
        if let Some(name) = category {
            let draft = serde_json::from_value(json!({"name": name})).unwrap();
            shop.catalogue.write_category(&catalogue::product::handle_from_title(name), &draft).await.unwrap();
        }
        let draft: ProductDraft = serde_json::from_value(draft.clone()).unwrap();
        shop.catalogue.write_product(handle, draft, "test").await.unwrap();
    }
    shop
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_catalogue_survives_export_and_import_as_csv_and_ndjson(products in catalogues()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let shop = catalogue_with(&products).await;
            assert_round_trip(&shop, Format::Csv).await;
            assert_round_trip(&shop, Format::Ndjson).await;
        });
    }
}

#[tokio::test]
async fn an_export_that_is_imported_is_exported_the_same() {
    let shop = TestShop::new().await;
    let file = "Title,URL handle,Product category,Type,SKU,Price,Cost per item,Unit price total measure,Unit price total measure \
                unit,Unit price base measure,Unit price base measure unit,SEO title,SEO description,Fabric \
                (product.metafields.custom.fabric),Google Shopping / Google product category\n\
                Tea,tea,Food > Drinks > Tea,Tea,T-1,10.00,4.5,250,g,1,kg,Best tea,Loose leaf,,2073\n\
                Cloth,cloth,Home > Cloth,,C-1,8.00,,,,,,,,'01234,\n";
    assert_no_issues(&shop.import(file).await);
    let tea = shop.product("tea").await.view("USD".parse().unwrap(), &HashMap::new());
    let unit_price = tea.variants[0].unit_price.as_ref().unwrap();
    assert_eq!((unit_price.price.to_string(), unit_price.per.to_string()), ("40.00 USD".to_owned(), "1 kg".to_owned()));
    assert_eq!(
        (tea.seo_title.as_deref(), tea.standard_category.as_deref()),
        (Some("Best tea"), Some("Food > Drinks > Tea"))
    );
    assert_eq!(shop.product("cloth").await.metafields[0].value, "01234");
    assert_eq!(shop.product("tea").await.variants[0].cost, Some(450));
    let first = export_to_bytes(&shop, Format::Csv, &ExportSettings::default()).await;
    let other = TestShop::new().await;
    import_file(&other, Format::Csv, &first).await;
    let second = export_to_bytes(&other, Format::Csv, &ExportSettings::default()).await;
    assert_eq!(String::from_utf8(first).unwrap(), String::from_utf8(second).unwrap());
}

#[tokio::test]
async fn an_export_of_several_pages_reports_progress_after_each() {
    let shop = TestShop::new().await;
    let rows: String = (0..250).map(|n| format!("p{n},P,5\n")).collect();
    assert_no_issues(&shop.import(format!("Handle,Title,Price\n{rows}")).await);
    let mut pages = Vec::new();
    let mut out = Vec::new();
    let settings = ExportSettings::default();
    let counts =
        export::run(&shop.catalogue, Format::Csv, &settings, &mut out, &mut |page| pages.push(page.products)).await;
    assert_eq!((counts.unwrap().products, pages), (250, vec![100, 200, 250]));
    assert_eq!(out.iter().filter(|byte| **byte == b'\n').count(), 251);
}

#[tokio::test]
async fn urls_of_own_images_start_with_the_public_url() {
    let products = [(
        "mug".to_owned(),
        json!({"title": "Mug", "variants": [{"sku": "M", "price": 1}],
        "images": [{"url": "/media/a.png"}, {"url": "https://cdn.example/b.png"}]}),
        None,
    )];
    let shop = catalogue_with(&products).await;
    let settings = ExportSettings { public_url: Some("https://shop.example/".to_owned()) };
    let file = String::from_utf8(export_to_bytes(&shop, Format::Csv, &settings).await).unwrap();
    assert!(file.contains("https://shop.example/media/a.png") && file.contains(",https://cdn.example/b.png"), "{file}");
}

#[tokio::test]
async fn ndjson_errors_are_reported_by_line() {
    let shop = TestShop::new().await;
    let text = "\u{feff}{\"handle\":\"mug\",\"title\":\"Mug\",\"variants\":[{\"sku\":\"M\",\"price\":500,\"stock\":3}],\"category\":\"mugs\",\"version\":9}\r\n\
                \n{\"handle\":\"cup\",\"title\":\"Cup\",\"variants\":[{\"sku\":\"C\",\"price\":\"5\"}]}\nnothing\n[1]\n\
                {\"title\":\"No handle\"}\n{\"handle\":\"Bad Handle\",\"title\":\"x\",\"variants\":[]}\n\
                {\"handle\":\"jug\",\"title\":\"Jug\",\"variants\":[{\"sku\":\"J\",\"price\":-5},{\"sku\":\"M\",\"price\":5}]}\n\
                {\"handle\":\"pot\",\"title\":\"Pot\",\"colour\":\"red\",\"variants\":[{\"sku\":\"P\",\"price\":5}]}\n";
    let path = shop.file("products.ndjson", text);
    let summary = import::run(&shop.catalogue, &path, &ImportSettings::default(), &mut ()).await.unwrap();
    let mut lines: Vec<u64> = errors(&summary).iter().map(|error| error.0).collect();
    lines.dedup();
    assert_eq!(lines, [3, 4, 5, 6, 7, 8, 9], "{:?}", summary.issues);
    assert_eq!((summary.counts.created, shop.stock("M").await.level.on_hand), (1, 3));
    assert_eq!(shop.product("mug").await.category.as_deref(), Some("mugs"));
    let again = import::run(&shop.catalogue, &path, &ImportSettings::default(), &mut ()).await.unwrap();
    assert_eq!((again.counts.created, again.counts.updated, again.counts.unchanged), (0, 0, 1));
}

#[tokio::test]
async fn ndjson_with_field_names_of_earlier_exports_is_imported() {
    let shop = TestShop::new().await;
    let text = "{\"handle\":\"mug\",\"title\":\"Mug\",\"variants\":[{\"sku\":\"M\",\"price\":500,\"picture\":0}],\
                \"pictures\":[{\"url\":\"/media/a.png\",\"alt\":\"A mug\"}]}\n";
    import_file(&shop, Format::Ndjson, text.as_bytes()).await;
    let mug = shop.product("mug").await;
    assert_eq!((mug.images[0].url.as_str(), mug.variants[0].image), ("/media/a.png", Some(0)));
    let exported = String::from_utf8(export_to_bytes(&shop, Format::Ndjson, &ExportSettings::default()).await).unwrap();
    assert!(exported.contains("\"images\":") && !exported.contains("picture"), "{exported}");
}
