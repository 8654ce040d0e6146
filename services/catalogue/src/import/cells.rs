//! Parses numbers and flags in cells, with integer arithmetic only.

use contracts::TextError;
use contracts::catalogue::Oversell;
use std::fmt;

/// The text of a cell, shown in quotes and with control characters escaped: it is untrusted and printed to a terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quoted(String);

impl From<&str> for Quoted {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Display for Quoted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0.escape_debug())
    }
}

/// An invalid cell. The texts are shown to merchants after line and column.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CellError {
    #[error("is missing")]
    Missing,
    #[error("is not valid UTF-8")]
    NotUtf8,
    #[error("must not be negative")]
    Negative,
    #[error("is too large")]
    TooLarge,
    #[error("{0} is not a price such as 19.99")]
    NotAPrice(Quoted),
    /// A price with decimals in a currency without minor units.
    #[error("{0} has decimals, but the shop's currency has none")]
    UnexpectedDecimals(Quoted),
    #[error("{text} has more than {max} decimals")]
    TooManyDecimals { text: Quoted, max: u32 },
    #[error("{0} is not a weight such as 0.5")]
    NotAWeight(Quoted),
    #[error("{0} is not a unit of weight; use g, kg, lb or oz")]
    NotAUnit(Quoted),
    #[error("{0} is not a whole number")]
    NotAWholeNumber(Quoted),
    #[error("{0} is neither TRUE nor FALSE")]
    NotAFlag(Quoted),
    #[error("{0} is neither deny nor continue")]
    NotAPolicy(Quoted),
    #[error("{0} is not a status; use active, draft or archived")]
    NotAStatus(Quoted),
    #[error("must be a URL that starts with http:// or https://")]
    NotAnImageUrl,
    #[error("{0} has no letters or digits to derive a handle from")]
    NotAHandle(Quoted),
    #[error(transparent)]
    Text(#[from] TextError),
}

/// A decimal number that is not negative: `digits / 10^scale`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Decimal {
    digits: i128,
    scale: u32,
}

/// Parses a decimal number; `invalid` is the error for other texts.
fn decimal(text: &str, invalid: fn(Quoted) -> CellError) -> Result<Decimal, CellError> {
    let unsigned = text.strip_prefix('+').unwrap_or(text);
    if unsigned.starts_with('-') && unsigned.bytes().skip(1).all(|byte| byte.is_ascii_digit() || byte == b'.') {
        return Err(CellError::Negative);
    }
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    // "12.50" has one decimal: trailing zeros must not make a price too precise for the currency.
    let fraction = fraction.trim_end_matches('0');
    let digits = format!("{whole}{fraction}");
    if unsigned == "." || unsigned.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(invalid(text.into()));
    }
    // 24 digits times the largest factor below, 5 * 10^11, still fit into an `i128`.
    if digits.len() > 24 {
        return Err(CellError::TooLarge);
    }
    let value = if digits.is_empty() { Ok(0) } else { digits.parse() };
    let scale = u32::try_from(fraction.len()).map_err(|_| invalid(text.into()))?;
    Ok(Decimal { digits: value.map_err(|_| invalid(text.into()))?, scale })
}

/// Parses a price and returns it in minor units.
pub fn price(text: &str, exponent: u32) -> Result<i64, CellError> {
    let Decimal { digits, scale } = decimal(text, CellError::NotAPrice)?;
    let Some(missing) = exponent.checked_sub(scale) else {
        return Err(match exponent {
            0 => CellError::UnexpectedDecimals(text.into()),
            max => CellError::TooManyDecimals { text: text.into(), max },
        });
    };
    let amount = digits.checked_mul(10i128.pow(missing)).ok_or(CellError::TooLarge)?;
    i64::try_from(amount).map_err(|_| CellError::TooLarge)
}

/// Formats minor units as a decimal number.
pub fn format_decimal(amount: i64, exponent: u32) -> String {
    let scale = 10u64.pow(exponent);
    let (sign, absolute) = (if amount < 0 { "-" } else { "" }, amount.unsigned_abs());
    match exponent {
        0 => format!("{sign}{absolute}"),
        _ => format!("{sign}{}.{:0digits$}", absolute / scale, absolute % scale, digits = exponent as usize),
    }
}

const NANOGRAMS_PER_GRAM: i128 = 1_000_000_000;

