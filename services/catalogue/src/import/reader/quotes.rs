//! Follows the quotation marks of a CSV, because the parser accepts misplaced ones without a word.

use std::collections::VecDeque;
use std::io::Read;

/// Where the bytes read so far end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    FieldStart,
    Unquoted,
    Quoted,
    /// After a quotation mark within a quoted field: its end, or the first of two that stand for one.
    AfterQuote,
    /// After white space behind a quoted field.
    AfterField,
}

/// A reader that follows quotation marks and fails beyond a moving limit.
///
/// The CSV parser buffers a row until it ends, so the limit on its input is what bounds the memory of a row.
pub struct QuoteReader<R> {
    inner: R,
    delimiter: u8,
    state: State,
    read: u64,
    limit: u64,
    is_at_end: bool,
    /// The positions of text that follows a closing quotation mark.
    misplaced: VecDeque<u64>,
}

impl<R: Read> QuoteReader<R> {
    pub fn new(inner: R, delimiter: u8) -> Self {
        Self {
            inner,
            delimiter,
            state: State::FieldStart,
            read: 0,
            limit: 0,
            is_at_end: false,
            misplaced: VecDeque::new(),
        }
    }

    /// Allows to read up to this position.
    pub const fn set_limit(&mut self, limit: u64) {
        self.limit = limit;
    }

    /// Returns true if quotation marks were misplaced before this position, and forgets them.
    pub fn take_misplaced(&mut self, before: u64) -> bool {
        let mut found = false;
        while self.misplaced.front().is_some_and(|position| *position < before) {
            self.misplaced.pop_front();
            found = true;
        }
        found
    }

    /// Returns true if the input has ended within quotation marks, in the record that ends at this position.
    pub fn is_unclosed(&self, position: u64) -> bool {
        self.is_at_end && self.state == State::Quoted && position >= self.read
    }

    fn follow(&mut self, bytes: &[u8]) {
        for (position, byte) in (self.read..).zip(bytes.iter().copied()) {
            let ends_field = byte == self.delimiter || byte == b'\n' || byte == b'\r';
            self.state = match (self.state, byte) {
                (State::FieldStart, b'"') => State::Quoted,
                (State::Quoted, b'"') => State::AfterQuote,
                (State::AfterQuote, b'"') | (State::Quoted, _) => State::Quoted,
                _ if ends_field => State::FieldStart,
                (State::AfterQuote | State::AfterField, b' ') => State::AfterField,
                (State::AfterQuote | State::AfterField, _) => {
                    self.misplaced.push_back(position);
                    State::Unquoted
                }
                (State::FieldStart | State::Unquoted, _) => State::Unquoted,
            };
        }
    }
}

impl<R: Read> Read for QuoteReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.read > self.limit {
            return Err(std::io::Error::new(
                std::io::ErrorKind::InvalidData,
                "the row does not end; a quotation mark is probably not closed",
            ));
        }
        let count = self.inner.read(buffer)?;
        self.is_at_end = count == 0;
        self.follow(&buffer[..count]);
        self.read += count as u64;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn follow(text: &str) -> QuoteReader<&[u8]> {
        let mut reader = QuoteReader::new(text.as_bytes(), b',');
        reader.set_limit(u64::MAX);
        std::io::copy(&mut reader, &mut std::io::sink()).expect("memory can be read");
        reader
    }

    #[test]
    fn text_after_a_closing_quotation_mark_is_found() {
        for text in ["\"7\" tablet\",5\n", "a,\"b\"c\n", "\"a\"\"\"b\n"] {
            assert!(follow(text).take_misplaced(u64::MAX), "{text}");
        }
    }

    #[test]
    fn usual_cells_are_accepted() {
        for text in ["\"a, \"\"b\"\"\",c\n", "7\" tablet,\"\"\n", "\"a\" ,\"b\"\r\n", "\"line\nbreak\"\n", "\"\"\"\"\n"]
        {
            assert!(!follow(text).take_misplaced(u64::MAX), "{text}");
            assert!(!follow(text).is_unclosed(text.len() as u64), "{text}");
        }
    }

    #[test]
    fn an_end_within_quotation_marks_is_found() {
        let text = "a,\"b\nc,d\n";
        assert!(follow(text).is_unclosed(text.len() as u64));
        assert!(!follow(text).is_unclosed(3), "an earlier row has ended");
    }
}
