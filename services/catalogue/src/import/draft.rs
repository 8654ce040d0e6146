//! Merges the patch of a product with the stored product into a draft.

mod variants;

use super::columns::Column;
use super::patch::{CategoryName, ProductPatch};
use super::{DuplicateSkus, ImportIssue, IssueSeverity};
use crate::product::{Metafields, Product, TypedMetafields};
use contracts::catalogue::{
    ImageDraft, OptionName, OptionValue, ProductDraft, ProductOption, ProductStatus, VariantDraft,
};
use contracts::{MultilineText, SingleLineText};
use std::collections::{HashMap, HashSet};

/// A draft with the rows that its variants come from.
#[derive(Debug, Clone)]
pub struct MergedDraft {
    /// The draft; its options are set by [`MergedDraft::set_options`].
    pub draft: ProductDraft,
    /// The sources of the draft's variants, in the same order.
    pub sources: Vec<VariantSource>,
    option_names: Vec<OptionName>,
    option_values: Option<Vec<ProductOption>>,
}

/// The row that a variant of a draft comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct VariantSource {
    /// The line of the row; `None` for a stored variant that is not in the file.
    pub line: Option<u64>,
    /// The number of units on hand according to the file.
    pub stock: Option<u32>,
}

/// Where the rows of a product are in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowPosition {
    /// All rows of the product are adjacent, as far as it is known.
    Whole,
    /// The file has more rows of the product further down.
    FirstPart,
    /// The file has rows of the product further up.
    Continuation,
}

/// An image with its URL in the file or in the store, by which variants refer to it.
struct SourcedImage {
    source_url: String,
    image: ImageDraft,
}

/// Finds the handle of a category.
pub type FindCategory<'c> = &'c mut (dyn FnMut(&CategoryName) -> Option<SingleLineText<120>> + Send);

/// Merges the patch with the stored product; returns `None`, with the reason among `issues`, if it must be skipped.
///
/// - `position`: unless it is [`RowPosition::Whole`], the patch has only some of the product's rows.
/// - `fetched`: the shop's own URLs of images that were fetched before, by their remote URL.
pub fn merge(
    patch: &ProductPatch,
    stored: Option<&Product>,
    position: RowPosition,
    duplicate_skus: DuplicateSkus,
    fetched: &HashMap<String, String>,
    find_category: FindCategory<'_>,
    issues: &mut Vec<ImportIssue>,
) -> Option<MergedDraft> {
    if patch.rejected {
        return None;
    }
    let title = patch.title.clone().or_else(|| stored.and_then(|product| single_line(&product.title)));
    let Some(title) = title else {
        issues.push(patch.column_error(patch.line, Column::Title, "is missing"));
        return None;
    };
    // An incomplete patch must not remove variants or images that it does not have.
    let is_incomplete = position != RowPosition::Whole || patch.invalid_rows > 0;
    let option_names = option_names(patch, stored, is_incomplete, issues)?;
    let mut images = images(patch, stored, is_incomplete, fetched);
    let merging = variants::Merging { patch, stored, option_names: &option_names, position, duplicate_skus };
    let merged = merging.variants(issues)?;
    let mut variants = Vec::with_capacity(merged.len());
    let mut sources = Vec::with_capacity(merged.len());
    for mut variant in merged {
        variant.draft.image = variant.image_url.and_then(|url| image_index(&mut images, &url, fetched));
        variants.push(variant.draft);
        sources.push(variant.source);
    }
    let stored_text = |text: fn(&Product) -> &str| stored.map(text).unwrap_or_default();
    let status = status(patch, stored, &variants, issues);
    let mut metafields = metafields(patch, stored);
    let invalid = restore_invalid_fields(&mut metafields, stored);
    issues.extend(invalid.into_iter().map(|(heading, reason)| {
        patch.issue(patch.line, &heading, IssueSeverity::Warning, format!("{reason}; not imported"))
    }));
    let TypedMetafields { withdrawal_exception, safety, translations } =
        TypedMetafields::take(&mut metafields, &mut Vec::new());
    let draft = ProductDraft {
        title,
        description_html: patch
            .description
            .clone()
            .unwrap_or_else(|| multiline(stored_text(|product| &product.description_html))),
        vendor: patch.vendor.clone().unwrap_or_else(|| multiline(stored_text(|product| &product.vendor))),
        category: match &patch.category {
            Some(name) => name.as_ref().and_then(find_category),
            None => stored.and_then(|product| product.category.as_deref()).and_then(single_line),
        },
        tags: patch.tags.clone().unwrap_or_else(|| {
            stored.map(|product| product.tags.iter().filter_map(|tag| single_line(tag)).collect()).unwrap_or_default()
        }),
        status,
        tax_class: match patch.tax_class.clone().or_else(|| stored.and_then(|product| single_line(&product.tax_class)))
        {
            Some(class) => class,
            None => crate::STANDARD_TAX_CLASS.parse().ok()?,
        },
        options: Vec::new(),
        variants,
        images: images.into_iter().map(|sourced| sourced.image).collect(),
        seo_title: retained_line(&patch.seo_title, stored, |product| product.seo_title.as_deref()),
        seo_description: patch
            .seo_description
            .clone()
            .unwrap_or_else(|| multiline(stored_text(|product| &product.seo_description))),
        standard_category: retained_line(&patch.standard_category, stored, |product| {
            product.standard_category.as_deref()
        }),
        google_category: retained_line(&patch.google_category, stored, |product| product.google_category.as_deref()),
        withdrawal_exception,
        safety,
        metafields,
        translations,
        // Concurrent changes are detected when the product is written, and the engine then merges again.
        version: None,
    };
    Some(MergedDraft { draft, sources, option_names, option_values: patch.option_values.clone() })
}

