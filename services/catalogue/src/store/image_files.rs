//! Pictures as files in a folder.

use super::ImageStore;
use super::moved_images::{AT_ONCE, IMAGES, record};
use crate::media;
use async_trait::async_trait;
use chassis::StoreError;
use chassis::data_migration::{Exporter, Page};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// The pictures of a shop, in a folder.
pub struct ImageFolder(PathBuf, AtomicU64);

fn unavailable(error: &std::io::Error) -> StoreError {
    StoreError::Unavailable(format!("the folder of pictures: {error}"))
}

impl ImageFolder {
    /// The pictures in `folder`, which is made when missing.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        std::fs::create_dir_all(folder).map_err(|error| unavailable(&error))?;
        Ok(Self(folder.to_owned(), AtomicU64::new(0)))
    }

    /// All pictures that can be shown, to be moved into another store.
    pub fn contents(&self) -> FolderContents {
        FolderContents(self.0.clone())
    }
}

#[async_trait]
impl ImageStore for ImageFolder {
    async fn keep(&self, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
        // Each writes beside under a name of its own, and the last one in place is the same as the first.
        let number = self.1.fetch_add(1, Ordering::Relaxed);
        let (path, temporary) = (self.0.join(name), self.0.join(format!("{name}.{number}.new")));
        let told = |error: std::io::Error| unavailable(&error);
        if !tokio::fs::try_exists(&path).await.map_err(told)? {
            tokio::fs::write(&temporary, bytes).await.map_err(told)?;
            tokio::fs::rename(&temporary, &path).await.map_err(told)?;
        }
        Ok(())
    }

    async fn read(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        match tokio::fs::read(self.0.join(name)).await {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(unavailable(&error)),
        }
    }
}

/// The pictures in a folder.
#[derive(Debug, Clone)]
pub struct FolderContents(PathBuf);

impl FolderContents {
    /// The names of pictures after `from`, in order; what else is in the folder is no picture of the shop.
    async fn names(&self, from: &str) -> Result<Vec<String>, StoreError> {
        let mut entries = tokio::fs::read_dir(&self.0).await.map_err(|error| unavailable(&error))?;
        let mut names = Vec::new();
        while let Some(entry) = entries.next_entry().await.map_err(|error| unavailable(&error))? {
            if let Ok(name) = entry.file_name().into_string()
                && name.as_str() > from
                && media::type_of(&name).is_some()
            {
                names.push(name);
            }
        }
        names.sort_unstable();
        Ok(names)
    }
}

#[async_trait]
impl Exporter for FolderContents {
    fn kinds(&self) -> Vec<&'static str> {
        vec![IMAGES]
    }

    async fn page(&self, _: &str, from: Option<&str>, limit: usize) -> Result<Page, StoreError> {
        let (mut page, mut read) = (Page::default(), 0);
        for name in self.names(from.unwrap_or_default()).await? {
            if page.records.len() >= limit || read >= AT_ONCE {
                page.next = page.records.last().map(|last| last.key.clone());
                break;
            }
            let bytes = tokio::fs::read(self.0.join(&name)).await.map_err(|error| unavailable(&error))?;
            read += bytes.len();
            page.records.push(record(&name, &bytes));
        }
        Ok(page)
    }
}
