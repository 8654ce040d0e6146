//! What the people of the shop do with money.

use crate::checkout::{Checkout, answered};
use crate::idempotency::KeyState;
use crate::payment::{self, Payment};
use crate::store::{Balance, IdempotentRequest, Recorded};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use chassis::auth::Principal;
use chassis::http::{Json, Path, Query};
use chassis::idempotency::{JsonResponse, IdempotencyScope, RawJson};
use chassis::page::{self, Page};
use chassis::{Problem, problem};
use contracts::PaymentId;
use contracts::payment::{
    GatewayBalance, NOT_POSSIBLE_NOW, PaymentDetails, PayoutDay, PayoutReceived, OperationResolution, TransferReceived,
};
use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Deserialize;

/// How many days a report tells at most.
const MOST_DAYS: i32 = 366;
/// What a payout comes to at most, in minor units: sums of them stay far within what the books can count.
const LARGEST_PAYOUT: u64 = 1_000_000_000_000;

/// A payment with all commands to gateways
#[utoipa::path(get, path = "/api/v1/payments/{id}/details", tag = "payment", operation_id = "payment_details",
    params(("id" = PaymentId, Path)), responses((status = 200, body = PaymentDetails), (status = 404, body = Problem)))]
pub async fn details(
    State(checkout): State<Checkout>,
    Path(id): Path<PaymentId>,
) -> Result<Json<PaymentDetails>, Problem> {
    Ok(Json(checkout.find(id).await?.details()))
}

/// Which payments.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PaymentParameters {
    /// Only that of the order with this number
    order_number: Option<String>,
    /// Only those whose customer is to transfer the money
    #[serde(default)]
    awaiting_transfer: bool,
    /// Where the page begins
    cursor: Option<String>,
    /// How many are looked at, at most 100
    limit: Option<u32>,
}

/// Payments with all commands to gateways, the oldest first
///
/// Of those that are looked at for a page only what was asked for is in it: a page may be empty and not the last.
#[utoipa::path(get, path = "/api/v1/payments", tag = "payment", operation_id = "payments", params(PaymentParameters),
    responses((status = 200, body = Page<PaymentDetails>), (status = 422, body = Problem)))]
pub async fn payments(
    State(checkout): State<Checkout>,
    Query(parameters): Query<PaymentParameters>,
) -> Result<Json<Page<PaymentDetails>>, Problem> {
    let (limit, store) = (page::limit(parameters.limit, 50, 100)?, &checkout.engine().store);
    let after: Option<PaymentId> = parameters.cursor.as_deref().map(page::decode).transpose()?;
    let found = match (&parameters.order_number, parameters.awaiting_transfer) {
        (Some(number), _) => store.of_number(number).await?.into_iter().collect(),
        (None, true) => store.in_state(payment::State::Payable, after, limit + 1).await?,
        (None, false) => store.after(after, limit + 1).await?,
    };
    let page = Page::cut(found, limit, |payment| payment.id);
    let wanted = |payment: &&Payment| !parameters.awaiting_transfer || payment.awaited_transfer().is_some();
    let items = page.items.iter().filter(wanted).map(Payment::details).collect();
    Ok(Json(Page { items, next_cursor: page.next_cursor }))
}

fn render(payment: &Payment) -> (u16, Vec<u8>) {
    (StatusCode::OK.as_u16(), serde_json::to_vec(&payment.details()).unwrap_or_default())
}

/// Takes the key for a request about a payment; the answer when it was given before.
async fn begin(checkout: &Checkout, id: PaymentId, key: &IdempotentRequest) -> Result<Option<JsonResponse>, Problem> {
    let engine = checkout.engine();
    let now = engine.system.now();
    checkout.find(id).await?;
    match engine.store.look_up(key, now).await? {
        KeyState::Fresh => {
            engine.store.attach(id, key, now).await?;
            Ok(None)
        }
        KeyState::Resumed(_) => Ok(None),
        known => answered(known).map(Some),
    }
}

/// Gives the payment's answer. What was refused is not kept, so that it can be tried again under the same key.
async fn end(checkout: &Checkout, key: &IdempotentRequest, changed: Result<Payment, Problem>) -> Result<JsonResponse, Problem> {
    match changed {
        Ok(payment) => JsonResponse::json(StatusCode::OK, &payment.details()),
        Err(problem) => {
            checkout.engine().store.let_go(&key.scope).await?;
            Err(problem)
        }
    }
}

