//! Compares the products of a batch with the stored ones.

use super::{Candidate, Comparison, CountedStock, Engine};
use crate::import::columns::Column;
use crate::import::draft::{MergedDraft, merge};
use crate::import::patch::{CategoryName, ProductPatch};
use crate::import::{ImportError, SeenHandle, Severity};
use crate::product::{Product, handle_from_title};
use chassis::StoreError;
use contracts::{ProductId, SingleLineText, Sku};
use std::collections::{HashMap, HashSet};

const MAX_CACHED_CATEGORIES: usize = 5000;

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
                self.issues.push(patch.issue(patch.line, "", Severity::Warning, reason));
            }
            if seen_in_this_pass && self.settings.dry_run && !stored.contains_key(&patch.handle) {
                // The rows above were not written, so there is nothing to compare these rows with.
                continue;
            }
            // An earlier pass found that this file has the handle in several places: its first rows must not remove
            // the variants that its later rows add.
            let non_adjacent = seen_in_this_pass || seen.non_adjacent;
            let draft = self.merge(&patch, stored.get(&patch.handle), non_adjacent, &fetched);
            merged.push((patch, non_adjacent, draft));
        }
        let skus: Vec<Sku> = merged
            .iter()
            .filter_map(|(_, _, draft)| draft.as_ref())
            .flat_map(|merged| merged.draft.variants.iter().map(|variant| variant.sku.clone()))
            .collect();
        let mut owners = self.catalogue.products.owners(&skus).await?;
        let mut comparisons = Vec::with_capacity(merged.len());
        for (patch, non_adjacent, draft) in merged {
            let stored = stored.get(&patch.handle);
            comparisons.push(match draft {
                Some(draft) => self.compare_product(patch, non_adjacent, draft, stored, &mut owners),
                None => Comparison::Skipped,
            });
        }
        Ok(comparisons)
    }

    pub(super) fn merge(
        &mut self,
        patch: &ProductPatch,
        stored: Option<&Product>,
        non_adjacent: bool,
        fetched: &HashMap<String, String>,
    ) -> Option<MergedDraft> {
        let (categories, new) = (&mut self.categories, &mut self.new_categories);
        let mut find_category = |name: &CategoryName| category_handle(name, categories, new);
        merge(patch, stored, non_adjacent, fetched, &mut find_category, &mut self.issues)
    }

    /// Removes the variants whose SKU belongs to another product, builds the product, and compares it with the stored
    /// one.
    pub(super) fn compare_product(
        &mut self,
        patch: ProductPatch,
        non_adjacent: bool,
        mut merged: MergedDraft,
        stored: Option<&Product>,
        owners: &mut HashMap<Sku, ProductId>,
    ) -> Comparison {
        let own_id = stored.map(|product| product.id);
        // Backwards, so that removals do not shift the variants that are still to be checked.
        for index in (0..merged.draft.variants.len()).rev() {
            let sku = &merged.draft.variants[index].sku;
            let owned_by_other = owners.get(sku).is_some_and(|owner| Some(*owner) != own_id);
            let is_free = if owned_by_other {
                false
            } else if self.settings.dry_run {
                // Earlier products of the file are not stored, so the store does not know that they use the SKU.
                self.dry_run.claim_sku(sku, &patch.handle)
            } else {
                true
            };
            if !is_free {
                let reason = format!("{sku} belongs to another product");
                let line = merged.sources[index].line.unwrap_or(patch.line);
                self.issues.push(patch.column_error(line, Column::Sku, reason));
                merged.remove_variant(index);
            }
        }
        let Some(product) = self.build_product(&patch, &mut merged, stored) else { return Comparison::Skipped };
        // SKUs that this product no longer has are free for later products of the file.
        for sku in stored.iter().flat_map(|product| product.skus()) {
            owners.remove(sku);
        }
        for sku in product.skus() {
            owners.insert(sku.clone(), product.id);
        }
        let stock = merged.draft.variants.iter().zip(&merged.sources).filter_map(|(variant, source)| {
            Some(CountedStock { sku: variant.sku.clone(), count: source.stock?, line: source.line? })
        });
        let stock = stock.collect();
        let unchanged = stored.is_some_and(|stored| is_same_content(stored, &product));
        let candidate = Candidate { patch, non_adjacent, product, is_new: stored.is_none(), stock };
        if unchanged { Comparison::Unchanged(candidate) } else { Comparison::Changed(candidate) }
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

/// Returns the handle of a category, and adds the category to `new` if it does not exist.
fn category_handle(
    name: &CategoryName,
    known: &mut HashMap<String, SingleLineText<120>>,
    new: &mut Vec<(String, String)>,
) -> Option<SingleLineText<120>> {
    let (handle, name) = match name {
        CategoryName::Name(name) => match known.get(&name.as_str().to_lowercase()) {
            Some(handle) => return Some(handle.clone()),
            None => {
                let handle: String = handle_from_title(name.as_str()).chars().take(120).collect();
                (handle.parse().ok()?, name.clone())
            }
        },
        CategoryName::Handle(handle, name) => (handle.clone(), name.clone().unwrap_or_else(|| handle.clone())),
    };
    let is_known = known.get(&name.as_str().to_lowercase()) == Some(&handle);
    if !is_known {
        // The cache only saves statements: the store ignores categories that exist already.
        if known.len() >= MAX_CACHED_CATEGORIES {
            known.clear();
        }
        known.insert(name.as_str().to_lowercase(), handle.clone());
        new.push((handle.to_string(), name.to_string()));
    }
    Some(handle)
}
