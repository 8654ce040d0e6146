//! The shop's own tracking numbers: `SS`, eleven random characters and a check character.

use chassis::SystemContext;

/// The 31 characters of a number: digits and capital letters without those that look alike. Because 31 is prime, the check
/// character detects every wrong character and every transposition.
const ALPHABET: &[u8; 31] = b"23456789ABCDEFGHJKMNPQRSTUVWXYZ";
const PREFIX: &str = "SS";
const MAX_TYPED_LENGTH: usize = 64;
const RANDOM_LENGTH: usize = 11;

/// Generates a number. With 54 random bits it cannot be guessed, which protects tracking without a login.
pub fn generate(system: &SystemContext) -> String {
    let mut remainder = u128::from_be_bytes(system.bytes());
    let mut values = [0usize; RANDOM_LENGTH];
    for value in &mut values {
        // A modulo bias is negligible: 31^11 is far below 2^128.
        *value = usize::try_from(remainder % 31).unwrap_or_default();
        remainder /= 31;
    }
    let letters = values.into_iter().chain([check(&values)]).map(|value| char::from(ALPHABET[value]));
    PREFIX.chars().chain(letters).collect()
}

/// Reads a number in any case, with spaces or hyphens; `None` when the check character is wrong.
pub fn parse(text: &str) -> Option<String> {
    // A bound on the work for untrusted input.
    if text.len() > MAX_TYPED_LENGTH {
        return None;
    }
    let number: String = text.chars().filter(|c| !matches!(c, ' ' | '-')).map(|c| c.to_ascii_uppercase()).collect();
    let value = |letter: u8| ALPHABET.iter().position(|known| *known == letter);
    let values: Option<Vec<usize>> = number.strip_prefix(PREFIX)?.bytes().map(value).collect();
    let values = values?;
    let (last, random) = values.split_last()?;
    (random.len() == RANDOM_LENGTH && check(random) == *last).then_some(number)
}

fn check(values: &[usize]) -> usize {
    // Weights from 2 up to 12 are distinct and not 0 modulo 31, which makes transpositions visible.
    values.iter().enumerate().map(|(index, value)| (index + 2) * value).sum::<usize>() % 31
}

#[cfg(test)]
mod tests {
    use super::*;
    use chassis::{SeededRandom, SystemClock};
    use proptest::prelude::*;
    use std::sync::Arc;

    fn number(seed: u64) -> String {
        generate(&SystemContext::new(Arc::new(SystemClock), Arc::new(SeededRandom::new(seed))))
    }

    #[test]
    fn a_number_is_read_in_any_case_with_spaces_and_hyphens() {
        let number = number(1);
        assert_eq!(number.len(), 14);
        let spaced = format!("{} {}-{}", &number[..4], &number[4..8], &number[8..]).to_lowercase();
        assert_eq!(parse(&spaced), Some(number));
        assert_eq!(parse(""), None);
        assert_eq!(parse("SS"), None);
        assert_eq!(parse("SSéééééé"), None);
    }

    proptest! {
        #[test]
        fn a_wrong_character_is_detected(seed: u64, place in 2usize..14, other in 0usize..31) {
            let number = number(seed);
            let mut wrong = number.into_bytes();
            prop_assume!(wrong[place] != ALPHABET[other]);
            wrong[place] = ALPHABET[other];
            prop_assert_eq!(parse(&String::from_utf8(wrong).unwrap()), None);
        }

        #[test]
        fn a_transposition_is_detected(seed: u64, first in 2usize..14, second in 2usize..14) {
            let mut wrong = number(seed).into_bytes();
            prop_assume!(wrong[first] != wrong[second]);
            wrong.swap(first, second);
            prop_assert_eq!(parse(&String::from_utf8(wrong).unwrap()), None);
        }

        #[test]
        fn any_text_is_parsed_without_a_panic(text in "\\PC*") {
            let _ = parse(&text);
        }
    }
}
