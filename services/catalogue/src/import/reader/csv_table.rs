//! Reads a CSV row by row, whatever its columns are.

use super::quotes::QuoteReader;
use super::source_file::{Header, beginning, header};
use super::{BUFFER_SIZE, MAX_BYTES, line_of};
use crate::import::ImportError;
use crate::import::columns::normalise;
use csv::{ByteRecord, ReaderBuilder, StringRecord};
use std::fs::File;
use std::io::{Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// A CSV file whose header row has been read.
pub struct CsvTable {
    path: PathBuf,
    /// The size of the file in bytes.
    pub bytes: u64,
    header: Header,
    headings: Vec<String>,
}

impl CsvTable {
    /// Opens the file and parses its header row.
    ///
    /// # Errors
    /// When it cannot be read or is in UTF-16.
    pub fn open(path: &Path) -> Result<Self, ImportError> {
        let header = header(&beginning(path)?);
        let failed = |source: std::io::Error| ImportError::File { path: path.to_owned(), source };
        let bytes = std::fs::metadata(path).map_err(failed)?.len();
        let headings = header.headings.iter().map(|heading| normalise(heading)).collect();
        Ok(Self { path: path.to_owned(), bytes, header, headings })
    }

    /// Returns the headings in lower case, with single spaces.
    pub fn headings(&self) -> &[String] {
        &self.headings
    }

    /// Returns the headings as in the file.
    pub fn titles(&self) -> &[String] {
        &self.header.headings
    }

    /// Calls `each` with the line and the cells of every row that is not empty.
    ///
    /// # Errors
    /// When the rest of the file cannot be read.
    pub fn read(self, mut each: impl FnMut(u64, &StringRecord)) -> Result<(), ImportError> {
        let failed = |source: std::io::Error| ImportError::File { path: self.path.clone(), source };
        let mut file = File::open(&self.path).map_err(failed)?;
        file.seek(SeekFrom::Start(self.header.skipped_bytes)).map_err(failed)?;
        let mut reader = ReaderBuilder::new()
            .delimiter(self.header.delimiter)
            .flexible(true)
            .buffer_capacity(BUFFER_SIZE)
            .from_reader(QuoteReader::new(file, self.header.delimiter));
        let mut record = ByteRecord::new();
        loop {
            let position = reader.position().byte();
            reader.get_mut().set_limit(position + (MAX_BYTES + BUFFER_SIZE) as u64);
            if !reader.read_byte_record(&mut record).map_err(|error| failed(error.into()))? {
                return Ok(());
            }
            let end = reader.position();
            let line = line_of(&record, end.line(), self.header.carriage_returns) + self.header.skipped_lines;
            if reader.get_ref().is_unclosed(end.byte()) {
                let reason = format!("line {line}: a quotation mark is not closed");
                return Err(failed(std::io::Error::new(std::io::ErrorKind::InvalidData, reason)));
            }
            if record.iter().all(|cell| cell.trim_ascii().is_empty()) {
                continue;
            }
            each(line, &StringRecord::from_byte_record_lossy(record.clone()));
        }
    }
}
