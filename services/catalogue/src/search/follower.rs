//! Follows the change tables, so that the index shows within a second what was written, by whichever process.

use super::index::{Followed, SearchIndex};
use crate::product::Product;
use crate::store::{ProductStore, StockStore};
use chassis::StoreError;
use contracts::{ProductId, Sku};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

const BATCH: usize = 500;
const PAUSE: Duration = Duration::from_millis(500);

/// Keeps the index like the stores.
#[derive(Clone)]
pub struct Follower {
    index: SearchIndex,
    products: Arc<dyn ProductStore>,
    stock: Arc<dyn StockStore>,
    written: Arc<Notify>,
}

impl Follower {
    /// A follower of the two stores.
    pub fn new(index: SearchIndex, products: Arc<dyn ProductStore>, stock: Arc<dyn StockStore>) -> Self {
        Self { index, products, stock, written: Arc::default() }
    }

    /// Says that something was written here.
    pub fn notify(&self) {
        self.written.notify_one();
    }

    /// Tells the index what the categories are called.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn refresh_categories(&self) -> Result<HashMap<String, String>, StoreError> {
        let categories = self.products.categories().await?;
        let names: HashMap<_, _> = categories.into_iter().map(|category| (category.handle, category.name)).collect();
        self.index.name_categories(names.clone());
        Ok(names)
    }

    /// Fills an empty index with all products. What is written meanwhile is caught up with afterwards.
    ///
    /// # Errors
    /// When a store or the index fails.
    pub async fn rebuild(&self) -> Result<Followed, StoreError> {
        let followed = Followed { products: self.end_of_products().await?, stock: self.end_of_stock().await? };
        let mut after = None;
        let mut total = 0;
        loop {
            let products = self.products.after(after, BATCH).await?;
            let Some(last) = products.last() else { break };
            after = Some(last.id);
            total += products.len();
            self.put(products, &[], Followed::default()).await?;
        }
        self.put(Vec::new(), &[], followed).await?;
        tracing::info!(products = total, "search index built");
        Ok(followed)
    }

    /// The place behind the last change, found in steps so that no statement reads the whole table.
    async fn end_of_products(&self) -> Result<i64, StoreError> {
        let mut place = 0;
        loop {
            let (changes, reached) = self.products.changes_after(place, 10_000).await?;
            if changes.is_empty() {
                return Ok(place);
            }
            place = reached;
        }
    }

    async fn end_of_stock(&self) -> Result<i64, StoreError> {
        let mut place = 0;
        loop {
            let (changes, reached) = self.stock.changes_after(place, 10_000).await?;
            if changes.is_empty() {
                return Ok(place);
            }
            place = reached;
        }
    }

    /// Brings the index up to everything that is written by now.
    ///
    /// # Errors
    /// When a store or the index fails.
    pub async fn catch_up(&self, mut followed: Followed) -> Result<Followed, StoreError> {
        loop {
            let reached = self.step(followed).await?;
            if reached == followed {
                return Ok(followed);
            }
            followed = reached;
        }
    }

    /// Follows until shutdown.
    pub async fn run(self, mut followed: Followed, stop: CancellationToken) {
        while !stop.is_cancelled() {
            match self.step(followed).await {
                Ok(reached) if reached != followed => followed = reached,
                Ok(_) => {
                    tokio::select! {
                        () = stop.cancelled() => return,
                        () = self.written.notified() => {}
                        () = tokio::time::sleep(PAUSE) => {}
                    }
                }
                Err(error) => {
                    tracing::error!(%error, "the search index cannot follow; trying again");
                    tokio::select! { () = stop.cancelled() => return, () = tokio::time::sleep(PAUSE * 4) => {} }
                }
            }
        }
    }

    /// Brings the index up to a batch further; says how far it is now.
    ///
    /// # Errors
    /// When a store or the index fails; the next step begins at the same place.
    pub async fn step(&self, followed: Followed) -> Result<Followed, StoreError> {
        let (changed, products) = self.products.changes_after(followed.products, BATCH).await?;
        let (skus, stock) = self.stock.changes_after(followed.stock, BATCH).await?;
        let reached = Followed { products, stock };
        if reached == followed {
            return Ok(followed);
        }
        let mut ids: BTreeSet<ProductId> = changed.into_iter().collect();
        ids.extend(self.products.owners(&skus).await?.into_values());
        let ids: Vec<ProductId> = ids.into_iter().collect();
        let products = self.products.by_ids(&ids).await?;
        self.put(products, &ids, reached).await?;
        Ok(reached)
    }

    async fn put(&self, products: Vec<Product>, ids: &[ProductId], followed: Followed) -> Result<(), StoreError> {
        let skus: Vec<Sku> = products.iter().flat_map(|product| product.skus().cloned()).collect();
        let levels = self.stock.levels(&skus).await?;
        let categories = self.refresh_categories().await?;
        let index = self.index.clone();
        let ids: Vec<ProductId> = ids.to_vec();
        let write = move || {
            let mut documents: HashMap<String, _> = ids.iter().map(|id| (id.to_string(), None)).collect();
            for product in &products {
                let category = product.category.as_ref().and_then(|handle| categories.get(handle));
                let name = category.map_or("", String::as_str);
                let document = index.fields().document(product, name, index.currency(), &levels)?;
                documents.insert(product.id.to_string(), document);
            }
            index.apply(documents.into_iter().collect(), followed)
        };
        tokio::task::spawn_blocking(write).await.map_err(|error| StoreError::Fault(error.to_string()))?
    }
}
