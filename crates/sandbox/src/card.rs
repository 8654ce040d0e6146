//! Cards: validation of numbers, and the parts that are stored. Numbers and security codes are never stored.

use chassis::secret::SecretKey;
use serde::{Deserialize, Serialize};

/// The parts of a card that are stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Card {
    /// The name on the card, which selects the outcome.
    pub holder: Option<String>,
    /// The first six digits (BIN).
    pub bin: String,
    /// The last four digits of the number.
    pub last_four: String,
    /// The expiry month, 1 to 12.
    pub month: i16,
    /// The expiry year with four digits.
    pub year: i16,
    /// A keyed hash of the number, which is equal for equal numbers.
    pub fingerprint: String,
}

impl Card {
    /// Creates a card from a validated number.
    pub(crate) fn new(number: &str, month: i16, year: i16, holder: Option<String>, secret: &SecretKey) -> Self {
        Self {
            holder,
            // PCI DSS regards six leading and four trailing digits as truncated, so they may be stored.
            bin: number.chars().take(6).collect(),
            last_four: number.chars().skip(number.chars().count().saturating_sub(4)).collect(),
            month,
            year,
            // A hash without a key could be reversed by trying all card numbers.
            fingerprint: secret.sign(&["card", number]),
        }
    }

    /// Returns the masked number.
    pub(crate) fn masked(&self) -> String {
        // Worldpay's masked numbers show four leading digits, not the whole BIN.
        let shown: String = self.bin.chars().take(4).collect();
        format!("{shown}********{}", self.last_four)
    }

    /// Returns the card brand in Worldpay's spelling; `None` for an unknown one.
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

/// Returns true if the check digit of a card number is correct (ISO/IEC 7812-1, Luhn).
pub(crate) fn has_check_digit(digits: &str) -> bool {
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(place, byte)| {
            // Callers have checked that all bytes are digits. The wrapping subtraction only rules out a panic.
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
        for valid in ["4444333322221111", "4000000000001091", "343434343434343"] {
            assert!(has_check_digit(valid), "{valid}");
        }
        for invalid in ["4444333322221112", "4000000000001019"] {
            assert!(!has_check_digit(invalid), "{invalid}");
        }
    }

    #[test]
    fn card_numbers_are_not_stored() {
        let card = Card::new("4444333322221111", 5, 2035, None, &SecretKey::new([1; 32]));
        assert_eq!((card.masked().as_str(), card.brand()), ("4444********1111", Some("visa")));
        assert!(!serde_json::to_string(&card).unwrap().contains("33332222"));
    }
}
