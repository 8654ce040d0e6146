//! Smaller sizes of images, for screens that show them smaller than they are.

use image::codecs::webp::WebPDecoder;
use image::imageops::FilterType;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader};
use std::io::Cursor;

/// The quality of smaller sizes, from 0 to 100: above it, files grow faster than anybody can see.
const QUALITY: f32 = 80.0;

/// Returns the image in a width in pixels as WebP, upright; `None` when it is served as it is: because it is not wider, is
/// animated, or cannot be decoded.
pub fn resized(bytes: &[u8], width: u32) -> Option<Vec<u8>> {
    let reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().ok()?;
    let is_animated = match reader.format()? {
        ImageFormat::Gif => true,
        ImageFormat::WebP => WebPDecoder::new(Cursor::new(bytes)).is_ok_and(|decoder| decoder.has_animation()),
        _ => false,
    };
    if is_animated {
        return None;
    }
    let mut decoder = reader.into_decoder().ok()?;
    // The note of the camera on which side is up is lost with the other metadata.
    let orientation = decoder.orientation().ok()?;
    let (first, second) = decoder.dimensions();
    let is_turned = matches!(orientation.to_exif(), 5..=8);
    if (if is_turned { second } else { first }) <= width {
        return None;
    }
    let mut image = DynamicImage::from_decoder(decoder).ok()?;
    image.apply_orientation(orientation);
    // Only the width is a limit: the height follows from the proportions.
    let smaller = image.resize(width, u32::MAX, FilterType::CatmullRom).into_rgba8();
    let encoder = webp::Encoder::from_rgba(&smaller, smaller.width(), smaller.height());
    encoder.encode_simple(false, QUALITY).ok().map(|webp| webp.to_vec())
}
