//! Reads WooCommerce's product CSV. Its rows are converted to those of Shopify's CSV, which are then parsed like a file of
//! Shopify; problems are reported with the headings of the file.
//!
//! A variation may stand anywhere in the file, before its product too, so all rows are held in memory.

mod convert;

use super::handles::Handles;
use super::{CsvTable, ReaderItem, read_failure};
use crate::import::cells::Quoted;
use crate::import::columns::{Column, Columns};
use crate::import::rows::{Row, parse_rows};
use crate::import::{ImportIssue, IssueSeverity};
use convert::{Converter, Kind, OPTION_COUNT, Source};
use csv::StringRecord;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::mpsc::Sender;

/// Headings in lower case that every product CSV of WooCommerce has.
const HEADINGS: [&str; 3] = ["type", "name", "regular price"];

/// Returns true if these headings, in lower case, are those of WooCommerce.
pub fn is_woocommerce(headings: &[String]) -> bool {
    HEADINGS.iter().all(|name| headings.iter().any(|heading| heading == name))
}

/// Returns true if the file can give the stock of its SKUs.
pub fn has_quantities(table: &CsvTable) -> bool {
    table.headings().iter().any(|heading| heading == "stock")
}

/// A product with its variations.
struct Group {
    product: Source,
    variations: Vec<Source>,
}

impl Group {
    fn rows(&self) -> u64 {
        1 + self.variations.len() as u64
    }
}

/// Sends the products after the first `skip` rows, in the order of their own rows, until the file ends or the receiver is dropped.
pub fn read(table: CsvTable, skip: u64, exponent: u32, out: &Sender<ReaderItem>) {
    let (bytes, converter) = (table.bytes, Converter::new(table.headings(), table.titles()));
    let mut sources = Vec::new();
    if let Err(error) = table.read(|line, cells| sources.push(Source { line, cells: cells.clone() })) {
        // A dropped receiver needs no report.
        let _ = out.blocking_send(read_failure(1, &error.to_string(), 0, 0));
        return;
    }
    let lost = converter.lost_columns(&sources);
    let (groups, mut issues) = group(&converter, sources);
    let names = converter.names();
    let order = names.iter().map(|(column, _)| *column).collect();
    let columns = Arc::new(Columns::converted(names));
    let mut reader = Reader { converter, columns, order, exponent, handles: Handles::default() };
    let total = groups.iter().map(Group::rows).sum::<u64>().max(1);
    let mut rows = 0;
    for group in groups {
        rows += group.rows();
        let mut item = reader.item(&group);
        item.issues.append(&mut issues);
        (item.rows, item.bytes) = (rows, bytes * rows / total);
        if rows > skip && out.blocking_send(item).is_err() {
            return;
        }
    }
    if !lost.is_empty() {
        let reason = format!("these columns are not imported: {}", lost.join(", "));
        issues.push(ImportIssue {
            line: 1,
            column: String::new(),
            handle: None,
            severity: IssueSeverity::Warning,
            reason,
        });
    }
    let _ = out.blocking_send(ReaderItem { issues, rows, bytes, ..ReaderItem::default() });
}

/// Puts variations to their products, which they name by id or SKU.
fn group(converter: &Converter, sources: Vec<Source>) -> (Vec<Group>, Vec<ImportIssue>) {
    let (mut groups, mut variations, mut issues) = (Vec::new(), Vec::new(), Vec::new());
    let mut by_name: HashMap<String, usize> = HashMap::new();
    for source in sources {
        match converter.kind(&source) {
            Kind::Product => {
                let (id, sku) = (converter.cell(&source, "id"), converter.cell(&source, "sku"));
                for name in [format!("id:{id}"), sku.to_owned()] {
                    by_name.entry(name).or_insert(groups.len());
                }
                groups.push(Group { product: source, variations: Vec::new() });
            }
            Kind::Variation => variations.push(source),
            Kind::Other(kind) => {
                let reason = format!("skipped: the kind {} is not supported", Quoted::from(kind.as_str()));
                issues.push(converter.error(&source, "type", &reason));
            }
        }
    }
    for variation in variations {
        let parent = converter.cell(&variation, "parent");
        match by_name.get(parent).filter(|_| !parent.is_empty()) {
            Some(index) => groups[*index].variations.push(variation),
            None => {
                let reason = format!("no product of the file has the id or SKU {}", Quoted::from(parent));
                issues.push(converter.error(&variation, "parent", &reason));
            }
        }
    }
    (groups, issues)
}

struct Reader {
    converter: Converter,
    columns: Arc<Columns>,
    /// The columns in the order of the cells of a row.
    order: Vec<Column>,
    exponent: u32,
    handles: Handles,
}

impl Reader {
    fn item(&mut self, group: &Group) -> ReaderItem {
        let (converter, line) = (&self.converter, group.product.line);
        let title = converter.cell(&group.product, "name");
        let chosen = match self.handles.of_title(title) {
            Ok(chosen) => chosen,
            Err(error) => {
                let issue = converter.error(&group.product, "name", &error.to_string());
                return ReaderItem { issues: vec![issue], ..ReaderItem::default() };
            }
        };
        let mut issues = Vec::new();
        let options = converter.options(&group.product, &group.variations);
        if options.len() > OPTION_COUNT {
            let reason =
                format!("has {} attributes for variations; at most {OPTION_COUNT} are supported", options.len());
            issues.push(converter.error(&group.product, "type", &reason));
        }
        let mut rows = vec![converter.product_row(&group.product, &options, group.variations.is_empty(), &mut issues)];
        for variation in &group.variations {
            rows.push(converter.variation_row(&group.product, variation, &options, &mut issues));
        }
        let rows: Vec<Row> =
            rows.into_iter().map(|(line, cells)| Row { line, cells: self.to_record(&cells) }).collect();
        for issue in &mut issues {
            issue.handle = Some(chosen.handle.clone());
        }
        let is_rejected = issues.iter().any(|issue| issue.severity == IssueSeverity::Error);
        let (mut patch, found) = parse_rows(chosen.handle, &self.columns, &rows, self.exponent);
        patch.is_handle_derived = true;
        patch.rejected |= is_rejected;
        patch.line = line;
        issues.extend(found);
        issues.sort_by_key(|issue| issue.line);
        let size = rows.iter().map(|row| row.cells.as_slice().len()).sum();
        ReaderItem { patch: Some(patch), issues, size, ..ReaderItem::default() }
    }

    fn to_record(&self, cells: &HashMap<Column, String>) -> StringRecord {
        self.order.iter().map(|column| cells.get(column).map_or("", String::as_str)).collect()
    }
}
