//! Stock, for the people of the shop.

use crate::catalogue::Catalogue;
use crate::store::Which;
use axum::extract::State;
use axum::http::HeaderMap;
use chassis::Problem;
use chassis::auth::Principal;
use chassis::http::{Json, Path, Query};
use chassis::idempotency::{JsonResponse, IdempotencyScope, IdempotentRequest, RawJson};
use chassis::page::{self, Page};
use contracts::Sku;
use contracts::catalogue::{StockAdjustment, StockChange, StockLevel, StockRecord, StockThreshold};
use serde::Deserialize;

/// The most that one adjustment changes, and the highest threshold.
const MOST: i64 = 10_000_000;

/// Which levels to list.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct LevelParameters {
    /// Only those of which little is left
    #[serde(default)]
    low: bool,
    /// Only those of which more is promised than is there
    #[serde(default)]
    short: bool,
    /// Where the page begins
    cursor: Option<String>,
    /// How many, at most 100
    limit: Option<u32>,
}

/// Stock by SKU: all, what is low, or what is short
#[utoipa::path(get, path = "/api/v1/stock", tag = "catalogue", params(LevelParameters),
    responses((status = 200, body = Page<StockLevel>), (status = 422, body = Problem)))]
pub async fn levels(
    State(catalogue): State<Catalogue>,
    Query(parameters): Query<LevelParameters>,
) -> Result<Json<Page<StockLevel>>, Problem> {
    let which = match (parameters.low, parameters.short) {
        (false, false) => Which::All,
        (true, false) => Which::Low,
        (false, true) => Which::Short,
        (true, true) => {
            return Err(Problem::invalid("short", "ask for what is low or for what is short, not for both"));
        }
    };
    let limit = page::limit(parameters.limit, 50, 100)?;
    let after: Option<Sku> = parameters.cursor.as_deref().map(page::decode).transpose()?;
    catalogue.stock_levels(which, after.as_ref(), limit).await.map(Json)
}

/// The stock of a SKU
#[utoipa::path(get, path = "/api/v1/stock/{sku}", tag = "catalogue", params(("sku" = String, Path)),
    responses((status = 200, body = StockRecord), (status = 404, body = Problem)))]
pub async fn stock(State(catalogue): State<Catalogue>, Path(sku): Path<Sku>) -> Result<Json<StockRecord>, Problem> {
    catalogue.stock_record(sku).await.map(Json)
}

/// Where a history begins.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct HistoryParameters {
    /// Where the page begins
    cursor: Option<String>,
    /// How many, at most 100
    limit: Option<u32>,
}

/// The history of a SKU's stock
///
/// The newest change first, each with what is on hand after it: the sum of all changes so far.
#[utoipa::path(get, path = "/api/v1/stock/{sku}/history", tag = "catalogue",
    params(("sku" = String, Path), HistoryParameters),
    responses((status = 200, body = Page<StockChange>), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn history(
    State(catalogue): State<Catalogue>,
    Path(sku): Path<Sku>,
    Query(parameters): Query<HistoryParameters>,
) -> Result<Json<Page<StockChange>>, Problem> {
    let limit = page::limit(parameters.limit, 50, 100)?;
    let before: Option<i64> = parameters.cursor.as_deref().map(page::decode).transpose()?;
    catalogue.stock_history(&sku, before, limit).await.map(Json)
}

/// Correct the stock of a SKU
///
/// A correction that takes away what is promised to orders is refused unless it is forced. Sent again under the same key
/// it gets the same answer and changes nothing.
#[utoipa::path(post, path = "/api/v1/stock/{sku}/adjustments", tag = "catalogue",
    params(("sku" = String, Path), ("Idempotency-Key" = String, Header, description = "1 to 128 printable characters")),
    request_body = StockAdjustment,
    responses((status = 200, body = StockRecord), (status = 404, body = Problem), (status = 409, body = Problem),
        (status = 422, body = Problem)))]
pub async fn adjust(
    State(catalogue): State<Catalogue>,
    principal: Principal,
    Path(sku): Path<Sku>,
    headers: HeaderMap,
    RawJson { bytes, value: adjustment }: RawJson<StockAdjustment>,
) -> Result<JsonResponse, Problem> {
    if !(-MOST..=MOST).contains(&adjustment.change) {
        return Err(Problem::invalid("/change", format!("must be between -{MOST} and {MOST}")));
    }
    let author = principal.subject.to_string();
    let scope = IdempotencyScope::of(author.clone(), "adjust-stock", &headers)?;
    let request = IdempotentRequest::new(scope, sku.as_str().as_bytes(), &bytes);
    catalogue.adjust(sku, adjustment, &author, &request).await
}

/// Set at which level a SKU counts as low
#[utoipa::path(put, path = "/api/v1/stock/{sku}/threshold", tag = "catalogue", params(("sku" = String, Path)),
    request_body = StockThreshold,
    responses((status = 200, body = StockLevel), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn set_threshold(
    State(catalogue): State<Catalogue>,
    Path(sku): Path<Sku>,
    Json(StockThreshold { low_at }): Json<StockThreshold>,
) -> Result<Json<StockLevel>, Problem> {
    if low_at.is_some_and(|level| !(0..=MOST).contains(&level)) {
        return Err(Problem::invalid("/low_at", format!("must be between 0 and {MOST}, or null")));
    }
    catalogue.set_threshold(sku, low_at).await.map(Json)
}
