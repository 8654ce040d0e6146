//! The pages of the storefront on a direct load.

use axum::extract::{Path, RawQuery};
use axum::routing::get;
use axum::{Json, Router};
use chassis::client::ServiceClient;
use chassis::tasks::Tasks;
use chassis::{Problem, problem, transport};
use contracts::catalogue::CatalogueClient;
use serde_json::{Value, json};
use testkit::{Caller, TestEnvironment};
use web::FeedSettings;

/// The file that the storefront makes its routes from.
const ROUTES: &str = include_str!("../../../../storefront/src/routes.json");
const TEMPLATE: &str = "<html><head><!--head--></head><body><!--data--></body></html>";

async fn shop() -> Json<Value> {
    Json(json!({
        "name": "Fieldhouse", "currency": "USD", "locale": "en-US", "country": "US",
        "prices_include_tax": false, "demo": true,
    }))
}

fn variant(sku: &str, values: &Value, cents: i64) -> Value {
    json!({
        "sku": sku, "option_values": values, "price": { "amount": cents, "currency": "USD" }, "compare_at_price": null,
        "weight_grams": 350, "availability": "in_stock", "available_quantity": null, "image": null,
        "barcode": null, "unit_measure": null, "unit_price": null, "requires_shipping": true,
    })
}

fn mug() -> Value {
    json!({
        "id": "00000000-0000-7000-8000-000000000001", "handle": "mug", "title": "Mug", "vendor": "Norden",
        "description_html": "<p>A mug for <b>tea</b>.</p>", "status": "active", "category": "kitchen", "tags": [],
        "options": [], "variants": [variant("MUG-1", &json!([]), 1250)],
        "images": [{ "url": "/media/1.webp", "alt": "A mug" }],
        "tax_class": "standard", "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z", "version": 1,
    })
}

/// A product with variants, of which one is on sale, sold by weight and on backorder, and without text or image.
fn tea() -> Value {
    let mut loose = variant("TEA/1", &json!(["Grün", "250 g"]), 1000);
    loose["compare_at_price"] = json!({ "amount": 1200, "currency": "USD" });
    loose["barcode"] = json!("4006381333931");
    loose["unit_measure"] = json!({ "content": "250 g", "per": "1 kg" });
    loose["unit_price"] = json!({ "price": { "amount": 4000, "currency": "USD" }, "per": "1 kg" });
    loose["availability"] = json!("backorder");
    let mut product = mug();
    product["id"] = json!("00000000-0000-7000-8000-000000000002");
    product["handle"] = json!("tea");
    product["title"] = json!("Tea & <more>");
    product["vendor"] = json!("");
    product["description_html"] = json!("");
    product["images"] = json!([]);
    product["seo_title"] = json!("Fine tea");
    product["options"] =
        json!([{ "name": "Farbe", "values": ["Grün", "Weiß"] }, { "name": "Pack", "values": ["250 g"] }]);
    product["variants"] = json!([loose, variant("TEA/2", &json!(["Weiß", "250 g"]), 1100)]);
    product
}

async fn product(Path(handle): Path<String>) -> Result<Json<Value>, Problem> {
    match handle.as_str() {
        "mug" => Ok(Json(mug())),
        "tea" => Ok(Json(tea())),
        _ => Err(problem::NOT_FOUND.detail("No such product.")),
    }
}

async fn categories() -> Json<Value> {
    let kitchen = json!({ "handle": "kitchen", "name": "Kitchen", "description": "", "product_count": 2 });
    Json(json!({ "items": [kitchen] }))
}

async fn storefront() -> Json<Value> {
    let imprint = json!({ "handle": "imprint", "legal": "imprint", "titles": { "en": "Imprint", "de": "Impressum" },
        "updated_at": "2026-11-28T10:00:00Z" });
    Json(json!({
        "version": 3, "logo": null, "accent": "#0f5a47", "home": {}, "header_menu": [], "footer_menu": [],
        "pages": [imprint], "missing_pages": [],
    }))
}

