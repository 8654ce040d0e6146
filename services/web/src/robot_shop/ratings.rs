//! Ratings of Robot Shop. They are reviews of the shop, which need an account; guests may rate in demo shops only.

use super::decimal::{self, Decimal};
use super::failure::Failure;
use super::session::{AccountSession, guest_token};
use super::{RobotShop, Shop};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use chassis::client::{CallError, segment};
use chassis::secret::sha256_hex;
use contracts::catalogue::PricedVariant;
use contracts::ratings::{Rating, Ratings, ReviewDraft, ReviewSeed, ReviewView, Score};
use contracts::{MultilineText, ProductId, SingleLineText};
use serde::Serialize;
use serde_json::{Value, json};

/// The average has two decimals.
const AVERAGE_EXPONENT: u32 = 2;

/// The average rating of a product. Without ratings both members are 0.
#[derive(Debug, Serialize)]
pub struct AverageRating {
    avg_rating: Decimal,
    rating_count: u64,
}

/// Returns the state of the ratings.
pub async fn health(State(shop): State<Shop>) -> (StatusCode, Json<Value>) {
    // Ratings answers for any id, of a product or not.
    let is_connected = shop.rating(ProductId(shop.system.id())).await.is_ok();
    let status = if is_connected { StatusCode::OK } else { StatusCode::BAD_REQUEST };
    (status, Json(json!({ "pdo_connectivity": is_connected })))
}

/// Returns the average rating of the product that a SKU belongs to.
pub async fn fetch(State(shop): State<Shop>, Path(sku): Path<String>) -> Result<Json<AverageRating>, Failure> {
    let rating = match shop.variant(&sku).await? {
        Some(variant) => shop.rating(variant.product_id).await?,
        None => None,
    };
    let (average, rating_count) = rating.and_then(|rating| Some((rating.average?, rating.count))).unwrap_or_default();
    // A text with two decimals.
    let avg_rating = Decimal::new(decimal::parse(&average, AVERAGE_EXPONENT).unwrap_or(0), AVERAGE_EXPONENT);
    Ok(Json(AverageRating { avg_rating, rating_count }))
}

/// Rates the product that a SKU belongs to, once per account, or once per guest in a demo shop.
pub async fn rate(
    State(shop): State<Shop>,
    Path((sku, score)): Path<(String, String)>,
    request: HeaderMap,
) -> Result<Json<Value>, Failure> {
    let score: i64 = score.parse().map_err(|_| Failure::bad_request("score must be a number"))?;
    let stars = u8::try_from(score.clamp(1, 5)).ok().and_then(Score::new);
    let score = stars.ok_or_else(|| Failure::bad_request("score must be a number"))?;
    let variant = shop.variant(&sku).await?.ok_or_else(|| Failure::not_found("SKU not found"))?;
    match shop.account(&request).await? {
        Some(session) => shop.review(&session, &variant, score).await?,
        None if shop.clients.catalogue.shop().await?.demo => shop.seed(&request, &variant, score).await?,
        None => {
            return Err(Failure { status: StatusCode::UNAUTHORIZED, text: "log in to rate".into() });
        }
    }
    Ok(Json(json!({ "success": true })))
}

impl RobotShop {
    async fn rating(&self, product: ProductId) -> Result<Option<Rating>, CallError> {
        let ratings: Ratings = self.clients.ratings.get(&format!("/api/v1/ratings?product={product}")).await?;
        Ok(ratings.items.into_iter().next())
    }

    /// Writes the account's review of a product, which replaces an earlier one.
    async fn review(&self, session: &AccountSession, variant: &PricedVariant, score: Score) -> Result<(), Failure> {
        let author =
            session.name.parse().map_err(|_| Failure::bad_request("this name cannot be shown with a rating"))?;
        let draft = ReviewDraft { score, title: title(score)?, body: MultilineText::default(), author };
        let path = format!("/api/v1/products/{}/reviews/mine", segment(&variant.handle));
        let client = self.clients.ratings.clone().with_headers(session.headers.clone());
        client.put::<ReviewView>(&path, &draft).await?;
        Ok(())
    }

    /// Adds a review by an invented author to a demo shop; the first one of each guest and product counts.
    async fn seed(&self, request: &HeaderMap, variant: &PricedVariant, score: Score) -> Result<(), Failure> {
        let digest = sha256_hex(guest_token(request).unwrap_or_default().as_bytes());
        let author = format!("Guest {}", digest.get(..12).unwrap_or_default());
        let author = author.parse().map_err(|_| Failure::bad_request("a guest without a name"))?;
        let (product_id, body) = (variant.product_id, MultilineText::default());
        let seed =
            ReviewSeed { product_id, author, score, title: title(score)?, body, verified: false, created_at: None };
        self.clients.ratings.post::<()>("/internal/reviews/seed", &[seed]).await?;
        Ok(())
    }
}

/// Robot Shop's ratings have no text, and a review needs a title.
fn title(score: Score) -> Result<SingleLineText<120>, Failure> {
    format!("{} of 5 stars", score.get()).parse().map_err(|_| Failure::bad_request("score must be a number"))
}
