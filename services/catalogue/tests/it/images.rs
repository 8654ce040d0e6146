//! Where pictures are kept: the same of a folder and of GridFS.

use catalogue::store::{GridFsImages, ImageFolder, ImageStore};
use tempfile::TempDir;

async fn what_was_kept_comes_back_and_what_was_not_is_not_there(store: &dyn ImageStore) {
    let big: Vec<u8> = (0..3_000_000_u32).map(|n| n.to_le_bytes()[0]).collect();
    assert_eq!(store.read("big.png").await.unwrap(), None);
    store.keep("big.png", &big).await.unwrap();
    store.keep("empty.png", &[]).await.unwrap();
    assert_eq!(store.read("big.png").await.unwrap(), Some(big));
    assert_eq!(store.read("empty.png").await.unwrap(), Some(Vec::new()));
}

async fn keeping_one_image_by_many_at_once_keeps_it_whole(store: &dyn ImageStore) {
    let bytes = vec![7; 600_000];
    let all = futures::future::join_all((0..8).map(|_| store.keep("same.png", &bytes))).await;
    assert!(all.iter().all(Result::is_ok));
    assert_eq!(store.read("same.png").await.unwrap(), Some(bytes));
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
    what_was_kept_comes_back_and_what_was_not_is_not_there(&store).await;
    keeping_one_image_by_many_at_once_keeps_it_whole(&store).await;
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn in_gridfs() {
    let store = gridfs().await;
    what_was_kept_comes_back_and_what_was_not_is_not_there(&store).await;
    keeping_one_image_by_many_at_once_keeps_it_whole(&store).await;
}
