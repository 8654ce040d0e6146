//! Reads a file on a thread of its own, product by product, within a fixed amount of memory.

mod ndjson_reader;
mod source_file;

pub use source_file::{SourceFile, UnsupportedFile};

use super::cells::CellError;
use super::columns::{Column, Columns};
use super::patch::ProductPatch;
use super::rows::{Row, parse_rows};
use super::{Issue, Severity};
use crate::product::{handle_from_title, is_valid_handle};
use csv::{ByteRecord, ReaderBuilder, StringRecord};
use std::fs::File;
use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
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
    pub issues: Vec<Issue>,
    /// The number of rows of the file up to the end of this item.
    pub rows: u64,
    /// The number of bytes of the file up to the end of this item.
    pub bytes: u64,
    /// The size of the item's rows in bytes.
    pub size: usize,
    /// True if the rest of the file cannot be read.
    pub read_failed: bool,
}

/// A reader that fails beyond a moving limit.
///
/// The CSV parser buffers a row until it ends, so the limit on its input is what bounds the memory of a row.
struct LimitedReader<R> {
    inner: R,
    read: u64,
    limit: Arc<AtomicU64>,
}

impl<R: Read> Read for LimitedReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.read > self.limit.load(Ordering::Relaxed) {
            return Err(std::io::Error::new(
                std::io::ErrorKind::InvalidData,
                "the row does not end; a quotation mark is probably not closed",
            ));
        }
        let count = self.inner.read(buffer)?;
        self.read += count as u64;
        Ok(count)
    }
}

/// The adjacent rows of one handle that were read so far.
#[derive(Default)]
struct RowGroup {
    handle: Option<String>,
    rows: Vec<Row>,
    issues: Vec<Issue>,
    invalid_rows: u64,
    size: usize,
}

struct CsvReader<'r> {
    columns: &'r Arc<Columns>,
    exponent: u32,
    out: &'r Sender<ReaderItem>,
    group: RowGroup,
    /// The number of rows before the current one.
    rows: u64,
    /// The number of bytes before the current row.
    bytes: u64,
}

impl CsvReader<'_> {
    fn read(mut self, file: File, delimiter: u8, carriage_returns: bool, skip: u64) {
        let limit = Arc::new(AtomicU64::new(0));
        let limited = LimitedReader { inner: file, read: 0, limit: Arc::clone(&limit) };
        let mut reader = ReaderBuilder::new()
            .delimiter(delimiter)
            .has_headers(true)
            .flexible(true)
            .buffer_capacity(BUFFER_SIZE)
            .from_reader(limited);
        let mut record = ByteRecord::new();
        loop {
            let position = reader.position().byte();
            // The parser may have buffered input beyond its position, so the limit includes one buffer more.
            limit.store(position + (MAX_BYTES + BUFFER_SIZE) as u64, Ordering::Relaxed);
            self.bytes = position;
            match reader.read_byte_record(&mut record) {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    let line = record.position().map_or(1, csv::Position::line);
                    return self.abort(line + u64::from(carriage_returns), &error);
                }
            }
            let line = line_of(&record, reader.position().line(), carriage_returns);
            if self.rows >= skip && !self.add_row(line, &record) {
                return;
            }
            self.rows += 1;
        }
        self.flush();
    }

    /// Adds a row to the group of its handle; returns false if the receiver was dropped.
    fn add_row(&mut self, line: u64, record: &ByteRecord) -> bool {
        if record.iter().all(|cell| cell.iter().all(u8::is_ascii_whitespace)) {
            return true;
        }
        let handle = match self.handle(record) {
            Ok(Some(handle)) => handle,
            // Exports repeat the handle in every row, but spreadsheets are often edited to have it in the first only.
            Ok(None) => match &self.group.handle {
                Some(handle) => handle.clone(),
                None => return self.reject_row(line, &CellError::Missing),
            },
            Err(error) => return self.reject_row(line, &error),
        };
        if self.group.handle.as_ref() != Some(&handle) {
            if !self.flush() {
                return false;
            }
            self.group.handle = Some(handle);
        }
        self.add_to_group(line, record);
        true
    }

    /// Returns the handle of a row, derived from the title if it has none; `None` if the row has neither.
    fn handle(&self, record: &ByteRecord) -> Result<Option<String>, CellError> {
        let cell = |column| {
            let cell = self.columns.index(column).and_then(|index| record.get(index)).unwrap_or_default();
            std::str::from_utf8(cell).map(str::trim).map_err(|_| CellError::NotUtf8)
        };
        let handle = cell(Column::Handle)?;
        if is_valid_handle(handle) {
            return Ok(Some(handle.to_owned()));
        }
        let text = if handle.is_empty() { cell(Column::Title)? } else { handle };
        if text.is_empty() {
            return Ok(None);
        }
        match handle_from_title(text) {
            derived if derived.is_empty() => Err(CellError::NotAHandle(text.into())),
            derived => Ok(Some(derived)),
        }
    }

    fn add_to_group(&mut self, line: u64, record: &ByteRecord) {
        let error = |column: String, reason: String| Issue {
            line,
            column,
            handle: self.group.handle.clone(),
            severity: Severity::Error,
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
        let issue = Issue { line, column, handle: None, severity: Severity::Error, reason: error.to_string() };
        self.group.issues.push(issue);
        // The row may belong to the current product, which then must not lose a variant because of it.
        self.group.invalid_rows += 1;
        self.group.handle.is_some() || self.flush()
    }

    /// Sends the current group; returns false if the receiver was dropped.
    fn flush(&mut self) -> bool {
        let group = std::mem::take(&mut self.group);
        if group.handle.is_none() && group.issues.is_empty() {
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
            item.issues.extend(issues);
            item.issues.sort_by_key(|issue| issue.line);
            item.patch = Some(patch);
        } else {
            // A rejected row is flushed at once, before it is counted.
            item.rows += 1;
        }
        self.out.blocking_send(item).is_ok()
    }

    fn abort(mut self, line: u64, error: &csv::Error) {
        // The unreadable rest may have rows of the last product, so none of its variants may be removed.
        self.group.invalid_rows += u64::from(self.group.handle.is_some());
        if !self.flush() {
            return;
        }
        let reason = match error.kind() {
            csv::ErrorKind::Io(error) => error.to_string(),
            _ => error.to_string(),
        };
        // A dropped receiver needs no report.
        let _ = self.out.blocking_send(read_failure(line, &reason, self.rows, self.bytes));
    }
}

fn read_failure(line: u64, reason: &str, rows: u64, bytes: u64) -> ReaderItem {
    let reason = format!("{reason}; the rest of the file was not read");
    let issue = Issue { line, column: String::new(), handle: None, severity: Severity::Error, reason };
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
