//! Demo reviews, added by the command line.

use crate::reviews::ReviewService;
use axum::extract::State;
use chassis::StatusCode;
use chassis::http::Json;
use chassis::problem::Problem;
use contracts::ratings::ReviewSeed;

/// Add demo reviews by fictitious authors
///
/// Existing reviews are not changed.
#[utoipa::path(
    post, path = "/internal/reviews/seed", tag = "ratings", operation_id = "seed_reviews",
    request_body = Vec<ReviewSeed>,
    responses((status = 204), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 422, body = Problem))
)]
pub async fn seed_reviews(
    State(service): State<ReviewService>,
    Json(seeds): Json<Vec<ReviewSeed>>,
) -> Result<StatusCode, Problem> {
    service.seed(seeds).await?;
    Ok(StatusCode::NO_CONTENT)
}
