//! Parses the rows of one handle into the patch of a product.

mod variants;

use super::cells::{self, CellError};
use super::columns::{Column, Columns};
use super::patch::{CategoryName, ProductPatch};
use super::{EXEMPT_TAX_CLASS, ImportIssue, IssueSeverity};
use contracts::catalogue::{ImageDraft, ProductStatus};
use contracts::{MultilineText, SingleLineText};
use csv::StringRecord;
use std::collections::HashSet;
use std::fmt::Display;
use std::str::FromStr;
use std::sync::Arc;

const OPTIONS: [(Column, Column); 3] = [
    (Column::Option1Name, Column::Option1Value),
    (Column::Option2Name, Column::Option2Value),
    (Column::Option3Name, Column::Option3Value),
];
/// The columns that make a row describe a variant. Others, such as the weight, may be set in rows for images too.
const VARIANT_COLUMNS: [Column; 7] = [
    Column::Option1Value,
    Column::Option2Value,
    Column::Option3Value,
    Column::Sku,
    Column::Price,
    Column::Barcode,
    Column::Quantity,
];

/// A row in valid UTF-8.
pub struct Row {
    /// The line where the row begins.
    pub line: u64,
    pub cells: StringRecord,
}

/// Parses the rows of one product.
struct RowParser<'f> {
    columns: &'f Columns,
    rows: &'f [Row],
    exponent: u32,
    patch: ProductPatch,
    issues: Vec<ImportIssue>,
}

/// Parses the rows of a product and returns its patch with the issues found in them.
pub fn parse_rows(
    handle: String,
    columns: &Arc<Columns>,
    rows: &[Row],
    exponent: u32,
) -> (ProductPatch, Vec<ImportIssue>) {
    let line = rows.first().map_or(0, |row| row.line);
    let patch = ProductPatch { handle, line, columns: Some(Arc::clone(columns)), ..ProductPatch::default() };
    let mut parser = RowParser { columns, rows, exponent, patch, issues: Vec::new() };
    parser.product();
    // Variants need the option names to know which values are required.
    parser.options();
    parser.images();
    parser.variants();
    (parser.patch, parser.issues)
}

