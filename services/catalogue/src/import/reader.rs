//! Reads a file on a thread of its own, product by product, within a fixed amount of memory.

mod csv_table;
mod handles;
mod ndjson_reader;
mod quotes;
mod source_file;
mod woocommerce;

pub use csv_table::CsvTable;
pub use source_file::{SourceFile, UnsupportedFile};

use super::cells::CellError;
use super::columns::{Column, Columns};
use super::patch::ProductPatch;
use super::rows::{Row, parse_rows};
use super::{ImportIssue, IssueSeverity};
use crate::product::is_valid_handle;
use csv::{ByteRecord, ReaderBuilder, StringRecord};
use handles::{ChosenHandle, Handles};
use quotes::QuoteReader;
use source_file::CsvLayout;
use std::fs::File;
use std::sync::Arc;
use tokio::sync::mpsc::Sender;

/// The largest size of a row, and of all rows of one product, in bytes. A larger row usually has an unclosed quotation
/// mark and would otherwise extend to the end of the file.
const MAX_BYTES: usize = 4 << 20;
/// The largest number of rows of one product: the sum of the limits of variants and images.
const MAX_ROWS: usize = 2250;
const BUFFER_SIZE: usize = 64 << 10;

/// A product of the file, or rows that belong to no product.
#[derive(Debug, Default)]
pub struct ReaderItem {
    pub patch: Option<ProductPatch>,
    /// The issues of its rows.
    pub issues: Vec<ImportIssue>,
    /// The number of rows of the file up to the end of this item.
    pub rows: u64,
    /// The number of bytes of the file up to the end of this item.
    pub bytes: u64,
    /// The size of the item's rows in bytes.
    pub size: usize,
    /// True if the rest of the file cannot be read.
    pub read_failed: bool,
}

/// The adjacent rows of one handle that were read so far.
#[derive(Default)]
struct RowGroup {
    handle: Option<String>,
    /// True if no row has the handle, which was derived from the title.
    is_handle_derived: bool,
    /// The title in the first row; may be empty.
    title: String,
    rows: Vec<Row>,
    issues: Vec<ImportIssue>,
    invalid_rows: u64,
    size: usize,
}

/// The cells that identify the product of a row.
enum RowIdentity<'c> {
    Handle {
        text: &'c str,
        /// The title; may be empty.
        title: &'c str,
    },
    /// The row has a title and no handle.
    Title(&'c str),
    /// The row has neither, and continues the product of the row above.
    None,
}

impl<'c> RowIdentity<'c> {
    const fn title(&self) -> &'c str {
        match self {
            Self::Handle { title, .. } | Self::Title(title) => title,
            Self::None => "",
        }
    }
}

struct CsvReader<'r> {
    columns: &'r Arc<Columns>,
    exponent: u32,
    out: &'r Sender<ReaderItem>,
    handles: Handles,
    group: RowGroup,
    /// The columns that are not used and have no content so far.
    empty_columns: Vec<usize>,
    /// The columns that are not used and have content.
    lost_columns: Vec<usize>,
    /// The number of rows before the current one.
    rows: u64,
    /// The number of bytes before the current row.
    bytes: u64,
}

impl<'r> CsvReader<'r> {
    fn new(columns: &'r Arc<Columns>, handles: Handles, exponent: u32, out: &'r Sender<ReaderItem>) -> Self {
        Self {
            columns,
            exponent,
            out,
            handles,
            group: RowGroup::default(),
            empty_columns: columns.unused(),
            lost_columns: Vec::new(),
            rows: 0,
            bytes: 0,
        }
    }

