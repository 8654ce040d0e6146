//! Downloads the remote images of products in the background and replaces them by local ones.
//!
//! Image URLs come from imported files, so they are untrusted. The fetcher only speaks HTTP and HTTPS, only connects to
//! public addresses (checked when a name is resolved, and again for every redirect), never uses a proxy, and limits time
//! and size. Content that is not an image is discarded.

mod fetch_policy;

pub use fetch_policy::FetchPolicy;

use crate::images::{ImageLibrary, MAX_IMAGE_BYTES};
use crate::search::Indexer;
use crate::store::{DueImage, ProductStore};
use chassis::{StoreError, SystemContext};
use fetch_policy::{BlockedAddress, PublicResolver};
use futures::{StreamExt, stream};
use jiff::SignedDuration;
use reqwest::header::LOCATION;
use reqwest::{Client, Response, StatusCode, Url, redirect};
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::OnceCell;
use tokio_util::sync::CancellationToken;

/// The number of parallel downloads. Each may take [`MAX_IMAGE_BYTES`] of memory.
const CONCURRENCY: usize = 4;
const BATCH_SIZE: usize = 16;
const MAX_REDIRECTS: usize = 3;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const READ_TIMEOUT: Duration = Duration::from_secs(10);
const TOTAL_TIMEOUT: Duration = Duration::from_secs(60);
const POLL_INTERVAL: Duration = Duration::from_secs(1);
/// The delay after each failed attempt. An image that fails once more is given up.
const RETRY_DELAYS: [SignedDuration; 4] = [
    SignedDuration::from_secs(10),
    SignedDuration::from_secs(60),
    SignedDuration::from_mins(5),
    SignedDuration::from_mins(30),
];

/// Fetches the images in the queue.
#[derive(Clone)]
pub struct ImageFetcher {
    products: Arc<dyn ProductStore>,
    images: ImageLibrary,
    indexer: Indexer,
    system: SystemContext,
    policy: FetchPolicy,
    client: Arc<OnceCell<Client>>,
}

/// A failed attempt to fetch an image.
struct FetchFailure {
    /// The reason, stored for reports.
    reason: String,
    /// True if a later attempt may succeed.
    transient: bool,
}

impl FetchFailure {
    fn transient(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), transient: true }
    }

    fn permanent(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), transient: false }
    }
}

impl ImageFetcher {
    /// Creates a fetcher for the products of a store. Only tests use another policy than
    /// [`FetchPolicy::PublicInternet`].
    pub fn new(
        products: Arc<dyn ProductStore>,
        images: ImageLibrary,
        indexer: Indexer,
        system: SystemContext,
        policy: FetchPolicy,
    ) -> Self {
        Self { products, images, indexer, system, policy, client: Arc::default() }
    }

    /// Fetches images until shutdown.
    pub async fn run(self, stop: CancellationToken) {
        loop {
            // A step that is dropped at shutdown loses only downloads: images without an outcome stay due.
            let pause = tokio::select! {
                () = stop.cancelled() => return,
                done = self.step() => match done {
                    Ok(0) => POLL_INTERVAL,
                    Ok(_) => continue,
                    Err(error) => {
                        tracing::error!(%error, "image queue unavailable; retrying");
                        POLL_INTERVAL * 5
                    }
                },
            };
            // The queue is polled, since other processes add to it as well.
            tokio::select! { () = stop.cancelled() => return, () = tokio::time::sleep(pause) => {} }
        }
    }

    /// Attempts a batch of due images and returns its size.
    ///
    /// # Errors
    /// When the store fails. A failed download is not an error; it is recorded in the queue.
    pub async fn step(&self) -> Result<usize, StoreError> {
        let due = self.products.due_images(self.system.now(), BATCH_SIZE).await?;
        let count = due.len();
        // Outcomes arrive as downloads complete. A store error ends the batch; the other images stay due.
        let mut outcomes = stream::iter(due).map(|image| self.process(image)).buffer_unordered(CONCURRENCY);
        while let Some(outcome) = outcomes.next().await {
            outcome?;
        }
        Ok(count)
    }

    async fn process(&self, due: DueImage) -> Result<(), StoreError> {
        // Products often share an image: it is downloaded once.
        let fetched = match &due.fetched_url {
            Some(local_url) => Ok(local_url.clone()),
            None => self.fetch(&due.url).await,
        };
        match fetched {
            Ok(local_url) => {
                self.products.replace_image_url(due.product_id, &due.url, &local_url).await?;
                self.indexer.notify();
                Ok(())
            }
            Err(failure) => {
                let delay = RETRY_DELAYS.get(due.attempts as usize).filter(|_| failure.transient);
                let next = delay.and_then(|delay| self.system.now().saturating_add(*delay).ok());
                tracing::info!(url = due.url, error = failure.reason, retry = next.is_some(), "image not fetched");
                self.products.record_image_failure(due.product_id, &due.url, &failure.reason, next).await
            }
        }
    }

