//! Migration of the image files.

use super::{copy, copy_with_stops, summaries};
use catalogue::ImageLibrary;
use catalogue::store::{GridFsImages, ImageFolder, ImageStore};
use chassis::data_migration::{Exporter, Importer};
use chassis::mongo::Database;
use mongodb::bson::{Document, doc};
use std::sync::Arc;
use tempfile::TempDir;
use testkit::servers;

/// Larger than a page, so that two such images never share one.
const LARGE: usize = 5 << 20;

fn content(number: u8) -> Vec<u8> {
    let size = if number < 3 { usize::from(number) * 100_000 } else { LARGE };
    (0..size).map(|at| at.to_le_bytes()[0] ^ number).collect()
}

/// Creates a folder with images and other files, and returns the URLs of the images.
async fn folder() -> (TempDir, ImageFolder, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let library = ImageLibrary::new(Arc::new(ImageFolder::open(folder.path()).unwrap()));
    let mut urls = Vec::new();
    for number in 0..5 {
        urls.push(library.put_svg(content(number)).await.unwrap());
    }
    let partial = format!("{}.png.0.new", "0".repeat(64));
    for other in ["notes.txt", ".DS_Store", partial.as_str()] {
        std::fs::write(folder.path().join(other), "not an image").unwrap();
    }
    let store = ImageFolder::open(folder.path()).unwrap();
    (folder, store, urls)
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn all_images_are_served_after_the_migration() {
    let ((_folder, from, urls), address) = (folder().await, servers::mongo());
    let to = GridFsImages::open(&address).await.unwrap();
    copy_with_stops(&from.contents(), &to.contents()).await;
    let (source, target) = (summaries(&from.contents()).await, summaries(&to.contents()).await);
    assert_eq!((source[0].1.records, &source), (5, &target));
    copy(&from.contents(), &to.contents()).await;
    let files = Database::open(&address, "catalogue").await.unwrap().collection::<Document>("pictures.files");
    assert_eq!(files.count_documents(doc! {}).await.unwrap(), 5, "none is kept interrupted_then_repeated");
    let library = ImageLibrary::new(Arc::new(to));
    for (number, url) in (0..5).zip(&urls) {
        let file = library.get(url.trim_start_matches("/media/")).await.unwrap();
        assert!(file.bytes == content(number) && file.media_type == "image/svg+xml");
    }
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn a_page_is_limited_by_size_whatever_its_limit() {
    let (_folder, from, _) = folder().await;
    let to = GridFsImages::open(&servers::mongo()).await.unwrap();
    copy(&from.contents(), &to.contents()).await;
    for contents in [&from.contents() as &dyn Exporter, &to.contents()] {
        let (mut position, mut pages) = (None, Vec::new());
        loop {
            let page = contents.page("pictures", position.as_deref(), 500).await.unwrap();
            pages.push(page.records.iter().map(|record| record.value.to_string().len()).sum::<usize>());
            position = page.next;
            if position.is_none() {
                break;
            }
        }
        assert!(pages.len() > 1 && pages.iter().all(|bytes| *bytes < 2 * LARGE), "{pages:?}");
    }
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn a_damaged_image_is_replaced_and_a_duplicate_counts_once() {
    let ((_folder, from, urls), address) = (folder().await, servers::mongo());
    let to = GridFsImages::open(&address).await.unwrap();
    let name = urls[1].trim_start_matches("/media/");
    to.put(name, b"damaged").await.unwrap();
    copy(&from.contents(), &to.contents()).await;
    assert!(to.get(name).await.unwrap() == Some(content(1)));
    let bucket = Database::open(&address, "catalogue").await.unwrap();
    let files = bucket.collection::<Document>("pictures.files");
    let mut duplicate = files.find_one(doc! { "length": 0_i64 }).await.unwrap().unwrap();
    duplicate.remove("_id");
    files.insert_one(duplicate).await.unwrap();
    assert_eq!(summaries(&from.contents()).await, summaries(&to.contents()).await);
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn a_record_without_an_image_is_rejected() {
    let (_folder, from, _) = folder().await;
    let to = GridFsImages::open(&servers::mongo()).await.unwrap();
    let mut page = from.contents().page("pictures", None, 1).await.unwrap();
    page.records[0].value["content"] = "%".into();
    assert!(to.contents().receive("pictures", &page.records).await.is_err());
}