async fn content_page(Path(handle): Path<String>) -> Result<Json<Value>, Problem> {
    if handle != "imprint" {
        return Err(problem::NOT_FOUND.detail("No such page."));
    }
    let text = |title: &str| json!({ "title": title, "body_html": "<p>Fieldhouse <b>Ltd</b></p><p>York</p>" });
    Ok(Json(json!({
        "handle": handle, "legal": "imprint", "texts": { "en": text("Imprint"), "de": text("Impressum") },
        "version": 1, "updated_at": "2026-11-28T10:00:00Z",
    })))
}

async fn products(RawQuery(query): RawQuery) -> Json<Value> {
    Json(json!({ "items": [], "query": query }))
}

/// Pages of one product each.
async fn feed_page(RawQuery(query): RawQuery) -> Json<Value> {
    let item = |product: Value| json!({ "product": product, "category_name": "Kitchen", "tax_rate": 190_000 });
    Json(match query {
        None => json!({ "items": [item(mug())], "next": "00000000-0000-7000-8000-000000000001" }),
        Some(_) => json!({ "items": [item(tea())], "next": null }),
    })
}

/// Pages of one product each.
async fn sitemap_page(RawQuery(query): RawQuery) -> Json<Value> {
    let item = |n: u8, handle: &str| {
        json!({ "id": format!("00000000-0000-7000-8000-00000000000{n}"), "handle": handle,
        "updated_at": "2026-11-28T10:00:00Z" })
    };
    Json(match query {
        None => json!({ "items": [item(1, "mug")], "next": "00000000-0000-7000-8000-000000000001" }),
        Some(_) => json!({ "items": [item(2, "tee-&-tasse")], "next": null }),
    })
}

async fn ratings(RawQuery(query): RawQuery) -> Json<Value> {
    let product = query.unwrap_or_default().replace("product=", "");
    let average = if product.ends_with('1') { json!("4.50") } else { Value::Null };
    let count = if average.is_null() { 0 } else { 2 };
    Json(json!({ "items": [{ "product_id": product, "average": average, "count": count }] }))
}

/// Starts web in front of a catalogue with one product.
fn web(template: Option<&str>) -> Caller {
    let catalogue = Router::new()
        .route("/api/v1/shop", get(shop))
        .route("/api/v1/storefront", get(storefront))
        .route("/api/v1/pages/{handle}", get(content_page))
        .route("/api/v1/categories", get(categories))
        .route("/api/v1/products", get(products))
        .route("/api/v1/products/{handle}", get(product))
        .route("/internal/products", get(feed_page))
        .route("/internal/sitemap", get(sitemap_page));
    start(template, None, catalogue)
}

/// Starts web in front of a catalogue.
pub fn start(template: Option<&str>, rendering: Option<String>, catalogue: Router) -> Caller {
    let env = TestEnvironment::default();
    let client = |name: &'static str, router: Router| {
        ServiceClient::new(name, transport::in_process(router, Tasks::new()), env.identity("web"))
    };
    let dependencies = web::Dependencies {
        catalogue: CatalogueClient(client("catalogue", catalogue)),
        ratings: client("ratings", Router::new().route("/api/v1/ratings", get(ratings))),
        feed: FeedSettings { backorder_days: Some(10) },
        base_url: "https://shop.example".to_owned(),
        openapi: "{}".to_owned(),
        template: template.map(ToOwned::to_owned),
        rendering,
        admin: Some("<title>Admin</title>".to_owned()),
        robot_shop: None,
    };
    let service = web::start(env.service_context("web"), dependencies).unwrap();
    env.anonymous(&service.router)
}

#[tokio::test]
async fn every_route_of_the_storefront_answers_a_direct_load_with_its_title() {
    let web = web(Some(TEMPLATE));
    let routes: Vec<Value> = serde_json::from_str(ROUTES).unwrap();
    assert!(!routes.is_empty());
    for route in routes {
        let (path, title) = (route["path"].as_str().unwrap(), route["title"].as_str().unwrap());
        let title = match path {
            "/" => "Fieldhouse".to_owned(),
            // These have a title of their own data.
            "/products/:handle" => "Mug - Fieldhouse".to_owned(),
            "/categories/:handle" | "/pages/:handle" => continue,
            _ => format!("{title} - Fieldhouse"),
        };
        let page = web.get(&path.replace(":handle", "mug").replace(":id", "1")).await.expect(200).text();
        assert!(page.contains(&format!("<title>{title}</title>")), "{path}: {page}");
    }
}

