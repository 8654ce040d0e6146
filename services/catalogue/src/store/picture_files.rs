//! Pictures as files in a folder.

use super::PictureStore;
use async_trait::async_trait;
use chassis::StoreError;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// The pictures of a shop, in a folder.
pub struct PictureFolder(PathBuf, AtomicU64);

fn unavailable(error: &std::io::Error) -> StoreError {
    StoreError::Unavailable(format!("the folder of pictures: {error}"))
}

impl PictureFolder {
    /// The pictures in `folder`, which is made when missing.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        std::fs::create_dir_all(folder).map_err(|error| unavailable(&error))?;
        Ok(Self(folder.to_owned(), AtomicU64::new(0)))
    }
}

#[async_trait]
impl PictureStore for PictureFolder {
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
