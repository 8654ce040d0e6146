//! What ratings says.

use crate::{SingleLineText, ProductId, MultilineText, ReviewId};
use chassis::{ProblemKind, StatusCode};
use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

/// Whether a review is helpful is for others to say, not for its author.
pub const OWN_REVIEW: ProblemKind = ProblemKind::new(StatusCode::CONFLICT, "own-review", "Your own review");

/// One to five stars.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = u8, minimum = 1, maximum = 5)]
pub struct Score(u8);

impl Score {
    /// A score, when the number is one.
    pub const fn new(stars: u8) -> Option<Self> {
        if stars >= 1 && stars <= 5 { Some(Self(stars)) } else { None }
    }

    /// The number of stars.
    pub const fn get(self) -> u8 {
        self.0
    }
}

impl<'de> Deserialize<'de> for Score {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let stars = i64::deserialize(deserializer)?;
        u8::try_from(stars)
            .ok()
            .and_then(Self::new)
            .ok_or_else(|| serde::de::Error::custom("a score is a whole number from 1 to 5"))
    }
}

/// What customers think of a product, in a number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Rating {
    /// The product.
    pub product_id: ProductId,
    /// The average with two decimals, computed exactly and rounded half to even; null without reviews.
    #[schema(example = "4.27")]
    pub average: Option<String>,
    /// How many published reviews there are.
    pub count: u64,
}

/// Ratings of several products.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Ratings {
    /// One for each product asked for.
    pub items: Vec<Rating>,
}

/// What customers think of a product, by stars.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RatingSummary {
    /// The average with two decimals.
    pub average: Option<String>,
    /// How many published reviews there are.
    pub count: u64,
    /// How many gave one star, two, … five.
    pub histogram: [u64; 5],
}

/// Where a review stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReviewState {
    /// Everybody sees it.
    Published,
    /// A person of the shop will look at it first.
    Pending,
    /// Not shown.
    Rejected,
}

/// A review.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReviewView {
    /// Its id.
    pub id: ReviewId,
    /// Who wrote it, as they want to be called.
    pub author: String,
    /// The stars.
    pub score: Score,
    /// Its headline.
    pub title: String,
    /// Its text.
    pub body: String,
    /// Whether the author bought the product here.
    pub verified: bool,
    /// How many found it helpful.
    pub helpful: u64,
    /// When it was written.
    pub created_at: Timestamp,
    /// Whether the caller wrote it.
    pub mine: bool,
    /// Where it stands.
    pub state: ReviewState,
}

/// Reviews of a product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReviewPage {
    /// The reviews.
    pub items: Vec<ReviewView>,
    /// Pass it as `cursor` to get the next page.
    pub next_cursor: Option<String>,
    /// All published reviews, in numbers.
    pub summary: RatingSummary,
}

/// Writes a review, or changes the one written before.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReviewDraft {
    /// The stars.
    pub score: Score,
    /// Its headline.
    pub title: SingleLineText<120>,
    /// Its text.
    #[serde(default)]
    pub body: MultilineText<5000>,
    /// What the author wants to be called.
    pub author: SingleLineText<60>,
}

/// Decides about a review.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Moderation {
    /// What becomes of it.
    pub state: ReviewState,
}

/// A review as staff see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReviewForModeration {
    /// The review.
    #[serde(flatten)]
    pub review: ReviewView,
    /// The product it is about.
    pub product_id: ProductId,
}

/// A review to begin with, for demonstrations: its author is made up.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReviewSeed {
    /// The product.
    pub product_id: ProductId,
    /// What the made-up author is called; the same name is the same author.
    pub author: SingleLineText<60>,
    /// The stars.
    pub score: Score,
    /// Its headline.
    pub title: SingleLineText<120>,
    /// Its text.
    #[serde(default)]
    pub body: MultilineText<5000>,
    /// Whether it is shown as by a buyer.
    #[serde(default)]
    pub verified: bool,
    /// When it was written; now when missing or in the future.
    #[serde(default)]
    pub created_at: Option<Timestamp>,
}