#[tokio::test]
async fn a_page_is_in_the_language_of_the_choice_the_browser_or_the_shop() {
    let web = web(Some(&TEMPLATE.replace("<html>", "<html lang=\"en\">")));
    let page = async |cookie: &str, accepted: &str| {
        let visitor = web.clone().with_header("cookie", cookie).with_header("accept-language", accepted);
        visitor.get("/cart").await.expect(200).text()
    };
    for (cookie, accepted, language, title) in [
        ("language=de", "fr", "de", "Warenkorb"),
        ("language=xx", "fr-CA,en;q=0.5", "fr", "Panier"),
        ("other=1", "ja", "en", "Cart"),
    ] {
        let html = page(cookie, accepted).await;
        assert!(html.starts_with(&format!("<html lang=\"{language}\">")), "{html}");
        assert!(html.contains(&format!("<title>{title} - Fieldhouse</title>")), "{html}");
    }
}

#[tokio::test]
async fn an_unknown_path_is_not_found() {
    let web = web(Some(TEMPLATE));
    for path in ["/nowhere", "/cart/x", "/products/mug/reviews", "/orders/1/x", "/products/unknown"] {
        let page = web.get(path).await.expect(404).text();
        assert!(page.contains("<title>Page not found - Fieldhouse</title>"), "{path}: {page}");
    }
    // Programs ask for these, and expect no HTML.
    for path in ["/api/unknown", "/assets/unknown.js"] {
        assert_eq!(web.get(path).await.problem(404), "not-found", "{path}");
    }
}

