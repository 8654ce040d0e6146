//! Operations for staff: payments, transfers, balances and payouts.

use crate::checkout::{Checkout, replay};
use crate::engine::ResponseSink;
use crate::idempotency::KeyState;
use crate::payment::{self, Payment};
use crate::store::{Balance, IdempotentRequest, PayoutOutcome};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use chassis::auth::Principal;
use chassis::http::{Json, Path, Query};
use chassis::idempotency::{IdempotencyScope, JsonResponse, RawJson};
use chassis::page::{self, Page};
use chassis::{Problem, problem};
use contracts::PaymentId;
use contracts::payment::{
    GatewayBalance, GatewayBalances, NOT_POSSIBLE_NOW, OperationResolution, PaymentDetails, PayoutDay, PayoutDays,
    PayoutReceived, TransferReceived,
};
use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Deserialize;

/// The maximum number of days in a report.
const MAX_REPORT_DAYS: i32 = 366;
/// The maximum amount of a payout, in minor units. Sums stay far below the limit of the ledger's 64-bit amounts.
const MAX_PAYOUT: u64 = 1_000_000_000_000;

/// Get a payment with all its operations
#[utoipa::path(get, path = "/api/v1/payments/{id}/details", tag = "payment", operation_id = "get_payment_details",
    params(("id" = PaymentId, Path)), responses((status = 200, body = PaymentDetails), (status = 404, body = Problem)))]
pub async fn get_payment_details(
    State(checkout): State<Checkout>,
    Path(id): Path<PaymentId>,
) -> Result<Json<PaymentDetails>, Problem> {
    Ok(Json(checkout.find(id).await?.details()))
}

/// The query parameters of `list_payments`.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PaymentParameters {
    /// Only the payment of the order with this number
    order_number: Option<String>,
    /// Only payments that await a bank transfer
    #[serde(default)]
    awaiting_transfer: bool,
    /// The `next_cursor` of the previous page
    cursor: Option<String>,
    /// The number of payments to examine, 50 by default and at most 100
    limit: Option<u32>,
}

/// List payments with all their operations
///
/// The oldest come first. Filters apply to the payments examined for a page, so a page may be empty without being the
/// last.
#[utoipa::path(get, path = "/api/v1/payments", tag = "payment", operation_id = "list_payments", params(PaymentParameters),
    responses((status = 200, body = Page<PaymentDetails>), (status = 422, body = Problem)))]
pub async fn list_payments(
    State(checkout): State<Checkout>,
    Query(parameters): Query<PaymentParameters>,
) -> Result<Json<Page<PaymentDetails>>, Problem> {
    let (limit, store) = (page::limit(parameters.limit, 50, 100)?, &checkout.engine().store);
    let after: Option<PaymentId> = parameters.cursor.as_deref().map(page::decode).transpose()?;
    let found = match (&parameters.order_number, parameters.awaiting_transfer) {
        (Some(number), _) => store.find_by_order_number(number).await?.into_iter().collect(),
        (None, true) => store.list_in_state(payment::State::Payable, after, limit + 1).await?,
        (None, false) => store.list_after(after, limit + 1).await?,
    };
    // One payment more than requested was read, which shows if there is a next page.
    let page = Page::cut(found, limit, |payment| payment.id);
    let matches = |payment: &&Payment| !parameters.awaiting_transfer || payment.awaited_transfer().is_some();
    let items = page.items.iter().filter(matches).map(Payment::details).collect();
    Ok(Json(Page { items, next_cursor: page.next_cursor }))
}

fn render(payment: &Payment) -> (u16, Vec<u8>) {
    (StatusCode::OK.as_u16(), serde_json::to_vec(&payment.details()).unwrap_or_default())
}

/// Claims the idempotency key of a request about a payment; returns the stored response if there is one.
async fn begin(checkout: &Checkout, id: PaymentId, key: &IdempotentRequest) -> Result<Option<JsonResponse>, Problem> {
    let engine = checkout.engine();
    let now = engine.system.now();
    // Checked before the key is stored, so that a wrong id does not use it up.
    checkout.find(id).await?;
    match engine.store.look_up(key, now).await? {
        KeyState::Fresh => {
            engine.store.attach(id, key, now).await?;
            Ok(None)
        }
        KeyState::Resumed(_) => Ok(None),
        known => replay(known).map(Some),
    }
}

/// Responds with the changed payment. Problems are not stored, so that the request can be repeated with the same key.
async fn end(
    checkout: &Checkout,
    key: &IdempotentRequest,
    changed: Result<Payment, Problem>,
) -> Result<JsonResponse, Problem> {
    match changed {
        Ok(payment) => JsonResponse::json(StatusCode::OK, &payment.details()),
        Err(problem) => {
            checkout.engine().store.release_key(&key.scope).await?;
            Err(problem)
        }
    }
}

