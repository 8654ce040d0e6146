//! Opens a file of products: determines its format, digest and columns.

use super::{BUFFER_SIZE, CsvReader, ReaderItem, RowGroup, ndjson_reader};
use crate::import::columns::Columns;
use crate::import::{Format, ImportError};
use chassis::secret;
use csv::{ByteRecord, ReaderBuilder};
use std::fs::File;
use std::io::{BufReader, Read};
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
    /// The header row has neither of the columns that identify a product.
    #[error("This is not a product CSV: its first row has no column Handle or Title. The first columns are: {0}.")]
    Columns(String),
}

/// An opened file of products.
pub struct SourceFile {
    file: File,
    format: Format,
    /// The size of the file in bytes.
    pub bytes: u64,
    /// The digest of the file's content, which identifies the file across runs.
    pub digest: String,
    csv: Option<CsvLayout>,
}

struct CsvLayout {
    columns: Arc<Columns>,
    delimiter: u8,
    /// True if lines end in CR LF.
    carriage_returns: bool,
}

impl SourceFile {
    /// Opens the file, computes its digest and parses its header row.
    pub fn open(path: &Path) -> Result<Self, ImportError> {
        let failed = |source: std::io::Error| ImportError::File { path: path.to_owned(), source };
        let format = Format::of(path).ok_or_else(|| UnsupportedFile::Extension(path.to_owned()))?;
        let mut head = Vec::new();
        File::open(path).map_err(failed)?.take(BUFFER_SIZE as u64).read_to_end(&mut head).map_err(failed)?;
        // Excel's "Unicode Text" is UTF-16; without this check every cell would be reported as invalid.
        if head.starts_with(&[0xff, 0xfe]) || head.starts_with(&[0xfe, 0xff]) {
            return Err(UnsupportedFile::Utf16.into());
        }
        // Read to the end before the import: the digest decides whether an earlier run of this content is resumed.
        let (digest, bytes) = digest(File::open(path).map_err(failed)?).map_err(failed)?;
        let csv = match format {
            Format::Csv => Some(csv_layout(&head)?),
            Format::Ndjson => None,
        };
        Ok(Self { file: File::open(path).map_err(failed)?, format, bytes, digest, csv })
    }

    /// Sends the products after the first `skip` rows, until the file ends or the receiver is dropped.
    pub fn read(self, skip: u64, exponent: u32, out: &Sender<ReaderItem>) {
        match (self.format, self.csv) {
            (Format::Csv, Some(CsvLayout { columns, delimiter, carriage_returns })) => {
                let reader =
                    CsvReader { columns: &columns, exponent, out, group: RowGroup::default(), rows: 0, bytes: 0 };
                reader.read(self.file, delimiter, carriage_returns, skip);
            }
            _ => ndjson_reader::read(self.file, skip, out),
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

/// Parses the header row and detects the delimiter and the line ends.
fn csv_layout(head: &[u8]) -> Result<CsvLayout, UnsupportedFile> {
    let mut quoted = false;
    // A heading in quotation marks may contain line breaks.
    let end = head.iter().position(|byte| {
        quoted ^= *byte == b'"';
        *byte == b'\n' && !quoted
    });
    let line = &head[..end.unwrap_or(head.len())];
    let count = |delimiter: u8| line.iter().filter(|byte| **byte == delimiter).count();
    let delimiter = if count(b'\t') > count(b',') {
        b'\t'
    } else if count(b';') > count(b',') {
        b';'
    } else {
        b','
    };
    let mut reader = ReaderBuilder::new().delimiter(delimiter).has_headers(false).from_reader(line);
    let mut record = ByteRecord::new();
    // An unreadable header leaves the record empty, which is refused below for its missing columns.
    let _ = reader.read_byte_record(&mut record);
    let headings = record.iter().map(|cell| String::from_utf8_lossy(cell).into_owned()).collect();
    let columns = Arc::new(Columns::from_headings(headings)?);
    Ok(CsvLayout { columns, delimiter, carriage_returns: line.ends_with(b"\r") })
}
