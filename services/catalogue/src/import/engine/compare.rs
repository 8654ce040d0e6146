//! Compares the products of a batch with the stored ones.

use super::ReplacedSku;
use super::{Candidate, Comparison, CountedStock, Engine};
use crate::import::columns::Column;
use crate::import::draft::{MergedDraft, RowPosition, merge};
use crate::import::patch::{CategoryName, ProductPatch, derived_sku};
use crate::import::{DuplicateSkus, ImportError, IssueSeverity, SeenHandle};
use crate::product::Product;
use chassis::StoreError;
use contracts::catalogue::Oversell;
use contracts::{ProductId, Sku};
use std::collections::{HashMap, HashSet};

impl Engine<'_> {
    /// Returns the handles that earlier rows of this run had.
    pub(super) async fn seen_handles(&mut self, handles: &[String]) -> Result<HashMap<String, SeenHandle>, StoreError> {
        if !self.settings.dry_run {
            return self.catalogue.products.seen_handles(&self.run.id, handles).await;
        }
        let mut seen = HashMap::new();
        for handle in handles {
            let seen_before = self.dry_run.record_handle(handle);
            if seen_before {
                seen.insert(handle.clone(), SeenHandle { pass: self.run.pass, non_adjacent: false });
            }
        }
        Ok(seen)
    }

    pub(super) async fn compare(
        &mut self,
        patches: Vec<ProductPatch>,
        seen: &HashMap<String, SeenHandle>,
    ) -> Result<Vec<Comparison>, ImportError> {
        let handles: Vec<String> = patches.iter().map(|patch| patch.handle.clone()).collect();
        let stored = self.catalogue.products.by_handles(&handles).await?;
        let stored: HashMap<String, Product> =
            stored.into_iter().map(|product| (product.handle.clone(), product)).collect();
        let fetched = self.catalogue.products.fetched_images(&remote_image_urls(&patches)).await?;
        let mut merged = Vec::with_capacity(patches.len());
        for patch in patches {
            self.summary.counts.untracked += patch.untracked;
            let seen = seen.get(&patch.handle).copied().unwrap_or_default();
            let seen_in_this_pass = seen.pass == self.run.pass;
            if seen_in_this_pass {
                let reason = "the rows of this product are not adjacent; these rows are added to the rows above";
                self.issues.push(patch.issue(patch.line, "", IssueSeverity::Warning, reason));
            }
            if seen_in_this_pass && self.settings.dry_run && !stored.contains_key(&patch.handle) {
                // The rows above were not written, so there is nothing to compare these rows with.
                continue;
            }
            // An earlier pass found that this file has the handle in several places: its first rows must not remove
            // the variants that its later rows add.
            let position = match (seen_in_this_pass, seen.non_adjacent) {
                (true, _) => RowPosition::Continuation,
                (false, true) => RowPosition::FirstPart,
                (false, false) => RowPosition::Whole,
            };
            let draft = self.merge(&patch, stored.get(&patch.handle), position, &fetched);
            merged.push((patch, position, draft));
        }
        let skus: Vec<Sku> = merged
            .iter()
            .filter_map(|(_, _, draft)| draft.as_ref())
            .flat_map(|merged| merged.draft.variants.iter().map(|variant| variant.sku.clone()))
            .collect();
        let mut owners = self.catalogue.products.owners(&skus).await?;
        let mut comparisons = Vec::with_capacity(merged.len());
        for (patch, position, draft) in merged {
            let stored = stored.get(&patch.handle);
            comparisons.push(match draft {
                Some(draft) => self.compare_product(patch, position, draft, stored, &mut owners),
                None => Comparison::Skipped,
            });
        }
        self.report_replaced_skus(&mut comparisons).await?;
        Ok(comparisons)
    }

    pub(super) fn merge(
        &mut self,
        patch: &ProductPatch,
        stored: Option<&Product>,
        position: RowPosition,
        fetched: &HashMap<String, String>,
    ) -> Option<MergedDraft> {
        let categories = &mut self.categories;
        let mut find_category = |name: &CategoryName| categories.handle(name);
        let duplicate_skus = self.settings.duplicate_skus;
        merge(patch, stored, position, duplicate_skus, fetched, &mut find_category, &mut self.issues)
    }

    /// Reports the SKUs that take the place of others with stock, which stays with those. One that had none is like a new
    /// SKU.
    pub(super) async fn report_replaced_skus(&mut self, comparisons: &mut [Comparison]) -> Result<(), StoreError> {
        let mut candidates: Vec<&mut Candidate> = comparisons
            .iter_mut()
            .filter_map(|comparison| match comparison {
                Comparison::Changed(candidate) if !candidate.replaced.is_empty() => Some(candidate),
                _ => None,
            })
            .collect();
        if candidates.is_empty() {
            return Ok(());
        }
        let skus = candidates.iter().flat_map(|candidate| candidate.replaced.iter().map(|one| one.old.clone()));
        let levels = self.catalogue.stock.levels(&skus.collect::<Vec<_>>()).await?;
        let has_stock = |sku: &Sku| levels.get(sku).is_some_and(|level| level.on_hand != 0 || level.reserved != 0);
        for candidate in &mut candidates {
            candidate.replaced.retain(|replaced| has_stock(&replaced.old));
            for ReplacedSku { old, new, line } in &candidate.replaced {
                let (on_hand, reserved) = levels.get(old).map_or((0, 0), |level| (level.on_hand, level.reserved));
                let start =
                    if self.settings.set_stock { "" } else { "; the new SKU starts at 0, unless --set-stock is given" };
                let reason = format!(
                    "{old} becomes {new}: {on_hand} units on hand, of which {reserved} are reserved, stay under {old}{start}"
                );
                let patch = &candidate.patch;
                self.issues.push(patch.issue(*line, patch.column(Column::Sku), IssueSeverity::Warning, reason));
            }
        }
        Ok(())
    }

    /// Removes the variants whose SKU belongs to another product, builds the product, and compares it with the stored
    /// one.
    pub(super) fn compare_product(
        &mut self,
        patch: ProductPatch,
        position: RowPosition,
        mut merged: MergedDraft,
        stored: Option<&Product>,
        owners: &mut HashMap<Sku, ProductId>,
    ) -> Comparison {
        let own_id = stored.map(|product| product.id);
        // Backwards, so that removals do not shift the variants that are still to be checked.
        for index in (0..merged.draft.variants.len()).rev() {
            let variant = &merged.draft.variants[index];
            let sku = variant.sku.clone();
            if self.is_free(&sku, &patch.handle, own_id, owners) {
                continue;
            }
            let values: Vec<&str> = variant.option_values.iter().map(contracts::SingleLineText::as_str).collect();
            let derived = derived_sku(&patch.handle, &values)
                // A product without a handle whose SKU is known has more likely got a new title.
                .filter(|_| self.settings.duplicate_skus == DuplicateSkus::Derive && !patch.is_handle_derived)
                .filter(|derived| merged.draft.variants.iter().all(|variant| variant.sku != *derived))
                .filter(|derived| self.is_free(derived, &patch.handle, own_id, owners));
            let line = merged.sources[index].line.unwrap_or(patch.line);
            if let Some(derived) = derived {
                let reason = format!("{sku} belongs to another product; this variant gets the SKU {derived}");
                self.issues.push(patch.issue(line, patch.column(Column::Sku), IssueSeverity::Warning, reason));
                merged.draft.variants[index].sku = derived;
            } else {
                self.issues.push(patch.column_error(line, Column::Sku, format!("{sku} belongs to another product")));
                merged.remove_variant(index);
            }
        }
        let has_stored_sku =
            |product: &Product| product.skus().any(|sku| merged.draft.variants.iter().any(|one| one.sku == *sku));
        if patch.is_handle_derived && stored.is_some_and(|product| !has_stored_sku(product)) {
            let reason = format!(
                "skipped: another product has the handle {}, which this title gives; add a column Handle with another one",
                patch.handle
            );
            self.issues.push(patch.column_error(patch.line, Column::Title, reason));
            return Comparison::Skipped;
        }
        let Some(product) = self.build_product(&patch, &mut merged, stored) else { return Comparison::Skipped };
        // SKUs that this product no longer has are free for later products of the file.
        for sku in stored.iter().flat_map(|product| product.skus()) {
            owners.remove(sku);
        }
        for sku in product.skus() {
            owners.insert(sku.clone(), product.id);
        }
        let is_new = |sku: &Sku| !stored.is_some_and(|product| product.skus().any(|one| one == sku));
        let stock = merged.draft.variants.iter().zip(&merged.sources).filter_map(|(variant, source)| {
            let is_new = is_new(&variant.sku);
            Some(CountedStock { sku: variant.sku.clone(), count: source.stock?, line: source.line?, is_new })
        });
        let without_quantity = merged.draft.variants.iter().zip(&merged.sources).filter(|(variant, source)| {
            let is_counted = variant.oversell == Oversell::Deny && source.line.is_some();
            is_counted && source.stock.is_none() && is_new(&variant.sku)
        });
        let without_quantity = without_quantity.count() as u64;
        let stock = stock.collect();
        let replaced = stored.map(|stored| replaced_skus(stored, &product, &merged)).unwrap_or_default();
        self.tax_classes.insert(product.tax_class.clone());
        let unchanged = stored.is_some_and(|stored| is_same_content(stored, &product));
        let candidate =
            Candidate { patch, position, product, is_new: stored.is_none(), stock, replaced, without_quantity };
        if unchanged { Comparison::Unchanged(candidate) } else { Comparison::Changed(candidate) }
    }

    /// Returns true if no other product has the SKU.
    fn is_free(
        &mut self,
        sku: &Sku,
        handle: &str,
        own_id: Option<ProductId>,
        owners: &HashMap<Sku, ProductId>,
    ) -> bool {
        if owners.get(sku).is_some_and(|owner| Some(*owner) != own_id) {
            return false;
        }
        // Earlier products of the file are not stored in a dry run, so the store does not know that they use the SKU.
        !self.settings.dry_run || self.dry_run.claim_sku(sku, handle)
    }

    /// Builds the product, without the variants that violate the rules of products.
    fn build_product(
        &mut self,
        patch: &ProductPatch,
        merged: &mut MergedDraft,
        stored: Option<&Product>,
    ) -> Option<Product> {
        // The second attempt is without the invalid variants; a violation that remains concerns the whole product.
        for is_last_attempt in [false, true] {
            if merged.draft.variants.is_empty() {
                self.issues.push(patch.error(patch.line, "", "skipped: no valid variant"));
                return None;
            }
            merged.set_options(stored);
            let draft = merged.draft.clone();
            let problem = match Product::from_draft(&patch.handle, draft, stored, &self.catalogue.system) {
                Ok(product) => return Some(product),
                Err(problem) => problem,
            };
            let mut invalid: Vec<usize> = Vec::new();
            for error in &problem.errors {
                let mut parts = error.pointer.split('/').skip(1);
                let index = (parts.next() == Some("variants")).then(|| parts.next()?.parse::<usize>().ok()).flatten();
                let field = index.and(parts.next()).unwrap_or(&error.pointer);
                let column = Column::of_field(field).map_or(field, |column| patch.column(column));
                let source = index.and_then(|index| merged.sources.get(index));
                let line = source.and_then(|source| source.line).unwrap_or(patch.line);
                self.issues.push(patch.error(line, column, &error.detail));
                invalid.extend(index);
            }
            if is_last_attempt || invalid.is_empty() || invalid.len() < problem.errors.len() {
                return None;
            }
            invalid.sort_unstable();
            invalid.dedup();
            for index in invalid.into_iter().rev() {
                merged.remove_variant(index);
            }
        }
        None
    }
}

