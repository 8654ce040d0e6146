//! Converts rows of WooCommerce to cells of Shopify's product CSV.
//!
//! The columns are those of WooCommerce's own exporter (`WC_Product_CSV_Exporter`, version 10).

use crate::import::columns::Column;
use crate::import::{ImportIssue, IssueSeverity};
use csv::StringRecord;
use std::collections::{HashMap, HashSet};

/// The largest number of options of a product.
pub const OPTION_COUNT: usize = 3;

const OPTIONS: [(Column, Column); OPTION_COUNT] = [
    (Column::Option1Name, Column::Option1Value),
    (Column::Option2Name, Column::Option2Value),
    (Column::Option3Name, Column::Option3Value),
];

/// The columns that cells are converted to, each with the heading of the file, in lower case, that problems are reported with.
const CONVERTED: &[(Column, &str)] = &[
    (Column::Title, "name"),
    (Column::Description, "description"),
    (Column::Type, "categories"),
    (Column::Category, "categories"),
    (Column::Tags, "tags"),
    (Column::Vendor, "brands"),
    (Column::Status, "published"),
    (Column::Option1Name, "attribute 1 name"),
    (Column::Option1Value, "attribute 1 value(s)"),
    (Column::Option2Name, "attribute 2 name"),
    (Column::Option2Value, "attribute 2 value(s)"),
    (Column::Option3Name, "attribute 3 name"),
    (Column::Option3Value, "attribute 3 value(s)"),
    (Column::Sku, "sku"),
    (Column::Tracker, "in stock?"),
    (Column::Quantity, "stock"),
    (Column::Policy, "backorders allowed?"),
    (Column::Price, "regular price"),
    (Column::CompareAt, "sale price"),
    (Column::Taxable, "tax status"),
    (Column::TaxCode, "tax class"),
    (Column::Barcode, "gtin, upc, ean, or isbn"),
    (Column::Image, "images"),
    (Column::VariantImage, "images"),
    (Column::RequiresShipping, "type"),
];

/// Headings that are used, or that say nothing that the shop could keep.
const USED: [&str; 11] = [
    "id",
    "parent",
    "short description",
    "visibility in catalog",
    "date sale price starts",
    "date sale price ends",
    "is featured?",
    "position",
    "allow customer reviews?",
    "sold individually?",
    "low stock amount",
];

/// A row of the file.
pub struct Source {
    pub line: u64,
    pub cells: StringRecord,
}

/// The kind of a row.
pub enum Kind {
    Product,
    Variation,
    /// A kind of product that is not imported, by its name in the file.
    Other(String),
}

type Cells = HashMap<Column, String>;

/// Converts the rows of a file.
pub struct Converter {
    headings: Vec<String>,
    /// The headings as in the file, by which people know them.
    titles: Vec<String>,
    indexes: HashMap<String, usize>,
    /// The unit in the heading of the weight, such as `kg`.
    weight: Option<(usize, String)>,
}

impl Converter {
    /// Creates a converter for a file with these headings, in lower case and as in the file.
    pub fn new(headings: &[String], titles: &[String]) -> Self {
        let weight = headings.iter().enumerate().find_map(|(index, heading)| {
            let unit = heading.strip_prefix("weight (")?.strip_suffix(')')?;
            Some((index, unit.to_owned()))
        });
        let indexes = headings.iter().cloned().zip(0..).collect();
        Self { headings: headings.to_vec(), titles: titles.to_vec(), indexes, weight }
    }

    /// Returns the columns that rows are converted to, each with the heading it comes from.
    pub fn names(&self) -> Vec<(Column, String)> {
        let has = |heading: &str| self.indexes.contains_key(heading);
        let found = CONVERTED.iter().filter(|(_, heading)| has(heading));
        let mut names: Vec<_> = found.map(|(column, heading)| (*column, self.title(heading))).collect();
        if let Some((index, _)) = &self.weight {
            let heading = self.titles.get(*index).cloned().unwrap_or_default();
            names.extend([(Column::Weight, heading.clone()), (Column::WeightUnit, heading)]);
        }
        names
    }

    /// Returns the headings of the columns that have content and are not imported.
    pub fn lost_columns(&self, sources: &[Source]) -> Vec<String> {
        let is_used = |heading: &str| {
            CONVERTED.iter().any(|(_, used)| *used == heading) || USED.contains(&heading) || is_attribute(heading)
        };
        let weight = self.weight.as_ref().map(|(index, _)| *index);
        let unused = self
            .headings
            .iter()
            .enumerate()
            .filter(|(index, heading)| !heading.is_empty() && !is_used(heading) && weight != Some(*index));
        let has_content =
            |index: usize| sources.iter().any(|source| !source.cells.get(index).unwrap_or_default().trim().is_empty());
        unused.filter(|(index, _)| has_content(*index)).map(|(_, heading)| self.title(heading)).collect()
    }

