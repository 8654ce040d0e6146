//! Reviews and votes of accounts.

use super::account;
use crate::reviews::ReviewService;
use axum::extract::State;
use chassis::StatusCode;
use chassis::auth::Principal;
use chassis::http::{Json, Path};
use chassis::problem::Problem;
use contracts::ReviewId;
use contracts::ratings::{ReviewDraft, ReviewView};

/// Write or change the caller's review of a product
///
/// The state of the review tells if it is published. A review by an author whom staff have flagged for this product is
/// pending until staff publish it.
#[utoipa::path(
    put, path = "/api/v1/products/{handle}/reviews/mine", tag = "ratings", operation_id = "write_review",
    params(("handle" = String, Path, description = "The handle of the product.")),
    request_body(content = ReviewDraft,
        example = json!({"score": 4, "title": "A good mug", "body": "Keeps coffee warm.", "author": "Ada"})),
    responses((status = 200, body = ReviewView), (status = 401, body = Problem), (status = 404, body = Problem),
        (status = 422, body = Problem))
)]
pub async fn write_review(
    State(service): State<ReviewService>,
    principal: Principal,
    Path(handle): Path<String>,
    Json(draft): Json<ReviewDraft>,
) -> Result<Json<ReviewView>, Problem> {
    let account = account(&principal)?;
    let review = service.submit(&handle, account, draft).await?;
    Ok(Json(review.view(Some(account))))
}

/// Delete the caller's review of a product
///
/// Deleting a missing review succeeds.
#[utoipa::path(
    delete, path = "/api/v1/products/{handle}/reviews/mine", tag = "ratings", operation_id = "delete_review",
    params(("handle" = String, Path, description = "The handle of the product.")),
    responses((status = 204), (status = 401, body = Problem), (status = 404, body = Problem))
)]
pub async fn delete_review(
    State(service): State<ReviewService>,
    principal: Principal,
    Path(handle): Path<String>,
) -> Result<StatusCode, Problem> {
    service.delete(&handle, account(&principal)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Mark a review as helpful
#[utoipa::path(
    post, path = "/api/v1/reviews/{id}/helpful", tag = "ratings", operation_id = "add_helpful_vote",
    params(("id" = ReviewId, Path, description = "The id of the review.")),
    responses((status = 204), (status = 401, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem, description = "own-review"))
)]
pub async fn add_helpful_vote(
    State(service): State<ReviewService>,
    principal: Principal,
    Path(review): Path<ReviewId>,
) -> Result<StatusCode, Problem> {
    service.vote(review, account(&principal)?, true).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Withdraw the caller's vote that a review is helpful
#[utoipa::path(
    delete, path = "/api/v1/reviews/{id}/helpful", tag = "ratings", operation_id = "remove_helpful_vote",
    params(("id" = ReviewId, Path, description = "The id of the review.")),
    responses((status = 204), (status = 401, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem, description = "own-review"))
)]
pub async fn remove_helpful_vote(
    State(service): State<ReviewService>,
    principal: Principal,
    Path(review): Path<ReviewId>,
) -> Result<StatusCode, Problem> {
    service.vote(review, account(&principal)?, false).await?;
    Ok(StatusCode::NO_CONTENT)
}
