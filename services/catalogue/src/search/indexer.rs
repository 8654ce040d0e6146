//! Applies the stores' change logs to the index, whichever process wrote the changes.

use super::analysis::Language;
use super::index::{IndexCheckpoint, SearchIndex};
use crate::product::Product;
use crate::store::{Category, ProductStore, StockStore};
use chassis::StoreError;
use contracts::{ProductId, Sku};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

const BATCH_SIZE: usize = 500;
/// The number of products after which many changes are committed.
const COMMIT_SIZE: usize = 20_000;
/// The largest number of change log entries that are skipped with one statement.
const SKIP_SIZE: usize = 10_000;
/// Other processes' changes are visible after this time; changes of this process are indexed at once.
const POLL_INTERVAL: Duration = Duration::from_millis(500);
/// The shop's language is looked up once in this number of polls: it changes hardly ever.
const POLLS_PER_LANGUAGE: u32 = 20;

/// Keeps the index up to date with the stores.
#[derive(Clone)]
pub struct Indexer {
    index: SearchIndex,
    products: Arc<dyn ProductStore>,
    stock: Arc<dyn StockStore>,
    changed: Arc<Notify>,
    /// False while documents in another language than the shop's are left.
    is_language_confirmed: Arc<AtomicBool>,
}

impl Indexer {
    /// Creates the indexer of two stores.
    pub fn new(index: SearchIndex, products: Arc<dyn ProductStore>, stock: Arc<dyn StockStore>) -> Self {
        let is_language_confirmed = Arc::new(AtomicBool::new(true));
        Self { index, products, stock, changed: Arc::default(), is_language_confirmed }
    }

    /// Wakes the worker after a change by this process.
    pub fn notify(&self) {
        // Stores a permit while the worker is busy, so that no wake-up is lost.
        self.changed.notify_one();
    }

