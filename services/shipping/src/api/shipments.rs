//! The operations for staff on shipments.

use super::Service;
use crate::shipment::ShipmentFilter;
use axum::extract::State;
use axum::http::HeaderMap;
use chassis::Problem;
use chassis::auth::Principal;
use chassis::http::{Json, Path, Query};
use chassis::idempotency::{IdempotencyScope, IdempotentRequest, RawJson};
use chassis::page::{self, Page};
use contracts::shipping::{CarrierTracking, OrderShipments, ShipmentSplit, ShipmentStatus, StaffShipment};
use contracts::{OrderId, ShipmentId};
use serde::Deserialize;

/// The filter and position of a list of shipments.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ShipmentParameters {
    /// List only shipments with this status; `announced` lists those to be packed
    status: Option<ShipmentStatus>,
    /// List only the shipments of this order, whatever their status
    order: Option<OrderId>,
    /// The `next_cursor` of the previous page
    cursor: Option<String>,
    /// The number of shipments, 1 to 100. Default: 50
    limit: Option<u32>,
}

/// List shipments
///
/// The earliest come first, so that `status=announced` is the list of what is to be packed.
#[utoipa::path(
    get, path = "/api/v1/shipments", tag = "shipping", operation_id = "list_shipments", params(ShipmentParameters),
    responses((status = 200, body = Page<StaffShipment>), (status = 422, description = "`invalid-input`", body = Problem)),
)]
pub async fn list_shipments(
    State(shipping): Service,
    Query(parameters): Query<ShipmentParameters>,
) -> Result<Json<Page<StaffShipment>>, Problem> {
    let limit = page::limit(parameters.limit, 50, 100)?;
    let after: Option<ShipmentId> = parameters.cursor.as_deref().map(page::decode).transpose()?;
    let filter = match (parameters.order, parameters.status) {
        (Some(order), _) => ShipmentFilter::Order(order),
        (None, Some(status)) => ShipmentFilter::Status(status),
        (None, None) => ShipmentFilter::All,
    };
    shipping.staff_shipments().list(filter, after, limit).await.map(Json)
}

/// Get a shipment
#[utoipa::path(
    get, path = "/api/v1/shipments/{id}", tag = "shipping", operation_id = "get_shipment",
    params(("id" = ShipmentId, Path)),
    responses((status = 200, body = StaffShipment), (status = 404, description = "`not-found`", body = Problem)),
)]
pub async fn get_shipment(
    State(shipping): Service,
    Path(id): Path<ShipmentId>,
) -> Result<Json<StaffShipment>, Problem> {
    shipping.staff_shipments().find(id).await.map(Json)
}

/// Mark a shipment as packed
///
/// A repeated request changes nothing.
#[utoipa::path(
    post, path = "/api/v1/shipments/{id}/pack", tag = "shipping", operation_id = "pack_shipment",
    params(("id" = ShipmentId, Path)),
    responses(
        (status = 200, body = StaffShipment),
        (status = 404, description = "`not-found`", body = Problem),
        (status = 409, description = "`shipment-unchangeable`: it has left, is cancelled, or its carrier reports by itself",
            body = Problem),
    ),
)]
pub async fn pack_shipment(
    State(shipping): Service,
    Path(id): Path<ShipmentId>,
) -> Result<Json<StaffShipment>, Problem> {
    shipping.staff_shipments().pack(id).await.map(Json)
}

/// Mark a shipment as shipped
///
/// The customer is told by email, with the carrier's number and link. A repeated request changes nothing.
#[utoipa::path(
    post, path = "/api/v1/shipments/{id}/ship", tag = "shipping", operation_id = "ship_shipment",
    params(("id" = ShipmentId, Path)), request_body = CarrierTracking,
    responses(
        (status = 200, body = StaffShipment),
        (status = 404, description = "`not-found`", body = Problem),
        (status = 409, description = "`shipment-unchangeable`: it has left, is cancelled, or its carrier reports by itself",
            body = Problem),
        (status = 422, description = "`invalid-input`", body = Problem),
    ),
)]
pub async fn ship_shipment(
    State(shipping): Service,
    Path(id): Path<ShipmentId>,
    Json(tracking): Json<CarrierTracking>,
) -> Result<Json<StaffShipment>, Problem> {
    shipping.staff_shipments().ship(id, &tracking).await.map(Json)
}

