//! Use cases of reviews: reading, writing, voting, moderation and demo data.

use crate::products::ProductLookup;
use crate::review::Review;
use crate::store::codec::state_as_str;
use crate::store::{Position, ReviewQuery, ReviewSort, ReviewSubmission, Store, VoteOutcome};
use crate::{Settings, cursor};
use chassis::page::{self, Page};
use chassis::problem::{self, Problem};
use chassis::sqlite::micros;
use chassis::telemetry::metrics::Counter;
use chassis::{SystemContext, secret};
use contracts::ratings::{OWN_REVIEW, Rating, ReviewDraft, ReviewPage, ReviewSeed, ReviewState};
use contracts::{AccountId, ProductId, ReviewId};
use std::sync::Arc;

/// The maximum number of reviews in a request for demo data.
const MAX_SEEDS: usize = 1000;

/// The use cases of reviews.
#[derive(Clone)]
pub struct ReviewService {
    pub store: Arc<dyn Store>,
    pub products: ProductLookup,
    pub settings: Settings,
    pub system: SystemContext,
    pub submitted: Counter<1>,
}

/// A page of a product's reviews that a reader requests.
#[derive(Debug, Clone, Copy)]
pub struct ReviewPageRequest<'a> {
    /// The account of the reader, who also sees their own unpublished review.
    pub reader: Option<AccountId>,
    pub sort: ReviewSort,
    pub cursor: Option<&'a str>,
    pub limit: Option<u32>,
}

impl ReviewService {
    /// Returns the ratings of these products, in the same order.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn ratings(&self, products: &[ProductId]) -> Result<Vec<Rating>, Problem> {
        let summaries = self.store.rating_summaries(products).await?;
        let rating = |product: &ProductId| summaries.get(product).copied().unwrap_or_default().rating(*product);
        Ok(products.iter().map(rating).collect())
    }

    /// Returns a page of a product's reviews with the product's rating summary.
    ///
    /// # Errors
    /// 404 for an unknown product, 422 for an invalid cursor or limit.
    pub async fn page(&self, handle: &str, request: ReviewPageRequest<'_>) -> Result<ReviewPage, Problem> {
        let ReviewPageRequest { reader, sort, cursor, limit } = request;
        let limit = page::limit(limit, 10, 100)?;
        let after = cursor::decode(cursor, sort)?;
        // After the cheap checks, since the lookup may call catalogue.
        let product = self.products.find(handle).await?;
        // One more than the page holds tells if there is a next page.
        let query = ReviewQuery { product, reader, sort, after, limit: limit + 1 };
        let reviews = self.store.reviews(&query).await?;
        let summaries = self.store.rating_summaries(&[product]).await?;
        let page = Page::cut(reviews, limit, |review| cursor::encode(sort, position(sort, review)));
        Ok(ReviewPage {
            items: page.items.into_iter().map(|review| review.view(reader)).collect(),
            next_cursor: page.next_cursor,
            summary: summaries.get(&product).copied().unwrap_or_default().view(),
        })
    }

    /// Stores the account's review of a product, or changes the existing one.
    ///
    /// # Errors
    /// 404 for an unknown product.
    pub async fn submit(&self, handle: &str, account: AccountId, draft: ReviewDraft) -> Result<Review, Problem> {
        let submission = ReviewSubmission {
            // Used only for a first review; an edit keeps the id of the existing one.
            id: ReviewId(self.system.id()),
            product: self.products.find(handle).await?,
            account,
            draft,
            policy: self.settings.unverified,
            at: self.system.now(),
        };
        let review = self.store.submit_review(&submission).await?;
        self.submitted.add_one([state_as_str(review.state)]);
        Ok(review)
    }

    /// Deletes the account's review of a product. A missing review is no error, so that the request can be repeated.
    ///
    /// # Errors
    /// 404 for an unknown product.
    pub async fn delete(&self, handle: &str, account: AccountId) -> Result<(), Problem> {
        let product = self.products.find(handle).await?;
        Ok(self.store.delete_review(product, account).await?)
    }

    /// Records or withdraws an account's vote that a review is helpful.
    ///
    /// # Errors
    /// 404 for a review that the voter cannot see, 409 `own-review`.
    pub async fn vote(&self, review: ReviewId, voter: AccountId, helpful: bool) -> Result<(), Problem> {
        match self.store.vote(review, voter, helpful).await? {
            VoteOutcome::Recorded => Ok(()),
            VoteOutcome::OwnReview => Err(OWN_REVIEW.detail("You cannot vote on your own review.")),
            VoteOutcome::NotFound => Err(review_not_found()),
        }
    }

    /// Returns a page of the reviews in one state, of all products.
    ///
    /// # Errors
    /// 422 for an invalid cursor or limit.
    pub async fn in_state(
        &self,
        state: ReviewState,
        cursor: Option<&str>,
        limit: Option<u32>,
    ) -> Result<Page<Review>, Problem> {
        let limit = page::limit(limit, 20, 100)?;
        let after = cursor::decode(cursor, state)?;
        let reviews = self.store.reviews_in_state(state, after, limit + 1).await?;
        // All states are sorted by time, only the direction differs.
        Ok(Page::cut(reviews, limit, |review| cursor::encode(state, position(ReviewSort::Newest, review))))
    }

    /// Sets the state of a review on behalf of staff.
    ///
    /// # Errors
    /// 404 for an unknown review.
    pub async fn moderate(&self, review: ReviewId, state: ReviewState) -> Result<Review, Problem> {
        let moderated = self.store.moderate(review, state, self.system.now()).await?;
        moderated.ok_or_else(review_not_found)
    }

    /// Adds published reviews by fictitious authors. Existing reviews are not changed.
    ///
    /// # Errors
    /// 422 for more than 1000 reviews.
    pub async fn seed(&self, seeds: Vec<ReviewSeed>) -> Result<(), Problem> {
        if seeds.len() > MAX_SEEDS {
            return Err(Problem::invalid("", format!("must be at most {MAX_SEEDS} reviews")));
        }
        let reviews: Vec<Review> = seeds.into_iter().map(|seed| seeded_review(seed, &self.system)).collect();
        Ok(self.store.seed(&reviews).await?)
    }
}

