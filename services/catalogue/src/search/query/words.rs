//! Translates search words into a query of the index.
//!
//! All words are looked for first. When no product has them all, words that no product has are corrected, and at last
//! products that have some of the words are listed.

use super::super::analysis::{Analyzer, Piece, Word, code};
use super::super::document::Fields;
use super::vocabulary::Vocabulary;
use chassis::StoreError;
use tantivy::query::{
    BooleanQuery, BoostQuery, DisjunctionMaxQuery, FuzzyTermQuery, Occur, PhraseQuery, Query, TermQuery,
};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{Searcher, Term};

/// The number of words of a query that count. Further ones are ignored, which bounds its cost.
const MAX_WORDS: usize = 10;
/// The number of words of a query that are corrected.
const MAX_CORRECTIONS: usize = 3;
/// The number of ways to split a word that are looked for.
const MAX_SPLITS: usize = 3;
/// The weight of the matches of a word besides its best one.
const TIE_BREAKER: f32 = 0.2;
/// The share of the character pairs, in percent, that similar text in a script without spaces has in common.
const SIMILAR_PAIRS: usize = 60;

/// The query of a search, with how it differs from the words entered.
pub struct WordSearch {
    pub query: Box<dyn Query>,
    /// The words that are looked for instead of those entered; `None` when they are the same.
    pub corrected: Option<Vec<String>>,
    /// True when the products found have only some of the words, since none has them all.
    pub is_partial: bool,
}

impl WordSearch {
    /// Returns true if the products found have all words as they were entered.
    pub fn is_exact(&self) -> bool {
        self.corrected.is_none() && !self.is_partial
    }
}

/// A word of the query, or a piece of text in a script without spaces.
#[derive(Clone)]
struct SearchWord {
    text: String,
    forms: Forms,
    /// True for stop words beside other words: products that have them come first.
    is_optional: bool,
    is_last: bool,
}

#[derive(Clone)]
enum Forms {
    Word {
        word: Word,
        /// The word joined with its neighbours, as they may be written in the product.
        joined: Vec<Word>,
    },
    Unsegmented(Vec<char>),
}

/// Interprets the words of a search with the vocabulary of the index.
pub struct Interpreter<'a> {
    fields: &'a Fields,
    analyzer: &'a Analyzer,
    vocabulary: Vocabulary<'a>,
}

type Alternatives = Vec<Box<dyn Query>>;

impl<'a> Interpreter<'a> {
    pub fn new(fields: &'a Fields, analyzer: &'a Analyzer, searcher: &'a Searcher) -> Self {
        Self { fields, analyzer, vocabulary: Vocabulary { searcher, fields } }
    }

