//! Compares the products of a batch with what is kept.

use super::{Candidate, Engine, Outcome};
use crate::import::columns::Column;
use crate::import::draft::{Built, build};
use crate::import::patch::{CategoryName, Patch};
use crate::import::{ImportError, SeenHandle, Severity};
use crate::product::{Product, handle_of};
use chassis::StoreError;
use contracts::{SingleLineText, ProductId, Sku};
use std::collections::{HashMap, HashSet};

/// How many names of categories are remembered.
const CATEGORIES: usize = 5000;

impl Engine<'_> {
    /// What is known of the handles from the rows further up.
    pub(super) async fn seen(&mut self, handles: &[String]) -> Result<HashMap<String, SeenHandle>, StoreError> {
        if !self.settings.dry_run {
            return self.catalogue.products.seen_handles(&self.run.id, handles).await;
        }
        let here = SeenHandle { pass: self.run.pass, scattered: false };
        let mut seen = HashMap::new();
        for handle in handles {
            if self.rehearsal.has_seen(handle) {
                seen.insert(handle.clone(), here);
            }
            self.rehearsal.see(handle);
        }
        Ok(seen)
    }

    /// What is to become of each product of a batch.
    pub(super) async fn compare(
        &mut self,
        patches: Vec<Patch>,
        seen: &HashMap<String, SeenHandle>,
    ) -> Result<Vec<Outcome>, ImportError> {
        let handles: Vec<String> = patches.iter().map(|patch| patch.handle.clone()).collect();
        let kept = self.catalogue.products.by_handles(&handles).await?;
        let kept: HashMap<String, Product> =
            kept.into_iter().map(|product| (product.handle.clone(), product)).collect();
        let known = self.catalogue.products.known_images(&remote_images(&patches)).await?;
        let mut built = Vec::with_capacity(patches.len());
        for patch in patches {
            self.summary.counts.untracked += patch.untracked;
            let seen = seen.get(&patch.handle).copied().unwrap_or_default();
            let again = seen.pass == self.run.pass;
            if again {
                let reason = "rows of this product are not together; these are added to those further up";
                self.issues.push(patch.issue(patch.line, "", Severity::Warning, reason));
            }
            if again && self.settings.dry_run && !kept.contains_key(&patch.handle) {
                // What it would be added to was not written.
                continue;
            }
            let scattered = again || seen.scattered;
            let made = self.build(&patch, kept.get(&patch.handle), scattered, &known);
            built.push((patch, scattered, made));
        }
        let skus: Vec<Sku> = built
            .iter()
            .filter_map(|(_, _, made)| made.as_ref())
            .flat_map(|made| made.draft.variants.iter().map(|variant| variant.sku.clone()))
            .collect();
        let mut owners = self.catalogue.products.owners(&skus).await?;
        let mut outcomes = Vec::with_capacity(built.len());
        for (patch, scattered, made) in built {
            let before = kept.get(&patch.handle);
            outcomes.push(match made {
                Some(made) => self.judge(patch, scattered, made, before, &mut owners),
                None => Outcome::Skipped,
            });
        }
        Ok(outcomes)
    }

    pub(super) fn build(
        &mut self,
        patch: &Patch,
        before: Option<&Product>,
        scattered: bool,
        known: &HashMap<String, String>,
    ) -> Option<Built> {
        let (categories, new) = (&mut self.categories, &mut self.new_categories);
        let mut find = |name: &CategoryName| category_of(name, categories, new);
        build(patch, before, scattered, known, &mut find, &mut self.issues)
    }

    /// Leaves out the variants whose SKU is another product's, and makes the product.
    pub(super) fn judge(
        &mut self,
        patch: Patch,
        scattered: bool,
        mut made: Built,
        before: Option<&Product>,
        owners: &mut HashMap<Sku, ProductId>,
    ) -> Outcome {
        let own = before.map(|product| product.id);
        for place in (0..made.draft.variants.len()).rev() {
            let sku = &made.draft.variants[place].sku;
            let elsewhere = owners.get(sku).is_some_and(|owner| Some(*owner) != own);
            if elsewhere || (self.settings.dry_run && self.rehearsal.is_taken(sku, &patch.handle)) {
                let reason = format!("{sku} belongs to another product");
                let line = made.origins[place].line.unwrap_or(patch.line);
                self.issues.push(patch.fault(line, patch.column(Column::Sku), reason));
                made.leave_out(place);
            }
        }
        let Some(product) = self.product(&patch, &mut made, before) else { return Outcome::Skipped };
        // SKUs that this product gives up are free for those behind it.
        for sku in before.iter().flat_map(|product| product.skus()) {
            owners.remove(sku);
        }
        for sku in product.skus() {
            owners.insert(sku.clone(), product.id);
        }
        let told = made.draft.variants.iter().zip(&made.origins);
        let stock =
            told.filter_map(|(variant, origin)| Some((variant.sku.clone(), origin.stock?, origin.line?))).collect();
        let unchanged = before.is_some_and(|before| same(before, &product));
        let candidate = Candidate { patch, scattered, product, is_new: before.is_none(), stock };
        if unchanged { Outcome::Unchanged(candidate) } else { Outcome::Write(candidate) }
    }

    /// The product, without the variants that the rules of products refuse.
    fn product(&mut self, patch: &Patch, made: &mut Built, before: Option<&Product>) -> Option<Product> {
        for last in [false, true] {
            if made.draft.variants.is_empty() {
                self.issues.push(patch.fault(patch.line, "", "is left out: none of its variants can be taken"));
                return None;
            }
            made.finish(before);
            let problem = match Product::from_draft(&patch.handle, made.draft.clone(), before, &self.catalogue.system)
            {
                Ok(product) => return Some(product),
                Err(problem) => problem,
            };
            let mut places: Vec<usize> = Vec::new();
            for error in &problem.errors {
                let mut parts = error.pointer.split('/').skip(1);
                let place = (parts.next() == Some("variants")).then(|| parts.next()?.parse::<usize>().ok()).flatten();
                let part = place.and(parts.next()).unwrap_or(&error.pointer);
                let column = Column::of_draft(part).map_or(part, |column| patch.column(column));
                let origin = place.and_then(|place| made.origins.get(place));
                let line = origin.and_then(|origin| origin.line).unwrap_or(patch.line);
                self.issues.push(patch.fault(line, column, error.detail.clone()));
                places.extend(place);
            }
            if last || places.is_empty() || places.len() < problem.errors.len() {
                return None;
            }
            places.sort_unstable();
            places.dedup();
            for place in places.into_iter().rev() {
                made.leave_out(place);
            }
        }
        None
    }
}

