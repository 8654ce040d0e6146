//! Image stores, with the same tests for a folder and for GridFS, and the sizes in which images are served.

use catalogue::ImageLibrary;
use catalogue::store::{GridFsImages, ImageFolder, ImageStore};
use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, ExtendedColorType, GenericImageView, ImageEncoder, ImageFormat, RgbImage, RgbaImage};
use std::io::Cursor;
use std::sync::Arc;
use tempfile::TempDir;

async fn a_stored_image_is_returned_and_an_unknown_one_is_not(store: &dyn ImageStore) {
    let big: Vec<u8> = (0..3_000_000_u32).map(|n| n.to_le_bytes()[0]).collect();
    assert_eq!(store.get("big.png").await.unwrap(), None);
    store.put("big.png", &big).await.unwrap();
    store.put("empty.png", &[]).await.unwrap();
    assert_eq!(store.get("big.png").await.unwrap(), Some(big));
    assert_eq!(store.get("empty.png").await.unwrap(), Some(Vec::new()));
}

async fn concurrent_uploads_of_one_image_store_it_completely(store: &dyn ImageStore) {
    let bytes = vec![7; 600_000];
    let all = futures::future::join_all((0..8).map(|_| store.put("same.png", &bytes))).await;
    assert!(all.iter().all(Result::is_ok));
    assert_eq!(store.get("same.png").await.unwrap(), Some(bytes));
}

fn folder() -> (TempDir, ImageFolder) {
    let folder = tempfile::tempdir().unwrap();
    let store = ImageFolder::open(folder.path()).unwrap();
    (folder, store)
}

async fn gridfs() -> GridFsImages {
    GridFsImages::open(&testkit::servers::mongo()).await.unwrap()
}

#[tokio::test]
async fn in_a_folder() {
    let (_folder, store) = folder();
    a_stored_image_is_returned_and_an_unknown_one_is_not(&store).await;
    concurrent_uploads_of_one_image_store_it_completely(&store).await;
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn in_gridfs() {
    let store = gridfs().await;
    a_stored_image_is_returned_and_an_unknown_one_is_not(&store).await;
    concurrent_uploads_of_one_image_store_it_completely(&store).await;
}

fn library() -> (TempDir, ImageLibrary) {
    let (place, store) = folder();
    (place, ImageLibrary::new(Arc::new(store)))
}

fn png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    let image = DynamicImage::from(RgbaImage::from_fn(width, height, |x, y| {
        image::Rgba([x.to_le_bytes()[0], y.to_le_bytes()[0], 90, 200])
    }));
    image.write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png).unwrap();
    bytes
}

/// A photograph whose camera was turned: its upper half is red once it is upright.
fn turned_photograph() -> Vec<u8> {
    // The image file directory of Exif 2.3, section 4.6: one entry, the orientation, with the value 6.
    let exif = [b"II*\0\x08\0\0\0\x01\0".as_slice(), b"\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0"].concat();
    let image = RgbImage::from_fn(1000, 800, |x, _| image::Rgb(if x < 500 { [200, 0, 0] } else { [0, 0, 200] }));
    let mut bytes = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut bytes, 90);
    encoder.set_exif_metadata(exif).unwrap();
    encoder.write_image(&image, 1000, 800, ExtendedColorType::Rgb8).unwrap();
    bytes
}

async fn in_width(library: &ImageLibrary, bytes: Vec<u8>, width: u32) -> (&'static str, DynamicImage) {
    let url = library.put(bytes).await.unwrap();
    let file = library.get_in_width(url.trim_start_matches("/media/"), width).await.unwrap();
    (file.media_type, image::load_from_memory(&file.bytes).unwrap())
}

#[tokio::test]
async fn a_wide_image_is_served_smaller_and_stored() {
    let (place, library) = library();
    for _ in 0..2 {
        let (media_type, image) = in_width(&library, png(2000, 1000), 640).await;
        assert_eq!((media_type, image.dimensions()), ("image/webp", (640, 320)));
        assert_eq!(image.get_pixel(1, 1).0[3], 200, "transparency is kept");
    }
    let files = std::fs::read_dir(place.path()).unwrap().count();
    assert_eq!(files, 2, "the original and one smaller size");
}

#[tokio::test]
async fn an_image_is_never_enlarged() {
    let (_place, library) = library();
    for width in [320, 640] {
        let (media_type, image) = in_width(&library, png(320, 900), width).await;
        assert_eq!((media_type, image.dimensions()), ("image/png", (320, 900)));
    }
}

#[tokio::test]
async fn a_photograph_is_upright() {
    let (_place, library) = library();
    let (_, image) = in_width(&library, turned_photograph(), 320).await;
    assert_eq!(image.dimensions(), (320, 400));
    let (top, bottom) = (image.get_pixel(160, 50), image.get_pixel(160, 350));
    assert!(top.0[0] > 150 && bottom.0[2] > 150, "{top:?} {bottom:?}");
}
