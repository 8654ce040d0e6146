//! Pictures.

use super::{copy, copy_with_stops, summaries};
use catalogue::Media;
use catalogue::store::{GridFsImages, ImageFolder, ImageStore};
use chassis::mongo::Database;
use chassis::data_migration::{Exporter, Importer};
use mongodb::bson::{Document, doc};
use std::sync::Arc;
use tempfile::TempDir;
use testkit::servers;

/// Large enough that a page does not hold two of them.
const LARGE: usize = 5 << 20;

fn content(number: u8) -> Vec<u8> {
    let size = if number < 3 { usize::from(number) * 100_000 } else { LARGE };
    (0..size).map(|at| at.to_le_bytes()[0] ^ number).collect()
}

/// A folder with pictures, and with what is none. Says where they are shown.
async fn folder() -> (TempDir, ImageFolder, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let media = Media::new(Arc::new(ImageFolder::open(folder.path()).unwrap()));
    let mut shown = Vec::new();
    for number in 0..5 {
        shown.push(media.put_own_drawing(content(number)).await.unwrap());
    }
    let half_written = format!("{}.png.0.new", "0".repeat(64));
    for other in ["notes.txt", ".DS_Store", half_written.as_str()] {
        std::fs::write(folder.path().join(other), "no picture").unwrap();
    }
    let store = ImageFolder::open(folder.path()).unwrap();
    (folder, store, shown)
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn all_images_are_shown_after_they_moved() {
    let ((_folder, from, shown), address) = (folder().await, servers::mongo());
    let to = GridFsImages::open(&address).await.unwrap();
    copy_with_stops(&from.contents(), &to.contents()).await;
    let (here, there) = (summaries(&from.contents()).await, summaries(&to.contents()).await);
    assert_eq!((here[0].1.records, &here), (5, &there));
    copy(&from.contents(), &to.contents()).await;
    let files = Database::open(&address, "catalogue").await.unwrap().collection::<Document>("pictures.files");
    assert_eq!(files.count_documents(doc! {}).await.unwrap(), 5, "none is kept twice");
    let media = Media::new(Arc::new(to));
    for (number, place) in (0..5).zip(&shown) {
        let file = media.get(place.trim_start_matches("/media/")).await.unwrap();
        assert!(file.bytes == content(number) && file.media_type == "image/svg+xml");
    }
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn a_page_holds_little_however_much_is_asked_for() {
    let (_folder, from, _) = folder().await;
    let to = GridFsImages::open(&servers::mongo()).await.unwrap();
    copy(&from.contents(), &to.contents()).await;
    for contents in [&from.contents() as &dyn Exporter, &to.contents()] {
        let (mut place, mut pages) = (None, Vec::new());
        loop {
            let page = contents.page("pictures", place.as_deref(), 500).await.unwrap();
            pages.push(page.records.iter().map(|record| record.value.to_string().len()).sum::<usize>());
            place = page.next;
            if place.is_none() {
                break;
            }
        }
        assert!(pages.len() > 1 && pages.iter().all(|bytes| *bytes < 2 * LARGE), "{pages:?}");
    }
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn a_image_that_is_another_there_is_replaced_and_one_kept_twice_counts_once() {
    let ((_folder, from, shown), address) = (folder().await, servers::mongo());
    let to = GridFsImages::open(&address).await.unwrap();
    let name = shown[1].trim_start_matches("/media/");
    to.keep(name, b"damaged").await.unwrap();
    copy(&from.contents(), &to.contents()).await;
    assert!(to.read(name).await.unwrap() == Some(content(1)));
    let bucket = Database::open(&address, "catalogue").await.unwrap();
    let files = bucket.collection::<Document>("pictures.files");
    let mut twin = files.find_one(doc! { "length": 0_i64 }).await.unwrap().unwrap();
    twin.remove("_id");
    files.insert_one(twin).await.unwrap();
    assert_eq!(summaries(&from.contents()).await, summaries(&to.contents()).await);
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn a_record_without_a_image_is_refused() {
    let (_folder, from, _) = folder().await;
    let to = GridFsImages::open(&servers::mongo()).await.unwrap();
    let mut page = from.contents().page("pictures", None, 1).await.unwrap();
    page.records[0].value["content"] = "%".into();
    assert!(to.contents().receive("pictures", &page.records).await.is_err());
}
