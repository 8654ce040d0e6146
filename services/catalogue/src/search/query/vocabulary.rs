//! The words of all products: whether one occurs, and which are similar to one that does not.

use super::super::document::Fields;
use chassis::StoreError;
use std::collections::HashMap;
use tantivy::query::{EnableScoring, FuzzyTermQuery, Query};
use tantivy::schema::Field;
use tantivy::{DocSet, Searcher, TERMINATED, Term};

/// Words from this length on are corrected. Shorter ones have too many neighbours.
const MIN_CORRECTED_LENGTH: usize = 4;
/// The beginning of a word is corrected from this length on: that of a short one is similar to too many words.
const MIN_CORRECTED_PREFIX: usize = 6;
/// Words from this length on may have two typing errors.
const MIN_LENGTH_OF_TWO_ERRORS: usize = 8;

/// The vocabulary of the index.
pub struct Vocabulary<'a> {
    pub searcher: &'a Searcher,
    pub fields: &'a Fields,
}

impl Vocabulary<'_> {
    /// Returns the number of products that have this form of a word in a field.
    pub fn count(&self, field: Field, form: &str) -> Result<u64, StoreError> {
        self.searcher.doc_freq(&Term::from_field_text(field, form)).map_err(fault)
    }

    /// Returns true if a word of title, vendor, SKU or tag begins with `prefix`.
    pub fn has_prefix(&self, prefix: &str) -> Result<bool, StoreError> {
        for segment in self.searcher.segment_readers() {
            let index = segment.inverted_index(self.fields.words).map_err(fault)?;
            let mut terms = index.terms().range().ge(prefix).into_stream().map_err(fault)?;
            if terms.advance() && terms.key().starts_with(prefix.as_bytes()) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Returns true if a product matches.
    pub fn is_found(&self, query: &dyn Query) -> Result<bool, StoreError> {
        let weight = query.weight(EnableScoring::disabled_from_searcher(self.searcher)).map_err(fault)?;
        for segment in self.searcher.segment_readers() {
            let mut found = weight.scorer(segment, 1.0).map_err(fault)?;
            let mut document = found.doc();
            while document != TERMINATED {
                if segment.alive_bitset().is_none_or(|alive| alive.is_alive(document)) {
                    return Ok(true);
                }
                document = found.advance();
            }
        }
        Ok(false)
    }

    /// Returns the word of title, vendor or tag that `word` was most likely meant to be: the one with the fewest differences,
    /// among these the most frequent. The first letter is taken as right, as it nearly always is.
    pub fn nearest(&self, word: &str, is_unfinished: bool) -> Result<Option<String>, StoreError> {
        let length = word.chars().count();
        // A digit stands for itself: another size or model is another thing.
        if length < MIN_CORRECTED_LENGTH || word.chars().any(|character| character.is_ascii_digit()) {
            return Ok(None);
        }
        let term = Term::from_field_text(self.fields.words, word);
        let mut attempts = vec![FuzzyTermQuery::new(term.clone(), 1, true)];
        if length >= MIN_LENGTH_OF_TWO_ERRORS {
            attempts.push(FuzzyTermQuery::new(term.clone(), 2, true));
        }
        if is_unfinished && length >= MIN_CORRECTED_PREFIX {
            attempts.push(FuzzyTermQuery::new_prefix(term, 1, true));
        }
        for attempt in attempts {
            let similar = self.similar(&attempt, word)?;
            // By text at last, so that equal words have an order of their own.
            let best = similar.into_iter().max_by(|(a, a_count), (b, b_count)| a_count.cmp(b_count).then(b.cmp(a)));
            if let Some((best, _)) = best {
                return Ok(Some(best));
            }
        }
        Ok(None)
    }

    fn similar(&self, query: &FuzzyTermQuery, word: &str) -> Result<HashMap<String, u64>, StoreError> {
        let mut similar = HashMap::new();
        for segment in self.searcher.segment_readers() {
            let index = segment.inverted_index(self.fields.words).map_err(fault)?;
            let automaton = query.automaton().map_err(fault)?;
            let mut terms = index.terms().search(automaton).into_stream().map_err(fault)?;
            while let Some((key, info)) = terms.next() {
                let Ok(text) = std::str::from_utf8(key) else { continue };
                let has_digit = text.chars().any(|character| character.is_ascii_digit());
                if !has_digit && text.chars().next() == word.chars().next() {
                    *similar.entry(text.to_owned()).or_default() += u64::from(info.doc_freq);
                }
            }
        }
        Ok(similar)
    }

    /// Returns the two words that `word` consists of when both occur; the pair whose rarer word is the most frequent.
    pub fn split(&self, word: &str, min_part: usize) -> Result<Vec<(String, String)>, StoreError> {
        let mut pairs = Vec::new();
        for (start, _) in word.char_indices() {
            let (front, back) = word.split_at(start);
            if front.chars().count() < min_part || back.chars().count() < min_part.max(2) {
                continue;
            }
            let front_count = self.count(self.fields.words, front)?;
            if front_count == 0 {
                continue;
            }
            let back_count = self.count(self.fields.words, back)?;
            if back_count > 0 {
                pairs.push((front_count.min(back_count), front.to_owned(), back.to_owned()));
            }
        }
        pairs.sort_by(|a, b| b.cmp(a));
        Ok(pairs.into_iter().map(|(_, front, back)| (front, back)).collect())
    }
}

fn fault(error: impl std::fmt::Display) -> StoreError {
    StoreError::Fault(format!("search index: {error}"))
}
