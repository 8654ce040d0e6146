//! The content of the shop as it was read last, for the requests that need it most.

use super::CACHE_TTL;
use contracts::catalogue::{PageSummary, Storefront};
use moka::sync::Cache;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A value of the cache with the generation that it was read at.
type Cached<T> = Cache<(), (u64, Arc<T>)>;

/// Pages and the settings of the storefront. Every change increments the generation, after which older values do not count:
/// also those that a request read before the change and stores after it.
#[derive(Clone)]
pub struct ContentCache {
    generation: Arc<AtomicU64>,
    pages: Cached<Vec<PageSummary>>,
    storefront: Cached<Storefront>,
}

impl Default for ContentCache {
    fn default() -> Self {
        // Changes of other processes become visible after the time to live.
        Self { generation: Arc::default(), pages: empty(), storefront: empty() }
    }
}

fn empty<T: Send + Sync + 'static>() -> Cached<T> {
    Cache::builder().max_capacity(1).time_to_live(CACHE_TTL).build()
}

impl ContentCache {
    /// Returns the generation that a value has which is read from now on.
    pub fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    /// Drops all values, since the content has changed.
    pub fn invalidate(&self) {
        self.generation.fetch_add(1, Ordering::AcqRel);
    }

    /// Returns the pages of this generation.
    pub fn pages(&self, generation: u64) -> Option<Arc<Vec<PageSummary>>> {
        current(&self.pages, generation)
    }

    /// Keeps pages that were read at this generation.
    pub fn insert_pages(&self, generation: u64, pages: Arc<Vec<PageSummary>>) {
        self.pages.insert((), (generation, pages));
    }

    /// Returns the storefront of this generation.
    pub fn storefront(&self, generation: u64) -> Option<Arc<Storefront>> {
        current(&self.storefront, generation)
    }

    /// Keeps a storefront that was read at this generation.
    pub fn insert_storefront(&self, generation: u64, storefront: Arc<Storefront>) {
        self.storefront.insert((), (generation, storefront));
    }
}

fn current<T: Send + Sync + 'static>(cache: &Cached<T>, generation: u64) -> Option<Arc<T>> {
    cache.get(&()).filter(|(of, _)| *of == generation).map(|(_, value)| value)
}