impl MergedDraft {
    pub fn remove_variant(&mut self, index: usize) {
        if index < self.draft.variants.len() {
            self.draft.variants.remove(index);
            self.sources.remove(index);
        }
    }

    /// Sets the options to the values that the variants have.
    ///
    /// The values have the order of the file, or of the stored product if its variants are the same, or else of the
    /// variants.
    pub fn set_options(&mut self, stored: Option<&Product>) {
        let same_variants = stored.is_some_and(|product| {
            product.skus().eq(self.draft.variants.iter().map(|variant| &variant.sku))
                && has_option_names(product, &self.option_names)
        });
        let order = match &self.option_values {
            Some(values) => Some(values.as_slice()),
            // A merchant may have reordered the values; an import that changes no variant keeps that order.
            None if same_variants => stored.map(|product| product.options.as_slice()),
            None => None,
        };
        let variants = &self.draft.variants;
        let options = self.option_names.iter().enumerate().map(|(index, name)| {
            let mut values: Vec<OptionValue> = Vec::new();
            let mut seen = HashSet::new();
            let used = || variants.iter().filter_map(|variant| variant.option_values.get(index));
            let all_used: HashSet<&OptionValue> = used().collect();
            let listed =
                order.and_then(|options| options.get(index)).map(|option| option.values.as_slice()).unwrap_or_default();
            // Values that the file lists explicitly remain even if no variant uses them.
            let is_retained = |value: &&OptionValue| self.option_values.is_some() || all_used.contains(value);
            for value in listed.iter().filter(is_retained).chain(used()) {
                if seen.insert(value) {
                    values.push(value.clone());
                }
            }
            ProductOption { name: name.clone(), values }
        });
        self.draft.options = options.collect();
    }
}

fn single_line<const MAX: usize>(text: &str) -> Option<SingleLineText<MAX>> {
    text.parse().ok()
}

fn multiline<const MAX: usize>(text: &str) -> MultilineText<MAX> {
    text.parse().unwrap_or_default()
}

/// Returns the status of the file, or else the stored one. A product that no carrier delivers is not put on sale by an import:
/// orders of it would be charged for delivery.
fn status(
    patch: &ProductPatch,
    stored: Option<&Product>,
    variants: &[VariantDraft],
    issues: &mut Vec<ImportIssue>,
) -> ProductStatus {
    let status = patch.status.or_else(|| stored.map(|product| product.status)).unwrap_or(ProductStatus::Active);
    let is_digital = variants.iter().any(|variant| !variant.requires_shipping);
    let is_on_sale = stored.is_some_and(|product| product.status == ProductStatus::Active);
    if is_on_sale || status != ProductStatus::Active || !is_digital {
        return status;
    }
    let reason = "goods that are not shipped cannot be sold yet, as orders would pay for delivery; imported as a draft";
    issues.push(patch.issue(patch.line, patch.column(Column::RequiresShipping), IssueSeverity::Warning, reason));
    ProductStatus::Draft
}

/// Returns the text of the file, or else the stored one.
fn retained_line<const MAX: usize>(
    patched: &Option<Option<SingleLineText<MAX>>>,
    stored: Option<&Product>,
    text: fn(&Product) -> Option<&str>,
) -> Option<SingleLineText<MAX>> {
    patched.clone().unwrap_or_else(|| stored.and_then(text).and_then(single_line))
}

/// Returns the metafields of the file, and the stored ones whose columns the file does not have, with the typed ones.
fn metafields(patch: &ProductPatch, stored: Option<&Product>) -> Metafields {
    let retained = stored.filter(|_| !patch.has_all_metafields).into_iter().flat_map(|product| &product.metafields);
    let mut fields = Metafields::new();
    if let Some(product) = stored.filter(|_| !patch.has_all_metafields) {
        let typed = product.typed_metafields().to_metafields();
        fields.extend(typed.iter().filter_map(|(name, text)| Some((single_line(name)?, multiline(text)))));
    }
    fields.extend(retained.filter_map(|field| Some((single_line(&field.name)?, multiline(&field.value)))));
    fields.extend(patch.metafields.clone());
    fields.retain(|_, value| !value.as_str().is_empty());
    fields
}

