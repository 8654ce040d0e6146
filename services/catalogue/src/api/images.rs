//! Serves and accepts images.

use crate::catalogue::Catalogue;
use crate::images::WIDTHS;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use chassis::Problem;
use chassis::http::{Json, Path, Query};
use contracts::catalogue::Image;
use serde::Deserialize;
use utoipa::ToSchema;

/// The size of an image.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ImageParameters {
    /// The largest width in pixels: 320, 640 or 1280. The response is WebP then, unless the image is not wider, is animated,
    /// or is a vector graphic
    #[param(example = 640)]
    width: Option<u32>,
}

/// Get an image
#[utoipa::path(get, path = "/media/{name}", tag = "catalogue",
    params(("name" = String, Path, description = "The file name from an image URL"), ImageParameters),
    responses((status = 200, description = "The image", content_type = "image/*"),
        (status = 404, body = Problem, description = "`not-found`"),
        (status = 422, body = Problem, description = "`invalid-input`: an unknown width")))]
pub async fn get_image(
    State(catalogue): State<Catalogue>,
    Path(name): Path<String>,
    Query(ImageParameters { width }): Query<ImageParameters>,
) -> Result<Response, Problem> {
    let image = match width {
        None => catalogue.images.get(&name).await?,
        Some(width) if WIDTHS.contains(&width) => catalogue.images.get_in_width(&name, width).await?,
        // Any width would let a visitor fill the store.
        Some(_) => return Err(Problem::invalid("width", "must be 320, 640 or 1280")),
    };
    let headers = [
        (header::CONTENT_TYPE, image.media_type),
        // The name is a digest of the content, so the response never changes.
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
        // An SVG that is opened on its own must not run scripts.
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'; sandbox"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    Ok((headers, image.bytes).into_response())
}

/// Describes a body that is an image file. OpenAPI would describe bytes as an array of numbers.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
#[expect(dead_code, reason = "describes the body, which the handler reads as bytes")]
struct ImageFile(Vec<u8>);

/// Upload an image
///
/// The request body is the image itself: PNG, JPEG, WebP or GIF, at most 10 MiB and 50 million pixels.
#[utoipa::path(post, path = "/api/v1/images", tag = "catalogue",
    request_body(content = ImageFile, content_type = "image/*"),
    responses((status = 201, body = Image), (status = 413, body = Problem, description = "`too-large`"),
        (status = 422, body = Problem, description = "`invalid-input`: not an image, or too many pixels")))]
pub async fn upload_image(
    State(catalogue): State<Catalogue>,
    body: Bytes,
) -> Result<(StatusCode, Json<Image>), Problem> {
    let url = catalogue.images.put(body.to_vec()).await?;
    Ok((StatusCode::CREATED, Json(Image { url, alt: String::new() })))
}
