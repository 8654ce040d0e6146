//! The ratings API: reviews of products and their averages.

use crate::{MultilineText, ProductId, ReviewId, SingleLineText};
use chassis::{ProblemKind, StatusCode};
use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

/// Authors cannot mark their own review as helpful.
pub const OWN_REVIEW: ProblemKind = ProblemKind::new(StatusCode::CONFLICT, "own-review", "Own review");

/// A rating of one to five stars.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = u8, minimum = 1, maximum = 5, example = 5)]
pub struct Score(u8);

impl Score {
    /// Creates a score, or returns `None` when the number is not in 1 to 5.
    pub const fn new(stars: u8) -> Option<Self> {
        if stars >= 1 && stars <= 5 { Some(Self(stars)) } else { None }
    }

    /// Returns the number of stars.
    pub const fn get(self) -> u8 {
        self.0
    }
}

impl<'de> Deserialize<'de> for Score {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Read as i64, so that any number out of range is reported with the allowed range, not with a Rust type.
        let stars = i64::deserialize(deserializer)?;
        u8::try_from(stars)
            .ok()
            .and_then(Self::new)
            .ok_or_else(|| serde::de::Error::custom("must be a whole number from 1 to 5"))
    }
}

/// The average rating of a product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Rating {
    /// The id of the rated product.
    pub product_id: ProductId,
    /// The average score with two decimals, rounded half to even; null without published reviews.
    // Text preserves both decimals, as in 4.50, and needs no floating-point number.
    #[schema(example = "4.27")]
    pub average: Option<String>,
    /// The number of published reviews.
    pub count: u64,
}

/// The average ratings of several products.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Ratings {
    /// One rating for each requested product.
    pub items: Vec<Rating>,
}

/// The average rating of a product with its distribution.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RatingSummary {
    /// The average score with two decimals, rounded half to even; null without published reviews.
    #[schema(example = "4.27")]
    pub average: Option<String>,
    /// The number of published reviews.
    pub count: u64,
    /// The number of published reviews with one, two, three, four and five stars.
    pub histogram: [u64; 5],
}

/// The moderation state of a review.
///
/// - `published`: visible to everybody and counted in the average
/// - `pending`: waiting for a decision by staff, visible to its author and staff only
/// - `rejected`: visible to its author and staff only
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReviewState {
    /// Visible to everybody and counted in the average.
    Published,
    /// Waiting for a decision by staff, visible to its author and staff only.
    Pending,
    /// Visible to its author and staff only.
    Rejected,
}

/// A review of a product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReviewView {
    /// The unique id of the review.
    pub id: ReviewId,
    /// The display name of the author.
    pub author: String,
    /// The score in stars, from 1 to 5.
    pub score: Score,
    /// The title of the review.
    pub title: String,
    /// The text of the review; may be empty.
    pub body: String,
    /// True if the author received the product in an order of this shop.
    pub verified: bool,
    /// The number of customers who found the review helpful.
    pub helpful: u64,
    /// The time when the review was first written (UTC, RFC 3339).
    pub created_at: Timestamp,
    /// True if the caller wrote the review.
    pub mine: bool,
    /// The moderation state of the review.
    pub state: ReviewState,
}

/// A page of reviews of a product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReviewPage {
    /// The reviews of this page.
    pub items: Vec<ReviewView>,
    /// The value of `cursor` for the next page; null on the last page.
    pub next_cursor: Option<String>,
    /// The average and distribution of all published reviews.
    pub summary: RatingSummary,
}

/// The caller's review of a product, to create or replace.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "score": 5,
    "title": "My favourite mug",
    "body": "The glaze is beautiful, and it keeps coffee warm for an hour.",
    "author": "Greta H."
}))]
pub struct ReviewDraft {
    /// The score in stars, from 1 to 5.
    pub score: Score,
    /// The title of the review, 1 to 120 characters.
    pub title: SingleLineText<120>,
    /// The text of the review, up to 5000 characters. Default: empty.
    #[serde(default)]
    pub body: MultilineText<5000>,
    /// The display name of the author, 1 to 60 characters.
    pub author: SingleLineText<60>,
}

/// A moderation decision about a review.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "state": "published" }))]
pub struct Moderation {
    /// The new moderation state of the review.
    pub state: ReviewState,
}

/// A review with its product, for staff.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReviewForModeration {
    /// The review to decide about.
    #[serde(flatten)]
    pub review: ReviewView,
    /// The id of the reviewed product.
    pub product_id: ProductId,
}

/// A review by an invented author, for demonstration shops.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReviewSeed {
    /// The id of the reviewed product.
    pub product_id: ProductId,
    /// The name of the invented author, 1 to 60 characters; equal names belong to one author.
    pub author: SingleLineText<60>,
    /// The score in stars, from 1 to 5.
    pub score: Score,
    /// The title of the review, 1 to 120 characters.
    pub title: SingleLineText<120>,
    /// The text of the review, up to 5000 characters. Default: empty.
    #[serde(default)]
    pub body: MultilineText<5000>,
    /// True to show the review as a verified purchase. Default: false.
    #[serde(default)]
    pub verified: bool,
    /// The time when the review was written (RFC 3339). Default, also for times in the future: now.
    #[serde(default)]
    pub created_at: Option<Timestamp>,
}
