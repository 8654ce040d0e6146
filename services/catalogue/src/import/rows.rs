//! The rows of one handle folded into what they say of a product.

mod variants;

use super::cells;
use super::columns::{Column, Columns};
use super::patch::{CategoryName, Patch};
use super::{EXEMPT, Issue, Severity};
use contracts::catalogue::{ImageDraft, ProductStatus};
use contracts::{SingleLineText, MultilineText};
use csv::StringRecord;
use std::collections::HashSet;
use std::str::FromStr;
use std::sync::Arc;

const OPTIONS: [(Column, Column); 3] = [
    (Column::Option1Name, Column::Option1Value),
    (Column::Option2Name, Column::Option2Value),
    (Column::Option3Name, Column::Option3Value),
];
/// Columns that say something of a variant.
const OF_VARIANTS: [Column; 7] = [
    Column::Option1Value,
    Column::Option2Value,
    Column::Option3Value,
    Column::Sku,
    Column::Price,
    Column::Barcode,
    Column::Quantity,
];

/// A row that could be read.
pub struct Row {
    /// The line where it begins.
    pub line: u64,
    /// Its cells.
    pub cells: StringRecord,
}

/// Rows of one product, being folded.
struct Fold<'f> {
    columns: &'f Columns,
    rows: &'f [Row],
    exponent: u32,
    patch: Patch,
    issues: Vec<Issue>,
}

/// What the rows say of the product, with what is wrong with them.
pub fn fold(handle: String, columns: &Arc<Columns>, rows: &[Row], exponent: u32) -> (Patch, Vec<Issue>) {
    let line = rows.first().map_or(0, |row| row.line);
    let patch = Patch { handle, line, columns: Some(Arc::clone(columns)), ..Patch::default() };
    let mut fold = Fold { columns, rows, exponent, patch, issues: Vec::new() };
    fold.product();
    fold.options();
    fold.images();
    fold.variants();
    (fold.patch, fold.issues)
}

impl<'f> Fold<'f> {
    /// The cell, trimmed; empty when the file or the row does not have it.
    fn cell(&self, row: &'f Row, column: Column) -> &'f str {
        self.columns.place(column).and_then(|place| row.cells.get(place)).map_or("", str::trim)
    }

    /// The first row whose cell is not empty, with the cell.
    fn first(&self, column: Column) -> Option<(u64, &'f str)> {
        self.rows.iter().map(|row| (row.line, self.cell(row, column))).find(|(_, cell)| !cell.is_empty())
    }

    fn fault(&mut self, line: u64, column: Column, reason: impl Into<String>) {
        let issue = self.patch.fault(line, self.columns.name(column), reason);
        self.issues.push(issue);
    }

    fn warning(&mut self, line: u64, column: Column, reason: impl Into<String>) {
        let issue = self.patch.issue(line, self.columns.name(column), Severity::Warning, reason);
        self.issues.push(issue);
    }

    /// A cell of the whole product, parsed. What does not parse refuses the product.
    fn shared<T: FromStr<Err = String>>(&mut self, column: Column) -> Option<T> {
        let (line, cell) = self.first(column)?;
        match cell.parse() {
            Ok(value) => Some(value),
            Err(reason) => {
                self.fault(line, column, reason);
                self.patch.refused = true;
                None
            }
        }
    }

    /// The same for a text that may be empty: `None` only when the file does not have the column.
    fn text<const MAX: usize>(&mut self, column: Column) -> Option<MultilineText<MAX>> {
        if !self.columns.has(column) {
            return None;
        }
        self.shared(column).or_else(|| Some(MultilineText::default()))
    }

    fn product(&mut self) {
        self.patch.title = self.shared(Column::Title);
        self.patch.description = self.text(Column::Description);
        self.patch.vendor = self.text(Column::Vendor);
        self.tags();
        self.category();
        self.status();
        self.tax_class();
        if let Some((line, cell)) = self.first(Column::GiftCard)
            && cells::flag(cell) == Ok(true)
        {
            self.fault(line, Column::GiftCard, "gift cards cannot be sold here");
            self.patch.refused = true;
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
                Err(reason) => {
                    self.fault(line, Column::Tags, format!("a tag {reason}"));
                    self.patch.refused = true;
                }
            }
        }
        self.patch.tags = Some(tags);
    }

