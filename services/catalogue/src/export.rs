//! Products into files that import back to the same catalogue: Shopify's product CSV, or NDJSON.
//!
//! What a CSV cannot hold: a comma in a tag (it separates tags), option values that no variant has, two pictures with one
//! address, and the handle of a category that is not made of its name. NDJSON holds all of it.

use crate::catalogue::{Catalogue, STANDARD};
use crate::import::{EXEMPT, Format, decimal_of};
use crate::product::{Product, Variant};
use crate::stock::Level;
use chassis::{Problem, StoreError};
use contracts::Sku;
use contracts::catalogue::{Oversell, ProductStatus};
use serde_json::json;
use std::collections::HashMap;
use tokio::io::{AsyncWrite, AsyncWriteExt};

/// The columns, as Shopify's exports had them until 2024; its importer still takes them.
const COLUMNS: [&str; 31] = [
    "Handle",
    "Title",
    "Body (HTML)",
    "Vendor",
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
    "Variant Taxable",
    "Variant Barcode",
    "Image Src",
    "Image Position",
    "Image Alt Text",
    "Gift Card",
    "Variant Image",
    "Variant Weight Unit",
    "Variant Tax Code",
    "Status",
];
/// How many products are read at once.
const PAGE: usize = 100;

/// How to export.
#[derive(Debug, Clone, Default)]
pub struct ExportSettings {
    /// Where the shop is on the web, such as `https://shop.example`: put before the addresses of the shop's own pictures,
    /// so that another shop can fetch them. Without it the file imports to this shop, or one with the same pictures.
    pub public_address: Option<String>,
}

/// What an export wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Exported {
    /// Products.
    pub products: u64,
    /// Rows of the CSV without the header, or lines of the NDJSON.
    pub rows: u64,
    /// Bytes.
    pub bytes: u64,
}

/// Why an export ended early.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// A store failed.
    #[error("{0}")]
    Store(#[from] Problem),
    /// The file cannot be written.
    #[error("cannot write: {0}")]
    Write(#[from] std::io::Error),
}

impl From<StoreError> for ExportError {
    fn from(error: StoreError) -> Self {
        Self::Store(error.into())
    }
}

/// Exports all products, in the order of their ids, page by page; `progress` is told after each page.
///
/// # Errors
/// When a store fails or `out` cannot be written.
pub async fn run(
    catalogue: &Catalogue,
    format: Format,
    settings: &ExportSettings,
    out: &mut (dyn AsyncWrite + Send + Unpin),
    progress: &mut (dyn FnMut(Exported) + Send),
) -> Result<Exported, ExportError> {
    let exponent = catalogue.shop().await?.currency.exponent();
    let mut exported = Exported::default();
    if format == Format::Csv {
        exported.bytes += send(out, &csv_rows([COLUMNS.map(ToOwned::to_owned)])?).await?;
    }
    let mut after = None;
    loop {
        let products = catalogue.products.after(after, PAGE).await?;
        let Some(last) = products.last() else { break };
        after = Some(last.id);
        let skus: Vec<Sku> = products.iter().flat_map(|product| product.skus().cloned()).collect();
        let page = Page {
            levels: catalogue.stock.levels(&skus).await?,
            categories: catalogue.products.categories().await?.into_iter().map(|one| (one.handle, one.name)).collect(),
            settings,
            exponent,
        };
        exported.products += products.len() as u64;
        let text = match format {
            Format::Csv => {
                let rows: Vec<_> = products.iter().flat_map(|product| page.rows(product)).collect();
                exported.rows += rows.len() as u64;
                csv_rows(rows)?
            }
            Format::Ndjson => {
                exported.rows += products.len() as u64;
                let mut text = Vec::new();
                for product in &products {
                    serde_json::to_writer(&mut text, &page.object(product)).map_err(std::io::Error::from)?;
                    text.push(b'\n');
                }
                text
            }
        };
        exported.bytes += send(out, &text).await?;
        progress(exported);
    }
    out.flush().await?;
    Ok(exported)
}

async fn send(out: &mut (dyn AsyncWrite + Send + Unpin), text: &[u8]) -> std::io::Result<u64> {
    out.write_all(text).await?;
    Ok(text.len() as u64)
}

type Row = [String; COLUMNS.len()];

fn csv_rows(rows: impl IntoIterator<Item = Row>) -> Result<Vec<u8>, ExportError> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        writer.write_record(&row).map_err(std::io::Error::from)?;
    }
    writer.into_inner().map_err(|error| ExportError::Write(error.into_error()))
}

/// Puts a cell into the column of this name.
fn set(row: &mut Row, column: &str, cell: impl Into<String>) {
    if let Some(place) = COLUMNS.iter().position(|name| *name == column) {
        row[place] = cell.into();
    }
}

