//! Pictures.

use crate::catalogue::Catalogue;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use chassis::Problem;
use chassis::http::{Json, Path};
use contracts::catalogue::Picture;

/// A picture
#[utoipa::path(get, path = "/media/{name}", tag = "catalogue", params(("name" = String, Path)),
    responses((status = 200, description = "The picture", content_type = "image/*"), (status = 404, body = Problem)))]
pub async fn picture(State(catalogue): State<Catalogue>, Path(name): Path<String>) -> Result<Response, Problem> {
    let picture = catalogue.media.get(&name).await?;
    let headers = [
        (header::CONTENT_TYPE, picture.media_type),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
        // A drawing opened on its own must not run anything.
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'; sandbox"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    Ok((headers, picture.bytes).into_response())
}

/// Upload a picture
///
/// The body is the picture itself: PNG, JPEG, WebP or GIF, at most 10 MiB and 50 million pixels.
#[utoipa::path(post, path = "/api/v1/pictures", tag = "catalogue", request_body(content = Vec<u8>, content_type = "image/*"),
    responses((status = 201, body = Picture), (status = 422, body = Problem)))]
pub async fn upload(State(catalogue): State<Catalogue>, body: Bytes) -> Result<(StatusCode, Json<Picture>), Problem> {
    let url = catalogue.media.put(body.to_vec()).await?;
    Ok((StatusCode::CREATED, Json(Picture { url, alt: String::new() })))
}