/// Returns the new SKUs that have the option values of a stored SKU, which the product no longer has.
fn replaced_skus(stored: &Product, product: &Product, merged: &MergedDraft) -> Vec<ReplacedSku> {
    let same_options = stored.options.iter().map(|one| &one.name).eq(product.options.iter().map(|one| &one.name));
    let replaced = product.variants.iter().zip(&merged.sources).filter_map(|(variant, source)| {
        let old = stored.variants.iter().find(|old| old.option_values == variant.option_values)?;
        let is_gone = product.skus().all(|sku| *sku != old.sku);
        let is_replaced = same_options && is_gone && stored.skus().all(|sku| *sku != variant.sku);
        is_replaced.then(|| ReplacedSku {
            old: old.sku.clone(),
            new: variant.sku.clone(),
            line: source.line.unwrap_or_default(),
        })
    });
    replaced.collect()
}

/// Compares two states of a product, apart from version and time.
fn is_same_content(stored: &Product, new: &Product) -> bool {
    let new = Product { version: stored.version, updated_at: stored.updated_at, ..new.clone() };
    *stored == new
}

/// Returns the URLs of images on other servers.
pub(super) fn remote_image_urls(patches: &[ProductPatch]) -> Vec<String> {
    let mut urls = HashSet::new();
    for patch in patches {
        urls.extend(patch.images.iter().flatten().map(|image| image.url.as_str()));
        urls.extend(patch.variants.iter().flatten().filter_map(|variant| variant.image.as_ref()?.as_deref()));
    }
    urls.into_iter().filter(|url| !url.starts_with("/media/")).map(ToOwned::to_owned).collect()
}
