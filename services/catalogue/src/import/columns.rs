//! Recognises columns by their headings: of Shopify exports until 2024 and since, and of common apps.

use super::UnsupportedFile;
use super::formats;
use std::collections::HashSet;

/// The meaning of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(usize)]
pub enum Column {
    Handle,
    Title,
    Description,
    Vendor,
    Type,
    CustomType,
    StandardType,
    Category,
    Tags,
    Published,
    Status,
    GiftCard,
    Option1Name,
    Option1Value,
    Option2Name,
    Option2Value,
    Option3Name,
    Option3Value,
    Sku,
    Grams,
    Weight,
    WeightUnit,
    Tracker,
    Quantity,
    Policy,
    Price,
    CompareAt,
    Taxable,
    TaxCode,
    Barcode,
    Image,
    ImagePosition,
    ImageAlt,
    VariantImage,
    SeoTitle,
    SeoDescription,
    GoogleCategory,
    Cost,
    RequiresShipping,
    UnitContent,
    UnitContentUnit,
    UnitBase,
    UnitBaseUnit,
}

use Column as C;

/// The columns, each with its name in messages for files without it, and its accepted headings in lower case.
const NAMES: &[(Column, &str, &[&str])] = &[
    (C::Handle, "Handle", &["handle", "url handle"]),
    (C::Title, "Title", &["title"]),
    (C::Description, "Body (HTML)", &["body (html)", "body html", "description"]),
    (C::Vendor, "Vendor", &["vendor"]),
    (C::Type, "Type", &["type", "product type"]),
    (C::CustomType, "Custom Product Type", &["custom product type"]),
    (C::StandardType, "Standard Product Type", &["standard product type", "standardized product type"]),
    (C::Category, "Product Category", &["product category"]),
    (C::Tags, "Tags", &["tags"]),
    (C::Published, "Published", &["published", "published on online store"]),
    (C::Status, "Status", &["status"]),
    (C::GiftCard, "Gift Card", &["gift card"]),
    (C::Option1Name, "Option1 Name", &["option1 name"]),
    (C::Option1Value, "Option1 Value", &["option1 value"]),
    (C::Option2Name, "Option2 Name", &["option2 name"]),
    (C::Option2Value, "Option2 Value", &["option2 value"]),
    (C::Option3Name, "Option3 Name", &["option3 name"]),
    (C::Option3Value, "Option3 Value", &["option3 value"]),
    (C::Sku, "Variant SKU", &["variant sku", "sku"]),
    (C::Grams, "Variant Grams", &["variant grams", "weight value (grams)", "grams"]),
    (C::Weight, "Variant Weight", &["variant weight", "weight value", "weight"]),
    (C::WeightUnit, "Variant Weight Unit", &["variant weight unit", "weight unit for display", "weight unit"]),
    (C::Tracker, "Variant Inventory Tracker", &["variant inventory tracker", "inventory tracker"]),
    (
        C::Quantity,
        "Variant Inventory Qty",
        &["variant inventory qty", "inventory quantity", "variant inventory quantity"],
    ),
    (C::Policy, "Variant Inventory Policy", &["variant inventory policy", "continue selling when out of stock"]),
    (C::Price, "Variant Price", &["variant price", "price"]),
    (C::CompareAt, "Variant Compare At Price", &["variant compare at price", "compare-at price", "compare at price"]),
    (C::Taxable, "Variant Taxable", &["variant taxable", "charge tax"]),
    (C::TaxCode, "Variant Tax Code", &["variant tax code", "tax code"]),
    (C::Barcode, "Variant Barcode", &["variant barcode", "barcode"]),
    (C::Image, "Image Src", &["image src", "product image url", "image source", "image url"]),
    (C::ImagePosition, "Image Position", &["image position", "product image position"]),
    (C::ImageAlt, "Image Alt Text", &["image alt text", "product image alt text"]),
    (C::VariantImage, "Variant Image", &["variant image", "variant image url"]),
    (C::SeoTitle, "SEO Title", &["seo title"]),
    (C::SeoDescription, "SEO Description", &["seo description"]),
    (C::GoogleCategory, "Google Shopping / Google Product Category", &["google shopping / google product category"]),
    (C::Cost, "Cost per item", &["cost per item"]),
    (C::RequiresShipping, "Variant Requires Shipping", &["variant requires shipping", "requires shipping"]),
    (C::UnitContent, "Unit Price Total Measure", &["unit price total measure"]),
    (C::UnitContentUnit, "Unit Price Total Measure Unit", &["unit price total measure unit"]),
    (C::UnitBase, "Unit Price Base Measure", &["unit price base measure"]),
    (C::UnitBaseUnit, "Unit Price Base Measure Unit", &["unit price base measure unit"]),
];

impl Column {
    /// Returns the column of a field, given as its name in a variant or as the JSON pointer of a product field.
    pub fn of_field(field: &str) -> Option<Self> {
        Some(match field {
            "sku" => C::Sku,
            "price" => C::Price,
            "compare_at_price" => C::CompareAt,
            "option_values" => C::Option1Value,
            "image" => C::VariantImage,
            "cost" => C::Cost,
            "unit_measure" => C::UnitBaseUnit,
            "/tags" => C::Tags,
            "/images" => C::Image,
            "/options" => C::Option1Name,
            _ => return None,
        })
    }

