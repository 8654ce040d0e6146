//! Reads NDJSON line by line.

use super::{BUFFER_SIZE, CellError, MAX_BYTES, ReaderItem, read_failure};
use crate::import::{ImportIssue, IssueSeverity, ndjson};
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use tokio::sync::mpsc::Sender;

/// Sends the products after the first `skip` lines, until the file ends or the receiver is dropped.
pub fn read(file: File, skip: u64, out: &Sender<ReaderItem>) {
    let mut reader = BufReader::with_capacity(BUFFER_SIZE, file);
    let (mut rows, mut bytes) = (0, 0);
    let mut text = Vec::new();
    loop {
        text.clear();
        // One byte more than the limit distinguishes a line that is too long from one of exactly the limit.
        let failure = match reader.by_ref().take(MAX_BYTES as u64 + 1).read_until(b'\n', &mut text) {
            Ok(0) => return,
            Ok(read) if read > MAX_BYTES => Some(format!("the line is longer than {} MiB", MAX_BYTES >> 20)),
            Ok(_) => None,
            Err(error) => Some(error.to_string()),
        };
        if let Some(reason) = failure {
            // A dropped receiver needs no report.
            let _ = out.blocking_send(read_failure(rows + 1, &reason, rows, bytes));
            return;
        }
        rows += 1;
        bytes += text.len() as u64;
        let content = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&text).trim_ascii();
        if rows <= skip || content.is_empty() {
            continue;
        }
        let item = ReaderItem { rows, bytes, size: text.len(), ..ReaderItem::default() };
        let item = match std::str::from_utf8(content) {
            Ok(content) => match ndjson::parse_line(rows, content) {
                Ok((patch, issues)) => ReaderItem { patch: Some(patch), issues, ..item },
                Err(issue) => ReaderItem { issues: vec![issue], ..item },
            },
            Err(_) => {
                let reason = CellError::NotUtf8.to_string();
                let issue = ImportIssue {
                    line: rows,
                    column: String::new(),
                    handle: None,
                    severity: IssueSeverity::Error,
                    reason,
                };
                ReaderItem { issues: vec![issue], ..item }
            }
        };
        if out.blocking_send(item).is_err() {
            return;
        }
    }
}
