//! Reads a file in a thread of its own, product by product, in memory of a fixed size.

mod lines;
mod source;

pub use source::Source;

use super::columns::{Column, Columns};
use super::patch::Patch;
use super::rows::{Row, fold};
use super::{Issue, Severity};
use crate::product::{handle_of, is_handle};
use csv::{ByteRecord, ReaderBuilder, StringRecord};
use std::fs::File;
use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::mpsc::Sender;

/// The longest row, and the most that the rows of one product may have together. A longer row is one whose quotation mark
/// is not closed.
const MOST_BYTES: usize = 4 << 20;
/// The most rows of one product: the most variants and the most pictures.
const MOST_ROWS: usize = 2250;
const BUFFER: usize = 64 << 10;

/// A product of the file, or rows that belong to none.
#[derive(Debug, Default)]
pub struct Message {
    /// The product.
    pub patch: Option<Patch>,
    /// What is wrong with its rows.
    pub issues: Vec<Issue>,
    /// How many rows of the file are done with it, from its beginning.
    pub rows: u64,
    /// How many bytes.
    pub bytes: u64,
    /// How many bytes its rows have together.
    pub size: usize,
    /// Whether the rest of the file cannot be read.
    pub broken: bool,
}

/// Fails when more is read than was allowed, which is when a row does not end.
struct Bounded<R> {
    inner: R,
    read: u64,
    allowed: Arc<AtomicU64>,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.read > self.allowed.load(Ordering::Relaxed) {
            return Err(std::io::Error::new(
                std::io::ErrorKind::InvalidData,
                "a row does not end; a quotation mark is probably not closed",
            ));
        }
        let count = self.inner.read(buffer)?;
        self.read += count as u64;
        Ok(count)
    }
}

/// The rows of one handle, until another comes.
#[derive(Default)]
struct Held {
    handle: Option<String>,
    rows: Vec<Row>,
    issues: Vec<Issue>,
    faulty: u64,
    size: usize,
}

struct Rows<'r> {
    columns: &'r Arc<Columns>,
    exponent: u32,
    out: &'r Sender<Message>,
    held: Held,
    /// Rows and bytes behind the held ones.
    rows: u64,
    bytes: u64,
}

