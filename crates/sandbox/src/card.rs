//! Cards: how their numbers are checked, and what of them is kept. Numbers and security codes are not.

use chassis::secret::SecretKey;
use serde::{Deserialize, Serialize};

/// What is kept of a card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Card {
    /// The name on it, which chooses what happens.
    pub holder: Option<String>,
    /// The first six digits.
    pub bin: String,
    /// The last four digits.
    pub last_four: String,
    /// The month it expires, 1 to 12.
    pub month: i16,
    /// The year it expires.
    pub year: i16,
    /// Tells whether two cards have the same number.
    pub fingerprint: String,
}

impl Card {
    /// What is kept of the card with this number, whose digits were checked.
    pub(crate) fn of(number: &str, month: i16, year: i16, holder: Option<String>, secret: &SecretKey) -> Self {
        Self {
            holder,
            bin: number.chars().take(6).collect(),
            last_four: number.chars().skip(number.chars().count().saturating_sub(4)).collect(),
            month,
            year,
            fingerprint: secret.sign(&["card", number]),
        }
    }

    /// The number as it may be shown.
    pub(crate) fn masked(&self) -> String {
        let shown: String = self.bin.chars().take(4).collect();
        format!("{shown}********{}", self.last_four)
    }

    /// The scheme, as Worldpay names it; none for a number of no known scheme.
    pub(crate) fn brand(&self) -> Option<&'static str> {
        let bin: u32 = self.bin.parse().ok()?;
        Some(match bin {
            400_000..=499_999 => "visa",
            510_000..=559_999 | 222_100..=272_099 => "mastercard",
            340_000..=349_999 | 370_000..=379_999 => "amex",
            352_800..=358_999 => "jcb",
            360_000..=369_999 | 380_000..=389_999 => "diners",
            500_000..=509_999 | 560_000..=589_999 | 639_000..=639_999 | 670_000..=679_999 => "maestro",
            601_100..=601_199 | 644_000..=659_999 => "discover",
            _ => return None,
        })
    }
}

/// The check digit of card numbers (ISO/IEC 7812-1, Luhn).
pub(crate) fn has_check_digit(digits: &str) -> bool {
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(place, byte)| {
            let digit = u32::from(byte.wrapping_sub(b'0')) * if place % 2 == 1 { 2 } else { 1 };
            digit / 10 + digit % 10
        })
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn card_numbers_have_a_check_digit() {
        for right in ["4444333322221111", "4000000000001091", "343434343434343"] {
            assert!(has_check_digit(right), "{right}");
        }
        for wrong in ["4444333322221112", "4000000000001019"] {
            assert!(!has_check_digit(wrong), "{wrong}");
        }
    }

    #[test]
    fn the_number_of_a_card_is_not_kept() {
        let card = Card::of("4444333322221111", 5, 2035, None, &SecretKey::new([1; 32]));
        assert_eq!((card.masked().as_str(), card.brand()), ("4444********1111", Some("visa")));
        assert!(!serde_json::to_string(&card).unwrap().contains("33332222"));
    }
}
