//! Pictures: named by the digest of their content, so that one address always shows the same picture.

use crate::store::ImageStore;
use chassis::{Problem, StoreError, problem, secret};
use image::{ImageFormat, ImageReader};
use std::io::Cursor;
use std::sync::Arc;

/// The largest picture taken, in bytes.
pub const LARGEST: usize = 10 << 20;
const MOST_PIXELS: u64 = 50_000_000;

/// The pictures of a shop.
#[derive(Clone)]
pub struct Media(Arc<dyn ImageStore>);

/// A picture to be sent.
pub struct ImageFile {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Its media type.
    pub media_type: &'static str,
}

impl Media {
    /// The pictures that are kept there.
    pub fn new(store: Arc<dyn ImageStore>) -> Self {
        Self(store)
    }

    /// Keeps a picture and says where it can be seen. Only raster formats are taken: a drawing may carry scripts.
    ///
    /// # Errors
    /// 422 when it is not a picture, or has too many pixels.
    pub async fn put(&self, bytes: Vec<u8>) -> Result<String, Problem> {
        let extension = recognise(&bytes)?;
        self.keep(bytes, extension).await.map_err(Problem::from)
    }

    /// Keeps a drawing (SVG) that comes with the program itself.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn put_own_drawing(&self, bytes: Vec<u8>) -> Result<String, StoreError> {
        self.keep(bytes, "svg").await
    }

    async fn keep(&self, bytes: Vec<u8>, extension: &'static str) -> Result<String, StoreError> {
        let name = format!("{}.{extension}", secret::sha256_hex(&bytes));
        self.0.keep(&name, &bytes).await?;
        Ok(format!("/media/{name}"))
    }

    /// The picture with this name.
    ///
    /// # Errors
    /// 404 when there is none, 503 when the store is away.
    pub async fn get(&self, name: &str) -> Result<ImageFile, Problem> {
        let missing = || problem::NOT_FOUND.detail("There is no such picture.");
        let media_type = type_of(name).ok_or_else(missing)?;
        let bytes = self.0.read(name).await?.ok_or_else(missing)?;
        Ok(ImageFile { bytes, media_type })
    }
}

/// The media type of a picture of this name; `None` when no picture is called like that.
pub fn type_of(name: &str) -> Option<&'static str> {
    let (digest, extension) = name.split_once('.')?;
    if digest.len() != 64 || !digest.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    Some(match extension {
        "png" => "image/png",
        "jpg" => "image/jpeg",
        "webp" => "image/webp",
        "gif" => "image/gif",
        "svg" => "image/svg+xml",
        _ => return None,
    })
}

fn recognise(bytes: &[u8]) -> Result<&'static str, Problem> {
    let refused = |why: &str| Problem::invalid("", why.to_owned());
    let reader = ImageReader::new(Cursor::new(bytes))
        .with_guessed_format()
        .map_err(|_| refused("is not a picture of a known format"))?;
    let extension = match reader.format() {
        Some(ImageFormat::Png) => "png",
        Some(ImageFormat::Jpeg) => "jpg",
        Some(ImageFormat::WebP) => "webp",
        Some(ImageFormat::Gif) => "gif",
        _ => return Err(refused("is not a PNG, JPEG, WebP or GIF picture")),
    };
    let (width, height) = reader.into_dimensions().map_err(|_| refused("is a damaged picture"))?;
    if u64::from(width) * u64::from(height) > MOST_PIXELS {
        return Err(refused("has more than 50 million pixels"));
    }
    Ok(extension)
}
