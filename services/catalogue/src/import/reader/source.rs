//! A file of products before it is read: its format, its digest, its columns.

use super::{BUFFER, Held, Message, Rows, lines};
use crate::import::columns::Columns;
use crate::import::{Format, ImportError};
use chassis::secret;
use csv::{ByteRecord, ReaderBuilder};
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;
use std::sync::Arc;
use tokio::sync::mpsc::Sender;

/// A file of products, before it is read.
pub struct Source {
    file: File,
    format: Format,
    /// Its size.
    pub bytes: u64,
    /// What its content is told by.
    pub digest: String,
    columns: Option<(Arc<Columns>, u8, bool)>,
}

impl Source {
    /// Opens the file, reads it once for its digest, and reads its first row.
    pub fn open(path: &Path) -> Result<Self, ImportError> {
        let fault = |error: std::io::Error| ImportError::File { path: path.to_owned(), reason: error.to_string() };
        let format = Format::of(path).ok_or_else(|| {
            ImportError::NotProducts(format!(
                "{}: the name of the file ends in .csv, .tsv, .ndjson or .jsonl",
                path.display()
            ))
        })?;
        let mut head = Vec::new();
        File::open(path).map_err(fault)?.take(BUFFER as u64).read_to_end(&mut head).map_err(fault)?;
        if head.starts_with(&[0xff, 0xfe]) || head.starts_with(&[0xfe, 0xff]) {
            return Err(ImportError::NotProducts("The file is in UTF-16. Save it as CSV in UTF-8.".to_owned()));
        }
        let (digest, bytes) = digest(File::open(path).map_err(fault)?).map_err(fault)?;
        let columns = match format {
            Format::Csv => Some(first_row(&head)?),
            Format::Ndjson => None,
        };
        Ok(Self { file: File::open(path).map_err(fault)?, format, bytes, digest, columns })
    }

    /// Sends the products behind the first `skip` rows, until the file ends or nobody listens.
    pub fn read(self, skip: u64, exponent: u32, out: &Sender<Message>) {
        match (self.format, self.columns) {
            (Format::Csv, Some((columns, delimiter, carriage_returns))) => {
                let reading = Rows { columns: &columns, exponent, out, held: Held::default(), rows: 0, bytes: 0 };
                reading.read(self.file, delimiter, carriage_returns, skip);
            }
            _ => lines::read(self.file, skip, out),
        }
    }
}

/// A digest of the content, chunk by chunk: two files with the same content have the same.
fn digest(file: File) -> std::io::Result<(String, u64)> {
    let mut reader = BufReader::with_capacity(BUFFER, file);
    let (mut state, mut bytes) = ([0; 32], 0);
    let mut chunk = Vec::with_capacity(BUFFER + 32);
    loop {
        chunk.clear();
        chunk.extend_from_slice(&state);
        let read = reader.by_ref().take(BUFFER as u64).read_to_end(&mut chunk)?;
        if read == 0 {
            return Ok((secret::sha256_hex(&state), bytes));
        }
        bytes += read as u64;
        state = secret::sha256(&chunk);
    }
}

/// The columns, what separates them, and whether lines end in CR LF.
fn first_row(head: &[u8]) -> Result<(Arc<Columns>, u8, bool), ImportError> {
    let mut quoted = false;
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
    let _ = reader.read_byte_record(&mut record);
    let headings = record.iter().map(|cell| String::from_utf8_lossy(cell).into_owned()).collect();
    Ok((Arc::new(Columns::read(headings)?), delimiter, line.ends_with(b"\r")))
}
