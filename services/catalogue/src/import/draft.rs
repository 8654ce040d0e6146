//! What a file says of a product, put over what is kept of it.

mod variants;

use super::Issue;
use super::columns::Column;
use super::patch::{CategoryName, Patch};
use crate::product::Product;
use contracts::catalogue::{ImageDraft, ProductDraft, ProductOption, ProductStatus};
use contracts::{SingleLineText, MultilineText};
use std::collections::{HashMap, HashSet};

/// A draft with where its variants come from.
#[derive(Debug, Clone)]
pub struct Built {
    /// The draft. Its options are set by [`Built::finish`].
    pub draft: ProductDraft,
    /// For each variant of the draft, its row.
    pub origins: Vec<Origin>,
    names: Vec<SingleLineText<60>>,
    values: Option<Vec<ProductOption>>,
}

/// Where a variant of a draft comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Origin {
    /// The line of its row; none for one that is kept and not in the file.
    pub line: Option<u64>,
    /// How many the file says there are.
    pub stock: Option<u32>,
}

/// A picture while variants are looking for theirs.
struct Shown {
    said: String,
    image: ImageDraft,
}

/// The category that a name stands for.
pub type FindCategory<'c> = &'c mut (dyn FnMut(&CategoryName) -> Option<SingleLineText<120>> + Send);

/// Puts the patch over what is kept. `scattered`: the product's rows are not together in the file. `known`: where the shop
/// has pictures that were fetched before.
///
/// # Errors
/// None as such: `None` when nothing of the product can be taken, for reasons that are among the issues.
pub fn build(
    patch: &Patch,
    before: Option<&Product>,
    scattered: bool,
    known: &HashMap<String, String>,
    category: FindCategory<'_>,
    issues: &mut Vec<Issue>,
) -> Option<Built> {
    if patch.refused {
        return None;
    }
    let title = patch.title.clone().or_else(|| before.and_then(|product| line(&product.title)));
    let Some(title) = title else {
        issues.push(patch.fault(patch.line, patch.column(Column::Title), "is missing"));
        return None;
    };
    let keeps = scattered || patch.faulty_rows > 0;
    let names = names(patch, before, keeps, issues)?;
    let mut images = images(patch, before, keeps, known);
    let chosen = variants::variants(patch, before, &names, keeps, issues)?;
    let mut variants = Vec::with_capacity(chosen.len());
    let mut origins = Vec::with_capacity(chosen.len());
    for mut one in chosen {
        one.draft.image = one.image.and_then(|address| place(&mut images, &address, known));
        variants.push(one.draft);
        origins.push(one.origin);
    }
    let kept = |text: fn(&Product) -> &str| before.map(text).unwrap_or_default();
    let draft = ProductDraft {
        title,
        description_html: patch.description.clone().unwrap_or_else(|| prose(kept(|product| &product.description_html))),
        vendor: patch.vendor.clone().unwrap_or_else(|| prose(kept(|product| &product.vendor))),
        category: match &patch.category {
            Some(named) => named.as_ref().and_then(category),
            None => before.and_then(|product| product.category.as_deref()).and_then(line),
        },
        tags: patch.tags.clone().unwrap_or_else(|| {
            before.map(|product| product.tags.iter().filter_map(|tag| line(tag)).collect()).unwrap_or_default()
        }),
        status: patch.status.or_else(|| before.map(|product| product.status)).unwrap_or(ProductStatus::Active),
        tax_class: match patch.tax_class.clone().or_else(|| before.and_then(|product| line(&product.tax_class))) {
            Some(class) => class,
            None => crate::STANDARD.parse().ok()?,
        },
        options: Vec::new(),
        variants,
        images: images.into_iter().map(|shown| shown.image).collect(),
        version: None,
    };
    Some(Built { draft, origins, names, values: patch.option_values.clone() })
}

impl Built {
    /// Leaves a variant out.
    pub fn leave_out(&mut self, place: usize) {
        if place < self.draft.variants.len() {
            self.draft.variants.remove(place);
            self.origins.remove(place);
        }
    }