    /// Returns the JSON pointer of the column's field in NDJSON.
    pub const fn pointer(self) -> &'static str {
        match self {
            C::Title => "/title",
            C::Option1Name => "/options",
            C::Tags => "/tags",
            C::Image => "/images",
            _ => "/variants",
        }
    }
}

/// The columns of a file.
#[derive(Debug, Clone)]
pub struct Columns {
    indexes: [Option<usize>; NAMES.len()],
    /// The positions of the columns of metafields, of which each heading counts once.
    metafields: Vec<usize>,
    headings: Vec<String>,
}

/// Removes what spreadsheets and templates change in a heading: byte order mark, case and spacing.
pub fn normalise(heading: &str) -> String {
    heading.trim_start_matches('\u{feff}').split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// Returns the positions of the headings that name a metafield. The first of several equal ones counts.
fn metafields(headings: &[String]) -> Vec<usize> {
    let mut seen = HashSet::new();
    let mut indexes = Vec::new();
    for (index, heading) in headings.iter().map(|heading| heading.trim()).enumerate() {
        if crate::product::is_metafield(heading) && seen.insert(heading) {
            indexes.push(index);
        }
    }
    indexes
}

impl Columns {
    /// Finds the columns by their headings. The first of several equal headings counts; unknown ones are not used.
    pub fn from_headings(headings: Vec<String>) -> Result<Self, UnsupportedFile> {
        let normalised: Vec<String> = headings.iter().map(|heading| normalise(heading)).collect();
        if normalised.iter().all(String::is_empty) {
            return Err(UnsupportedFile::Empty);
        }
        if let Some(format) = formats::of_other_tool(&normalised) {
            return Err(UnsupportedFile::Format(format));
        }
        let mut indexes = [None; NAMES.len()];
        for (index, heading) in normalised.iter().enumerate() {
            if let Some((column, ..)) = NAMES.iter().find(|(_, _, names)| names.contains(&heading.as_str())) {
                indexes[*column as usize].get_or_insert(index);
            }
        }
        let metafields = metafields(&headings);
        let columns = Self { indexes, metafields, headings };
        // Files of many tools have a title. Without a handle, a heading that only Shopify has must be there as well.
        let is_product_file = columns.has(C::Handle)
            || (columns.has(C::Title) && normalised.iter().any(|heading| formats::is_of_shopify(heading)));
        if is_product_file {
            return Ok(columns);
        }
        let first: Vec<&str> = columns.headings.iter().map(String::as_str).take(5).collect();
        Err(UnsupportedFile::Columns(first.join(", ")))
    }

    /// Returns the columns of rows that are converted from another format: the cells of a row are in the order of `names`,
    /// which are the headings that problems are reported with.
    pub fn converted(names: Vec<(Column, String)>) -> Self {
        let mut indexes = [None; NAMES.len()];
        for (index, (column, _)) in names.iter().enumerate() {
            indexes[*column as usize] = Some(index);
        }
        Self { indexes, metafields: Vec::new(), headings: names.into_iter().map(|(_, heading)| heading).collect() }
    }

    /// Returns the positions of the columns that an import does not use.
    pub fn unused(&self) -> Vec<usize> {
        let is_used = |index: &usize| self.indexes.contains(&Some(*index)) || self.metafields.contains(index);
        (0..self.headings.len()).filter(|index| !is_used(index)).collect()
    }

    /// Returns the positions of the columns of metafields.
    pub fn metafields(&self) -> &[usize] {
        &self.metafields
    }

    /// Returns true if the cell has the value that the column has for every product of this shop.
    pub fn is_default(&self, index: usize, cell: &[u8]) -> bool {
        let heading = self.headings.get(index).map(|heading| normalise(heading));
        let is_fulfilment = heading.is_some_and(|heading| heading.ends_with("fulfillment service"));
        is_fulfilment && cell == b"manual"
    }

    /// Returns the position of the column in the file's rows.
    pub const fn index(&self, column: Column) -> Option<usize> {
        self.indexes[column as usize]
    }

    pub const fn has(&self, column: Column) -> bool {
        self.index(column).is_some()
    }

    /// Returns the column's name as in the file, or its usual name if the file does not have it.
    pub fn name(&self, column: Column) -> &str {
        match self.index(column).and_then(|index| self.headings.get(index)) {
            Some(heading) => heading.trim().trim_start_matches('\u{feff}'),
            None => NAMES[column as usize].1,
        }
    }

    /// Returns the heading at this position of the header row.
    pub fn heading(&self, index: usize) -> &str {
        self.headings.get(index).map_or("", |heading| heading.trim())
    }

    pub const fn count(&self) -> usize {
        self.headings.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_the_order_of_the_columns() {
        for (index, (column, ..)) in NAMES.iter().enumerate() {
            assert_eq!(*column as usize, index);
        }
    }
}
