//! The image library: validates images, names them by their content and serves them.

use crate::image_name::{image_name, media_type_of};
use crate::store::ImageStore;
use chassis::{Problem, StoreError, problem};
use image::{ImageFormat, ImageReader};
use std::io::Cursor;
use std::sync::Arc;

/// The maximum size of an image, in bytes.
pub const MAX_IMAGE_BYTES: usize = 10 << 20;
const MAX_PIXELS: u64 = 50_000_000;

/// The images of a shop.
#[derive(Clone)]
pub struct ImageLibrary(Arc<dyn ImageStore>);

/// An image with its media type, ready to be served.
pub struct ImageFile {
    /// The content of the file.
    pub bytes: Vec<u8>,
    /// The value of the `Content-Type` header.
    pub media_type: &'static str,
}

impl ImageLibrary {
    /// Creates a library over a store.
    pub fn new(store: Arc<dyn ImageStore>) -> Self {
        Self(store)
    }

    /// Stores an image and returns its local URL. Only raster formats are accepted, because SVG can contain scripts.
    ///
    /// # Errors
    /// 422 when the bytes are not an image, or when it has too many pixels.
    pub async fn put(&self, bytes: Vec<u8>) -> Result<String, Problem> {
        let extension = validate(&bytes)?;
        self.store(bytes, extension).await.map_err(Problem::from)
    }

    /// Stores an SVG image that is part of the program, and returns its local URL.
    ///
    /// # Errors
    /// When the store is unavailable.
    pub async fn put_svg(&self, bytes: Vec<u8>) -> Result<String, StoreError> {
        self.store(bytes, "svg").await
    }

    async fn store(&self, bytes: Vec<u8>, extension: &'static str) -> Result<String, StoreError> {
        // A name derived from the content makes repeated uploads idempotent.
        let name = image_name(&bytes, extension);
        self.0.put(&name, &bytes).await?;
        Ok(format!("/media/{name}"))
    }

    /// Returns the image with this name.
    ///
    /// # Errors
    /// 404 when it does not exist, 503 when the store is unavailable.
    pub async fn get(&self, name: &str) -> Result<ImageFile, Problem> {
        let not_found = || problem::NOT_FOUND.detail("No such image.");
        // Names are checked before they reach the store, since it uses them as file names.
        let media_type = media_type_of(name).ok_or_else(not_found)?;
        let bytes = self.0.get(name).await?.ok_or_else(not_found)?;
        Ok(ImageFile { bytes, media_type })
    }
}

/// Checks an image and returns the extension of its format.
fn validate(bytes: &[u8]) -> Result<&'static str, Problem> {
    let invalid = |reason: &str| Problem::invalid("", reason.to_owned());
    let reader = ImageReader::new(Cursor::new(bytes))
        .with_guessed_format()
        .map_err(|_| invalid("is not an image of a known format"))?;
    let extension = match reader.format() {
        Some(ImageFormat::Png) => "png",
        Some(ImageFormat::Jpeg) => "jpg",
        Some(ImageFormat::WebP) => "webp",
        Some(ImageFormat::Gif) => "gif",
        _ => return Err(invalid("is not a PNG, JPEG, WebP or GIF image")),
    };
    // Only the header is decoded: a small file can describe an image that would exhaust the memory.
    let (width, height) = reader.into_dimensions().map_err(|_| invalid("is a damaged image"))?;
    if u64::from(width) * u64::from(height) > MAX_PIXELS {
        return Err(invalid("has more than 50 million pixels"));
    }
    Ok(extension)
}