impl Rows<'_> {
    fn read(mut self, file: File, delimiter: u8, carriage_returns: bool, skip: u64) {
        let allowed = Arc::new(AtomicU64::new(0));
        let bounded = Bounded { inner: file, read: 0, allowed: Arc::clone(&allowed) };
        let mut reader = ReaderBuilder::new()
            .delimiter(delimiter)
            .has_headers(true)
            .flexible(true)
            .buffer_capacity(BUFFER)
            .from_reader(bounded);
        let mut record = ByteRecord::new();
        loop {
            let reached = reader.position().byte();
            allowed.store(reached + (MOST_BYTES + BUFFER) as u64, Ordering::Relaxed);
            self.bytes = reached;
            match reader.read_byte_record(&mut record) {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    let begun = record.position().map_or(1, csv::Position::line);
                    return self.stop(begun + u64::from(carriage_returns), &error);
                }
            }
            let line = line_of(&record, reader.position().line(), carriage_returns);
            if self.rows >= skip && !self.row(line, &record) {
                return;
            }
            self.rows += 1;
        }
        self.flush();
    }

    /// Takes a row; false when nobody listens any more.
    fn row(&mut self, line: u64, record: &ByteRecord) -> bool {
        if record.iter().all(|cell| cell.iter().all(u8::is_ascii_whitespace)) {
            return true;
        }
        let handle = match self.handle(record) {
            Ok(Some(handle)) => handle,
            Ok(None) => match &self.held.handle {
                Some(handle) => handle.clone(),
                None => return self.stray(line, self.columns.name(Column::Handle).to_owned(), "is missing".to_owned()),
            },
            Err(reason) => return self.stray(line, self.columns.name(Column::Handle).to_owned(), reason),
        };
        if self.held.handle.as_ref() != Some(&handle) {
            if !self.flush() {
                return false;
            }
            self.held.handle = Some(handle);
        }
        self.hold(line, record);
        true
    }

    /// The product that a row is of; none when it is that of the row above.
    fn handle(&self, record: &ByteRecord) -> Result<Option<String>, String> {
        let cell = |column| {
            let cell = self.columns.place(column).and_then(|place| record.get(place)).unwrap_or_default();
            std::str::from_utf8(cell).map(str::trim).map_err(|_| "is not in UTF-8".to_owned())
        };
        let (handle, made) = match cell(Column::Handle)? {
            "" => match cell(Column::Title)? {
                "" => return Ok(None),
                title => (title, true),
            },
            handle => (handle, false),
        };
        if !made && is_handle(handle) {
            return Ok(Some(handle.to_owned()));
        }
        match handle_of(handle) {
            plain if plain.is_empty() => Err(format!("{handle:?} has no letters or digits to make a handle of")),
            plain => Ok(Some(plain)),
        }
    }

    fn hold(&mut self, line: u64, record: &ByteRecord) {
        let fault = |column: String, reason: String| Issue {
            line,
            column,
            handle: self.held.handle.clone(),
            severity: Severity::Error,
            reason,
        };
        let size = record.as_slice().len();
        let broken = if self.held.rows.len() >= MOST_ROWS || self.held.size + size > MOST_BYTES {
            Some(fault(String::new(), format!("a product has at most {MOST_ROWS} rows and {} MiB", MOST_BYTES >> 20)))
        } else if record.iter().skip(self.columns.count()).any(|cell| !cell.is_empty()) {
            Some(fault(
                String::new(),
                format!("has {} cells for {} columns; check its quotation marks", record.len(), self.columns.count()),
            ))
        } else {
            let place = record.iter().position(|cell| std::str::from_utf8(cell).is_err());
            place.map(|place| fault(self.columns.heading(place).to_owned(), "is not in UTF-8".to_owned()))
        };
        match (broken, StringRecord::from_byte_record(record.clone())) {
            (None, Ok(cells)) => {
                self.held.size += size;
                self.held.rows.push(Row { line, cells });
            }
            (broken, _) => {
                self.held.issues.extend(broken);
                self.held.faulty += 1;
            }
        }
    }

    /// A row that cannot be told to any product; perhaps it was of the one that is held.
    fn stray(&mut self, line: u64, column: String, reason: String) -> bool {
        let handle = self.held.handle.clone();
        self.held.issues.push(Issue { line, column, handle: None, severity: Severity::Error, reason });
        self.held.faulty += 1;
        if handle.is_none() { self.flush() } else { true }
    }

    /// Sends what is held.
    fn flush(&mut self) -> bool {
        let held = std::mem::take(&mut self.held);
        if held.handle.is_none() && held.issues.is_empty() {
            return true;
        }
        let mut message =
            Message { issues: held.issues, rows: self.rows, bytes: self.bytes, size: held.size, ..Message::default() };
        if let Some(handle) = held.handle {
            let (mut patch, issues) = fold(handle, self.columns, &held.rows, self.exponent);
            if held.rows.is_empty() {
                patch.refused = true;
                patch.line = message.issues.first().map_or(0, |issue| issue.line);
            }
            patch.faulty_rows += held.faulty;
            message.issues.extend(issues);
            message.issues.sort_by_key(|issue| issue.line);
            message.patch = Some(patch);
        } else {
            // The stray row itself is done, too.
            message.rows += 1;
        }
        self.out.blocking_send(message).is_ok()
    }

    fn stop(mut self, line: u64, error: &csv::Error) {
        // Rows of the last product may be among those that cannot be read: it must not lose variants.
        self.held.faulty += u64::from(self.held.handle.is_some());
        if !self.flush() {
            return;
        }
        let reason = match error.kind() {
            csv::ErrorKind::Io(error) => error.to_string(),
            _ => error.to_string(),
        };
        let _ = self.out.blocking_send(broken(line, &reason, self.rows, self.bytes));
    }
}

fn broken(line: u64, reason: &str, rows: u64, bytes: u64) -> Message {
    let reason = format!("{reason}. What follows was not read.");
    let issue = Issue { line, column: String::new(), handle: None, severity: Severity::Error, reason };
    Message { issues: vec![issue], rows, bytes, broken: true, ..Message::default() }
}

/// The line where a record begins. The reader counts line feeds: of a CR LF it has read only the CR when a record ends,
/// and the empty lines before a record count as read with it.
fn line_of(record: &ByteRecord, reached: u64, carriage_returns: bool) -> u64 {
    let before = record.position().map_or(1, csv::Position::line) + u64::from(carriage_returns);
    let inside = record.as_slice().iter().filter(|byte| **byte == b'\n').count() as u64;
    let ended = u64::from(!carriage_returns);
    before.max(reached.saturating_sub(inside + ended))
}
