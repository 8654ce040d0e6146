//! The queue of product images that are still on other servers.

use async_trait::async_trait;
use chassis::StoreError;
use contracts::ProductId;
use contracts::catalogue::FailedImage;
use jiff::Timestamp;
use std::collections::HashMap;

/// An image that is due to be fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueImage {
    /// The product that shows the image.
    pub product_id: ProductId,
    /// The remote URL of the image.
    pub url: String,
    /// The number of failed attempts.
    pub attempts: u32,
    /// The local URL, if another product fetched the same remote URL before.
    pub fetched_url: Option<String>,
}

/// The queue of remote images.
///
/// Writing a product queues its remote URLs in the same transaction, including those that failed before, and removes
/// the URLs that it no longer has.
#[async_trait]
pub trait ImageQueue: Send + Sync {
    /// Returns images that are due, the longest waiting first.
    async fn due_images(&self, now: Timestamp, limit: usize) -> Result<Vec<DueImage>, StoreError>;

    /// Replaces a remote URL by a local one wherever the product uses it, in one transaction.
    ///
    /// The product keeps its version, so that staff who are editing it do not get a conflict. If their edit contains the
    /// remote URL again, it is replaced again without another download.
    async fn replace_image_url(&self, product_id: ProductId, url: &str, local_url: &str) -> Result<(), StoreError>;

    /// Records a failed attempt. The image is due again at `next`, or given up when there is none.
    async fn record_image_failure(
        &self,
        product_id: ProductId,
        url: &str,
        reason: &str,
        next: Option<Timestamp>,
    ) -> Result<(), StoreError>;

    /// Returns the local URLs of those remote URLs that were fetched before.
    async fn fetched_images(&self, urls: &[String]) -> Result<HashMap<String, String>, StoreError>;

    /// Counts the images that wait to be fetched, up to `max`.
    async fn pending_images(&self, max: u32) -> Result<u32, StoreError>;

    /// Lists images that were given up, ordered by product and URL, after the position `after`.
    async fn failed_images(
        &self,
        after: Option<(ProductId, String)>,
        limit: usize,
    ) -> Result<Vec<FailedImage>, StoreError>;

    /// Makes all failed images due again and returns their number.
    async fn retry_images(&self, now: Timestamp) -> Result<u64, StoreError>;
}
