//! What the other services ask.

use crate::catalogue::Catalogue;
use axum::extract::State;
use axum::http::StatusCode;
use chassis::http::{Json, Path};
use chassis::{Problem, problem};
use contracts::catalogue::{
    Pricing, PricingRequest, ProductReference, ProductStatus, ReservationResponse, ReservationKey, ReservationRequest,
    RestockRequest,
};

/// Everything a cart's price depends on
#[utoipa::path(post, path = "/internal/pricing", tag = "catalogue", request_body = PricingRequest,
    responses((status = 200, body = Pricing)))]
pub async fn pricing(
    State(catalogue): State<Catalogue>,
    Json(request): Json<PricingRequest>,
) -> Result<Json<Pricing>, Problem> {
    catalogue.pricing(&request).await.map(Json)
}

/// Reserve stock for an order
#[utoipa::path(post, path = "/internal/reservations", tag = "catalogue", request_body = ReservationRequest,
    responses((status = 200, body = ReservationResponse), (status = 409, body = Problem)))]
pub async fn reserve(
    State(catalogue): State<Catalogue>,
    Json(request): Json<ReservationRequest>,
) -> Result<Json<ReservationResponse>, Problem> {
    catalogue.reserve(request).await.map(Json)
}

/// Take a reservation out of stock
#[utoipa::path(post, path = "/internal/reservations/commit", tag = "catalogue", request_body = ReservationKey,
    responses((status = 200, body = ReservationResponse), (status = 409, body = Problem)))]
pub async fn commit(
    State(catalogue): State<Catalogue>,
    Json(key): Json<ReservationKey>,
) -> Result<Json<ReservationResponse>, Problem> {
    catalogue.commit(key).await.map(Json)
}

/// Give a reservation back
#[utoipa::path(post, path = "/internal/reservations/release", tag = "catalogue", request_body = ReservationKey,
    responses((status = 200, body = ReservationResponse)))]
pub async fn release(
    State(catalogue): State<Catalogue>,
    Json(key): Json<ReservationKey>,
) -> Result<Json<ReservationResponse>, Problem> {
    catalogue.release(key).await.map(Json)
}

/// Put returned goods back into stock
#[utoipa::path(post, path = "/internal/restock", tag = "catalogue", request_body = RestockRequest,
    responses((status = 204), (status = 404, body = Problem)))]
pub async fn restock(
    State(catalogue): State<Catalogue>,
    Json(request): Json<RestockRequest>,
) -> Result<StatusCode, Problem> {
    catalogue.restock(request).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A product by its handle
#[utoipa::path(get, path = "/internal/products/{handle}", tag = "catalogue", params(("handle" = String, Path)),
    responses((status = 200, body = ProductReference), (status = 404, body = Problem)))]
pub async fn product_reference(
    State(catalogue): State<Catalogue>,
    Path(handle): Path<String>,
) -> Result<Json<ProductReference>, Problem> {
    let product = catalogue.find(&handle).await?;
    if product.status != ProductStatus::Active {
        return Err(problem::NOT_FOUND.detail("There is no product with this handle."));
    }
    Ok(Json(ProductReference { id: product.id, handle: product.handle, title: product.title }))
}
