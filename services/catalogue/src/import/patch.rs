//! What a file says of one product: everything that is `None` it says nothing of, and what is kept stays.

use super::columns::{Column, Columns};
use super::{Issue, Severity};
use chassis::secret;
use contracts::catalogue::{Oversell, ImageDraft, ProductOption, ProductStatus};
use contracts::{SingleLineText, MultilineText, Sku};
use std::sync::Arc;

/// What a file says of one product.
#[derive(Debug, Clone, Default)]
pub struct Patch {
    /// Its handle.
    pub handle: String,
    /// The line of its first row.
    pub line: u64,
    /// The columns of the file, if it has such.
    pub columns: Option<Arc<Columns>>,
    /// Its title.
    pub title: Option<SingleLineText<255>>,
    /// Its description, as it was written.
    pub description: Option<MultilineText<65535>>,
    /// Who makes it.
    pub vendor: Option<MultilineText<255>>,
    /// Its category; `Some(None)` for none.
    pub category: Option<Option<CategoryName>>,
    /// Its tags.
    pub tags: Option<Vec<SingleLineText<255>>>,
    /// Whether it is for sale.
    pub status: Option<ProductStatus>,
    /// How it is taxed.
    pub tax_class: Option<SingleLineText<60>>,
    /// The names of its options. Rows that come later may have values without names: they are those of the rows above.
    pub options: Option<Vec<SingleLineText<60>>>,
    /// Whether the variants have option values.
    pub has_values: bool,
    /// The options with all their values, where the file has them in an order of its own.
    pub option_values: Option<Vec<ProductOption>>,
    /// Its variants.
    pub variants: Option<Vec<VariantPatch>>,
    /// Its pictures.
    pub images: Option<Vec<ImageDraft>>,
    /// Rows that could not be read, so that a variant may be missing.
    pub faulty_rows: u64,
    /// Whether nothing of it can be taken.
    pub refused: bool,
    /// Variants that are not counted.
    pub untracked: u64,
}

/// What a file says of one variant.
#[derive(Debug, Clone, Default)]
pub struct VariantPatch {
    /// The line of its row.
    pub line: u64,
    /// Its SKU.
    pub sku: Option<Sku>,
    /// Its option values.
    pub option_values: Vec<SingleLineText<120>>,
    /// Its price.
    pub price: Option<i64>,
    /// The price before a reduction.
    pub compare_at_price: Option<Option<i64>>,
    /// Its weight.
    pub weight_grams: Option<u32>,
    /// What happens when it is sold out.
    pub oversell: Option<Oversell>,
    /// Its barcode.
    pub barcode: Option<Option<SingleLineText<64>>>,
    /// The address of its picture.
    pub image: Option<Option<String>>,
    /// How many there are.
    pub stock: Option<u32>,
}

/// How a file names a category.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CategoryName {
    /// By its name.
    Name(SingleLineText<120>),
    /// By its handle, perhaps with its name.
    Handle(SingleLineText<120>, Option<SingleLineText<120>>),
}

impl Patch {
    /// How the file calls the column.
    pub fn column(&self, column: Column) -> &str {
        match &self.columns {
            Some(columns) => columns.name(column),
            None => column.pointer(),
        }
    }

    /// An issue with one row of this product.
    pub fn issue(&self, line: u64, column: &str, severity: Severity, reason: impl Into<String>) -> Issue {
        Issue { line, column: column.to_owned(), handle: Some(self.handle.clone()), severity, reason: reason.into() }
    }

    /// A fault in one row of this product.
    pub fn fault(&self, line: u64, column: &str, reason: impl Into<String>) -> Issue {
        self.issue(line, column, Severity::Error, reason)
    }
}

const SKU_CHARACTERS: usize = 64;
const DIGEST_CHARACTERS: usize = 12;

/// The SKU of a variant that came without one: the handle and the option values, joined by `_`. It is the same in every
/// import. When that would be longer than 64 characters, or a part has a `_` itself, it is cut and ends in twelve digits
/// of the SHA-256 of all parts, so that two variants never share one.
pub fn derived_sku(handle: &str, option_values: &[impl AsRef<str>]) -> Option<Sku> {
    let parts: Vec<&str> = std::iter::once(handle).chain(option_values.iter().map(AsRef::as_ref)).collect();
    let joined = parts.join("_");
    let plain = parts.iter().all(|part| !part.contains('_'));
    if plain && joined.chars().count() <= SKU_CHARACTERS {
        return joined.parse().ok();
    }
    let digest = secret::sha256_hex(parts.join("\u{1f}").as_bytes());
    let beginning: String = joined.chars().take(SKU_CHARACTERS - DIGEST_CHARACTERS - 1).collect();
    format!("{}_{}", beginning.trim_end(), digest.get(..DIGEST_CHARACTERS)?).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_derived_sku_reads_like_the_product() {
        assert_eq!(derived_sku("classic-tee", &["Red", "M"]).unwrap().as_str(), "classic-tee_Red_M");
        assert_eq!(derived_sku("mug", &[] as &[&str]).unwrap().as_str(), "mug");
    }

    #[test]
    fn parts_that_would_join_alike_get_different_skus() {
        let one = derived_sku("tee", &["a_b", "c"]).unwrap();
        let other = derived_sku("tee", &["a", "b_c"]).unwrap();
        assert_ne!(one, other);
    }

    proptest! {
        #[test]
        fn derived_skus_are_valid_lasting_and_differ(
            handle in "[a-z0-9_-]{1,80}",
            one in prop::collection::vec("[\\PC&&\\S]{1,60}", 0..3),
            other in prop::collection::vec("[\\PC&&\\S]{1,60}", 0..3),
        ) {
            let (Some(first), Some(second)) = (derived_sku(&handle, &one), derived_sku(&handle, &other)) else {
                return Ok(());
            };
            prop_assert!(first.as_str().chars().count() <= 64);
            prop_assert_eq!(Some(first.clone()), derived_sku(&handle, &one));
            prop_assert_eq!(one == other, first == second);
        }
    }
}
