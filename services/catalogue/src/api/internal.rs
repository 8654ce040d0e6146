//! Operations for the other services.

use crate::catalogue::Catalogue;
use axum::extract::State;
use axum::http::StatusCode;
use chassis::http::{Json, Path, Query};
use chassis::{Problem, problem};
use contracts::ProductId;
use contracts::catalogue::{
    EmailTexts, FeedPage, Pricing, PricingRequest, ProductReference, ProductStatus, ReservationKey, ReservationRequest,
    ReservationResponse, RestockRequest, SitemapPage,
};
use serde::Deserialize;

/// Get the wording of emails for the service that writes them
#[utoipa::path(get, path = "/internal/email-texts", tag = "catalogue", responses((status = 200, body = EmailTexts)))]
pub async fn get_email_texts_internally(State(catalogue): State<Catalogue>) -> Result<Json<EmailTexts>, Problem> {
    catalogue.email_texts().await.map(Json)
}

/// Get everything the price of a cart depends on
#[utoipa::path(post, path = "/internal/pricing", tag = "catalogue", request_body = PricingRequest,
    responses((status = 200, body = Pricing)))]
pub async fn get_pricing(
    State(catalogue): State<Catalogue>,
    Json(request): Json<PricingRequest>,
) -> Result<Json<Pricing>, Problem> {
    catalogue.pricing(&request).await.map(Json)
}

/// Reserve stock for an order
///
/// Reserves all lines or none. A repeated request for the same order and attempt returns the existing reservation.
#[utoipa::path(post, path = "/internal/reservations", tag = "catalogue", request_body = ReservationRequest,
    responses((status = 200, body = ReservationResponse),
        (status = 404, body = Problem, description = "`unknown-code`"),
        (status = 409, body = Problem, description = "`out-of-stock`, `code-not-applicable` or `reservation-released`")))]
pub async fn reserve_stock(
    State(catalogue): State<Catalogue>,
    Json(request): Json<ReservationRequest>,
) -> Result<Json<ReservationResponse>, Problem> {
    catalogue.reserve(request).await.map(Json)
}

/// Commit a reservation
///
/// Takes the reserved units out of stock, once.
#[utoipa::path(post, path = "/internal/reservations/commit", tag = "catalogue", request_body = ReservationKey,
    responses((status = 200, body = ReservationResponse),
        (status = 409, body = Problem, description = "`awaiting-stock`, `stock-missing` or `reservation-released`")))]
pub async fn commit_reservation(
    State(catalogue): State<Catalogue>,
    Json(key): Json<ReservationKey>,
) -> Result<Json<ReservationResponse>, Problem> {
    catalogue.commit(key).await.map(Json)
}

/// Release a reservation
///
/// Frees reserved units, or puts committed units back into stock, once.
#[utoipa::path(post, path = "/internal/reservations/release", tag = "catalogue", request_body = ReservationKey,
    responses((status = 200, body = ReservationResponse)))]
pub async fn release_reservation(
    State(catalogue): State<Catalogue>,
    Json(key): Json<ReservationKey>,
) -> Result<Json<ReservationResponse>, Problem> {
    catalogue.release(key).await.map(Json)
}

/// Put returned items back into stock
#[utoipa::path(post, path = "/internal/restock", tag = "catalogue", request_body = RestockRequest,
    responses((status = 204), (status = 404, body = Problem, description = "`unknown-sku`")))]
pub async fn restock_returns(
    State(catalogue): State<Catalogue>,
    Json(request): Json<RestockRequest>,
) -> Result<StatusCode, Problem> {
    catalogue.restock(request).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Get the id and title of an active product
#[utoipa::path(get, path = "/internal/products/{handle}", tag = "catalogue", params(("handle" = String, Path)),
    responses((status = 200, body = ProductReference), (status = 404, body = Problem, description = "`not-found`")))]
pub async fn get_product_reference(
    State(catalogue): State<Catalogue>,
    Path(handle): Path<String>,
) -> Result<Json<ProductReference>, Problem> {
    let product = catalogue.find(&handle).await?;
    // Reviews of products that customers cannot see are not accepted.
    if product.status != ProductStatus::Active {
        return Err(problem::NOT_FOUND.detail("No product with this handle exists."));
    }
    Ok(Json(ProductReference { id: product.id, handle: product.handle, title: product.title }))
}

/// The position of a page.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PageParameters {
    /// The `next` of the page before
    after: Option<ProductId>,
}

/// List the products for sale with their details
#[utoipa::path(get, path = "/internal/products", tag = "catalogue", params(PageParameters),
    responses((status = 200, body = FeedPage)))]
pub async fn list_feed_products(
    State(catalogue): State<Catalogue>,
    Query(parameters): Query<PageParameters>,
) -> Result<Json<FeedPage>, Problem> {
    catalogue.feed_page(parameters.after).await.map(Json)
}

/// List the references of the products for sale
#[utoipa::path(get, path = "/internal/sitemap", tag = "catalogue", params(PageParameters),
    responses((status = 200, body = SitemapPage)))]
pub async fn list_sitemap_products(
    State(catalogue): State<Catalogue>,
    Query(parameters): Query<PageParameters>,
) -> Result<Json<SitemapPage>, Problem> {
    catalogue.sitemap_page(parameters.after).await.map(Json)
}
