//! Pictures that a product has on the web are fetched in the background and become the shop's own.
//!
//! An address in a product is text that somebody else wrote. It is fetched with care: only HTTP and HTTPS, never from an
//! address that is not on the public internet (checked where the name is resolved, and for every redirection), never
//! through a proxy, with time limits, and never more than the largest picture allowed. What is not a picture is not kept.

mod address;
mod queue;

pub use address::Reach;
pub use queue::{DueImage, FailedImage, ImageQueue};

use crate::media::{LARGEST, Media};
use crate::search::Follower;
use crate::store::ProductStore;
use address::{Refused, Resolver};
use chassis::{SystemContext, StoreError};
use futures::{StreamExt, stream};
use jiff::SignedDuration;
use reqwest::header::LOCATION;
use reqwest::{Client, Response, StatusCode, Url, redirect};
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::OnceCell;
use tokio_util::sync::CancellationToken;

/// How many pictures are fetched at once. Each may take [`LARGEST`] bytes of memory.
const AT_ONCE: usize = 4;
const BATCH: usize = 16;
const REDIRECTIONS: usize = 3;
const CONNECT: Duration = Duration::from_secs(5);
const SILENCE: Duration = Duration::from_secs(10);
const WHOLE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_secs(1);
/// How long to wait after each failed attempt; after one more it is given up.
const WAITS: [SignedDuration; 4] = [
    SignedDuration::from_secs(10),
    SignedDuration::from_secs(60),
    SignedDuration::from_mins(5),
    SignedDuration::from_mins(30),
];

/// Fetches the pictures that wait.
#[derive(Clone)]
pub struct Fetcher {
    products: Arc<dyn ProductStore>,
    media: Media,
    follower: Follower,
    system: SystemContext,
    reach: Reach,
    client: Arc<OnceCell<Client>>,
}

/// Why a picture was not fetched.
struct Failure {
    reason: String,
    /// Whether another time may be better.
    passing: bool,
}

impl Failure {
    fn passing(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), passing: true }
    }

    fn lasting(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), passing: false }
    }
}

impl Fetcher {
    /// A fetcher for the products of a store. Nothing but a test reaches further than [`Reach::Internet`].
    pub fn new(
        products: Arc<dyn ProductStore>,
        media: Media,
        follower: Follower,
        system: SystemContext,
        reach: Reach,
    ) -> Self {
        Self { products, media, follower, system, reach, client: Arc::default() }
    }

    /// Fetches until shutdown.
    pub async fn run(self, stop: CancellationToken) {
        loop {
            let pause = tokio::select! {
                () = stop.cancelled() => return,
                done = self.step() => match done {
                    Ok(0) => PAUSE,
                    Ok(_) => continue,
                    Err(error) => {
                        tracing::error!(%error, "pictures cannot be fetched; trying again");
                        PAUSE * 5
                    }
                },
            };
            tokio::select! { () = stop.cancelled() => return, () = tokio::time::sleep(pause) => {} }
        }
    }

    /// Tries the pictures whose time has come, a few of them; says how many.
    ///
    /// # Errors
    /// When the store fails. What could not be fetched is no error.
    pub async fn step(&self) -> Result<usize, StoreError> {
        let due = self.products.due_images(self.system.now(), BATCH).await?;
        let count = due.len();
        let mut outcomes = stream::iter(due).map(|image| self.settle(image)).buffer_unordered(AT_ONCE);
        while let Some(outcome) = outcomes.next().await {
            outcome?;
        }
        Ok(count)
    }

    async fn settle(&self, due: DueImage) -> Result<(), StoreError> {
        let fetched = match &due.known {
            Some(known) => Ok(known.clone()),
            None => self.fetch(&due.url).await,
        };
        match fetched {
            Ok(media) => {
                self.products.image_fetched(due.product_id, &due.url, &media).await?;
                self.follower.notify();
                Ok(())
            }
            Err(failure) => {
                let wait = WAITS.get(due.attempts as usize).filter(|_| failure.passing);
                let next = wait.and_then(|wait| self.system.now().saturating_add(*wait).ok());
                tracing::info!(url = due.url, reason = failure.reason, again = next.is_some(), "picture not fetched");
                self.products.image_failed(due.product_id, &due.url, &failure.reason, next).await
            }
        }
    }

    async fn fetch(&self, address: &str) -> Result<String, Failure> {
        let bytes = match tokio::time::timeout(WHOLE, self.download(address)).await {
            Ok(bytes) => bytes?,
            Err(_) => return Err(Failure::passing(format!("took longer than {} seconds", WHOLE.as_secs()))),
        };
        self.media.put(bytes).await.map_err(|problem| match problem.errors.first() {
            Some(error) => Failure::lasting(error.detail.clone()),
            None => Failure::passing(problem.detail.into_owned()),
        })
    }

    async fn download(&self, address: &str) -> Result<Vec<u8>, Failure> {
        let client = self.client.get_or_try_init(|| async { client(self.reach) }).await?;
        let mut url = Url::parse(address).map_err(|error| Failure::lasting(format!("is no address: {error}")))?;
        for _ in 0..=REDIRECTIONS {
            self.reach.check(&url).map_err(Failure::lasting)?;
            let response = client.get(url.clone()).send().await.map_err(|error| unreachable(&error))?;
            let status = response.status();
            if !is_redirection(status) {
                return body(response).await;
            }
            let to = response.headers().get(LOCATION).and_then(|to| to.to_str().ok());
            let to = to.ok_or_else(|| Failure::lasting("leads elsewhere without saying where"))?;
            url = url.join(to).map_err(|error| Failure::lasting(format!("leads to what is no address: {error}")))?;
        }
        Err(Failure::lasting(format!("leads elsewhere more than {REDIRECTIONS} times")))
    }
}

/// Made when the first picture waits: reading the machine's certificates takes time and memory.
fn client(reach: Reach) -> Result<Client, Failure> {
    Client::builder()
        .user_agent(concat!("ShopStack/", env!("CARGO_PKG_VERSION")))
        .redirect(redirect::Policy::none())
        .referer(false)
        .no_proxy()
        .dns_resolver(Arc::new(Resolver(reach)))
        .connect_timeout(CONNECT)
        .read_timeout(SILENCE)
        .timeout(WHOLE)
        .pool_max_idle_per_host(AT_ONCE)
        .build()
        .map_err(|error| Failure::passing(format!("pictures cannot be fetched from this machine: {error}")))
}

const fn is_redirection(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

/// The innermost cause says most; a refusal of ours is final.
fn unreachable(error: &reqwest::Error) -> Failure {
    let mut cause: &dyn Error = error;
    while let Some(source) = cause.source() {
        cause = source;
        if let Some(refused) = cause.downcast_ref::<Refused>() {
            return Failure::lasting(refused.to_string());
        }
    }
    Failure::passing(format!("cannot be reached: {cause}"))
}

async fn body(mut response: Response) -> Result<Vec<u8>, Failure> {
    let status = response.status();
    if !status.is_success() {
        let reason = format!("is answered with {status}");
        let passing = status.is_server_error()
            || matches!(status, StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY | StatusCode::TOO_MANY_REQUESTS);
        return Err(Failure { reason, passing });
    }
    let too_large = || Failure::lasting(format!("is larger than {} MiB", LARGEST >> 20));
    if response.content_length().is_some_and(|length| length > LARGEST as u64) {
        return Err(too_large());
    }
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| unreachable(&error))? {
        if bytes.len() + chunk.len() > LARGEST {
            return Err(too_large());
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}
