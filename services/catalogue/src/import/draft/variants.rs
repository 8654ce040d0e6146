//! The variants that a file says, put over those that are kept.

use super::{Origin, line, same_names};
use crate::import::columns::Column;
use crate::import::patch::{Patch, VariantPatch, derived_sku};
use crate::import::{Issue, Severity};
use crate::product::{Product, Variant};
use contracts::catalogue::VariantDraft;
use contracts::{SingleLineText, Sku};
use std::collections::{HashMap, HashSet};

/// A variant with its picture by address.
pub struct Chosen {
    /// The variant.
    pub draft: VariantDraft,
    /// Its picture.
    pub image: Option<String>,
    /// Its row.
    pub origin: Origin,
}

/// The variants of the product; none, for a reason among the issues, when it cannot be taken.
pub fn variants(
    patch: &Patch,
    before: Option<&Product>,
    names: &[SingleLineText<60>],
    keeps: bool,
    issues: &mut Vec<Issue>,
) -> Option<Vec<Chosen>> {
    let kept: Vec<Chosen> = before
        .into_iter()
        .flat_map(|product| product.variants.iter().map(|variant| kept_variant(product, variant)))
        .collect();
    let Some(said) = &patch.variants else {
        if kept.is_empty() {
            issues.push(patch.fault(
                patch.line,
                patch.column(Column::Price),
                "is missing: the file has no columns of variants",
            ));
            return None;
        }
        if before.is_some_and(|product| !same_names(product, names)) {
            issues.push(patch.fault(
                patch.line,
                patch.column(Column::Option1Value),
                "is missing: the names of the options changed",
            ));
            return None;
        }
        return Some(kept);
    };
    let (mut skus, mut choices) = (HashSet::new(), HashMap::new());
    let mut chosen = Vec::with_capacity(said.len());
    for variant in said {
        let Some(one) = variant_of(patch, variant, before, names, issues) else { continue };
        if !skus.insert(one.draft.sku.clone()) {
            issues.push(patch.fault(
                variant.line,
                patch.column(Column::Sku),
                format!("{} is there twice", one.draft.sku),
            ));
        } else if let Some(earlier) = choices.insert(one.draft.option_values.clone(), variant.line) {
            choices.insert(one.draft.option_values.clone(), earlier);
            let reason = format!("is the same choice as line {earlier}");
            issues.push(patch.fault(variant.line, patch.column(Column::Option1Value), reason));
        } else {
            chosen.push(one);
        }
    }
    if keeps {
        chosen = over(kept, chosen);
    }
    if chosen.is_empty() {
        issues.push(patch.issue(patch.line, "", Severity::Error, "is left out: none of its variants can be taken"));
        return None;
    }
    Some(chosen)
}

/// What is kept, with what is new in its place or behind it.
fn over(mut kept: Vec<Chosen>, new: Vec<Chosen>) -> Vec<Chosen> {
    for one in new {
        let same =
            |other: &Chosen| other.draft.sku == one.draft.sku || other.draft.option_values == one.draft.option_values;
        match kept.iter().position(same) {
            Some(place) => {
                kept[place] = one;
                let (sku, values) = (kept[place].draft.sku.clone(), kept[place].draft.option_values.clone());
                let mut index = 0;
                kept.retain(|other| {
                    index += 1;
                    index - 1 == place || (other.draft.sku != sku && other.draft.option_values != values)
                });
            }
            None => kept.push(one),
        }
    }
    kept
}

fn kept_variant(product: &Product, variant: &Variant) -> Chosen {
    let image =
        variant.image.and_then(|place| product.images.get(place as usize)).map(|image| image.url.clone());
    let draft = VariantDraft {
        sku: variant.sku.clone(),
        option_values: variant.option_values.iter().filter_map(|value| line(value)).collect(),
        price: variant.price,
        compare_at_price: variant.compare_at_price,
        weight_grams: variant.weight_grams,
        oversell: variant.oversell,
        barcode: variant.barcode.as_deref().and_then(line),
        image: None,
        stock: None,
    };
    Chosen { draft, image, origin: Origin::default() }
}

/// The kept variant that a row means: the one with its SKU, else the one with its option values.
fn meant<'p>(
    before: Option<&'p Product>,
    sku: Option<&Sku>,
    values: &[SingleLineText<120>],
    names: &[SingleLineText<60>],
) -> Option<(&'p Product, &'p Variant)> {
    let product = before?;
    let by_sku = sku.and_then(|sku| product.variants.iter().find(|variant| variant.sku == *sku));
    let by_values = || {
        let same =
            |variant: &&Variant| variant.option_values.iter().map(String::as_str).eq(values.iter().map(SingleLineText::as_str));
        same_names(product, names).then(|| product.variants.iter().find(same)).flatten()
    };
    by_sku.or_else(by_values).map(|variant| (product, variant))
}

fn variant_of(
    patch: &Patch,
    said: &VariantPatch,
    before: Option<&Product>,
    names: &[SingleLineText<60>],
    issues: &mut Vec<Issue>,
) -> Option<Chosen> {
    let mut kept = meant(before, said.sku.as_ref(), &said.option_values, names);
    let values = match &patch.options {
        Some(_) => said.option_values.clone(),
        None if patch.has_values => said.option_values.clone(),
        None if names.is_empty() => Vec::new(),
        None => {
            // The file has no columns of options: a row says which variant it means by its SKU alone.
            kept = kept.filter(|(_, variant)| Some(&variant.sku) == said.sku.as_ref());
            kept.map(|(_, variant)| variant.option_values.iter().filter_map(|value| line(value)).collect())
                .unwrap_or_default()
        }
    };
    if values.len() != names.len() {
        issues.push(patch.fault(
            said.line,
            patch.column(Column::Option1Value),
            "is missing: the product needs a value for each option",
        ));
        return None;
    }
    let sku = said.sku.clone().or_else(|| kept.map(|(_, variant)| variant.sku.clone()));
    let Some(sku) = sku.or_else(|| derived_sku(&patch.handle, &values.iter().map(SingleLineText::as_str).collect::<Vec<_>>()))
    else {
        issues.push(patch.fault(
            said.line,
            patch.column(Column::Sku),
            "is missing, and none can be made of handle and options",
        ));
        return None;
    };
    let Some(price) = said.price.or_else(|| kept.map(|(_, variant)| variant.price)) else {
        issues.push(patch.fault(said.line, patch.column(Column::Price), "is missing"));
        return None;
    };
    let kept = kept.map(|(product, variant)| kept_variant(product, variant));
    let (old, old_image) = kept.map(|one| (one.draft, one.image)).unzip();
    let draft = VariantDraft {
        sku,
        option_values: values,
        price,
        compare_at_price: said.compare_at_price.unwrap_or_else(|| old.as_ref().and_then(|old| old.compare_at_price)),
        weight_grams: said.weight_grams.or_else(|| old.as_ref().map(|old| old.weight_grams)).unwrap_or(0),
        oversell: said.oversell.or_else(|| old.as_ref().map(|old| old.oversell)).unwrap_or_default(),
        barcode: said.barcode.clone().unwrap_or_else(|| old.as_ref().and_then(|old| old.barcode.clone())),
        image: None,
        stock: None,
    };
    let image = said.image.clone().unwrap_or_else(|| old_image.flatten());
    Some(Chosen { draft, image, origin: Origin { line: Some(said.line), stock: said.stock } })
}