    /// Reads the file from its header row on.
    fn read(mut self, file: File, layout: &CsvLayout, skip: u64) {
        let carriage_returns = layout.header.carriage_returns;
        let mut reader = ReaderBuilder::new()
            .delimiter(layout.header.delimiter)
            .has_headers(true)
            .flexible(true)
            .buffer_capacity(BUFFER_SIZE)
            .from_reader(QuoteReader::new(file, layout.header.delimiter));
        let mut record = ByteRecord::new();
        loop {
            let position = reader.position().byte();
            // The parser may have buffered input beyond its position, so the limit includes one buffer more.
            reader.get_mut().set_limit(position + (MAX_BYTES + BUFFER_SIZE) as u64);
            self.bytes = layout.header.skipped_bytes + position;
            match reader.read_byte_record(&mut record) {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    let line = record.position().map_or(1, csv::Position::line) + layout.header.skipped_lines;
                    let reason = match error.kind() {
                        csv::ErrorKind::Io(error) => error.to_string(),
                        _ => error.to_string(),
                    };
                    return self.abort(line + u64::from(carriage_returns), &reason);
                }
            }
            let end = reader.position();
            let (line, position) =
                (line_of(&record, end.line(), carriage_returns) + layout.header.skipped_lines, end.byte());
            if reader.get_ref().is_unclosed(position) {
                return self.abort(line, "a quotation mark is not closed");
            }
            let is_misquoted = reader.get_mut().take_misplaced(position);
            self.note_content(&record);
            // Rows before a resumption are only read for their handles.
            if !self.add_row(line, &record, self.rows >= skip, is_misquoted) {
                return;
            }
            self.rows += 1;
        }
        if self.flush() {
            self.report_lost_columns();
        }
    }

    /// Notes which of the columns that are not used have content.
    fn note_content(&mut self, record: &ByteRecord) {
        let columns = self.columns;
        let has_content = |index: &mut usize| {
            let cell = record.get(*index).unwrap_or_default().trim_ascii();
            !cell.is_empty() && !columns.is_default(*index, cell)
        };
        self.lost_columns.extend(self.empty_columns.extract_if(.., has_content));
    }

    fn report_lost_columns(mut self) {
        if self.lost_columns.is_empty() {
            return;
        }
        self.lost_columns.sort_unstable();
        let names: Vec<&str> = self.lost_columns.iter().map(|index| self.columns.heading(*index)).collect();
        let reason = format!("these columns are not imported: {}", names.join(", "));
        let issue =
            ImportIssue { line: 1, column: String::new(), handle: None, severity: IssueSeverity::Warning, reason };
        let item = ReaderItem { issues: vec![issue], rows: self.rows, bytes: self.bytes, ..ReaderItem::default() };
        // A dropped receiver needs no report.
        let _ = self.out.blocking_send(item);
    }

    /// Adds a row to the group of its handle, unless it is only read; returns false if the receiver was dropped.
    fn add_row(&mut self, line: u64, record: &ByteRecord, is_new: bool, is_misquoted: bool) -> bool {
        if record.iter().all(|cell| cell.iter().all(u8::is_ascii_whitespace)) {
            return true;
        }
        let identity = match self.identity(record) {
            Ok(identity) => identity,
            Err(error) => return !is_new || self.reject_row(line, &error),
        };
        let continued = self.continued_handle(&identity, record);
        let chosen = match (continued, &identity) {
            (Some(handle), _) => Ok(ChosenHandle { handle, is_notable: false }),
            (None, RowIdentity::Handle { text, .. }) if is_valid_handle(text) => {
                Ok(ChosenHandle { handle: (*text).to_owned(), is_notable: false })
            }
            (None, RowIdentity::Handle { text, .. }) => self.handles.replacing(text),
            (None, RowIdentity::Title(title)) => self.handles.of_title(title),
            (None, RowIdentity::None) => Err(CellError::Missing),
        };
        let ChosenHandle { handle, is_notable } = match chosen {
            Ok(chosen) => chosen,
            Err(error) => return !is_new || self.reject_row(line, &error),
        };
        if self.group.handle.as_ref() != Some(&handle) {
            if !self.flush() {
                return false;
            }
            self.group.handle = Some(handle);
            self.group.is_handle_derived = matches!(identity, RowIdentity::Title(_));
            self.group.title = identity.title().to_owned();
        }
        if !is_new {
            // Only its handle counts, for rows that continue the product.
            return true;
        }
        if is_notable {
            let handle = self.group.handle.clone().unwrap_or_default();
            let reason = format!("the product gets the handle {handle}");
            self.group_warning(line, self.columns.name(Column::Handle).to_owned(), reason);
        }
        if is_misquoted {
            let reason = "text follows a closing quotation mark; a quotation mark within a cell must be doubled";
            self.group_warning(line, String::new(), reason.to_owned());
        }
        self.add_to_group(line, record);
        true
    }

    fn group_warning(&mut self, line: u64, column: String, reason: String) {
        let handle = self.group.handle.clone();
        self.group.issues.push(ImportIssue { line, column, handle, severity: IssueSeverity::Warning, reason });
    }

    /// Returns the handle of the rows above if this row without a handle continues their product.
    fn continued_handle(&self, identity: &RowIdentity<'_>, record: &ByteRecord) -> Option<String> {
        let continues = match identity {
            RowIdentity::Handle { .. } => false,
            // The rows of a product with options may all repeat its title.
            RowIdentity::Title(title) => self.group.title == *title && self.has_option_value(record),
            // Exports repeat the handle in every row, but spreadsheets are often edited to have it in the first only.
            RowIdentity::None => true,
        };
        self.group.handle.clone().filter(|_| continues)
    }

    /// Returns the cells that identify the product of a row.
    fn identity<'c>(&self, record: &'c ByteRecord) -> Result<RowIdentity<'c>, CellError> {
        let cell = |column| {
            let cell = self.columns.index(column).and_then(|index| record.get(index)).unwrap_or_default();
            std::str::from_utf8(cell).map(str::trim).map_err(|_| CellError::NotUtf8)
        };
        Ok(match cell(Column::Handle)? {
            "" => match cell(Column::Title)? {
                "" => RowIdentity::None,
                title => RowIdentity::Title(title),
            },
            // A title that is not UTF-8 is reported with the other cells of the row.
            text => RowIdentity::Handle { text, title: cell(Column::Title).unwrap_or_default() },
        })
    }

    fn has_option_value(&self, record: &ByteRecord) -> bool {
        let cell = self.columns.index(Column::Option1Value).and_then(|index| record.get(index)).unwrap_or_default();
        !cell.trim_ascii().is_empty() && !cell.trim_ascii().eq_ignore_ascii_case(b"default title")
    }

    fn add_to_group(&mut self, line: u64, record: &ByteRecord) {
        let error = |column: String, reason: String| ImportIssue {
            line,
            column,
            handle: self.group.handle.clone(),
            severity: IssueSeverity::Error,
            reason,
        };
        let size = record.as_slice().len();
        let issue = if self.group.rows.len() >= MAX_ROWS || self.group.size + size > MAX_BYTES {
            let limit = format!("skipped: a product can have at most {MAX_ROWS} rows and {} MiB", MAX_BYTES >> 20);
            Some(error(String::new(), limit))
        } else if record.iter().skip(self.columns.count()).any(|cell| !cell.is_empty()) {
            let (cells, columns) = (record.len(), self.columns.count());
            let reason = format!("has {cells} cells, but the file has {columns} columns; check the quotation marks");
            Some(error(String::new(), reason))
        } else {
            let index = record.iter().position(|cell| std::str::from_utf8(cell).is_err());
            index.map(|index| error(self.columns.heading(index).to_owned(), CellError::NotUtf8.to_string()))
        };
        match (issue, StringRecord::from_byte_record(record.clone())) {
            (None, Ok(cells)) => {
                self.group.size += size;
                self.group.rows.push(Row { line, cells });
            }
            (issue, _) => {
                self.group.issues.extend(issue);
                self.group.invalid_rows += 1;
            }
        }
    }

    /// Reports a row without a usable handle; returns false if the receiver was dropped.
    fn reject_row(&mut self, line: u64, error: &CellError) -> bool {
        let column = self.columns.name(Column::Handle).to_owned();
        let issue =
            ImportIssue { line, column, handle: None, severity: IssueSeverity::Error, reason: error.to_string() };
        self.group.issues.push(issue);
        // The row may belong to the current product, which then must not lose a variant because of it.
        self.group.invalid_rows += 1;
        self.group.handle.is_some() || self.flush()
    }

    /// Sends the current group; returns false if the receiver was dropped.
    fn flush(&mut self) -> bool {
        let group = std::mem::take(&mut self.group);
        let is_skipped = group.rows.is_empty() && group.invalid_rows == 0;
        if is_skipped && group.issues.is_empty() {
            return true;
        }
        let mut item = ReaderItem {
            issues: group.issues,
            rows: self.rows,
            bytes: self.bytes,
            size: group.size,
            ..ReaderItem::default()
        };
        if let Some(handle) = group.handle {
            let (mut patch, issues) = parse_rows(handle, self.columns, &group.rows, self.exponent);
            if group.rows.is_empty() {
                patch.rejected = true;
                patch.line = item.issues.first().map_or(0, |issue| issue.line);
            }
            patch.invalid_rows += group.invalid_rows;
            patch.is_handle_derived = group.is_handle_derived;
            item.issues.extend(issues);
            item.issues.sort_by_key(|issue| issue.line);
            item.patch = Some(patch);
        } else {
            // A rejected row is flushed at once, before it is counted.
            item.rows += 1;
        }
        self.out.blocking_send(item).is_ok()
    }

    fn abort(mut self, line: u64, reason: &str) {
        // The unreadable rest may have rows of the last product, so none of its variants may be removed.
        self.group.invalid_rows += u64::from(self.group.handle.is_some());
        if !self.flush() {
            return;
        }
        // A dropped receiver needs no report.
        let _ = self.out.blocking_send(read_failure(line, reason, self.rows, self.bytes));
    }
}

fn read_failure(line: u64, reason: &str, rows: u64, bytes: u64) -> ReaderItem {
    let reason = format!("{reason}; the rest of the file was not read");
    let issue = ImportIssue { line, column: String::new(), handle: None, severity: IssueSeverity::Error, reason };
    ReaderItem { issues: vec![issue], rows, bytes, read_failed: true, ..ReaderItem::default() }
}

/// Returns the line where a record begins; `reached` is the parser's line after the record.
fn line_of(record: &ByteRecord, reached: u64, carriage_returns: bool) -> u64 {
    // The parser counts line feeds. Of CR LF it has read only the CR when a record ends, so the LF counts for the next.
    let before = record.position().map_or(1, csv::Position::line) + u64::from(carriage_returns);
    let inside = record.as_slice().iter().filter(|byte| **byte == b'\n').count() as u64;
    let ended = u64::from(!carriage_returns);
    // Its position of a record precedes the empty lines before it; counting back from the end skips them.
    before.max(reached.saturating_sub(inside + ended))
}
