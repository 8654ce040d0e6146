//! Internal operations, called by dispatch.

use crate::checkout::Checkout;
use axum::extract::State;
use chassis::http::{Json, Path};
use chassis::{Problem, problem};
use contracts::OrderId;
use contracts::payment::{AwaitedTransfer, CommandRequest, CommandResponse, MoneyCommand, OrderRecord};

/// Get an order as recorded at checkout
#[utoipa::path(get, path = "/internal/orders/{id}", tag = "payment", operation_id = "get_order_record", params(("id" = OrderId, Path)),
    responses((status = 200, body = OrderRecord), (status = 404, body = Problem)))]
pub async fn get_order_record(
    State(checkout): State<Checkout>,
    Path(id): Path<OrderId>,
) -> Result<Json<OrderRecord>, Problem> {
    let payment = checkout.engine().store.find_by_order(id).await?;
    let record = payment.and_then(|payment| payment.record());
    record.map(Json).ok_or_else(|| problem::NOT_FOUND.detail("Order not found."))
}

/// Get the bank transfer awaited for an order
#[utoipa::path(get, path = "/internal/orders/{id}/transfer", tag = "payment", operation_id = "get_awaited_transfer",
    params(("id" = OrderId, Path)), responses((status = 200, body = AwaitedTransfer), (status = 404, body = Problem)))]
pub async fn get_awaited_transfer(
    State(checkout): State<Checkout>,
    Path(id): Path<OrderId>,
) -> Result<Json<AwaitedTransfer>, Problem> {
    let payment = checkout.engine().store.find_by_order(id).await?;
    let awaited = payment.and_then(|payment| payment.awaited_transfer());
    awaited.map(Json).ok_or_else(|| problem::NOT_FOUND.detail("No transfer is awaited for this order."))
}

/// Capture, refund or undo an order's payment
#[utoipa::path(post, path = "/internal/orders/{id}/commands", tag = "payment", operation_id = "execute_money_command",
    params(("id" = OrderId, Path)), request_body = CommandRequest,
    responses((status = 200, body = CommandResponse), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn execute_money_command(
    State(checkout): State<Checkout>,
    Path(id): Path<OrderId>,
    Json(request): Json<CommandRequest>,
) -> Result<Json<CommandResponse>, Problem> {
    let amount = match request.command {
        MoneyCommand::Capture { amount } => amount,
        MoneyCommand::Refund { amount } => Some(amount),
        MoneyCommand::Undo => None,
    };
    // `Money` may be negative, which would turn a refund into a charge.
    if amount.is_some_and(|amount| amount.amount < 0) {
        return Err(Problem::invalid("/command/amount", "must not be negative"));
    }
    checkout.engine().command(id, &request).await.map(Json)
}
