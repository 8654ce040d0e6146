//! From handles to products: asked of catalogue, remembered for a minute, and longer while catalogue is away.

use chassis::client::CallError;
use chassis::problem::{self, Problem};
use chassis::{SystemContext, StatusCode};
use contracts::ProductId;
use contracts::catalogue::{CatalogueClient, ProductReference};
use jiff::{SignedDuration, Timestamp};
use moka::sync::Cache;
use std::time::Duration;

/// How long an answer is believed.
const FRESH: SignedDuration = SignedDuration::from_secs(60);
/// How long catalogue is left in peace after it did not answer.
const PAUSE: SignedDuration = SignedDuration::from_secs(5);
/// How long catalogue may take when an older answer is at hand.
const PATIENCE: Duration = Duration::from_secs(1);
/// How many handles are remembered.
const MOST: u64 = 10_000;
/// No handle is longer.
const LONGEST: usize = 255;

#[derive(Debug, Clone, Copy)]
struct Known {
    id: ProductId,
    ask_again: Timestamp,
}

/// The products that catalogue knows.
#[derive(Clone)]
pub struct Products {
    catalogue: CatalogueClient,
    system: SystemContext,
    known: Cache<String, Known>,
}

impl Products {
    /// Products, none of them remembered yet.
    pub fn new(catalogue: CatalogueClient, system: SystemContext) -> Self {
        Self { catalogue, system, known: Cache::new(MOST) }
    }

    /// The product with this handle.
    ///
    /// # Errors
    /// 404 when there is none, 503 when catalogue is away and the handle was not met before.
    pub async fn find(&self, handle: &str) -> Result<ProductId, Problem> {
        let unknown = || problem::NOT_FOUND.detail("There is no such product.");
        if handle.is_empty() || handle.len() > LONGEST {
            return Err(unknown());
        }
        let now = self.system.now();
        let known = self.known.get(handle);
        if let Some(known) = known.filter(|known| now < known.ask_again) {
            return Ok(known.id);
        }
        match (self.ask(handle, known.is_some()).await, known) {
            (Ok(product), _) => Ok(self.remember(handle, product.id, now, FRESH)),
            (Err(error), _) if is_missing(&error) => {
                self.known.invalidate(handle);
                Err(unknown())
            }
            (Err(error), Some(known)) => {
                tracing::warn!(%error, "catalogue is away; going on with what it said before");
                Ok(self.remember(handle, known.id, now, PAUSE))
            }
            (Err(error), None) => Err(error.into()),
        }
    }

    async fn ask(&self, handle: &str, hurried: bool) -> Result<ProductReference, CallError> {
        let question = self.catalogue.product_reference(handle);
        if !hurried {
            return question.await;
        }
        tokio::time::timeout(PATIENCE, question).await.unwrap_or_else(|_| {
            Err(CallError::NoResponse { callee: self.catalogue.0.callee(), reason: "too slow".to_owned() })
        })
    }

    fn remember(&self, handle: &str, id: ProductId, now: Timestamp, lasting: SignedDuration) -> ProductId {
        let ask_again = now.saturating_add(lasting).unwrap_or(now);
        self.known.insert(handle.to_owned(), Known { id, ask_again });
        id
    }
}

fn is_missing(error: &CallError) -> bool {
    matches!(error, CallError::Refused(problem) if problem.status_code() == StatusCode::NOT_FOUND)
}
