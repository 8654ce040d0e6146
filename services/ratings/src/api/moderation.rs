//! The moderation of reviews by staff.

use super::reader;
use crate::reviews::ReviewService;
use axum::extract::State;
use chassis::auth::Principal;
use chassis::http::{Json, Path, Query};
use chassis::page::Page;
use chassis::problem::Problem;
use contracts::ReviewId;
use contracts::ratings::{Moderation, ReviewForModeration, ReviewState, ReviewView};
use serde::Deserialize;

/// The state and the page of a list of reviews.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
pub struct ModerationQuery {
    /// The state of the reviews; `pending` by default.
    #[param(inline)]
    state: Option<ReviewState>,
    /// The `next_cursor` of the previous page.
    cursor: Option<String>,
    /// The maximum number of reviews, 1 to 100; 20 by default.
    limit: Option<u32>,
}

/// List the reviews in a state, of all products
///
/// Pending reviews are ordered oldest first, others newest first.
#[utoipa::path(
    get, path = "/api/v1/reviews", tag = "ratings", operation_id = "list_reviews_for_moderation",
    params(ModerationQuery),
    responses((status = 200, body = Page<ReviewForModeration>), (status = 401, body = Problem),
        (status = 403, body = Problem), (status = 422, body = Problem))
)]
pub async fn list_reviews_for_moderation(
    State(service): State<ReviewService>,
    principal: Principal,
    Query(query): Query<ModerationQuery>,
) -> Result<Json<Page<ReviewForModeration>>, Problem> {
    let state = query.state.unwrap_or(ReviewState::Pending);
    let page = service.in_state(state, query.cursor.as_deref(), query.limit).await?;
    let staff = reader(Some(&principal));
    let items = page.items.into_iter().map(|review| review.for_moderation(staff)).collect();
    Ok(Json(Page { items, next_cursor: page.next_cursor }))
}

/// Publish, reject or hold back a review
///
/// The author of a review that is not published is flagged: their next reviews of the product are pending until staff
/// publish them.
#[utoipa::path(
    put, path = "/api/v1/reviews/{id}/state", tag = "ratings", operation_id = "moderate_review",
    params(("id" = ReviewId, Path, description = "The id of the review.")),
    request_body(content = Moderation, example = json!({"state": "rejected"})),
    responses((status = 200, body = ReviewView), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 422, body = Problem))
)]
pub async fn moderate_review(
    State(service): State<ReviewService>,
    principal: Principal,
    Path(review): Path<ReviewId>,
    Json(moderation): Json<Moderation>,
) -> Result<Json<ReviewView>, Problem> {
    let review = service.moderate(review, moderation.state).await?;
    Ok(Json(review.view(reader(Some(&principal)))))
}
