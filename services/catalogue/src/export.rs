//! Exports products to files that import to the same catalogue: Shopify's product CSV, or NDJSON.
//!
//! A CSV cannot represent a comma in a tag (it separates tags), option values that no variant has, two images with one
//! URL, the handle of a category that is not derived from its name, and a standard category without a category of the
//! shop. NDJSON represents all of them.

use crate::catalogue::Catalogue;
use crate::import::{EXEMPT_TAX_CLASS, Format, format_decimal, guarded};
use crate::product::{Product, STANDARD_TAX_CLASS, Variant};
use crate::stock::StockLevel;
use chassis::{Problem, StoreError};
use contracts::Sku;
use contracts::catalogue::{Oversell, ProductStatus, UnitMeasure};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use tokio::io::{AsyncWrite, AsyncWriteExt};

/// The columns of Shopify's exports until 2024, which its importer still accepts, like those of other shops.
const COLUMNS: [&str; 41] = [
    "Handle",
    "Title",
    "Body (HTML)",
    "Vendor",
    "Product Category",
    "Type",
    "Tags",
    "Published",
    "Option1 Name",
    "Option1 Value",
    "Option2 Name",
    "Option2 Value",
    "Option3 Name",
    "Option3 Value",
    "Variant SKU",
    "Variant Grams",
    "Variant Inventory Tracker",
    "Variant Inventory Qty",
    "Variant Inventory Policy",
    "Variant Fulfillment Service",
    "Variant Price",
    "Variant Compare At Price",
    "Variant Requires Shipping",
    "Variant Taxable",
    "Unit Price Total Measure",
    "Unit Price Total Measure Unit",
    "Unit Price Base Measure",
    "Unit Price Base Measure Unit",
    "Variant Barcode",
    "Image Src",
    "Image Position",
    "Image Alt Text",
    "Gift Card",
    "SEO Title",
    "SEO Description",
    "Google Shopping / Google Product Category",
    "Variant Image",
    "Variant Weight Unit",
    "Variant Tax Code",
    "Cost per item",
    "Status",
];
const PAGE_SIZE: usize = 100;

/// The options of an export.
#[derive(Debug, Clone, Default)]
pub struct ExportSettings {
    /// The shop's public URL, such as `https://shop.example`. The URLs of the shop's own images start with it, so that
    /// another shop can fetch them. Without it the file imports only to a shop that has the images.
    pub public_url: Option<String>,
}

/// The amount of data that was exported so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ExportCounts {
    pub products: u64,
    /// The number of rows of the CSV without the header, or of lines of the NDJSON.
    pub rows: u64,
    pub bytes: u64,
}

/// An export that ended early.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    #[error(transparent)]
    Store(#[from] Problem),
    #[error("cannot write the export: {0}")]
    Write(#[from] std::io::Error),
}

impl From<StoreError> for ExportError {
    fn from(error: StoreError) -> Self {
        Self::Store(error.into())
    }
}

/// Exports all products in the order of their ids, and calls `progress` after each page.
///
/// # Errors
/// When a store fails or `out` cannot be written.
pub async fn run(
    catalogue: &Catalogue,
    format: Format,
    settings: &ExportSettings,
    out: &mut (dyn AsyncWrite + Send + Unpin),
    progress: &mut (dyn FnMut(ExportCounts) + Send),
) -> Result<ExportCounts, ExportError> {
    let exponent = catalogue.shop().await?.currency.exponent();
    let mut counts = ExportCounts::default();
    let mut headings: Vec<String> = COLUMNS.map(ToOwned::to_owned).to_vec();
    if format == Format::Csv {
        headings.extend(metafields(catalogue).await?);
        counts.bytes += send(out, &csv_rows([headings.clone()])?).await?;
    }
    let mut after = None;
    loop {
        let products = catalogue.products.page_after(after, PAGE_SIZE).await?;
        let Some(last) = products.last() else { break };
        after = Some(last.id);
        let skus: Vec<Sku> = products.iter().flat_map(|product| product.skus().cloned()).collect();
        // Read again for each page, since categories may be added during a long export.
        let categories = catalogue.products.categories().await?;
        let page = Page {
            levels: catalogue.stock.levels(&skus).await?,
            categories: categories.into_iter().map(|category| (category.handle, category.name)).collect(),
            settings,
            exponent,
            headings: &headings,
        };
        counts.products += products.len() as u64;
        let text = match format {
            Format::Csv => {
                let rows: Vec<_> = products.iter().flat_map(|product| page.rows(product)).collect();
                counts.rows += rows.len() as u64;
                csv_rows(rows)?
            }
            Format::Ndjson => {
                counts.rows += products.len() as u64;
                let mut text = Vec::new();
                for product in &products {
                    serde_json::to_writer(&mut text, &page.ndjson_object(product)).map_err(std::io::Error::from)?;
                    text.push(b'\n');
                }
                text
            }
        };
        counts.bytes += send(out, &text).await?;
        progress(counts);
    }
    // A buffered writer reports a full disk here at the latest.
    out.flush().await?;
    Ok(counts)
}

/// Returns the headings of all metafields, which must be known before the first row is written.
async fn metafields(catalogue: &Catalogue) -> Result<BTreeSet<String>, StoreError> {
    let mut names = BTreeSet::new();
    let mut after = None;
    loop {
        let products = catalogue.products.page_after(after, PAGE_SIZE).await?;
        let Some(last) = products.last() else { return Ok(names) };
        after = Some(last.id);
        for product in products {
            names.extend(product.typed_metafields().to_metafields().into_iter().map(|(heading, _)| heading));
            names.extend(product.metafields.into_iter().map(|field| field.name));
        }
    }
}

async fn send(out: &mut (dyn AsyncWrite + Send + Unpin), text: &[u8]) -> std::io::Result<u64> {
    out.write_all(text).await?;
    Ok(text.len() as u64)
}

type Row = Vec<String>;

fn csv_rows(rows: impl IntoIterator<Item = Row>) -> Result<Vec<u8>, ExportError> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        writer.write_record(&row).map_err(std::io::Error::from)?;
    }
    writer.into_inner().map_err(|error| ExportError::Write(error.into_error()))
}

