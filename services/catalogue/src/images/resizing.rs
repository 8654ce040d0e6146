//! Smaller sizes of images, for screens that show them smaller than they are.

use image::codecs::webp::WebPDecoder;
use image::imageops::FilterType;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, RgbaImage};
use moxcms::{ColorProfile, Layout, TransformOptions};
use std::io::Cursor;

/// The quality of smaller sizes, from 0 to 100: above it, files grow faster than anybody can see.
const QUALITY: f32 = 80.0;
/// The largest height that WebP can have.
const MAX_HEIGHT: u64 = 16_383;
/// The memory that resizing one image may take, in bytes. A small file can describe an image that would take more than the
/// container has.
const MAX_MEMORY: u64 = 256 << 20;

/// Returns the image in a width in pixels as WebP, upright and in sRGB; `None` when it is served as it is: because it is not
/// wider, is animated, would take too much memory, or cannot be decoded.
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
    let profile = decoder.icc_profile().ok()?;
    let (first, second) = decoder.dimensions();
    let is_turned = matches!(orientation.to_exif(), 5..=8);
    let (original_width, original_height) = if is_turned { (second, first) } else { (first, second) };
    if original_width <= width {
        return None;
    }
    let height = (u64::from(original_height) * u64::from(width)).div_ceil(u64::from(original_width));
    // The decoded image, turned once more, and four numbers of 32 bits for each pixel of the first step of resizing.
    let memory = decoder.total_bytes().saturating_mul(2).saturating_add(16 * u64::from(original_width) * height);
    if height > MAX_HEIGHT || memory > MAX_MEMORY {
        return None;
    }
    let mut image = DynamicImage::from_decoder(decoder).ok()?;
    image.apply_orientation(orientation);
    // Only the width is a limit: the height follows from the proportions.
    let mut smaller = image.resize(width, u32::MAX, FilterType::CatmullRom).into_rgba8();
    if let Some(profile) = profile {
        smaller = in_srgb(&smaller, &profile)?;
    }
    let encoder = webp::Encoder::from_rgba(&smaller, smaller.width(), smaller.height());
    encoder.encode_simple(false, QUALITY).ok().map(|webp| webp.to_vec())
}

/// Converts an image from the colours of its ICC profile; `None` if the profile is not one of RGB.
fn in_srgb(image: &RgbaImage, profile: &[u8]) -> Option<RgbaImage> {
    let source = ColorProfile::new_from_slice(profile).ok()?;
    let transform = source
        .create_transform_8bit(Layout::Rgba, &ColorProfile::new_srgb(), Layout::Rgba, TransformOptions::default())
        .ok()?;
    let mut converted = RgbaImage::new(image.width(), image.height());
    transform.transform(image.as_raw(), &mut converted).ok()?;
    Some(converted)
}
