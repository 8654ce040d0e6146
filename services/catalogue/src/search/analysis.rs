//! Splits text into words, the same way for documents and for queries.
//!
//! Text is normalised (NFKC), lower-cased by the shop's language and split into words at everything that is neither
//! letter nor digit. Each word has its plain form without accents and its stem. Scripts that are written without spaces
//! are indexed by characters and pairs of characters instead.

mod language;
mod normalisation;

pub use language::Language;
pub use normalisation::code;

use normalisation::{fold, is_combining_mark, with_digraphs};
use std::collections::BTreeSet;

/// Longer words are cut: nobody types them, and they would only enlarge the index.
const MAX_WORD_LENGTH: usize = 60;
/// More words than these in a row, such as those of a path, are not one word without its punctuation.
const MAX_JOINED_WORDS: usize = 5;
/// The shortest parts of a compound that are found by themselves.
const MIN_COMPOUND_PART: usize = 3;

/// Splits text by the rules of one language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Analyzer {
    language: Language,
}

/// A word of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// The word in lower case, with its accents.
    pub written: String,
    /// The word without accents.
    pub plain: String,
    /// The word without accents, with digraphs for letters such as `ü`; `None` when that makes no difference.
    pub with_digraphs: Option<String>,
    /// The stem without accents.
    pub stem: String,
    /// The number of words before it. In scripts without spaces each character counts.
    pub position: usize,
    /// True for a single letter at an apostrophe, as in `l'huile` or `men's`.
    pub is_elided: bool,
}

/// A part of a text between spaces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Words with nothing but a hyphen, slash, full stop or apostrophe between them; usually a single one.
    Words(Vec<Word>),
    /// Characters of a script that is written without spaces.
    Unsegmented {
        /// The characters, in lower case.
        characters: Vec<char>,
        /// The number of words and characters before it.
        position: usize,
    },
}

/// A form of a word in the index, with the position of the word.
pub type Token = (String, usize);

impl Analyzer {
    /// Creates the analyzer of a language.
    pub fn new(language: Language) -> Self {
        Self { language }
    }

    /// Creates the analyzer of a language in which customers are spoken to.
    pub fn of(language: contracts::Language) -> Self {
        Self::new(Language::of_locale(language.as_str()))
    }

    /// Returns the language whose rules apply.
    pub fn language(&self) -> Language {
        self.language
    }

    /// Splits a text into pieces.
    pub fn pieces(&self, text: &str) -> Vec<Piece> {
        let text = normalisation::lower_case(text, self.language);
        let mut pieces = Vec::new();
        let mut position = 0;
        let mut rest = text.as_str();
        while let Some(first) = rest.chars().next() {
            let class = Class::of(first);
            let end = rest.find(|character| Class::of(character) != class).unwrap_or(rest.len());
            let (part, following) = rest.split_at(end);
            rest = following;
            match class {
                Class::Separator => {}
                Class::Unsegmented => {
                    let characters: Vec<char> = part.chars().collect();
                    let start = position;
                    position += characters.len();
                    pieces.push(Piece::Unsegmented { characters, position: start });
                }
                Class::Letter => {
                    let (words, following) = self.joined_words(part, rest, &mut position);
                    rest = following;
                    pieces.push(Piece::Words(words));
                }
            }
        }
        pieces
    }

