//! The stylesheet with the merchant's colour.

mod shades;

use crate::AppState;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use chassis::Problem;
use chassis::http::Query;
use serde::Deserialize;
use shades::stylesheet;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Returns the routes of this module.
pub fn routes() -> OpenApiRouter<Arc<AppState>> {
    OpenApiRouter::new().routes(routes!(theme))
}

/// The version of the storefront's settings that a page refers to.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct ThemeParameters {
    /// The version of the storefront's settings; the stylesheet is cached if it is the current one
    v: Option<i64>,
}

/// Get the stylesheet with the shop's colour
#[utoipa::path(get, path = "/theme.css", tag = "web", operation_id = "get_theme", security(()),
    params(ThemeParameters),
    responses((status = 200, description = "Custom properties; empty for the default colours", content_type = "text/css"),
        (status = 429, body = Problem, content_type = "application/problem+json",
            description = "Too many requests; see the header `Retry-After`"),
        (status = 503, body = Problem, content_type = "application/problem+json",
            description = "The catalogue is temporarily unavailable")))]
async fn theme(
    State(state): State<Arc<AppState>>,
    Query(parameters): Query<ThemeParameters>,
) -> Result<Response, Problem> {
    let storefront = state.catalogue.storefront().await?;
    // Another replica of catalogue may have the version before for some seconds.
    let is_current = parameters.v == Some(storefront.version);
    let cache = if is_current { "public, max-age=86400, immutable" } else { "no-cache" };
    let headers = [(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, cache)];
    Ok((headers, storefront.accent.map(stylesheet).unwrap_or_default()).into_response())
}