    /// Returns the trimmed cell below a heading; empty if there is none.
    pub fn cell<'s>(&self, source: &'s Source, heading: &str) -> &'s str {
        self.indexes.get(heading).and_then(|index| source.cells.get(*index)).unwrap_or_default().trim()
    }

    /// Creates an error in a row.
    pub fn error(&self, source: &Source, heading: &str, reason: &str) -> ImportIssue {
        self.issue(source, heading, IssueSeverity::Error, reason)
    }

    fn issue(&self, source: &Source, heading: &str, severity: IssueSeverity, reason: &str) -> ImportIssue {
        ImportIssue {
            line: source.line,
            column: self.title(heading),
            handle: None,
            severity,
            reason: reason.to_owned(),
        }
    }

    /// Returns a heading as in the file.
    fn title(&self, heading: &str) -> String {
        let index = self.indexes.get(heading);
        index
            .and_then(|index| self.titles.get(*index))
            .map_or_else(|| heading.to_owned(), |title| title.trim().to_owned())
    }

    pub fn kind(&self, source: &Source) -> Kind {
        let text = self.cell(source, "type").to_lowercase();
        let kinds: Vec<&str> = text.split(',').map(str::trim).collect();
        if kinds.contains(&"variation") {
            Kind::Variation
        } else if let Some(other) =
            kinds.iter().find(|kind| !matches!(**kind, "simple" | "variable" | "virtual" | "downloadable" | ""))
        {
            Kind::Other((*other).to_owned())
        } else {
            Kind::Product
        }
    }

    /// Returns the names of the attributes that variations differ in, in the order of the product's attributes.
    pub fn options(&self, product: &Source, variations: &[Source]) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        let used: HashSet<String> = variations
            .iter()
            .flat_map(|variation| self.attributes(variation))
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, _)| name.to_lowercase())
            .collect();
        let all = std::iter::once(product).chain(variations).flat_map(|source| self.attributes(source));
        for (name, _) in all {
            if used.contains(&name.to_lowercase()) && names.iter().all(|known| !known.eq_ignore_ascii_case(&name)) {
                names.push(name);
            }
        }
        names
    }

    /// Returns the attributes of a row: names and values.
    fn attributes(&self, source: &Source) -> Vec<(String, String)> {
        (1..)
            .map_while(|number| {
                let name = format!("attribute {number} name");
                self.indexes.contains_key(&name).then(|| {
                    let value = self.cell(source, &format!("attribute {number} value(s)"));
                    (self.cell(source, &name).to_owned(), value.replace("\\,", ","))
                })
            })
            .filter(|(name, _)| !name.is_empty())
            .collect()
    }

    /// Converts a product, with the cells of its only variant if it has no variations.
    pub fn product_row(
        &self,
        product: &Source,
        options: &[String],
        is_variant: bool,
        issues: &mut Vec<ImportIssue>,
    ) -> (u64, Cells) {
        let cell = |heading: &str| self.cell(product, heading);
        let mut cells = Cells::new();
        let (category, path, tags) = categories(cell("categories"), cell("tags"));
        cells.extend([
            (Column::Title, cell("name").to_owned()),
            (Column::Description, description(cell("short description"), cell("description"))),
            (Column::Type, category),
            (Column::Category, path),
            (Column::Tags, tags),
            (Column::Vendor, cell("brands").to_owned()),
            (Column::Status, self.status(product, issues)),
            (Column::Image, cell("images").to_owned()),
            (Column::Taxable, if cell("tax status") == "none" { "FALSE" } else { "TRUE" }.to_owned()),
        ]);
        if cell("tax status") != "none" {
            cells.insert(Column::TaxCode, cell("tax class").to_owned());
        }
        for (option, (name, _)) in options.iter().zip(OPTIONS) {
            cells.insert(name, option.clone());
        }
        if is_variant {
            self.variant_cells(product, product, &mut cells, issues);
        }
        (product.line, cells)
    }

    /// Converts a variation to a row with the cells of a variant alone.
    pub fn variation_row(
        &self,
        product: &Source,
        variation: &Source,
        options: &[String],
        issues: &mut Vec<ImportIssue>,
    ) -> (u64, Cells) {
        let mut cells = Cells::new();
        self.variant_cells(product, variation, &mut cells, issues);
        let attributes = self.attributes(variation);
        for (option, (_, value_column)) in options.iter().zip(OPTIONS) {
            let value = attributes.iter().find(|(name, _)| name.eq_ignore_ascii_case(option));
            cells.insert(value_column, value.map(|(_, value)| value.clone()).unwrap_or_default());
        }
        let image = self.cell(variation, "images").split(',').next().unwrap_or_default().trim();
        cells.insert(Column::VariantImage, image.to_owned());
        (variation.line, cells)
    }

    fn variant_cells(&self, product: &Source, variant: &Source, cells: &mut Cells, issues: &mut Vec<ImportIssue>) {
        let cell = |heading: &str| self.cell(variant, heading);
        let (regular, sale) = (cell("regular price"), cell("sale price"));
        let has_dates = !cell("date sale price starts").is_empty() || !cell("date sale price ends").is_empty();
        let (price, compare_at) = match sale {
            "" => (regular, ""),
            _ if has_dates => {
                let reason = "the sale is limited in time, which is not supported; the regular price is used";
                issues.push(self.issue(variant, "sale price", IssueSeverity::Warning, reason));
                (regular, "")
            }
            sale => (sale, regular),
        };
        let is_virtual = cell("type").to_lowercase().contains("virtual");
        cells.extend([
            (Column::Sku, cell("sku").to_owned()),
            (Column::Barcode, cell("gtin, upc, ean, or isbn").to_owned()),
            (Column::Price, price.to_owned()),
            (Column::CompareAt, compare_at.to_owned()),
            (Column::RequiresShipping, if is_virtual { "FALSE" } else { "TRUE" }.to_owned()),
        ]);
        if let Some((index, unit)) = &self.weight {
            let weight = |source: &Source| source.cells.get(*index).unwrap_or_default().trim().to_owned();
            // A variation without a weight has that of its product.
            let own = Some(weight(variant)).filter(|weight| !weight.is_empty());
            cells.insert(Column::Weight, own.unwrap_or_else(|| weight(product)));
            cells.insert(Column::WeightUnit, unit.clone());
        }
        self.stock_cells(variant, cells, issues);
    }

    fn stock_cells(&self, variant: &Source, cells: &mut Cells, issues: &mut Vec<ImportIssue>) {
        let cell = |heading: &str| self.cell(variant, heading);
        let can_wait = matches!(cell("backorders allowed?"), "1" | "notify") || cell("in stock?") == "backorder";
        let (tracker, quantity) = match (cell("stock"), cell("in stock?")) {
            ("parent", _) => {
                let reason = "the product has one stock for all variations, which is not supported; imported as 0";
                issues.push(self.issue(variant, "stock", IssueSeverity::Warning, reason));
                ("woocommerce", "0")
            }
            // Without a number and with the mark, WooCommerce sells it without counting.
            ("", "1" | "") => ("", ""),
            ("", _) => ("woocommerce", "0"),
            (stock, _) => ("woocommerce", stock),
        };
        cells.insert(Column::Tracker, tracker.to_owned());
        cells.insert(Column::Quantity, quantity.to_owned());
        cells.insert(Column::Policy, if can_wait { "continue" } else { "deny" }.to_owned());
    }

    fn status(&self, product: &Source, issues: &mut Vec<ImportIssue>) -> String {
        let is_hidden = self.cell(product, "visibility in catalog") == "hidden";
        let is_published = matches!(self.cell(product, "published"), "1" | "");
        if is_published && is_hidden {
            let reason = "hidden products are not supported; imported as a draft";
            issues.push(self.issue(product, "visibility in catalog", IssueSeverity::Warning, reason));
        }
        if is_published && !is_hidden { "active" } else { "draft" }.to_owned()
    }
}