/// Correct the tracking of a shipment that has left
#[utoipa::path(
    put, path = "/api/v1/shipments/{id}/tracking", tag = "shipping", operation_id = "set_shipment_tracking",
    params(("id" = ShipmentId, Path)), request_body = CarrierTracking,
    responses(
        (status = 200, body = StaffShipment),
        (status = 404, description = "`not-found`", body = Problem),
        (status = 409, description = "`shipment-unchangeable`: it has not left, or its carrier reports by itself",
            body = Problem),
        (status = 422, description = "`invalid-input`", body = Problem),
    ),
)]
pub async fn set_shipment_tracking(
    State(shipping): Service,
    Path(id): Path<ShipmentId>,
    Json(tracking): Json<CarrierTracking>,
) -> Result<Json<StaffShipment>, Problem> {
    shipping.staff_shipments().correct_tracking(id, &tracking).await.map(Json)
}

/// Mark a shipment as delivered
///
/// An order is delivered when all of its shipments are. A repeated request changes nothing.
#[utoipa::path(
    post, path = "/api/v1/shipments/{id}/deliver", tag = "shipping", operation_id = "deliver_shipment",
    params(("id" = ShipmentId, Path)),
    responses(
        (status = 200, body = StaffShipment),
        (status = 404, description = "`not-found`", body = Problem),
        (status = 409, description = "`shipment-unchangeable`: it has not left or is cancelled", body = Problem),
    ),
)]
pub async fn deliver_shipment(
    State(shipping): Service,
    Path(id): Path<ShipmentId>,
) -> Result<Json<StaffShipment>, Problem> {
    shipping.staff_shipments().deliver(id).await.map(Json)
}

/// Ship a part of a shipment apart
///
/// Returns the new shipment with these items. Both have to be packed afterwards. A repeated request with the same idempotency
/// key returns the same shipment.
#[utoipa::path(
    post, path = "/api/v1/shipments/{id}/split", tag = "shipping", operation_id = "split_shipment",
    params(("id" = ShipmentId, Path),
        ("Idempotency-Key" = String, Header, description = "A new key for each split, 1 to 128 printable characters")),
    request_body = ShipmentSplit,
    responses(
        (status = 200, body = StaffShipment),
        (status = 404, description = "`not-found`", body = Problem),
        (status = 409, description = "`shipment-unchangeable`: it has left, is cancelled, or its carrier reports by itself",
            body = Problem),
        (status = 422, description = "`invalid-input`: these items are not a part of the shipment; `idempotency-key-reused`", body = Problem),
    ),
)]
pub async fn split_shipment(
    State(shipping): Service,
    principal: Principal,
    headers: HeaderMap,
    Path(id): Path<ShipmentId>,
    RawJson { bytes, value: split }: RawJson<ShipmentSplit>,
) -> Result<Json<StaffShipment>, Problem> {
    let scope = IdempotencyScope::of(principal.subject.to_string(), "split-shipment", &headers)?;
    let request = IdempotentRequest::new(scope, id.to_string().as_bytes(), &bytes);
    shipping.staff_shipments().split(id, &split.lines, &request).await.map(Json)
}

/// Cancel a shipment and put its items into another one of its order
///
/// A shipment that has left cannot be cancelled, nor can the only open one of an order: cancel the order instead.
#[utoipa::path(
    post, path = "/api/v1/shipments/{id}/cancel", tag = "shipping", operation_id = "merge_shipment",
    params(("id" = ShipmentId, Path)),
    responses(
        (status = 200, body = StaffShipment),
        (status = 404, description = "`not-found`", body = Problem),
        (status = 409, description = "`shipment-unchangeable`: it has left, or is the only open one", body = Problem),
    ),
)]
pub async fn merge_shipment(
    State(shipping): Service,
    Path(id): Path<ShipmentId>,
) -> Result<Json<StaffShipment>, Problem> {
    shipping.staff_shipments().merge(id).await.map(Json)
}

/// List the shipments of an order
#[utoipa::path(
    get, path = "/internal/orders/{id}/shipments", tag = "shipping", operation_id = "list_order_shipments",
    params(("id" = OrderId, Path)),
    responses((status = 200, body = OrderShipments)),
)]
pub async fn list_order_shipments(
    State(shipping): Service,
    Path(id): Path<OrderId>,
) -> Result<Json<OrderShipments>, Problem> {
    let items = shipping.staff_shipments().of_order(id).await?.into_iter().map(crate::shipment::Shipment::view);
    Ok(Json(OrderShipments { items: items.collect() }))
}
