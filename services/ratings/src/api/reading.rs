//! Public ratings and reviews.

use super::reader;
use crate::reviews::{ReviewPageRequest, ReviewService};
use crate::store::ReviewSort;
use axum::extract::State;
use chassis::auth::OptionalPrincipal;
use chassis::http::{Json, Path, Query};
use chassis::problem::Problem;
use contracts::ProductId;
use contracts::ratings::{Ratings, ReviewPage};
use serde::Deserialize;

/// The maximum number of products in a request for ratings.
const MAX_PRODUCTS: usize = 100;

/// The products of a request for ratings.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
pub struct RatingsQuery {
    /// Product ids, separated by commas or repeated; 1 to 100.
    product: Vec<String>,
}

/// Get the ratings of several products
///
/// The response has one item for each requested product, in the same order.
#[utoipa::path(
    get, path = "/api/v1/ratings", tag = "ratings", operation_id = "list_ratings", params(RatingsQuery),
    responses((status = 200, body = Ratings), (status = 422, body = Problem))
)]
pub async fn list_ratings(
    State(service): State<ReviewService>,
    Query(query): Query<RatingsQuery>,
) -> Result<Json<Ratings>, Problem> {
    let products = parse_products(&query.product)?;
    Ok(Json(Ratings { items: service.ratings(&products).await? }))
}

fn parse_products(lists: &[String]) -> Result<Vec<ProductId>, Problem> {
    let mut products = Vec::new();
    // One more than allowed is enough to see that there are too many.
    for text in lists.iter().flat_map(|list| list.split(',')).take(MAX_PRODUCTS + 1) {
        let product = text.trim().parse();
        let product = product.map_err(|_| Problem::invalid("product", "must be product ids, separated by commas"))?;
        products.push(product);
    }
    if products.is_empty() || products.len() > MAX_PRODUCTS {
        return Err(Problem::invalid("product", format!("must be 1 to {MAX_PRODUCTS} product ids")));
    }
    Ok(products)
}

/// The order and the page of a list of reviews.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
pub struct ReviewsQuery {
    /// The order of the reviews.
    #[serde(default)]
    #[param(inline)]
    sort: ReviewSort,
    /// The `next_cursor` of the previous page.
    cursor: Option<String>,
    /// The maximum number of reviews, 1 to 100; 10 by default.
    limit: Option<u32>,
}

/// List the reviews of a product
///
/// The list has all published reviews, and the caller's own review in any state.
#[utoipa::path(
    get, path = "/api/v1/products/{handle}/reviews", tag = "ratings", operation_id = "list_reviews",
    params(("handle" = String, Path, description = "The handle of the product."), ReviewsQuery),
    responses((status = 200, body = ReviewPage), (status = 404, body = Problem), (status = 422, body = Problem))
)]
pub async fn list_reviews(
    State(service): State<ReviewService>,
    caller: OptionalPrincipal,
    Path(handle): Path<String>,
    Query(query): Query<ReviewsQuery>,
) -> Result<Json<ReviewPage>, Problem> {
    let cursor = query.cursor.as_deref();
    // The reader is part of the query: authors see their own review in any state.
    let request = ReviewPageRequest { reader: reader(caller.0.as_ref()), sort: query.sort, cursor, limit: query.limit };
    Ok(Json(service.page(&handle, request).await?))
}