    /// Sets the options to the values that the variants have: in the order that the file or, if the variants are still the
    /// same, the kept product has them in; else in that of the variants.
    pub fn finish(&mut self, before: Option<&Product>) {
        let same_variants = before.is_some_and(|product| {
            product.skus().eq(self.draft.variants.iter().map(|variant| &variant.sku))
                && same_names(product, &self.names)
        });
        let order = match &self.values {
            Some(values) => Some(values.as_slice()),
            None if same_variants => before.map(|product| product.options.as_slice()),
            None => None,
        };
        let variants = &self.draft.variants;
        let options = self.names.iter().enumerate().map(|(index, name)| {
            let mut values: Vec<SingleLineText<120>> = Vec::new();
            let mut seen = HashSet::new();
            let used = || variants.iter().filter_map(|variant| variant.option_values.get(index));
            let all: HashSet<&SingleLineText<120>> = used().collect();
            let listed =
                order.and_then(|options| options.get(index)).map(|option| option.values.as_slice()).unwrap_or_default();
            let wanted = |value: &&SingleLineText<120>| self.values.is_some() || all.contains(value);
            for value in listed.iter().filter(wanted).chain(used()) {
                if seen.insert(value) {
                    values.push(value.clone());
                }
            }
            ProductOption { name: name.clone(), values }
        });
        self.draft.options = options.collect();
    }
}

fn line<const MAX: usize>(text: &str) -> Option<SingleLineText<MAX>> {
    text.parse().ok()
}

fn prose<const MAX: usize>(text: &str) -> MultilineText<MAX> {
    text.parse().unwrap_or_default()
}

fn same_names(product: &Product, names: &[SingleLineText<60>]) -> bool {
    product.options.iter().map(|option| &option.name).eq(names)
}

/// The names of the options: the file's, or those that are kept.
fn names(patch: &Patch, before: Option<&Product>, keeps: bool, issues: &mut Vec<Issue>) -> Option<Vec<SingleLineText<60>>> {
    let kept = || before.map(|product| product.options.iter().map(|option| option.name.clone()).collect());
    // Rows that only add pictures say nothing of options.
    let silent = keeps && patch.variants.as_ref().is_none_or(Vec::is_empty);
    let names: Vec<SingleLineText<60>> = match &patch.options {
        Some(names) if !silent => names.clone(),
        _ => kept().unwrap_or_default(),
    };
    if names.is_empty() && patch.options.is_none() && patch.has_values {
        issues.push(patch.fault(patch.line, patch.column(Column::Option1Name), "is missing, though there is a value"));
        return None;
    }
    if keeps && before.is_some_and(|product| !same_names(product, &names)) {
        let reason = if patch.faulty_rows > 0 {
            "has other options than the product that is kept, and faulty rows: correct those first"
        } else {
            "has other options than the rows of this product further up"
        };
        issues.push(patch.fault(patch.line, patch.column(Column::Option1Name), reason));
        return None;
    }
    Some(names)
}

fn images(patch: &Patch, before: Option<&Product>, keeps: bool, known: &HashMap<String, String>) -> Vec<Shown> {
    let kept = || {
        before.into_iter().flat_map(|product| &product.images).filter_map(|image| {
            let draft = ImageDraft { url: line(&image.url)?, alt: prose(&image.alt) };
            Some(Shown { said: image.url.clone(), image: draft })
        })
    };
    let Some(said) = &patch.images else { return kept().collect() };
    let mut images: Vec<Shown> = if keeps { kept().collect() } else { Vec::new() };
    for image in said {
        let shown = Shown { said: image.url.to_string(), image: resolved(image.clone(), known) };
        match images.iter_mut().find(|other| keeps && other.image.url == shown.image.url) {
            Some(other) => *other = shown,
            None => images.push(shown),
        }
    }
    images
}

fn resolved(mut image: ImageDraft, known: &HashMap<String, String>) -> ImageDraft {
    if let Some(media) = known.get(image.url.as_str()).and_then(|media| line(media)) {
        image.url = media;
    }
    image
}

/// The place of the picture with this address, which is added when it is not among the pictures.
fn place(images: &mut Vec<Shown>, address: &str, known: &HashMap<String, String>) -> Option<u32> {
    let fetched = known.get(address).map_or(address, String::as_str);
    let found = images
        .iter()
        .position(|shown| shown.said == address)
        .or_else(|| images.iter().position(|shown| shown.image.url.as_str() == fetched));
    let place = match found {
        Some(place) => place,
        None => {
            let image = ImageDraft { url: line(address)?, alt: MultilineText::default() };
            images.push(Shown { said: address.to_owned(), image: resolved(image, known) });
            images.len() - 1
        }
    };
    u32::try_from(place).ok()
}
