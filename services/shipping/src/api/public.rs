//! What everybody may ask.

use super::{Service, cached};
use crate::{folding, tracking_number};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use chassis::Problem;
use chassis::http::{Json, Path, Query};
use chassis::problem;
use contracts::Country;
use contracts::shipping::{Countries, Places, Tracking};
use serde::Deserialize;

const MOST_PLACES: usize = 10;
const FEWEST_LETTERS: usize = 2;
const LONGEST_NAME: usize = 100;

/// The countries the shop delivers to
///
/// By name.
#[utoipa::path(
    get, path = "/api/v1/shipping/countries", tag = "shipping", operation_id = "list_shipping_countries",
    responses((status = 200, body = Countries), (status = 304, description = "Not changed since `If-None-Match`")),
)]
pub async fn countries(State(shipping): Service, request: HeaderMap) -> Result<Response, Problem> {
    cached::for_an_hour(&request, &Countries { items: shipping.destinations().await? })
}

/// A search for a place.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PlaceSearch {
    /// The country it is in.
    #[param(value_type = String, example = "DE")]
    country: Country,
    /// The beginning of its name, in any spelling; at least two letters.
    #[param(min_length = 2, max_length = 100, example = "mun")]
    q: String,
}

/// Towns by the beginning of their name
///
/// At most ten, the likeliest first. Accents may be left out, and other names a town goes by are found too.
#[utoipa::path(
    get, path = "/api/v1/shipping/places", tag = "shipping", operation_id = "search_places", params(PlaceSearch),
    responses((status = 200, body = Places), (status = 422, body = Problem)),
)]
pub async fn places(State(shipping): Service, Query(search): Query<PlaceSearch>) -> Result<Json<Places>, Problem> {
    if shipping.countries.find(search.country).is_none() {
        return Err(Problem::invalid("country", "is not a country of ISO 3166"));
    }
    if search.q.chars().count() > LONGEST_NAME {
        return Err(Problem::invalid("q", format!("must have at most {LONGEST_NAME} characters")));
    }
    let keys = folding::keys(&search.q);
    if keys.first().is_none_or(|key| folding::letters(key) < FEWEST_LETTERS) {
        return Err(Problem::invalid("q", format!("must have at least {FEWEST_LETTERS} letters")));
    }
    let items = shipping.store.search_places(search.country, &keys, MOST_PLACES).await?;
    Ok(Json(Places { items }))
}

/// Where a parcel is
///
/// For anybody who has its number. Case, spaces and hyphens do not matter.
#[utoipa::path(
    get, path = "/api/v1/tracking/{number}", tag = "shipping", operation_id = "track_parcel",
    params(("number" = String, Path, description = "The tracking number", example = "SS4K7QPW2XRNB8")),
    responses((status = 200, body = Tracking), (status = 404, body = Problem)),
)]
pub async fn tracking(State(shipping): Service, Path(number): Path<String>) -> Result<Json<Tracking>, Problem> {
    let number = tracking_number::read(&number).ok_or_else(|| {
        problem::NOT_FOUND.detail("This is not a tracking number of ours. Check it for typing errors.")
    })?;
    let tracking = shipping.store.tracking(&number).await?;
    tracking.map(Json).ok_or_else(|| problem::NOT_FOUND.detail("There is no parcel with this number."))
}