/// Say how a command ended that could not be found out
#[utoipa::path(post, path = "/api/v1/payments/{id}/attempts/{number}/resolve", tag = "payment", operation_id = "resolve_attempt",
    params(("id" = PaymentId, Path), ("number" = u32, Path), ("Idempotency-Key" = String, Header, description = "A new one for each resolution")),
    request_body = OperationResolution,
    responses((status = 200, body = PaymentDetails), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub async fn resolve(
    State(checkout): State<Checkout>,
    principal: Principal,
    headers: HeaderMap,
    Path((id, number)): Path<(PaymentId, u32)>,
    body: RawJson<OperationResolution>,
) -> Result<JsonResponse, Problem> {
    let by = principal.subject.to_string();
    let scope = IdempotencyScope::of(by.clone(), "resolve", &headers)?;
    let about = [id.0.as_bytes().as_slice(), &number.to_be_bytes()].concat();
    let key = IdempotentRequest::new(scope, &about, &body.bytes);
    if let Some(answer) = begin(&checkout, id, &key).await? {
        return Ok(answer);
    }
    let changed = checkout.engine().resolve(id, number, &body.value, &by, (&key.scope, &render)).await;
    end(&checkout, &key, changed).await
}

/// Say that the money for an order has arrived by bank transfer
#[utoipa::path(post, path = "/api/v1/payments/{id}/transfers", tag = "payment", operation_id = "receive_transfer",
    params(("id" = PaymentId, Path), ("Idempotency-Key" = String, Header, description = "A new one for each transfer")),
    request_body = TransferReceived,
    responses((status = 200, body = PaymentDetails), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub async fn receive(
    State(checkout): State<Checkout>,
    principal: Principal,
    headers: HeaderMap,
    Path(id): Path<PaymentId>,
    body: RawJson<TransferReceived>,
) -> Result<JsonResponse, Problem> {
    let scope = IdempotencyScope::of(principal.subject.to_string(), "transfer", &headers)?;
    let key = IdempotentRequest::new(scope, id.0.as_bytes(), &body.bytes);
    if let Some(answer) = begin(&checkout, id, &key).await? {
        return Ok(answer);
    }
    let changed = checkout.engine().receive(id, &body.value, (&key.scope, &render)).await;
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

/// What each gateway holds for the shop, per currency
#[utoipa::path(get, path = "/api/v1/balances", tag = "payment", operation_id = "balances",
    responses((status = 200, body = Vec<GatewayBalance>)))]
pub async fn balances(State(checkout): State<Checkout>) -> Result<Json<Vec<GatewayBalance>>, Problem> {
    let balances = checkout.engine().store.balances().await?;
    Ok(Json(balances.into_iter().map(balance).collect()))
}

/// Which days.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PayoutParameters {
    /// The first day (UTC); thirty days ago when not said
    #[param(value_type = Option<String>, format = Date)]
    from: Option<Date>,
    /// The last day; today when not said
    #[param(value_type = Option<String>, format = Date)]
    to: Option<Date>,
}

/// What moved at each gateway, day by day, and what it is to pay out
#[utoipa::path(get, path = "/api/v1/payouts", tag = "payment", operation_id = "payouts", params(PayoutParameters),
    responses((status = 200, body = Vec<PayoutDay>), (status = 422, body = Problem)))]
pub async fn payouts(
    State(checkout): State<Checkout>,
    Query(parameters): Query<PayoutParameters>,
) -> Result<Json<Vec<PayoutDay>>, Problem> {
    let today = checkout.engine().system.now().to_zoned(TimeZone::UTC).date();
    let to = parameters.to.unwrap_or(today);
    let from = parameters.from.unwrap_or_else(|| to.saturating_sub(30.days()));
    let days = from.until(to).map_or(-1, |span| span.get_days());
    if !(0..=MOST_DAYS).contains(&days) {
        return Err(Problem::invalid("/from", "must lie before `to`, and by a year at most"));
    }
    let rows = checkout.engine().store.days(from, to.saturating_add(1.day())).await?;
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
    Ok(Json(rows.into_iter().map(day).collect()))
}

/// Record that a gateway's payout has arrived
///
/// Once per gateway and reference: recorded again, it changes nothing. A negative amount under a reference of its own takes
/// back what was recorded by mistake.
#[utoipa::path(post, path = "/api/v1/payouts", tag = "payment", operation_id = "record_payout", request_body = PayoutReceived,
    responses((status = 204), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn record_payout(
    State(checkout): State<Checkout>,
    Json(payout): Json<PayoutReceived>,
) -> Result<StatusCode, Problem> {
    if payout.amount.is_zero() || payout.amount.amount.unsigned_abs() > LARGEST_PAYOUT {
        return Err(Problem::invalid("/amount/amount", "must be an amount that a bank would move"));
    }
    if checkout.engine().gateways.get(payout.gateway.as_str()).is_none() {
        return Err(problem::NOT_FOUND.detail("There is no such gateway."));
    }
    let engine = checkout.engine();
    match engine.store.record_payout(&payout, engine.system.now()).await? {
        Recorded::New | Recorded::Same => Ok(StatusCode::NO_CONTENT),
        Recorded::Other => Err(NOT_POSSIBLE_NOW.detail("Another amount is recorded under this reference.")),
    }
}