/// Replaces typed fields that cannot be used by what is stored: a typing error must not give customers a right, or take a warning
/// or a translation away. Returns the headings with the reasons.
fn restore_invalid_fields(fields: &mut Metafields, stored: Option<&Product>) -> Vec<(String, String)> {
    let mut invalid = Vec::new();
    TypedMetafields::take(&mut fields.clone(), &mut invalid);
    let before = stored.map(|product| product.typed_metafields().to_metafields());
    for (heading, _) in &invalid {
        let Some(name) = single_line(heading) else { continue };
        let text = before.iter().flatten().find(|(known, _)| known == heading).map(|(_, text)| multiline(text));
        match text {
            Some(text) => fields.insert(name, text),
            None => fields.remove(&name),
        };
    }
    invalid
}

fn has_option_names(product: &Product, names: &[OptionName]) -> bool {
    product.options.iter().map(|option| &option.name).eq(names)
}

/// Returns the option names of the file, or else of the stored product.
fn option_names(
    patch: &ProductPatch,
    stored: Option<&Product>,
    is_incomplete: bool,
    issues: &mut Vec<ImportIssue>,
) -> Option<Vec<OptionName>> {
    let stored_names = || stored.map(|product| product.options.iter().map(|option| option.name.clone()).collect());
    // Non-adjacent rows that only add images have no option names, which does not mean that the product has none.
    let images_only = is_incomplete && patch.variants.as_ref().is_none_or(Vec::is_empty);
    let names: Vec<OptionName> = match &patch.options {
        Some(names) if !images_only => names.clone(),
        _ => stored_names().unwrap_or_default(),
    };
    if names.is_empty() && patch.options.is_none() && patch.has_values {
        let reason = "is missing, but the option has values";
        issues.push(patch.column_error(patch.line, Column::Option1Name, reason));
        return None;
    }
    // The stored variants remain, and their values belong to the stored options.
    if is_incomplete && stored.is_some_and(|product| !has_option_names(product, &names)) {
        let reason = if patch.invalid_rows > 0 {
            "differs from the options of the existing product, and some rows have errors: correct them first"
        } else {
            "differs from the options in the rows of this product above"
        };
        issues.push(patch.column_error(patch.line, Column::Option1Name, reason));
        return None;
    }
    Some(names)
}

fn images(
    patch: &ProductPatch,
    stored: Option<&Product>,
    is_incomplete: bool,
    fetched: &HashMap<String, String>,
) -> Vec<SourcedImage> {
    let stored_images = || {
        stored.into_iter().flat_map(|product| &product.images).filter_map(|image| {
            let draft = ImageDraft { url: single_line(&image.url)?, alt: multiline(&image.alt) };
            Some(SourcedImage { source_url: image.url.clone(), image: draft })
        })
    };
    let Some(patched) = &patch.images else { return stored_images().collect() };
    let mut images: Vec<SourcedImage> = if is_incomplete { stored_images().collect() } else { Vec::new() };
    for image in patched {
        let sourced =
            SourcedImage { source_url: image.url.to_string(), image: with_fetched_url(image.clone(), fetched) };
        match images.iter_mut().find(|other| is_incomplete && other.image.url == sourced.image.url) {
            Some(other) => *other = sourced,
            None => images.push(sourced),
        }
    }
    images
}

/// Replaces a remote URL by the shop's own if the image was fetched before, so that a repeated import changes nothing.
fn with_fetched_url(mut image: ImageDraft, fetched: &HashMap<String, String>) -> ImageDraft {
    if let Some(url) = fetched.get(image.url.as_str()).and_then(|url| single_line(url)) {
        image.url = url;
    }
    image
}

/// Returns the index of the image with this URL, which is added if it is not among the images.
fn image_index(images: &mut Vec<SourcedImage>, url: &str, fetched: &HashMap<String, String>) -> Option<u32> {
    let local_url = fetched.get(url).map_or(url, String::as_str);
    let found = images
        .iter()
        .position(|sourced| sourced.source_url == url)
        .or_else(|| images.iter().position(|sourced| sourced.image.url.as_str() == local_url));
    let index = match found {
        Some(index) => index,
        None => {
            let image = ImageDraft { url: single_line(url)?, alt: MultilineText::default() };
            images.push(SourcedImage { source_url: url.to_owned(), image: with_fetched_url(image, fetched) });
            images.len() - 1
        }
    };
    u32::try_from(index).ok()
}