/// Parses a weight and returns it in grams, rounded half up.
pub fn grams(text: &str, unit: &str) -> Result<u32, CellError> {
    // Nanograms represent the international pound, 453.59237 g, and the ounce, a sixteenth of it, exactly.
    let nanograms = match unit.to_lowercase().as_str() {
        "" | "g" | "gram" | "grams" => NANOGRAMS_PER_GRAM,
        "kg" | "kilogram" | "kilograms" => 1000 * NANOGRAMS_PER_GRAM,
        "lb" | "lbs" | "pound" | "pounds" => 453_592_370_000,
        "oz" | "ounce" | "ounces" => 28_349_523_125,
        _ => return Err(CellError::NotAUnit(unit.into())),
    };
    let Decimal { digits, scale } = decimal(text, CellError::NotAWeight)?;
    let divisor = 10i128.pow(scale) * NANOGRAMS_PER_GRAM;
    let rounded = digits.checked_mul(nanograms).ok_or(CellError::TooLarge)? + divisor / 2;
    u32::try_from(rounded / divisor).map_err(|_| CellError::TooLarge)
}

/// The largest stock of a SKU, the same limit as for stock adjustments.
const MAX_STOCK: i64 = 10_000_000;

/// Parses a stock quantity. Shopify exports oversold stock as a negative number.
pub fn quantity(text: &str) -> Result<i64, CellError> {
    let whole =
        text.split_once('.').filter(|(_, rest)| rest.bytes().all(|byte| byte == b'0')).map_or(text, |(whole, _)| whole);
    let number: i64 = whole.parse().map_err(|_| CellError::NotAWholeNumber(text.into()))?;
    if number > MAX_STOCK { Err(CellError::TooLarge) } else { Ok(number) }
}

/// Parses TRUE or FALSE, in any case, and their common synonyms.
pub fn flag(text: &str) -> Result<bool, CellError> {
    match text.to_lowercase().as_str() {
        "true" | "yes" | "1" | "y" | "t" => Ok(true),
        "false" | "no" | "0" | "n" | "f" => Ok(false),
        _ => Err(CellError::NotAFlag(text.into())),
    }
}

/// Parses the inventory policy: `deny`, `continue`, or a flag that means "continue selling when out of stock".
pub fn oversell(text: &str) -> Result<Oversell, CellError> {
    match text.to_lowercase().as_str() {
        "deny" => Ok(Oversell::Deny),
        "continue" => Ok(Oversell::Continue),
        _ => match flag(text) {
            Ok(true) => Ok(Oversell::Continue),
            Ok(false) => Ok(Oversell::Deny),
            Err(_) => Err(CellError::NotAPolicy(text.into())),
        },
    }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Returns true if a spreadsheet would take the text for a formula, or for a text with [`guarded`]'s apostrophe.
fn needs_guard(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '\t', '\r'])
        || text.strip_prefix('\'').is_some_and(|rest| is_digits(rest) || needs_guard(rest))
}

/// Adds an apostrophe to a text that a spreadsheet would take for a formula (OWASP, "CSV Injection").
pub fn guarded(text: String) -> String {
    if needs_guard(&text) { format!("'{text}") } else { text }
}

/// Removes the apostrophe before digits, with which Shopify exports them as text, or before what looks like a formula.
pub fn unguarded(text: &str) -> &str {
    match text.strip_prefix('\'') {
        Some(rest) if is_digits(rest) || needs_guard(rest) => rest,
        _ => text,
    }
}

/// Returns true for a code that a spreadsheet has shortened to a number such as `4.00638E+12`, in some languages with
/// a comma.
pub fn is_shortened(text: &str) -> bool {
    let Some((number, exponent)) = text.split_once(['E', 'e']) else { return false };
    let Some((whole, decimals)) = number.split_once(['.', ',']) else { return false };
    is_digits(whole) && is_digits(decimals) && exponent.strip_prefix('+').is_some_and(is_digits)
}

