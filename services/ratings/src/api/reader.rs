//! What everybody reads.

use super::{Reviews, cursor, reader};
use crate::review::Review;
use crate::store::{Listing, Position, ReviewSort};
use axum::extract::State;
use chassis::auth::Visitor;
use chassis::http::{Json, Path, Query};
use chassis::page::{self, Page};
use chassis::problem::Problem;
use chassis::sqlite::micros;
use contracts::ProductId;
use contracts::ratings::{Ratings, ReviewPage};
use serde::Deserialize;

/// How many products can be asked about at once.
const MOST_PRODUCTS: usize = 100;

/// Which products.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
pub struct RatingsQuery {
    /// Product ids, separated by commas or repeated; 1 to 100.
    product: Vec<String>,
}

/// What customers think of several products, in numbers: one item for each product asked for, in that order.
#[utoipa::path(
    get, path = "/api/v1/ratings", tag = "ratings", operation_id = "ratings", params(RatingsQuery),
    responses((status = 200, body = Ratings), (status = 422, body = Problem))
)]
pub async fn ratings(
    State(state): State<Reviews>,
    Query(query): Query<RatingsQuery>,
) -> Result<Json<Ratings>, Problem> {
    let products = products(&query.product)?;
    let tallies = state.store.tallies(&products).await?;
    let items = products.iter().map(|product| tallies.get(product).copied().unwrap_or_default().rating(*product));
    Ok(Json(Ratings { items: items.collect() }))
}

fn products(asked: &[String]) -> Result<Vec<ProductId>, Problem> {
    let mut products = Vec::new();
    for text in asked.iter().flat_map(|list| list.split(',')).take(MOST_PRODUCTS + 1) {
        let product = text.trim().parse();
        let product = product.map_err(|_| Problem::invalid("product", "must be product ids, separated by commas"))?;
        products.push(product);
    }
    if products.is_empty() || products.len() > MOST_PRODUCTS {
        return Err(Problem::invalid("product", format!("must be 1 to {MOST_PRODUCTS} product ids")));
    }
    Ok(products)
}

/// Which reviews.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
pub struct ReviewsQuery {
    /// What comes first.
    #[serde(default)]
    #[param(inline)]
    sort: ReviewSort,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
    /// How many, 1 to 100; usually 10.
    limit: Option<u32>,
}

/// The reviews of a product: the published ones, and the caller's own whatever its state.
#[utoipa::path(
    get, path = "/api/v1/products/{handle}/reviews", tag = "ratings", operation_id = "product_reviews",
    params(("handle" = String, Path, description = "The product's handle."), ReviewsQuery),
    responses((status = 200, body = ReviewPage), (status = 404, body = Problem), (status = 422, body = Problem))
)]
pub async fn reviews(
    State(state): State<Reviews>,
    visitor: Visitor,
    Path(handle): Path<String>,
    Query(query): Query<ReviewsQuery>,
) -> Result<Json<ReviewPage>, Problem> {
    let limit = page::limit(query.limit, 10, 100)?;
    let after = cursor::read(query.cursor.as_deref(), query.sort)?;
    let product = state.products.find(&handle).await?;
    let reader = reader(&visitor);
    let listing = Listing { product, reader, sort: query.sort, after, limit: limit + 1 };
    let (found, tallies) = (state.store.reviews(&listing).await?, state.store.tallies(&[product]).await?);
    let page = Page::cut(found, limit, |review| cursor::at(query.sort, position(query.sort, review)));
    Ok(Json(ReviewPage {
        items: page.items.into_iter().map(|review| review.view(reader)).collect(),
        next_cursor: page.next_cursor,
        summary: tallies.get(&product).copied().unwrap_or_default().summary(),
    }))
}

fn position(sort: ReviewSort, review: &Review) -> Position {
    let by = match sort {
        ReviewSort::Newest => micros(review.created_at),
        ReviewSort::Helpful => i64::try_from(review.helpful).unwrap_or(i64::MAX),
    };
    Position { by, id: review.id }
}
