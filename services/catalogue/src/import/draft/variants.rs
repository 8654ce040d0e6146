//! Merges the variants of a patch with the stored ones.

use super::{RowPosition, VariantSource, has_option_names, single_line};
use crate::import::columns::Column;
use crate::import::patch::{ProductPatch, VariantPatch, derived_sku};
use crate::import::{DuplicateSkus, ImportIssue, IssueSeverity};
use crate::product::{Product, Variant};
use contracts::Sku;
use contracts::catalogue::{OptionName, OptionValue, VariantDraft};
use std::collections::{HashMap, HashSet};

/// A variant whose image is identified by URL, because the list of images is not complete yet.
pub struct MergedVariant {
    pub draft: VariantDraft,
    pub image_url: Option<String>,
    pub source: VariantSource,
}

/// The sources that the variants of a product are merged from.
pub struct Merging<'m> {
    pub patch: &'m ProductPatch,
    pub stored: Option<&'m Product>,
    pub option_names: &'m [OptionName],
    pub position: RowPosition,
    pub duplicate_skus: DuplicateSkus,
}

impl Merging<'_> {
    /// Returns the variants of the product; `None`, with the reason among `issues`, if the product must be skipped.
    pub fn variants(&self, issues: &mut Vec<ImportIssue>) -> Option<Vec<MergedVariant>> {
        let Self { patch, stored, option_names, .. } = *self;
        let existing: Vec<MergedVariant> = stored
            .into_iter()
            .flat_map(|product| product.variants.iter().map(|variant| stored_variant(product, variant)))
            .collect();
        let Some(patched) = &patch.variants else {
            if existing.is_empty() {
                let reason = "is missing: the file has no variant columns";
                issues.push(patch.column_error(patch.line, Column::Price, reason));
                return None;
            }
            if stored.is_some_and(|product| !has_option_names(product, option_names)) {
                let reason = "is missing, but the option names have changed";
                issues.push(patch.column_error(patch.line, Column::Option1Value, reason));
                return None;
            }
            return Some(existing);
        };
        let mut skus = HashSet::new();
        let mut lines_by_values = HashMap::new();
        let mut merged = Vec::with_capacity(patched.len());
        for variant_patch in patched {
            let line = variant_patch.line;
            let repeated = variant_patch.sku.as_ref().filter(|sku| skus.contains(*sku));
            let is_derived = repeated.is_some() && self.duplicate_skus == DuplicateSkus::Derive;
            // Another variant has the SKU, so only the option values identify this one.
            let variant_patch = match is_derived {
                true => &VariantPatch { sku: None, ..variant_patch.clone() },
                false => variant_patch,
            };
            let Some(variant) = merge_variant(patch, variant_patch, stored, option_names, issues) else { continue };
            let VariantDraft { sku, option_values, .. } = &variant.draft;
            if let Some(first_line) = lines_by_values.get(option_values) {
                let reason = format!("repeats the option values of line {first_line}");
                issues.push(patch.column_error(line, Column::Option1Value, reason));
                continue;
            }
            if !skus.insert(sku.clone()) {
                issues.push(patch.column_error(line, Column::Sku, format!("{sku} occurs twice in this product")));
                continue;
            }
            if let Some(repeated) = repeated {
                let reason = format!("{repeated} occurs twice in this product; this variant gets the SKU {sku}");
                issues.push(patch.issue(line, patch.column(Column::Sku), IssueSeverity::Warning, reason));
            }
            lines_by_values.insert(option_values.clone(), line);
            merged.push(variant);
        }
        if self.position != RowPosition::Whole || patch.invalid_rows > 0 {
            merged = self.overlay(existing, merged, issues);
        }
        if merged.is_empty() {
            issues.push(patch.error(patch.line, "", "skipped: no valid variant"));
            return None;
        }
        Some(merged)
    }

    /// Replaces existing variants that have the SKU or the option values of a new one, and appends the other new ones.
    ///
    /// In a continuation the existing variants are those of the rows above, which must not be replaced by another SKU.
    fn overlay(
        &self,
        mut existing: Vec<MergedVariant>,
        new: Vec<MergedVariant>,
        issues: &mut Vec<ImportIssue>,
    ) -> Vec<MergedVariant> {
        for variant in new {
            let (sku, values) = (variant.draft.sku.clone(), variant.draft.option_values.clone());
            let matches = |other: &MergedVariant| other.draft.sku == sku || other.draft.option_values == values;
            let Some(position) = existing.iter().position(matches) else {
                existing.push(variant);
                continue;
            };
            let other = &existing[position].draft.sku;
            if self.position == RowPosition::Continuation && *other != sku {
                let line = variant.source.line.unwrap_or(self.patch.line);
                let reason = format!("repeats the option values of {other}, in the rows of this product above");
                issues.push(self.patch.column_error(line, Column::Option1Value, reason));
                continue;
            }
            // SKU and option values may match two different variants; both make way for the new one.
            let mut after = existing.split_off(position + 1);
            after.retain(|other| !matches(other));
            existing[position] = variant;
            existing.append(&mut after);
        }
        existing
    }
}

