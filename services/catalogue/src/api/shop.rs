//! The settings of the shop.

use crate::catalogue::Catalogue;
use axum::extract::State;
use chassis::Problem;
use chassis::http::Json;
use contracts::catalogue::Shop;

/// Get the shop's settings
#[utoipa::path(get, path = "/api/v1/shop", tag = "catalogue", responses((status = 200, body = Shop)))]
pub async fn get_shop(State(catalogue): State<Catalogue>) -> Result<Json<Shop>, Problem> {
    catalogue.shop().await.map(Json)
}

/// Update the shop's settings
///
/// The currency cannot be changed.
#[utoipa::path(put, path = "/api/v1/shop", tag = "catalogue", request_body = Shop,
    responses((status = 200, body = Shop),
        (status = 409, body = Problem, description = "`conflict`: another currency"),
        (status = 422, body = Problem, description = "`invalid-input`")))]
pub async fn update_shop(State(catalogue): State<Catalogue>, Json(shop): Json<Shop>) -> Result<Json<Shop>, Problem> {
    if shop.name.trim().is_empty() || shop.name.chars().count() > 120 {
        return Err(Problem::invalid("/name", "must have 1 to 120 characters"));
    }
    if shop.locale.is_empty()
        || shop.locale.len() > 35
        || !shop.locale.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    {
        return Err(Problem::invalid("/locale", "must be a BCP 47 language tag such as en-GB"));
    }
    // The demo flag is a start option of the process; a client that sends the settings back must not change it.
    let demo = catalogue.shop().await?.demo;
    catalogue.write_shop(Shop { demo, ..shop }).await.map(Json)
}
