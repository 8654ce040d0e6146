//! Locks that queue writers of the same document within one process.
//!
//! Without them, concurrent transactions on one document would abort each other in the database and retry. The locks
//! save that work and are fair. Correctness does not depend on them, since other replicas have their own.

use chassis::StoreError;
use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, MutexGuard};
use tokio::time::timeout;

/// The number of locks. Names that share a lock only wait longer than necessary.
const LOCKS: u64 = 256;
const LOCK_TIMEOUT: Duration = Duration::from_secs(6);

/// A fixed set of locks, each for a part of all names.
#[derive(Clone)]
pub struct KeyedLocks(Arc<Vec<Mutex<()>>>);

impl Default for KeyedLocks {
    fn default() -> Self {
        Self(Arc::new((0..LOCKS).map(|_| Mutex::default()).collect()))
    }
}

impl KeyedLocks {
    /// Acquires the locks of these names; dropping the result releases them.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the locks are not acquired in time.
    pub async fn lock<'n>(
        &self,
        names: impl IntoIterator<Item = &'n str>,
    ) -> Result<Vec<MutexGuard<'_, ()>>, StoreError> {
        // Acquired in ascending order, so that two callers cannot deadlock.
        let indexes: BTreeSet<usize> = names.into_iter().map(lock_index).collect();
        let acquire = async {
            let mut guards = Vec::with_capacity(indexes.len());
            for lock in indexes.iter().filter_map(|index| self.0.get(*index)) {
                guards.push(lock.lock().await);
            }
            guards
        };
        let acquired = timeout(LOCK_TIMEOUT, acquire).await;
        acquired.map_err(|_| StoreError::Unavailable("too many concurrent writes of the same data".to_owned()))
    }
}

fn lock_index(name: &str) -> usize {
    // A hasher made by new() has fixed keys, so that a name always has the same lock.
    let mut hasher = DefaultHasher::new();
    name.hash(&mut hasher);
    usize::try_from(hasher.finish() % LOCKS).unwrap_or(0)
}