/// Splits a cell with several URLs, which some tools separate by commas, semicolons, bars or spaces.
pub fn urls(text: &str) -> Vec<&str> {
    let is_start = |rest: &str| {
        ["http://", "https://"]
            .iter()
            .any(|scheme| rest.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)))
    };
    let mut starts: Vec<usize> = text
        .match_indices([',', ';', '|', ' ', '\n'])
        .map(|(index, separator)| index + separator.len())
        .filter(|index| is_start(&text[*index..]))
        .collect();
    starts.insert(0, 0);
    starts.push(text.len());
    let part = |pair: &[usize]| text[pair[0]..pair[1]].trim_end_matches([',', ';', '|', ' ', '\n', '\r']);
    starts.windows(2).map(part).filter(|url| !url.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn prices_use_the_decimals_of_the_currency() {
        assert_eq!(price("19.99", 2), Ok(1999));
        assert_eq!(price("19.9", 2), Ok(1990));
        assert_eq!(price("+19", 2), Ok(1900));
        assert_eq!(price(".5", 2), Ok(50));
        assert_eq!(price("5.", 2), Ok(500));
        assert_eq!(price("1200.00", 0), Ok(1200));
        assert_eq!(price("1.234", 3), Ok(1234));
        assert_eq!(price("0.1000000", 2), Ok(10));
    }

    #[test]
    fn invalid_prices_are_rejected() {
        for text in ["", ".", "abc", "1,50", "1,299.00", "$5", "1e5", "NaN", "--1", "1.2.3", "٣", "0x10"] {
            assert!(price(text, 2).is_err(), "{text}");
        }
        assert_eq!(price("-1.00", 2), Err(CellError::Negative));
        assert_eq!(price("19.999", 2).unwrap_err().to_string(), "\"19.999\" has more than 2 decimals");
        assert_eq!(price("12,5x", 2).unwrap_err().to_string(), "\"12,5x\" is not a price such as 19.99");
        assert!(price("1.5", 0).is_err());
        assert!(price("99999999999999999999999999", 2).is_err());
        assert!(price("9223372036854775808", 0).is_err());
    }

    #[test]
    fn weights_in_all_units_are_converted_to_grams() {
        assert_eq!(grams("1.5", "kg"), Ok(1500));
        assert_eq!(grams("1", "lb"), Ok(454));
        assert_eq!(grams("2.20462262", "lb"), Ok(1000));
        assert_eq!(grams("1", "oz"), Ok(28));
        assert_eq!(grams("3629", "g"), Ok(3629));
        assert_eq!(grams("0.5", ""), Ok(1));
        assert_eq!(grams("0.0", "g"), Ok(0));
        assert!(grams("1", "stone").is_err());
        assert!(grams("5000000", "kg").is_err());
    }

    #[test]
    fn the_spreadsheet_apostrophe_is_removed_from_digits_and_formulas() {
        assert_eq!(unguarded("'0123456789012"), "0123456789012");
        assert_eq!(unguarded("'=1+1"), "=1+1");
        assert_eq!((unguarded("'tis"), unguarded("'90s"), unguarded("'")), ("'tis", "'90s", "'"));
    }

    #[test]
    fn codes_that_a_spreadsheet_has_shortened_are_recognised() {
        assert!(is_shortened("4.00638E+12") && is_shortened("4,00638E+12"));
        for text in ["4006381333931", "MUG-1E+5", "1E5", "E+12", "TEE-1.5E+3X"] {
            assert!(!is_shortened(text), "{text}");
        }
    }

    #[test]
    fn several_urls_in_a_cell_are_split() {
        assert_eq!(
            urls("https://a.example/1.jpg, HTTP://b.example/2.jpg"),
            ["https://a.example/1.jpg", "HTTP://b.example/2.jpg"]
        );
        assert_eq!(urls("https://a.example/1.jpg;https://b.example/2.jpg|https://c.example/3").len(), 3);
        assert_eq!(urls("https://a.example/my photo, (1).png"), ["https://a.example/my photo, (1).png"]);
        assert_eq!(urls(""), [] as [&str; 0]);
    }

    #[test]
    fn control_characters_in_messages_are_escaped() {
        assert_eq!(flag("\u{1b}[2J").unwrap_err().to_string(), "\"\\u{1b}[2J\" is neither TRUE nor FALSE");
    }

    proptest! {
        #[test]
        fn a_formatted_price_parses_to_the_same_amount(amount in 0i64..i64::MAX, exponent in 0u32..4) {
            prop_assert_eq!(price(&format_decimal(amount, exponent), exponent), Ok(amount));
        }

        #[test]
        fn no_cell_causes_a_panic(text in "\\PC{0,30}", unit in "\\PC{0,5}") {
            let _ = (price(&text, 2), grams(&text, &unit), quantity(&text), flag(&text), oversell(&text), is_shortened(&text), urls(&text));
        }

        #[test]
        fn a_guarded_text_is_the_same_after_an_import(text in "'{0,3}[=+@\t-]?[0-9a-z\\PC]{0,6}") {
            let guarded = guarded(text.clone());
            let is_kept_by_import = guarded != text || unguarded(&text) == text;
            prop_assert!(is_kept_by_import);
            prop_assert_eq!(unguarded(&guarded), text.as_str());
            prop_assert!(!guarded.starts_with(['=', '+', '-', '@']));
        }
    }
}
