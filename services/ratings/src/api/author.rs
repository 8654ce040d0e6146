//! What accounts write: a review of each product, and whether others' are helpful.

use super::{Reviews, account};
use crate::store::{Vote, Writing};
use axum::extract::State;
use chassis::StatusCode;
use chassis::auth::Principal;
use chassis::http::{Json, Path};
use chassis::problem::{self, Problem};
use contracts::ReviewId;
use contracts::ratings::{OWN_REVIEW, ReviewDraft, ReviewView};

/// Writes the caller's review of a product, or changes the one written before.
///
/// Its state says whether others see it. What staff took out of sight waits for them after a change.
#[utoipa::path(
    put, path = "/api/v1/products/{handle}/reviews/mine", tag = "ratings", operation_id = "write_review",
    params(("handle" = String, Path, description = "The product's handle.")), request_body = ReviewDraft,
    responses((status = 200, body = ReviewView), (status = 404, body = Problem), (status = 422, body = Problem))
)]
pub async fn write(
    State(state): State<Reviews>,
    principal: Principal,
    Path(handle): Path<String>,
    Json(draft): Json<ReviewDraft>,
) -> Result<Json<ReviewView>, Problem> {
    let account = account(&principal)?;
    let product = state.products.find(&handle).await?;
    let writing = Writing {
        id: ReviewId(state.system.id()),
        product,
        account,
        draft,
        policy: state.settings.unverified,
        at: state.system.now(),
    };
    let review = state.store.write(&writing).await?;
    Ok(Json(review.view(Some(account))))
}

/// Deletes the caller's review of a product; without one, nothing happens.
#[utoipa::path(
    delete, path = "/api/v1/products/{handle}/reviews/mine", tag = "ratings", operation_id = "delete_review",
    params(("handle" = String, Path, description = "The product's handle.")),
    responses((status = 204), (status = 404, body = Problem))
)]
pub async fn delete(
    State(state): State<Reviews>,
    principal: Principal,
    Path(handle): Path<String>,
) -> Result<StatusCode, Problem> {
    let account = account(&principal)?;
    let product = state.products.find(&handle).await?;
    state.store.delete(product, account).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Says that a review is helpful; a second time changes nothing.
#[utoipa::path(
    post, path = "/api/v1/reviews/{id}/helpful", tag = "ratings", operation_id = "review_is_helpful",
    params(("id" = ReviewId, Path, description = "The review.")),
    responses((status = 204), (status = 404, body = Problem), (status = 409, body = Problem))
)]
pub async fn helpful(
    State(state): State<Reviews>,
    principal: Principal,
    Path(review): Path<ReviewId>,
) -> Result<StatusCode, Problem> {
    vote(&state, &principal, review, true).await
}

/// Takes back that a review is helpful; a second time changes nothing.
#[utoipa::path(
    delete, path = "/api/v1/reviews/{id}/helpful", tag = "ratings", operation_id = "review_is_not_helpful",
    params(("id" = ReviewId, Path, description = "The review.")),
    responses((status = 204), (status = 404, body = Problem), (status = 409, body = Problem))
)]
pub async fn not_helpful(
    State(state): State<Reviews>,
    principal: Principal,
    Path(review): Path<ReviewId>,
) -> Result<StatusCode, Problem> {
    vote(&state, &principal, review, false).await
}

async fn vote(state: &Reviews, principal: &Principal, review: ReviewId, helpful: bool) -> Result<StatusCode, Problem> {
    match state.store.vote(review, account(principal)?, helpful).await? {
        Vote::Taken => Ok(StatusCode::NO_CONTENT),
        Vote::Own => Err(OWN_REVIEW.detail("Whether your own review is helpful is for others to say.")),
        Vote::Unknown => Err(problem::NOT_FOUND.detail("There is no such review.")),
    }
}
