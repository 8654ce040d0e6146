//! What gateways tell by themselves.

use crate::checkout::Checkout;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use chassis::Problem;
use chassis::http::Path;

/// Tell what became of a payment, as a gateway
///
/// Verified by the gateway's signature, kept, and acted on after it is acknowledged.
#[utoipa::path(post, path = "/api/v1/webhooks/{gateway}", tag = "payment", operation_id = "webhook",
    params(("gateway" = String, Path)), request_body(content = Vec<u8>, content_type = "application/json"),
    responses((status = 200), (status = 400, body = Problem), (status = 404, body = Problem)))]
pub async fn hear(
    State(checkout): State<Checkout>,
    Path(gateway): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<StatusCode, Problem> {
    checkout.engine().hear(&gateway, &headers, &body).await?;
    Ok(StatusCode::OK)
}
