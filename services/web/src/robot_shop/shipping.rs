//! Shipping of Robot Shop: countries, their towns, and the price to one of them. Distances and prices are those of the
//! shipping service; a client's own numbers are ignored.

use super::cart::{Cart, refused};
use super::decimal::Decimal;
use super::failure::Failure;
use super::session::guest_headers;
use super::{RobotShop, Shop};
use axum::Json;
use axum::body::Bytes;
use axum::extract::{OriginalUri, Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chassis::client::{CallError, segment};
use contracts::cart::{CartQuoteRequest, CartView, ShippingChoice};
use contracts::shipping::{
    Countries, Estimate, EstimateRequest, LocatedPlace, NO_DELIVERY, PlaceView, Places, Quote, UNKNOWN_PLACE,
};
use contracts::{Country, PlaceId};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// The length in characters from which towns are searched.
const MIN_SEARCH_LENGTH: usize = 3;
/// Positions are given in units of 1/100,000 degree.
const DEGREE_EXPONENT: u32 = 5;

/// A country that the shop delivers to.
#[derive(Debug, Serialize)]
pub struct CountryCode {
    uuid: u32,
    code: String,
    name: String,
}

/// A town of a country.
#[derive(Debug, Serialize)]
pub struct City {
    uuid: PlaceId,
    code: String,
    /// The name in lower case.
    city: String,
    name: String,
    region: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    latitude: Option<Decimal>,
    #[serde(skip_serializing_if = "Option::is_none")]
    longitude: Option<Decimal>,
}

/// The price of shipping to a town.
#[derive(Debug, Serialize)]
pub struct Price {
    /// The distance in kilometres.
    distance: u64,
    cost: Decimal,
    /// The town. Robot Shop's clients send the object back to confirm it, but no other name of the town than that of its
    /// country and its own, which several towns may have.
    uuid: PlaceId,
}

/// An error as Spring describes it. `path` and `timestamp` are those of the request.
struct SpringError<'r> {
    shop: &'r RobotShop,
    path: &'r str,
}

impl SpringError<'_> {
    fn respond(&self, failure: &Failure) -> Response {
        let Failure { status, text } = failure;
        let body = json!({
            "timestamp": self.shop.system.now().to_string(), "status": status.as_u16(),
            "error": status.canonical_reason(), "message": text, "path": self.path,
        });
        (*status, Json(body)).into_response()
    }
}

/// Returns the state of shipping.
pub async fn health(State(shop): State<Shop>) -> Result<&'static str, Failure> {
    shop.countries().await?;
    Ok("OK")
}

/// Lists the countries that the shop delivers to, sorted by name.
pub async fn list_countries(State(shop): State<Shop>) -> Result<Json<Vec<CountryCode>>, Failure> {
    let country = |code: Country, name: String| CountryCode { uuid: number(code), code: lower_case(code), name };
    let countries = shop.countries().await?.items;
    Ok(Json(countries.into_iter().map(|one| country(one.code, one.name)).collect()))
}

/// Lists all towns of a country, the largest first.
pub async fn list_cities(State(shop): State<Shop>, Path(code): Path<String>) -> Result<Json<Vec<City>>, Failure> {
    let Some(country) = parse_country(&code) else { return Ok(Json(Vec::new())) };
    let places = shop.clients.shipping.places(country).await?;
    Ok(Json(places.items.into_iter().map(City::from).collect()))
}

/// Searches towns by the beginning of their name.
pub async fn search_cities(
    State(shop): State<Shop>,
    OriginalUri(uri): OriginalUri,
    Path((code, text)): Path<(String, String)>,
) -> Response {
    let error = SpringError { shop: &shop, path: uri.path() };
    if text.chars().count() < MIN_SEARCH_LENGTH {
        return error.respond(&Failure::bad_request("must have at least 3 characters"));
    }
    let Some(country) = parse_country(&code) else { return Json(Vec::<City>::new()).into_response() };
    match shop.search_places(country, &text).await {
        Ok(places) => Json(places.items.into_iter().map(City::from).collect::<Vec<_>>()).into_response(),
        Err(failure) => error.respond(&failure.into()),
    }
}

