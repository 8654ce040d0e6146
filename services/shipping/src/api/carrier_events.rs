//! The webhook of carriers.

use super::Service;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use chassis::{Problem, problem, webhook};
use contracts::shipping::{CarrierEvent, INVALID_SIGNATURE};

/// Receive an event of a carrier
///
/// For carriers and the software in front of them, which sign the request in the format of Standard Webhooks with the secret
/// `CARRIER_WEBHOOK_SECRET`. Events may come late, in any order, and several times. The shipment is found by the carrier's
/// tracking number, or by the shop's number as the reference.
#[utoipa::path(
    post, path = "/api/v1/carrier-events", tag = "shipping", operation_id = "receive_carrier_event",
    params(
        ("webhook-id" = String, Header, description = "The unique id of the message"),
        ("webhook-timestamp" = i64, Header, description = "The time of sending, in seconds since 1970"),
        ("webhook-signature" = String, Header,
            description = "`v1,` and the HMAC-SHA256 of id, time and body, each separated by a dot, in base64"),
    ),
    request_body = CarrierEvent,
    responses(
        (status = 204, description = "Recorded, now or before"),
        (status = 400, description = "`invalid-signature`, `malformed`", body = Problem),
        (status = 404, description = "`not-found`: no shipment has the number yet, so send the event again later; or the shop \
            receives no events of carriers", body = Problem),
        (status = 409, description = "`shipment-unchangeable`: it is cancelled, or its carrier is the simulated one; `conflict`: \
            it was changed at the same time, so send the event again", body = Problem),
        (status = 422, description = "`invalid-input`", body = Problem),
    ),
)]
pub async fn receive_carrier_event(
    State(shipping): Service,
    headers: HeaderMap,
    body: Bytes,
) -> Result<StatusCode, Problem> {
    if shipping.webhook_secrets.is_empty() {
        return Err(
            problem::NOT_FOUND.detail("This shop receives no events of carriers: CARRIER_WEBHOOK_SECRET is not set.")
        );
    }
    // Before the body is parsed, so that only a carrier's own data reaches the parser.
    webhook::verify(&shipping.webhook_secrets, &headers, &body, shipping.system.now())
        .map_err(|error| INVALID_SIGNATURE.detail(error.to_string()))?;
    let event: CarrierEvent = chassis::http::parse_json(&body)?;
    shipping.staff_shipments().record_event(&event).await?;
    Ok(StatusCode::NO_CONTENT)
}
