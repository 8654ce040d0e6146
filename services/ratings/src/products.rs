//! The lookup of products by handle: requested from catalogue and cached, also while catalogue is unavailable.

use chassis::client::CallError;
use chassis::problem::{self, Problem};
use chassis::{StatusCode, SystemContext};
use contracts::ProductId;
use contracts::catalogue::{CatalogueClient, ProductReference};
use jiff::{SignedDuration, Timestamp};
use moka::sync::Cache;
use std::time::Duration;

const CACHE_TTL: SignedDuration = SignedDuration::from_secs(60);
const CACHE_CAPACITY: u64 = 10_000;
/// The pause after a failed request, during which cached products are used.
const RETRY_INTERVAL: SignedDuration = SignedDuration::from_secs(5);
/// The timeout of a request when an expired cache entry can be used instead.
const REFRESH_TIMEOUT: Duration = Duration::from_secs(1);
/// Catalogue issues no longer handles, so longer ones are rejected without a request.
const MAX_HANDLE_LENGTH: usize = 255;

#[derive(Debug, Clone, Copy)]
struct CachedProduct {
    id: ProductId,
    refresh_at: Timestamp,
}

/// Finds products by handle.
#[derive(Clone)]
pub struct ProductLookup {
    catalogue: CatalogueClient,
    system: SystemContext,
    cache: Cache<String, CachedProduct>,
}

impl ProductLookup {
    /// Creates a lookup with an empty cache.
    pub fn new(catalogue: CatalogueClient, system: SystemContext) -> Self {
        Self { catalogue, system, cache: Cache::new(CACHE_CAPACITY) }
    }

    /// Returns the id of the product with this handle.
    ///
    /// # Errors
    /// 404 for an unknown handle, 503 when catalogue is unavailable and the handle is not cached.
    pub async fn find(&self, handle: &str) -> Result<ProductId, Problem> {
        let not_found = || problem::NOT_FOUND.detail("Product not found.");
        if handle.is_empty() || handle.len() > MAX_HANDLE_LENGTH {
            return Err(not_found());
        }
        let now = self.system.now();
        let cached = self.cache.get(handle);
        if let Some(cached) = cached.filter(|cached| now < cached.refresh_at) {
            return Ok(cached.id);
        }
        match (self.request(handle, cached.is_some()).await, cached) {
            (Ok(product), _) => Ok(self.store(handle, product.id, now, CACHE_TTL)),
            (Err(error), _) if is_not_found(&error) => {
                // Catalogue is authoritative: a deleted product is not served from the cache.
                self.cache.invalidate(handle);
                Err(not_found())
            }
            // Stale data is better than none: the id of a product hardly ever changes.
            (Err(error), Some(cached)) => {
                tracing::warn!(%error, "catalogue unavailable; using a cached product");
                Ok(self.store(handle, cached.id, now, RETRY_INTERVAL))
            }
            (Err(error), None) => Err(error.into()),
        }
    }

    async fn request(&self, handle: &str, has_fallback: bool) -> Result<ProductReference, CallError> {
        let request = self.catalogue.product_reference(handle);
        // Without a fallback the caller has nothing else to do than to wait for the client's own timeout.
        if !has_fallback {
            return request.await;
        }
        tokio::time::timeout(REFRESH_TIMEOUT, request).await.unwrap_or_else(|_| {
            Err(CallError::NoResponse { callee: self.catalogue.0.callee(), reason: "timeout".to_owned() })
        })
    }

    fn store(&self, handle: &str, id: ProductId, now: Timestamp, ttl: SignedDuration) -> ProductId {
        let refresh_at = now.saturating_add(ttl).unwrap_or(now);
        self.cache.insert(handle.to_owned(), CachedProduct { id, refresh_at });
        id
    }
}

fn is_not_found(error: &CallError) -> bool {
    matches!(error, CallError::Refused(problem) if problem.status_code() == StatusCode::NOT_FOUND)
}
