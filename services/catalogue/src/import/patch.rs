//! The content of a file for one product. Fields that are `None` are absent in the file and leave the stored value.

use super::columns::{Column, Columns};
use super::{ImportIssue, IssueSeverity};
use chassis::secret;
use contracts::catalogue::{ImageDraft, OptionName, OptionValue, Oversell, ProductOption, ProductStatus, UnitMeasure};
use contracts::{MultilineText, SingleLineText, Sku};
use std::collections::BTreeMap;
use std::fmt::Display;
use std::sync::Arc;

/// The content of a file for one product.
#[derive(Debug, Clone, Default)]
pub struct ProductPatch {
    pub handle: String,
    /// True if the file gives a title and no handle, so the handle was derived from it.
    pub is_handle_derived: bool,
    /// The line of the product's first row.
    pub line: u64,
    /// The columns of the file; `None` for NDJSON.
    pub columns: Option<Arc<Columns>>,
    pub title: Option<SingleLineText<255>>,
    /// The description as in the file, not sanitised yet.
    pub description: Option<MultilineText<65535>>,
    pub vendor: Option<MultilineText<255>>,
    /// The category; `Some(None)` removes it.
    pub category: Option<Option<CategoryName>>,
    pub tags: Option<Vec<SingleLineText<255>>>,
    pub status: Option<ProductStatus>,
    pub tax_class: Option<SingleLineText<60>>,
    /// The title for search engines; `Some(None)` removes it.
    pub seo_title: Option<Option<SingleLineText<255>>>,
    pub seo_description: Option<MultilineText<1000>>,
    /// The category in a standard taxonomy, as a path; `Some(None)` removes it.
    pub standard_category: Option<Option<SingleLineText<500>>>,
    /// The product category of Google; `Some(None)` removes it.
    pub google_category: Option<Option<SingleLineText<500>>>,
    /// The metafields of the file; an empty text removes one.
    pub metafields: BTreeMap<SingleLineText<255>, MultilineText<65535>>,
    /// True if the file has all metafields of the product, so that others are removed.
    pub has_all_metafields: bool,
    /// The option names. Rows that are not adjacent to the first ones may have values without names.
    pub options: Option<Vec<OptionName>>,
    /// True if the variants have option values.
    pub has_values: bool,
    /// The options with all their values, if the file defines the order of values.
    pub option_values: Option<Vec<ProductOption>>,
    pub variants: Option<Vec<VariantPatch>>,
    pub images: Option<Vec<ImageDraft>>,
    /// The number of rows with errors. If there are any, variants may be missing from the patch.
    pub invalid_rows: u64,
    /// True if the product must be skipped.
    pub rejected: bool,
    /// The number of variants without inventory tracking.
    pub untracked: u64,
}

/// The content of a file for one variant.
#[derive(Debug, Clone, Default)]
pub struct VariantPatch {
    /// The line of the variant's row.
    pub line: u64,
    pub sku: Option<Sku>,
    pub option_values: Vec<OptionValue>,
    /// The price in minor units.
    pub price: Option<i64>,
    /// The price before a reduction, in minor units; `Some(None)` removes it.
    pub compare_at_price: Option<Option<i64>>,
    pub weight_grams: Option<u32>,
    pub oversell: Option<Oversell>,
    /// The barcode; `Some(None)` removes it.
    pub barcode: Option<Option<SingleLineText<64>>>,
    /// The URL of the variant's image; `Some(None)` removes it.
    pub image: Option<Option<String>>,
    /// The purchase price of one unit in minor units; `Some(None)` removes it.
    pub cost: Option<Option<i64>>,
    pub requires_shipping: Option<bool>,
    /// The content of one unit; `Some(None)` removes it.
    pub unit_measure: Option<Option<UnitMeasure>>,
    /// The number of units on hand.
    pub stock: Option<u32>,
}

