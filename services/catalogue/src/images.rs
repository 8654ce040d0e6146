//! The image library: validates images, names them by their content and serves them.

mod resizing;

use crate::image_name::{image_name, media_type_of};
use crate::store::ImageStore;
use chassis::{Problem, StoreError, problem};
use image::{ImageFormat, ImageReader};
use moka::sync::Cache;
use std::io::Cursor;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// The maximum size of an image, in bytes.
pub const MAX_IMAGE_BYTES: usize = 10 << 20;
const MAX_PIXELS: u64 = 50_000_000;
const MAX_SERVED_AS_IS: u64 = 100_000;
/// The media type of smaller sizes.
const SMALLER: &str = "image/webp";

/// The widths in pixels in which images are served besides their own.
pub const WIDTHS: [u32; 3] = [320, 640, 1280];

/// The images of a shop.
#[derive(Clone)]
pub struct ImageLibrary {
    store: Arc<dyn ImageStore>,
    /// One image is resized at a time: decoded, a large one takes some hundred megabytes.
    resizing: Arc<Semaphore>,
    /// The names of smaller sizes that are not made, since the image is served as it is.
    served_as_is: Cache<String, ()>,
}

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
        Self { store, resizing: Arc::new(Semaphore::new(1)), served_as_is: Cache::new(MAX_SERVED_AS_IS) }
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
        self.store.put(&name, &bytes).await?;
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
        let bytes = self.store.get(name).await?.ok_or_else(not_found)?;
        Ok(ImageFile { bytes, media_type })
    }

    /// Returns the image with this name in one of [`WIDTHS`], or as it is when it is not wider, is animated, or is a vector
    /// graphic. A smaller size is made at the first request for it, and stored.
    ///
    /// # Errors
    /// 404 when it does not exist, 503 when the store is unavailable.
    pub async fn get_in_width(&self, name: &str, width: u32) -> Result<ImageFile, Problem> {
        if media_type_of(name).is_none_or(|media_type| matches!(media_type, "image/svg+xml" | "image/gif")) {
            return self.get(name).await;
        }
        // No valid name of an uploaded image, so that a data migration leaves it behind.
        let smaller_name = format!("{name}.{width}.webp");
        if self.served_as_is.contains_key(&smaller_name) {
            return self.get(name).await;
        }
        if let Some(smaller) = self.smaller(&smaller_name).await? {
            return Ok(smaller);
        }
        let permit = Arc::clone(&self.resizing).acquire_owned().await.map_err(Problem::internal)?;
        // Another request has made it while this one waited. Only one original at a time is in memory.
        if let Some(smaller) = self.smaller(&smaller_name).await? {
            return Ok(smaller);
        }
        let original = self.get(name).await?;
        let resize = move || {
            // Held while the image is decoded, also when the request has been given up.
            let _permit = permit;
            (resizing::resized(&original.bytes, width), original)
        };
        let (smaller, original) = tokio::task::spawn_blocking(resize).await.map_err(Problem::internal)?;
        let Some(bytes) = smaller else {
            self.served_as_is.insert(smaller_name, ());
            return Ok(original);
        };
        if let Err(error) = self.store.put(&smaller_name, &bytes).await {
            tracing::warn!(%error, image = name, "cannot store a smaller size of an image; it is made again when needed");
        }
        Ok(ImageFile { bytes, media_type: SMALLER })
    }

    async fn smaller(&self, name: &str) -> Result<Option<ImageFile>, StoreError> {
        Ok(self.store.get(name).await?.map(|bytes| ImageFile { bytes, media_type: SMALLER }))
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
