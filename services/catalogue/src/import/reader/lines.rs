//! NDJSON, line by line.

use super::{BUFFER, MOST_BYTES, Message, broken};
use crate::import::{Issue, Severity, ndjson};
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use tokio::sync::mpsc::Sender;

/// Sends the products behind the first `skip` lines.
pub fn read(file: File, skip: u64, out: &Sender<Message>) {
    let mut reader = BufReader::with_capacity(BUFFER, file);
    let (mut rows, mut bytes) = (0, 0);
    let mut text = Vec::new();
    loop {
        text.clear();
        let read = match reader.by_ref().take(MOST_BYTES as u64 + 1).read_until(b'\n', &mut text) {
            Ok(0) => return,
            Ok(read) if read > MOST_BYTES => Err(format!("is longer than {} MiB", MOST_BYTES >> 20)),
            Ok(read) => Ok(read),
            Err(error) => Err(error.to_string()),
        };
        let read = match read {
            Ok(read) => read,
            Err(reason) => {
                let _ = out.blocking_send(broken(rows + 1, &reason, rows, bytes));
                return;
            }
        };
        rows += 1;
        bytes += read as u64;
        let content = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&text).trim_ascii();
        if rows <= skip || content.is_empty() {
            continue;
        }
        let message = Message { rows, bytes, size: read, ..Message::default() };
        let message = match std::str::from_utf8(content) {
            Ok(content) => match ndjson::read(rows, content) {
                Ok((patch, issues)) => Message { patch: Some(patch), issues, ..message },
                Err(issue) => Message { issues: vec![issue], ..message },
            },
            Err(_) => {
                let reason = "is not in UTF-8".to_owned();
                let issue =
                    Issue { line: rows, column: String::new(), handle: None, severity: Severity::Error, reason };
                Message { issues: vec![issue], ..message }
            }
        };
        if out.blocking_send(message).is_err() {
            return;
        }
    }
}
