//! The pages of the storefront on a direct load.

use axum::extract::Path;
use axum::routing::get;
use axum::{Json, Router};
use chassis::tasks::Tasks;
use chassis::{Problem, problem, transport};
use contracts::catalogue::CatalogueClient;
use serde_json::{Value, json};
use testkit::{Caller, TestEnvironment};

/// The file that the storefront makes its routes from.
const ROUTES: &str = include_str!("../../../../storefront/src/routes.json");
const TEMPLATE: &str = "<html><head><!--head--></head><body><!--data--></body></html>";

async fn shop() -> Json<Value> {
    Json(json!({
        "name": "Fieldhouse", "currency": "USD", "locale": "en-US", "country": "US",
        "prices_include_tax": false, "demo": true,
    }))
}

async fn product(Path(handle): Path<String>) -> Result<Json<Value>, Problem> {
    if handle != "mug" {
        return Err(problem::NOT_FOUND.detail("No such product."));
    }
    let variant = json!({
        "sku": "MUG-1", "option_values": [], "price": { "amount": 1250, "currency": "USD" }, "compare_at_price": null,
        "weight_grams": 350, "availability": "in_stock", "available_quantity": null, "image": null,
    });
    Ok(Json(json!({
        "id": "00000000-0000-7000-8000-000000000001", "handle": handle, "title": "Mug", "vendor": "Norden",
        "description_html": "<p>A mug for <b>tea</b>.</p>", "status": "active", "category": null, "tags": [],
        "options": [], "variants": [variant], "images": [{ "url": "/media/1.webp", "alt": "A mug" }],
        "tax_class": "standard", "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z", "version": 1,
    })))
}

/// Starts web in front of a catalogue with one product.
fn web(template: Option<&str>) -> Caller {
    let env = TestEnvironment::default();
    let catalogue = Router::new().route("/api/v1/shop", get(shop)).route("/api/v1/products/{handle}", get(product));
    let transport = transport::in_process(catalogue, Tasks::new());
    let dependencies = web::Dependencies {
        catalogue: CatalogueClient(chassis::client::ServiceClient::new("catalogue", transport, env.identity("web"))),
        base_url: "https://shop.example".to_owned(),
        openapi: "{}".to_owned(),
        template: template.map(ToOwned::to_owned),
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
            "/products/:handle" | "/categories/:handle" => "Mug - Fieldhouse".to_owned(),
            _ => format!("{title} - Fieldhouse"),
        };
        let page = web.get(&path.replace(":handle", "mug").replace(":id", "1")).await.expect(200).text();
        assert!(page.contains(&format!("<title>{title}</title>")), "{path}: {page}");
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
    assert!(page.contains(r#"<meta name="description" content="A mug for tea .">"#), "{page}");
    assert!(page.contains(r#"<meta property="og:image" content="https://shop.example/media/1.webp">"#), "{page}");
    assert!(page.contains(r#""@type":"Product""#) && page.contains(r#""price":"12.50""#), "{page}");
    assert!(page.contains(r#""/api/v1/products/mug":{"#) && page.contains(r#""/api/v1/shop":{"#), "{page}");
}

#[tokio::test]
async fn the_api_is_served_without_the_storefront() {
    let web = web(None);
    assert!(web.get("/cart").await.expect(200).text().contains("The storefront is not installed"));
    web.get("/nowhere").await.expect(404);
    assert_eq!(web.get("/api/openapi.json").await.expect(200).text(), "{}");
}