    async fn fetch(&self, url: &str) -> Result<String, FetchFailure> {
        // The read timeout alone would allow a server to send one byte at a time.
        let bytes = match tokio::time::timeout(TOTAL_TIMEOUT, self.download(url)).await {
            Ok(bytes) => bytes?,
            Err(_) => {
                return Err(FetchFailure::transient(format!("took longer than {} seconds", TOTAL_TIMEOUT.as_secs())));
            }
        };
        self.images.put(bytes).await.map_err(|problem| match problem.errors.first() {
            // A problem with field errors rejects the content; any other one comes from the store.
            Some(error) => FetchFailure::permanent(error.detail.clone()),
            None => FetchFailure::transient(problem.detail.into_owned()),
        })
    }

    async fn download(&self, url: &str) -> Result<Vec<u8>, FetchFailure> {
        let client = self.client.get_or_try_init(|| async { client(self.policy) }).await?;
        let mut url = Url::parse(url).map_err(|error| FetchFailure::permanent(format!("is not a URL: {error}")))?;
        // Redirects are followed here and not by the client, since each target must pass the policy.
        for _ in 0..=MAX_REDIRECTS {
            self.policy.check(&url).map_err(|error| FetchFailure::permanent(error.to_string()))?;
            let response = client.get(url.clone()).send().await.map_err(|error| connection_failure(&error))?;
            let status = response.status();
            if !is_redirect(status) {
                return read_body(response).await;
            }
            let location = response.headers().get(LOCATION).and_then(|location| location.to_str().ok());
            let location = location.ok_or_else(|| FetchFailure::permanent("redirects without a location"))?;
            url = url
                .join(location)
                .map_err(|error| FetchFailure::permanent(format!("redirects to an invalid URL: {error}")))?;
        }
        Err(FetchFailure::permanent(format!("redirects more than {MAX_REDIRECTS} times")))
    }
}

/// Builds the HTTP client. It is built for the first image, since loading the system's certificates takes time and memory.
fn client(policy: FetchPolicy) -> Result<Client, FetchFailure> {
    Client::builder()
        .user_agent(concat!("ShopStack/", env!("CARGO_PKG_VERSION")))
        .redirect(redirect::Policy::none())
        .referer(false)
        // A proxy would resolve host names itself and bypass the policy.
        .no_proxy()
        .dns_resolver(Arc::new(PublicResolver(policy)))
        .connect_timeout(CONNECT_TIMEOUT)
        .read_timeout(READ_TIMEOUT)
        .timeout(TOTAL_TIMEOUT)
        .pool_max_idle_per_host(CONCURRENCY)
        .build()
        .map_err(|error| FetchFailure::transient(format!("the HTTP client cannot be created: {error}")))
}

const fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

/// Describes a failed connection by its innermost cause, which is the most specific one.
fn connection_failure(error: &reqwest::Error) -> FetchFailure {
    let mut cause: &dyn Error = error;
    while let Some(source) = cause.source() {
        cause = source;
        if let Some(blocked) = cause.downcast_ref::<BlockedAddress>() {
            return FetchFailure::permanent(blocked.to_string());
        }
    }
    FetchFailure::transient(format!("cannot be reached: {cause}"))
}

async fn read_body(mut response: Response) -> Result<Vec<u8>, FetchFailure> {
    let status = response.status();
    if !status.is_success() {
        let reason = format!("responds with {status}");
        // Other client errors are permanent: the same request will fail again.
        let transient = status.is_server_error()
            || matches!(status, StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY | StatusCode::TOO_MANY_REQUESTS);
        return Err(FetchFailure { reason, transient });
    }
    let too_large = || FetchFailure::permanent(format!("is larger than {} MiB", MAX_IMAGE_BYTES >> 20));
    // The header may be absent or wrong, so the limit is enforced while reading too.
    if response.content_length().is_some_and(|length| length > MAX_IMAGE_BYTES as u64) {
        return Err(too_large());
    }
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| connection_failure(&error))? {
        if bytes.len() + chunk.len() > MAX_IMAGE_BYTES {
            return Err(too_large());
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}
