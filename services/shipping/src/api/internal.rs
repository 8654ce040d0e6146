//! The operations for other services.

use super::{Service, validate_line};
use crate::places::Place;
use crate::zones::{MAX_WEIGHT_GRAMS, Speed};
use axum::extract::State;
use chassis::Problem;
use chassis::config::UnknownValue;
use chassis::http::{Json, Path};
use contracts::shipping::{
    BoundQuote, Estimate, EstimateRequest, LocatedPlaces, Quote, QuoteRequest, ShipmentCancellation, ShipmentRequest,
    ShipmentView, UNKNOWN_QUOTE,
};
use contracts::{Country, QuoteId};

fn validate_weight(grams: u64) -> Result<(), Problem> {
    if grams <= MAX_WEIGHT_GRAMS {
        Ok(())
    } else {
        Err(Problem::invalid("/weight_grams", format!("must be at most {MAX_WEIGHT_GRAMS}")))
    }
}

/// Create a shipping quote
///
/// The zone table has prices in minor units of the shop's currency. They are returned in the requested currency without
/// conversion, so request the shop's currency.
#[utoipa::path(
    post, path = "/internal/quotes", tag = "shipping", operation_id = "create_shipping_quote",
    request_body = QuoteRequest,
    responses(
        (status = 200, body = Quote),
        (status = 404, description = "`unknown-place`", body = Problem),
        (status = 409, description = "`no-delivery`, `ambiguous-place`", body = Problem),
        (status = 422, description = "`invalid-input`", body = Problem),
    ),
)]
pub async fn create_quote(State(shipping): Service, Json(request): Json<QuoteRequest>) -> Result<Json<Quote>, Problem> {
    validate_line::<128>("/lines_digest", &request.lines_digest)?;
    validate_weight(request.weight_grams)?;
    Ok(Json(shipping.quote(request).await?))
}

/// Get a quote that has not expired
#[utoipa::path(
    get, path = "/internal/quotes/{id}", tag = "shipping", operation_id = "get_shipping_quote",
    params(("id" = uuid::Uuid, Path, description = "The quote")),
    responses((status = 200, body = BoundQuote), (status = 404, description = "`unknown-quote`", body = Problem)),
)]
pub async fn get_quote(State(shipping): Service, Path(id): Path<String>) -> Result<Json<BoundQuote>, Problem> {
    let unknown = || UNKNOWN_QUOTE.detail("This quote does not exist or has expired. Request a new quote.");
    // A malformed id cannot belong to a quote, so it is answered like an unknown one.
    let id: QuoteId = id.parse().map_err(|_| unknown())?;
    let quote = shipping.store.quote(id, shipping.system.now()).await?;
    quote.map(Json).ok_or_else(unknown)
}

/// Estimate the price of shipping
///
/// The estimate is bound to no cart, so it cannot be used in a checkout.
#[utoipa::path(
    post, path = "/internal/estimates", tag = "shipping", operation_id = "estimate_shipping",
    request_body = EstimateRequest,
    responses(
        (status = 200, body = Estimate),
        (status = 404, description = "`unknown-place`", body = Problem),
        (status = 409, description = "`no-delivery`", body = Problem),
        (status = 422, description = "`invalid-input`", body = Problem),
    ),
)]
pub async fn estimate_shipping(
    State(shipping): Service,
    Json(request): Json<EstimateRequest>,
) -> Result<Json<Estimate>, Problem> {
    validate_weight(request.weight_grams)?;
    Ok(Json(shipping.estimate(request).await?))
}

/// List all places of a country
///
/// The largest come first. A country without places has an empty list.
#[utoipa::path(
    get, path = "/internal/places/{country}", tag = "shipping", operation_id = "list_places",
    params(("country" = String, Path, description = "The code of the country", example = "DE")),
    responses((status = 200, body = LocatedPlaces)),
)]
pub async fn list_places(
    State(shipping): Service,
    Path(country): Path<Country>,
) -> Result<Json<LocatedPlaces>, Problem> {
    let places = shipping.store.places(country).await?;
    Ok(Json(LocatedPlaces { items: places.iter().map(Place::located).collect() }))
}

/// Announce a shipment to the carrier
///
/// Idempotent per order and step key: a repeated request returns the same shipment. The address is passed on to the
/// carrier and not stored.
#[utoipa::path(
    post, path = "/internal/shipments", tag = "shipping", operation_id = "create_shipment",
    request_body = ShipmentRequest,
    responses(
        (status = 200, body = ShipmentView),
        (status = 404, description = "`unknown-place`", body = Problem),
        (status = 409, description = "`shipment-cancelled`", body = Problem),
        (status = 422, description = "`invalid-input`", body = Problem),
    ),
)]
pub async fn create_shipment(
    State(shipping): Service,
    Json(request): Json<ShipmentRequest>,
) -> Result<Json<ShipmentView>, Problem> {
    validate_line::<200>("/step_key", &request.step_key)?;
    validate_line::<64>("/order_number", &request.order_number)?;
    validate_weight(request.weight_grams)?;
    let speed: Speed =
        request.option.parse().map_err(|error: UnknownValue| Problem::invalid("/option", error.to_string()))?;
    Ok(Json(shipping.announce(request, speed).await?))
}

/// Cancel a shipment that the carrier has not picked up
///
/// The cancellation of an unknown shipment is stored, and a later announcement of the same step is refused.
#[utoipa::path(
    post, path = "/internal/shipments/cancel", tag = "shipping", operation_id = "cancel_shipment",
    request_body = ShipmentCancellation,
    responses(
        (status = 200, description = "Cancelled"),
        (status = 409, description = "`already-shipped`", body = Problem),
        (status = 422, description = "`invalid-input`", body = Problem),
    ),
)]
pub async fn cancel_shipment(
    State(shipping): Service,
    Json(shipment): Json<ShipmentCancellation>,
) -> Result<Json<()>, Problem> {
    validate_line::<200>("/step_key", &shipment.step_key)?;
    shipping.cancel(&shipment).await.map(Json)
}