/// Resolve an operation that needs attention
#[utoipa::path(post, path = "/api/v1/payments/{id}/operations/{number}/resolve", tag = "payment", operation_id = "resolve_payment_operation",
    params(("id" = PaymentId, Path), ("number" = u32, Path), ("Idempotency-Key" = String, Header, description = "A new key for each resolution")),
    request_body = OperationResolution,
    responses((status = 200, body = PaymentDetails), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub async fn resolve_payment_operation(
    State(checkout): State<Checkout>,
    principal: Principal,
    headers: HeaderMap,
    Path((id, number)): Path<(PaymentId, u32)>,
    body: RawJson<OperationResolution>,
) -> Result<JsonResponse, Problem> {
    let by = principal.subject.to_string();
    let scope = IdempotencyScope::of(by.clone(), "resolve", &headers)?;
    // The digest covers the path as well, so that the key cannot be reused for another operation.
    let about = [id.0.as_bytes().as_slice(), &number.to_be_bytes()].concat();
    let key = IdempotentRequest::new(scope, &about, &body.bytes);
    if let Some(response) = begin(&checkout, id, &key).await? {
        return Ok(response);
    }
    let changed = checkout
        .engine()
        .resolve(id, number, &body.value, &by, ResponseSink { key: &key.scope, render: &render })
        .await;
    end(&checkout, &key, changed).await
}

/// Record a bank transfer for an order
#[utoipa::path(post, path = "/api/v1/payments/{id}/transfers", tag = "payment", operation_id = "record_transfer",
    params(("id" = PaymentId, Path), ("Idempotency-Key" = String, Header, description = "A new key for each transfer")),
    request_body = TransferReceived,
    responses((status = 200, body = PaymentDetails), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub async fn record_transfer(
    State(checkout): State<Checkout>,
    principal: Principal,
    headers: HeaderMap,
    Path(id): Path<PaymentId>,
    body: RawJson<TransferReceived>,
) -> Result<JsonResponse, Problem> {
    let scope = IdempotencyScope::of(principal.subject.to_string(), "transfer", &headers)?;
    let key = IdempotentRequest::new(scope, id.0.as_bytes(), &body.bytes);
    if let Some(response) = begin(&checkout, id, &key).await? {
        return Ok(response);
    }
    let changed =
        checkout.engine().receive_transfer(id, &body.value, ResponseSink { key: &key.scope, render: &render }).await;
    end(&checkout, &key, changed).await
}

fn balance(of: Balance) -> GatewayBalance {
    let money = |amount: i64| of.currency.minor(amount);
    GatewayBalance {
        captured: money(of.captured()),
        refunded: money(of.refunded),
        charged_back: money(of.charged_back),
        paid_out: money(of.paid_out),
        owed: money(of.owed),
        gateway: of.gateway,
    }
}

/// List gateway balances per currency
#[utoipa::path(get, path = "/api/v1/balances", tag = "payment", operation_id = "list_balances",
    responses((status = 200, body = GatewayBalances)))]
pub async fn list_balances(State(checkout): State<Checkout>) -> Result<Json<GatewayBalances>, Problem> {
    let balances = checkout.engine().store.balances().await?;
    Ok(Json(GatewayBalances { items: balances.into_iter().map(balance).collect() }))
}

/// The query parameters of `list_payouts`.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PayoutParameters {
    /// The first day (UTC); thirty days ago by default
    #[param(value_type = Option<String>, format = Date)]
    from: Option<Date>,
    /// The last day (UTC); today by default
    #[param(value_type = Option<String>, format = Date)]
    to: Option<Date>,
}

/// List daily totals and expected payouts per gateway
#[utoipa::path(get, path = "/api/v1/payouts", tag = "payment", operation_id = "list_payouts", params(PayoutParameters),
    responses((status = 200, body = PayoutDays), (status = 422, body = Problem)))]
pub async fn list_payouts(
    State(checkout): State<Checkout>,
    Query(parameters): Query<PayoutParameters>,
) -> Result<Json<PayoutDays>, Problem> {
    let today = checkout.engine().system.now().to_zoned(TimeZone::UTC).date();
    let to = parameters.to.unwrap_or(today);
    let from = parameters.from.unwrap_or_else(|| to.saturating_sub(30.days()));
    let days = from.until(to).map_or(-1, |span| span.get_days());
    if !(0..=MAX_REPORT_DAYS).contains(&days) {
        return Err(Problem::invalid("/from", "must be at most one year before `to`"));
    }
    let rows = checkout.engine().store.daily_balances(from, to.saturating_add(1.day())).await?;
    let day = |(day, of): (Date, Balance)| {
        let money = |amount: i64| of.currency.minor(amount);
        PayoutDay {
            day,
            captured: money(of.captured()),
            refunded: money(of.refunded),
            charged_back: money(of.charged_back),
            paid_out: money(of.paid_out),
            net: money(of.captured() - of.refunded - of.charged_back),
            gateway: of.gateway,
        }
    };
    Ok(Json(PayoutDays { items: rows.into_iter().map(day).collect() }))
}

/// Record a gateway payout
///
/// A payout is recorded once per gateway and reference; repeating it has no effect. To correct a mistake, record a negative
/// amount with a new reference.
#[utoipa::path(post, path = "/api/v1/payouts", tag = "payment", operation_id = "record_payout", request_body = PayoutReceived,
    responses((status = 204), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn record_payout(
    State(checkout): State<Checkout>,
    Json(payout): Json<PayoutReceived>,
) -> Result<StatusCode, Problem> {
    if payout.amount.is_zero() || payout.amount.amount.unsigned_abs() > MAX_PAYOUT {
        return Err(Problem::invalid("/amount/amount", "must not be zero or exceed the maximum for a payout"));
    }
    // Catches typing errors, which would create a balance for a gateway that does not exist.
    if checkout.engine().gateways.get(payout.gateway.as_str()).is_none() {
        return Err(problem::NOT_FOUND.detail("Gateway not found."));
    }
    let engine = checkout.engine();
    match engine.store.record_payout(&payout, engine.system.now()).await? {
        PayoutOutcome::Recorded | PayoutOutcome::AlreadyRecorded => Ok(StatusCode::NO_CONTENT),
        PayoutOutcome::Conflict => {
            Err(NOT_POSSIBLE_NOW.detail("A different amount is already recorded under this reference."))
        }
    }
}