fn set(row: &mut Row, column: &str, cell: impl Into<String>) {
    if let Some(cell_of_row) = COLUMNS.iter().position(|name| *name == column).and_then(|index| row.get_mut(index)) {
        *cell_of_row = guarded(cell.into());
    }
}

/// The data that the rows of one page need besides its products.
struct Page<'p> {
    levels: HashMap<Sku, StockLevel>,
    categories: HashMap<String, String>,
    settings: &'p ExportSettings,
    exponent: u32,
    /// The headings of the CSV: [`COLUMNS`], then those of metafields.
    headings: &'p [String],
}

impl Page<'_> {
    /// Returns the rows of a product, as many as it has variants or images, whichever is more.
    ///
    /// The first row has the product's own cells; row n has the n-th variant and the n-th image.
    fn rows(&self, product: &Product) -> Vec<Row> {
        let count = product.variants.len().max(product.images.len());
        let mut rows: Vec<Row> = vec![vec![String::new(); self.headings.len()]; count];
        if let Some(row) = rows.first_mut() {
            self.product_cells(product, row);
        }
        for (row, variant) in rows.iter_mut().zip(&product.variants) {
            self.variant_cells(product, variant, row);
        }
        for (index, (row, image)) in rows.iter_mut().zip(&product.images).enumerate() {
            set(row, "Image Src", self.image_url(&image.url));
            set(row, "Image Position", (index + 1).to_string());
            set(row, "Image Alt Text", &image.alt);
        }
        // The handle in every row is what keeps the rows of a product together.
        for row in &mut rows {
            set(row, "Handle", &product.handle);
        }
        rows
    }

    fn product_cells(&self, product: &Product, row: &mut Row) {
        let active = product.status == ProductStatus::Active;
        set(row, "Title", &product.title);
        set(row, "Body (HTML)", &product.description_html);
        set(row, "Vendor", &product.vendor);
        set(row, "Product Category", product.standard_category.as_deref().unwrap_or_default());
        set(row, "Type", product.category.as_ref().map_or("", |handle| self.category_name(handle)));
        set(row, "Tags", product.tags.join(", "));
        set(row, "Published", if active { "TRUE" } else { "FALSE" });
        set(row, "Gift Card", "FALSE");
        set(row, "SEO Title", product.seo_title.as_deref().unwrap_or_default());
        set(row, "SEO Description", &product.seo_description);
        let google_category = product.google_category.as_deref().unwrap_or_default();
        set(row, "Google Shopping / Google Product Category", google_category);
        let mut set_metafield = |name: &str, value: &str| {
            let index = self.headings.iter().position(|heading| heading == name);
            if let Some(cell) = index.and_then(|index| row.get_mut(index)) {
                *cell = guarded(value.to_owned());
            }
        };
        for (heading, text) in product.typed_metafields().to_metafields() {
            set_metafield(&heading, &text);
        }
        for field in &product.metafields {
            set_metafield(&field.name, &field.value);
        }
        set(
            row,
            "Status",
            match product.status {
                ProductStatus::Active => "active",
                ProductStatus::Draft => "draft",
                ProductStatus::Archived => "archived",
            },
        );
        for (index, option) in product.options.iter().enumerate() {
            set(row, &format!("Option{} Name", index + 1), option.name.as_str());
        }
        // Shopify's convention for a product without options, together with the value `Default Title`.
        if product.options.is_empty() {
            set(row, "Option1 Name", "Title");
        }
    }

    fn variant_cells(&self, product: &Product, variant: &Variant, row: &mut Row) {
        for (index, value) in variant.option_values.iter().enumerate() {
            set(row, &format!("Option{} Value", index + 1), value);
        }
        if variant.option_values.is_empty() {
            set(row, "Option1 Value", "Default Title");
        }
        set(row, "Variant SKU", variant.sku.as_str());
        set(row, "Variant Grams", variant.weight_grams.to_string());
        set(row, "Variant Weight Unit", "g");
        // No tracker means that the variant is not counted.
        let tracker = if variant.oversell == Oversell::Untracked { "" } else { "shopify" };
        set(row, "Variant Inventory Tracker", tracker);
        if variant.oversell != Oversell::Untracked {
            set(row, "Variant Inventory Qty", self.on_hand(variant).to_string());
        }
        set(
            row,
            "Variant Inventory Policy",
            match variant.oversell {
                Oversell::Deny => "deny",
                Oversell::Continue | Oversell::Untracked => "continue",
            },
        );
        set(row, "Variant Fulfillment Service", "manual");
        set(row, "Variant Price", format_decimal(variant.price, self.exponent));
        let compare_at = variant.compare_at_price.map(|price| format_decimal(price, self.exponent));
        set(row, "Variant Compare At Price", compare_at.unwrap_or_default());
        set(row, "Variant Requires Shipping", if variant.is_digital { "FALSE" } else { "TRUE" });
        if let Some(UnitMeasure { content, per }) = variant.unit_measure {
            set(row, "Unit Price Total Measure", content.amount());
            set(row, "Unit Price Total Measure Unit", content.unit());
            set(row, "Unit Price Base Measure", per.amount());
            set(row, "Unit Price Base Measure Unit", per.unit());
        }
        set(row, "Cost per item", variant.cost.map(|cost| format_decimal(cost, self.exponent)).unwrap_or_default());
        set(row, "Variant Taxable", if product.tax_class == EXEMPT_TAX_CLASS { "FALSE" } else { "TRUE" });
        // The two usual classes are expressed by `Variant Taxable` alone, as Shopify does.
        if product.tax_class != EXEMPT_TAX_CLASS && product.tax_class != STANDARD_TAX_CLASS {
            set(row, "Variant Tax Code", &product.tax_class);
        }
        set(row, "Variant Barcode", variant.barcode.as_deref().unwrap_or_default());
        let image = variant.image.and_then(|index| product.images.get(index as usize));
        set(row, "Variant Image", image.map(|image| self.image_url(&image.url)).unwrap_or_default());
    }

    /// Returns a line of NDJSON: a product as in the API, with its handle and the category's name.
    fn ndjson_object(&self, product: &Product) -> serde_json::Value {
        let images: Vec<_> =
            product.images.iter().map(|image| json!({"url": self.image_url(&image.url), "alt": image.alt})).collect();
        let variants: Vec<_> = product
            .variants
            .iter()
            .map(|variant| {
                json!({
                    "sku": variant.sku,
                    "option_values": variant.option_values,
                    "price": variant.price,
                    "compare_at_price": variant.compare_at_price,
                    "weight_grams": variant.weight_grams,
                    "oversell": variant.oversell,
                    "barcode": variant.barcode,
                    "image": variant.image,
                    "cost": variant.cost,
                    "requires_shipping": !variant.is_digital,
                    "unit_measure": variant.unit_measure,
                    "stock": (variant.oversell != Oversell::Untracked).then(|| self.on_hand(variant)),
                })
            })
            .collect();
        let metafields: BTreeMap<&str, &str> =
            product.metafields.iter().map(|field| (field.name.as_str(), field.value.as_str())).collect();
        json!({
            "handle": product.handle,
            "title": product.title,
            "description_html": product.description_html,
            "vendor": product.vendor,
            "category": product.category,
            "category_name": product.category.as_ref().map(|handle| self.category_name(handle)),
            "tags": product.tags,
            "status": product.status,
            "tax_class": product.tax_class,
            "options": product.options,
            "variants": variants,
            "images": images,
            "seo_title": product.seo_title,
            "seo_description": product.seo_description,
            "standard_category": product.standard_category,
            "google_category": product.google_category,
            "withdrawal_exception": product.withdrawal_exception,
            "safety": product.safety,
            "metafields": metafields,
            "translations": product.typed_metafields().translations,
        })
    }

    fn category_name<'c>(&'c self, handle: &'c str) -> &'c str {
        self.categories.get(handle).map_or(handle, String::as_str)
    }

    fn on_hand(&self, variant: &Variant) -> i64 {
        self.levels.get(&variant.sku).map_or(0, |level| level.on_hand)
    }

    fn image_url(&self, url: &str) -> String {
        match &self.settings.public_url {
            Some(shop_url) if url.starts_with("/media/") => format!("{}{url}", shop_url.trim_end_matches('/')),
            _ => url.to_owned(),
        }
    }
}
