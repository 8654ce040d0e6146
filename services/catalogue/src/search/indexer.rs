//! Applies the stores' change logs to the index, whichever process wrote the changes.

use super::analysis::Language;
use super::index::{IndexCheckpoint, SearchIndex};
use crate::product::Product;
use crate::store::{ProductStore, StockStore};
use chassis::StoreError;
use contracts::{ProductId, Sku};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

const BATCH_SIZE: usize = 500;
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

    /// Updates the category names that facets show, and returns them by handle.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn refresh_categories(&self) -> Result<HashMap<String, String>, StoreError> {
        let categories = self.products.categories().await?;
        let names: HashMap<_, _> = categories.into_iter().map(|category| (category.handle, category.name)).collect();
        self.index.set_category_names(names.clone());
        Ok(names)
    }

    /// Fills an empty index with all products.
    ///
    /// # Errors
    /// When a store or the index fails.
    pub async fn rebuild(&self) -> Result<IndexCheckpoint, StoreError> {
        // Taken before the products are read: changes made during the rebuild come after it and are applied again.
        let checkpoint = IndexCheckpoint {
            products: self.end_of_product_changes().await?,
            stock: self.end_of_stock_changes().await?,
        };
        self.write_all(checkpoint).await
    }

    /// Writes the documents of all products. The index is complete up to `checkpoint` afterwards, if it has no document of a
    /// product that was deleted before.
    async fn write_all(&self, checkpoint: IndexCheckpoint) -> Result<IndexCheckpoint, StoreError> {
        let mut after = None;
        let mut total = 0;
        loop {
            let products = self.products.page_after(after, BATCH_SIZE).await?;
            let Some(last) = products.last() else { break };
            after = Some(last.id);
            total += products.len();
            // With the default checkpoint, an interrupted rebuild is continued from the start of the change logs.
            self.index_products(products, &[], IndexCheckpoint::default()).await?;
        }
        self.index_products(Vec::new(), &[], checkpoint).await?;
        tracing::info!(products = total, "search index built");
        Ok(checkpoint)
    }

    /// Returns the position of the last product change. Advances in steps, so that no statement reads the whole log.
    async fn end_of_product_changes(&self) -> Result<i64, StoreError> {
        let mut position = 0;
        loop {
            let (changes, next) = self.products.changes_after(position, SKIP_SIZE).await?;
            if changes.is_empty() {
                return Ok(position);
            }
            position = next;
        }
    }

    async fn end_of_stock_changes(&self) -> Result<i64, StoreError> {
        let mut position = 0;
        loop {
            let (changes, next) = self.stock.changes_after(position, SKIP_SIZE).await?;
            if changes.is_empty() {
                return Ok(position);
            }
            position = next;
        }
    }

    /// Applies all changes that are in the logs by now.
    ///
    /// # Errors
    /// When a store or the index fails.
    pub async fn catch_up(&self, mut checkpoint: IndexCheckpoint) -> Result<IndexCheckpoint, StoreError> {
        loop {
            let next = self.index_batch(checkpoint).await?;
            if next == checkpoint {
                return Ok(checkpoint);
            }
            checkpoint = next;
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
    pub async fn index_batch(&self, checkpoint: IndexCheckpoint) -> Result<IndexCheckpoint, StoreError> {
        let (changed, products) = self.products.changes_after(checkpoint.products, BATCH_SIZE).await?;
        let (skus, stock) = self.stock.changes_after(checkpoint.stock, BATCH_SIZE).await?;
        let next = IndexCheckpoint { products, stock };
        if next == checkpoint {
            return Ok(checkpoint);
        }
        let mut ids: BTreeSet<ProductId> = changed.into_iter().collect();
        // A stock change can alter the availability of its product, which is part of the document.
        ids.extend(self.products.owners(&skus).await?.into_values());
        let ids: Vec<ProductId> = ids.into_iter().collect();
        let products = self.products.by_ids(&ids).await?;
        self.index_products(products, &ids, next).await?;
        Ok(next)
    }

    /// Replaces the documents of `products`, and removes those of `ids` that no longer exist.
    async fn index_products(
        &self,
        products: Vec<Product>,
        ids: &[ProductId],
        checkpoint: IndexCheckpoint,
    ) -> Result<(), StoreError> {
        let skus: Vec<Sku> = products.iter().flat_map(|product| product.skus().cloned()).collect();
        let levels = self.stock.levels(&skus).await?;
        let categories = self.refresh_categories().await?;
        let index = self.index.clone();
        let analyzer = index.analyzer();
        let ids: Vec<ProductId> = ids.to_vec();
        let write = move || {
            // Ids start without a document: those that are not overwritten below belong to deleted products.
            let mut documents: HashMap<String, _> = ids.iter().map(|id| (id.to_string(), None)).collect();
            for product in &products {
                let category = product.category.as_ref().and_then(|handle| categories.get(handle));
                let name = category.map_or("", String::as_str);
                let document = index.fields().document(product, name, index.currency(), &levels, &analyzer)?;
                documents.insert(product.id.to_string(), document);
            }
            index.apply(documents.into_iter().collect(), checkpoint)
        };
        tokio::task::spawn_blocking(write).await.map_err(|error| StoreError::Fault(error.to_string()))?
    }
}
