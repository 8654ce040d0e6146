//! Products: search, suggestions, the product page, and their maintenance by staff.

use crate::catalogue::Catalogue;
use crate::search::{ProductQuery, Sort};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chassis::Problem;
use chassis::auth::{OptionalPrincipal, Principal};
use chassis::http::{Json, Path, Query};
use chassis::page::{self, Page};
use contracts::catalogue::{
    PriceHistory, ProductCard, ProductDraft, ProductPage, ProductView, Suggestion, SuggestionKind, Suggestions,
    UnpublishedStatus,
};
use contracts::{Language, LanguageParameter, ProductId};
use serde::Deserialize;

const MAX_QUERY_CHARACTERS: usize = 200;
const MAX_FILTER_VALUES: usize = 50;
const MAX_CATEGORY_SUGGESTIONS: usize = 2;
const MAX_PRODUCT_SUGGESTIONS: u32 = 8;

/// Filters and sorts a list of products.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ProductParameters {
    /// The words to search for
    #[serde(default)]
    #[param(max_length = 200, example = "linen towel")]
    q: String,
    /// The handle of a category
    category: Option<String>,
    /// Vendors, of which any must match
    #[serde(default)]
    vendor: Vec<String>,
    /// Tags, of which any must match
    #[serde(default)]
    tag: Vec<String>,
    /// The lowest price in minor units
    min_price: Option<i64>,
    /// The highest price in minor units
    max_price: Option<i64>,
    /// Return only products that can be bought now
    #[serde(default)]
    in_stock: bool,
    /// One of `relevance`, `newest`, `price`, `-price`, `title` and `-title`
    sort: Option<String>,
    /// The `next_cursor` of the previous page
    cursor: Option<String>,
    /// The maximum number of products, at most 100
    limit: Option<u32>,
    /// The language of texts, and of the words to search for: `en`, `de` or `fr`; that of the shop by default. Texts without a
    /// translation are in the shop's language
    #[param(inline)]
    language: Option<Language>,
}

impl ProductParameters {
    fn query(self) -> Result<ProductQuery, Problem> {
        if self.q.chars().count() > MAX_QUERY_CHARACTERS {
            return Err(Problem::invalid("q", format!("must have at most {MAX_QUERY_CHARACTERS} characters")));
        }
        if self.vendor.len() > MAX_FILTER_VALUES {
            return Err(Problem::invalid("vendor", format!("must be at most {MAX_FILTER_VALUES} vendors")));
        }
        if self.tag.len() > MAX_FILTER_VALUES {
            return Err(Problem::invalid("tag", format!("must be at most {MAX_FILTER_VALUES} tags")));
        }
        let sort = self.sort.as_deref().map_or(Ok(Sort::Relevance), str::parse)?;
        Ok(ProductQuery {
            words: self.q.trim().to_owned(),
            category: self.category,
            vendors: self.vendor,
            tags: self.tag,
            min_price: self.min_price,
            max_price: self.max_price,
            in_stock: self.in_stock,
            sort,
            cursor: self.cursor,
            language: self.language,
            limit: page::limit(self.limit, 24, 100)?,
        })
    }
}

/// List or search products
///
/// Returns a page of products with facets. The response has an `ETag` for conditional requests.
#[utoipa::path(get, path = "/api/v1/products", tag = "catalogue", params(ProductParameters),
    responses((status = 200, body = ProductPage), (status = 304, description = "Not modified"),
        (status = 422, body = Problem, description = "`invalid-input`")))]
pub async fn list_products(
    State(catalogue): State<Catalogue>,
    headers: HeaderMap,
    Query(parameters): Query<ProductParameters>,
) -> Result<Response, Problem> {
    let listing = catalogue.index.page(&parameters.query()?)?;
    Ok(conditional_response(&headers, &listing.etag, listing.body.clone()))
}

/// The kind and page of a list of products that are not for sale.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct UnpublishedParameters {
    /// One of `draft` and `archived`
    #[param(inline)]
    status: UnpublishedStatus,
    /// The `next_cursor` of the previous page
    cursor: Option<String>,
    /// The maximum number of products: 24 by default, at most 100
    limit: Option<u32>,
}

/// List drafts or archived products, the newest first
#[utoipa::path(get, path = "/api/v1/unpublished-products", tag = "catalogue", params(UnpublishedParameters),
    operation_id = "list_unpublished_products",
    responses((status = 200, body = Page<ProductCard>), (status = 422, body = Problem, description = "`invalid-input`")))]
pub async fn list_unpublished_products(
    State(catalogue): State<Catalogue>,
    Query(parameters): Query<UnpublishedParameters>,
) -> Result<Json<Page<ProductCard>>, Problem> {
    let before: Option<ProductId> = parameters.cursor.as_deref().map(page::decode).transpose()?;
    let limit = page::limit(parameters.limit, 24, 100)?;
    catalogue.unpublished_products(parameters.status, before, limit).await.map(Json)
}

/// Responds with 304 if the client already has the current version.
fn conditional_response(headers: &HeaderMap, etag: &str, body: bytes::Bytes) -> Response {
    let tag = format!("W/\"{etag}\"");
    let if_none_match = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let is_current = if_none_match.is_some_and(|tags| tags.split(',').any(|one| one.trim() == tag));
    let mut response = if is_current {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(header::CONTENT_TYPE, "application/json")], body).into_response()
    };
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    // Clients may store the response but must revalidate it, since prices and availability change at any time.
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

/// The text a customer has typed so far.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SuggestParameters {
    /// The beginning of one or more words
    #[param(max_length = 100, example = "lin")]
    q: String,
    /// The language of texts and of the words: `en`, `de` or `fr`; that of the shop by default
    #[param(inline)]
    language: Option<Language>,
}

