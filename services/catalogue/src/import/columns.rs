//! Which column is which, in Shopify's column set until 2024, in the one since, and in a few dialects of apps.

use super::ImportError;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
}

use Column as C;

/// The columns by what files call them, in lower case, with the name that messages use.
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
];

impl Column {
    /// The column with what a draft calls it.
    pub fn of_draft(part: &str) -> Option<Self> {
        Some(match part {
            "sku" => C::Sku,
            "price" => C::Price,
            "compare_at_price" => C::CompareAt,
            "option_values" => C::Option1Value,
            "image" => C::VariantImage,
            "/tags" => C::Tags,
            "/images" => C::Image,
            "/options" => C::Option1Name,
            _ => return None,
        })
    }

    /// Where an object of NDJSON has it.
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

/// Where the columns of a file are.
#[derive(Debug, Clone)]
pub struct Columns {
    places: [Option<usize>; NAMES.len()],
    headings: Vec<String>,
}

impl Columns {
    /// Reads the first row. Of two columns of one name the first counts; unknown ones are left alone.
    pub fn read(headings: Vec<String>) -> Result<Self, ImportError> {
        let mut places = [None; NAMES.len()];
        for (place, heading) in headings.iter().enumerate() {
            let plain =
                heading.trim_start_matches('\u{feff}').split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
            if let Some((column, ..)) = NAMES.iter().find(|(_, _, names)| names.contains(&plain.as_str())) {
                places[*column as usize].get_or_insert(place);
            }
        }
        let columns = Self { places, headings };
        if columns.has(C::Handle) || columns.has(C::Title) {
            return Ok(columns);
        }
        let found: Vec<&str> = columns.headings.iter().map(String::as_str).take(5).collect();
        Err(ImportError::NotProducts(format!(
            "This is not a product CSV: its first row names neither a column Handle nor a column Title, but {}.",
            found.join(", ")
        )))
    }

    /// Where the column is.
    pub const fn place(&self, column: Column) -> Option<usize> {
        self.places[column as usize]
    }

    /// Whether the file has the column.
    pub const fn has(&self, column: Column) -> bool {
        self.place(column).is_some()
    }

    /// How the file calls the column.
    pub fn name(&self, column: Column) -> &str {
        match self.place(column).and_then(|place| self.headings.get(place)) {
            Some(heading) => heading.trim().trim_start_matches('\u{feff}'),
            None => NAMES[column as usize].1,
        }
    }

    /// How the file calls the column at this place.
    pub fn heading(&self, place: usize) -> &str {
        self.headings.get(place).map_or("", |heading| heading.trim())
    }

    /// How many columns there are.
    pub const fn count(&self) -> usize {
        self.headings.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_the_order_of_the_columns() {
        for (place, (column, ..)) in NAMES.iter().enumerate() {
            assert_eq!(*column as usize, place);
        }
    }
}
