//! What staff see and decide.

use super::{Reviews, account, cursor};
use crate::store::Position;
use axum::extract::State;
use chassis::auth::Principal;
use chassis::http::{Json, Path, Query};
use chassis::page::{self, Page};
use chassis::problem::{self, Problem};
use chassis::sqlite::micros;
use contracts::ReviewId;
use contracts::ratings::{Moderation, ReviewForModeration, ReviewState, ReviewView};
use serde::Deserialize;

/// Which reviews.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
pub struct ModerationQuery {
    /// Where they stand; usually `pending`.
    #[param(inline)]
    state: Option<ReviewState>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
    /// How many, 1 to 100; usually 20.
    limit: Option<u32>,
}

/// Reviews of all products: pending ones from the one that waits longest, others from the newest.
#[utoipa::path(
    get, path = "/api/v1/reviews", tag = "ratings", operation_id = "reviews_for_moderation", params(ModerationQuery),
    responses((status = 200, body = Page<ReviewForModeration>), (status = 422, body = Problem))
)]
pub async fn list(
    State(state): State<Reviews>,
    principal: Principal,
    Query(query): Query<ModerationQuery>,
) -> Result<Json<Page<ReviewForModeration>>, Problem> {
    let limit = page::limit(query.limit, 20, 100)?;
    let standing = query.state.unwrap_or(ReviewState::Pending);
    let after = cursor::read(query.cursor.as_deref(), standing)?;
    let found = state.store.in_state(standing, after, limit + 1).await?;
    let page = Page::cut(found, limit, |review| {
        cursor::at(standing, Position { by: micros(review.created_at), id: review.id })
    });
    let reader = Some(account(&principal)?);
    let items = page.items.into_iter().map(|review| review.for_moderation(reader)).collect();
    Ok(Json(Page { items, next_cursor: page.next_cursor }))
}

/// Decides whether a review is shown. Whoever wrote one that is not waits for staff when they write about it again.
#[utoipa::path(
    put, path = "/api/v1/reviews/{id}/state", tag = "ratings", operation_id = "moderate_review",
    params(("id" = ReviewId, Path, description = "The review.")), request_body = Moderation,
    responses((status = 200, body = ReviewView), (status = 404, body = Problem), (status = 422, body = Problem))
)]
pub async fn decide(
    State(state): State<Reviews>,
    principal: Principal,
    Path(review): Path<ReviewId>,
    Json(moderation): Json<Moderation>,
) -> Result<Json<ReviewView>, Problem> {
    let staff = account(&principal)?;
    let decided = state.store.moderate(review, moderation.state, state.system.now()).await?;
    let decided = decided.ok_or_else(|| problem::NOT_FOUND.detail("There is no such review."))?;
    Ok(Json(decided.view(Some(staff))))
}
