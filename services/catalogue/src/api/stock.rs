//! Stock levels, their history and adjustments, for staff.

use crate::catalogue::Catalogue;
use crate::store::{StockFilter, StockSelection};
use axum::extract::State;
use axum::http::HeaderMap;
use chassis::Problem;
use chassis::auth::Principal;
use chassis::http::{Json, Path, Query};
use chassis::idempotency::{IdempotencyScope, IdempotentRequest, JsonResponse, RawJson};
use chassis::page::{self, Page};
use contracts::Sku;
use contracts::catalogue::{StockAdjustment, StockChange, StockLevel, StockRecord, StockThreshold};
use serde::Deserialize;

/// The largest change of one adjustment, and the highest threshold, in units.
const MAX_UNITS: i64 = 10_000_000;
/// The longest text that is searched for, in bytes: that of a SKU.
const MAX_QUERY: usize = 255;

/// Selects a page of stock levels.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct StockParameters {
    /// Return only SKUs whose available quantity has fallen to their threshold
    #[serde(default)]
    low: bool,
    /// Return only SKUs with more units reserved than on hand
    #[serde(default)]
    shortfall: bool,
    /// Return only SKUs that begin with this text, as it is written, in upper case or in lower case
    #[param(max_length = 255)]
    q: Option<String>,
    /// The `next_cursor` of the previous page
    cursor: Option<String>,
    /// The maximum number of SKUs, at most 100
    limit: Option<u32>,
}

/// List stock levels
#[utoipa::path(get, path = "/api/v1/stock", tag = "catalogue", params(StockParameters),
    responses((status = 200, body = Page<StockLevel>),
        (status = 422, body = Problem, description = "`invalid-input`")))]
pub async fn list_stock(
    State(catalogue): State<Catalogue>,
    Query(parameters): Query<StockParameters>,
) -> Result<Json<Page<StockLevel>>, Problem> {
    let filter = match (parameters.low, parameters.shortfall) {
        (false, false) => StockFilter::All,
        (true, false) => StockFilter::Low,
        (false, true) => StockFilter::Shortfall,
        // Each filter has its own index; nothing would use the combination.
        (true, true) => return Err(Problem::invalid("shortfall", "cannot be combined with low")),
    };
    let limit = page::limit(parameters.limit, 50, 100)?;
    // Cursors are encoded keys, so a page stays correct when levels change between requests.
    let after: Option<Sku> = parameters.cursor.as_deref().map(page::decode).transpose()?;
    let selection = StockSelection { filter, prefixes: sku_prefixes(&parameters.q.unwrap_or_default())? };
    catalogue.stock_levels(&selection, after.as_ref(), limit).await.map(Json)
}

/// Returns the writings of the beginning of a SKU that are looked up. The case of SKUs is distinguished, but people often do not
/// type it.
fn sku_prefixes(text: &str) -> Result<Vec<String>, Problem> {
    let text = text.trim();
    if text.len() > MAX_QUERY {
        return Err(Problem::invalid("q", format!("must have at most {MAX_QUERY} bytes")));
    }
    let mut prefixes = vec![text.to_owned(), text.to_uppercase(), text.to_lowercase()];
    prefixes.sort_unstable();
    prefixes.dedup();
    prefixes.retain(|prefix| !prefix.is_empty());
    Ok(prefixes)
}

/// Get the stock of a SKU
///
/// The response includes the latest ten changes.
#[utoipa::path(get, path = "/api/v1/stock/{sku}", tag = "catalogue", params(("sku" = String, Path)),
    responses((status = 200, body = StockRecord), (status = 404, body = Problem, description = "`unknown-sku`")))]
pub async fn get_stock(State(catalogue): State<Catalogue>, Path(sku): Path<Sku>) -> Result<Json<StockRecord>, Problem> {
    catalogue.stock_record(sku).await.map(Json)
}

