//! Tracking numbers: `SS`, eleven random characters and one that checks them.

use chassis::SystemContext;

/// Digits and capital letters without those that are mistaken for another: 31, a prime, so that the check finds every
/// single wrong character and every two that changed places.
const ALPHABET: &[u8; 31] = b"23456789ABCDEFGHJKMNPQRSTUVWXYZ";
const PREFIX: &str = "SS";
const RANDOM: usize = 11;

/// A new number that nobody can guess (54 bits).
pub fn fresh(system: &SystemContext) -> String {
    let mut rest = u128::from_be_bytes(system.bytes());
    let mut values = [0usize; RANDOM];
    for value in &mut values {
        *value = usize::try_from(rest % 31).unwrap_or_default();
        rest /= 31;
    }
    let letters = values.into_iter().chain([check(&values)]).map(|value| char::from(ALPHABET[value]));
    PREFIX.chars().chain(letters).collect()
}

/// The number a person means: in any case, with spaces or hyphens; none when it cannot be one.
pub fn read(text: &str) -> Option<String> {
    if text.len() > 64 {
        return None;
    }
    let number: String = text.chars().filter(|c| !matches!(c, ' ' | '-')).map(|c| c.to_ascii_uppercase()).collect();
    let value = |letter: u8| ALPHABET.iter().position(|known| *known == letter);
    let values: Option<Vec<usize>> = number.strip_prefix(PREFIX)?.bytes().map(value).collect();
    let values = values?;
    let (last, random) = values.split_last()?;
    (random.len() == RANDOM && check(random) == *last).then_some(number)
}

fn check(values: &[usize]) -> usize {
    values.iter().enumerate().map(|(index, value)| (index + 2) * value).sum::<usize>() % 31
}

#[cfg(test)]
mod tests {
    use super::*;
    use chassis::{SeededRandom, SystemClock};
    use proptest::prelude::*;
    use std::sync::Arc;

    fn number(seed: u64) -> String {
        fresh(&SystemContext::new(Arc::new(SystemClock), Arc::new(SeededRandom::new(seed))))
    }

    #[test]
    fn a_number_is_read_back_however_it_is_written() {
        let number = number(1);
        assert_eq!(number.len(), 14);
        let spaced = format!("{} {}-{}", &number[..4], &number[4..8], &number[8..]).to_lowercase();
        assert_eq!(read(&spaced), Some(number));
        assert_eq!(read(""), None);
        assert_eq!(read("SS"), None);
        assert_eq!(read("SSéééééé"), None);
    }

    proptest! {
        #[test]
        fn one_wrong_character_is_noticed(seed: u64, place in 2usize..14, other in 0usize..31) {
            let number = number(seed);
            let mut wrong = number.into_bytes();
            prop_assume!(wrong[place] != ALPHABET[other]);
            wrong[place] = ALPHABET[other];
            prop_assert_eq!(read(&String::from_utf8(wrong).unwrap()), None);
        }

        #[test]
        fn two_that_changed_places_are_noticed(seed: u64, first in 2usize..14, second in 2usize..14) {
            let mut wrong = number(seed).into_bytes();
            prop_assume!(wrong[first] != wrong[second]);
            wrong.swap(first, second);
            prop_assert_eq!(read(&String::from_utf8(wrong).unwrap()), None);
        }

        #[test]
        fn any_text_can_be_read(text in "\\PC*") {
            let _ = read(&text);
        }
    }
}
