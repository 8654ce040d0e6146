//! Amounts as Robot Shop writes them: plain numbers in the major unit of the currency. They are converted as text, exactly.

use contracts::Money;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

/// The largest number of digits after the point; no currency has more than four.
const MAX_EXPONENT: u32 = 18;

/// A decimal number: `units` divided by ten to the power of `exponent`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decimal {
    units: i64,
    exponent: u32,
}

impl Decimal {
    /// Creates the number `units / 10^exponent`.
    pub const fn new(units: i64, exponent: u32) -> Self {
        Self { units, exponent: if exponent > MAX_EXPONENT { MAX_EXPONENT } else { exponent } }
    }
}

impl From<Money> for Decimal {
    fn from(money: Money) -> Self {
        Self::new(money.amount, money.currency.exponent())
    }
}

impl std::fmt::Display for Decimal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (sign, units) = (if self.units < 0 { "-" } else { "" }, self.units.unsigned_abs());
        let scale = 10u64.pow(self.exponent);
        match self.exponent {
            0 => write!(f, "{sign}{units}"),
            digits => write!(f, "{sign}{}.{:0width$}", units / scale, units % scale, width = digits as usize),
        }
    }
}

/// Written as a JSON number with all its digits.
impl Serialize for Decimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let number = RawValue::from_string(self.to_string()).map_err(serde::ser::Error::custom)?;
        number.serialize(serializer)
    }
}

/// Reads a JSON number in units of `10^-exponent`. Returns `None` for other values, for finer ones, and for numbers in
/// scientific notation, which no amount of a shop needs.
pub fn parse(number: &str, exponent: u32) -> Option<i64> {
    let (negative, digits) = number.strip_prefix('-').map_or((false, number), |digits| (true, digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let fraction = fraction.trim_end_matches('0');
    let is_number = |text: &str| text.bytes().all(|digit| digit.is_ascii_digit());
    if whole.is_empty() || !is_number(whole) || !is_number(fraction) || fraction.len() > exponent as usize {
        return None;
    }
    let units: i64 = format!("{whole}{fraction:0<width$}", width = exponent as usize).parse().ok()?;
    Some(if negative { -units } else { units })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decimal_is_written_with_the_digits_of_its_currency() {
        for (units, exponent, text) in [
            (200_150, 2, "2001.50"),
            (5, 2, "0.05"),
            (-5, 2, "-0.05"),
            (0, 2, "0.00"),
            (42, 0, "42"),
            (1_250, 3, "1.250"),
        ] {
            assert_eq!(serde_json::to_string(&Decimal::new(units, exponent)).expect("JSON"), text);
        }
    }

    #[test]
    fn numbers_of_other_programs_are_read_exactly() {
        for (text, exponent, units) in [
            ("2001.5", 2, Some(200_150)),
            ("2001", 2, Some(200_100)),
            ("0.05", 2, Some(5)),
            ("38.900000", 2, Some(3_890)),
            ("-1.5", 2, Some(-150)),
            ("42", 0, Some(42)),
            ("42.0", 0, Some(42)),
            ("0.001", 2, None),
            ("42.5", 0, None),
            ("1e3", 2, None),
            ("\"5\"", 2, None),
            ("null", 2, None),
            ("", 2, None),
            (".5", 2, None),
            ("99999999999999999999", 2, None),
        ] {
            assert_eq!(parse(text, exponent), units, "{text}");
        }
    }
}
