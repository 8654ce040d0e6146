//! Images in GridFS, where all replicas can read them.

use super::collections::{CollectionSpec, prepare};
use crate::image_name::media_type_of;
use crate::store::ImageStore;
use crate::store::data_migration::images::{IMAGES, MAX_PAGE_BYTES, from_record, to_record};
use async_trait::async_trait;
use chassis::StoreError;
use chassis::data_migration::{Exporter, Importer, Page, Record};
use chassis::mongo::{ConnectionSettings, Database};
use futures::{AsyncReadExt, AsyncWriteExt, TryStreamExt};
use mongodb::bson::doc;
use mongodb::error::{ErrorKind, GridFsErrorKind};
use mongodb::gridfs::GridFsBucket;
use mongodb::options::GridFsBucketOptions;

const BUCKET: &str = "pictures";

/// Describes the collections of the bucket. The driver creates the indexes itself, except when the first image is
/// smaller than a chunk.
fn bucket_collections() -> [CollectionSpec; 2] {
    [
        CollectionSpec::new("pictures.files").index(doc! { "filename": 1, "uploadDate": 1 }),
        CollectionSpec::new("pictures.chunks").index(doc! { "files_id": 1, "n": 1 }),
    ]
}

/// Stores the images of a shop in GridFS.
pub struct GridFsImages(GridFsBucket);

impl GridFsImages {
    /// Opens the bucket in the database of catalogue, and creates the collections that are missing.
    ///
    /// # Errors
    /// When the server is unavailable.
    pub async fn open(address: &ConnectionSettings) -> Result<Self, StoreError> {
        let database = Database::open(address, "catalogue").await?;
        prepare(&database, &bucket_collections(), &[]).await?;
        let options = GridFsBucketOptions::builder().bucket_name(BUCKET.to_owned()).build();
        Ok(Self(database.inner().gridfs_bucket(options)))
    }

    /// Returns the images as records for a data migration.
    pub fn contents(&self) -> GridFsRecords {
        GridFsRecords(Self(self.0.clone()))
    }
}

fn unavailable(error: &std::io::Error) -> StoreError {
    StoreError::Unavailable(format!("images in MongoDB: {error}"))
}

#[async_trait]
impl ImageStore for GridFsImages {
    async fn put(&self, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
        if self.0.find_one(doc! { "filename": name }).await?.is_some() {
            return Ok(());
        }
        // Each upload has its own id. Concurrent uploads of an image leave two files of one name, and an interrupted
        // one leaves chunks without a file; neither affects reads, which find a complete file.
        let mut upload = self.0.open_upload_stream(name).await?;
        upload.write_all(bytes).await.map_err(|error| unavailable(&error))?;
        upload.close().await.map_err(|error| unavailable(&error))
    }

    async fn get(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let mut download = match self.0.open_download_stream_by_name(name).await {
            Ok(download) => download,
            // A missing file is an error kind of GridFS and not an empty result.
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

/// Exports and imports the images of GridFS.
pub struct GridFsRecords(GridFsImages);

#[async_trait]
impl Exporter for GridFsRecords {
    fn kinds(&self) -> Vec<&'static str> {
        vec![IMAGES]
    }

    async fn page(&self, _: &str, from: Option<&str>, limit: usize) -> Result<Page, StoreError> {
        let after = doc! { "filename": { "$gt": from.unwrap_or_default() } };
        let mut files = (self.0).0.find(after).sort(doc! { "filename": 1 }).await?;
        let (mut page, mut page_bytes, mut last) = (Page::default(), 0, String::new());
        while let Some(file) = files.try_next().await? {
            // Two files of one name are one image.
            let Some(name) = file.filename.filter(|name| *name != last) else { continue };
            if page.records.len() >= limit || page_bytes >= MAX_PAGE_BYTES {
                page.next = Some(last);
                break;
            }
            if media_type_of(&name).is_some() {
                let bytes = self.0.get(&name).await?.unwrap_or_default();
                page_bytes += bytes.len();
                page.records.push(to_record(&name, &bytes));
            }
            last = name;
        }
        Ok(page)
    }
}

#[async_trait]
impl Importer for GridFsRecords {
    async fn receive(&self, _: &str, records: &[Record]) -> Result<(), StoreError> {
        for record in records {
            let (name, bytes) = from_record(record)?;
            match self.0.get(name).await? {
                Some(existing) if existing == bytes => continue,
                // A damaged file would otherwise stay, since `put` does not replace files.
                Some(_) => (self.0).0.delete_by_name(name).await?,
                None => {}
            }
            self.0.put(name, &bytes).await?;
        }
        Ok(())
    }
}