fn is_attribute(heading: &str) -> bool {
    heading.strip_prefix("attribute ").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

/// Splits a list at its commas; a comma within an entry has a backslash before it.
fn list(text: &str) -> Vec<String> {
    let text = text.replace("\\,", "\u{1f}");
    let entries = text.split(',').map(|entry| entry.trim().replace('\u{1f}', ","));
    entries.filter(|entry| !entry.is_empty()).collect()
}

/// Returns the name of the first category, its path, and the tags with the names of the other categories.
fn categories(categories: &str, tags: &str) -> (String, String, String) {
    let paths = list(categories);
    let name = |path: &String| path.rsplit('>').next().unwrap_or_default().trim().to_owned();
    let mut all = list(tags);
    all.extend(paths.iter().skip(1).map(name));
    let first = paths.first();
    // A comma would divide a tag in two.
    let tags: Vec<String> = all.into_iter().map(|tag| tag.replace(',', " ")).collect();
    (first.map(name).unwrap_or_default(), first.cloned().unwrap_or_default(), tags.join(","))
}

/// Joins the two descriptions. Line breaks are written as `\n`, and text without tags has empty lines between paragraphs.
fn description(short: &str, long: &str) -> String {
    let html = |text: &str| {
        let text = text.replace("\\n", "\n");
        if text.trim().is_empty() || text.contains("</") {
            return text;
        }
        let paragraphs = text.split("\n\n").map(str::trim).filter(|paragraph| !paragraph.is_empty());
        paragraphs.map(|paragraph| format!("<p>{}</p>", paragraph.replace('\n', "<br>"))).collect()
    };
    [html(short), html(long)].into_iter().filter(|text| !text.trim().is_empty()).collect::<Vec<_>>().join("\n")
}
