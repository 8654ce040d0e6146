//! The OpenAPI document and the files for crawlers.

use crate::AppState;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use chassis::Problem;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Returns the routes of this module.
pub fn routes() -> OpenApiRouter<Arc<AppState>> {
    OpenApiRouter::new()
        .routes(routes!(openapi))
        .routes(routes!(robots))
        .merge(crate::sitemap::routes())
        .merge(crate::feed::routes())
        .merge(crate::theme::routes())
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
        "User-agent: *\nDisallow: /api/\nDisallow: /admin\nDisallow: /cart\nDisallow: /checkout\nDisallow: /account\nDisallow: /orders/\n\
         Sitemap: {}/sitemap.xml\n",
        state.base_url
    )
}
