//! The imports that people have started, with their progress and result.

use async_trait::async_trait;
use chassis::StoreError;
use contracts::catalogue::ProductImport;
use jiff::Timestamp;
use uuid::Uuid;

/// Stores the progress and result of imports for those who started them.
///
/// They do not decide where an import resumes; [`super::ImportRuns`] does.
#[async_trait]
pub trait ImportStore: Send + Sync {
    /// Stores an import, or replaces the stored one.
    async fn save_import(&self, import: &ProductImport) -> Result<(), StoreError>;

    /// Returns the import with this id.
    async fn import(&self, id: Uuid) -> Result<Option<ProductImport>, StoreError>;

    /// Returns the imports with an id below `before`, the newest first, without their issues.
    async fn imports(&self, before: Option<Uuid>, limit: usize) -> Result<Vec<ProductImport>, StoreError>;

    /// Deletes the imports that were last stored before `before`.
    async fn purge_imports(&self, before: Timestamp) -> Result<(), StoreError>;
}
