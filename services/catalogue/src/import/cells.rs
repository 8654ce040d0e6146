//! Numbers and flags as cells have them. Whole-number arithmetic only.

use contracts::catalogue::Oversell;

const TOO_LARGE: &str = "is too large";

/// A decimal number: `digits / 10^scale`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Decimal {
    digits: i128,
    scale: u32,
}

fn decimal(text: &str) -> Result<Decimal, String> {
    let no_number = || format!("{text:?} is not a number such as 19.99");
    let unsigned = text.strip_prefix('+').unwrap_or(text);
    if unsigned.starts_with('-') && unsigned.bytes().skip(1).all(|byte| byte.is_ascii_digit() || byte == b'.') {
        return Err("must not be negative".to_owned());
    }
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let fraction = fraction.trim_end_matches('0');
    let digits = format!("{whole}{fraction}");
    if unsigned == "." || unsigned.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(no_number());
    }
    if digits.len() > 24 {
        return Err(TOO_LARGE.to_owned());
    }
    let value = if digits.is_empty() { Ok(0) } else { digits.parse() };
    let scale = u32::try_from(fraction.len()).map_err(|_| no_number())?;
    Ok(Decimal { digits: value.map_err(|_| no_number())?, scale })
}

/// A price in minor units.
pub fn price(text: &str, exponent: u32) -> Result<i64, String> {
    let Decimal { digits, scale } = decimal(text)?;
    let Some(missing) = exponent.checked_sub(scale) else {
        return Err(match exponent {
            0 => format!("{text} has decimals, which the shop's currency has not"),
            _ => format!("{text} has more than {exponent} decimals"),
        });
    };
    let amount = digits.checked_mul(10i128.pow(missing)).ok_or(TOO_LARGE)?;
    i64::try_from(amount).map_err(|_| TOO_LARGE.to_owned())
}

/// Minor units as a decimal number.
pub fn decimal_of(amount: i64, exponent: u32) -> String {
    let scale = 10u64.pow(exponent);
    let (sign, absolute) = (if amount < 0 { "-" } else { "" }, amount.unsigned_abs());
    match exponent {
        0 => format!("{sign}{absolute}"),
        _ => format!("{sign}{}.{:0digits$}", absolute / scale, absolute % scale, digits = exponent as usize),
    }
}

const NANOGRAMS_PER_GRAM: i128 = 1_000_000_000;

/// A weight in whole grams, half a gram being rounded up. The pound is 453.59237 g exactly.
pub fn grams(text: &str, unit: &str) -> Result<u32, String> {
    let nanograms = match unit.to_lowercase().as_str() {
        "" | "g" | "gram" | "grams" => NANOGRAMS_PER_GRAM,
        "kg" | "kilogram" | "kilograms" => 1000 * NANOGRAMS_PER_GRAM,
        "lb" | "lbs" | "pound" | "pounds" => 453_592_370_000,
        "oz" | "ounce" | "ounces" => 28_349_523_125,
        _ => return Err(format!("{unit:?} is no unit of weight: g, kg, lb or oz")),
    };
    let Decimal { digits, scale } = decimal(text)?;
    let divisor = 10i128.pow(scale) * NANOGRAMS_PER_GRAM;
    let rounded = digits.checked_mul(nanograms).ok_or(TOO_LARGE)? + divisor / 2;
    u32::try_from(rounded / divisor).map_err(|_| TOO_LARGE.to_owned())
}

/// The most of one SKU, as a correction of stock has it.
const MOST_STOCK: i64 = 10_000_000;

/// How many there are; what is oversold in Shopify is negative there.
pub fn quantity(text: &str) -> Result<i64, String> {
    let whole =
        text.split_once('.').filter(|(_, rest)| rest.bytes().all(|byte| byte == b'0')).map_or(text, |(whole, _)| whole);
    let number: i64 = whole.parse().map_err(|_| format!("{text:?} is not a whole number"))?;
    if number > MOST_STOCK { Err(TOO_LARGE.to_owned()) } else { Ok(number) }
}

/// TRUE or FALSE.
pub fn flag(text: &str) -> Result<bool, String> {
    match text.to_lowercase().as_str() {
        "true" | "yes" | "1" | "y" | "t" => Ok(true),
        "false" | "no" | "0" | "n" | "f" => Ok(false),
        _ => Err(format!("{text:?} is neither TRUE nor FALSE")),
    }
}

/// What happens when it is sold out: `deny`, `continue`, or the answer to "continue selling when out of stock".
pub fn oversell(text: &str) -> Result<Oversell, String> {
    match text.to_lowercase().as_str() {
        "deny" => Ok(Oversell::Deny),
        "continue" => Ok(Oversell::Continue),
        _ => match flag(text) {
            Ok(true) => Ok(Oversell::Continue),
            Ok(false) => Ok(Oversell::Deny),
            Err(_) => Err(format!("{text:?} is neither deny nor continue")),
        },
    }
}

/// A barcode without the apostrophe that spreadsheets are given so that they keep it a text.
pub fn barcode(text: &str) -> &str {
    match text.strip_prefix('\'') {
        Some(digits) if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) => digits,
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn prices_are_read_by_the_digits_of_the_currency() {
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
    fn what_is_no_price_is_refused() {
        for text in ["", ".", "abc", "1,50", "1,299.00", "$5", "1e5", "NaN", "--1", "1.2.3", "٣", "0x10"] {
            assert!(price(text, 2).is_err(), "{text}");
        }
        assert_eq!(price("-1.00", 2), Err("must not be negative".to_owned()));
        assert_eq!(price("19.999", 2), Err("19.999 has more than 2 decimals".to_owned()));
        assert!(price("1.5", 0).is_err());
        assert!(price("99999999999999999999999999", 2).is_err());
        assert!(price("9223372036854775808", 0).is_err());
    }

    #[test]
    fn weights_of_all_units_become_whole_grams() {
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
    fn barcodes_lose_the_apostrophe_of_spreadsheets() {
        assert_eq!(barcode("'0123456789012"), "0123456789012");
        assert_eq!(barcode("'tis"), "'tis");
    }

    proptest! {
        #[test]
        fn a_price_is_read_back_as_it_was_written(amount in 0i64..i64::MAX, exponent in 0u32..4) {
            prop_assert_eq!(price(&decimal_of(amount, exponent), exponent), Ok(amount));
        }

        #[test]
        fn no_cell_makes_it_stumble(text in "\\PC{0,30}", unit in "\\PC{0,5}") {
            let _ = (price(&text, 2), grams(&text, &unit), quantity(&text), flag(&text), oversell(&text), barcode(&text));
        }
    }
}