impl<'f> RowParser<'f> {
    /// Returns the trimmed cell; empty if the file or the row does not have it.
    fn cell(&self, row: &'f Row, column: Column) -> &'f str {
        let cell = self.columns.index(column).and_then(|index| row.cells.get(index));
        cell.map_or("", |cell| cells::unguarded(cell.trim()))
    }

    /// Returns the first cell of the column that is not empty, with its line.
    fn first(&self, column: Column) -> Option<(u64, &'f str)> {
        self.rows.iter().map(|row| (row.line, self.cell(row, column))).find(|(_, cell)| !cell.is_empty())
    }

    fn error(&mut self, line: u64, column: Column, reason: impl Display) {
        let issue = self.patch.column_error(line, column, reason);
        self.issues.push(issue);
    }

    /// Reports an error that makes the whole product unusable.
    fn reject(&mut self, line: u64, column: Column, reason: impl Display) {
        self.error(line, column, reason);
        self.patch.rejected = true;
    }

    fn warning(&mut self, line: u64, column: Column, reason: impl Display) {
        let issue = self.patch.issue(line, self.columns.name(column), IssueSeverity::Warning, reason);
        self.issues.push(issue);
    }

    /// Parses a cell that concerns the whole product. An invalid cell rejects the product.
    fn product_cell<T: FromStr<Err: Display>>(&mut self, column: Column) -> Option<T> {
        let (line, cell) = self.first(column)?;
        match cell.parse() {
            Ok(value) => Some(value),
            Err(error) => {
                self.reject(line, column, error);
                None
            }
        }
    }

    /// Parses a text that may be empty; `None` only if the file does not have the column.
    fn product_text<const MAX: usize>(&mut self, column: Column) -> Option<MultilineText<MAX>> {
        if !self.columns.has(column) {
            return None;
        }
        self.product_cell(column).or_else(|| Some(MultilineText::default()))
    }

    /// Parses a line that may be missing; `None` only if the file does not have the column.
    fn product_line<const MAX: usize>(&mut self, column: Column) -> Option<Option<SingleLineText<MAX>>> {
        self.columns.has(column).then(|| self.product_cell(column))
    }

    fn metafields(&mut self) {
        for index in self.columns.metafields() {
            let heading = self.columns.heading(*index);
            let cell = |row: &'f Row| cells::unguarded(row.cells.get(*index).unwrap_or_default().trim());
            let found = self.rows.iter().map(|row| (row.line, cell(row))).find(|(_, cell)| !cell.is_empty());
            let (line, cell) = found.unwrap_or((self.patch.line, ""));
            match (heading.parse(), cell.parse()) {
                (Ok(name), Ok(value)) => {
                    self.patch.metafields.insert(name, value);
                }
                (Err(error), _) | (_, Err(error)) => {
                    let issue = self.patch.error(line, heading, error);
                    self.issues.push(issue);
                    self.patch.rejected = true;
                }
            }
        }
    }

    /// Parses a flag of the whole product. An invalid flag rejects the product and counts as false.
    fn product_flag(&mut self, column: Column, default: bool) -> bool {
        let Some((line, cell)) = self.first(column) else { return default };
        match cells::flag(cell) {
            Ok(flag) => flag,
            Err(error) => {
                self.reject(line, column, error);
                false
            }
        }
    }

    fn product(&mut self) {
        self.patch.title = self.product_cell(Column::Title);
        self.patch.description = self.product_text(Column::Description);
        self.patch.vendor = self.product_text(Column::Vendor);
        self.tags();
        self.category();
        self.status();
        self.tax_class();
        self.patch.seo_title = self.product_line(Column::SeoTitle);
        self.patch.seo_description = self.product_text(Column::SeoDescription);
        self.patch.standard_category = self.product_line(Column::Category);
        self.patch.google_category = self.product_line(Column::GoogleCategory);
        self.metafields();
        if let Some((line, cell)) = self.first(Column::GiftCard)
            && cells::flag(cell) == Ok(true)
        {
            self.reject(line, Column::GiftCard, "skipped: gift cards are not supported");
        }
    }

    fn tags(&mut self) {
        if !self.columns.has(Column::Tags) {
            return;
        }
        let (line, cell) = self.first(Column::Tags).unwrap_or((self.patch.line, ""));
        let mut tags = Vec::new();
        for tag in cell.split(',').map(str::trim).filter(|tag| !tag.is_empty()) {
            match tag.parse() {
                Ok(tag) => tags.push(tag),
                Err(error) => self.reject(line, Column::Tags, format!("each tag {error}")),
            }
        }
        self.patch.tags = Some(tags);
    }

    /// Prefers the merchant's own product type to the last level of Shopify's taxonomy, as in `Apparel > Shoes > Boots`.
    fn category(&mut self) {
        let columns = [Column::Type, Column::CustomType, Column::StandardType, Column::Category];
        if !columns.iter().any(|column| self.columns.has(*column)) {
            return;
        }
        self.patch.category = Some(None);
        let Some((column, (line, cell))) = columns.iter().find_map(|column| Some((*column, self.first(*column)?)))
        else {
            return;
        };
        let name = match column {
            Column::StandardType | Column::Category => cell.rsplit('>').next().unwrap_or(cell).trim(),
            _ => cell,
        };
        match name.parse::<SingleLineText<120>>() {
            Ok(name) if crate::product::handle_from_title(name.as_str()).is_empty() => {
                self.warning(line, column, "ignored: a category name needs letters or digits");
            }
            Ok(name) => self.patch.category = Some(Some(CategoryName::Name(name))),
            Err(error) => self.reject(line, column, error),
        }
    }

    /// Sets the status: a product is for sale if it is both active and published.
    fn status(&mut self) {
        if !self.columns.has(Column::Status) && !self.columns.has(Column::Published) {
            return;
        }
        let published = self.product_flag(Column::Published, true);
        let (line, status) = self.first(Column::Status).unwrap_or((self.patch.line, "active"));
        let status = match status.to_lowercase().as_str() {
            "active" if published => ProductStatus::Active,
            "active" | "draft" => ProductStatus::Draft,
            "archived" => ProductStatus::Archived,
            "unlisted" => {
                // Active would make public what the merchant only shares by link.
                self.warning(line, Column::Status, "unlisted products are not supported; imported as a draft");
                ProductStatus::Draft
            }
            _ => {
                self.reject(line, Column::Status, CellError::NotAStatus(status.into()));
                ProductStatus::Draft
            }
        };
        self.patch.status = Some(status);
    }

    fn tax_class(&mut self) {
        if !self.columns.has(Column::TaxCode) && !self.columns.has(Column::Taxable) {
            return;
        }
        self.patch.tax_class = self.product_cell(Column::TaxCode);
        if self.patch.tax_class.is_some() {
            return;
        }
        let taxable = self.product_flag(Column::Taxable, true);
        let differs = |row: &&Row| cells::flag(self.cell(row, Column::Taxable)).is_ok_and(|flag| flag != taxable);
        if let Some(line) = self.rows.iter().find(differs).map(|row| row.line) {
            let class = if taxable { "taxed" } else { "not taxed" };
            let reason = format!("differs from the first row: tax is set per product, so all variants are {class}");
            self.warning(line, Column::Taxable, reason);
        }
        let class = if taxable { crate::STANDARD_TAX_CLASS } else { EXEMPT_TAX_CLASS };
        self.patch.tax_class = class.parse().ok();
    }

    /// Parses the option names. Shopify exports products without options with the option `Title` and the only value
    /// `Default Title`.
    fn options(&mut self) {
        if !OPTIONS.iter().any(|(name, value)| self.columns.has(*name) || self.columns.has(*value)) {
            return;
        }
        let has_only = |column: Column, text: &str| {
            self.rows
                .iter()
                .map(|row| self.cell(row, column))
                .all(|cell| cell.is_empty() || cell.eq_ignore_ascii_case(text))
        };
        let has_no_options = self.first(Column::Option1Name).is_none_or(|(_, name)| name.eq_ignore_ascii_case("title"))
            && has_only(Column::Option1Value, "default title")
            && OPTIONS[1..].iter().all(|(_, value)| has_only(*value, ""));
        let mut names = Vec::new();
        self.patch.has_values = !has_no_options;
        if !has_no_options {
            // Non-adjacent rows have values only; their names are in the rows above.
            if OPTIONS.iter().all(|(name, _)| self.first(*name).is_none()) {
                return;
            }
            for (name, value) in OPTIONS {
                if self.first(name).is_none() {
                    if let Some((line, _)) = self.first(value) {
                        self.reject(line, name, "is missing, but the option has values");
                    }
                } else if let Some(name) = self.product_cell(name) {
                    names.push(name);
                }
            }
        }
        self.patch.options = Some(names);
    }

    fn images(&mut self) {
        if !self.columns.has(Column::Image) {
            return;
        }
        let mut found: Vec<(u64, ImageDraft)> = Vec::new();
        let mut seen = HashSet::new();
        let urls = self
            .rows
            .iter()
            .flat_map(|row| cells::urls(self.cell(row, Column::Image)).into_iter().map(move |url| (row, url)));
        for (row, url) in urls.collect::<Vec<_>>() {
            // The same image may be repeated in the rows of several variants.
            if !seen.insert(url) {
                continue;
            }
            let alt = self.cell(row, Column::ImageAlt).parse::<MultilineText<500>>();
            match (image_url(url), alt) {
                (Ok(url), Ok(alt)) => {
                    let position = self.cell(row, Column::ImagePosition).parse().unwrap_or(u64::MAX);
                    found.push((position, ImageDraft { url, alt }));
                }
                (Err(error), _) => self.error(row.line, Column::Image, error),
                (_, Err(error)) => self.error(row.line, Column::ImageAlt, error),
            }
        }
        // The sort is stable: images without a position follow in the order of the file.
        found.sort_by_key(|(position, _)| *position);
        self.patch.images = Some(found.into_iter().map(|(_, image)| image).collect());
    }
}

/// Parses the URL of an image: a remote one, or one of the shop's own.
pub fn image_url(text: &str) -> Result<SingleLineText<2048>, CellError> {
    if let Some((scheme, rest)) = text.split_once("://") {
        // Schemes are the same in upper and lower case (RFC 3986, 3.1); the rest of the shop compares them in lower case.
        let scheme = scheme.to_ascii_lowercase();
        let is_supported = matches!(scheme.as_str(), "http" | "https");
        return if is_supported { Ok(format!("{scheme}://{rest}").parse()?) } else { Err(CellError::NotAnImageUrl) };
    }
    if text.starts_with("/media/") { Ok(text.parse()?) } else { Err(CellError::NotAnImageUrl) }
}
