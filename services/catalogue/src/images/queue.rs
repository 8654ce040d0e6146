//! Pictures that are still to be fetched.

use async_trait::async_trait;
use chassis::StoreError;
use contracts::ProductId;
use jiff::Timestamp;
use std::collections::HashMap;

/// A picture that is due to be fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueImage {
    /// The product it belongs to.
    pub product_id: ProductId,
    /// Where it is.
    pub url: String,
    /// How often it was tried.
    pub attempts: u32,
    /// Where the shop has it, if the same address was fetched before.
    pub known: Option<String>,
}

/// A picture that could not be fetched, for reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedImage {
    /// The product it belongs to.
    pub product_id: ProductId,
    /// The product's handle.
    pub handle: String,
    /// Where it is.
    pub url: String,
    /// Why it could not be fetched.
    pub reason: String,
}

/// The pictures to be fetched. They are queued by the write of a product, in its transaction: every remote address in it
/// waits, also one that failed before, and those that it has no longer are forgotten.
#[async_trait]
pub trait ImageQueue: Send + Sync {
    /// Pictures whose time has come, the longest waiting first.
    async fn due_images(&self, now: Timestamp, limit: usize) -> Result<Vec<DueImage>, StoreError>;

    /// Puts the shop's own picture in place of the address, wherever the product has it, in one unit of work. The product
    /// keeps its version: a person who is editing it must not be refused for that, and if what they save has the address
    /// again, it is replaced again without being fetched.
    async fn image_fetched(&self, product_id: ProductId, url: &str, media: &str) -> Result<(), StoreError>;

    /// Notes a failure; it is tried again at `next`, or never.
    async fn image_failed(
        &self,
        product_id: ProductId,
        url: &str,
        reason: &str,
        next: Option<Timestamp>,
    ) -> Result<(), StoreError>;

    /// Where the shop has the pictures of these addresses, as far as they were fetched.
    async fn known_images(&self, urls: &[String]) -> Result<HashMap<String, String>, StoreError>;

    /// How many pictures wait, counted up to `most`.
    async fn waiting_images(&self, most: u32) -> Result<u32, StoreError>;

    /// Pictures that are not tried any more, in the order of product and address, after `after`.
    async fn failed_images(
        &self,
        after: Option<(ProductId, String)>,
        limit: usize,
    ) -> Result<Vec<FailedImage>, StoreError>;

    /// Lets all that failed be tried again from now on; says how many.
    async fn retry_images(&self, now: Timestamp) -> Result<u64, StoreError>;
}
