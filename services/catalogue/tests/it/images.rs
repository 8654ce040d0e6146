//! Image stores: the same tests for a folder and for GridFS.

use catalogue::store::{GridFsImages, ImageFolder, ImageStore};
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
