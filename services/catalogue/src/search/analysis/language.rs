//! The differences between languages: stems, stop words, compounds and case.

use frostem::{Algorithm, Stemmer};
use std::borrow::Cow;

/// The language of a shop's texts, by the primary subtag of its locale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Language {
    code: &'static str,
    algorithm: Option<Algorithm>,
}

impl Language {
    /// Returns the language of a BCP 47 language tag. A language without rules of its own has neither stems nor stop words.
    pub fn of_locale(locale: &str) -> Self {
        let primary = match locale.split(['-', '_']).next().unwrap_or_default() {
            // Norwegian without its written form, which shops mean by either tag.
            "no" | "NO" => "nb",
            primary => primary,
        };
        let known = LANGUAGES.iter().find(|(code, _)| code.eq_ignore_ascii_case(primary));
        known.map_or(Self { code: "und", algorithm: None }, |(code, algorithm)| Self {
            code,
            algorithm: Some(*algorithm),
        })
    }

    /// The primary language subtag, `und` for a language without rules.
    pub fn code(self) -> &'static str {
        self.code
    }

    /// Returns the stem of a word in lower case.
    pub(super) fn stem(self, word: &str) -> String {
        let Some(algorithm) = self.algorithm else { return word.to_owned() };
        let singular = irregular_singular(self.code, word).map_or(Cow::Borrowed(word), Cow::Borrowed);
        Stemmer::new(algorithm).stem(&singular).into_owned()
    }

    pub(super) fn is_stop_word(self, word: &str) -> bool {
        stop_words(self.code).contains(&word)
    }

    /// Returns true for languages that write compounds as one word.
    pub(super) fn has_compounds(self) -> bool {
        matches!(self.code, "de" | "nl" | "da" | "nb" | "sv" | "fi")
    }

    /// Returns true for languages whose lower case of `I` is `ı`.
    pub(super) fn has_dotless_i(self) -> bool {
        matches!(self.code, "tr" | "az")
    }
}

/// The stemmers of the Snowball project, <https://snowballstem.org/algorithms/>, by language.
const LANGUAGES: [(&str, Algorithm); 25] = [
    ("ar", Algorithm::Arabic),
    ("ca", Algorithm::Catalan),
    ("cs", Algorithm::Czech),
    ("da", Algorithm::Danish),
    ("de", Algorithm::German),
    ("el", Algorithm::Greek),
    ("en", Algorithm::English),
    ("es", Algorithm::Spanish),
    ("et", Algorithm::Estonian),
    ("eu", Algorithm::Basque),
    ("fi", Algorithm::Finnish),
    ("fr", Algorithm::French),
    ("ga", Algorithm::Irish),
    ("hi", Algorithm::Hindi),
    ("hu", Algorithm::Hungarian),
    ("it", Algorithm::Italian),
    ("lt", Algorithm::Lithuanian),
    ("nb", Algorithm::Norwegian),
    ("nl", Algorithm::Dutch),
    ("pl", Algorithm::Polish),
    ("pt", Algorithm::Portuguese),
    ("ro", Algorithm::Romanian),
    ("ru", Algorithm::Russian),
    ("sv", Algorithm::Swedish),
    ("tr", Algorithm::Turkish),
];

/// Returns the singular of a plural that no rule of the stemmers leads to.
fn irregular_singular(language: &str, word: &str) -> Option<&'static str> {
    let plurals = match language {
        "en" => ENGLISH_PLURALS,
        _ => return None,
    };
    plurals.iter().find(|(plural, _)| *plural == word).map(|(_, singular)| *singular)
}

const ENGLISH_PLURALS: &[(&str, &str)] = &[
    ("calves", "calf"),
    ("children", "child"),
    ("feet", "foot"),
    ("geese", "goose"),
    ("halves", "half"),
    ("hooves", "hoof"),
    ("knives", "knife"),
    ("leaves", "leaf"),
    ("lives", "life"),
    ("loaves", "loaf"),
    ("mice", "mouse"),
    ("scarves", "scarf"),
    ("shelves", "shelf"),
    ("teeth", "tooth"),
    ("wives", "wife"),
    ("wolves", "wolf"),
];

/// Articles, conjunctions and prepositions, as they occur in what people search for. In a query with other words a product
/// need not have them, so that a word missing here costs results only where it is missing in the product.
fn stop_words(language: &str) -> &'static [&'static str] {
    match language {
        "cs" => &[
            "a", "do", "i", "k", "na", "nebo", "o", "od", "po", "pod", "pro", "před", "s", "se", "u", "v", "ve", "z",
            "za", "ze",
        ],
        "da" => &[
            "af", "at", "de", "den", "der", "det", "eller", "en", "et", "for", "fra", "i", "med", "og", "om", "på",
            "til", "uden", "ved",
        ],
        "de" => &[
            "als", "am", "an", "auf", "aus", "bei", "bis", "das", "dem", "den", "der", "des", "die", "ein", "eine",
            "einem", "einen", "einer", "für", "im", "in", "mit", "nach", "oder", "ohne", "um", "und", "unter", "über",
            "vom", "von", "vor", "wie", "zu", "zum", "zur",
        ],
        "en" => &[
            "a", "about", "an", "and", "are", "as", "at", "by", "for", "from", "in", "into", "is", "it", "of", "on",
            "or", "that", "the", "this", "to", "with", "without",
        ],
        "es" => &[
            "a", "al", "con", "de", "del", "e", "el", "en", "la", "las", "lo", "los", "o", "para", "por", "sin",
            "sobre", "un", "una", "y",
        ],
        "fi" => &["ja", "kanssa", "tai", "varten"],
        "fr" => &[
            "à", "au", "aux", "avec", "d", "dans", "de", "des", "du", "en", "et", "l", "la", "le", "les", "ou", "par",
            "pour", "sans", "sous", "sur", "un", "une",
        ],
        "hu" => &["a", "az", "egy", "és", "vagy"],
        "it" => &[
            "a", "ad", "al", "alla", "alle", "con", "da", "dal", "dalla", "de", "dei", "del", "dell", "della", "delle",
            "di", "e", "gli", "i", "il", "in", "la", "le", "lo", "nel", "nella", "o", "per", "senza", "su", "un",
            "una", "uno",
        ],
        "nb" => &[
            "av", "den", "det", "eller", "en", "et", "for", "fra", "i", "med", "og", "på", "som", "til", "uten", "ved",
        ],
        "nl" => &[
            "aan", "bij", "de", "der", "een", "en", "het", "in", "met", "naar", "of", "om", "op", "te", "tot", "uit",
            "van", "voor", "zonder",
        ],
        "pl" => &[
            "a", "bez", "dla", "do", "i", "ku", "lub", "na", "nad", "o", "od", "po", "pod", "przez", "przy", "u", "w",
            "we", "z", "za", "ze",
        ],
        "pt" => &[
            "a", "ao", "as", "com", "da", "das", "de", "do", "dos", "e", "em", "na", "nas", "no", "nos", "o", "os",
            "ou", "para", "por", "sem", "um", "uma",
        ],
        "ro" => &["cu", "de", "din", "fără", "în", "la", "o", "pe", "pentru", "sau", "un", "și"],
        "ru" => {
            &["без", "в", "во", "для", "до", "и", "из", "или", "к", "ко", "на", "о", "от", "по", "под", "с", "со", "у"]
        }
        "sv" => &[
            "av", "den", "det", "eller", "en", "ett", "för", "från", "i", "med", "och", "om", "på", "till", "utan",
            "vid",
        ],
        "tr" => &["ile", "için", "ve", "veya", "bir", "de", "da"],
        _ => &[],
    }
}
