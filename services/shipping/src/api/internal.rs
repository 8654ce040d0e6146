//! What the other services ask.

use super::{Service, line};
use crate::zones::{MOST_GRAMS, Speed};
use axum::extract::State;
use chassis::Problem;
use chassis::http::{Json, Path};
use contracts::QuoteId;
use contracts::shipping::{
    BoundQuote, Quote, QuoteRequest, ShipmentCancellation, ShipmentRequest, ShipmentView, UNKNOWN_QUOTE,
};

fn bounded_weight(grams: u64) -> Result<(), Problem> {
    if grams <= MOST_GRAMS {
        Ok(())
    } else {
        Err(Problem::invalid("/weight_grams", format!("must be at most {MOST_GRAMS}")))
    }
}

/// Quotes the ways of shipping
///
/// Prices are in minor units of the currency asked for, taken as they stand from the zone table, which is in minor
/// units of the shop's currency: ask in that one.
#[utoipa::path(
    post, path = "/internal/quotes", tag = "shipping", operation_id = "quote_shipping", request_body = QuoteRequest,
    responses(
        (status = 200, body = Quote),
        (status = 404, body = Problem),
        (status = 409, body = Problem),
        (status = 422, body = Problem),
    ),
)]
pub async fn quote(State(shipping): Service, Json(request): Json<QuoteRequest>) -> Result<Json<Quote>, Problem> {
    line::<128>("/lines_digest", &request.lines_digest)?;
    bounded_weight(request.weight_grams)?;
    Ok(Json(shipping.quote(request).await?))
}

/// A quote made earlier, while it is valid
#[utoipa::path(
    get, path = "/internal/quotes/{id}", tag = "shipping", operation_id = "find_shipping_quote",
    params(("id" = uuid::Uuid, Path, description = "The quote")),
    responses((status = 200, body = BoundQuote), (status = 404, body = Problem)),
)]
pub async fn find_quote(State(shipping): Service, Path(id): Path<String>) -> Result<Json<BoundQuote>, Problem> {
    let unknown = || UNKNOWN_QUOTE.detail("The quote does not exist or is no longer valid. Ask for shipping again.");
    let id: QuoteId = id.parse().map_err(|_| unknown())?;
    let quote = shipping.store.quote(id, shipping.system.now()).await?;
    quote.map(Json).ok_or_else(unknown)
}

/// Announces a parcel to the carrier
///
/// Once per order and step key: asked again, it answers the same shipment. The address goes to the carrier and is not
/// kept.
#[utoipa::path(
    post, path = "/internal/shipments", tag = "shipping", operation_id = "announce_shipment",
    request_body = ShipmentRequest,
    responses(
        (status = 200, body = ShipmentView),
        (status = 404, body = Problem),
        (status = 409, body = Problem),
        (status = 422, body = Problem),
    ),
)]
pub async fn announce(
    State(shipping): Service,
    Json(request): Json<ShipmentRequest>,
) -> Result<Json<ShipmentView>, Problem> {
    line::<200>("/step_key", &request.step_key)?;
    line::<64>("/order_number", &request.order_number)?;
    bounded_weight(request.weight_grams)?;
    let speed: Speed = request.option.parse().map_err(|fault: String| Problem::invalid("/option", fault))?;
    Ok(Json(shipping.announce(request, speed).await?))
}

/// Stops a parcel that has not left
///
/// One that was never announced is remembered as cancelled and refused when it is.
#[utoipa::path(
    post, path = "/internal/shipments/cancel", tag = "shipping", operation_id = "cancel_shipment",
    request_body = ShipmentCancellation,
    responses((status = 200, description = "Cancelled"), (status = 409, body = Problem), (status = 422, body = Problem)),
)]
pub async fn cancel(State(shipping): Service, Json(shipment): Json<ShipmentCancellation>) -> Result<Json<()>, Problem> {
    line::<200>("/step_key", &shipment.step_key)?;
    shipping.cancel(&shipment).await.map(Json)
}