/// Estimates the price of shipping the caller's cart to a town. The cart is found by the cookie of its session.
pub async fn calculate(
    State(shop): State<Shop>,
    OriginalUri(uri): OriginalUri,
    Path(place): Path<String>,
    request: HeaderMap,
) -> Response {
    let error = SpringError { shop: &shop, path: uri.path() };
    let Ok(place) = place.parse() else { return error.respond(&Failure::bad_request("must be a number")) };
    match shop.estimate(PlaceId(place), &request).await {
        Ok(price) => Json(price).into_response(),
        Err(failure) => error.respond(&failure),
    }
}

/// The destination that a client has chosen. Its distance and cost must be there, as in Robot Shop, and are ignored.
#[derive(Debug, Deserialize)]
struct Destination {
    #[serde(rename = "distance")]
    _distance: serde_json::Number,
    #[serde(rename = "cost")]
    _cost: serde_json::Number,
    /// The names of country and town, such as `Germany Berlin`.
    location: String,
    /// The town, if the client has returned the object that `calc` answered.
    uuid: Option<PlaceId>,
}

/// Quotes shipping for a cart and chooses the standard option, as an operation of shipping: any failure is a 404.
pub async fn confirm(
    State(shop): State<Shop>,
    OriginalUri(uri): OriginalUri,
    Path(id): Path<String>,
    request: HeaderMap,
    body: Bytes,
) -> Response {
    let error = SpringError { shop: &shop, path: uri.path() };
    let media_type = request.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !media_type.to_ascii_lowercase().starts_with("application/json") {
        let text = "Content type must be application/json".into();
        return error.respond(&Failure { status: StatusCode::UNSUPPORTED_MEDIA_TYPE, text });
    }
    match shop.choose_shipping(&id, &request, &body).await {
        Ok(cart) => Json(cart).into_response(),
        Err(failure) if failure.status.is_client_error() => {
            error.respond(&Failure { status: StatusCode::NOT_FOUND, text: failure.text })
        }
        Err(failure) => error.respond(&failure),
    }
}

/// Quotes shipping for a cart and chooses the standard option, as an operation of the cart.
pub async fn add_to_cart(
    State(shop): State<Shop>,
    Path(id): Path<String>,
    request: HeaderMap,
    body: Bytes,
) -> Result<Json<Cart>, Failure> {
    shop.choose_shipping(&id, &request, &body).await.map(Json)
}

impl RobotShop {
    async fn countries(&self) -> Result<Countries, CallError> {
        self.clients.shipping.0.get("/api/v1/shipping/countries").await
    }

    /// Returns the English name of a country, or its code if the shop does not deliver there any more.
    ///
    /// # Errors
    /// When the shipping service does not respond.
    pub async fn country_name(&self, code: Country) -> Result<String, CallError> {
        let known = self.countries().await?.items.into_iter().find(|country| country.code == code);
        Ok(known.map_or_else(|| code.to_string(), |country| country.name))
    }

    async fn search_places(&self, country: Country, text: &str) -> Result<Places, CallError> {
        let path = format!("/api/v1/shipping/places?country={country}&q={}", segment(text));
        self.clients.shipping.0.get(&path).await
    }

    async fn estimate(&self, place_id: PlaceId, request: &HeaderMap) -> Result<Price, Failure> {
        let weight_grams = self.cart_weight(request).await?;
        let currency = self.clients.catalogue.shop().await?.currency;
        let estimate = self.clients.shipping.estimate(&EstimateRequest { place_id, weight_grams, currency }).await;
        let Estimate { distance_metres, options } = estimate.map_err(unknown_city)?;
        let cost = options.first().map(|option| option.price.into());
        let cost = cost.ok_or_else(|| Failure::not_found("city not found"))?;
        Ok(Price { distance: distance_metres.saturating_add(500) / 1000, cost, uuid: place_id })
    }

