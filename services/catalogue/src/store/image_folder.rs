//! Images as files in a folder.

use super::ImageStore;
use super::data_migration::images::{IMAGES, MAX_PAGE_BYTES, to_record};
use crate::image_name::media_type_of;
use async_trait::async_trait;
use chassis::StoreError;
use chassis::data_migration::{Exporter, Page};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// Stores the images of a shop in a folder.
pub struct ImageFolder {
    folder: PathBuf,
    /// Makes the names of temporary files unique within this process.
    uploads: AtomicU64,
}

fn unavailable(error: &std::io::Error) -> StoreError {
    StoreError::Unavailable(format!("image folder: {error}"))
}

impl ImageFolder {
    /// Opens the folder, and creates it if it is missing.
    ///
    /// # Errors
    /// When the folder cannot be created.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        std::fs::create_dir_all(folder).map_err(|error| unavailable(&error))?;
        Ok(Self { folder: folder.to_owned(), uploads: AtomicU64::new(0) })
    }

    /// Returns the images as records for a data migration.
    pub fn contents(&self) -> FolderRecords {
        FolderRecords(self.folder.clone())
    }
}

#[async_trait]
impl ImageStore for ImageFolder {
    async fn put(&self, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
        // Writing to a temporary file and renaming it makes the image visible only when it is complete. Concurrent
        // uploads of one image each rename their own file; all of them have the same content.
        let number = self.uploads.fetch_add(1, Ordering::Relaxed);
        let (path, temporary) = (self.folder.join(name), self.folder.join(format!("{name}.{number}.new")));
        let failed = |error: std::io::Error| unavailable(&error);
        if !tokio::fs::try_exists(&path).await.map_err(failed)? {
            tokio::fs::write(&temporary, bytes).await.map_err(failed)?;
            tokio::fs::rename(&temporary, &path).await.map_err(failed)?;
        }
        Ok(())
    }

    async fn get(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        match tokio::fs::read(self.folder.join(name)).await {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(unavailable(&error)),
        }
    }
}

/// Exports the images of a folder.
#[derive(Debug, Clone)]
pub struct FolderRecords(PathBuf);

impl FolderRecords {
    /// Returns the sorted names of images after `from`. Other files in the folder are ignored.
    async fn names(&self, from: &str) -> Result<Vec<String>, StoreError> {
        let mut entries = tokio::fs::read_dir(&self.0).await.map_err(|error| unavailable(&error))?;
        let mut names = Vec::new();
        while let Some(entry) = entries.next_entry().await.map_err(|error| unavailable(&error))? {
            if let Ok(name) = entry.file_name().into_string()
                && name.as_str() > from
                && media_type_of(&name).is_some()
            {
                names.push(name);
            }
        }
        // Pages continue after the last name, so the order must be stable across calls.
        names.sort_unstable();
        Ok(names)
    }
}

#[async_trait]
impl Exporter for FolderRecords {
    fn kinds(&self) -> Vec<&'static str> {
        vec![IMAGES]
    }

    async fn page(&self, _: &str, from: Option<&str>, limit: usize) -> Result<Page, StoreError> {
        let (mut page, mut page_bytes) = (Page::default(), 0);
        for name in self.names(from.unwrap_or_default()).await? {
            if page.records.len() >= limit || page_bytes >= MAX_PAGE_BYTES {
                page.next = page.records.last().map(|last| last.key.clone());
                break;
            }
            let bytes = tokio::fs::read(self.0.join(&name)).await.map_err(|error| unavailable(&error))?;
            page_bytes += bytes.len();
            page.records.push(to_record(&name, &bytes));
        }
        Ok(page)
    }
}
