//! Reviews to begin with, for demonstrations.

use super::Reviews;
use crate::review::Review;
use axum::extract::State;
use chassis::http::Json;
use chassis::problem::Problem;
use chassis::{SystemContext, StatusCode, secret};
use contracts::ratings::{ReviewSeed, ReviewState};
use contracts::{AccountId, ReviewId};

/// How many come at once.
const MOST: usize = 1000;

/// Adds reviews by made-up authors; what is there already stays as it is.
#[utoipa::path(
    post, path = "/internal/reviews/seed", tag = "ratings", operation_id = "seed_reviews",
    request_body = Vec<ReviewSeed>, responses((status = 204), (status = 422, body = Problem))
)]
pub async fn seed(State(state): State<Reviews>, Json(seeds): Json<Vec<ReviewSeed>>) -> Result<StatusCode, Problem> {
    if seeds.len() > MOST {
        return Err(Problem::invalid("", format!("must be at most {MOST} reviews")));
    }
    let reviews: Vec<Review> = seeds.into_iter().map(|seed| review(seed, &state.system)).collect();
    state.store.seed(&reviews).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn review(seed: ReviewSeed, system: &SystemContext) -> Review {
    let now = system.now();
    Review {
        id: ReviewId(system.id()),
        product_id: seed.product_id,
        account_id: made_up(seed.author.as_str()),
        author: seed.author.into_string(),
        score: seed.score,
        title: seed.title.into_string(),
        body: seed.body.into_string(),
        verified: seed.verified,
        helpful: 0,
        created_at: seed.created_at.map_or(now, |written| written.min(now)),
        state: ReviewState::Published,
    }
}

/// The account of a made-up author: a UUID of version 8 (RFC 9562), which no real account has.
fn made_up(author: &str) -> AccountId {
    let digest = secret::sha256(format!("ratings/seed/{author}").as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    AccountId(uuid::Builder::from_custom_bytes(bytes).into_uuid())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_made_up_author_is_the_same_each_time_and_nobody_real() {
        assert_eq!(made_up("Ada"), made_up("Ada"));
        assert_ne!(made_up("Ada"), made_up("Bea"));
        assert_eq!(made_up("Ada").0.get_version_num(), 8);
    }
}