/// Whether two states of a product differ in nothing but version and time.
fn same(before: &Product, after: &Product) -> bool {
    let after = Product { version: before.version, updated_at: before.updated_at, ..after.clone() };
    *before == after
}

pub(super) fn remote_images(patches: &[Patch]) -> Vec<String> {
    let mut addresses = HashSet::new();
    for patch in patches {
        addresses.extend(patch.images.iter().flatten().map(|image| image.url.as_str()));
        addresses.extend(patch.variants.iter().flatten().filter_map(|variant| variant.image.as_ref()?.as_deref()));
    }
    addresses.into_iter().filter(|address| !address.starts_with("/media/")).map(ToOwned::to_owned).collect()
}

/// The handle of a category, which is to be made when it is not known.
fn category_of(
    name: &CategoryName,
    known: &mut HashMap<String, SingleLineText<120>>,
    new: &mut Vec<(String, String)>,
) -> Option<SingleLineText<120>> {
    let (handle, name) = match name {
        CategoryName::Name(name) => match known.get(&name.as_str().to_lowercase()) {
            Some(handle) => return Some(handle.clone()),
            None => (handle_of(name.as_str()).chars().take(120).collect::<String>().parse().ok()?, name.clone()),
        },
        CategoryName::Handle(handle, name) => (handle.clone(), name.clone().unwrap_or_else(|| handle.clone())),
    };
    let heard = known.get(&name.as_str().to_lowercase()) == Some(&handle);
    if !heard {
        if known.len() >= CATEGORIES {
            known.clear();
        }
        known.insert(name.as_str().to_lowercase(), handle.clone());
        new.push((handle.to_string(), name.to_string()));
    }
    Some(handle)
}