/// What the products of a page have around them.
struct Page<'p> {
    levels: HashMap<Sku, Level>,
    categories: HashMap<String, String>,
    settings: &'p ExportSettings,
    exponent: u32,
}

impl Page<'_> {
    /// As many rows as there are variants or pictures: what is the product's stands in the first, the n-th variant and
    /// the n-th picture share the n-th.
    fn rows(&self, product: &Product) -> Vec<Row> {
        let count = product.variants.len().max(product.images.len());
        let mut rows: Vec<Row> = vec![Row::default(); count];
        if let Some(row) = rows.first_mut() {
            self.describe(product, row);
        }
        for (row, variant) in rows.iter_mut().zip(&product.variants) {
            self.variant(product, variant, row);
        }
        for (index, (row, image)) in rows.iter_mut().zip(&product.images).enumerate() {
            set(row, "Image Src", self.address(&image.url));
            set(row, "Image Position", (index + 1).to_string());
            set(row, "Image Alt Text", &image.alt);
        }
        for row in &mut rows {
            set(row, "Handle", &product.handle);
        }
        rows
    }

    fn describe(&self, product: &Product, row: &mut Row) {
        let active = product.status == ProductStatus::Active;
        set(row, "Title", &product.title);
        set(row, "Body (HTML)", &product.description_html);
        set(row, "Vendor", &product.vendor);
        set(row, "Type", product.category.as_ref().map_or("", |handle| self.category(handle)));
        set(row, "Tags", product.tags.join(", "));
        set(row, "Published", if active { "TRUE" } else { "FALSE" });
        set(row, "Gift Card", "FALSE");
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
        if product.options.is_empty() {
            set(row, "Option1 Name", "Title");
        }
    }

    fn variant(&self, product: &Product, variant: &Variant, row: &mut Row) {
        for (index, value) in variant.option_values.iter().enumerate() {
            set(row, &format!("Option{} Value", index + 1), value);
        }
        if variant.option_values.is_empty() {
            set(row, "Option1 Value", "Default Title");
        }
        set(row, "Variant SKU", variant.sku.as_str());
        set(row, "Variant Grams", variant.weight_grams.to_string());
        set(row, "Variant Weight Unit", "g");
        set(row, "Variant Inventory Tracker", "shopify");
        set(row, "Variant Inventory Qty", self.on_hand(variant).to_string());
        set(
            row,
            "Variant Inventory Policy",
            match variant.oversell {
                Oversell::Deny => "deny",
                Oversell::Continue => "continue",
            },
        );
        set(row, "Variant Fulfillment Service", "manual");
        set(row, "Variant Price", decimal_of(variant.price, self.exponent));
        let compare_at = variant.compare_at_price.map(|price| decimal_of(price, self.exponent));
        set(row, "Variant Compare At Price", compare_at.unwrap_or_default());
        set(row, "Variant Taxable", if product.tax_class == EXEMPT { "FALSE" } else { "TRUE" });
        if product.tax_class != EXEMPT && product.tax_class != STANDARD {
            set(row, "Variant Tax Code", &product.tax_class);
        }
        set(row, "Variant Barcode", variant.barcode.as_deref().unwrap_or_default());
        let image = variant.image.and_then(|place| product.images.get(place as usize));
        set(row, "Variant Image", image.map(|image| self.address(&image.url)).unwrap_or_default());
    }

    /// A line of NDJSON: what the API takes, with the handle and the category's name.
    fn object(&self, product: &Product) -> serde_json::Value {
        let images: Vec<_> = product
            .images
            .iter()
            .map(|image| json!({"url": self.address(&image.url), "alt": image.alt}))
            .collect();
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
                    "stock": self.on_hand(variant),
                })
            })
            .collect();
        json!({
            "handle": product.handle,
            "title": product.title,
            "description_html": product.description_html,
            "vendor": product.vendor,
            "category": product.category,
            "category_name": product.category.as_ref().map(|handle| self.category(handle)),
            "tags": product.tags,
            "status": product.status,
            "tax_class": product.tax_class,
            "options": product.options,
            "variants": variants,
            "images": images,
        })
    }

    fn category<'c>(&'c self, handle: &'c str) -> &'c str {
        self.categories.get(handle).map_or(handle, String::as_str)
    }

    fn on_hand(&self, variant: &Variant) -> i64 {
        self.levels.get(&variant.sku).map_or(0, |level| level.on_hand)
    }

    fn address(&self, url: &str) -> String {
        match &self.settings.public_address {
            Some(shop) if url.starts_with("/media/") => format!("{}{url}", shop.trim_end_matches('/')),
            _ => url.to_owned(),
        }
    }
}
