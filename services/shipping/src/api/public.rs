//! The operations that need no session.

use super::{Service, http_cache, tracking_text};
use crate::name_normalisation;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use chassis::Problem;
use chassis::http::{Json, Path, Query};
use chassis::problem;
use contracts::Country;
use contracts::address::explain_unknown;
use contracts::address::rules::AddressRules;
use contracts::shipping::{Countries, Places, Tracking};
use serde::Deserialize;

const MAX_RESULTS: usize = 10;
const MIN_LETTERS: usize = 2;
const MAX_QUERY_LENGTH: usize = 100;

/// List the countries that the shop delivers to
///
/// Sorted by name. The response may be cached for one hour.
#[utoipa::path(
    get, path = "/api/v1/shipping/countries", tag = "shipping", operation_id = "list_shipping_countries",
    responses((status = 200, body = Countries), (status = 304, description = "Unchanged since `If-None-Match`")),
)]
pub async fn list_countries(State(shipping): Service, request: HeaderMap) -> Result<Response, Problem> {
    http_cache::cached_for_an_hour(&request, &Countries { items: shipping.destinations().await? })
}

/// Get the rules for addresses of a country
///
/// Which fields an address has, which are required, their labels and order, and the regions to choose from. Checkout and
/// address books accept addresses by these rules. The response may be cached for one hour.
#[utoipa::path(
    get, path = "/api/v1/shipping/address-rules/{country}", tag = "shipping", operation_id = "get_address_rules",
    params(("country" = String, Path, description = "The code of the country", example = "US")),
    responses(
        (status = 200, body = AddressRules),
        (status = 304, description = "Unchanged since `If-None-Match`"),
        (status = 404, description = "`not-found`", body = Problem),
    ),
)]
pub async fn get_address_rules(Path(country): Path<Country>, request: HeaderMap) -> Result<Response, Problem> {
    let rules = country.rules().ok_or_else(|| problem::NOT_FOUND.detail(explain_unknown(country)))?;
    http_cache::cached_for_an_hour(&request, &rules.view())
}

/// The parameters of a search for places.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PlaceSearch {
    /// The country to search in.
    #[param(value_type = String, example = "DE")]
    country: Country,
    /// The beginning of the name in any spelling, with at least two letters.
    #[param(min_length = 2, max_length = 100, example = "mun")]
    q: String,
}

/// Search places by the beginning of their name
///
/// Returns at most ten towns: first those with exactly this main name, then those with exactly this other name, and by
/// population. Accents are optional, and alternative names and abbreviations are searched too.
#[utoipa::path(
    get, path = "/api/v1/shipping/places", tag = "shipping", operation_id = "search_places", params(PlaceSearch),
    responses((status = 200, body = Places), (status = 422, description = "`invalid-input`", body = Problem)),
)]
pub async fn search_places(
    State(shipping): Service,
    Query(search): Query<PlaceSearch>,
) -> Result<Json<Places>, Problem> {
    // The type accepts any two letters.
    if shipping.countries.find(search.country).is_none() {
        return Err(Problem::invalid("country", "is not a country of ISO 3166"));
    }
    if search.q.chars().count() > MAX_QUERY_LENGTH {
        return Err(Problem::invalid("q", format!("must have at most {MAX_QUERY_LENGTH} characters")));
    }
    let prefixes = name_normalisation::keys(&search.q);
    // Counted after normalisation: `b.-` is one letter, and a single letter matches too many names.
    if prefixes.first().is_none_or(|key| name_normalisation::letters(key) < MIN_LETTERS) {
        return Err(Problem::invalid("q", format!("must have at least {MIN_LETTERS} letters")));
    }
    let items = shipping.store.search_places(search.country, &prefixes, MAX_RESULTS).await?;
    Ok(Json(Places { items }))
}

/// Track a shipment
///
/// Public: no account is needed, only the tracking number. Case, spaces and hyphens are ignored.
#[utoipa::path(
    get, path = "/api/v1/tracking/{number}", tag = "shipping", operation_id = "track_shipment",
    params(("number" = String, Path, description = "The tracking number", example = "SS4K7QPW2XRNB8")),
    responses((status = 200, body = Tracking), (status = 404, description = "`not-found`", body = Problem)),
)]
pub async fn track_shipment(State(shipping): Service, Path(typed): Path<String>) -> Result<Json<Tracking>, Problem> {
    let numbers = shipping.carriers.parse_tracking_number(&typed);
    if numbers.is_empty() {
        return Err(problem::NOT_FOUND.detail("This is not a valid tracking number. Check it for typing errors."));
    }
    // Usually a single candidate: the formats of carriers differ.
    for number in numbers {
        if let Some(shipment) = shipping.store.tracking(&number).await? {
            return Ok(Json(tracking_text::render(shipment, &shipping.countries)));
        }
    }
    Err(problem::NOT_FOUND.detail("No shipment has this tracking number."))
}