/// Suggest categories and products while typing
#[utoipa::path(get, path = "/api/v1/products/suggest", tag = "catalogue", params(SuggestParameters),
    responses((status = 200, body = Suggestions), (status = 422, body = Problem, description = "`invalid-input`")))]
pub async fn suggest_products(
    State(catalogue): State<Catalogue>,
    Query(parameters): Query<SuggestParameters>,
) -> Result<Json<Suggestions>, Problem> {
    let words = parameters.q.trim().to_owned();
    if words.is_empty() {
        // An empty search would suggest arbitrary products.
        return Ok(Json(Suggestions { items: Vec::new() }));
    }
    let mut items: Vec<Suggestion> = catalogue
        .index
        .category_counts(parameters.language)?
        .into_iter()
        .filter(|category| catalogue.index.begins_words(&category.label, &words))
        .take(MAX_CATEGORY_SUGGESTIONS)
        .map(|category| Suggestion {
            kind: SuggestionKind::Category,
            text: category.label,
            handle: category.value,
            image: None,
        })
        .collect();
    let limit = Some(MAX_PRODUCT_SUGGESTIONS);
    let search = ProductParameters { q: words, limit, language: parameters.language, ..ProductParameters::default() };
    let listing = catalogue.index.page(&search.query()?)?;
    items.extend(listing.page.items.iter().map(|card| Suggestion {
        kind: SuggestionKind::Product,
        text: card.title.clone(),
        handle: card.handle.clone(),
        image: card.image.clone(),
    }));
    Ok(Json(Suggestions { items }))
}

/// Get a product
///
/// Staff also see products that are not active. The response has an `ETag` for conditional requests.
#[utoipa::path(get, path = "/api/v1/products/{handle}", tag = "catalogue",
    params(("handle" = String, Path, description = "The URL slug of the product"), LanguageParameter),
    responses((status = 200, body = ProductView), (status = 304, description = "Not modified"),
        (status = 404, body = Problem, description = "`not-found`")))]
pub async fn get_product(
    State(catalogue): State<Catalogue>,
    OptionalPrincipal(principal): OptionalPrincipal,
    headers: HeaderMap,
    Path(handle): Path<String>,
    Query(LanguageParameter { language }): Query<LanguageParameter>,
) -> Result<Response, Problem> {
    let staff = principal.is_some_and(|principal| principal.is_staff());
    let view = catalogue.view(&handle, language, staff).await?;
    let body = serde_json::to_vec(&view).map_err(Problem::internal)?;
    // The page contains stock levels, which have no version, so the tag is a digest of the content.
    let etag: String = chassis::secret::sha256_hex(&body).chars().take(20).collect();
    Ok(conditional_response(&headers, &etag, body.into()))
}

/// Get the draft of a product
///
/// Returns everything that `put_product` accepts, so that a change keeps what it does not concern: costs, barcodes, stock
/// policies and metafields, which customers do not see, and images that are not fetched yet. Stock levels are not part of it.
#[utoipa::path(get, path = "/api/v1/products/{handle}/draft", tag = "catalogue",
    params(("handle" = String, Path, description = "The URL slug of the product")),
    responses((status = 200, body = ProductDraft), (status = 404, body = Problem, description = "`not-found`")))]
pub async fn get_product_draft(
    State(catalogue): State<Catalogue>,
    Path(handle): Path<String>,
) -> Result<Json<ProductDraft>, Problem> {
    let product = catalogue.find(&handle).await?;
    product.draft().map(Json).map_err(Problem::internal)
}

/// Create or replace a product
///
/// The `stock` of a variant applies only to new SKUs; adjust the stock of existing SKUs instead.
#[utoipa::path(put, path = "/api/v1/products/{handle}", tag = "catalogue",
    params(("handle" = String, Path, description = "The URL slug of the product")), request_body = ProductDraft,
    responses((status = 200, body = ProductView),
        (status = 404, body = Problem, description = "`not-found`: a version was given, but the product does not exist"),
        (status = 409, body = Problem, description = "`stale-version`, or `conflict` for a SKU of another product"),
        (status = 422, body = Problem, description = "`invalid-input`")))]
pub async fn put_product(
    State(catalogue): State<Catalogue>,
    principal: Principal,
    Path(handle): Path<String>,
    Json(draft): Json<ProductDraft>,
) -> Result<Json<ProductView>, Problem> {
    catalogue.write_product(&handle, draft, &principal.subject.to_string()).await?;
    catalogue.view(&handle, None, true).await.map(Json)
}

/// Get the price history of a product
#[utoipa::path(get, path = "/api/v1/products/{handle}/prices", tag = "catalogue",
    params(("handle" = String, Path, description = "The URL slug of the product")),
    responses((status = 200, body = PriceHistory), (status = 404, body = Problem, description = "`not-found`")))]
pub async fn get_product_prices(
    State(catalogue): State<Catalogue>,
    Path(handle): Path<String>,
) -> Result<Json<PriceHistory>, Problem> {
    catalogue.price_history(&handle).await.map(Json)
}

/// Delete a product
///
/// The stock levels of its SKUs and their history remain.
#[utoipa::path(delete, path = "/api/v1/products/{handle}", tag = "catalogue",
    params(("handle" = String, Path, description = "The URL slug of the product")),
    responses((status = 204), (status = 404, body = Problem, description = "`not-found`")))]
pub async fn delete_product(
    State(catalogue): State<Catalogue>,
    Path(handle): Path<String>,
) -> Result<StatusCode, Problem> {
    catalogue.remove_product(&handle).await?;
    Ok(StatusCode::NO_CONTENT)
}