fn review_not_found() -> Problem {
    problem::NOT_FOUND.detail("Review not found.")
}

fn position(sort: ReviewSort, review: &Review) -> Position {
    let by = match sort {
        ReviewSort::Newest => micros(review.created_at),
        ReviewSort::Helpful => i64::try_from(review.helpful).unwrap_or(i64::MAX),
    };
    Position { by, id: review.id }
}

fn seeded_review(seed: ReviewSeed, system: &SystemContext) -> Review {
    let now = system.now();
    Review {
        id: ReviewId(system.id()),
        product_id: seed.product_id,
        account_id: fictitious_account(seed.author.as_str()),
        author: seed.author.into_string(),
        score: seed.score,
        title: seed.title.into_string(),
        body: seed.body.into_string(),
        verified: seed.verified,
        helpful: 0,
        // A review from the future would stay on top of the list.
        created_at: seed.created_at.map_or(now, |written| written.min(now)),
        state: ReviewState::Published,
    }
}

/// Derives the account id of a fictitious author from the name, so that seeding twice adds nothing. Version 8 of
/// RFC 9562 keeps it apart from the ids of real accounts.
fn fictitious_account(author: &str) -> AccountId {
    let digest = secret::sha256(format!("ratings/seed/{author}").as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    AccountId(uuid::Builder::from_custom_bytes(bytes).into_uuid())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fictitious_author_has_a_stable_account_of_version_8() {
        assert_eq!(fictitious_account("Ada"), fictitious_account("Ada"));
        assert_ne!(fictitious_account("Ada"), fictitious_account("Bea"));
        assert_eq!(fictitious_account("Ada").0.get_version_num(), 8);
    }
}
