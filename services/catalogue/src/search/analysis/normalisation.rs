//! Unicode normalisation, case and accents.

use super::Language;
use unicode_normalization::UnicodeNormalization;

pub use unicode_normalization::char::is_combining_mark;

/// Normalises a text (NFKC) and converts it to lower case by the rules of the language.
pub fn lower_case(text: &str, language: Language) -> String {
    // NFKC would write `™` as `TM`, which would become part of the word before it.
    let text: String = text.chars().filter(|character| !matches!(character, '™' | '®' | '©')).nfkc().collect();
    if language.has_dotless_i() {
        text.replace('I', "ı").replace('İ', "i").to_lowercase()
    } else {
        text.to_lowercase()
    }
}

/// Removes accents and writes other Latin letters with those of English, so that words are found without them.
///
/// Marks of scripts in which they distinguish words, such as the vowels of Devanagari, stay.
pub fn fold(word: &str) -> String {
    if word.is_ascii() {
        return word.to_owned();
    }
    let bare = word.nfd().filter(|character| !is_accent(*character)).nfc();
    let mut folded = String::with_capacity(word.len());
    for character in bare {
        match character {
            // The Latin letters beyond ASCII, such as `ß`, `ł` and the dotless `ı`.
            '\u{80}'..='\u{24F}' => folded.push_str(&deunicode::deunicode_char(character).unwrap_or("").to_lowercase()),
            _ => folded.push(character),
        }
    }
    folded
}

fn is_accent(character: char) -> bool {
    matches!(u32::from(character),
        0x0300..=0x036F // Combining diacritical marks
        | 0x0591..=0x05C7 // Hebrew points
        | 0x064B..=0x065F // Arabic vowels
    )
}

/// Writes letters as the pairs that stand for them where a keyboard lacks them, such as `ue` for `ü`.
pub fn with_digraphs(word: &str) -> String {
    let mut text = String::with_capacity(word.len());
    for character in word.chars() {
        match character {
            'ä' | 'æ' => text.push_str("ae"),
            'ö' | 'ø' => text.push_str("oe"),
            'ü' => text.push_str("ue"),
            'å' => text.push_str("aa"),
            _ => text.push(character),
        }
    }
    text
}

/// Returns the characters by which an SKU or GTIN is recognised however it is punctuated; `None` when it has no digit.
///
/// A GTIN has leading zeros or none, depending on its length of 8, 12, 13 or 14 digits, so they are removed.
pub fn code(text: &str) -> Option<String> {
    let code: String = text.nfkc().filter(|character| character.is_alphanumeric()).collect::<String>().to_lowercase();
    if !code.chars().any(|character| character.is_ascii_digit()) {
        return None;
    }
    let is_gtin = code.len() >= 8 && code.chars().all(|character| character.is_ascii_digit());
    Some(if is_gtin { code.trim_start_matches('0').to_owned() } else { code })
}
