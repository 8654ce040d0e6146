//! Web: the HTML of every page, the storefront's files, the API's description, and the gateway in front of it all.

mod assets;
mod gateway;
mod pages;

pub use assets::write as write_assets;
pub use gateway::{GatewaySettings, Houses, Rate, TrustedProxy, VARIABLES, gateway};

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{Html, IntoResponse, Response};
use chassis::auth::{Access, Rule};
use chassis::{ServiceContext, Problem, Service, problem};
use contracts::catalogue::CatalogueClient;
use std::sync::Arc;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

const RULES: &[Rule] = &[
    Rule::get("/api/openapi.json", Access::Public),
    Rule::get("/sitemap.xml", Access::Public),
    Rule::get("/robots.txt", Access::Public),
    Rule::get("/api/docs", Access::Public),
    Rule::get("/api/docs/", Access::Public),
    Rule::get("/api/docs/{*rest}", Access::Public),
    Rule::get("/", Access::Public),
    Rule::get("/{*path}", Access::Public),
];

const SITEMAP_PRODUCTS: usize = 5000;

/// What web stands on.
pub struct Dependencies {
    /// What pages are about.
    pub catalogue: CatalogueClient,
    /// Where the shop is, without a slash at the end.
    pub base_url: String,
    /// The description of the whole API; see [`description_of`].
    pub openapi: String,
}

struct Web {
    catalogue: CatalogueClient,
    base_url: String,
    openapi: String,
    template: Option<String>,
}

/// Whether the storefront was built into this program.
pub fn has_storefront() -> bool {
    assets::template().is_some()
}

/// Starts the service.
///
/// # Errors
/// When it is put together wrongly.
pub fn start(service_context: ServiceContext, dependencies: Dependencies) -> Result<Service, String> {
    let Dependencies { catalogue, base_url, openapi } = dependencies;
    let web = Arc::new(Web { catalogue, base_url, openapi, template: assets::template() });
    let docs = utoipa_swagger_ui::SwaggerUi::new("/api/docs")
        .config(utoipa_swagger_ui::Config::from("/api/openapi.json").doc_expansion("none").filter(true));
    let routes = OpenApiRouter::new()
        .routes(routes!(description))
        .routes(routes!(sitemap))
        .routes(routes!(robots))
        .route("/", axum::routing::get(page))
        .route("/{*path}", axum::routing::get(page))
        .with_state(web)
        .merge(OpenApiRouter::from(axum::Router::from(docs)));
    service_context.finish(routes, RULES, &[])
}

/// The JSON of all operations: those of the other services, and web's own among them.
///
/// # Errors
/// When it cannot be written as JSON.
pub fn description_of(mut openapi: OpenApi) -> Result<String, String> {
    let own: OpenApiRouter<Arc<Web>> =
        OpenApiRouter::new().routes(routes!(description)).routes(routes!(sitemap)).routes(routes!(robots));
    openapi.merge(own.into_openapi());
    openapi.to_json().map_err(|error| error.to_string())
}

/// The description of the API
#[utoipa::path(get, path = "/api/openapi.json", tag = "web", operation_id = "openapi", security(()),
    responses((status = 200, description = "OpenAPI 3.1", content_type = "application/json")))]
async fn description(State(web): State<Arc<Web>>) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], web.openapi.clone()).into_response()
}

/// What crawlers may read
#[utoipa::path(get, path = "/robots.txt", tag = "web", operation_id = "robots", security(()),
    responses((status = 200, description = "Rules for crawlers", content_type = "text/plain")))]
async fn robots(State(web): State<Arc<Web>>) -> String {
    format!(
        "User-agent: *\nDisallow: /api/\nDisallow: /cart\nDisallow: /checkout\nDisallow: /account\nDisallow: /orders/\n\
         Sitemap: {}/sitemap.xml\n",
        web.base_url
    )
}

/// All pages that crawlers should know
#[utoipa::path(get, path = "/sitemap.xml", tag = "web", operation_id = "sitemap", security(()),
    responses((status = 200, description = "Sitemap", content_type = "application/xml"), (status = 503, body = Problem)))]
async fn sitemap(State(web): State<Arc<Web>>) -> Result<Response, Problem> {
    let mut addresses = vec!["/".to_owned(), "/products".to_owned()];
    let mut cursor = None;
    loop {
        let page = web.catalogue.products(cursor.as_deref()).await?;
        addresses.extend(page.items.iter().map(|card| format!("/products/{}", chassis::client::segment(&card.handle))));
        cursor = page.next_cursor;
        if cursor.is_none() || addresses.len() > SITEMAP_PRODUCTS {
            break;
        }
    }
    let urls: String = addresses.iter().map(|path| format!("<url><loc>{}{path}</loc></url>", web.base_url)).collect();
    let xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">{urls}</urlset>"
    );
    Ok(([(header::CONTENT_TYPE, "application/xml")], xml).into_response())
}

/// The storefront: one of its files, or the page at this path.
async fn page(State(web): State<Arc<Web>>, uri: Uri, headers: HeaderMap) -> Response {
    let path = uri.path();
    if let Some(file) = assets::file(path.trim_start_matches('/'), &headers) {
        return file;
    }
    if path.starts_with("/api/") || path.starts_with("/assets/") {
        return problem::NOT_FOUND.detail("There is nothing at this address.").into_response();
    }
    let Some(template) = &web.template else {
        return Html(WITHOUT_STOREFRONT).into_response();
    };
    let head = pages::head(path, &web.catalogue, &web.base_url).await;
    let status = if head.found { StatusCode::OK } else { StatusCode::NOT_FOUND };
    let html = pages::fill(template, &head, path, &web.base_url);
    (status, [(header::CACHE_CONTROL, "no-cache")], Html(html)).into_response()
}

const WITHOUT_STOREFRONT: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>ShopStack</title>\
<style>body{font:1rem/1.6 system-ui,sans-serif;max-width:40rem;margin:4rem auto;padding:0 1rem}</style>\
<h1>The shop runs, without its pages</h1><p>This program was built without the storefront, because Node was missing. \
Install Node 20 or newer and run <code>make run</code> again. The API is all here: see <a href=\"/api/docs\">/api/docs</a>.</p></html>";
