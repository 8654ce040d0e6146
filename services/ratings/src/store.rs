//! What ratings asks of a database.

pub mod mysql;
pub mod sqlite;
mod stored;
mod tables;

use crate::review::{Review, Standing, Unverified};
use crate::tally::Tally;
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

/// What comes first in a list of reviews.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReviewSort {
    /// The newest.
    #[default]
    Newest,
    /// What most people found helpful.
    Helpful,
}

/// A place in a list: behind the review with this key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// What the list is sorted by: microseconds since 1970, or how many found it helpful.
    pub by: i64,
    /// The review, which decides among equals.
    pub id: ReviewId,
}

/// Asks for reviews of a product: the published ones, and the reader's own in any state.
#[derive(Debug, Clone, Copy)]
pub struct Listing {
    /// The product.
    pub product: ProductId,
    /// Who reads.
    pub reader: Option<AccountId>,
    /// What comes first.
    pub sort: ReviewSort,
    /// Where to go on.
    pub after: Option<Position>,
    /// How many at most.
    pub limit: usize,
}

/// A review as its author sends it.
#[derive(Debug, Clone)]
pub struct Writing {
    /// The id it gets when it is the first of this account on this product.
    pub id: ReviewId,
    /// The product.
    pub product: ProductId,
    /// The author.
    pub account: AccountId,
    /// What it says.
    pub draft: ReviewDraft,
    /// What becomes of it when the author did not buy the product.
    pub policy: Unverified,
    /// Now.
    pub at: Timestamp,
}

impl Writing {
    /// The account's first review of the product.
    pub fn first(&self, standing: Standing) -> Review {
        Review {
            id: self.id,
            product_id: self.product,
            account_id: self.account,
            author: self.draft.author.as_str().to_owned(),
            score: self.draft.score,
            title: self.draft.title.as_str().to_owned(),
            body: self.draft.body.as_str().to_owned(),
            verified: standing.bought,
            helpful: 0,
            created_at: self.at,
            state: self.policy.state(standing),
        }
    }
}

/// What became of a word on whether a review is helpful.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Vote {
    /// It counts, once.
    Taken,
    /// The review is the voter's own; nothing was changed.
    Own,
    /// There is no such review for the voter to see.
    Unknown,
}

/// What an account has received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Purchase {
    /// The account.
    pub buyer: AccountId,
    /// The order.
    pub order: OrderId,
    /// The products in it.
    pub products: Vec<ProductId>,
}

/// What became of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It has taken effect now.
    Applied,
    /// It had taken effect before; nothing was changed.
    Repeated,
}

/// Keeps reviews, what they add up to, and who bought what. Each method is one atomic unit of work.
#[async_trait]
pub trait Store: Check {
    /// What the published reviews of these products add up to; a product without any may be missing.
    async fn tallies(&self, products: &[ProductId]) -> Result<HashMap<ProductId, Tally>, StoreError>;

    /// Reviews of a product.
    async fn reviews(&self, listing: &Listing) -> Result<Vec<Review>, StoreError>;

    /// Reviews in one state, of all products, by the date of their first writing: pending ones from the one that waits
    /// longest, others from the newest.
    async fn in_state(
        &self,
        state: ReviewState,
        after: Option<Position>,
        limit: usize,
    ) -> Result<Vec<Review>, StoreError>;

    /// Writes the account's review of the product, or changes the one written before.
    async fn write(&self, writing: &Writing) -> Result<Review, StoreError>;

    /// Deletes the account's review of the product, if there is one.
    async fn delete(&self, product: ProductId, account: AccountId) -> Result<(), StoreError>;

    /// Notes whether the voter finds the review helpful; a second time changes nothing.
    async fn vote(&self, review: ReviewId, voter: AccountId, helpful: bool) -> Result<Vote, StoreError>;

    /// Sets the state of a review, and whether its author is watched from now on; none when there is no such review.
    async fn moderate(&self, review: ReviewId, state: ReviewState, at: Timestamp)
    -> Result<Option<Review>, StoreError>;

    /// Adds these reviews, each unless there is one of its account and product.
    async fn seed(&self, reviews: &[Review]) -> Result<(), StoreError>;

    /// Carries out `event`, which tells of this purchase: it is remembered, and what the buyer wrote becomes verified.
    async fn record(&self, event: &Event, purchase: &Purchase) -> Result<Outcome, StoreError>;
}
