//! The HTTP operations of the ratings service.

mod moderation;
mod reading;
mod seed;
mod writing;

use crate::reviews::ReviewService;
use chassis::auth::{Principal, Subject};
use chassis::problem::Problem;
use contracts::AccountId;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Builds the routes of all operations.
pub fn routes() -> OpenApiRouter<ReviewService> {
    OpenApiRouter::new()
        .routes(routes!(reading::list_ratings))
        .routes(routes!(reading::list_reviews))
        .routes(routes!(writing::write_review, writing::delete_review))
        .routes(routes!(writing::add_helpful_vote, writing::remove_helpful_vote))
        .routes(routes!(moderation::list_reviews_for_moderation))
        .routes(routes!(moderation::moderate_review))
        .routes(routes!(seed::seed_reviews))
}

/// Returns the account of an authenticated caller.
fn account(principal: &Principal) -> Result<AccountId, Problem> {
    principal.account().map(AccountId)
}

/// Returns the account of a reader. Guests and API keys have none, so no review of their own.
fn reader(caller: Option<&Principal>) -> Option<AccountId> {
    match caller?.subject {
        Subject::Account(id) => Some(AccountId(id)),
        Subject::Guest(_) | Subject::ApiKey(_) => None,
    }
}
