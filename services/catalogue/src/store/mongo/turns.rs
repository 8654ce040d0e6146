//! Turns: within one process those who would write the same document queue up for it instead of meeting in the database,
//! where all but one are given up. This saves work and is fair; what is right rests on the units of work alone, since
//! other processes have turns of their own.

use chassis::StoreError;
use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, MutexGuard};
use tokio::time::timeout;

const QUEUES: u64 = 256;
/// How long somebody waits for a turn.
const PATIENCE: Duration = Duration::from_secs(6);

/// Queues, each for some of all names.
#[derive(Clone)]
pub struct Turns(Arc<Vec<Mutex<()>>>);

impl Default for Turns {
    fn default() -> Self {
        Self(Arc::new((0..QUEUES).map(|_| Mutex::default()).collect()))
    }
}

impl Turns {
    /// Waits until nobody else here writes what goes by these names. The turn lasts as long as what is returned.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when too many are waiting already.
    pub async fn of<'n>(
        &self,
        names: impl IntoIterator<Item = &'n str>,
    ) -> Result<Vec<MutexGuard<'_, ()>>, StoreError> {
        // In the order of queues, so that two never wait for each other.
        let queues: BTreeSet<usize> = names.into_iter().map(queue).collect();
        let wait = async {
            let mut turns = Vec::with_capacity(queues.len());
            for queue in queues.iter().filter_map(|queue| self.0.get(*queue)) {
                turns.push(queue.lock().await);
            }
            turns
        };
        let waited = timeout(PATIENCE, wait).await;
        waited.map_err(|_| StoreError::Unavailable("too many want to write the same at once".to_owned()))
    }
}

fn queue(name: &str) -> usize {
    let mut hasher = DefaultHasher::new();
    name.hash(&mut hasher);
    usize::try_from(hasher.finish() % QUEUES).unwrap_or(0)
}
