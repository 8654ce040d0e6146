//! Lists and maintains promotions.

use crate::catalogue::{Catalogue, promotion_of};
use axum::extract::State;
use axum::http::StatusCode;
use chassis::http::{Json, Path, Query};
use chassis::page::{self, Page};
use chassis::{Problem, problem};
use contracts::SingleLineText;
use contracts::catalogue::{Benefit, Promotion, PromotionDraft};
use serde::Deserialize;

/// Selects a page of promotions.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PromotionParameters {
    /// The `next_cursor` of the previous page
    cursor: Option<String>,
    /// The maximum number of promotions, at most 100
    limit: Option<u32>,
}

/// List promotions
#[utoipa::path(get, path = "/api/v1/promotions", tag = "catalogue", params(PromotionParameters),
    responses((status = 200, body = Page<Promotion>), (status = 422, body = Problem, description = "`invalid-input`")))]
pub async fn list_promotions(
    State(catalogue): State<Catalogue>,
    Query(parameters): Query<PromotionParameters>,
) -> Result<Json<Page<Promotion>>, Problem> {
    let limit = page::limit(parameters.limit, 50, 100)?;
    let after: String = parameters.cursor.as_deref().map_or(Ok(String::new()), page::decode)?;
    // One more than requested tells whether there is another page.
    let drafts = catalogue.products.promotions(&after, limit + 1).await?;
    let codes: Vec<&str> = drafts.iter().map(|(code, _)| code.as_str()).collect();
    let uses = catalogue.stock.promotion_uses(&codes).await?;
    let promotions: Vec<Promotion> = drafts
        .into_iter()
        .map(|(code, draft)| {
            let used = uses.get(&code).copied().unwrap_or(0);
            promotion_of(code, draft, used)
        })
        .collect();
    Ok(Json(Page::cut(promotions, limit, |promotion| promotion.code.clone())))
}

/// Create or replace a promotion
#[utoipa::path(put, path = "/api/v1/promotions/{code}", tag = "catalogue",
    params(("code" = String, Path, description = "The code customers enter, regardless of case", example = "WELCOME10")),
    request_body = PromotionDraft,
    responses((status = 200, body = Promotion), (status = 422, body = Problem, description = "`invalid-input`")))]
pub async fn put_promotion(
    State(catalogue): State<Catalogue>,
    Path(code): Path<SingleLineText<40>>,
    Json(draft): Json<PromotionDraft>,
) -> Result<Json<Promotion>, Problem> {
    let currency = catalogue.shop().await?.currency;
    if let Benefit::Fixed { amount } = draft.benefit
        && (amount.currency != currency || amount.amount <= 0)
    {
        return Err(Problem::invalid("/benefit/amount", format!("must be a positive amount in {currency}")));
    }
    if draft.min_subtotal.is_some_and(|minimum| minimum.currency != currency || minimum.amount < 0) {
        return Err(Problem::invalid("/min_subtotal", format!("must be a non-negative amount in {currency}")));
    }
    let code = code.as_str().to_uppercase();
    catalogue.products.write_promotion(&code, &draft).await?;
    let used = catalogue.promotion_use_count(&code).await?;
    Ok(Json(promotion_of(code, draft, used)))
}

/// Delete a promotion
///
/// Orders that used it keep their discount. The uses of a code are still counted when it is created again.
#[utoipa::path(delete, path = "/api/v1/promotions/{code}", tag = "catalogue",
    params(("code" = String, Path, description = "The code customers enter, regardless of case", example = "WELCOME10")),
    responses((status = 204), (status = 404, body = Problem, description = "`not-found`")))]
pub async fn delete_promotion(
    State(catalogue): State<Catalogue>,
    Path(code): Path<SingleLineText<40>>,
) -> Result<StatusCode, Problem> {
    match catalogue.products.delete_promotion(&code.as_str().to_uppercase()).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(problem::NOT_FOUND.detail("There is no promotion with this code.")),
    }
}
