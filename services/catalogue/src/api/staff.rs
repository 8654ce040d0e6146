//! What the people of the shop do.

use crate::catalogue::{Catalogue, promotion_of};
use axum::extract::State;
use axum::http::StatusCode;
use chassis::Problem;
use chassis::auth::Principal;
use chassis::http::{Json, Path, Query};
use chassis::page::{self, Page};
use contracts::catalogue::{
    Benefit, CategoryDraft, ProductDraft, ProductView, Promotion, PromotionDraft, Shop, TaxRate,
};
use serde::Deserialize;
use std::collections::HashSet;

/// The shop's settings
#[utoipa::path(get, path = "/api/v1/shop", tag = "catalogue", responses((status = 200, body = Shop)))]
pub async fn shop(State(catalogue): State<Catalogue>) -> Result<Json<Shop>, Problem> {
    catalogue.shop().await.map(Json)
}

/// Change the shop's settings
#[utoipa::path(put, path = "/api/v1/shop", tag = "catalogue", request_body = Shop,
    responses((status = 200, body = Shop), (status = 409, body = Problem)))]
pub async fn write_shop(State(catalogue): State<Catalogue>, Json(shop): Json<Shop>) -> Result<Json<Shop>, Problem> {
    if shop.name.trim().is_empty() || shop.name.chars().count() > 120 {
        return Err(Problem::invalid("/name", "must have 1 to 120 characters"));
    }
    if shop.locale.is_empty()
        || shop.locale.len() > 35
        || !shop.locale.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    {
        return Err(Problem::invalid("/locale", "is a BCP 47 tag such as en-GB"));
    }
    // Whether this is a demonstration is decided at the start, not here.
    let demo = catalogue.shop().await?.demo;
    catalogue.write_shop(Shop { demo, ..shop }).await.map(Json)
}

/// Make or change a category
#[utoipa::path(put, path = "/api/v1/categories/{handle}", tag = "catalogue", params(("handle" = String, Path)),
    request_body = CategoryDraft, responses((status = 204), (status = 422, body = Problem)))]
pub async fn write_category(
    State(catalogue): State<Catalogue>,
    Path(handle): Path<String>,
    Json(draft): Json<CategoryDraft>,
) -> Result<StatusCode, Problem> {
    catalogue.write_category(&handle, &draft).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Make or change a product
///
/// `stock` counts for SKUs that are new; the stock of others changes by adjustments.
#[utoipa::path(put, path = "/api/v1/products/{handle}", tag = "catalogue", params(("handle" = String, Path)),
    request_body = ProductDraft,
    responses((status = 200, body = ProductView), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn write_product(
    State(catalogue): State<Catalogue>,
    principal: Principal,
    Path(handle): Path<String>,
    Json(draft): Json<ProductDraft>,
) -> Result<Json<ProductView>, Problem> {
    catalogue.write_product(&handle, draft, &principal.subject.to_string()).await?;
    catalogue.view(&handle, true).await.map(Json)
}

/// Remove a product
#[utoipa::path(delete, path = "/api/v1/products/{handle}", tag = "catalogue", params(("handle" = String, Path)),
    responses((status = 204), (status = 404, body = Problem)))]
pub async fn remove_product(
    State(catalogue): State<Catalogue>,
    Path(handle): Path<String>,
) -> Result<StatusCode, Problem> {
    catalogue.remove_product(&handle).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// All tax rates
#[utoipa::path(get, path = "/api/v1/tax-rates", tag = "catalogue", responses((status = 200, body = Vec<TaxRate>)))]
pub async fn tax_rates(State(catalogue): State<Catalogue>) -> Result<Json<Vec<TaxRate>>, Problem> {
    Ok(Json(catalogue.products.tax_rates().await?))
}

/// Put these tax rates in place of all others
#[utoipa::path(put, path = "/api/v1/tax-rates", tag = "catalogue", request_body = Vec<TaxRate>,
    responses((status = 200, body = Vec<TaxRate>), (status = 422, body = Problem)))]
pub async fn write_tax_rates(
    State(catalogue): State<Catalogue>,
    Json(rates): Json<Vec<TaxRate>>,
) -> Result<Json<Vec<TaxRate>>, Problem> {
    if rates.len() > 5000 {
        return Err(Problem::invalid("", "at most 5000 rates"));
    }
    let mut seen = HashSet::new();
    for (index, rate) in rates.iter().enumerate() {
        if !seen.insert((rate.country, rate.class.as_str())) {
            return Err(Problem::invalid(format!("/{index}"), "the same country and class are there twice"));
        }
    }
    catalogue.write_tax_rates(&rates).await?;
    Ok(Json(rates))
}

/// Where a list begins.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ListParameters {
    /// Where the page begins
    cursor: Option<String>,
    /// How many, at most 100
    limit: Option<u32>,
}

/// All promotions
#[utoipa::path(get, path = "/api/v1/promotions", tag = "catalogue", params(ListParameters),
    responses((status = 200, body = Page<Promotion>), (status = 422, body = Problem)))]
pub async fn promotions(
    State(catalogue): State<Catalogue>,
    Query(parameters): Query<ListParameters>,
) -> Result<Json<Page<Promotion>>, Problem> {
    let limit = page::limit(parameters.limit, 50, 100)?;
    let after: String = parameters.cursor.as_deref().map_or(Ok(String::new()), page::decode)?;
    let drafts = catalogue.products.promotions(&after, limit + 1).await?;
    let codes: Vec<&str> = drafts.iter().map(|(code, _)| code.as_str()).collect();
    let uses = catalogue.stock.promotion_uses(&codes).await?;
    let used = |code: &str| uses.get(code).copied().unwrap_or(0);
    let found: Vec<Promotion> = drafts
        .into_iter()
        .map(|(code, draft)| (used(&code), code, draft))
        .map(|(used, code, draft)| promotion_of(code, draft, used))
        .collect();
    Ok(Json(Page::cut(found, limit, |promotion| promotion.code.clone())))
}

/// Make or change a promotion
#[utoipa::path(put, path = "/api/v1/promotions/{code}", tag = "catalogue", params(("code" = String, Path)),
    request_body = PromotionDraft, responses((status = 200, body = Promotion), (status = 422, body = Problem)))]
pub async fn write_promotion(
    State(catalogue): State<Catalogue>,
    Path(code): Path<contracts::SingleLineText<40>>,
    Json(draft): Json<PromotionDraft>,
) -> Result<Json<Promotion>, Problem> {
    let currency = catalogue.shop().await?.currency;
    if let Benefit::Fixed { amount } = draft.benefit
        && (amount.currency != currency || amount.amount <= 0)
    {
        return Err(Problem::invalid("/benefit/amount", format!("must be more than nothing, in {currency}")));
    }
    if draft.min_subtotal.is_some_and(|least| least.currency != currency || least.amount < 0) {
        return Err(Problem::invalid("/min_subtotal", format!("must not be negative, in {currency}")));
    }
    let code = code.as_str().to_uppercase();
    catalogue.products.write_promotion(&code, &draft).await?;
    let used = catalogue.promotion_used(&code).await?;
    Ok(Json(promotion_of(code, draft, used)))
}
