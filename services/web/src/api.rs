//! The OpenAPI document and the files for crawlers.

use crate::AppState;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use chassis::Problem;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The sitemap protocol allows 50,000 URLs per file. This limit also bounds the number of requests to catalogue.
const MAX_SITEMAP_URLS: usize = 5000;

/// Returns the routes of this module.
pub fn routes() -> OpenApiRouter<Arc<AppState>> {
    OpenApiRouter::new()
        .routes(routes!(openapi))
        .routes(routes!(sitemap))
        .routes(routes!(robots))
        .merge(crate::feed::routes())
}

/// Get the OpenAPI document
#[utoipa::path(get, path = "/api/openapi.json", tag = "web", operation_id = "get_openapi_document", security(()),
    responses((status = 200, description = "OpenAPI 3.1", content_type = "application/json"),
        (status = 429, body = Problem, content_type = "application/problem+json",
            description = "Too many requests; see the header `Retry-After`")))]
async fn openapi(State(state): State<Arc<AppState>>) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], state.openapi.clone()).into_response()
}

/// Get the rules for crawlers
#[utoipa::path(get, path = "/robots.txt", tag = "web", operation_id = "get_robots_txt", security(()),
    responses((status = 200, description = "Rules for crawlers", content_type = "text/plain"),
        (status = 429, body = Problem, content_type = "application/problem+json",
            description = "Too many requests; see the header `Retry-After`")))]
async fn robots(State(state): State<Arc<AppState>>) -> String {
    // Pages that depend on a session show a crawler nothing, and order links carry tokens.
    format!(
        "User-agent: *\nDisallow: /api/\nDisallow: /cart\nDisallow: /checkout\nDisallow: /account\nDisallow: /orders/\n\
         Sitemap: {}/sitemap.xml\n",
        state.base_url
    )
}

/// Get the sitemap
#[utoipa::path(get, path = "/sitemap.xml", tag = "web", operation_id = "get_sitemap", security(()),
    responses((status = 200, description = "Sitemap", content_type = "application/xml"),
        (status = 429, body = Problem, content_type = "application/problem+json",
            description = "Too many requests; see the header `Retry-After`"),
        (status = 503, body = Problem, content_type = "application/problem+json",
            description = "The catalogue is temporarily unavailable")))]
async fn sitemap(State(state): State<Arc<AppState>>) -> Result<Response, Problem> {
    let mut paths = vec!["/".to_owned(), "/products".to_owned()];
    let mut cursor = None;
    loop {
        let page = state.catalogue.products(cursor.as_deref()).await?;
        paths.extend(page.items.iter().map(|card| format!("/products/{}", chassis::client::segment(&card.handle))));
        cursor = page.next_cursor;
        if cursor.is_none() || paths.len() > MAX_SITEMAP_URLS {
            break;
        }
    }
    let urls: String = paths.iter().map(|path| format!("<url><loc>{}{path}</loc></url>", state.base_url)).collect();
    let xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">{urls}</urlset>"
    );
    Ok(([(header::CONTENT_TYPE, "application/xml")], xml).into_response())
}
