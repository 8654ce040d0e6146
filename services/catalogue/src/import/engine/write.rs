//! Writes the products that differ, and their stock.

use super::compare::remote_image_urls;
use super::{Candidate, Comparison, CountedStock, Engine};
use crate::import::columns::Column;
use crate::import::draft::RowPosition;
use crate::import::patch::ProductPatch;
use crate::import::{ImportError, ImportIssue, IssueSeverity};
use crate::product::Product;
use crate::stock::{Adjustment, AdjustmentOutcome};
use crate::store::{Idempotency, NewSku, WriteOutcome};
use chassis::{StoreError, secret};
use contracts::Sku;
use contracts::catalogue::AdjustmentKind;
use std::collections::HashMap;

/// The largest number of attempts to write a product that is changed by other writers at the same time.
const MAX_ATTEMPTS: usize = 5;

impl Candidate {
    /// Returns true if this SKU takes the place of another one.
    fn replaces_with(&self, sku: &Sku) -> bool {
        self.replaced.iter().any(|replaced| replaced.new == *sku)
    }
}

impl Engine<'_> {
    pub(super) async fn write(&mut self, comparisons: Vec<Comparison>) -> Result<(), ImportError> {
        let (mut changed, mut unchanged) = (Vec::new(), Vec::new());
        for comparison in comparisons {
            match comparison {
                Comparison::Skipped => self.summary.counts.skipped += 1,
                Comparison::Unchanged(candidate) => unchanged.push(candidate),
                Comparison::Changed(candidate) => changed.push(candidate),
            }
        }
        self.summary.counts.unchanged += unchanged.len() as u64;
        if self.settings.dry_run {
            self.categories.take_new();
            for candidate in &changed {
                self.count(candidate);
            }
            return Ok(());
        }
        // Before the products, so that no product ever has a category that does not exist.
        let categories = self.categories.take_new();
        if !categories.is_empty() {
            self.catalogue.products.create_categories(&categories).await?;
        }
        let mut written = unchanged;
        for (candidate, outcome) in self.store(changed).await? {
            let stored = match outcome {
                WriteOutcome::Done => Some(candidate),
                WriteOutcome::Stale => self.retry(&candidate.patch, candidate.position).await?,
                WriteOutcome::SkuTaken(sku) => {
                    let reason = format!("{sku} was assigned to another product during the import");
                    let patch = &candidate.patch;
                    self.issues.push(patch.column_error(patch.line, Column::Sku, reason));
                    None
                }
            };
            match stored {
                Some(candidate) => {
                    self.count(&candidate);
                    written.push(candidate);
                }
                None => self.summary.counts.skipped += 1,
            }
        }
        if self.settings.set_stock {
            self.set_stock(written).await?;
        }
        self.catalogue.indexer.notify();
        Ok(())
    }

    fn count(&mut self, candidate: &Candidate) {
        let counts = &mut self.summary.counts;
        counts.without_quantity += candidate.without_quantity;
        if !self.settings.set_stock {
            let is_set = |stock: &&CountedStock| stock.is_new && !candidate.replaces_with(&stock.sku);
            counts.stock_set += candidate.stock.iter().filter(is_set).count() as u64;
        }
        if candidate.is_new {
            counts.created += 1;
        } else {
            counts.updated += 1;
        }
    }

    /// Stores the stock levels of new SKUs, then the products.
    ///
    /// In this order a crash leaves a level without a product, which has no effect, and never a product without a level.
    async fn store(&self, candidates: Vec<Candidate>) -> Result<Vec<(Candidate, WriteOutcome)>, StoreError> {
        if candidates.is_empty() {
            return Ok(Vec::new());
        }
        let mut levels = Vec::new();
        for candidate in &candidates {
            // The units of a SKU that has a new name are counted under the old one; counting them twice would sell units
            // that do not exist.
            let is_set = |stock: &&CountedStock| self.settings.set_stock || !candidate.replaces_with(&stock.sku);
            let counts: HashMap<&Sku, u32> =
                candidate.stock.iter().filter(is_set).map(|stock| (&stock.sku, stock.count)).collect();
            levels.extend(candidate.product.variants.iter().map(|variant| NewSku {
                sku: variant.sku.clone(),
                oversell: variant.oversell,
                initial: counts.get(&variant.sku).copied().map_or(0, i64::from),
            }));
        }
        self.catalogue.stock.ensure(&levels, &self.settings.author, self.catalogue.system.now()).await?;
        let products: Vec<Product> = candidates.iter().map(|candidate| candidate.product.clone()).collect();
        let outcomes = self.catalogue.products.write_all(&products).await?;
        Ok(candidates.into_iter().zip(outcomes).collect())
    }

    /// Reads, merges and writes a product again that another writer changed since it was read.
    async fn retry(&mut self, patch: &ProductPatch, position: RowPosition) -> Result<Option<Candidate>, ImportError> {
        // Issues of the patch were reported by the first comparison, so repeated comparisons must not add them again.
        let reported = self.issues.len();
        for _ in 0..MAX_ATTEMPTS {
            self.issues.truncate(reported);
            let stored = self.catalogue.products.by_handle(&patch.handle).await?;
            let urls = remote_image_urls(std::slice::from_ref(patch));
            let fetched = self.catalogue.products.fetched_images(&urls).await?;
            let Some(merged) = self.merge(patch, stored.as_ref(), position, &fetched) else { return Ok(None) };
            let skus: Vec<Sku> = merged.draft.variants.iter().map(|variant| variant.sku.clone()).collect();
            let mut owners = self.catalogue.products.owners(&skus).await?;
            let mut comparison = self.compare_product(patch.clone(), position, merged, stored.as_ref(), &mut owners);
            self.report_replaced_skus(std::slice::from_mut(&mut comparison)).await?;
            match comparison {
                Comparison::Skipped => return Ok(None),
                Comparison::Unchanged(candidate) => {
                    self.issues.truncate(reported);
                    return Ok(Some(candidate));
                }
                Comparison::Changed(candidate) => {
                    self.issues.truncate(reported);
                    if let Some((candidate, WriteOutcome::Done)) = self.store(vec![candidate]).await?.pop() {
                        return Ok(Some(candidate));
                    }
                }
            }
        }
        let reason = "skipped: the product is being changed by others at the same time; import the file again";
        self.issues.push(patch.error(patch.line, "", reason));
        Ok(None)
    }

    /// Sets the stock on hand to the numbers of the file, once per run and SKU.
    async fn set_stock(&mut self, written: Vec<Candidate>) -> Result<(), ImportError> {
        let skus: Vec<Sku> =
            written.iter().flat_map(|candidate| candidate.stock.iter().map(|stock| stock.sku.clone())).collect();
        let levels = self.catalogue.stock.levels(&skus).await?;
        for Candidate { patch, stock, .. } in written {
            for CountedStock { sku, count, line, .. } in stock {
                let on_hand = levels.get(&sku).map_or(0, |level| level.on_hand);
                // The key makes a resumed or repeated run skip the adjustment: units may have been sold since.
                let digest = secret::sha256_hex(format!("{}\u{1f}{sku}", self.run.id).as_bytes());
                let key = format!("import:{}", digest.get(..40).unwrap_or_default());
                let adjustment = Adjustment {
                    sku,
                    change: i64::from(count) - on_hand,
                    kind: AdjustmentKind::Counted,
                    note: "import".to_owned(),
                    force: false,
                    author: self.settings.author.clone(),
                    at: self.catalogue.system.now(),
                };
                match self.catalogue.stock.adjust(&adjustment, Idempotency::Key(&key)).await? {
                    AdjustmentOutcome::Done => self.summary.counts.stock_set += 1,
                    _ => self.issues.push(ImportIssue {
                        line,
                        column: patch.column(Column::Quantity).to_owned(),
                        handle: Some(patch.handle.clone()),
                        severity: IssueSeverity::Error,
                        reason: format!(
                            "stock cannot be set to {count}: more units of {} are reserved for orders",
                            adjustment.sku
                        ),
                    }),
                }
            }
        }
        Ok(())
    }
}
