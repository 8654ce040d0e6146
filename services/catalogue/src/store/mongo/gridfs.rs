//! Pictures in GridFS, where all replicas see them.

use super::schema::{Layout, prepare};
use crate::media;
use crate::store::ImageStore;
use crate::store::moved_images::{AT_ONCE, IMAGES, image, record};
use async_trait::async_trait;
use chassis::StoreError;
use chassis::mongo::{ConnectionSettings, Database};
use chassis::data_migration::{Exporter, Page, Importer, Record};
use futures::{AsyncReadExt, AsyncWriteExt, TryStreamExt};
use mongodb::bson::doc;
use mongodb::error::{ErrorKind, GridFsErrorKind};
use mongodb::gridfs::GridFsBucket;
use mongodb::options::GridFsBucketOptions;

const BUCKET: &str = "pictures";

/// The driver makes these indexes itself, but not when the first picture is smaller than a part of one.
fn layouts() -> [Layout; 2] {
    [
        Layout::new("pictures.files").index(doc! { "filename": 1, "uploadDate": 1 }),
        Layout::new("pictures.chunks").index(doc! { "files_id": 1, "n": 1 }),
    ]
}

/// The pictures of a shop, in GridFS.
pub struct GridFsImages(GridFsBucket);

impl GridFsImages {
    /// The pictures in catalogue's database, whose collections are made when they are missing.
    ///
    /// # Errors
    /// When MongoDB cannot be reached.
    pub async fn open(address: &ConnectionSettings) -> Result<Self, StoreError> {
        let database = Database::open(address, "catalogue").await?;
        prepare(&database, &layouts(), &[]).await?;
        let options = GridFsBucketOptions::builder().bucket_name(BUCKET.to_owned()).build();
        Ok(Self(database.inner().gridfs_bucket(options)))
    }

    /// All pictures that can be shown, to be moved from or into another store.
    pub fn contents(&self) -> GridFsContents {
        GridFsContents(Self(self.0.clone()))
    }
}

fn unavailable(error: &std::io::Error) -> StoreError {
    StoreError::Unavailable(format!("pictures in MongoDB: {error}"))
}

#[async_trait]
impl ImageStore for GridFsImages {
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

/// The pictures in GridFS.
pub struct GridFsContents(GridFsImages);

#[async_trait]
impl Exporter for GridFsContents {
    fn kinds(&self) -> Vec<&'static str> {
        vec![IMAGES]
    }

    async fn page(&self, _: &str, from: Option<&str>, limit: usize) -> Result<Page, StoreError> {
        let after = doc! { "filename": { "$gt": from.unwrap_or_default() } };
        let mut files = (self.0).0.find(after).sort(doc! { "filename": 1 }).await?;
        let (mut page, mut read, mut last) = (Page::default(), 0, String::new());
        while let Some(file) = files.try_next().await? {
            // Two files of one name are one picture.
            let Some(name) = file.filename.filter(|name| *name != last) else { continue };
            if page.records.len() >= limit || read >= AT_ONCE {
                page.next = Some(last);
                break;
            }
            if media::type_of(&name).is_some() {
                let bytes = self.0.read(&name).await?.unwrap_or_default();
                read += bytes.len();
                page.records.push(record(&name, &bytes));
            }
            last = name;
        }
        Ok(page)
    }
}

#[async_trait]
impl Importer for GridFsContents {
    async fn receive(&self, _: &str, records: &[Record]) -> Result<(), StoreError> {
        for kept in records {
            let (name, bytes) = image(kept)?;
            match self.0.read(name).await? {
                Some(known) if known == bytes => continue,
                Some(_) => (self.0).0.delete_by_name(name).await?,
                None => {}
            }
            self.0.keep(name, &bytes).await?;
        }
        Ok(())
    }
}
