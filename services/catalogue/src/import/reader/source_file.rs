//! Opens a file of products: determines its format, digest and columns.

use super::handles::Handles;
use super::quotes::QuoteReader;
use super::{BUFFER_SIZE, CsvReader, CsvTable, MAX_BYTES, ReaderItem, ndjson_reader, woocommerce};
use crate::import::columns::{Column, Columns};
use crate::import::formats::OtherFormat;
use crate::import::{Format, ImportError};
use crate::product::is_valid_handle;
use chassis::secret;
use csv::{ByteRecord, ReaderBuilder};
use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::mpsc::Sender;

/// A file that cannot be imported, whatever its rows are.
#[derive(Debug, thiserror::Error)]
pub enum UnsupportedFile {
    #[error("{0}: the file name must end in .csv, .tsv, .ndjson or .jsonl")]
    Extension(PathBuf),
    #[error("The file is in UTF-16. Save it as CSV in UTF-8.")]
    Utf16,
    #[error("The file is empty.")]
    Empty,
    /// The file belongs to another tool.
    #[error("This is {}, which cannot be imported as products. {}", .0.name, .0.advice)]
    Format(OtherFormat),
    /// The header row has no column that identifies a product.
    #[error(
        "This is not a product CSV: its first row has no column Handle or URL handle, and no columns of Shopify's CSV \
         beside a title. The first columns are: {0}."
    )]
    Columns(String),
    /// The file is not an inventory CSV.
    #[error("This is not an inventory CSV of Shopify: it has no columns SKU and On hand. The first columns are: {0}.")]
    NotInventory(String),
}

/// An opened file of products.
pub struct SourceFile {
    file: File,
    /// The size of the file in bytes.
    pub bytes: u64,
    /// The digest of the file's content, which identifies the file across runs.
    pub digest: String,
    layout: Layout,
}

/// The way in which a file describes products.
enum Layout {
    /// The product CSV of Shopify, with the handles that it gives, which must not be chosen for rows without one.
    Shopify(CsvLayout, Handles),
    WooCommerce(CsvTable),
    Ndjson,
}

pub(super) struct CsvLayout {
    columns: Arc<Columns>,
    pub(super) header: Header,
}

/// The header row of a CSV, with what precedes it.
pub(super) struct Header {
    /// The headings as in the file.
    pub(super) headings: Vec<String>,
    pub(super) delimiter: u8,
    /// True if lines end in CR LF.
    pub(super) carriage_returns: bool,
    /// The size of what precedes the header row: empty lines and the line that names the delimiter.
    pub(super) skipped_bytes: u64,
    pub(super) skipped_lines: u64,
}

impl SourceFile {
    /// Opens the file, computes its digest and parses its header row.
    pub fn open(path: &Path) -> Result<Self, ImportError> {
        let failed = |source: std::io::Error| ImportError::File { path: path.to_owned(), source };
        let format = Format::of(path).ok_or_else(|| UnsupportedFile::Extension(path.to_owned()))?;
        let head = beginning(path)?;
        // Read to the end before the import: the digest decides whether an earlier run of this content is resumed.
        let (digest, bytes) = digest(File::open(path).map_err(failed)?).map_err(failed)?;
        let mut file = File::open(path).map_err(failed)?;
        let table = if format == Format::Csv { Some(CsvTable::open(path)?) } else { None };
        let layout = match table {
            None => Layout::Ndjson,
            Some(table) if woocommerce::is_woocommerce(table.headings()) => Layout::WooCommerce(table),
            Some(_) => {
                let layout = csv_layout(&head)?;
                let mut handles = Handles::default();
                let start = SeekFrom::Start(layout.header.skipped_bytes);
                file.seek(start).map_err(failed)?;
                record_handles(&file, &layout, &mut handles);
                file.seek(start).map_err(failed)?;
                Layout::Shopify(layout, handles)
            }
        };
        Ok(Self { file, bytes, digest, layout })
    }

    /// Returns true if the file can give the stock of its SKUs.
    pub fn has_quantities(&self) -> bool {
        match &self.layout {
            Layout::Shopify(layout, _) => layout.columns.has(Column::Quantity),
            Layout::WooCommerce(table) => woocommerce::has_quantities(table),
            Layout::Ndjson => true,
        }
    }

    /// Sends the products after the first `skip` rows, until the file ends or the receiver is dropped.
    pub fn read(self, skip: u64, exponent: u32, out: &Sender<ReaderItem>) {
        match self.layout {
            Layout::Shopify(layout, handles) => {
                CsvReader::new(&layout.columns, handles, exponent, out).read(self.file, &layout, skip);
            }
            Layout::WooCommerce(table) => woocommerce::read(table, skip, exponent, out),
            Layout::Ndjson => ndjson_reader::read(self.file, skip, out),
        }
    }
}