fn stored_variant(product: &Product, variant: &Variant) -> MergedVariant {
    let image_url = variant.image.and_then(|index| product.images.get(index as usize)).map(|image| image.url.clone());
    let draft = VariantDraft {
        sku: variant.sku.clone(),
        option_values: variant.option_values.iter().filter_map(|value| single_line(value)).collect(),
        price: variant.price,
        compare_at_price: variant.compare_at_price,
        weight_grams: variant.weight_grams,
        oversell: variant.oversell,
        barcode: variant.barcode.as_deref().and_then(single_line),
        image: None,
        cost: variant.cost,
        requires_shipping: !variant.is_digital,
        unit_measure: variant.unit_measure,
        stock: None,
    };
    MergedVariant { draft, image_url, source: VariantSource::default() }
}

/// Finds the stored variant of a row: the one with its SKU, or else the one with its option values.
fn matching_variant<'p>(
    stored: Option<&'p Product>,
    sku: Option<&Sku>,
    values: &[OptionValue],
    option_names: &[OptionName],
) -> Option<(&'p Product, &'p Variant)> {
    let product = stored?;
    let by_sku = sku.and_then(|sku| product.variants.iter().find(|variant| variant.sku == *sku));
    let by_values = || {
        let has_values = |variant: &&Variant| {
            variant.option_values.iter().map(String::as_str).eq(values.iter().map(OptionValue::as_str))
        };
        has_option_names(product, option_names).then(|| product.variants.iter().find(has_values)).flatten()
    };
    by_sku.or_else(by_values).map(|variant| (product, variant))
}

fn merge_variant(
    product_patch: &ProductPatch,
    patch: &VariantPatch,
    stored: Option<&Product>,
    option_names: &[OptionName],
    issues: &mut Vec<ImportIssue>,
) -> Option<MergedVariant> {
    let mut existing = matching_variant(stored, patch.sku.as_ref(), &patch.option_values, option_names);
    let values = match &product_patch.options {
        Some(_) => patch.option_values.clone(),
        None if product_patch.has_values => patch.option_values.clone(),
        None if option_names.is_empty() => Vec::new(),
        None => {
            // Without option columns only the SKU identifies the variant of a row.
            existing = existing.filter(|(_, variant)| Some(&variant.sku) == patch.sku.as_ref());
            existing
                .map(|(_, variant)| variant.option_values.iter().filter_map(|value| single_line(value)).collect())
                .unwrap_or_default()
        }
    };
    if values.len() != option_names.len() {
        let reason = "is missing: the product needs a value for each option";
        issues.push(product_patch.column_error(patch.line, Column::Option1Value, reason));
        return None;
    }
    let sku = patch.sku.clone().or_else(|| existing.map(|(_, variant)| variant.sku.clone()));
    let texts: Vec<&str> = values.iter().map(OptionValue::as_str).collect();
    let Some(sku) = sku.or_else(|| derived_sku(&product_patch.handle, &texts)) else {
        let reason = "is missing and cannot be derived from the handle and the option values";
        issues.push(product_patch.column_error(patch.line, Column::Sku, reason));
        return None;
    };
    let Some(price) = patch.price.or_else(|| existing.map(|(_, variant)| variant.price)) else {
        issues.push(product_patch.column_error(patch.line, Column::Price, "is missing"));
        return None;
    };
    let existing = existing.map(|(product, variant)| stored_variant(product, variant));
    let (old, old_image_url) = existing.map(|variant| (variant.draft, variant.image_url)).unzip();
    let draft = VariantDraft {
        sku,
        option_values: values,
        price,
        compare_at_price: patch.compare_at_price.unwrap_or_else(|| old.as_ref().and_then(|old| old.compare_at_price)),
        weight_grams: patch.weight_grams.or_else(|| old.as_ref().map(|old| old.weight_grams)).unwrap_or(0),
        oversell: patch.oversell.or_else(|| old.as_ref().map(|old| old.oversell)).unwrap_or_default(),
        barcode: patch.barcode.clone().unwrap_or_else(|| old.as_ref().and_then(|old| old.barcode.clone())),
        image: None,
        cost: patch.cost.unwrap_or_else(|| old.as_ref().and_then(|old| old.cost)),
        requires_shipping: patch
            .requires_shipping
            .unwrap_or_else(|| old.as_ref().is_none_or(|old| old.requires_shipping)),
        unit_measure: patch.unit_measure.unwrap_or_else(|| old.as_ref().and_then(|old| old.unit_measure)),
        stock: None,
    };
    let image_url = patch.image.clone().unwrap_or_else(|| old_image_url.flatten());
    Some(MergedVariant { draft, image_url, source: VariantSource { line: Some(patch.line), stock: patch.stock } })
}