/// A category as identified in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CategoryName {
    /// By its name, as in a CSV.
    Name(SingleLineText<120>),
    /// By its handle, optionally with its name, as in NDJSON.
    Handle(SingleLineText<120>, Option<SingleLineText<120>>),
}

impl ProductPatch {
    /// Returns the name of the column in the file, or its JSON pointer in NDJSON.
    pub fn column(&self, column: Column) -> &str {
        match &self.columns {
            Some(columns) => columns.name(column),
            None => column.pointer(),
        }
    }

    /// Creates an issue with a row of this product.
    pub fn issue(&self, line: u64, column: &str, severity: IssueSeverity, reason: impl Display) -> ImportIssue {
        ImportIssue {
            line,
            column: column.to_owned(),
            handle: Some(self.handle.clone()),
            severity,
            reason: reason.to_string(),
        }
    }

    /// Creates an error in a row of this product.
    pub fn error(&self, line: u64, column: &str, reason: impl Display) -> ImportIssue {
        self.issue(line, column, IssueSeverity::Error, reason)
    }

    /// Creates an error in a column of the row at `line`.
    pub fn column_error(&self, line: u64, column: Column, reason: impl Display) -> ImportIssue {
        self.error(line, self.column(column), reason)
    }
}

/// The largest length of a derived SKU, shorter than [`Sku::MAX_LENGTH`]: people have to read it.
const MAX_DERIVED_LENGTH: usize = 64;
const DIGEST_LENGTH: usize = 12;

/// Derives the SKU of a variant without one: the handle and the option values, joined by `_`.
///
/// The result depends on the arguments alone, so repeated imports agree. If it would have more than 64 characters, or a
/// part contains `_`, it is cut and ends in twelve hexadecimal digits of the SHA-256 of all parts, so that different
/// variants get different SKUs.
pub fn derived_sku(handle: &str, option_values: &[impl AsRef<str>]) -> Option<Sku> {
    let parts: Vec<&str> = std::iter::once(handle).chain(option_values.iter().map(AsRef::as_ref)).collect();
    let joined = parts.join("_");
    let plain = parts.iter().all(|part| !part.contains('_'));
    if plain && joined.chars().count() <= MAX_DERIVED_LENGTH {
        return joined.parse().ok();
    }
    // The unit separator cannot occur in a part, which makes the digest input unambiguous.
    let digest = secret::sha256_hex(parts.join("\u{1f}").as_bytes());
    let prefix: String = joined.chars().take(MAX_DERIVED_LENGTH - DIGEST_LENGTH - 1).collect();
    format!("{}_{}", prefix.trim_end(), digest.get(..DIGEST_LENGTH)?).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_derived_sku_is_readable() {
        assert_eq!(derived_sku("classic-tee", &["Red", "M"]).unwrap().as_str(), "classic-tee_Red_M");
        assert_eq!(derived_sku("mug", &[] as &[&str]).unwrap().as_str(), "mug");
    }

    #[test]
    fn different_parts_with_equal_joins_get_different_skus() {
        let one = derived_sku("tee", &["a_b", "c"]).unwrap();
        let other = derived_sku("tee", &["a", "b_c"]).unwrap();
        assert_ne!(one, other);
    }

    proptest! {
        #[test]
        fn derived_skus_are_valid_stable_and_unique(
            handle in "[a-z0-9_-]{1,80}",
            one in prop::collection::vec("[\\PC&&\\S]{1,60}", 0..3),
            other in prop::collection::vec("[\\PC&&\\S]{1,60}", 0..3),
        ) {
            let (Some(first), Some(second)) = (derived_sku(&handle, &one), derived_sku(&handle, &other)) else {
                return Ok(());
            };
            prop_assert!(first.as_str().chars().count() <= MAX_DERIVED_LENGTH);
            prop_assert_eq!(Some(first.clone()), derived_sku(&handle, &one));
            prop_assert_eq!(one == other, first == second);
        }
    }
}