    /// Returns the weight of the caller's cart: the guest's, or else the account's.
    async fn cart_weight(&self, request: &HeaderMap) -> Result<u64, Failure> {
        let mut weight = 0;
        let account = self.account(request).await?.map(|session| session.headers);
        for headers in [guest_headers(request), account].into_iter().flatten() {
            let cart: CartView = self.cart(&headers).get("/api/v1/cart").await?;
            let lines = cart.lines.iter().map(|line| u64::from(line.weight_grams) * u64::from(line.quantity.get()));
            weight = lines.sum();
            if weight > 0 {
                break;
            }
        }
        Ok(weight)
    }

    async fn choose_shipping(&self, id: &str, request: &HeaderMap, body: &[u8]) -> Result<Cart, Failure> {
        let destination: Destination =
            serde_json::from_slice(body).map_err(|_| Failure::bad_request("shipping data missing"))?;
        let visitor = self.owner(id, request).await?;
        self.filled_cart(&visitor).await?;
        let place_id = match destination.uuid {
            Some(place) => place,
            None => self.locate(&destination.location).await?,
        };
        let client = self.cart(&visitor.headers);
        let request = CartQuoteRequest { address: None, place_id: Some(place_id) };
        let quote: Quote = client.post("/api/v1/cart/quotes", &request).await.map_err(unknown_city)?;
        // The first option is the one that `calc` has the price of.
        let option = quote.options.first().map(|option| option.option.clone());
        let option = option.ok_or_else(|| Failure::not_found("city not found"))?;
        let choice = ShippingChoice { quote_id: quote.quote_id, option };
        let cart: CartView = client.put("/api/v1/cart/shipping", &choice).await.map_err(refused)?;
        self.describe(&cart).await
    }

    /// Finds the town of a location such as `Germany Berlin`; of several with the same name, the largest.
    async fn locate(&self, location: &str) -> Result<PlaceId, Failure> {
        let not_found = || Failure::not_found("city not found");
        let countries = self.countries().await?.items;
        let named = countries.iter().filter_map(|country| {
            let town = location.strip_prefix(country.name.as_str())?.strip_prefix(' ')?;
            Some((country, town))
        });
        // The name of one country may begin with that of another.
        let (country, town) = named.max_by_key(|(country, _)| country.name.len()).ok_or_else(not_found)?;
        let places = self.search_places(country.code, town).await?.items;
        places.into_iter().find(|place| place.name == town).map(|place| place.id).ok_or_else(not_found)
    }
}

/// A town without its position, which the search for places does not return.
impl From<PlaceView> for City {
    fn from(place: PlaceView) -> Self {
        Self {
            uuid: place.id,
            code: lower_case(place.country),
            city: place.name.to_lowercase(),
            name: place.name,
            region: place.region,
            latitude: None,
            longitude: None,
        }
    }
}

impl From<LocatedPlace> for City {
    fn from(LocatedPlace { place, latitude, longitude }: LocatedPlace) -> Self {
        let degrees = |units: i32| Some(Decimal::new(units.into(), DEGREE_EXPONENT));
        Self { latitude: degrees(latitude), longitude: degrees(longitude), ..Self::from(place) }
    }
}

fn unknown_city(error: CallError) -> Failure {
    if error.refused_as(UNKNOWN_PLACE).or_else(|| error.refused_as(NO_DELIVERY)).is_some() {
        Failure::not_found("city not found")
    } else {
        refused(error)
    }
}

/// Robot Shop writes country codes in lower case.
fn lower_case(country: Country) -> String {
    country.code().to_ascii_lowercase()
}

fn parse_country(code: &str) -> Option<Country> {
    code.to_ascii_uppercase().parse().ok()
}

/// Numbers a country by its code, from `aa` = 1 to `zz` = 676. Robot Shop has numbers of its own database.
fn number(country: Country) -> u32 {
    country.code().bytes().fold(0, |number, letter| number * 26 + u32::from(letter.saturating_sub(b'A'))) + 1
}