    /// Interprets the words of a search; `None` when no product can be found by them.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn interpret(&self, text: &str) -> Result<Option<WordSearch>, StoreError> {
        let words = self.words(text);
        // A product with the text as its SKU or GTIN is right whatever its words are.
        let either = self.code(text)?.into_iter().chain(self.all_of(&words)?).map(|query| (Occur::Should, query));
        let query = Box::new(BooleanQuery::new(either.collect()));
        if self.vocabulary.is_found(&*query)? {
            return Ok(Some(WordSearch { query, corrected: None, is_partial: false }));
        }
        let corrected = self.correct(&words)?;
        let corrected_texts = corrected.as_ref().map(|words| words.iter().map(|word| word.text.clone()).collect());
        if let Some(query) = corrected.as_ref().map(|words| self.all_of(words)).transpose()?.flatten()
            && self.vocabulary.is_found(&*query)?
        {
            return Ok(Some(WordSearch { query, corrected: corrected_texts, is_partial: false }));
        }
        // Words as entered come before corrected ones, which no product has together with the others.
        if let Some(query) = self.some_of(&words)? {
            return Ok(Some(WordSearch { query, corrected: None, is_partial: true }));
        }
        let Some(corrected) = corrected else { return Ok(None) };
        let query = self.some_of(&corrected)?;
        Ok(query.map(|query| WordSearch { query, corrected: corrected_texts, is_partial: true }))
    }

    fn words(&self, text: &str) -> Vec<SearchWord> {
        let mut words: Vec<SearchWord> = Vec::new();
        for piece in self.analyzer.pieces(text) {
            match piece {
                Piece::Words(run) => {
                    let joined: Vec<Word> = self.analyzer.joined(&run).into_iter().collect();
                    words.extend(run.into_iter().map(|word| SearchWord {
                        text: word.written.clone(),
                        is_optional: self.analyzer.is_stop_word(&word),
                        is_last: false,
                        forms: Forms::Word { word, joined: joined.clone() },
                    }));
                }
                Piece::Unsegmented { characters, .. } => words.push(SearchWord {
                    text: characters.iter().collect(),
                    is_optional: false,
                    is_last: false,
                    forms: Forms::Unsegmented(characters),
                }),
            }
        }
        words.truncate(MAX_WORDS);
        if words.iter().all(|word| word.is_optional) {
            words.iter_mut().for_each(|word| word.is_optional = false);
        }
        if let Some(last) = words.last_mut() {
            last.is_last = true;
        }
        self.join_neighbours(&mut words);
        words
    }

    /// Lets words that are entered apart match products that have them as one.
    fn join_neighbours(&self, words: &mut [SearchWord]) {
        for index in 1..words.len() {
            let (Forms::Word { word: front, .. }, Forms::Word { word: back, .. }) =
                (&words[index - 1].forms, &words[index].forms)
            else {
                continue;
            };
            let Some(both) = self.analyzer.joined(&[front.clone(), back.clone()]) else { continue };
            for word in &mut words[index - 1..=index] {
                if let Forms::Word { joined, .. } = &mut word.forms {
                    joined.push(both.clone());
                }
            }
        }
    }

    /// Returns the query for the whole text as an SKU or GTIN, when there is such a product.
    fn code(&self, text: &str) -> Result<Option<Box<dyn Query>>, StoreError> {
        let Some(code) = code(text) else { return Ok(None) };
        // Far above the weights of words.
        self.term(self.fields.code, &code, 100.0)
    }

    /// Returns the query for all words; `None` when there are none or no product has one of them.
    fn all_of(&self, words: &[SearchWord]) -> Result<Option<Box<dyn Query>>, StoreError> {
        let mut clauses = Vec::new();
        for word in words {
            let alternatives = self.alternatives(word)?;
            match (alternatives.is_empty(), word.is_optional) {
                (true, true) => {}
                (true, false) => return Ok(None),
                // The words that matter decide which products match and their order.
                (false, true) => clauses.push((Occur::Should, boosted(best_of(alternatives), 0.1))),
                (false, false) => clauses.push((Occur::Must, best_of(alternatives))),
            }
        }
        Ok((!clauses.is_empty()).then(|| Box::new(BooleanQuery::new(clauses)) as Box<dyn Query>))
    }

    /// Returns the query for products with at least half of the words that occur.
    fn some_of(&self, words: &[SearchWord]) -> Result<Option<Box<dyn Query>>, StoreError> {
        let mut telling = Vec::new();
        let mut others = Vec::new();
        for word in words {
            let mut alternatives = self.alternatives(word)?;
            if let Forms::Unsegmented(characters) = &word.forms {
                alternatives.extend(self.similar_characters(characters));
            }
            if alternatives.is_empty() {
                continue;
            }
            let target = if word.is_optional || is_weak(word) { &mut others } else { &mut telling };
            target.push((Occur::Should, best_of(alternatives)));
        }
        if telling.is_empty() {
            return Ok(None);
        }
        let required = (telling.len() / 2).max(1);
        let telling = BooleanQuery::with_minimum_required_clauses(telling, required);
        let mut clauses: Vec<(Occur, Box<dyn Query>)> = vec![(Occur::Must, Box::new(telling))];
        clauses.extend(others);
        let query = BooleanQuery::new(clauses);
        Ok(self.vocabulary.is_found(&query)?.then(|| Box::new(query) as Box<dyn Query>))
    }

    /// Replaces the words that no product has; `None` when nothing is replaced.
    fn correct(&self, words: &[SearchWord]) -> Result<Option<Vec<SearchWord>>, StoreError> {
        let mut corrected = Vec::with_capacity(words.len());
        let mut corrections = 0;
        for search_word in words {
            let Forms::Word { word, .. } = &search_word.forms else {
                corrected.push(search_word.clone());
                continue;
            };
            let is_known = search_word.is_optional || !self.alternatives(search_word)?.is_empty();
            if is_known || corrections == MAX_CORRECTIONS {
                corrected.push(search_word.clone());
                continue;
            }
            let found = self.correction(&word.plain, search_word.is_last)?;
            if found.is_empty() {
                corrected.push(search_word.clone());
                continue;
            }
            corrections += 1;
            for text in found {
                let mut replacement = self.words(&text);
                replacement.iter_mut().for_each(|word| word.is_optional = false);
                corrected.extend(replacement);
            }
        }
        Ok((corrections > 0).then_some(corrected))
    }

    fn correction(&self, word: &str, is_last: bool) -> Result<Vec<String>, StoreError> {
        if let Some((front, back)) = self.vocabulary.split(word, 3)?.into_iter().next() {
            return Ok(vec![front, back]);
        }
        Ok(self.vocabulary.nearest(word, is_last)?.into_iter().collect())
    }

    /// Returns the queries for the ways in which products can have a word. Ways in which none has it are left out.
    fn alternatives(&self, word: &SearchWord) -> Result<Alternatives, StoreError> {
        match &word.forms {
            Forms::Word { word: forms, joined } => self.word_alternatives(forms, joined, word),
            Forms::Unsegmented(characters) => self.character_alternatives(characters),
        }
    }

    fn word_alternatives(
        &self,
        word: &Word,
        joined: &[Word],
        search_word: &SearchWord,
    ) -> Result<Alternatives, StoreError> {
        let fields = self.fields;
        // A match in the title outranks one in tags or SKUs, which outranks one in the description.
        let mut forms = vec![
            (fields.title, &word.stem, 4.0),
            (fields.words, &word.plain, 2.0),
            (fields.body, &word.stem, 1.0),
            (fields.compound_heads, &word.stem, 1.5),
        ];
        // The stem of one form can be another form of the same word, as `fiets` of `fietsen` is.
        if word.stem != word.plain {
            forms.extend([
                (fields.title, &word.plain, 3.0),
                (fields.words, &word.stem, 1.5),
                (fields.body, &word.plain, 0.8),
            ]);
        }
        forms.extend(word.with_digraphs.iter().map(|form| (fields.words, form, 2.0)));
        for both in joined {
            forms.extend([
                (fields.title, &both.stem, 3.0),
                (fields.words, &both.plain, 2.0),
                (fields.body, &both.stem, 0.8),
            ]);
        }
        let mut alternatives = Vec::new();
        for (field, form, boost) in forms {
            alternatives.extend(self.term(field, form, boost)?);
        }
        if search_word.is_optional {
            return Ok(alternatives);
        }
        for (front, back) in self.vocabulary.split(&word.plain, 1)?.into_iter().take(MAX_SPLITS) {
            let term = |part: &str| Term::from_field_text(fields.words, part);
            let apart = PhraseQuery::new(vec![term(&front), term(&back)]);
            if self.vocabulary.is_found(&apart)? {
                alternatives.push(boosted(Box::new(apart), 2.0));
            }
        }
        // Customers search while they type. Before the last word, short beginnings match too many words to be of use.
        let min_prefix = if search_word.is_last { 2 } else { 4 };
        if word.plain.chars().count() >= min_prefix && self.vocabulary.has_prefix(&word.plain)? {
            let prefix = FuzzyTermQuery::new_prefix(Term::from_field_text(fields.words, &word.plain), 0, false);
            // Below the weight of complete words, which should come first.
            alternatives.push(boosted(Box::new(prefix), 0.5));
        }
        Ok(alternatives)
    }

    fn character_alternatives(&self, characters: &[char]) -> Result<Alternatives, StoreError> {
        let mut alternatives = Vec::new();
        for (field, boost) in [(self.fields.title, 4.0), (self.fields.words, 2.0), (self.fields.body, 1.0)] {
            let query: Option<Box<dyn Query>> = match (characters, pairs(characters).as_slice()) {
                ([only], _) => self.term(field, &only.to_string(), 1.0)?,
                (_, [pair]) => self.term(field, pair, 1.0)?,
                (_, pairs) => {
                    let phrase =
                        PhraseQuery::new(pairs.iter().map(|pair| Term::from_field_text(field, pair)).collect());
                    self.vocabulary.is_found(&phrase)?.then(|| Box::new(phrase) as Box<dyn Query>)
                }
            };
            alternatives.extend(query.map(|query| boosted(query, boost)));
        }
        Ok(alternatives)
    }

    /// Returns the query for products that have most pairs of these characters.
    fn similar_characters(&self, characters: &[char]) -> Option<Box<dyn Query>> {
        let pairs = pairs(characters);
        let required = (pairs.len() * SIMILAR_PAIRS).div_ceil(100);
        if required < 2 {
            return None;
        }
        let clause = |pair: &String| {
            let term = Term::from_field_text(self.fields.title, pair);
            (Occur::Should, Box::new(TermQuery::new(term, IndexRecordOption::WithFreqs)) as Box<dyn Query>)
        };
        let clauses = pairs.iter().map(clause).collect();
        Some(Box::new(BooleanQuery::with_minimum_required_clauses(clauses, required)))
    }

    fn term(&self, field: Field, form: &str, boost: f32) -> Result<Option<Box<dyn Query>>, StoreError> {
        if self.vocabulary.count(field, form)? == 0 {
            return Ok(None);
        }
        let query = TermQuery::new(Term::from_field_text(field, form), IndexRecordOption::WithFreqs);
        Ok(Some(boosted(Box::new(query), boost)))
    }
}

/// Returns true for words such as `2`, which are in many products without saying what those are.
fn is_weak(word: &SearchWord) -> bool {
    let Forms::Word { word, .. } = &word.forms else { return false };
    word.plain.chars().count() < 2 || word.plain.chars().all(|character| character.is_ascii_digit())
}

fn pairs(characters: &[char]) -> Vec<String> {
    characters.windows(2).map(|pair| pair.iter().collect()).collect()
}

fn best_of(alternatives: Alternatives) -> Box<dyn Query> {
    Box::new(DisjunctionMaxQuery::with_tie_breaker(alternatives, TIE_BREAKER))
}

fn boosted(query: Box<dyn Query>, boost: f32) -> Box<dyn Query> {
    Box::new(BoostQuery::new(query, boost))
}