    /// Returns the words that begin with `first` and are joined to it, and the text behind them.
    fn joined_words<'a>(&self, first: &str, mut rest: &'a str, position: &mut usize) -> (Vec<Word>, &'a str) {
        let mut words = vec![self.word(first, *position)];
        *position += 1;
        while let Some(joiner) = rest.chars().next().filter(|character| is_joiner(*character)) {
            let following = &rest[joiner.len_utf8()..];
            let end = following.find(|character| Class::of(character) != Class::Letter).unwrap_or(following.len());
            if end == 0 {
                break;
            }
            let mut word = self.word(&following[..end], *position);
            if matches!(joiner, '\'' | '’') {
                word.is_elided = is_single(&word);
                if let Some(previous) = words.last_mut() {
                    previous.is_elided |= is_single(previous);
                }
            }
            words.push(word);
            *position += 1;
            rest = &following[end..];
        }
        (words, rest)
    }

    fn word(&self, text: &str, position: usize) -> Word {
        let written: String = text.chars().take(MAX_WORD_LENGTH).collect();
        let plain = fold(&written);
        let with_digraphs = Some(fold(&with_digraphs(&written))).filter(|digraphs| *digraphs != plain);
        let stem = fold(&self.language.stem(&written));
        Word { written, plain, with_digraphs, stem, position, is_elided: false }
    }

    /// Returns words that are written with punctuation between them as one, such as `tshirt` for `t-shirt`.
    pub fn joined(&self, words: &[Word]) -> Option<Word> {
        let first = words.first().filter(|_| (2..=MAX_JOINED_WORDS).contains(&words.len()))?;
        let text: String = words.iter().map(|word| word.written.as_str()).collect();
        Some(self.word(&text, first.position))
    }

    /// Returns true for words such as articles and prepositions, which say little about what is looked for.
    pub fn is_stop_word(&self, word: &Word) -> bool {
        word.is_elided || self.language.is_stop_word(&word.written)
    }

    /// Returns the words of a text as they are found by their plain forms.
    pub fn plain_tokens(&self, text: &str) -> Vec<Token> {
        self.tokens(text, |word| {
            let mut forms = vec![word.plain.clone()];
            forms.extend(word.with_digraphs.clone());
            forms
        })
    }

    /// Returns the words of a text as they are found by their stems.
    pub fn stem_tokens(&self, text: &str) -> Vec<Token> {
        self.tokens(text, |word| {
            let digraphs = word.with_digraphs.as_ref().map(|digraphs| fold(&self.language.stem(digraphs)));
            let mut forms = vec![word.stem.clone()];
            forms.extend(digraphs.filter(|stem| *stem != word.stem));
            forms
        })
    }

    fn tokens(&self, text: &str, forms: impl Fn(&Word) -> Vec<String>) -> Vec<Token> {
        let mut tokens = Vec::new();
        // In the order of their positions, since the index stores the distance to the position before.
        for piece in self.pieces(text) {
            match piece {
                Piece::Words(words) => {
                    for word in self.joined(&words).iter().chain(&words) {
                        tokens.extend(forms(word).into_iter().map(|form| (form, word.position)));
                    }
                }
                Piece::Unsegmented { characters, position } => {
                    for (index, character) in characters.iter().enumerate() {
                        tokens.push((character.to_string(), position + index));
                        let pair = characters.get(index + 1).map(|next| format!("{character}{next}"));
                        tokens.extend(pair.map(|pair| (pair, position + index)));
                    }
                }
            }
        }
        tokens
    }

    /// Returns the ends of the compounds of a text, which often name what the thing is: `jack`, the stem of `Jacke`, for
    /// `Regenjacke`. Empty in languages that write compounds in several words.
    pub fn compound_heads(&self, text: &str) -> BTreeSet<String> {
        if !self.language.has_compounds() {
            return BTreeSet::new();
        }
        let mut heads = BTreeSet::new();
        let words = self.pieces(text).into_iter().filter_map(|piece| match piece {
            Piece::Words(words) => Some(words),
            Piece::Unsegmented { .. } => None,
        });
        for word in words.flatten() {
            let starts: Vec<usize> = word.stem.char_indices().map(|(start, _)| start).collect();
            let last = (starts.len() + 1).saturating_sub(MIN_COMPOUND_PART);
            heads.extend(
                (MIN_COMPOUND_PART..last).filter_map(|start| word.stem.get(starts[start]..)).map(str::to_owned),
            );
        }
        heads
    }

    /// Returns a digest of what the analysis makes of some words.
    ///
    /// An index of another digest has to be rebuilt: its words were made by other rules, such as those of another version
    /// of the stemmer, and would no longer be found.
    pub fn fingerprint(&self) -> String {
        let mut tokens = String::new();
        for word in include_str!("analysis/sample.txt").split_whitespace() {
            for (token, position) in self.plain_tokens(word).into_iter().chain(self.stem_tokens(word)) {
                tokens.push_str(&format!("{position} {token}\n"));
            }
        }
        chassis::secret::sha256_hex(tokens.as_bytes()).chars().take(16).collect()
    }
}

/// The kinds of characters that are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Letter,
    Unsegmented,
    Separator,
}

impl Class {
    fn of(character: char) -> Self {
        if is_unsegmented(character) {
            Self::Unsegmented
        } else if character.is_alphanumeric() || is_combining_mark(character) {
            Self::Letter
        } else {
            Self::Separator
        }
    }
}

/// Returns true for scripts that are written without spaces, and for Korean, whose words carry particles.
fn is_unsegmented(character: char) -> bool {
    matches!(u32::from(character),
        0x0E00..=0x0EFF // Thai and Lao
        | 0x1000..=0x109F // Myanmar
        | 0x1780..=0x17FF // Khmer
        | 0x3005..=0x3007 // Ideographic iteration mark and zero
        | 0x3041..=0x309F // Hiragana
        | 0x30A1..=0x30FA | 0x30FC..=0x30FF | 0x31F0..=0x31FF // Katakana without its middle dot
        | 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xF900..=0xFAFF | 0x20000..=0x3FFFF // Chinese characters
        | 0xAC00..=0xD7AF // Hangul
    )
}

/// Returns true for what stands between the parts of one word.
fn is_joiner(character: char) -> bool {
    matches!(character, '-' | '‐' | '–' | '.' | '/' | '\'' | '’' | '_' | '&' | '+' | '·')
}

fn is_single(word: &Word) -> bool {
    word.plain.chars().count() == 1
}