#[tokio::test]
async fn a_product_page_has_structured_data_and_its_first_data() {
    let page = web(Some(TEMPLATE)).get("/products/mug").await.expect(200).text();
    assert!(page.contains(r#"<meta name="description" content="A mug for tea.">"#), "{page}");
    assert!(page.contains(r#"<meta property="og:image" content="https://shop.example/media/1.webp">"#), "{page}");
    assert!(page.contains(r#""/api/v1/products/mug?language=en":{"#) && page.contains(r#""/api/v1/shop":{"#), "{page}");
}

#[tokio::test]
async fn search_engines_list_each_page_once() {
    let web = web(Some(TEMPLATE));
    for (path, canonical) in [
        ("/products?tag=gift&sort=price", "/products"),
        ("/products/mug?variant=MUG-1", "/products/mug"),
        ("/categories/kitchen/", "/categories/kitchen"),
        ("/pages/imprint?utm_source=mail", "/pages/imprint"),
    ] {
        let page = web.get(path).await.expect(200).text();
        let link = format!("<link rel=\"canonical\" href=\"https://shop.example{canonical}\">");
        assert!(page.contains(&link) && !page.contains("noindex"), "{path}: {page}");
    }
    for (path, status) in [
        ("/search?q=mug", 200),
        ("/cart", 200),
        ("/orders/1", 200),
        ("/products/unknown", 404),
        ("/categories/unknown", 404),
    ] {
        let page = web.get(path).await.expect(status).text();
        assert!(page.contains(r#"<meta name="robots" content="noindex">"#), "{path}: {page}");
        assert!(!page.contains("canonical"), "{path}: {page}");
    }
}

#[tokio::test]
async fn a_page_of_the_merchant_is_in_the_language_of_the_visitor_or_the_shop() {
    let web = web(Some(TEMPLATE));
    for (accepted, title) in [("de", "Impressum"), ("fr", "Imprint"), ("en", "Imprint")] {
        let visitor = web.clone().with_header("accept-language", accepted);
        let page = visitor.get("/pages/imprint").await.expect(200).text();
        assert!(page.contains(&format!("<title>{title} - Fieldhouse</title>")), "{page}");
        assert!(page.contains(r#"<meta name="description" content="Fieldhouse Ltd York">"#), "{page}");
        assert!(page.contains(r#""/api/v1/pages/imprint":{"#), "{page}");
    }
    web.get("/pages/unknown").await.expect(404);
}

#[tokio::test]
async fn pages_have_the_shops_colours_and_the_data_of_their_lists() {
    let web = web(Some(TEMPLATE));
    let page = web.get("/categories/kitchen?sort=price").await.expect(200).text();
    assert!(page.contains(r#"<link rel="stylesheet" href="/theme.css?v=3">"#), "{page}");
    for path in [
        "/api/v1/storefront",
        "/api/v1/categories?language=en",
        r"/api/v1/products?category=kitchen\u0026language=en\u0026limit=24\u0026sort=price",
    ] {
        assert!(page.contains(&format!("\"{path}\":{{")), "{path}: {page}");
    }
    let theme = web.get("/theme.css?v=3").await.expect(200);
    assert_eq!(theme.headers["content-type"], "text/css; charset=utf-8");
    assert_eq!(theme.headers["cache-control"], "public, max-age=86400, immutable");
    let other = web.get("/theme.css?v=2").await.expect(200);
    assert_eq!(other.headers["cache-control"], "no-cache", "another version than that of the colours");
    assert!(theme.text().starts_with("html:root{--accent:#0f5a47;"));
}

#[tokio::test]
async fn every_path_of_the_admin_interface_answers_with_its_page() {
    let web = web(Some(TEMPLATE));
    for path in ["/admin", "/admin/", "/admin/orders/1"] {
        let response = web.get(path).await.expect(200);
        assert_eq!(response.headers["x-robots-tag"], "noindex", "{path}");
        assert_eq!(response.text(), "<title>Admin</title>", "{path}");
    }
    // The template itself is no page of the shop.
    web.get("/admin.html").await.expect(404);
    web.get("/administration").await.expect(404);
}

#[tokio::test]
async fn the_api_is_served_without_the_storefront() {
    let web = web(None);
    assert!(web.get("/cart").await.expect(200).text().contains("The storefront is not installed"));
    web.get("/nowhere").await.expect(404);
    assert_eq!(web.get("/api/openapi.json").await.expect(200).text(), "{}");
}

/// Returns the structured data of a product's page: the product and its breadcrumbs.
async fn structured(handle: &str) -> (Value, Value) {
    let page = web(Some(TEMPLATE)).get(&format!("/products/{handle}")).await.expect(200).text();
    let json = page.split("<script type=\"application/ld+json\">").nth(1).unwrap().split("</script>").next().unwrap();
    let graph: Value = serde_json::from_str(json).unwrap();
    (graph["@graph"][0].clone(), graph["@graph"][1].clone())
}

#[tokio::test]
async fn a_product_with_one_variant_is_described_with_its_offer_and_rating() {
    let (product, breadcrumbs) = structured("mug").await;
    assert_eq!((&product["@type"], &product["sku"]), (&json!("Product"), &json!("MUG-1")));
    assert_eq!(product["image"], json!(["https://shop.example/media/1.webp"]));
    assert_eq!(product["brand"]["name"], "Norden");
    let offer = &product["offers"];
    assert_eq!((&offer["price"], &offer["priceCurrency"]), (&json!("12.50"), &json!("USD")));
    assert_eq!(
        (&offer["availability"], &offer["url"]),
        (&json!("https://schema.org/InStock"), &json!("https://shop.example/products/mug"))
    );
    assert_eq!(
        (&product["aggregateRating"]["ratingValue"], &product["aggregateRating"]["reviewCount"]),
        (&json!("4.50"), &json!(2))
    );
    let names: Vec<&str> =
        breadcrumbs["itemListElement"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["Home", "Kitchen", "Mug"]);
    assert_eq!(breadcrumbs["itemListElement"][1]["item"], "https://shop.example/categories/kitchen");
}

#[tokio::test]
async fn a_product_with_variants_is_a_group_and_has_no_member_without_value() {
    let (group, _) = structured("tea").await;
    assert_eq!((&group["@type"], &group["productGroupID"]), (&json!("ProductGroup"), &json!("tea")));
    assert_eq!(group["variesBy"], json!(["https://schema.org/color"]));
    for absent in ["image", "brand", "description", "aggregateRating", "offers", "sku"] {
        assert_eq!(group.get(absent), None, "{absent}");
    }
    let [first, second] = group["hasVariant"].as_array().unwrap().as_slice() else { panic!("two variants") };
    assert_eq!((&first["gtin"], &first["color"]), (&json!("4006381333931"), &json!("Grün")));
    assert_eq!(second.get("gtin"), None);
    assert_eq!(first["offers"]["url"], "https://shop.example/products/tea?variant=TEA%2F1");
    assert_eq!(first["offers"]["availability"], "https://schema.org/BackOrder");
    assert_eq!(first["offers"]["priceSpecification"]["price"], "12.00");
}

#[tokio::test]
async fn the_title_for_search_engines_is_preferred() {
    let page = web(Some(TEMPLATE)).get("/products/tea").await.expect(200).text();
    assert!(page.contains("<title>Fine tea - Fieldhouse</title>"), "{page}");
}

/// Returns the texts of an element of an XML document, in order.
fn texts<'f>(feed: &'f str, element: &str) -> Vec<&'f str> {
    let (start, end) = (format!("<{element}>"), format!("</{element}>"));
    feed.split(&start).skip(1).map(|rest| rest.split(&end).next().unwrap()).collect()
}

#[tokio::test]
async fn the_google_feed_has_an_item_for_each_variant_of_all_pages() {
    let feed = web(None).get("/feeds/google.xml").await.expect(200).text();
    assert!(feed.starts_with("<?xml version=\"1.0\"") && feed.ends_with("</channel></rss>"), "{feed}");
    assert_eq!(texts(&feed, "g:id"), ["MUG-1", "TEA/1", "TEA/2"]);
    assert_eq!(texts(&feed, "g:item_group_id"), ["tea", "tea"]);
    assert_eq!(
        texts(&feed, "g:title"),
        ["Mug", "Tea &amp; &lt;more&gt; - Grün / 250 g", "Tea &amp; &lt;more&gt; - Weiß / 250 g"]
    );
    assert_eq!(texts(&feed, "g:price"), ["12.50 USD", "12.00 USD", "11.00 USD"]);
    assert_eq!(texts(&feed, "g:sale_price"), ["10.00 USD"]);
    assert_eq!(texts(&feed, "g:availability"), ["in_stock", "backorder", "in_stock"]);
    assert_eq!(texts(&feed, "g:availability_date").len(), 1);
    assert_eq!(texts(&feed, "g:gtin"), ["4006381333931"]);
    assert_eq!(texts(&feed, "g:identifier_exists"), ["no", "no"]);
    assert_eq!(texts(&feed, "g:color"), ["Grün", "Weiß"]);
    assert_eq!(texts(&feed, "g:image_link"), ["https://shop.example/media/1.webp"]);
    assert_eq!(
        (texts(&feed, "g:unit_pricing_measure"), texts(&feed, "g:unit_pricing_base_measure")),
        (vec!["250 g"], vec!["1 kg"])
    );
}

#[tokio::test]
async fn the_sitemap_index_names_a_file_for_each_page_of_products() {
    let web = web(None);
    let index = web.get("/sitemap.xml").await.expect(200).text();
    let files = texts(&index, "loc");
    let base = "https://shop.example/sitemaps";
    let second = format!("{base}/products.xml?after=00000000-0000-7000-8000-000000000001");
    assert_eq!(files, [format!("{base}/pages.xml"), format!("{base}/products.xml"), second.clone()]);

    let file = |url: &str| url.strip_prefix("https://shop.example").unwrap().to_owned();
    let pages = web.get(&file(files[0])).await.expect(200).text();
    let pages_of_shop = ["/", "/products", "/categories/kitchen", "/pages/imprint"];
    let pages_of_shop = pages_of_shop.map(|path| format!("https://shop.example{path}"));
    assert_eq!(texts(&pages, "loc"), pages_of_shop);
    let first = web.get(&file(files[1])).await.expect(200).text();
    assert_eq!(texts(&first, "loc"), ["https://shop.example/products/mug"]);
    assert_eq!(texts(&first, "lastmod"), ["2026-11-28T10:00:00Z"]);
    let second = web.get(&file(&second)).await.expect(200).text();
    assert_eq!(texts(&second, "loc"), ["https://shop.example/products/tee-%26-tasse"]);
    web.get("/sitemaps/products.xml?after=x").await.expect(422);
}