    /// Updates the categories whose names facets show, and returns them by handle.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn refresh_categories(&self) -> Result<HashMap<String, Category>, StoreError> {
        let categories = self.products.categories().await?;
        let by_handle: HashMap<_, _> =
            categories.into_iter().map(|category| (category.handle.clone(), category)).collect();
        self.index.set_categories(by_handle.clone());
        Ok(by_handle)
    }

    /// Completes the index before the first request, so that no list misses stored products. `checkpoint` is that of the
    /// index, or `None` when it must be rebuilt.
    ///
    /// # Errors
    /// When a store or the index fails.
    pub async fn complete(&self, checkpoint: Option<IndexCheckpoint>) -> Result<IndexCheckpoint, StoreError> {
        let Some(checkpoint) = checkpoint else { return self.rebuild().await };
        let end = self.end_of_changes(checkpoint).await?;
        let pending = (end.products - checkpoint.products).saturating_add(end.stock - checkpoint.stock);
        // A product has entries of itself and of its SKUs: after a large import, it would be written several times.
        if u64::try_from(pending).is_ok_and(|pending| pending > self.index.size()) {
            return self.rebuild().await;
        }
        self.catch_up(checkpoint).await
    }

    /// Replaces the whole index by all products. Searches find only a part of them before it is complete.
    ///
    /// # Errors
    /// When a store or the index fails.
    pub async fn rebuild(&self) -> Result<IndexCheckpoint, StoreError> {
        // Taken before the products are read: changes made during the rebuild come after it and are applied again.
        let checkpoint = self.end_of_changes(IndexCheckpoint::default()).await?;
        self.index.clear()?;
        self.write_all(checkpoint).await
    }

    /// Writes the documents of all products. The index is complete up to `checkpoint` afterwards, if it has no document of a
    /// product that was deleted before.
    async fn write_all(&self, checkpoint: IndexCheckpoint) -> Result<IndexCheckpoint, StoreError> {
        let mut products = self.products.page_after(None, BATCH_SIZE).await?;
        let (mut total, mut uncommitted) = (0, 0);
        while let Some(last) = products.last() {
            let after = Some(last.id);
            total += products.len();
            uncommitted += products.len();
            // The next page is read while this one is analysed: a rebuild has to use more than one processor.
            let next = self.products.page_after(after, BATCH_SIZE);
            let ((), next) = tokio::try_join!(self.write_products(products, &[]), next)?;
            products = next;
            if uncommitted >= COMMIT_SIZE {
                // With the default checkpoint, an interrupted rebuild is continued from the start of the change logs.
                self.commit(IndexCheckpoint::default()).await?;
                uncommitted = 0;
            }
        }
        self.commit(checkpoint).await?;
        tracing::info!(products = total, "search index built");
        Ok(checkpoint)
    }

    /// Returns the positions of the last changes. Advances in steps, so that no statement reads a whole log.
    async fn end_of_changes(&self, mut position: IndexCheckpoint) -> Result<IndexCheckpoint, StoreError> {
        loop {
            let (_, products) = self.products.changes_after(position.products, SKIP_SIZE).await?;
            let (_, stock) = self.stock.changes_after(position.stock, SKIP_SIZE).await?;
            let next = IndexCheckpoint { products, stock };
            if next == position {
                return Ok(position);
            }
            position = next;
        }
    }

    /// Applies all changes that are in the logs by now.
    ///
    /// # Errors
    /// When a store or the index fails.
    pub async fn catch_up(&self, checkpoint: IndexCheckpoint) -> Result<IndexCheckpoint, StoreError> {
        let (mut committed, mut written, mut uncommitted) = (checkpoint, checkpoint, 0);
        loop {
            let (next, products) = self.write_batch(written).await?;
            let is_complete = next == written;
            uncommitted += products;
            written = next;
            // A commit for each batch would take most of the time when there are many changes, such as after an import.
            if written != committed && (is_complete || uncommitted >= COMMIT_SIZE) {
                self.commit(written).await?;
                (committed, uncommitted) = (written, 0);
            }
            if is_complete {
                return Ok(committed);
            }
        }
    }

    /// Writes all documents again if the language of the shop is another one than that of the index.
    ///
    /// # Errors
    /// When a store or the index fails; the next call tries again.
    pub async fn follow_language(&self, checkpoint: IndexCheckpoint) -> Result<IndexCheckpoint, StoreError> {
        let Some(shop) = self.products.shop().await? else { return Ok(checkpoint) };
        let language = Language::of_locale(&shop.locale);
        if language != self.index.analyzer().language() {
            tracing::info!(
                language = language.code(),
                "the shop's language has changed; building the search index again"
            );
            self.index.set_language(language);
            self.is_language_confirmed.store(false, Ordering::Release);
        }
        if self.is_language_confirmed.load(Ordering::Acquire) {
            return Ok(checkpoint);
        }
        // The changes so far are applied first, among them deletions, of which a list of all products says nothing.
        let checkpoint = self.catch_up(checkpoint).await?;
        let checkpoint = self.write_all(checkpoint).await?;
        self.index.confirm_language()?;
        self.is_language_confirmed.store(true, Ordering::Release);
        Ok(checkpoint)
    }

    /// Applies changes until shutdown.
    pub async fn run(self, mut checkpoint: IndexCheckpoint, stop: CancellationToken) {
        let mut polls: u32 = 0;
        while !stop.is_cancelled() {
            let applied = match polls % POLLS_PER_LANGUAGE {
                0 => self.follow_language(checkpoint).await,
                _ => Ok(checkpoint),
            };
            polls = polls.wrapping_add(1);
            let next = match applied {
                Ok(followed) if followed != checkpoint => Ok(followed),
                Ok(_) => self.index_batch(checkpoint).await,
                Err(error) => Err(error),
            };
            match next {
                Ok(next) if next != checkpoint => checkpoint = next,
                Ok(_) => {
                    tokio::select! {
                        () = stop.cancelled() => return,
                        () = self.changed.notified() => {}
                        () = tokio::time::sleep(POLL_INTERVAL) => {}
                    }
                }
                Err(error) => {
                    // The checkpoint is unchanged, so the failed batch is applied again.
                    tracing::error!(%error, "cannot update the search index; retrying");
                    tokio::select! {
                        () = stop.cancelled() => return,
                        () = tokio::time::sleep(POLL_INTERVAL * 4) => {}
                    }
                }
            }
        }
    }

    /// Applies the next batch of changes and returns the new checkpoint.
    ///
    /// # Errors
    /// When a store or the index fails; the next call starts from the same checkpoint.
    async fn index_batch(&self, checkpoint: IndexCheckpoint) -> Result<IndexCheckpoint, StoreError> {
        let (next, _) = self.write_batch(checkpoint).await?;
        if next != checkpoint {
            self.commit(next).await?;
        }
        Ok(next)
    }

    /// Writes the next batch of changes without committing it. Returns the checkpoint after it and the number of products.
    async fn write_batch(&self, checkpoint: IndexCheckpoint) -> Result<(IndexCheckpoint, usize), StoreError> {
        let (changed, products) = self.products.changes_after(checkpoint.products, BATCH_SIZE).await?;
        let (skus, stock) = self.stock.changes_after(checkpoint.stock, BATCH_SIZE).await?;
        let next = IndexCheckpoint { products, stock };
        if next == checkpoint {
            return Ok((checkpoint, 0));
        }
        let mut ids: BTreeSet<ProductId> = changed.into_iter().collect();
        // A stock change can alter the availability of its product, which is part of the document.
        ids.extend(self.products.owners(&skus).await?.into_values());
        let ids: Vec<ProductId> = ids.into_iter().collect();
        let products = self.products.by_ids(&ids).await?;
        self.write_products(products, &ids).await?;
        Ok((next, ids.len()))
    }

    /// Replaces the documents of `products`, and removes those of `ids` that no longer exist.
    async fn write_products(&self, products: Vec<Product>, ids: &[ProductId]) -> Result<(), StoreError> {
        let skus: Vec<Sku> = products.iter().flat_map(|product| product.skus().cloned()).collect();
        let levels = self.stock.levels(&skus).await?;
        let categories = self.refresh_categories().await?;
        let index = self.index.clone();
        let analyzer = index.analyzer();
        let ids: Vec<ProductId> = ids.to_vec();
        blocking(move || {
            // Ids start without a document: those that are not overwritten below belong to deleted products.
            let mut documents: HashMap<String, _> = ids.iter().map(|id| (id.to_string(), None)).collect();
            for product in &products {
                let category = product.category.as_ref().and_then(|handle| categories.get(handle));
                let document = index.fields().document(product, category, index.currency(), &levels, &analyzer)?;
                documents.insert(product.id.to_string(), document);
            }
            index.write(documents.into_iter().collect())
        })
        .await
    }

    async fn commit(&self, checkpoint: IndexCheckpoint) -> Result<(), StoreError> {
        let index = self.index.clone();
        blocking(move || index.commit(checkpoint)).await
    }
}

async fn blocking(work: impl FnOnce() -> Result<(), StoreError> + Send + 'static) -> Result<(), StoreError> {
    tokio::task::spawn_blocking(work).await.map_err(|error| StoreError::Fault(error.to_string()))?
}
