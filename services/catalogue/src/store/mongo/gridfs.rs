//! Pictures in GridFS, where all replicas see them.

use crate::store::PictureStore;
use async_trait::async_trait;
use chassis::StoreError;
use chassis::mongo::{Address, Database};
use futures::{AsyncReadExt, AsyncWriteExt};
use mongodb::bson::doc;
use mongodb::error::{ErrorKind, GridFsErrorKind};
use mongodb::gridfs::GridFsBucket;
use mongodb::options::GridFsBucketOptions;

const BUCKET: &str = "pictures";

/// The pictures of a shop, in GridFS.
pub struct GridFsPictures(GridFsBucket);

impl GridFsPictures {
    /// The pictures in catalogue's database.
    ///
    /// # Errors
    /// When MongoDB cannot be reached.
    pub async fn open(address: &Address) -> Result<Self, StoreError> {
        let database = Database::open(address, "catalogue").await?;
        let options = GridFsBucketOptions::builder().bucket_name(BUCKET.to_owned()).build();
        Ok(Self(database.inner().gridfs_bucket(options)))
    }
}

fn unavailable(error: &std::io::Error) -> StoreError {
    StoreError::Unavailable(format!("pictures in MongoDB: {error}"))
}

#[async_trait]
impl PictureStore for GridFsPictures {
    async fn keep(&self, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
        if self.0.find_one(doc! { "filename": name }).await?.is_some() {
            return Ok(());
        }
        // Under an id of its own: should two keep the same picture at once, or one be cut off, there are two files of
        // this name, or parts that nothing names, and what is read is whole all the same.
        let mut upload = self.0.open_upload_stream(name).await?;
        upload.write_all(bytes).await.map_err(|error| unavailable(&error))?;
        upload.close().await.map_err(|error| unavailable(&error))
    }

    async fn read(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let mut download = match self.0.open_download_stream_by_name(name).await {
            Ok(download) => download,
            Err(error) => {
                return match error.kind.as_ref() {
                    ErrorKind::GridFs(GridFsErrorKind::FileNotFound { .. }) => Ok(None),
                    _ => Err(error.into()),
                };
            }
        };
        let mut bytes = Vec::new();
        download.read_to_end(&mut bytes).await.map_err(|error| unavailable(&error))?;
        Ok(Some(bytes))
    }
}
