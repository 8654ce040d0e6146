//! Images of products that could not be fetched from other servers.

use crate::catalogue::Catalogue;
use axum::extract::State;
use axum::http::StatusCode;
use chassis::Problem;
use chassis::http::{Json, Query};
use chassis::page::{self, Page};
use contracts::ProductId;
use contracts::catalogue::{FailedImage, RetriedImages};
use serde::Deserialize;

/// Selects a page of the failed images.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct FailedImageParameters {
    /// The `next_cursor` of the previous page
    cursor: Option<String>,
    /// The maximum number of images, at most 100
    limit: Option<u32>,
}

/// List images that could not be fetched
///
/// An image is listed after its last attempt failed, or at once when its address is not allowed or has no image.
#[utoipa::path(get, path = "/api/v1/images/failed", tag = "catalogue", params(FailedImageParameters),
    responses((status = 200, body = Page<FailedImage>), (status = 422, body = Problem, description = "`invalid-input`")))]
pub async fn list_failed_images(
    State(catalogue): State<Catalogue>,
    Query(parameters): Query<FailedImageParameters>,
) -> Result<Json<Page<FailedImage>>, Problem> {
    let limit = page::limit(parameters.limit, 50, 100)?;
    let after: Option<(ProductId, String)> = parameters.cursor.as_deref().map(page::decode).transpose()?;
    let failed = catalogue.products.failed_images(after, limit + 1).await?;
    Ok(Json(Page::cut(failed, limit, |image| (image.product_id, image.url.clone()))))
}

/// Fetch failed images again
///
/// All images that could not be fetched are tried again in the background.
#[utoipa::path(post, path = "/api/v1/images/failed/retry", tag = "catalogue", responses((status = 202, body = RetriedImages)))]
pub async fn retry_failed_images(
    State(catalogue): State<Catalogue>,
) -> Result<(StatusCode, Json<RetriedImages>), Problem> {
    let retried = catalogue.products.retry_images(catalogue.system.now()).await?;
    Ok((StatusCode::ACCEPTED, Json(RetriedImages { retried })))
}
