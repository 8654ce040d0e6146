//! What customers look at.

use crate::catalogue::Catalogue;
use crate::search::{ProductQuery, Sort};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chassis::auth::Visitor;
use chassis::http::{Json, Path, Query};
use chassis::{Problem, page};
use contracts::catalogue::{
    Categories, CategoryView, ProductPage, ProductView, Suggestion, SuggestionKind, Suggestions,
};
use serde::Deserialize;
use std::collections::HashMap;

/// All categories
#[utoipa::path(get, path = "/api/v1/categories", tag = "catalogue", responses((status = 200, body = Categories)))]
pub async fn categories(State(catalogue): State<Catalogue>) -> Result<Json<Categories>, Problem> {
    let counts: HashMap<String, u32> =
        catalogue.index.category_counts()?.into_iter().map(|facet| (facet.value, facet.count)).collect();
    let view = |category: crate::store::Category| CategoryView {
        product_count: counts.get(&category.handle).copied().unwrap_or(0),
        handle: category.handle,
        name: category.name,
        description: category.description,
    };
    let items = catalogue.products.categories().await?.into_iter().map(view).collect();
    Ok(Json(Categories { items }))
}

/// Narrows a list of products.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ProductParameters {
    /// Words to search for
    #[serde(default)]
    #[param(max_length = 200)]
    q: String,
    /// Category handle
    category: Option<String>,
    /// Any of these vendors
    #[serde(default)]
    vendor: Vec<String>,
    /// Any of these tags
    #[serde(default)]
    tag: Vec<String>,
    /// Lowest price in minor units
    min_price: Option<i64>,
    /// Highest price in minor units
    max_price: Option<i64>,
    /// Only what can be bought
    #[serde(default)]
    in_stock: bool,
    /// `relevance`, `newest`, `price`, `-price`, `title` or `-title`
    sort: Option<String>,
    /// Where the page begins
    cursor: Option<String>,
    /// How many, at most 100
    limit: Option<u32>,
}

impl ProductParameters {
    fn query(self) -> Result<ProductQuery, Problem> {
        if self.q.chars().count() > 200 {
            return Err(Problem::invalid("q", "has at most 200 characters"));
        }
        if self.vendor.len() > 50 || self.tag.len() > 50 {
            return Err(Problem::invalid("tag", "at most 50 vendors and 50 tags"));
        }
        let sort = self.sort.as_deref().map_or(Ok(Sort::Relevance), str::parse)?;
        Ok(ProductQuery {
            words: self.q.trim().to_lowercase(),
            category: self.category,
            vendors: self.vendor,
            tags: self.tag,
            min_price: self.min_price,
            max_price: self.max_price,
            in_stock: self.in_stock,
            sort,
            cursor: self.cursor,
            limit: page::limit(self.limit, 24, 100)?,
        })
    }
}

/// Products: all, searched, filtered, sorted
#[utoipa::path(get, path = "/api/v1/products", tag = "catalogue", params(ProductParameters),
    responses((status = 200, body = ProductPage), (status = 422, body = Problem)))]
pub async fn products(
    State(catalogue): State<Catalogue>,
    headers: HeaderMap,
    Query(parameters): Query<ProductParameters>,
) -> Result<Response, Problem> {
    let listing = catalogue.index.page(&parameters.query()?)?;
    Ok(cached(&headers, &listing.etag, listing.body.clone()))
}

/// An answer that the client may keep and ask about again.
fn cached(headers: &HeaderMap, etag: &str, body: bytes::Bytes) -> Response {
    let tag = format!("W/\"{etag}\"");
    let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let mut response = if known.is_some_and(|known| known.split(',').any(|one| one.trim() == tag)) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(header::CONTENT_TYPE, "application/json")], body).into_response()
    };
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

/// What a person has typed so far.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SuggestParameters {
    /// The beginning of a word or more
    #[param(max_length = 100)]
    q: String,
}

/// What may be meant
#[utoipa::path(get, path = "/api/v1/products/suggest", tag = "catalogue", params(SuggestParameters),
    responses((status = 200, body = Suggestions), (status = 422, body = Problem)))]
pub async fn suggest(
    State(catalogue): State<Catalogue>,
    Query(parameters): Query<SuggestParameters>,
) -> Result<Json<Suggestions>, Problem> {
    let words = parameters.q.trim().to_lowercase();
    if words.is_empty() {
        return Ok(Json(Suggestions { items: Vec::new() }));
    }
    let mut items: Vec<Suggestion> = catalogue
        .index
        .category_counts()?
        .into_iter()
        .filter(|category| category.label.to_lowercase().split_whitespace().any(|word| word.starts_with(&words)))
        .take(2)
        .map(|category| Suggestion {
            kind: SuggestionKind::Category,
            text: category.label,
            handle: category.value,
            image: None,
        })
        .collect();
    let asked = ProductParameters { q: words, limit: Some(8), ..ProductParameters::default() };
    let listing = catalogue.index.page(&asked.query()?)?;
    items.extend(listing.page.items.iter().map(|card| Suggestion {
        kind: SuggestionKind::Product,
        text: card.title.clone(),
        handle: card.handle.clone(),
        image: card.image.clone(),
    }));
    Ok(Json(Suggestions { items }))
}

/// A product
#[utoipa::path(get, path = "/api/v1/products/{handle}", tag = "catalogue", params(("handle" = String, Path)),
    responses((status = 200, body = ProductView), (status = 404, body = Problem)))]
pub async fn product(
    State(catalogue): State<Catalogue>,
    Visitor(visitor): Visitor,
    headers: HeaderMap,
    Path(handle): Path<String>,
) -> Result<Response, Problem> {
    let staff = visitor.is_some_and(|principal| principal.is_staff());
    let view = catalogue.view(&handle, staff).await?;
    let body = serde_json::to_vec(&view).map_err(Problem::internal)?;
    let etag: String = chassis::secret::sha256_hex(&body).chars().take(20).collect();
    Ok(cached(&headers, &etag, body.into()))
}
