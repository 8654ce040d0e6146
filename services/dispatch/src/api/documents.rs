//! The documents about an order, as PDF.

use super::ApiState;
use super::customers::LinkParameters;
use crate::documents::{self, InvoiceUnavailable, PdfFile};
use crate::messages;
use crate::order::Order;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use chassis::auth::OptionalPrincipal;
use chassis::http::{Path, Query};
use chassis::{Problem, problem};
use contracts::dispatch::{INVOICE_UNAVAILABLE, OrderShipment};
use contracts::{OrderId, ShipmentId};

/// Get the invoice of an order
///
/// The invoice of an order whose payment was captured, at least in part, in the language of the order.
#[utoipa::path(get, path = "/api/v1/orders/{id}/invoice", tag = "dispatch", operation_id = "get_invoice",
    params(("id" = OrderId, Path), LinkParameters),
    responses(
        (status = 200, description = "PDF", content_type = "application/pdf"),
        (status = 401, description = "`unauthenticated`: neither a session nor the order's link", body = Problem),
        (status = 404, description = "`not-found`", body = Problem),
        (status = 409, description = "`invoice-unavailable`", body = Problem),
    ))]
pub async fn get_invoice(
    State(state): State<ApiState>,
    OptionalPrincipal(caller): OptionalPrincipal,
    Path(id): Path<OrderId>,
    Query(link): Query<LinkParameters>,
) -> Result<Response, Problem> {
    let order = state.orders.find_visible(caller.as_ref(), link.token.as_deref(), id).await?;
    let seller = state.orders.content().seller();
    let invoice = in_background(move || documents::invoice(&order, seller.as_ref())).await?;
    let unavailable = |error| match error {
        InvoiceUnavailable::NotPaid => INVOICE_UNAVAILABLE.detail(messages::current().invoice_before_payment()),
        InvoiceUnavailable::NoSeller => INVOICE_UNAVAILABLE.detail(messages::current().invoice_without_seller()),
        InvoiceUnavailable::Pdf(error) => Problem::internal(error),
    };
    invoice.map(pdf).map_err(unavailable)
}

/// Get the packing slip of a shipment
///
/// It has the items and the delivery address and no prices, in the language of the order. Units that the customer has withdrawn
/// from are left out.
#[utoipa::path(get, path = "/api/v1/orders/{id}/shipments/{shipment_id}/packing-slip", tag = "dispatch",
    operation_id = "get_packing_slip",
    params(("id" = OrderId, Path), ("shipment_id" = ShipmentId, Path)),
    responses((status = 200, description = "PDF", content_type = "application/pdf"),
        (status = 404, description = "`not-found`", body = Problem)))]
pub async fn get_packing_slip(
    State(state): State<ApiState>,
    Path((id, shipment)): Path<(OrderId, ShipmentId)>,
) -> Result<Response, Problem> {
    let (order, shipment) = find_shipment(&state, id, shipment).await?;
    let shop = state.orders.content().name();
    let slip = in_background(move || documents::packing_slip(&order, &shipment, &shop)).await?;
    slip.map(pdf).map_err(Problem::internal)
}

/// Get the address label of a shipment
///
/// A label of 100 by 150 millimetres with the sender and the delivery address. It is no postage.
#[utoipa::path(get, path = "/api/v1/orders/{id}/shipments/{shipment_id}/label", tag = "dispatch",
    operation_id = "get_address_label",
    params(("id" = OrderId, Path), ("shipment_id" = ShipmentId, Path)),
    responses((status = 200, description = "PDF", content_type = "application/pdf"),
        (status = 404, description = "`not-found`", body = Problem)))]
pub async fn get_address_label(
    State(state): State<ApiState>,
    Path((id, shipment)): Path<(OrderId, ShipmentId)>,
) -> Result<Response, Problem> {
    let (order, shipment) = find_shipment(&state, id, shipment).await?;
    let (shop, seller) = (state.orders.content().name(), state.orders.content().seller());
    let label = in_background(move || documents::label(&order, &shipment, &shop, seller.as_ref())).await?;
    label.map(pdf).map_err(Problem::internal)
}

async fn find_shipment(state: &ApiState, id: OrderId, shipment: ShipmentId) -> Result<(Order, OrderShipment), Problem> {
    let missing = || problem::NOT_FOUND.detail(messages::current().no_such_order());
    let order = state.orders.store.find(id).await?.ok_or_else(missing)?;
    let found = order.live_shipments().find(|one| one.id == shipment).cloned();
    let found = found.ok_or_else(|| problem::NOT_FOUND.detail(messages::current().no_such_shipment()))?;
    Ok((order, found))
}

/// Writes a document on a thread for blocking work, since fonts are compressed into it.
async fn in_background<T: Send + 'static>(write: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
    tokio::task::spawn_blocking(write).await.map_err(Problem::internal)
}

fn pdf(file: PdfFile) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "application/pdf".to_owned()),
        (header::CONTENT_DISPOSITION, format!("inline; filename=\"{}\"", file.name)),
        // It names the customer.
        (header::CACHE_CONTROL, "private, no-store".to_owned()),
    ];
    (headers, file.bytes).into_response()
}
