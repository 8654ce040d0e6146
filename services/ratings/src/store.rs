//! The store of reviews, rating summaries and purchases. Each method is one atomic unit of work.

pub(crate) mod codec;
mod data_migration;
pub mod mysql;
pub mod sqlite;

use crate::rating_summary::RatingSummary;
use crate::review::{AuthorStatus, Review, UnverifiedPolicy};
use async_trait::async_trait;
use chassis::StoreError;
use chassis::health::Check;
use contracts::ratings::{ReviewDraft, ReviewState};
use contracts::{AccountId, OrderId, ProductId, ReviewId};
use events::Event;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use utoipa::ToSchema;

/// The order of a list of reviews.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReviewSort {
    /// Newest reviews come first.
    #[default]
    Newest,
    /// Reviews with the most helpful votes come first.
    Helpful,
}

/// A position in a list: after the review with this key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// The sort key: microseconds since 1970, or the number of helpful votes.
    pub by: i64,
    /// The tie-breaker of equal sort keys.
    pub id: ReviewId,
}

/// A query for reviews of a product: the published ones, and the reader's own in any state.
#[derive(Debug, Clone, Copy)]
pub struct ReviewQuery {
    pub product: ProductId,
    pub reader: Option<AccountId>,
    pub sort: ReviewSort,
    pub after: Option<Position>,
    pub limit: usize,
}

/// A review as its author submits it.
#[derive(Debug, Clone)]
pub struct ReviewSubmission {
    /// The id of the review if the account has none of this product yet.
    pub id: ReviewId,
    pub product: ProductId,
    pub account: AccountId,
    pub draft: ReviewDraft,
    pub policy: UnverifiedPolicy,
    /// The time of the submission.
    pub at: Timestamp,
}

impl ReviewSubmission {
    /// Creates the account's first review of the product.
    pub fn first_review(&self, author_status: AuthorStatus) -> Review {
        Review {
            id: self.id,
            product_id: self.product,
            account_id: self.account,
            author: self.draft.author.as_str().to_owned(),
            score: self.draft.score,
            title: self.draft.title.as_str().to_owned(),
            body: self.draft.body.as_str().to_owned(),
            verified: author_status.bought,
            helpful: 0,
            created_at: self.at,
            state: self.policy.state(author_status),
        }
    }
}

/// The outcome of a vote that a review is helpful.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VoteOutcome {
    /// The vote counts once, however often it is repeated.
    Recorded,
    /// The voter is the author; nothing was changed.
    OwnReview,
    /// The review does not exist or is not published.
    NotFound,
}

/// The products that an account received in one order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Purchase {
    pub buyer: AccountId,
    pub order: OrderId,
    pub products: Vec<ProductId>,
}

/// The outcome of recording a purchase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordOutcome {
    /// The event took effect now.
    Applied,
    /// The event had taken effect before; nothing was changed.
    Duplicate,
}

/// Stores reviews, rating summaries and purchases.
#[async_trait]
pub trait Store: Check {
    /// Returns the rating summaries of these products. Products without reviews may be missing.
    async fn rating_summaries(&self, products: &[ProductId]) -> Result<HashMap<ProductId, RatingSummary>, StoreError>;

    /// Returns the reviews that match `query`, in its order.
    async fn reviews(&self, query: &ReviewQuery) -> Result<Vec<Review>, StoreError>;

    /// Returns reviews in one state, of all products, by the time of their first version: pending ones oldest first,
    /// others newest first.
    async fn reviews_in_state(
        &self,
        state: ReviewState,
        after: Option<Position>,
        limit: usize,
    ) -> Result<Vec<Review>, StoreError>;

    /// Inserts the account's review of the product, or updates the existing one.
    async fn submit_review(&self, submission: &ReviewSubmission) -> Result<Review, StoreError>;

    /// Deletes the account's review of the product, if there is one.
    async fn delete_review(&self, product: ProductId, account: AccountId) -> Result<(), StoreError>;

    /// Adds or removes the vote that a review is helpful; repeating it changes nothing.
    async fn vote(&self, review: ReviewId, voter: AccountId, helpful: bool) -> Result<VoteOutcome, StoreError>;

    /// Sets the state of a review and flags or unflags its author. Returns `None` for an unknown review.
    async fn moderate(&self, review: ReviewId, state: ReviewState, at: Timestamp)
    -> Result<Option<Review>, StoreError>;

    /// Adds reviews, except those whose account already has a review of the product.
    async fn seed(&self, reviews: &[Review]) -> Result<(), StoreError>;

    /// Records the purchase that `event` reports, and marks the buyer's reviews of the products as verified.
    async fn record_purchase(&self, event: &Event, purchase: &Purchase) -> Result<RecordOutcome, StoreError>;
}
