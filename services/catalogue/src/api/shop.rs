//! The settings of the shop.

use crate::catalogue::Catalogue;
use axum::extract::State;
use chassis::Problem;
use chassis::http::Json;
use contracts::SingleLineText;
use contracts::catalogue::{MAX_SELLER_LINES, Seller, Shop, ShopUpdate};

/// Get the shop's settings
#[utoipa::path(get, path = "/api/v1/shop", tag = "catalogue", responses((status = 200, body = Shop)))]
pub async fn get_shop(State(catalogue): State<Catalogue>) -> Result<Json<Shop>, Problem> {
    catalogue.shop().await.map(Json)
}

/// Update the shop's settings
///
/// Settings that are left out keep their values. The currency cannot be changed.
#[utoipa::path(put, path = "/api/v1/shop", tag = "catalogue", request_body = ShopUpdate,
    responses((status = 200, body = Shop),
        (status = 409, body = Problem, description = "`conflict`: another currency"),
        (status = 422, body = Problem, description = "`invalid-input`")))]
pub async fn update_shop(
    State(catalogue): State<Catalogue>,
    Json(update): Json<ShopUpdate>,
) -> Result<Json<Shop>, Problem> {
    let stored = catalogue.shop().await?;
    let locale = update.locale.unwrap_or(stored.locale);
    if locale.is_empty() || locale.len() > 35 || !locale.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
        return Err(Problem::invalid("/locale", "must be a BCP 47 language tag such as en-GB"));
    }
    let is_unfit = |seller: &Seller| !(1..=MAX_SELLER_LINES).contains(&seller.address.len());
    if update.seller.as_ref().is_some_and(is_unfit) {
        return Err(Problem::invalid("/seller/address", format!("must have 1 to {MAX_SELLER_LINES} lines")));
    }
    let shop = Shop {
        name: update.name.map_or(stored.name, SingleLineText::into_string),
        currency: update.currency.unwrap_or(stored.currency),
        locale,
        country: update.country.unwrap_or(stored.country),
        prices_include_tax: update.prices_include_tax.unwrap_or(stored.prices_include_tax),
        seller: update.seller.or(stored.seller),
        demo: stored.demo,
    };
    catalogue.write_shop(shop).await.map(Json)
}
