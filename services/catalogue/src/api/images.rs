//! Pictures.

use crate::catalogue::Catalogue;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use chassis::Problem;
use chassis::http::{Json, Path};
use contracts::catalogue::Image;

/// A picture
#[utoipa::path(get, path = "/media/{name}", tag = "catalogue", params(("name" = String, Path)),
    responses((status = 200, description = "The picture", content_type = "image/*"), (status = 404, body = Problem)))]
pub async fn image(State(catalogue): State<Catalogue>, Path(name): Path<String>) -> Result<Response, Problem> {
    let image = catalogue.media.get(&name).await?;
    let headers = [
        (header::CONTENT_TYPE, image.media_type),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
        // A drawing opened on its own must not run anything.
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'; sandbox"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    Ok((headers, image.bytes).into_response())
}

/// Upload a picture
///
/// The body is the picture itself: PNG, JPEG, WebP or GIF, at most 10 MiB and 50 million pixels.
#[utoipa::path(post, path = "/api/v1/images", tag = "catalogue", request_body(content = Vec<u8>, content_type = "image/*"),
    responses((status = 201, body = Image), (status = 422, body = Problem)))]
pub async fn upload(State(catalogue): State<Catalogue>, body: Bytes) -> Result<(StatusCode, Json<Image>), Problem> {
    let url = catalogue.media.put(body.to_vec()).await?;
    Ok((StatusCode::CREATED, Json(Image { url, alt: String::new() })))
}