/// Returns a digest of the content and its size. Hashes chunk by chunk, each together with the previous digest.
fn digest(file: File) -> std::io::Result<(String, u64)> {
    let mut reader = BufReader::with_capacity(BUFFER_SIZE, file);
    let (mut state, mut bytes) = ([0; 32], 0);
    let mut chunk = Vec::with_capacity(BUFFER_SIZE + 32);
    loop {
        chunk.clear();
        chunk.extend_from_slice(&state);
        let read = reader.by_ref().take(BUFFER_SIZE as u64).read_to_end(&mut chunk)?;
        if read == 0 {
            return Ok((secret::sha256_hex(&state), bytes));
        }
        bytes += read as u64;
        state = secret::sha256(&chunk);
    }
}

/// Records the handles that the file gives, up to the first row that cannot be read.
fn record_handles(file: &File, layout: &CsvLayout, handles: &mut Handles) {
    let Some(index) = layout.columns.index(Column::Handle) else { return };
    let delimiter = layout.header.delimiter;
    let reader = QuoteReader::new(file, delimiter);
    let mut reader = ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(reader);
    let mut record = ByteRecord::new();
    loop {
        let limit = reader.position().byte() + MAX_BYTES as u64;
        reader.get_mut().set_limit(limit);
        if !matches!(reader.read_byte_record(&mut record), Ok(true)) {
            return;
        }
        let handle = record.get(index).and_then(|cell| std::str::from_utf8(cell).ok()).map(str::trim);
        if let Some(handle) = handle.filter(|handle| is_valid_handle(handle)) {
            handles.record(handle);
        }
    }
}

/// Returns the first line, in which quotation marks may contain line breaks.
fn first_line(text: &[u8]) -> &[u8] {
    let mut quoted = false;
    let end = text.iter().position(|byte| {
        quoted ^= *byte == b'"';
        *byte == b'\n' && !quoted
    });
    end.map_or(text, |end| &text[..=end])
}

/// Returns the beginning of a file, which has the header row.
pub(super) fn beginning(path: &Path) -> Result<Vec<u8>, ImportError> {
    let failed = |source: std::io::Error| ImportError::File { path: path.to_owned(), source };
    let mut head = Vec::new();
    File::open(path).map_err(failed)?.take(BUFFER_SIZE as u64).read_to_end(&mut head).map_err(failed)?;
    // Excel's "Unicode Text" is UTF-16; without this check every cell would be reported as invalid.
    if head.starts_with(&[0xff, 0xfe]) || head.starts_with(&[0xfe, 0xff]) {
        return Err(UnsupportedFile::Utf16.into());
    }
    Ok(head)
}

fn csv_layout(head: &[u8]) -> Result<CsvLayout, UnsupportedFile> {
    let header = header(head);
    Ok(CsvLayout { columns: Arc::new(Columns::from_headings(header.headings.clone())?), header })
}

/// Finds and parses the header row and detects the delimiter and the line ends.
pub(super) fn header(head: &[u8]) -> Header {
    let (mut named_delimiter, mut skipped_bytes, mut skipped_lines) = (None, 0, 0);
    let line = loop {
        let line = first_line(&head[skipped_bytes..]);
        let content = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line).trim_ascii();
        // Excel writes and reads a line such as `sep=;`, which names the delimiter.
        if let [b's' | b'S', b'e' | b'E', b'p' | b'P', b'=', delimiter] = content {
            named_delimiter = Some(*delimiter);
        } else if line.is_empty() || content.iter().any(|byte| !b",;\t\"".contains(byte)) {
            break line;
        }
        skipped_bytes += line.len();
        skipped_lines += 1;
    };
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    let count = |delimiter: u8| line.iter().filter(|byte| **byte == delimiter).count();
    let delimiter = named_delimiter.unwrap_or_else(|| {
        if count(b'\t') > count(b',') {
            b'\t'
        } else if count(b';') > count(b',') {
            b';'
        } else {
            b','
        }
    });
    let mut reader = ReaderBuilder::new().delimiter(delimiter).has_headers(false).from_reader(line);
    let mut record = ByteRecord::new();
    // An unreadable header leaves the record empty, which is refused for its missing columns.
    let _ = reader.read_byte_record(&mut record);
    Header {
        headings: record.iter().map(|cell| String::from_utf8_lossy(cell).into_owned()).collect(),
        delimiter,
        carriage_returns: line.ends_with(b"\r"),
        skipped_bytes: skipped_bytes as u64,
        skipped_lines,
    }
}