/// Selects a page of the history.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct HistoryParameters {
    /// The `next_cursor` of the previous page
    cursor: Option<String>,
    /// The maximum number of changes, at most 100
    limit: Option<u32>,
}

/// List the stock history of a SKU
///
/// Returns the changes, newest first, each with the quantity on hand after it.
#[utoipa::path(get, path = "/api/v1/stock/{sku}/history", tag = "catalogue",
    params(("sku" = String, Path), HistoryParameters),
    responses((status = 200, body = Page<StockChange>),
        (status = 404, body = Problem, description = "`unknown-sku`"),
        (status = 422, body = Problem, description = "`invalid-input`")))]
pub async fn list_stock_history(
    State(catalogue): State<Catalogue>,
    Path(sku): Path<Sku>,
    Query(parameters): Query<HistoryParameters>,
) -> Result<Json<Page<StockChange>>, Problem> {
    let limit = page::limit(parameters.limit, 50, 100)?;
    let before: Option<i64> = parameters.cursor.as_deref().map(page::decode).transpose()?;
    catalogue.stock_history(&sku, before, limit).await.map(Json)
}

/// Adjust the stock of a SKU
///
/// An adjustment that would remove units reserved for orders is rejected unless `force` is set. A repeated request with
/// the same idempotency key changes nothing and returns the stored response.
#[utoipa::path(post, path = "/api/v1/stock/{sku}/adjustments", tag = "catalogue",
    params(("sku" = String, Path),
        ("Idempotency-Key" = String, Header, description = "A new key for each adjustment, 1 to 128 printable characters")),
    request_body(content = StockAdjustment,
        example = json!({ "change": 24, "kind": "received", "note": "Delivery 2025-117" })),
    responses((status = 200, body = StockRecord),
        (status = 404, body = Problem, description = "`unknown-sku`"),
        (status = 409, body = Problem, description = "`conflict`: it would remove reserved units, or leave less than 0"),
        (status = 422, body = Problem, description = "`invalid-input` or `idempotency-key-reused`")))]
pub async fn adjust_stock(
    State(catalogue): State<Catalogue>,
    principal: Principal,
    Path(sku): Path<Sku>,
    headers: HeaderMap,
    RawJson { bytes, value: adjustment }: RawJson<StockAdjustment>,
) -> Result<JsonResponse, Problem> {
    if !(-MAX_UNITS..=MAX_UNITS).contains(&adjustment.change) {
        return Err(Problem::invalid("/change", format!("must be between -{MAX_UNITS} and {MAX_UNITS}")));
    }
    let author = principal.subject.to_string();
    let scope = IdempotencyScope::of(author.clone(), "adjust-stock", &headers)?;
    // The SKU is part of the digest: the same key and body for another SKU is another request.
    let request = IdempotentRequest::new(scope, sku.as_str().as_bytes(), &bytes);
    catalogue.adjust(sku, adjustment, &author, &request).await
}

/// Set the low-stock threshold of a SKU
#[utoipa::path(put, path = "/api/v1/stock/{sku}/threshold", tag = "catalogue", params(("sku" = String, Path)),
    request_body(content = StockThreshold, example = json!({ "low_at": 10 })),
    responses((status = 200, body = StockLevel),
        (status = 404, body = Problem, description = "`unknown-sku`"),
        (status = 422, body = Problem, description = "`invalid-input`")))]
pub async fn set_stock_threshold(
    State(catalogue): State<Catalogue>,
    Path(sku): Path<Sku>,
    Json(StockThreshold { low_at }): Json<StockThreshold>,
) -> Result<Json<StockLevel>, Problem> {
    if low_at.is_some_and(|level| !(0..=MAX_UNITS).contains(&level)) {
        return Err(Problem::invalid("/low_at", format!("must be between 0 and {MAX_UNITS}, or null")));
    }
    catalogue.set_threshold(sku, low_at).await.map(Json)
}