    /// The merchant's own type first, then the last part of Shopify's category, as in `Apparel > Shoes > Boots`.
    fn category(&mut self) {
        let system = [Column::Type, Column::CustomType, Column::StandardType, Column::Category];
        if !system.iter().any(|column| self.columns.has(*column)) {
            return;
        }
        self.patch.category = Some(None);
        let Some((column, (line, cell))) = system.iter().find_map(|column| Some((*column, self.first(*column)?)))
        else {
            return;
        };
        let name = match column {
            Column::StandardType | Column::Category => cell.rsplit('>').next().unwrap_or(cell).trim(),
            _ => cell,
        };
        match name.parse::<SingleLineText<120>>() {
            Ok(name) if crate::product::handle_of(name.as_str()).is_empty() => {
                self.warning(line, column, "cannot name a category, since it has no letters or digits");
            }
            Ok(name) => self.patch.category = Some(Some(CategoryName::Name(name))),
            Err(reason) => {
                self.fault(line, column, reason);
                self.patch.refused = true;
            }
        }
    }

    /// For sale is what is active and published. Shopify's `unlisted` is seen by nobody here.
    fn status(&mut self) {
        if !self.columns.has(Column::Status) && !self.columns.has(Column::Published) {
            return;
        }
        let published = match self.first(Column::Published) {
            None => true,
            Some((line, cell)) => cells::flag(cell).unwrap_or_else(|reason| {
                self.fault(line, Column::Published, reason);
                self.patch.refused = true;
                false
            }),
        };
        let (line, status) = self.first(Column::Status).unwrap_or((self.patch.line, "active"));
        self.patch.status = Some(match status.to_lowercase().as_str() {
            "active" if published => ProductStatus::Active,
            "active" | "draft" => ProductStatus::Draft,
            "archived" => ProductStatus::Archived,
            "unlisted" => {
                self.warning(
                    line,
                    Column::Status,
                    "products that are for sale and not listed do not exist here; it is a draft",
                );
                ProductStatus::Draft
            }
            _ => {
                self.fault(line, Column::Status, format!("{status:?} is neither active, draft nor archived"));
                self.patch.refused = true;
                ProductStatus::Draft
            }
        });
    }

    fn tax_class(&mut self) {
        if !self.columns.has(Column::TaxCode) && !self.columns.has(Column::Taxable) {
            return;
        }
        self.patch.tax_class = self.shared(Column::TaxCode);
        if self.patch.tax_class.is_some() {
            return;
        }
        let taxed = match self.first(Column::Taxable) {
            None => true,
            Some((line, cell)) => cells::flag(cell).unwrap_or_else(|reason| {
                self.fault(line, Column::Taxable, reason);
                self.patch.refused = true;
                true
            }),
        };
        self.patch.tax_class = if taxed { crate::STANDARD.parse().ok() } else { EXEMPT.parse().ok() };
    }

    /// The names of the options. `Title` with the one value `Default Title` is how Shopify says that there are none.
    fn options(&mut self) {
        if !OPTIONS.iter().any(|(name, value)| self.columns.has(*name) || self.columns.has(*value)) {
            return;
        }
        let only = |column: Column, text: &str| {
            self.rows
                .iter()
                .map(|row| self.cell(row, column))
                .all(|cell| cell.is_empty() || cell.eq_ignore_ascii_case(text))
        };
        let none = self.first(Column::Option1Name).is_none_or(|(_, name)| name.eq_ignore_ascii_case("title"))
            && only(Column::Option1Value, "default title")
            && OPTIONS[1..].iter().all(|(_, value)| only(*value, ""));
        let mut names = Vec::new();
        self.patch.has_values = !none;
        if !none {
            if OPTIONS.iter().all(|(name, _)| self.first(*name).is_none()) {
                return;
            }
            for (name, value) in OPTIONS {
                if self.first(name).is_none() {
                    if let Some((line, _)) = self.first(value) {
                        self.fault(line, name, "is missing, though there is a value");
                        self.patch.refused = true;
                    }
                } else if let Some(name) = self.shared(name) {
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
        for row in self.rows {
            let address = self.cell(row, Column::Image);
            if address.is_empty() || !seen.insert(address) {
                continue;
            }
            let alt = self.cell(row, Column::ImageAlt).parse::<MultilineText<500>>();
            match (image_address(address), alt) {
                (Ok(url), Ok(alt)) => {
                    let position = self.cell(row, Column::ImagePosition).parse().unwrap_or(u64::MAX);
                    found.push((position, ImageDraft { url, alt }));
                }
                (Err(reason), _) => self.fault(row.line, Column::Image, reason),
                (_, Err(reason)) => self.fault(row.line, Column::ImageAlt, reason),
            }
        }
        found.sort_by_key(|(position, _)| *position);
        self.patch.images = Some(found.into_iter().map(|(_, image)| image).collect());
    }
}

/// Where a picture is: on the web, or among the shop's own.
pub fn image_address(text: &str) -> Result<SingleLineText<2048>, String> {
    let address: SingleLineText<2048> = text.parse()?;
    let known = ["http://", "https://", "/media/"].iter().any(|start| address.as_str().starts_with(start));
    if known { Ok(address) } else { Err("is no address that starts with https://".to_owned()) }
}
